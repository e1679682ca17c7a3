import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { KEPT } from './front/stand.js'
import { Bytes, PageCache } from './pages/cache.js'
import { isolated } from './pages/direction.js'
import { html, type Html, trusted } from './pages/html.js'
import { languageOf, speechOf, type Speech } from './pages/language.js'
import { shownMark } from './pages/status/days.js'
import { statusWords } from './pages/status/words.js'
import { time } from './pages/words.js'
import { HttpProblem, notFound } from './problem.js'
import type { Desk } from './statuspage/desk.js'
import { xml } from './statuspage/feeds.js'
import type { PageView, Shown } from './statuspage/page-view.js'
import type { Told } from '../core/vendors/told.js'
import { saidWords, sourceName, toldLine } from './pages/service/told.js'
import { sendOpen } from './statuspage/send.js'

/** Badges and the widget: how one service is, on other people's pages. */

/** Longer titles are cut; a badge is a label, not a line of text. */
const LABEL_CHARS = 40
/** Rendered badges and widgets that are held, 1 to 4 KB each; beyond it the one asked for longest ago goes. */
const BADGES_HELD = 256

const COLOURS: Record<Shown, string> = {
  operational: '#0b6b57',
  degraded_performance: '#8a5300',
  partial_outage: '#b3300f',
  major_outage: '#b3300f',
  under_maintenance: '#2a58a5',
  unknown: '#5b5852',
}

/** A badge as SVG: title, word and shape; its text is fitted, so that a missing font cannot push it out. */
export function badge(name: string, word: string, shown: Shown): string {
  const title = isolated(name)
  const label = cut(name)
  const [left, right] = [widthOf(label) + 12, widthOf(word) + 12]
  const text = (value: string, from: number, width: number) =>
    `<text x="${from + width / 2}" y="14" textLength="${width - 12}" lengthAdjust="spacingAndGlyphs">${xml(value)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${xml(`${title}: ${word}`)}"><title>${xml(`${title}: ${word}`)}</title><clipPath id="r"><rect width="${left + right}" height="20" rx="4"/></clipPath><g clip-path="url(#r)"><path fill="#33312e" d="M0 0h${left}v20H0z"/><path fill="${COLOURS[shown]}" d="M${left} 0h${right}v20H${left}z"/></g><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text(label, 0, left)}${text(word, left, right)}</g></svg>`
}

/** Near enough for 11 px Verdana; `textLength` does the rest. Wide scripts are as wide as they are high. */
function widthOf(text: string): number {
  let width = 0
  for (const c of text) width += /[ijl.,:;'|! ]/.test(c) ? 4 : /[mwMW@%]/.test(c) ? 10.5 : c > '\u2e80' ? 11 : 7
  return Math.ceil(Math.max(7, width))
}

const ORDER: Shown[] = [
  'major_outage',
  'partial_outage',
  'degraded_performance',
  'under_maintenance',
  'unknown',
  'operational',
]

interface Subject {
  service: string
  title: string
  shown: Shown
  href: string
  picture: PageView
  /** The worst that others say of it; null: nothing bad. */
  told: Told | null
}

/** A service as the first page that shows it has it; null where none does. */
async function subjectOf(desk: Desk, id: string): Promise<Subject | null> {
  for (const page of desk.pages) {
    const picture = await desk.picture(page)
    const parts = picture.parts.filter(each => each.leaf.service === id)
    const shown = ORDER.find(state => parts.some(each => each.shown === state))
    if (shown === undefined) continue
    const title = picture.services.find(each => each.service === id)?.title ?? id
    const told = picture.told.get(id)?.find(each => each.isTrouble) ?? null
    return { service: id, title, shown, href: `/s/${encodeURIComponent(id)}`, picture, told }
  }
  return null
}

/** How it is by us, and in the same breath what its vendor says, as the vendor's; the colour is of ours alone. */
function badgeWord({ shown, told }: Subject, { t, language }: Speech): string {
  const own = statusWords(language).shown[shown]
  if (told === null) return own
  const [said = told.title ?? ''] = saidWords(told, t)
  return `${own} · ${isolated(cut(t.recent.says(sourceName(told, t))))}: ${isolated(cut(said))}`
}

const cut = (text: string): string =>
  text.length > LABEL_CHARS ? `${[...text].slice(0, LABEL_CHARS - 1).join('')}…` : text

/** Small enough for any page: `.k` on html chooses a theme where the page around it does not follow the system's. */
const SHEET = `html{--b:#f8f7f4;--i:#1b1a18;--s:#5b5852;--o:#0b6b57;--w:#2a58a5;--d:#8a5300;--x:#b3300f}@media(prefers-color-scheme:dark){html:not(.light){--b:#131416;--i:#eae7e1;--s:#a8a49c;--o:#5fc9ab;--w:#93b8f3;--d:#eeb458;--x:#ff8f6b}}.dark{--b:#131416;--i:#eae7e1;--s:#a8a49c;--o:#5fc9ab;--w:#93b8f3;--d:#eeb458;--x:#ff8f6b}html{color-scheme:light dark}.light{color-scheme:light}.dark{color-scheme:dark}body{margin:0;padding:10px 12px;background:var(--b);color:var(--i);font:14px/1.4 -apple-system,"Segoe UI",Roboto,Arial,sans-serif;overflow-wrap:anywhere}a{color:inherit;text-decoration:none;display:block}a:hover b{text-decoration:underline}.state{display:inline-flex;gap:6px;align-items:center;font-weight:700;white-space:nowrap}small{color:var(--s)}path,circle{fill:currentColor}.cut,.ask{fill:none;stroke:var(--b);stroke-width:2}.hole{fill:var(--b)}.ring{fill:none;stroke:currentColor;stroke-width:1.8;stroke-dasharray:3 2.5}.ask{stroke:currentColor}.operational{color:var(--o)}.under_maintenance{color:var(--w)}.degraded_performance{color:var(--d)}.partial_outage,.major_outage{color:var(--x)}.unknown{color:var(--s)}form{margin:8px 0 0}button{font:inherit;font-weight:700;color:var(--x);background:none;border:2px solid;border-radius:6px;padding:4px 10px;cursor:pointer}`
// No frame-ancestors: any page may frame it, also one that is a file.
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(SHEET).digest('base64')}'; base-uri 'none'; form-action `

