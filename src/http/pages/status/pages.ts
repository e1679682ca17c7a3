import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { StatusPageConfig } from '../../../contract/config.js'
import { isUtc } from '../../../core/calendar/zone.js'
import { KEPT } from '../../front/stand.js'
import { homeOf } from '../../home.js'
import { LOGO_BYTES } from '../../../shell/config/try-out.js'
import type { ServiceNow } from '../../../contract/view.js'
import { leafOf } from '../../statuspage/plan.js'
import type { Window } from '../../statuspage/maintenance.js'
import type { Desk } from '../../statuspage/desk.js'
import { speechOf, type Speech } from '../language.js'
import type { Made, PageBrand } from '../made.js'
import { rendered } from '../../words/rendered.js'
import { html } from '../html.js'
import { subscriberWords } from '../../subscribers/words.js'
import { statusBanner, statusMain } from './status.js'
import { windowMonths } from './stories.js'
import { STATUS_STYLE } from './style.js'
import { statusWords } from './words.js'

export interface StatusDeps {
  desk: Desk
  /** Whether people may subscribe here. */
  subscribe?: boolean
}

/** Answers an address with a page that is made once for each state of the data and each language. */
export type Answer = (
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  make: (speech: Speech) => Promise<Made | null>,
) => Promise<FastifyReply>

/** The group of each service, as the first page that groups it has it. */
export const groupsOf =
  (pages: readonly StatusPageConfig[]) =>
  (services: readonly ServiceNow[]): Map<string, string> => {
    const out = new Map<string, string>()
    for (const { groups } of pages)
      for (const { name, components } of groups ?? [])
        for (const ref of components) {
          const { service } = leafOf(ref, services)
          if (!out.has(service)) out.set(service, name)
        }
    return out
  }

/** Maintenance that is on now, on any page, by service; a window that several pages show is told once. */
export async function windowsOn(desk: Desk): Promise<ReadonlyMap<string, Window[]>> {
  const pictures = await Promise.all(desk.pages.map(each => desk.picture(each)))
  const on = pictures.flatMap(({ windows }) => windows.filter(each => each.status === 'in_progress'))
  const found = new Map<string, Window[]>()
  for (const each of new Map(on.map(each => [`${each.plan} ${each.from}`, each])).values())
    for (const service of new Set(each.affected.map(leaf => leaf.service)))
      found.set(service, [...(found.get(service) ?? []), each])
  return found
}

/** Adds `/status` and `/status/PAGE`; a page with a host of its own is also that host's first page. */
export function statusPages(server: FastifyInstance, { desk, subscribe = false }: StatusDeps, answer: Answer): void {
  const [first] = desk.pages
  const own = (request: FastifyRequest): StatusPageConfig | undefined => {
    const { page } = homeOf(request)
    return desk.pages.find(each => each.id === page)
  }
  const show = (request: FastifyRequest, reply: FastifyReply, page: StatusPageConfig) =>
    answer(request, reply, page === first ? '/status' : `/status/${page.id}`, speech =>
      statusPage(desk, page, speech, subscribe),
    )
  server.get('/status', KEPT, (request, reply) => show(request, reply, own(request) ?? (first as StatusPageConfig)))
  server.get<{ Params: { page: string } }>('/status/:page', KEPT, (request, reply) => {
    const page = desk.pages.find(each => each.id === request.params.page)
    return page ? show(request, reply, page) : answer(request, reply, '/status/', async () => null)
  })
  const plans = (request: FastifyRequest, reply: FastifyReply, page: StatusPageConfig) =>
    answer(request, reply, `${page === first ? '' : `/status/${page.id}`}/maintenance`, speech =>
      maintenancePage(desk, page, speech),
    )
  server.get('/maintenance', KEPT, (request, reply) =>
    plans(request, reply, own(request) ?? (first as StatusPageConfig)),
  )
  server.get<{ Params: { page: string } }>('/status/:page/maintenance', KEPT, (request, reply) => {
    const page = desk.pages.find(each => each.id === request.params.page)
    return page ? plans(request, reply, page) : answer(request, reply, '/status/', async () => null)
  })
  for (const page of desk.pages) {
    const logo = page.logo === null ? null : readLogo(page.logo)
    const address = desk.logo(page)
    const sheet = sheetOf(page)
    if (sheet !== null)
      server.get(`/assets/brand/${page.id}`, (_, reply) =>
        reply
          .header('content-type', 'text/css; charset=utf-8')
          .header('x-content-type-options', 'nosniff')
          .header('cache-control', 'public, max-age=3600')
          .send(sheet),
      )
    if (logo && address)
      server.get(address, (_, reply) =>
        // A picture that somebody opens by itself may hold script; this keeps it from running.
        reply
          .header('content-type', logo.type)
          .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
          .header('x-content-type-options', 'nosniff')
          .header('cache-control', 'public, max-age=3600')
          .send(logo.bytes),
      )
  }
  // Only where an address is a status page's alone does its root lead there.
  server.addHook('onRequest', async (request, reply) => {
    if (request.url !== '/' || desk.pages.every(each => each.url === null)) return
    const page = own(request)
    if (page) return reply.redirect(page === first ? '/status' : `/status/${page.id}`, 302)
  })
}

