import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { StatusPageConfig } from '../../contract/config.js'
import { SUBSCRIBER_COMPONENTS } from '../../contract/limits.js'
import { oneOf } from '../../contract/one-of.js'
import { LANGUAGE_TAGS } from '../../contract/people.js'
import { CHANNELS, type Subscriber, SUBSCRIBER_STATES } from '../../contract/subscribers/subscriber.js'
import type { Given } from '../../shell/subscribers/asking.js'
import type { Subscribers } from '../../shell/subscribers/subscribers.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import type { Desk } from '../statuspage/desk.js'
import { BOUNCE_CHARS, takeBounce } from './bounce.js'

/** Subscribers that are listed or taken in at once. */
const LISTED_MOST = 1_000
/** A thousand subscribers with long addresses. */
const GIVEN_BYTES = 2 * 1024 * 1024

const Address = Type.String({ minLength: 1, maxLength: 1_000 })
const Row = Type.Object({
  id: Type.String(),
  channel: oneOf(CHANNELS),
  address: Address,
  page: Type.String(),
  components: Type.Array(Type.String(), { description: 'Ids as the API v2 has them; empty: all of the page' }),
  labels: Type.Record(Type.String(), Type.String()),
  language: Type.String(),
  state: oneOf(SUBSCRIBER_STATES),
  confirmedAt: Type.Union([Type.Number(), Type.Null()]),
  endedAt: Type.Union([Type.Number(), Type.Null()]),
  bounces: Type.Integer({ description: 'Messages in a row that could not be delivered' }),
  why: Type.Union([Type.String(), Type.Null()]),
})
const Listed = Type.Object({
  page: Type.Optional(Type.String()),
  channel: Type.Optional(oneOf(CHANNELS)),
  state: Type.Optional(oneOf(SUBSCRIBER_STATES)),
  after: Type.Optional(Type.String({ maxLength: 40 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LISTED_MOST })),
})
const New = Type.Object({
  channel: Type.Optional(oneOf(CHANNELS)),
  address: Address,
  page: Type.Optional(Type.String({ description: 'The first, if not given' })),
  components: Type.Optional(Type.Array(Type.String(), { maxItems: SUBSCRIBER_COMPONENTS })),
  labels: Type.Optional(
    Type.Record(Type.String({ maxLength: 60 }), Type.String({ maxLength: 200 }), { maxProperties: 5 }),
  ),
  language: Type.Optional(oneOf(LANGUAGE_TAGS)),
  confirmedAt: Type.Optional(Type.Number({ description: 'When they agreed; now, if not given' })),
})
const Added = Type.Object({ subscribers: Type.Array(New, { maxItems: LISTED_MOST }) })
const Taken = Type.Object({
  added: Type.Integer(),
  known: Type.Integer(),
  refused: Type.Array(
    Type.Object({ at: Type.Integer({ description: 'Place in the list, from 0' }), why: Type.String() }),
  ),
})
const Removed = Type.Object({ addresses: Type.Array(Address, { minItems: 1, maxItems: LISTED_MOST }) })
const Sending = Type.Object({
  counts: Type.Array(
    Type.Object({
      page: Type.String(),
      channel: oneOf(CHANNELS),
      state: oneOf(SUBSCRIBER_STATES),
      count: Type.Integer(),
    }),
  ),
  told: Type.Record(Type.String(), Type.Integer(), { description: 'Since the start, by channel' }),
  waiting: Type.Integer({ description: 'Messages in all queues' }),
  failing: Type.Array(
    Type.Object({ queue: Type.String(), failures: Type.Integer(), pausedUntil: Type.Number(), why: Type.String() }),
  ),
  undelivered: Type.Array(
    Type.Object({
      ...{ at: Type.Number(), subscriber: Type.String(), channel: oneOf(CHANNELS), address: Address },
      ...{ message: Type.String(), tries: Type.Integer(), why: Type.String() },
    }),
    { description: 'Given up, the newest first' },
  ),
})

