import type { FastifyInstance } from 'fastify'
import { COMMAND_FIELDS, COMMANDS, type Verb } from '../../contract/order.js'
import { mayRole } from '../../contract/role.js'
import type { IncidentView } from '../../contract/view.js'
import { claimsOf } from '../../core/words/claim.js'
import { draftOf } from '../../core/words/draft.js'
import { postmortemOf } from '../../core/words/postmortem.js'
import { actionsOf, publishedOf } from '../../core/words/published.js'
import {
  nextAfterNow,
  nextDue,
  publicWords,
  type Story,
  UPDATE_EVERY_MS,
  type UpdateEvery,
} from '../../core/words/story.js'
import type { App } from '../../shell/app.js'
import { pluginEnv } from '../../shell/outside/env.js'
import { carryOut } from '../api/orders.js'
import { html, type Html } from '../pages/html.js'
import { type Language, LANGUAGES } from '../pages/strings.js'
import { HttpProblem } from '../problem.js'
import { draftText, postmortemMarkdown } from '../words/markdown.js'
import { nameOf, pastOf, readStory, storyOf } from '../words/reading.js'
import { rendered } from '../words/rendered.js'
import { type Reworded, reworded } from '../words/reword.js'
import { lineText, sayerOf } from '../words/say.js'
import { translationsOf } from '../words/tongues.js'
import type { Asks, Known } from './asks.js'
import { type Form, give, input, inputs, type Room, whyField } from './forms.js'
import { field, sendConsole, table, timeOf } from './layout.js'

/** A form with the text of a post-mortem: nine bytes a character where it is not Latin, and the rest of the form. */
const POSTMORTEM_FORM_BYTES = 9 * COMMAND_FIELDS.body.chars + 8_192

/** What the team says and learns of an incident. */
export interface Desk {
  story: Story
  every: UpdateEvery
  /** Null: nobody asked for another wording. */
  reworded: Reworded | null
  mayReword: boolean
}

/** @param reword ask the endpoint for another wording of the draft, where there is one */
export async function deskOf(app: App, incident: IncidentView, reword: boolean): Promise<Desk> {
  const { story } = await storyOf(app.reader, incident, app.now)
  const { everyMs, reword: endpoint } = app.config.updates
  const every = { ...UPDATE_EVERY_MS, ...everyMs }
  const desk = { story, every, reworded: null, mayReword: endpoint !== null }
  if (!reword || endpoint === null) return desk
  const { lines } = draftOf(story, nextAfterNow(story, every))
  const { fetch } = pluginEnv(app.env, endpoint.allowPrivate ?? false)
  return { ...desk, reworded: await reworded(lines, sayerOf('en', story), endpoint, fetch) }
}

/** The draft of an update, ready to be changed and sent, and when it is due. */
export function updatePart({ story, every, reworded, mayReword }: Desk, room: Room, may: boolean): Html {
  const sayer = sayerOf('en', story)
  const { lines, short } = draftOf(story, nextAfterNow(story, every))
  const due = nextDue(story, every)
  const late = due !== null && due < story.now
  const draft =
    reworded?.refused === null ? reworded.texts.join(' ') : draftText(lines, sayer, COMMAND_FIELDS.text.chars)
  const text = room.given['verb'] === 'say' ? room.given['text'] : draft
  const box = html`<input type="hidden" name="drafted" value="${story.now}">${field(
    'Words',
    html`<textarea name="text" rows="9" maxlength="${COMMAND_FIELDS.text.chars}" required>${text}</textarea>`,
  )}<p class="soft">Sent as it is, everybody reads it in their language. Changed, it is in yours alone.</p>`
  const said = publicWords(story).at(-1)?.order
  const when =
    due === null
      ? null
      : html`<p class="${late ? 'told no' : 'soft'}">${late ? 'Overdue: it was due at' : 'Due by'} ${timeOf(due)}.</p>`
  return html`<section><h2>The next update</h2>${when}<p class="soft">${said ? html`The last one is by ${said.by}, ${timeOf(said.at)}.` : 'Nobody has said anything in public yet.'}</p>${reworded?.refused ? html`<p class="told no">The other wording was not taken: ${reworded.refused}.</p>` : null}${may ? give(room, 'say', box, 'Send it', 'what is on record') : null}${may && mayReword ? html`<p><a href="/console/i/${encodeURIComponent(room.id)}?reword=1">Ask for another wording</a></p>` : null}<details><summary>Short, and what it rests on</summary><p>${draftText(short, sayer)}</p><ul>${lines.map(each => html`<li>${lineText(each, sayer)} <code>${each.refs.slice(0, 3).join(' ')}</code></li>`)}</ul></details></section>`
}

