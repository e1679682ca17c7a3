import type { Static } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { ServiceNow } from '../../contract/view.js'
import { graphOf } from '../../core/graph/graph.js'
import type { App } from '../../shell/app.js'
import type { Routes } from '../routes.js'
import { GraphSchema } from './graph-schema.js'

/** What stands on what, as all services say it. */
export function graphRoutes(server: FastifyInstance, routes: Routes, { reader }: App): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/graph',
      summary: 'What stands on what: services, databases, caches, queues, nodes, resolvers, gateways and vendors',
      answer: GraphSchema,
      handle: async () => graphAnswer(await reader.services()),
    },
    async () => {},
  )
}

function graphAnswer(rows: readonly ServiceNow[]): Static<typeof GraphSchema> {
  const { nodes, edges } = graphOf(rows.map(row => ({ ...row, id: row.service })))
  const states = new Map(rows.map(row => [row.service, row.state]))
  const by = (a: string, b: string): number => a.localeCompare(b, 'en')
  return {
    nodes: [...nodes.values()]
      .sort((a, b) => by(a.id, b.id))
      .map(node => ({ ...node, ...(states.has(node.id) ? { state: states.get(node.id)! } : {}) })),
    edges: edges
      .map(edge => ({ ...edge, used: edge.basis !== 'suggested' }))
      .sort((a, b) => by(a.from, b.from) || by(a.to, b.to)),
  }
}
