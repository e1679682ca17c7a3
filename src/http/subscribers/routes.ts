import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { StatusPageConfig } from '../../contract/config.js'
import { FORM_BYTES, SUBSCRIBER_COMPONENTS } from '../../contract/limits.js'
import { LANGUAGE_TAGS, PLATFORMS } from '../../contract/people.js'
import { CHANNELS, type Channel, type Interest, type Subscriber } from '../../contract/subscribers/subscriber.js'
import type { App } from '../../shell/app.js'
import type { Wish } from '../../shell/subscribers/asking.js'
import { arePushKeys } from '../../shell/delivery/push-message.js'
import type { Subscribers } from '../../shell/subscribers/subscribers.js'
import { homeOf, sameSite } from '../home.js'
import type { Bytes } from '../pages/cache.js'
import { scriptOf, sendAsset, sendPage } from '../pages/index.js'
import { languageOf, languageOfTag } from '../pages/language.js'
import { brandOf } from '../pages/status/pages.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Desk } from '../statuspage/desk.js'
import type { PageView } from '../statuspage/page-view.js'
import { countryOf, type Visitors } from '../visitor.js'
import {
  askedPage,
  busyPage,
  buttonPage,
  type Filled,
  formPage,
  type Framed,
  gonePage,
  leftPage,
  managePage,
} from './pages.js'
import { subscriberWords } from './words.js'

/** A form as it came; what is named several times comes as a list. */
type Form = Record<string, string | string[] | undefined>

export interface PublicParts {
  app: App
  desk: Desk
  visitors: Visitors
  subscribers: Subscribers
}

const PLATFORM: ReadonlySet<string> = new Set(PLATFORMS)
const one = (value: string | string[] | undefined): string => (Array.isArray(value) ? (value[0] ?? '') : (value ?? ''))
const wantsPage = (request: FastifyRequest) => request.headers.accept?.includes('text/html') === true

/** Addresses for whoever subscribes: a form, a link to confirm, a page to choose, and one click to leave. No script anywhere. */
export function subscriberRoutes(server: FastifyInstance, parts: PublicParts): void {
  server.register(async scope => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES },
      (_, body, done) => done(null, formOf(body as string)),
    )
    for (const prefix of ['/status', '/status/:page']) {
      scope.get(`${prefix}/subscribe`, (request, reply) => form(parts, request, reply))
      scope.post(`${prefix}/subscribe`, (request, reply) => ask(parts, request, reply))
      // As Statuspage's API has it: `subscriber[email]=…`; the answer is the same whatever the address.
      scope.post(`${prefix === '/status' ? '' : prefix}/api/v2/subscribers.json`, (request, reply) =>
        askByApi(parts, request, reply),
      )
    }
    const script = scriptOf('subscribe.js', undefined)
    scope.get('/assets/subscribe.js', (request, reply) => sendAsset(request, reply, script))
    scope.get<Linked>('/subscription/:token/confirm', (request, reply) => confirm(parts, request, reply, false))
    scope.post<Linked>('/subscription/:token/confirm', (request, reply) => confirm(parts, request, reply, true))
    scope.get<Linked>('/subscription/:token', (request, reply) => manage(parts, request, reply, null))
    scope.post<Linked>('/subscription/:token', (request, reply) => manage(parts, request, reply, request.body as Form))
    scope.get<Linked>('/subscription/:token/leave', (request, reply) => leave(parts, request, reply, false))
    // A mail program's one click (RFC 8058) comes from nowhere, with nothing but the link.
    scope.post<Linked>('/subscription/:token/leave', (request, reply) => leave(parts, request, reply, true))
  })
}

interface Linked {
  Params: { token: string }
}

/** `component` may be named several times, also as `component[]`. */
function formOf(body: string): Form {
  const form: Form = {}
  for (const [name, value] of new URLSearchParams(body)) {
    if (value === '') continue
    const key = name.replace(/\[\]$/, '')
    const before = form[key]
    form[key] = before === undefined ? value : [before, value].flat()
  }
  return form
}

function pageOf(desk: Desk, request: FastifyRequest): StatusPageConfig {
  const named = (request.params as { page?: string }).page ?? homeOf(request).page
  const page =
    desk.pages.find(each => each.id === named) ?? (named === null || named === undefined ? desk.pages[0] : undefined)
  if (page === undefined) throw notFound('status page', String(named))
  return page
}

