import type { FastifyInstance } from 'fastify'
import { COMMAND_FIELDS } from '../../contract/order.js'
import { mayRole } from '../../contract/role.js'
import type { Proposal, Proposals } from '../agents/proposals.js'
import { html, type Html } from '../pages/html.js'
import { HttpProblem } from '../problem.js'
import type { Asks, Known } from './asks.js'
import { sendConsole, table, timeOf } from './layout.js'

type Form = Partial<Record<string, string>>

/** `/console/proposals`: what programs would do, for a person to approve or refuse. */
export function proposalPages(server: FastifyInstance, proposals: Proposals, asks: Asks): void {
  const page = async (viewer: Known) => ({
    title: 'Proposals',
    path: '/console/proposals',
    viewer,
    main: listOf(await proposals.list(), viewer),
  })
  server.get('/console/proposals', async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    return viewer ? sendConsole(request, reply, await page(viewer)) : reply
  })
  server.post<{ Body: Form }>('/console/proposals', async (request, reply) => {
    const viewer = asks.whoActs(request, reply, 'say')
    if (!viewer) return reply
    const { id = '', word } = request.body ?? {}
    try {
      await proposals.decide(id, word === 'approve', viewer.name, viewer.sender)
      return reply.redirect('/console/proposals', 303)
    } catch (error) {
      if (!(error instanceof HttpProblem) || error.statusCode >= 500) throw error
      const told = { text: [error.message, error.detail].filter(Boolean).join(': '), good: false }
      return sendConsole(request, reply, { ...(await page(viewer)), told, status: 409 })
    }
  })
}

function listOf(all: readonly Proposal[], viewer: Known): Html {
  const waiting = all.filter(each => each.state === 'waiting')
  const done = all.filter(each => each.state !== 'waiting')
  const may = mayRole(viewer.role, 'say')
  return html`<section class="${waiting.length > 0 ? 'needs' : ''}"><h2>Needs a person</h2>${waiting.length === 0 ? html`<p>Nothing waits for anybody.</p>` : waiting.map(each => one(each, may))}</section>${
    done.length === 0
      ? null
      : html`<section><h2>Decided</h2>${table(
          'Proposals that were decided',
          ['Proposed', 'What', 'State', 'By'],
          done.map(each => [timeOf(each.at), whatOf(each), each.state, each.decided?.by ?? '']),
        )}</section>`
  }`
}

function whatOf({ command }: Proposal): Html {
  const about = command.incident ?? command.service ?? ''
  const where =
    command.incident === undefined
      ? html`${about}`
      : html`<a href="/console/i/${encodeURIComponent(about)}">${about}</a>`
  return html`<b>${command.verb}</b> ${where}`
}

function one(proposal: Proposal, may: boolean): Html {
  const { id, at, expiresAt, token, command } = proposal
  const fields = Object.keys(COMMAND_FIELDS).flatMap(name => {
    const value = (command as Record<string, unknown>)[name]
    return value === undefined ? [] : [html`<li>${name}: “<bdi>${String(value)}</bdi>”</li>`]
  })
  const button = (word: string, says: string) =>
    html`<form method="post" action="/console/proposals" class="inline"><input type="hidden" name="id" value="${id}"><input type="hidden" name="word" value="${word}"><button>${says}</button></form>`
  return html`<div class="said"><p>${whatOf(proposal)}, proposed ${timeOf(at)} by <bdi>${command.by}</bdi> (token ${token}), until ${timeOf(expiresAt)}</p><ul>${fields}<li>why: “<bdi>${command.why}</bdi>”</li><li>${command.notify ? 'messages are sent' : 'no messages are sent'}</li></ul>${may ? html`<div class="inline">${button('approve', 'Approve it as mine')}${button('refuse', 'Refuse')}</div>` : null}</div>`
}
