import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Role } from '../../contract/role.js'
import { homeOf, rebased } from '../home.js'
import { attr, type Hole, html, type Html, trusted } from '../pages/html.js'
import { loadScript, sendAsset } from '../pages/index.js'
import { MARK } from '../pages/layout.js'
import { STYLE } from '../pages/style.js'
import { ARTICLE_STYLE } from '../words/style.js'

/** What only the console needs, after the sheet of all pages. */
const CONSOLE_STYLE = `
.panes{display:grid;gap:0 32px;grid-template-columns:minmax(0,1fr)}@media(min-width:60rem){.panes{grid-template-columns:minmax(0,1fr) 22rem}}
.panes>aside section:first-child{border-top:0;margin-top:0}
.acts{display:grid;gap:8px}.acts details{margin:0;border:1px solid var(--line);border-radius:6px;padding:4px 12px}
.acts form{display:grid;gap:8px;padding:8px 0}
.inline{display:flex;flex-wrap:wrap;gap:8px;align-items:center}.inline button,.inline input,.inline select{width:auto}
a.button{display:inline-block;padding:8px 12px;border:1px solid var(--soft);border-radius:6px;text-decoration:none;color:inherit;font-weight:700}
main>form,main section>form,main>p:has(.button){margin-top:12px}
button.first{background:var(--ink);color:var(--bg)}
.needs{border-inline-start:4px solid var(--out);padding-inline-start:12px}
.said{padding:8px 0;border-top:1px solid var(--line)}
.told{border:2px solid var(--ok);border-radius:6px;padding:10px 14px;margin:12px 0}
.told.no{border-color:var(--out)}
.narrow{max-width:26rem}
td.left,th.left{text-align:start;white-space:normal;overflow-wrap:break-word;min-width:4.5rem}.find{margin-top:10px}td.left time{white-space:nowrap}.now{margin-top:16px;max-width:26rem}.now form{display:grid;gap:8px}
h1+p{margin-top:6px}
@media(max-width:40rem){header nav{margin-inline-end:-16px}header nav a{margin-inline:0 16px;padding:6px 0}.rowed{max-height:none}.rowed table,.rowed tbody,.rowed tr{display:block}.rowed thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.rowed tr{padding:6px 0;border-bottom:1px solid var(--line)}.rowed td.left{display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:8px;align-items:center;border:0;padding:3px 0}.rowed td.left:has(>div:empty){display:none}.rowed td.left::before{content:attr(data-head);color:var(--soft)}}
.line>li{grid-template-columns:10rem 1fr}code{font-size:.875em}
.settings{max-width:44rem;margin-top:12px}main>p+p,.fields+form{margin-top:8px}.rest>.fields{margin-top:8px}.one{display:grid;gap:4px}.wrong{color:var(--out)}[aria-invalid]{border-color:var(--out)}
fieldset{border:1px solid var(--line);border-radius:6px;padding:8px 12px 12px;display:grid;gap:10px;min-width:0}legend{font-size:.875rem;padding:0 4px}
.row{border-top:1px solid var(--line);margin:0}.ticks{display:flex;flex-wrap:wrap;gap:4px 16px}.tick{display:inline-flex;gap:6px;align-items:center}.tick input{width:auto}
pre{margin:10px 0;white-space:pre-wrap;background:var(--fill);border-radius:6px;padding:10px 12px;font-size:.8125rem}
.graph{max-height:36rem;margin:10px 0}.graph svg{display:block}.graph text{font-size:14px;fill:var(--ink)}.graph .says{font-size:12px;fill:var(--soft)}.graph path{fill:none;stroke:var(--soft);stroke-width:1.5}.graph .besides{stroke-dasharray:3 3}.graph .ground,.graph .eye{fill:var(--bg)}.graph .hit{color:var(--out)}.graph .hollow{fill:var(--bg);stroke:var(--soft);stroke-width:1.5}
.pager{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:10px;font-size:.875rem}
@media print{header,footer,.skip,.ask,.told{display:none}main{max-width:none}section{break-inside:avoid}.scroll{overflow:visible}a{text-decoration:none}}
`.replace(/\n/g, '')

