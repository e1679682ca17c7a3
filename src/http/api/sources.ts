import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { INPUT_HEALTHS, INPUT_KINDS, INPUT_STATES, PROBE_OUTCOMES } from '../../contract/plugin.js'
import { oneOf } from '../../contract/one-of.js'
import type { App } from '../../shell/app.js'
import type { Routes } from '../routes.js'

const Numbers = Type.Union([Type.Record(Type.String(), Type.Number()), Type.Null()])
const Why = Type.Union([Type.String(), Type.Null()])
const LookNow = Type.Object(
  {
    outcome: oneOf(PROBE_OUTCOMES, { description: 'unknown: nobody could tell' }),
    why: Why,
    tries: Type.Array(Type.Object({ outcome: oneOf(PROBE_OUTCOMES), why: Why, phases: Numbers })),
    figures: Numbers,
  },
  { description: 'The last look of a probe' },
)

const SourceNow = Type.Object({
  kind: oneOf(INPUT_KINDS),
  id: Type.String({ description: 'Of the configuration' }),
  use: Type.String({ description: 'Its plug-in' }),
  health: oneOf(INPUT_HEALTHS, { description: 'Whether it is heard of; never a word on what it watches' }),
  state: oneOf(INPUT_STATES, { description: 'stopped: for good; ended: by itself' }),
  heardAt: Type.Union([Type.Number(), Type.Null()], { description: 'When it was last heard of' }),
  ageMs: Type.Union([Type.Number(), Type.Null()], { description: 'How long ago that is' }),
  perMinute: Type.Number({ description: 'Signals taken a minute, over the last five' }),
  accepted: Type.Integer({ description: 'Signals taken since the start' }),
  duplicate: Type.Integer(),
  rejected: Type.Record(Type.String(), Type.Integer(), { description: 'Signals refused, by the rule that they break' }),
  ignored: Type.Record(Type.String(), Type.Integer(), {
    description: 'Messages that were understood and say nothing of use here, by the reason',
  }),
  failures: Type.Integer({ description: 'Since the start' }),
  lastError: Type.Union([Type.Object({ at: Type.Number(), why: Type.String() }), Type.Null()]),
  lagMs: Type.Union([Type.Number(), Type.Null()], {
    description: 'How far behind the outside a stream was when it was last heard of; null: it does not say',
  }),
  phases: Type.Union([Type.Record(Type.String(), Type.Number()), Type.Null()], {
    description: 'Of the last try of a probe: milliseconds of lookup, connect, tls, firstByte and total',
  }),
  look: Type.Union([LookNow, Type.Null()]),
  of: Type.Union([Type.String(), Type.Null()], { description: 'The probe that this is one of several targets of' }),
})

/** `GET /api/v1/sources`: how everything is that brings signals by itself. */
export function sourceRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/sources',
      summary: 'Each source, receiver and probe: whether it is heard of, what came of it, and what went wrong',
      scope: 'read',
      answer: { list: SourceNow },
      handle: (_, reply) => {
        reply.header('cache-control', 'no-store')
        return app.inputs.status
      },
    },
    guard,
  )
}
