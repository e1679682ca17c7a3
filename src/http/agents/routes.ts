import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { COMMAND_SENDER, PROPOSAL_STATES } from '../../contract/order.js'
import { oneOf } from '../../contract/one-of.js'
import { senderOf } from '../guard.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'
import { Ms } from '../schema.js'
import { Command } from '../schema-commands.js'
import { OWNER } from '../../shell/visitors/tokens.js'
import type { Proposals } from './proposals.js'

type Guard = Parameters<Routes['add']>[2]

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) })
const { seen, verb, by, why, href, notify: _, ...carried } = Command.properties
const Proposing = Type.Object(
  {
    verb,
    by,
    why,
    ...carried,
    seen,
    href,
    notify: Type.Boolean({ description: 'Whether those who asked for messages are sent what follows from it' }),
    incident: Type.Optional(Type.String({ maxLength: 300, description: 'Id of the incident; all verbs but open' })),
    service: Type.Optional(Type.String({ maxLength: 300, description: 'Id of the service; open' })),
  },
  { additionalProperties: false },
)
const ProposalNow = Type.Object({
  id: Type.String(),
  at: Ms('When it was proposed'),
  expiresAt: Ms('Until when somebody may approve it'),
  token: Type.String({ description: 'Name of the token that it came with' }),
  command: Type.Composite([Proposing]),
  state: oneOf(PROPOSAL_STATES, { description: 'alone: done at once, as the configuration allows' }),
  decided: Type.Optional(
    Type.Object({
      by: Type.String(),
      at: Ms('When'),
      order: Type.Optional(Type.String({ description: 'Id of the command that it became' })),
      incident: Type.Optional(Type.String()),
    }),
  ),
})
const Deciding = Type.Object(
  { by: Type.String({ minLength: 1, maxLength: COMMAND_SENDER.by.chars }) },
  { additionalProperties: false },
)

/** Proposals of programs, and people's word on them. */
export function proposalRoutes(
  server: FastifyInstance,
  routes: Routes,
  proposals: Proposals,
  guards: { proposes: Guard; gives: Guard; reads: Guard },
): void {
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/proposals',
      summary:
        'Proposes a command; it is carried out once a person approves it, or at once where the configuration allows',
      scope: 'propose',
      body: Proposing,
      answer: ProposalNow,
      fails: [400, 404, 409, 503],
      handle: ({ body, raw }) => proposals.propose(body, senderOf(raw) ?? OWNER),
    },
    guards.proposes,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/proposals',
      summary: 'Commands that programs proposed in the last two days, newest first, and what became of them',
      scope: 'read',
      answer: { list: ProposalNow },
      handle: (_, reply) => {
        reply.header('cache-control', 'no-store')
        return proposals.list()
      },
    },
    guards.reads,
  )
  for (const [word, approve] of [
    ['approve', true],
    ['refuse', false],
  ] as const)
    routes.add(
      server,
      {
        method: 'POST',
        url: `/api/v1/proposals/:id/${word}`,
        summary: approve ? 'Carries a proposal out as the command of who approves it' : 'Says no to a proposal',
        scope: 'commands',
        params: Id,
        body: Deciding,
        answer: ProposalNow,
        fails: [400, 404, 409, 503],
        handle: ({ params, body, raw }) => {
          const sender = senderOf(raw)
          if (body.by.trim() === '')
            throw new HttpProblem(400, 'the command is incomplete', 'by is empty', {
              rule: 'command.by',
              value: body.by,
            })
          // Who is signed in is who they are.
          return proposals.decide(params.id, approve, sender?.role === undefined ? body.by : sender.name, sender)
        },
      },
      guards.gives,
    )
}
