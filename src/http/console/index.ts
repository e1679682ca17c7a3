import type { FastifyInstance } from 'fastify'
import { FORM_BYTES } from '../../contract/limits.js'
import type { App } from '../../shell/app.js'
import type { Access } from '../access/access.js'
import type { Proposals } from '../agents/proposals.js'
import type { SettingsDesk } from '../../shell/settings/desk.js'
import type { Visitors } from '../visitor.js'
import { asksOf } from './asks.js'
import { oidcRoutes } from './entry/oidc.js'
import { passkeyRoutes } from './entry/passkeys.js'
import { frontRoutes } from './front.js'
import { liveScript } from './layout.js'
import { mutePages } from './mutes.js'
import { onCallPages } from './on-call.js'
import { peopleRoutes } from './people.js'
import { proposalPages } from './proposals.js'
import { reportRoutes } from './report.js'
import { roomRoutes } from './room.js'
import { settingsRoutes } from './settings/routes.js'
import { signInRoutes } from './entry/sign-in.js'
import type { Subscribers } from '../../shell/subscribers/subscribers.js'
import { sourcesRoutes } from './sources.js'
import { subscribersRoutes } from './subscribers.js'
import { tokenPages } from './tokens.js'
import { postmortemRoutes } from './words.js'

export interface ConsoleParts {
  visitors: Visitors
  proposals: Proposals
  settings: SettingsDesk
  access: Access
  /** The browser's side of passkeys; what the build left, if undefined. */
  script: string | undefined
  /** Null: nobody subscribes here. */
  subscribers: () => Subscribers | null
}

/** `/console`: for the people who answer for the services. */
export function registerConsole(
  server: FastifyInstance,
  app: App,
  { visitors, proposals, settings, access, script, subscribers }: ConsoleParts,
): void {
  const asks = asksOf(app)
  server.register(async scope => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES },
      (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
    )
    signInRoutes(scope, app, visitors)
    oidcRoutes(scope, app, { visitors, asks, access })
    passkeyRoutes(scope, app, visitors, asks, script)
    peopleRoutes(scope, app, asks)
    frontRoutes(scope, app, asks)
    roomRoutes(scope, app, asks)
    liveScript(scope)
    sourcesRoutes(scope, app, asks)
    subscribersRoutes(scope, asks, subscribers)
    postmortemRoutes(scope, app, asks)
    reportRoutes(scope, app, asks)
    proposalPages(scope, proposals, asks)
    settingsRoutes(scope, app, settings, asks)
    onCallPages(scope, app, asks)
    mutePages(scope, app, asks)
    tokenPages(scope, app, asks)
  })
}