const SHEETS = [STYLE, CONSOLE_STYLE, ARTICLE_STYLE]
/** No script but ours, no style but these sheets, forms to ourselves alone. */
const POLICY = [
  "default-src 'self'",
  `style-src ${SHEETS.map(sheet => `'sha256-${createHash('sha256').update(sheet).digest('base64')}'`).join(' ')}`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Who looks at a page of the console. */
export interface Viewer {
  name: string
  role: Role
}

export interface ConsolePage {
  title: string
  main: Html
  /** Null: nobody is signed in. */
  viewer: Viewer | null
  path: string
  /** Said at the top: what became of what was asked. */
  told?: { text: string; good: boolean } | undefined
  status?: number
  /** Where a browser goes on to by itself: a whole address, or a path with our base before it. */
  onTo?: string
  /** Kept current by the script: the incident that it is about, `*` for all. Absent: it stays as it is. */
  live?: string | undefined
}

const LINKS = [
  ['/console', 'Incidents'],
  ['/console/sources', 'Sources'],
  ['/console/proposals', 'Proposals'],
  ['/console/report', 'Service levels'],
  ['/console/subscribers', 'Subscribers'],
  ['/console/on-call', 'On call'],
  ['/console/settings', 'Settings'],
  ['/console/people', 'People'],
  ['/console/me', 'Me'],
] as const

const FOR_ADMINS: ReadonlySet<string> = new Set(['/console/subscribers', '/console/people'])

/** Sends a page of the console: for this person alone, kept nowhere. */
export function sendConsole(request: FastifyRequest, reply: FastifyReply, page: ConsolePage): FastifyReply {
  const { base } = homeOf(request)
  return (
    reply
      .code(page.status ?? 200)
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', POLICY)
      // What somebody typed and could not send stays before their eyes.
      .send(rebased(shell((page.status ?? 200) < 400 ? page : { ...page, live: undefined }), base))
  )
}

/** What keeps a page current; null where nothing was built. */
const SCRIPT = loadScript('console.js')
export function liveScript(server: FastifyInstance): void {
  server.get('/assets/console.js', (request, reply) => sendAsset(request, reply, SCRIPT))
}

function shell({ title, main, viewer, path, told, onTo, live }: ConsolePage): string {
  const links = viewer === null ? [] : LINKS.filter(([to]) => !FOR_ADMINS.has(to) || viewer.role === 'admin')
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title} · Epicenter console</title><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">${onTo === undefined ? null : html`<meta http-equiv="refresh" content="0;url=${onTo}">`}<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">${SHEETS.map(sheet => html`<style>${trusted(sheet)}</style>`)}${live === undefined || SCRIPT === null ? null : html`<script src="/assets/console.js?v=${SCRIPT.etag}" defer></script>`}</head>
<body${attr('data-live', live)}><a class="skip" href="#main">To the content</a><svg width="0" height="0" class="defs" aria-hidden="true"><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v6"/></pattern></svg>
<header><a class="brand" href="/console">${MARK}<b>Console</b></a><nav aria-label="Console">${links.map(([to, name]) => html`<a href="${to}"${attr('aria-current', path === to ? 'page' : null)}>${name}</a>`)}<a href="/">Public page</a></nav></header>
<main id="main" tabindex="-1"><h1>${title}</h1>${told ? html`<p class="told${told.good ? '' : ' no'}" role="status">${told.text}</p>` : null}${main}</main>
<footer>${viewer === null ? html`<p>People who answer for these services sign in here.</p>` : html`<form method="post" action="/console/sign-out" class="inline"><span>Signed in as <b>${viewer.name}</b>, ${viewer.role}.</span><button>Sign out</button></form>`}</footer></body></html>
`.text
}

/** A reason as a sentence. */
export const sentenceOf = (why: string): string => `${why.charAt(0).toUpperCase()}${why.slice(1)}.`
/** A field with its label. */
export const field = (label: string, input: Html): Html => html`<label>${label}${input}</label>`
/** `2031-05-09 12:00 UTC`. */
export const timeOf = (at: number): Html => {
  const text = new Date(at).toISOString()
  return html`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`
}
/** On a phone each row stands by itself, its cells under each other with their heads. */
export const table = (what: string, heads: readonly string[], rows: readonly (readonly Hole[])[]): Html =>
  html`<div class="scroll rowed" tabindex="0" role="region" aria-label="${what}"><table><thead><tr>${heads.map(head => html`<th scope="col" class="left">${head}</th>`)}</tr></thead><tbody>${rows.map(row => html`<tr>${row.map((cell, i) => html`<td class="left" data-head="${heads[i]}"><div>${cell}</div></td>`)}</tr>`)}</tbody></table></div>`

/** A field above a long list; without script a plain form. */
export const finder = (path: string, q: string, label: string): Html =>
  html`<form method="get" action="${path}" class="find" role="search"><input name="q" maxlength="200"${attr('value', q)} aria-label="${label}" placeholder="${label}"><button>Find</button></form>`

/** Which page of a list is shown, and the ways to the next ones. */
export function pager(
  path: string,
  { q, page, pages, count }: { q: string; page: number; pages: number; count: number },
): Html | null {
  if (pages <= 1) return null
  const to = (n: number) => `${path}?page=${n}${q === '' ? '' : `&q=${encodeURIComponent(q)}`}`
  return html`<p class="pager"><span>Page ${page} of ${pages}, ${count.toLocaleString('en')} in all</span>${page > 1 ? html`<a href="${to(page - 1)}">Back</a>` : null}${page < pages ? html`<a href="${to(page + 1)}">Next</a>` : null}</p>`
}