async function frameOf(
  { app, desk }: PublicParts,
  request: FastifyRequest,
  page: StatusPageConfig,
  language?: Framed['language'],
): Promise<Framed> {
  const { title, now } = await app.reader.workspace()
  const brand = brandOf(desk, page)
  return {
    page,
    home: brand.href,
    brand,
    workspace: title,
    now,
    language: language ?? languageOf(request),
  }
}

/** For this visitor alone. */
const send = (request: FastifyRequest, reply: FastifyReply, made: Bytes): FastifyReply =>
  sendPage(request, reply, made, true)

async function form(parts: PublicParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const page = pageOf(parts.desk, request)
  const frame = await frameOf(parts, request, page)
  const made = formPage(frame, await parts.desk.picture(page), parts.subscribers.channels, {}, null)
  return send(request, reply, made)
}

async function ask(parts: PublicParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  sameSite(request)
  const { desk, subscribers } = parts
  const page = pageOf(desk, request)
  const frame = await frameOf(parts, request, page)
  const picture = await desk.picture(page)
  const given = (request.body ?? {}) as Form
  const channel = channelIn(one(given['channel']) || 'email', subscribers)
  const filled: Filled = {
    ...interestIn(given, picture),
    address: one(given['address']),
    ...(channel ? { channel } : {}),
  }
  const s = subscriberWords[frame.language]
  const address = channel === null ? null : subscribers.channels.addressIn(channel, one(given['address']))
  if (channel === null || address === null) {
    if (!wantsPage(request))
      throw new HttpProblem(400, 'a rule is broken', s.notAddress, { rule: 'subscriber.address' })
    return send(request, reply, formPage(frame, picture, subscribers.channels, filled, s.notAddress))
  }
  const wish = { ...interestIn(given, picture), page: page.id, channel, address }
  if (channel === 'push') return askBrowser(parts, request, reply, wish)
  const taken = await subscribers.asking.ask(wish, parts.visitors.address(request))
  if (wantsPage(request)) return send(request, reply, taken ? askedPage(frame) : busyPage(frame))
  if (!taken) throw tooMany()
  return reply.code(202).header('cache-control', 'no-store').send({ asked: true })
}

/** A browser is subscribed at once, and told where it chooses and leaves. */
async function askBrowser(
  { subscribers, visitors }: PublicParts,
  request: FastifyRequest,
  reply: FastifyReply,
  wish: Wish,
): Promise<FastifyReply> {
  const given = (request.body ?? {}) as Form
  const keys = { p256dh: one(given['p256dh']), auth: one(given['auth']) }
  if (!arePushKeys(keys)) throw new HttpProblem(400, 'not a browser’s keys', undefined, { rule: 'push.keys' })
  const taken = await subscribers.asking.takeBrowser(wish, keys, visitors.address(request))
  if (taken === null) throw tooMany()
  return reply
    .code(201)
    .header('cache-control', 'no-store')
    .send({ manage: `/subscription/${subscribers.asking.linkOf(taken.id)}` })
}

const tooMany = () =>
  new HttpProblem(503, 'too many ask to subscribe', 'the feeds tell the same', {
    rule: 'subscriber.room',
    retryAfterMs: 3_600_000,
  })

async function askByApi(parts: PublicParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  sameSite(request)
  const { desk, subscribers } = parts
  const page = pageOf(desk, request)
  const picture = await desk.picture(page)
  const fields = apiFields((request.body ?? {}) as Record<string, unknown>)
  const channel = channelIn(fields.channel, subscribers)
  const address = channel === null ? null : subscribers.channels.addressIn(channel, fields.address)
  if (channel === null || address === null)
    throw new HttpProblem(400, 'a rule is broken', subscriberWords.en.notAddress, { rule: 'subscriber.address' })
  const interest = { ...interestIn(fields.form, picture), page: page.id }
  if (!(await subscribers.asking.ask({ ...interest, channel, address }, parts.visitors.address(request))))
    throw tooMany()
  const made = { mode: channel, [channel === 'email' ? 'email' : 'endpoint']: address }
  return reply
    .code(201)
    .header('cache-control', 'no-store')
    .send({
      subscriber: {
        ...made,
        quarantined_at: null,
        skip_confirmation_notification: false,
        components: interest.components,
      },
    })
}