/** What a widget may be asked for. */
export interface Asked {
  theme: string
  /** With "I have a problem", for a site owner's own pages. */
  report: boolean
}

/**
 * A report from somebody else's page: sent from our frame, as from our own pages, and answered in a window of its own. So it passes the
 * same door with the same limits and, under attack, the same question; no cookie is set or read within the frame.
 */
const reportButton = ({ service, href }: Subject, { t }: Speech): Html =>
  html`<form method="post" action="/api/v1/report" target="_blank"><input type="hidden" name="service" value="${service}"><input type="hidden" name="back" value="${href}"><button name="kind" value="bad">${t.report.bad}</button></form>`

/** A page for an iframe: no script, asks again each minute, links to the service. */
export function widget(subject: Subject, { theme, report }: Asked, speech: Speech): string {
  const { title, shown, href, picture, told } = subject
  const { t, f, language } = speech
  const w = statusWords(language)
  const voice = { t, f, now: picture.now }
  return html`<!doctype html><html lang="${t.lang}" dir="${t.direction}" class="${theme}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="refresh" content="60"><title>${isolated(title)}: ${w.shown[shown]}</title><style>${trusted(SHEET)}</style></head><body><a href="${href}" target="_blank" rel="noopener"><b><bdi>${title}</bdi></b> ${shownMark(shown, w)}<br><small>${t.age.asOf} ${time(picture.asOf, voice)}</small></a>${told && html`<small>${toldLine({ ...told, href: null }, voice)}</small>`}${report ? reportButton(subject, speech) : null}</body></html>`
    .text
}

/** Adds `/badge/SERVICE.svg` and `/embed/SERVICE`. */
export function badgeRoutes(server: FastifyInstance, desk: Desk): void {
  const cache = new PageCache(() => desk.version(), BADGES_HELD)
  const gone = new Bytes(404, 'text/plain', '')
  const find = async (
    request: FastifyRequest,
    reply: FastifyReply,
    key: string,
    id: string,
    make: (subject: Subject) => Bytes,
  ) => {
    const bytes = await cache.get(key, async () => {
      const subject = await subjectOf(desk, id)
      return subject ? make(subject) : gone
    })
    if (bytes === gone) throw notFound('service', id)
    return sendOpen(request, reply, bytes)
  }
  server.get<{ Params: { file: string } }>('/badge/:file', KEPT, (request, reply) => {
    const { file } = request.params
    if (!file.endsWith('.svg')) throw notFound('badge', file)
    const id = file.slice(0, -'.svg'.length)
    const speech = speechOf(languageOf(request))
    reply.header('content-security-policy', "default-src 'none'; sandbox")
    return find(request, reply, `${speech.language} badge ${id}`, id, subject => {
      const { title, shown } = subject
      return new Bytes(200, 'image/svg+xml; charset=utf-8', badge(title, badgeWord(subject, speech), shown))
    })
  })
  server.get<{ Params: { service: string } }>(
    '/embed/:service',
    { config: { ...KEPT.config, framed: true } },
    (request, reply) => {
      const { service } = request.params
      const speech = speechOf(languageOf(request))
      const { theme: wish, report: ask } = request.query as { theme?: unknown; report?: unknown }
      const asked = { theme: themeOf(wish), report: reportOf(ask) }
      reply.header('content-security-policy', `${POLICY}${asked.report ? "'self'" : "'none'"}`)
      const key = `${speech.language} embed ${asked.theme} ${asked.report} ${service}`
      return find(request, reply, key, service, subject => {
        return new Bytes(200, 'text/html; charset=utf-8', widget(subject, asked, speech))
      })
    },
  )
}

function reportOf(value: unknown): boolean {
  if (value === undefined || value === '' || value === '1') return value === '1'
  throw new HttpProblem(400, 'a rule is broken', 'report must be 1, or left out', {
    rule: 'query.report',
    value: String(value).slice(0, 80),
  })
}

function themeOf(value: unknown): string {
  if (value === undefined || value === '') return ''
  if (value === 'light' || value === 'dark') return value
  throw new HttpProblem(400, 'a rule is broken', 'theme must be light or dark', {
    rule: 'query.theme',
    value: String(value).slice(0, 80),
  })
}
