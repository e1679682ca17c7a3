import { OBSERVATION_VIAS } from '../../contract/signal.js'
import { oneOf } from '../../contract/one-of.js'
import { UNTAUGHT } from '../../contract/past.js'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { ARRAY_BYTES, PAST_BINS } from '../../contract/limits.js'
import { DAY, MINUTE } from '../../contract/time.js'
import { Refusal } from '../../core/ingest/door.js'
import type { App } from '../../shell/app.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'

const Counts = Type.Object({
  service: Type.String({ minLength: 1 }),
  via: Type.Optional(Type.String({ description: '`report` (the default), `post`, `metric` or `check`' })),
  binMs: Type.Integer({ minimum: MINUTE, maximum: DAY, description: 'Length of a bin: whole minutes' }),
  counts: Type.Array(Type.Array(Type.Union([Type.Number(), Type.String()]), { minItems: 2, maxItems: 3 }), {
    minItems: 1,
    maxItems: PAST_BINS,
    description:
      'Bins in order: start, count (reports, complaints, or what failed) and, of metrics and checks, how many there were in all. A bin left out is unknown, not zero',
  }),
})

const Learned = Type.Object({
  service: Type.String(),
  via: oneOf(OBSERVATION_VIAS),
  bins: Type.Integer(),
  learned: Type.Boolean(),
  because: Type.Optional(
    oneOf(UNTAUGHT, {
      description:
        'Why nothing changed: the same counts had been taught before, or the service has learned for longer by itself',
    }),
  ),
})

type Guard = Parameters<Routes['add']>[2]

/** `POST /api/v1/past`: counts of the past teach what is usual, so that nobody starts from zero. */
export function pastRoutes(server: FastifyInstance, routes: Routes, app: App, guard: Guard): void {
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/past',
      summary: 'Counts of the past of one service: its usual level is learned from them, and nothing else',
      scope: 'commands',
      body: Counts,
      bodyBytes: ARRAY_BYTES,
      answer: Learned,
      fails: [400, 413, 503],
      handle: async ({ body }) => {
        const taught = await app.teach(body)
        if (taught instanceof Refusal)
          throw new HttpProblem(400, 'a rule is broken', taught.message, { rule: taught.rule, value: taught.value })
        const { past, became } = taught
        const learned = became === 'taught'
        const { service, via, counts } = past
        return { service, via, bins: counts.length, learned, ...(learned ? {} : { because: became }) }
      },
    },
    guard,
  )
}
