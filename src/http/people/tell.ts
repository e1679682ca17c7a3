import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { WATCHERS_MS, WATCHERS_PER_PREFIX, REPORT_PREFIXES } from '../../contract/limits.js'
import { AUTO_COUNTRY } from '../../contract/people.js'
import type { App } from '../../shell/app.js'
import { prefixOf } from '../../shell/visitors/address.js'
import { Buckets } from '../../shell/visitors/buckets.js'
import { publicPost, type PublicPost, whyNotPublic } from '../../shell/delivery/public-post.js'
import { arePushKeys } from '../../shell/delivery/push-message.js'
import type { PushHouse } from '../../shell/subscribers/push.js'
import type { Reporters } from '../../shell/visitors/reporters.js'
import { Watchers } from '../../shell/delivery/watchers.js'
import { vapidOf } from '../../shell/delivery/push-message.js'
import { Callbacks } from './callbacks.js'
import { sameSite } from '../home.js'
import { knownTraits } from '../pages/service/just-me.js'
import { languageOfTag, speechOf } from '../pages/language.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import type { Access } from '../access/access.js'
import type { Visitors } from '../visitor.js'

const Key64 = (chars: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+={0,2}$', maxLength: chars })

export const Asked = Type.Object({
  service: Type.String({ minLength: 1, maxLength: 100 }),
  country: Type.Optional(Type.String({ pattern: '^([A-Za-z]{2}|auto)?$' })),
  platform: Type.Optional(Type.String({ maxLength: 40 })),
  component: Type.Optional(Type.String({ maxLength: 200 })),
  lang: Type.Optional(Type.String({ pattern: '^[A-Za-z-]{0,20}$' })),
  subscription: Type.Object(
    {
      endpoint: Type.String({ maxLength: 1_000, description: 'https, at a public name' }),
      keys: Type.Object({ p256dh: Key64(120), auth: Key64(40) }),
    },
    { description: 'As PushSubscription.toJSON() gives it', additionalProperties: true },
  ),
})

const PushKey = Type.Object({ key: Type.String({ description: 'VAPID public key, base64url' }) })
const Kept = Type.Object({ until: Type.Integer({ description: 'Forgotten then, in milliseconds since 1970' }) })

/** What the report door and the pages need of it. */
export interface Tell extends AsyncDisposable {
  key: string
  watchers: Watchers
  callbacks: Callbacks
  ruleOf: Access['ruleOf']
  /** How browsers are told at all. */
  push: PushHouse
}

export interface TellOptions {
  inMemory: boolean
  /** By which rule a service is seen; nothing where everybody sees it. */
  ruleOf: Access['ruleOf']
  /** Given by tests. */
  post?: PublicPost
}

export async function openTell(app: App, { inMemory, ruleOf, post = publicPost }: TellOptions): Promise<Tell> {
  const { config, env } = app
  const data = inMemory ? null : config.data
  const now = () => (config.clock === 'wall' ? env.now() : Math.max(0, app.now))
  const watchers = await Watchers.open(data, { now, random: env.random })
  const vapid = vapidOf(data)
  const contact =
    config.contact ?? config.pages.find(each => each.url?.startsWith('https:') === true)?.url ?? 'https://localhost'
  const callbacks = new Callbacks({
    watchers,
    vapid,
    reader: app.reader,
    env,
    wallNow: () => env.now(),
    mayHear: ({ service, rule }) => [undefined, rule].includes(ruleOf(service).rule),
    post,
    contact,
    words: (lang, service, here) => {
      const { t } = speechOf(languageOfTag(lang) ?? 'en')
      const { tell } = t
      return { title: (here ? tell.titleHere : tell.title)(service), body: tell.body, lang: t.lang, dir: t.direction }
    },
  })
  const stop = app.onChange(({ services, incidents, reset }) => {
    if (reset) void watchers.clear()
    else if (incidents.length > 0) callbacks.wake(services)
  })
  return {
    key: vapid.publicKey,
    watchers,
    callbacks,
    ruleOf,
    push: { vapid, post, contact, now: () => env.now() },
    [Symbol.asyncDispose]: async () => {
      stop()
      await callbacks[Symbol.asyncDispose]()
      await watchers[Symbol.asyncDispose]()
    },
  }
}

/** `GET /api/v1/push` and `POST /api/v1/push`: "tell me when it is back where I am". */
export function tellRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  who: { visitors: Visitors; reporters: Reporters },
  tell: Tell,
): void {
  const buckets = new Buckets(WATCHERS_PER_PREFIX, REPORT_PREFIXES)
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/push',
      summary: 'The key that a browser subscribes with',
      answer: PushKey,
      handle: (_, reply) => {
        reply.header('cache-control', 'public, max-age=300')
        return { key: tell.key }
      },
    },
    async () => {},
  )
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/push',
      summary: 'A person asks to be told, once, when it is back where they are',
      body: Asked,
      answer: Kept,
      fails: [400, 403, 404, 503],
      handle: async ({ body, raw }, reply) => {
        const until = await ask(app, tell, who, buckets, body as Static<typeof Asked>, raw)
        reply.header('cache-control', 'no-store')
        return { until }
      },
    },
    async () => {},
  )
}

async function ask(
  app: App,
  { watchers, callbacks, ruleOf }: Tell,
  { visitors, reporters }: { visitors: Visitors; reporters: Reporters },
  buckets: Buckets,
  { service: id, subscription, lang, ...chosen }: Static<typeof Asked>,
  request: FastifyRequest,
): Promise<number> {
  sameSite(request)
  const service = (await app.reader.service(id)) ?? app.config.services.find(each => each.id === id)
  if (service === undefined) throw notFound('service', id)
  const { endpoint, keys } = subscription
  const why = whyNotPublic(endpoint)
  if (why !== null)
    throw new HttpProblem(400, 'not a push service', `endpoint must be ${why}`, { rule: 'push.endpoint' })
  if (!arePushKeys(keys)) throw new HttpProblem(400, 'not a browser’s keys', undefined, { rule: 'push.keys' })
  const { address, asn } = visitors.visitor(request, null)
  const country = chosen.country === AUTO_COUNTRY ? visitors.hints(request).country : chosen.country?.toUpperCase()
  const traits = knownTraits(
    {
      ...(country === undefined ? {} : { country }),
      ...(chosen.platform === undefined ? {} : { platform: chosen.platform }),
      ...(chosen.component === undefined ? {} : { component: chosen.component }),
      ...(asn === null ? {} : { asn: `AS${asn}` }),
    },
    service.components,
  )
  const { p256dh, auth } = keys
  const asked = { service: id, traits: { ...traits }, lang: languageOfTag(lang ?? '') ?? 'en', endpoint, p256dh, auth }
  // Kept is a hash, whose key is thrown away after a week.
  const from = reporters.circles(address, asn)
  const room = buckets.take(prefixOf(address), app.env.now()) && (await watchers.add({ ...asked, from, ...ruleOf(id) }))
  if (!room)
    throw new HttpProblem(503, 'too many wait', 'where you are more wait than anywhere else; the feed tells the same', {
      rule: 'push.room',
      retryAfterMs: 600_000,
    })
  callbacks.wake([id])
  return app.env.now() + WATCHERS_MS
}