/** `subscriber[email]` of a form, or `{"subscriber": {"email": …}}`. */
function apiFields(body: Record<string, unknown>): { channel: string; address: string; form: Form } {
  const nested = (
    typeof body['subscriber'] === 'object' && body['subscriber'] !== null ? body['subscriber'] : {}
  ) as Record<string, unknown>
  const field = (name: string): string => String(nested[name] ?? body[`subscriber[${name}]`] ?? '')
  const listed = nested['component_ids'] ?? body['subscriber[component_ids]'] ?? body['component_ids'] ?? []
  const endpoint = field('endpoint')
  const components = [listed].flat().map(String)
  return {
    channel: endpoint === '' ? 'email' : endpoint.startsWith('https://hooks.slack') ? 'slack' : 'webhook',
    address: endpoint === '' ? field('email') : endpoint,
    form: { scope: components.length > 0 ? 'some' : 'all', component: components, language: field('language') },
  }
}

function channelIn(text: string, { channels }: Subscribers): Channel | null {
  return CHANNELS.find(each => each === text && channels.offered.includes(each)) ?? null
}

/** What a form chose, as far as it is there to be chosen. */
function interestIn(form: Form, picture: PageView): Omit<Interest, 'page'> {
  const known = new Set(picture.plan.leaves.map(each => each.id))
  const named = [form['component'] ?? []].flat().filter(id => known.has(id))
  const country = countryOf(one(form['country']))
  const platform = one(form['platform'])
  return {
    components: one(form['scope']) === 'all' ? [] : [...new Set(named)].slice(0, SUBSCRIBER_COMPONENTS),
    labels: { ...(country === null ? {} : { country }), ...(PLATFORM.has(platform) ? { platform } : {}) },
    language: languageOfTag(one(form['language'])) ?? LANGUAGE_TAGS[0],
  }
}

/** The page that somebody subscribed to; of a link that says nothing, or of a page that is gone, the first for everybody. */
const pageFor = ({ pages }: Desk, subscriber: Subscriber | null): StatusPageConfig | null =>
  pages.find(each => each.id === subscriber?.page) ?? pages.find(each => each.private === undefined) ?? null

/** That page in their language; where there is none a frame that names no page. */
async function frameFor(parts: PublicParts, request: FastifyRequest, subscriber: Subscriber | null): Promise<Framed> {
  const { desk } = parts
  const page = pageFor(desk, subscriber)
  const frame = await frameOf(parts, request, page ?? (desk.pages[0] as StatusPageConfig), subscriber?.language)
  return page === null ? { ...frame, home: '/', brand: { title: frame.workspace, href: '/', logo: null } } : frame
}

async function confirm(
  parts: PublicParts,
  request: FastifyRequest<Linked>,
  reply: FastifyReply,
  now: boolean,
): Promise<FastifyReply> {
  const { asking } = parts.subscribers
  const { token } = request.params
  const subscriber = now ? await asking.confirm(token) : await asking.mayConfirm(token)
  const frame = await frameFor(parts, request, subscriber)
  if (subscriber === null || pageFor(parts.desk, subscriber) === null) return send(request, reply, gonePage(frame))
  if (!now) return send(request, reply, buttonPage(frame, 'confirm', subscriber))
  const picture = await parts.desk.picture(frame.page)
  return send(request, reply, managePage(frame, picture, subscriber, asking.linkOf(subscriber.id), 'confirmed'))
}

async function manage(
  parts: PublicParts,
  request: FastifyRequest<Linked>,
  reply: FastifyReply,
  chosen: Form | null,
): Promise<FastifyReply> {
  const { asking } = parts.subscribers
  let subscriber = await asking.of(request.params.token)
  let frame = await frameFor(parts, request, subscriber)
  if (subscriber === null || pageFor(parts.desk, subscriber) === null) return send(request, reply, gonePage(frame))
  const picture = await parts.desk.picture(frame.page)
  if (chosen !== null) {
    subscriber = (await asking.choose(subscriber.id, interestIn(chosen, picture))) ?? subscriber
    frame = await frameFor(parts, request, subscriber)
  }
  const made = managePage(frame, picture, subscriber, request.params.token, chosen === null ? null : 'saved')
  return send(request, reply, made)
}

async function leave(
  parts: PublicParts,
  request: FastifyRequest<Linked>,
  reply: FastifyReply,
  now: boolean,
): Promise<FastifyReply> {
  const { asking } = parts.subscribers
  const subscriber = await asking.of(request.params.token)
  const frame = await frameFor(parts, request, subscriber)
  if (now) {
    // Who has left has left, however often they click; and who was shut out of a page may leave it.
    await asking.leaveBy(request.params.token)
    return send(request, reply, leftPage(frame))
  }
  if (subscriber === null) return send(request, reply, gonePage(frame))
  return send(request, reply, buttonPage(frame, 'leave', subscriber))
}