/** The other languages of an update that is sent as it was drafted; none where it was changed. */
export async function tonguesOf(app: App, id: string, { verb, text, drafted }: Form) {
  const found = verb === 'say' && text !== undefined ? await readStory(app.reader, id) : null
  if (found === null || !(Number(drafted) > 0)) return {}
  const every = { ...UPDATE_EVERY_MS, ...app.config.updates.everyMs }
  const told = translationsOf(text!, found.story, Number(drafted), every)
  return told === null ? {} : { translations: told.translations }
}

/** What others say, what the record says of that, and who decides. */
export function claimsPart({ story }: Desk, room: Room, may: boolean): Html {
  const sayer = sayerOf('en', story)
  const claims = claimsOf(story)
  const rule = (id: string) =>
    html`<details><summary>Decide</summary>${give(room, 'judge', html`<input type="hidden" name="claim" value="${id}">${input('verdict', undefined, true)}`, 'Decide')}</details>`
  const shown = claims.map(
    claim =>
      html`<div class="said"><p>“${claim.text}” <span class="soft">${claim.source}${claim.who === null ? null : html`, ${claim.who}`}, ${timeOf(claim.at)}</span></p><p><b>${sayer.words.term[claim.verdict]}</b>${claim.decidedBy === null ? ', by the record' : html`, by ${claim.decidedBy}`}</p><ul>${claim.reasons.map(each => html`<li>${lineText(each, sayer)}</li>`)}</ul>${may ? rule(claim.id) : null}</div>`,
  )
  return html`<section><h2>What others say</h2>${claims.length === 0 ? html`<p>No claim has been written down.</p>` : shown}${may ? html`<div class="acts"><details><summary>Write down a claim</summary>${give(room, 'claim', html`${inputs(COMMANDS.claim, own(room, 'claim'))}${field('Address', html`<input name="href" type="url" maxlength="2000">`)}`, 'Write it down')}</details></div>` : null}</section>`
}

const own = ({ given }: Room, verb: Verb): Form => (given['verb'] === verb ? given : {})

/** What is to be done, and the way to the post-mortem. */
export function learnedPart({ story }: Desk, room: Room, may: boolean): Html {
  const done = (id: string) =>
    give(room, 'done', html`<input type="hidden" name="action" value="${id}">`, 'It is done', 'done')
  const rows = actionsOf(story).map(each => [
    each.text,
    each.owner,
    each.due === null ? 'no date' : html`${each.late ? html`<b>late:</b> ` : null}${timeOf(each.due)}`,
    each.done ? html`${each.done.by}, ${timeOf(each.done.at)}` : may ? done(each.id) : 'open',
  ])
  const link = `/console/i/${encodeURIComponent(story.incident)}/post-mortem`
  return html`<section><h2>What follows</h2><p><a href="${link}">Post-mortem</a>${publishedOf(story.orders) === null ? ': not published' : ': published'}</p>${rows.length > 0 ? table('Actions', ['What', 'Owner', 'Due', 'Done'], rows) : null}${may ? html`<div class="acts"><details><summary>Write down an action</summary>${give(room, 'action', inputs(COMMANDS.action, own(room, 'action')), 'Write it down')}</details></div>` : null}</section>`
}

