import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { StatusPageConfig } from '../../contract/config.js'
import type { Desk } from '../statuspage/desk.js'
import type { Speech } from './language.js'
import type { Made } from './load.js'
import { statusBanner, statusMain } from './status.js'
import { STATUS_STYLE } from './status-style.js'
import { statusWords } from './status-words.js'

export interface StatusDeps {
  desk: Desk
}

/** Answers an address with a page that is made once for each state of the data and each language. */
export type Answer = (
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  make: (speech: Speech) => Promise<Made | null>,
) => Promise<FastifyReply>

/** Adds `/status` and `/status/PAGE`; a page with a host of its own is also that host's first page. */
export function statusPages(server: FastifyInstance, { desk }: StatusDeps, answer: Answer): void {
  const [first] = desk.pages
  const own = (request: FastifyRequest): StatusPageConfig | undefined => {
    const host = request.host.toLowerCase()
    return desk.pages.find(each => each.url !== null && new URL(each.url).host === host)
  }
  const show = (request: FastifyRequest, reply: FastifyReply, page: StatusPageConfig) =>
    answer(request, reply, page === first ? '/status' : `/status/${page.id}`, speech => statusPage(desk, page, speech))
  server.get('/status', (request, reply) => show(request, reply, own(request) ?? (first as StatusPageConfig)))
  server.get<{ Params: { page: string } }>('/status/:page', (request, reply) => {
    const page = desk.pages.find(each => each.id === request.params.page)
    return page ? show(request, reply, page) : answer(request, reply, '/status/', async () => null)
  })
  // Only where a host is a status page's alone does its root lead there.
  server.addHook('onRequest', async (request, reply) => {
    if (request.url !== '/' || desk.pages.every(each => each.url === null)) return
    const page = own(request)
    if (page) return reply.redirect(page === first ? '/status' : `/status/${page.id}`, 302)
  })
}

export async function statusPage(desk: Desk, page: StatusPageConfig, { t, f, language }: Speech): Promise<Made> {
  const picture = await desk.picture(page)
  const w = statusWords(language)
  const voice = { t, f, now: picture.now }
  const [first] = desk.pages
  const base = page === first ? '' : `/status/${page.id}`
  const banner = statusBanner(picture, w, voice)
  return {
    title: banner.title,
    description: [banner.title, banner.rest].filter(Boolean).join('. '),
    main: statusMain({ picture, base, others: desk.pages.filter(each => each !== page) }, w, voice),
    live: picture.plan.services,
    alternate: `${base}/api/v2/summary.json`,
    sheet: STATUS_STYLE,
    brand: { title: page.title, href: base === '' ? '/status' : base, logo: desk.logo(page) },
  }
}
