import type { FastifyInstance } from 'fastify'
import type { App } from '../../shell/app.js'
import type { PushHouse } from '../../shell/subscribers/push.js'
import { Subscribers } from '../../shell/subscribers/subscribers.js'
import type { Guard } from '../guard.js'
import type { Routes } from '../routes.js'
import type { Desk } from '../statuspage/desk.js'
import type { Visitors } from '../visitor.js'
import { adminRoutes } from './admin.js'
import { Composer } from './compose.js'
import { subscriberRoutes } from './routes.js'

export interface SubscriberSide {
  desk: Desk
  visitors: Visitors
  guard: Guard
  /** Where this server is found. */
  here: () => string
  tell: { push: PushHouse }
}

/** Everything about subscribers, where the configuration has them; else null, and no address of theirs exists. */
export async function subscriberSide(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  { desk, visitors, guard, here, tell }: SubscriberSide,
): Promise<Subscribers | null> {
  if (!app.does('deliver')) return null
  const subscribers = await Subscribers.open(app, new Composer(app, desk, here), tell.push)
  if (subscribers === null) return null
  subscriberRoutes(server, { app, desk, visitors, subscribers })
  adminRoutes(server, routes, { desk, subscribers, guard: guard.need('commands', 'people') })
  server.addHook('preClose', () => subscribers[Symbol.asyncDispose]())
  return subscribers
}
