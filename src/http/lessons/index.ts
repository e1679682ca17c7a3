import type { FastifyInstance } from 'fastify'
import type { App } from '../../shell/app.js'
import { mcpRoutes } from '../agents/mcp.js'
import { Proposals } from '../agents/proposals.js'
import { proposalRoutes } from '../agents/routes.js'
import type { Guard } from '../guard.js'
import type { Routes } from '../routes.js'
import { reportingRoutes } from './report.js'
import { similarRoutes } from './similar.js'

/** What is learned across incidents, and the doors for programs that read it and propose. */
export function lessonRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  { guard, version }: { guard: Guard; version: string },
): Proposals {
  const reads = guard.need('read')
  similarRoutes(server, routes, app, reads)
  reportingRoutes(server, routes, app, reads)
  const proposals = new Proposals(app)
  proposalRoutes(server, routes, proposals, {
    proposes: guard.need('propose'),
    gives: guard.need('commands', 'say'),
    reads,
  })
  mcpRoutes(server, reads, version)
  return proposals
}
