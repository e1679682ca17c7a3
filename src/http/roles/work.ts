import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { WORK_ROLES } from '../../contract/sharing/sharing.js'
import { oneOf } from '../../contract/one-of.js'
import type { App } from '../../shell/app.js'
import type { Routes } from '../routes.js'

const WorkNow = Type.Object({
  ageMs: Type.Union([Type.Number(), Type.Null()], { description: 'How old what is shown is; null: no word on that' }),
  durable: Type.Integer({ description: 'Log position that was acknowledged, as this process knows it' }),
  folded: Type.Integer({ description: 'Log position up to which is committed' }),
  members: Type.Array(
    Type.Object({
      id: Type.String(),
      roles: Type.Array(oneOf(WORK_ROLES)),
      url: Type.Union([Type.String(), Type.Null()]),
      version: Type.String(),
      since: Type.Number({ description: 'When it was heard of first' }),
      agoMs: Type.Number({ description: 'When it was heard of last' }),
      doing: Type.Record(Type.String(), Type.Unknown(), { description: 'In its own words' }),
    }),
    { description: 'Processes that share out the work, also those that have gone within a day' },
  ),
  leases: Type.Array(
    Type.Object({
      name: Type.String({ description: 'A partition, the judge, or taking signals' }),
      epoch: Type.Integer({ description: 'Counts its owners' }),
      holder: Type.String(),
      leftMs: Type.Number({ description: 'Negative: it is free' }),
      heldMs: Type.Number(),
    }),
  ),
  checkpoints: Type.Array(
    Type.Object({ name: Type.String(), position: Type.Integer(), ageMs: Type.Number(), bytes: Type.Integer() }),
  ),
})

/** `GET /api/v1/work`, where several processes share out the work: who does what, how far they are, and from where each goes on. */
export function workRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  const { share } = app
  if (share === undefined) return
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/work',
      summary: 'Processes that share out the work: who does what, how far they are, and from where each goes on',
      scope: 'read',
      answer: WorkNow,
      handle: async (_, reply) => {
        reply.header('cache-control', 'no-store')
        const { durable, folded } = app.health
        return { ageMs: app.ageMs, durable, folded, ...(await share.store.look()) }
      },
    },
    guard,
  )
}
