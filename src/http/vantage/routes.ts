import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { AgentTurnSchema } from '../../contract/outside/agent.js'
import { ARRAY_BYTES } from '../../contract/limits.js'
import { oneOf } from '../../contract/one-of.js'
import { PROBE_OUTCOMES } from '../../contract/plugin.js'
import type { App } from '../../shell/app.js'
import { senderOf } from '../guard.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'

const Count = Type.Integer()
const Answer = Type.Object({
  place: Type.String({ description: 'As the token is called' }),
  now: Type.Number({ description: 'By the clock of the server' }),
  standby: Type.Boolean({ description: 'Another agent of this name works; its place is free once it is not heard of' }),
  work: Type.Union(
    [
      Type.Object({ version: Type.String(), probes: Type.Array(Type.Object({}, { additionalProperties: true })) }),
      Type.Null(),
    ],
    { description: 'Probes to run, as the configuration has them; null: as it has them' },
  ),
  accepted: Count,
  duplicate: Count,
  ignored: Type.Record(Type.String(), Count, { description: 'Results that count nowhere, by the reason' }),
})
const Places = Type.Object({
  probe: Type.String({ description: 'Id of the probe' }),
  service: Type.String(),
  ok: Count,
  degraded: Count,
  bad: Count,
  unknown: Type.Integer({ description: 'Places where nobody could tell, or that nothing is heard from' }),
  places: Type.Array(
    Type.Object({
      place: Type.String(),
      outcome: oneOf(PROBE_OUTCOMES),
      why: Type.Union([Type.String(), Type.Null()]),
      ageMs: Type.Union([Type.Number(), Type.Null()], { description: 'When it was last heard of; null: never' }),
    }),
  ),
})
const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) })

/** What agents ask and hand in, and how a service is from the places that look at it. */
export function agentRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  guard: Parameters<Routes['add']>[2],
): void {
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/agent',
      summary: 'A turn of an agent: results in, answered once they are durable; probes to run in its place out',
      scope: 'agent',
      body: AgentTurnSchema,
      bodyBytes: ARRAY_BYTES,
      answer: Answer,
      fails: [401, 403, 404, 503],
      handle: ({ body, raw }, reply) => {
        const place = senderOf(raw)!.name
        if (!app.inputs.elsewhere.has(place))
          throw new HttpProblem(404, 'no probe looks from this place', `name ${place} under \`places\` of a probe`, {
            rule: 'agent.place',
            value: place,
          })
        reply.header('cache-control', 'no-store')
        return app.inputs.elsewhere.turn(place, body)
      },
    },
    guard,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/services/:id/places',
      summary: 'What is looked at of a service from several places: how it is from each, and how many say what',
      params: Id,
      answer: { list: Places },
      fails: [404],
      handle: async ({ params }, reply) => {
        const row = await app.reader.service(params.id)
        if (row === null) throw notFound('service', params.id)
        reply.header('cache-control', 'no-store')
        return app.inputs.places(row.service)
      },
    },
    async () => {},
  )
}