const rowOf = ({ askedAt: _, secret: __, rule: ___, keys: ____, why, ...row }: Subscriber): Static<typeof Row> => ({
  ...row,
  // Whoever has a browser's address may write to it.
  address: row.channel === 'push' ? new URL(row.address).origin : row.address,
  why: why ?? null,
})

export interface AdminParts {
  desk: Desk
  subscribers: Subscribers
  /** Who may see and change them. */
  guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
}

/** For admins: who subscribed, who is taken in or out, and what could not be delivered. */
export function adminRoutes(server: FastifyInstance, routes: Routes, { desk, subscribers, guard }: AdminParts): void {
  const scope = 'commands' as const
  const url = '/api/v1/subscribers'
  const kept = (reply: FastifyReply) => reply.header('cache-control', 'no-store')
  routes.add(
    server,
    {
      ...{ method: 'GET', url, scope, query: Listed, answer: { list: Row } },
      summary: 'Who subscribed, by id; a thousand at once at most, the next ones after the last id',
      handle: async ({ query: { after = '', limit = LISTED_MOST, ...wanted } }, reply) => {
        kept(reply)
        return (await subscribers.reads.list({ after, max: limit, ...wanted })).map(rowOf)
      },
    },
    guard,
  )
  routes.add(
    server,
    {
      ...{ method: 'POST', url, scope, body: Added, bodyBytes: GIVEN_BYTES, answer: Taken },
      summary: 'Takes in people who agreed elsewhere; they are told from now on, and nobody is asked to confirm',
      handle: async ({ body }) => add(desk, subscribers, body),
    },
    guard,
  )
  routes.add(
    server,
    {
      ...{
        method: 'POST',
        url: `${url}/remove`,
        scope,
        body: Removed,
        answer: Type.Object({ removed: Type.Integer() }),
      },
      summary: 'Forgets subscribers by their addresses or ids, on every page',
      handle: async ({ body: { addresses } }) => ({ removed: await remove(desk, subscribers, addresses) }),
    },
    guard,
  )
  routes.add(
    server,
    {
      ...{ method: 'GET', url: `${url}/status`, scope, answer: Sending },
      summary: 'How many there are, what waits for them, and what could not be delivered and why',
      handle: async (_, reply) => {
        kept(reply)
        const { reads } = subscribers
        return { counts: await reads.counts(), ...(await subscribers.status()), undelivered: await reads.undelivered() }
      },
    },
    guard,
  )
  routes.add(
    server,
    {
      ...{ method: 'POST', url: `${url}/bounces`, scope, bodyBytes: 2 * BOUNCE_CHARS },
      body: Type.Object({ message: Type.String({ maxLength: BOUNCE_CHARS }) }),
      answer: Type.Object({ taken: Type.Boolean({ description: 'Whether it was of a letter to a subscriber' }) }),
      summary: 'Takes a mail that reports that a letter could not be delivered (RFC 3464)',
      handle: async ({ body }) => ({ taken: await takeBounce(subscribers, body.message) }),
    },
    guard,
  )
  statuspageLists(server, { desk, subscribers, guard })
}

async function add(desk: Desk, subscribers: Subscribers, body: Static<typeof Added>): Promise<Static<typeof Taken>> {
  const refused: Static<typeof Taken>['refused'] = []
  const given: Given[] = []
  for (const [at, { channel = 'email', address: text, page: named, ...more }] of body.subscribers.entries()) {
    const page = desk.pages.find(each => named === undefined || each.id === named)
    const address = subscribers.channels.addressIn(channel, text)
    const components = more.components ?? []
    if (page === undefined) refused.push({ at, why: `there is no page ${named}` })
    else if (address === null) refused.push({ at, why: `nothing can be sent there by ${channel}` })
    else if (components.length > 0 && !(await allOn(desk, page, components)))
      refused.push({ at, why: `${page.id} has no such component` })
    else {
      const { labels = {}, language = LANGUAGE_TAGS[0], confirmedAt } = more
      given.push({
        channel,
        address,
        page: page.id,
        components,
        labels,
        language,
        ...(confirmedAt === undefined ? {} : { confirmedAt }),
      })
    }
  }
  return { ...(await subscribers.asking.give(given)), refused }
}