/** The page on which a post-mortem is written, published and taken back. */
export function postmortemRoutes(server: FastifyInstance, app: App, asks: Asks): void {
  const url = '/console/i/:id/post-mortem'
  interface Asked {
    Params: { id: string }
    Querystring: Form
    Body: Form
  }
  server.get<Asked>(url, async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    if (!viewer) return reply
    const language = (request.query['lang'] ?? 'en') as Language
    const told = request.query['done'] === undefined ? undefined : { text: 'Done.', good: true }
    const page = await writing(app, viewer, request.params.id, Object.hasOwn(LANGUAGES, language) ? language : 'en', {})
    return sendConsole(request, reply, { ...page, told })
  })
  server.post<Asked>(url, { bodyLimit: POSTMORTEM_FORM_BYTES }, async (request, reply) => {
    const given = request.body ?? {}
    const verb = given['verb'] === 'withdraw' ? 'withdraw' : 'publish'
    const viewer = asks.whoActs(request, reply, verb)
    if (!viewer) return reply
    const { id } = request.params
    const body = given['body']?.replaceAll('\r\n', '\n')
    const { why = '', seen, href } = given
    try {
      const asked = {
        verb,
        why,
        by: viewer.name,
        seen,
        ...(href ? { href } : {}),
        ...(verb === 'publish' ? { body } : {}),
      }
      await carryOut(app, id, asked as never, viewer.sender)
      return reply.redirect(`/console/i/${encodeURIComponent(id)}/post-mortem?done=${verb}`, 303)
    } catch (error) {
      if (!(error instanceof HttpProblem) || error.statusCode >= 500) throw error
      const told = { text: [error.message, error.detail].filter(Boolean).join(': '), good: false }
      const page = await writing(app, viewer, id, 'en', given)
      return sendConsole(request, reply, { ...page, told, status: error.statusCode })
    }
  })
}

async function writing(app: App, viewer: Known, id: string, language: Language, given: Form) {
  const found = await readStory(app.reader, id)
  if (found === null)
    return {
      title: 'No such incident',
      path: '',
      viewer,
      status: 404,
      main: html`<p><a href="/console">All incidents</a></p>`,
    }
  const { story, incident } = found
  const sayer = sayerOf(language, story)
  const made = postmortemOf(story, await pastOf(app.reader, incident))
  const draft = made === null ? '' : postmortemMarkdown(made, nameOf(found, sayer.speech), sayer)
  const published = publishedOf(story.orders)
  const newest = story.orders.at(-1)?.id ?? ''
  const path = `/console/i/${encodeURIComponent(id)}`
  const form = (verb: Verb, inside: Html | null, button: string) =>
    html`<form method="post" action="${path}/post-mortem" class="fields"><input type="hidden" name="verb" value="${verb}"><input type="hidden" name="seen" value="${newest}">${inside}${whyField(given)}<button class="first">${button}</button></form>`
  const text = given['body'] ?? published?.body ?? draft
  const box = html`${field('Markdown', html`<textarea name="body" rows="30" maxlength="${COMMAND_FIELDS.body.chars}" required>${text}</textarea>`)}${field('What it cites, such as a correction of the vendor', html`<input name="href" type="url" maxlength="2000">`)}`
  const languages = Object.keys(LANGUAGES).map(each => html`<a href="${path}/post-mortem?lang=${each}">${each}</a> `)
  return {
    title: `Post-mortem of ${nameOf(found, sayerOf('en', story).speech)}`,
    path: '',
    viewer,
    main: html`<p><a href="${path}">The room</a> · ${published ? html`<a href="/i/${encodeURIComponent(id)}/post-mortem">What the public reads</a>, published by ${published.by}, ${timeOf(published.at)}; amended ${published.amendments.length} times` : 'not published'}</p>${mayRole(viewer.role, 'publish') ? html`${form('publish', box, published ? 'Publish the amendment' : 'Publish')}${published ? html`<details><summary>Take it back</summary>${form('withdraw', null, 'Take it back')}</details>` : null}` : null}<section><h2>As the record has it now</h2><p class="soft">${languages}</p><details><summary>Markdown</summary><pre>${draft}</pre></details><article>${rendered(draft)}</article></section>`,
  }
}
