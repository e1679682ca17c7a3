import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../shell/app.js'
import type { Routes } from '../routes.js'

const NotifierNow = Type.Object({
  name: Type.String({ description: 'Kind, and its place in the configuration' }),
  told: Type.Integer({ description: 'Messages taken since the start' }),
  givenUp: Type.Integer({ description: 'Messages given up, of all time' }),
  waiting: Type.Integer({ description: 'Events that are not told yet' }),
  waitingSince: Type.Union([Type.Number(), Type.Null()]),
  why: Type.Union([Type.String(), Type.Null()], { description: 'Why the one that waits longest was not taken' }),
  lastGivenUp: Type.Array(
    Type.Object({ message: Type.String(), at: Type.Number(), tries: Type.Integer(), why: Type.String() }),
    { description: 'The newest last, 50 at most' },
  ),
})

/** `GET /api/v1/notifiers`: who could not be told of what. */
export function notifierRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/notifiers',
      summary: 'Each notifier: what it was told, what waits, and what was given up and why',
      scope: 'commands',
      answer: { list: NotifierNow },
      handle: (_, reply) => {
        reply.header('cache-control', 'no-store')
        return app.notifiers
      },
    },
    guard,
  )
}