async function allOn(desk: Desk, page: StatusPageConfig, components: readonly string[]): Promise<boolean> {
  const { plan } = await desk.picture(page)
  return components.every(id => plan.leaves.some(leaf => leaf.id === id))
}

async function remove(
  { pages }: Desk,
  { reads, asking, channels }: Subscribers,
  addresses: readonly string[],
): Promise<number> {
  const ids = new Set<string>()
  for (const text of addresses) {
    for (const { id } of await reads.get([text])) ids.add(id)
    for (const channel of CHANNELS)
      for (const { id: page } of pages) {
        const found = await reads.find(page, channel, channels.addressIn(channel, text) ?? text)
        if (found !== null) ids.add(found.id)
      }
  }
  await asking.leave(...ids)
  return ids.size
}

/** Who is on a page as Statuspage's API lists them, for admins. */
function statuspageLists(server: FastifyInstance, { desk, subscribers, guard }: AdminParts): void {
  const pageOf = (request: FastifyRequest): StatusPageConfig => {
    const named = (request.params as { page?: string }).page
    const page = desk.pages.find(each => named === undefined || each.id === named)
    if (page === undefined) throw notFound('status page', named ?? '')
    return page
  }
  const options = { onRequest: guard, config: { scope: 'commands' as const } }
  for (const prefix of ['', '/status/:page']) {
    server.get(`${prefix}/api/v2/subscribers.json`, options, async (request, reply) => {
      const { page = '1', per_page: per = '100' } = request.query as { page?: string; per_page?: string }
      const [at, size] = [Number(page), Number(per)]
      if (
        !(Number.isInteger(at) && at >= 1 && at <= 10_000 && Number.isInteger(size) && size >= 1 && size <= LISTED_MOST)
      )
        throw new HttpProblem(400, 'a rule is broken', `page from 1, per_page from 1 to ${LISTED_MOST}`, {
          rule: 'query.page',
        })
      const { id } = pageOf(request)
      let after = ''
      let rows: Subscriber[] = []
      for (let i = 0; i < at; i++) {
        rows = await subscribers.reads.list({ after, max: size, page: id })
        after = rows.at(-1)?.id ?? '\uffff'
      }
      return reply.header('cache-control', 'no-store').send(rows.map(statuspageRow))
    })
    server.get(`${prefix}/api/v2/subscribers/count.json`, options, async (request, reply) => {
      const { id } = pageOf(request)
      const rows = (await subscribers.reads.counts()).filter(each => each.page === id && each.state === 'active')
      const of = (channel: string) =>
        rows.filter(each => each.channel === channel).reduce((sum, each) => sum + each.count, 0)
      const counts = Object.fromEntries(CHANNELS.map(each => [each, of(each)]))
      return reply.header('cache-control', 'no-store').send({ ...counts, sms: 0, integration_partner: 0, teams: 0 })
    })
  }
}

const time = (at: number | null | undefined): string | null => (at ? new Date(at).toISOString() : null)

/** Every field that Statuspage has, with null where there is nothing to say. */
function statuspageRow({
  id,
  channel,
  address,
  state,
  components,
  askedAt,
  confirmedAt,
  endedAt,
  ...more
}: Subscriber): object {
  return {
    id,
    skip_confirmation_notification: false,
    mode: channel,
    email: channel === 'email' ? address : null,
    endpoint: channel === 'email' ? null : address,
    ...{ phone_number: null, phone_country: null, display_phone_number: null },
    ...{ obfuscated_channel_name: null, workspace_name: null, page_access_user_id: null },
    quarantined_at: state === 'ended' ? time(endedAt) : null,
    purge_at: null,
    components,
    created_at: time(confirmedAt ?? askedAt[0]),
    epicenter: { state, language: more.language, labels: more.labels, bounces: more.bounces },
  }
}
