import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { StatusPageConfig } from '../../contract/config.js'
import { KEPT } from '../front/stand.js'
import { Bytes, PageCache } from '../pages/cache.js'
import { homeOf, wholeHome } from '../home.js'
import { HttpProblem, notFound } from '../problem.js'
import { Desk, type DeskDeps } from './desk.js'
import { atom, jsonFeed, rss } from './feeds.js'
import { historyOf, PAGES_MAX } from './history.js'
import { ical } from './ical.js'
import type { PageView } from './page-view.js'
import { sendOpen } from './send.js'
import { Answers } from './v2.js'

const JSON_TYPE = 'application/json; charset=utf-8'
/** Rendered answers that are held: eleven of each page and its stories; about 25 MB at most. */
const ANSWERS_HELD = 512
const CODE = /^[0-9a-z]{12}$/

/** What a document is made from. */
export interface Making {
  picture: PageView
  /** Where the addresses of the page's API and feeds begin. */
  origin: string
  /** Where people read the page. */
  home: string
  answers: Answers
}
type Make = (making: Making) => { type: string; text: string } | null

const json = (value: object) => ({ type: JSON_TYPE, text: JSON.stringify(value) })

const V2: Record<string, (answers: Answers) => object> = {
  summary: each => each.summary(),
  status: each => ({ page: each.page(), status: each.status() }),
  components: each => ({ page: each.page(), components: each.components() }),
  incidents: each => each.incidents(),
  'incidents/unresolved': each => each.unresolved(),
  'scheduled-maintenances': each => each.maintenances(),
  'scheduled-maintenances/upcoming': each => each.maintenances('scheduled'),
  'scheduled-maintenances/active': each => each.maintenances('in_progress'),
}

/** Addresses of one page that need nothing but its picture; the export writes the same ones. */
export const DOCUMENTS: Record<string, Make> = {
  ...Object.fromEntries(
    Object.entries(V2).map(([name, make]) => [`/api/v2/${name}.json`, ({ answers }: Making) => json(make(answers))]),
  ),
  '/history.rss': ({ picture, origin, home }) => ({
    type: 'application/rss+xml; charset=utf-8',
    text: rss(picture, origin, home),
  }),
  '/history.atom': ({ picture, origin, home }) => ({
    type: 'application/atom+xml; charset=utf-8',
    text: atom(picture, origin, home),
  }),
  '/status.ics': ({ picture, origin }) => ({ type: 'text/calendar; charset=utf-8', text: ical(picture, origin) }),
  '/feed.json': ({ picture, origin, home }) => ({
    type: 'application/feed+json; charset=utf-8',
    text: JSON.stringify(jsonFeed(picture, origin, home)),
  }),
}

/** Those that may be asked of one component alone. */
const FEEDS = new Set(['/history.rss', '/history.atom', '/feed.json', '/status.ics'])

/** A page as far as it tells of one component. */
function partOf(picture: PageView, component: string): PageView {
  const touches = ({ affected }: Pick<PageView['windows'][number], 'affected'>) =>
    affected.some(each => each.id === component)
  return { ...picture, incidents: picture.incidents.filter(touches), windows: picture.windows.filter(touches) }
}

/** One page among several: which one, where its addresses begin, and where people read it. */
export interface PageAddress {
  page: StatusPageConfig
  base: string
  home: string
}

