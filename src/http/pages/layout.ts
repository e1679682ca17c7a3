import type { Clock } from '../../contract/view.js'
import { isolated } from './direction.js'
import { createHash } from 'node:crypto'
import { attr, html, trusted, type Html } from './html.js'
import { DOCS_STYLE } from '../docs/style.js'
import { SUBSCRIBE_STYLE } from '../subscribers/style.js'
import type { PageBrand } from './made.js'
import { STATUS_STYLE } from './status/style.js'
import { THEME_CHOICES } from './theme.js'
import { ARTICLE_STYLE } from '../words/style.js'
import { DEMO_STYLE, SCRIPT_STYLE, STYLE, THEME_STYLES } from './style.js'
import { LANGUAGES, type Strings } from './strings.js'

export interface PageInput {
  title: string
  /** One sentence for search engines and link previews. */
  description: string
  /** Path without a query, for the canonical link and the marked entry of the navigation. */
  path: string
  /** The query that belongs to the page, without the language. */
  query: string
  workspace: string
  t: Strings
  main: Html
  /** Services whose change makes this page stale; empty: any. Null: the page does not live. */
  live: string[] | null
  clock: Clock
  now: number
  /** The demonstration's controls, made elsewhere by our own code. */
  strip?: string
  script: string | null
  /** The same page for machines. */
  alternate?: string
  /** The zone whose clock it shows; UTC, if not given. */
  zone?: string
  /** Where the feeds of the status page that belongs to this one begin, empty for the root; none, if not given. */
  feeds?: string
  noIndex?: boolean
  /** That what is shown is old by a fault of ours, in a sentence; none, if it is not. */
  late?: string | null
  /** A second sheet of ours that this page needs. */
  sheet?: string
  /** What stands at the top instead of the workspace's name. */
  brand?: PageBrand
  /** Pages beside the two that are always there. */
  nav?: readonly { path: string; label: string }[]
}

/** Only in pages that say they are old. */
const LATE_STYLE = '.late{border:2px solid var(--watch);border-radius:8px;padding:12px 18px;margin-bottom:12px}'

const SHEETS = [STYLE, LATE_STYLE, DEMO_STYLE, SCRIPT_STYLE, STATUS_STYLE, SUBSCRIBE_STYLE, ARTICLE_STYLE, DOCS_STYLE]
const hashes = [...SHEETS, ...Object.values(THEME_STYLES)].map(
  sheet => `'sha256-${createHash('sha256').update(sheet).digest('base64')}'`,
)

/** No script but our own files, no style but the sheet in the page, nothing from elsewhere, in no frame. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  `style-src 'self' ${hashes.join(' ')}`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export function page(input: PageInput): string {
  const { t } = input
  const here = (path: string) => attr('aria-current', input.path === path ? 'page' : null)
  return html`<!doctype html>
<html lang="${t.lang}" dir="${t.direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${isolated(input.title)} · ${isolated(input.workspace)}</title><meta name="description" content="${input.description}"><meta name="color-scheme" content="light dark"><meta name="theme-color" content="#f8f7f4" media="(prefers-color-scheme:light)"><meta name="theme-color" content="#131416" media="(prefers-color-scheme:dark)">${input.noIndex ? html`<meta name="robots" content="noindex">` : null}<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">${input.alternate ? html`<link rel="alternate" type="application/json" href="${input.alternate}">` : null}${input.feeds === undefined ? null : feedLinks(input.feeds)}<style>${trusted(STYLE)}</style>${t.latin ? null : html`<style>${trusted(SCRIPT_STYLE)}</style>`}${input.sheet ? html`<style>${trusted(input.sheet)}</style>` : null}${input.late ? html`<style>${trusted(LATE_STYLE)}</style>` : null}${input.strip ? html`<style>${trusted(DEMO_STYLE)}</style>` : null}${input.brand?.css ? html`<link rel="stylesheet" href="${input.brand.css}">` : null}${input.script ? html`<script src="${input.script}" defer></script>` : null}</head>
<body data-locale="${t.locale}" data-clock="${input.clock}" data-now="${input.now}"${attr('data-live', input.live === null ? null : input.live.join(' '))}><a class="skip" href="#main">${t.skip}</a><svg width="0" height="0" class="defs" aria-hidden="true"><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v6"/></pattern></svg>
<header><a class="brand" href="${input.brand?.href ?? '/'}">${input.brand?.logo ? html`<img src="${input.brand.logo}" alt="">` : MARK}<b>${isolated(input.brand?.title ?? input.workspace)}</b></a><nav aria-label="${t.nav.label}"><a href="/"${here('/')}>${t.nav.now}</a>${(input.nav ?? []).map(each => html`<a href="${each.path}"${here(each.path)}>${each.label}</a>`)}<a href="/incidents"${here('/incidents')}>${t.nav.history}</a></nav></header>
${input.strip ? trusted(input.strip) : null}<main id="main" tabindex="-1">${input.late ? html`<p class="late" id="late">${input.late}</p>` : null}${input.main}</main>
<p class="vh" role="status" id="say"></p>
<footer>${input.brand?.footer ?? null}<p>${t.footer.rule}</p><p>${t.footer.clock(input.zone ?? 'UTC')} <a href="/docs">${t.nav.api}</a>. <noscript>${t.footer.noScript}</noscript></p>${languageList(input)}${themeList(input)}</footer></body></html>
`.text
}

const FEEDS = [
  ['application/rss+xml', '/history.rss', 'RSS'],
  ['application/atom+xml', '/history.atom', 'Atom'],
  ['application/feed+json', '/feed.json', 'JSON Feed'],
  ['text/calendar', '/status.ics', 'iCalendar'],
] as const

/** What a feed reader finds when it is given the address of a page. */
function feedLinks(base: string): Html {
  return html`${FEEDS.map(([type, path, title]) => html`<link rel="alternate" type="${type}" href="${base + path}" title="${title}">`)}`
}

/** Links, not a menu of script: each name in its own language, the present one marked. */
function languageList({ t, query }: PageInput): Html {
  const rows = Object.entries(LANGUAGES).map(
    ([code, each]) =>
      html`<li><a href="?${query ? `${query}&` : ''}lang=${code}" lang="${each.lang}" hreflang="${each.lang}" rel="nofollow"${attr('aria-current', each.lang === t.lang ? 'true' : null)}>${each.name}</a></li>`,
  )
  return html`<nav aria-label="${t.footer.languages}"><ul class="legend range">${rows}</ul></nav>`
}

/** The same for light and dark: what was chosen is remembered, `system` forgets it. */
function themeList({ t, query }: PageInput): Html {
  const rows = THEME_CHOICES.map(
    each =>
      html`<li><a href="?${query ? `${query}&` : ''}theme=${each}" rel="nofollow">${t.footer.themes[each]}</a></li>`,
  )
  return html`<nav aria-label="${t.footer.theme}"><ul class="legend range">${rows}</ul></nav>`
}

/** Rings around a point that is not in their middle: where it was felt, and where it started. */
export const MARK = html`<svg class="mark" aria-hidden="true" width="22" height="22" viewBox="0 0 22 22"><circle class="out" cx="11" cy="11" r="10"/><circle class="out" cx="9.6" cy="12.2" r="6"/><circle cx="8.4" cy="13.2" r="2.4"/></svg>`

export const MARK_FILE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22" fill="none" stroke="#c2410c" stroke-width="1.6"><circle cx="11" cy="11" r="10"/><circle cx="9.6" cy="12.2" r="6"/><circle cx="8.4" cy="13.2" r="2.4" fill="#c2410c"/></svg>`
