import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../shell/app.js'
import { HttpProblem } from '../problem.js'
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

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 40 }) })
const TriedNow = Type.Object({
  taken: Type.Boolean({ description: 'Whether the receiver took it' }),
  said: Type.String({ description: 'What it answered, or why it could not be told' }),
  tookMs: Type.Number(),
})

type Check = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
/** Who may see how notifiers are, and who may try one. */
interface Guards {
  sees: Check
  tries: Check
}

/** `GET /api/v1/notifiers`: who could not be told of what; `POST …/ID/test`: whether one can be. */
export function notifierRoutes(server: FastifyInstance, routes: Routes, app: App, { sees, tries }: Guards): void {
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
    sees,
  )
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/notifiers/:id/test',
      summary: 'Sends one notifier a message that says it is a test, and tells what it answered',
      scope: 'commands',
      params: Id,
      answer: TriedNow,
      fails: [404],
      handle: async ({ params: { id } }) => {
        const tried = await app.testNotifier(id)
        if (tried !== null) return tried
        const names = app.notifiers.map(each => each.name).join(', ')
        throw new HttpProblem(404, 'no such notifier', names === '' ? 'none is configured' : `there are ${names}`, {
          rule: 'notifier',
          value: id,
        })
      },
    },
    tries,
  )
}