const LOGO_TYPES: Record<string, string> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
}

/** @throws Error when the configured file cannot be used: a server that starts shows what was asked for */
function readLogo(file: string): { type: string; bytes: Buffer } {
  const type = LOGO_TYPES[extname(file).toLowerCase()]
  const { size } = statSync(file)
  if (type === undefined || size > LOGO_BYTES)
    throw new Error(`the logo ${file} is an svg, png, webp or jpg of at most ${LOGO_BYTES} bytes; it has ${size}`)
  return { type, bytes: readFileSync(file) }
}

/** What its owner gave a page to look like theirs: colours, which were checked with the configuration, and a sheet of their own. */
function sheetOf({ brand }: Pick<StatusPageConfig, 'brand'>): string | null {
  const { accent, accentDark, css } = brand ?? {}
  if (accent === undefined && accentDark === undefined && css === undefined) return null
  const light = accent === undefined ? '' : `--accent:${accent};`
  const dark = accentDark === undefined ? '' : `--accent-dark:${accentDark};`
  return `:root{${light}${dark}}.brand .mark{color:var(--link)}${css === undefined ? '' : `\n${readSmall(css)}`}`
}

/** @throws Error when the file cannot be used */
function readSmall(file: string): string {
  const { size } = statSync(file)
  if (size > LOGO_BYTES) throw new Error(`the style sheet ${file} has at most ${LOGO_BYTES} bytes; it has ${size}`)
  return readFileSync(file, 'utf8')
}

/** What a page of its own stands in, and the pages about it too. */
export function brandOf(desk: Desk, page: StatusPageConfig): PageBrand {
  const href = page === desk.pages[0] ? '/status' : `/status/${page.id}`
  const { accent, accentDark, css, footer } = page.brand ?? {}
  const hasSheet = accent !== undefined || accentDark !== undefined || css !== undefined
  return {
    title: page.title,
    href,
    logo: desk.logo(page),
    ...(hasSheet ? { css: `/assets/brand/${page.id}` } : {}),
    ...(footer === undefined ? {} : { footer: rendered(footer) }),
  }
}

/** Every window that feeds, calendar and API name, each with its id. */
async function maintenancePage(desk: Desk, page: StatusPageConfig, { language }: Speech): Promise<Made> {
  const { t, f } = speechOf(language, page.timeZone)
  const picture = await desk.picture(page)
  const w = statusWords(language)
  const base = page === desk.pages[0] ? '' : `/status/${page.id}`
  const title = `${page.title} · ${w.maintenance}`
  return {
    title,
    description: title,
    main: html`<section><h1>${w.maintenance}</h1><p class="note">${w.maintenanceRule}</p>${windowMonths(picture.windows, w, { t, f, now: picture.now })}<p><a href="${base}/status.ics">${w.calendar}</a></p></section>`,
    live: picture.plan.services,
    alternate: `${base}/api/v2/scheduled-maintenances.json`,
    feeds: base,
    ...(isUtc(page.timeZone) ? {} : { zone: page.timeZone }),
    sheet: STATUS_STYLE,
    brand: brandOf(desk, page),
  }
}

/** Days and times are those of the page's own zone, as in its API and feeds. */
export async function statusPage(
  desk: Desk,
  page: StatusPageConfig,
  { language }: Speech,
  subscribe = false,
): Promise<Made> {
  const { t, f } = speechOf(language, page.timeZone)
  const picture = await desk.picture(page)
  const w = statusWords(language)
  const voice = { t, f, now: picture.now }
  const [first] = desk.pages
  const base = page === first ? '' : `/status/${page.id}`
  const banner = statusBanner(picture, w, voice)
  return {
    title: banner.title,
    description: [banner.title, banner.rest].filter(Boolean).join('. '),
    main: statusMain(
      {
        picture,
        base,
        others: desk.beside(page),
        subscribe: subscribe ? subscriberWords[language].subscribe : null,
      },
      w,
      voice,
    ),
    live: picture.plan.services,
    alternate: `${base}/api/v2/summary.json`,
    feeds: base,
    ...(isUtc(page.timeZone) ? {} : { zone: page.timeZone }),
    sheet: STATUS_STYLE,
    brand: brandOf(desk, page),
  }
}
