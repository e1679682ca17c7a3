import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { oneOf } from '../../contract/one-of.js'
import { ALERT_SEVERITIES } from '../../contract/signal.js'
import type { App } from '../../shell/app.js'
import { notFound } from '../problem.js'
import type { Routes } from '../routes.js'

const Ms = (description: string) => Type.Integer({ description: `${description}, in milliseconds since 1970` })

const AlertFiring = Type.Object({
  thread: Type.String({ description: 'Which alert it is: a fingerprint, or what its sender calls it' }),
  title: Type.String(),
  severity: Type.Union([oneOf(ALERT_SEVERITIES), Type.Null()], { description: 'null: its rule does not say' }),
  since: Ms('When it began'),
  heardAt: Ms('When it was last told of'),
  endsAt: Type.Union([Ms('It is over then, if it is not said again'), Type.Null()], {
    description: 'null: it is over once its sender says so',
  }),
  flaps: Type.Integer({ description: 'How often it began in the last hour' }),
  bits: Type.Number({ description: 'What it adds to what is measured' }),
  href: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
})

/** `GET /api/v1/services/ID/alerts`: which of the operator's rules fire, for those who may read. */
export function alertRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/services/:id/alerts',
      summary: 'Alerts of the service that fire, the worst first; no page and no other answer has them',
      scope: 'read',
      params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) }),
      answer: { list: AlertFiring },
      fails: [404],
      handle: async ({ params }, reply) => {
        reply.header('cache-control', 'no-store')
        return (await app.alerts(params.id)) ?? Promise.reject(notFound('service', params.id))
      },
    },
    guard,
  )
}
