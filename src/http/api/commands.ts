import type { FastifyInstance } from 'fastify'
import { Type } from '@sinclair/typebox'
import { VERBS } from '../../contract/order.js'
import { responseOf } from '../../core/incident/response.js'
import type { App } from '../../shell/app.js'
import { senderOf } from '../guard.js'
import type { Routes } from '../routes.js'
import { Begin, Command, IncidentResponse, PlacedOrder } from '../schema-commands.js'
import { begin, carryOut, noSuchIncident } from './orders.js'

type Guard = Parameters<Routes['add']>[2]
/** Who may give commands, and who may read what was given. */
interface Guards {
  gives: Guard
  reads: Guard
}

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) })

/** What a person may ask of an incident. */
export function commandRoutes(server: FastifyInstance, routes: Routes, app: App, { gives, reads }: Guards): void {
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/incidents/:id/commands',
      summary: `${VERBS.slice(0, -1).join(', ')} or ${VERBS.at(-1)}, with who and why; answered with what is public once it has been followed`,
      scope: 'commands',
      params: Id,
      body: Command,
      answer: PlacedOrder,
      fails: [400, 404, 409, 503],
      handle: ({ params, body, raw }) => carryOut(app, params.id, body, senderOf(raw)),
    },
    gives,
  )
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/incidents',
      summary: 'Opens an incident at a service by hand, or with `endedAt` keeps the record of something past',
      scope: 'commands',
      body: Begin,
      answer: PlacedOrder,
      fails: [400, 404, 503],
      handle: ({ body, raw }) => begin(app, body, senderOf(raw)),
    },
    gives,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/incidents/:id/response',
      summary: 'Who has acknowledged an incident, who has it, and every command on it, oldest first',
      scope: 'read',
      params: Id,
      answer: IncidentResponse,
      fails: [404],
      handle: async ({ params }) => {
        if ((await app.reader.incident(params.id)) === null) throw await noSuchIncident(app, params.id)
        const orders = await app.reader.orders(params.id)
        return { ...responseOf(orders), commands: orders }
      },
    },
    reads,
  )
}