/** Adds the API v2 and the feeds of every page, at the root and under `/status/PAGE`. */
export function statuspageRoutes(server: FastifyInstance, deps: DeskDeps): Desk {
  const desk = new Desk(deps)
  const cache = new PageCache(() => desk.version(), ANSWERS_HELD)
  const answer = async (request: FastifyRequest, reply: FastifyReply, path: string, make: Make) => {
    const address = addressOf(desk, request)
    const bytes = await cache.get(`${address.base}${path} ${address.page.id}`, async () => {
      const picture = await desk.picture(address.page)
      const made = make({
        picture,
        origin: address.base,
        home: address.home,
        answers: new Answers(picture, address.base),
      })
      return made === null ? new Bytes(404, JSON_TYPE, '{}') : new Bytes(200, made.type, made.text)
    })
    if (bytes.status === 404) throw notFound('incident', path)
    return sendOpen(request, reply, bytes)
  }
  for (const prefix of ['', '/status/:page']) {
    for (const [path, make] of Object.entries(DOCUMENTS)) {
      server.get(`${prefix}${path}`, KEPT, (request, reply) => {
        const { component } = request.query as { component?: unknown }
        if (!FEEDS.has(path) || component === undefined) return answer(request, reply, path, make)
        if (typeof component !== 'string' || !CODE.test(component)) throw notFound('component', String(component))
        return answer(request, reply, `${path}?component=${component}`, making => {
          const { plan } = making.picture
          const known = plan.leaves.some(each => each.id === component)
          return known ? make({ ...making, picture: partOf(making.picture, component) }) : null
        })
      })
      server.options(`${prefix}${path}`, (_, reply) => preflight(reply))
    }
    server.get(`${prefix}/history.json`, KEPT, (request, reply) => {
      const page = pageNumber((request.query as { page?: unknown }).page)
      return answer(request, reply, `/history.json?page=${page}`, ({ picture, answers }) =>
        json({ page: answers.page(), months: historyOf(picture, page) }),
      )
    })
    server.get<{ Params: { code: string } }>(`${prefix}/incidents/:code`, KEPT, (request, reply) =>
      story(request.params.code, 'incident', request, reply),
    )
    server.get<{ Params: { code: string } }>(`${prefix}/maintenance/:code`, KEPT, (request, reply) =>
      story(request.params.code, 'maintenance', request, reply),
    )
  }
  return desk

  /** `CODE.json` is the story; `CODE` alone leads to the page that tells it. */
  async function story(file: string, what: 'incident' | 'maintenance', request: FastifyRequest, reply: FastifyReply) {
    const code = file.replace(/\.json$/, '')
    if (!CODE.test(code)) throw notFound(what, file)
    const find = ({ picture }: Making) =>
      what === 'incident'
        ? picture.incidents.find(each => each.id === code)
        : picture.windows.find(each => each.id === code)
    if (file.endsWith('.json'))
      return answer(request, reply, `/${what}/${file}`, making => {
        const found = find(making)
        if (!found) return null
        return json('view' in found ? making.answers.incident(found) : making.answers.maintenance(found))
      })
    const { page, base, home } = addressOf(desk, request)
    const picture = await desk.picture(page)
    const found = find({ picture, origin: base, home, answers: new Answers(picture, base) })
    if (!found) throw notFound(what, code)
    const local = page === desk.pages[0] ? '' : `/status/${page.id}`
    const to = 'view' in found ? `/i/${encodeURIComponent(found.view.id)}` : `${local}/maintenance#${found.id}`
    return reply.redirect(to, 302)
  }
}

/** By the name in the address, else by the address that a page calls its own, else the first. */
export function addressOf(desk: Pick<Desk, 'pages'>, request: FastifyRequest): PageAddress {
  const named = (request.params as { page?: string }).page
  const origin = wholeHome(request)
  const own = homeOf(request).page
  if (named !== undefined) {
    const page = desk.pages.find(each => each.id === named)
    if (!page) throw notFound('status page', named)
    return addressFor(desk, page, origin, own)
  }
  const page = desk.pages.find(each => each.id === own) ?? (desk.pages[0] as StatusPageConfig)
  return addressFor(desk, page, origin, own)
}

/**
 * At an address of its own a page's addresses begin at the root; beside others, under its name. It is read at `/status`
 * or there. `own`: the page whose address was asked, where the root is that page's.
 */
function addressFor(
  { pages }: Pick<Desk, 'pages'>,
  page: StatusPageConfig,
  origin: string,
  own: string | null,
): PageAddress {
  const path = page === pages[0] && (own === null || own === page.id || page.url !== null) ? '' : `/status/${page.id}`
  if (page.url !== null) return { page, base: page.url, home: `${page.url}${path || '/status'}` }
  return { page, base: `${origin}${path}`, home: `${origin}${path || '/status'}` }
}

function pageNumber(value: unknown): number {
  if (value === undefined || value === '') return 1
  const page = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN
  if (page >= 1 && page <= PAGES_MAX) return page
  throw new HttpProblem(400, 'a rule is broken', `page must be a whole number from 1 to ${PAGES_MAX}`, {
    rule: 'query.page',
    value: String(value).slice(0, 80),
  })
}

function preflight(reply: FastifyReply): FastifyReply {
  return reply
    .code(204)
    .header('access-control-allow-origin', '*')
    .header('access-control-allow-methods', 'GET, HEAD, OPTIONS')
    .header('access-control-allow-headers', 'if-none-match, accept, content-type')
    .header('access-control-max-age', '86400')
    .send()
}
