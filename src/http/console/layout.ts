import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Role } from '../../contract/role.js'
import { homeOf, rebased } from '../home.js'
import { attr, type Hole, html, type Html, trusted } from '../pages/html.js'
import { MARK } from '../pages/layout.js'
import { STYLE } from '../pages/style.js'

/** What only the console needs, after the sheet of all pages. */
const CONSOLE_STYLE = `
.panes{display:grid;gap:0 32px;grid-template-columns:minmax(0,1fr)}@media(min-width:60rem){.panes{grid-template-columns:minmax(0,1fr) 22rem}}
.panes>aside section:first-child{border-top:0;margin-top:0}
.acts{display:grid;gap:8px}.acts details{margin:0;border:1px solid var(--line);border-radius:6px;padding:4px 12px}
.acts form{display:grid;gap:8px;padding:8px 0}
.inline{display:flex;flex-wrap:wrap;gap:8px;align-items:center}.inline button,.inline input,.inline select{width:auto}
a.button{display:inline-block;padding:8px 16px;border:1px solid var(--soft);border-radius:6px;text-decoration:none;color:inherit;font-weight:700}
main>form,main section>form,main>p:has(.button){margin-top:12px}
button.first{background:var(--ink);color:var(--bg)}
.needs{border-inline-start:4px solid var(--out);padding-inline-start:12px}
.said{padding:8px 0;border-top:1px solid var(--line)}
.told{border:2px solid var(--ok);border-radius:6px;padding:10px 14px;margin:12px 0}
.told.no{border-color:var(--out)}
.narrow{max-width:26rem}
td.left,th.left{text-align:start;white-space:normal;min-width:4.5rem}td.left time{white-space:nowrap}.now{margin-top:16px;max-width:26rem}.now form{display:grid;gap:8px}
@media(max-width:40rem){.rowed{max-height:none}.rowed table,.rowed tbody,.rowed tr{display:block}.rowed thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.rowed tr{padding:6px 0;border-bottom:1px solid var(--line)}.rowed td.left{display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:8px;align-items:center;border:0;padding:3px 0}.rowed td.left::before{content:attr(data-head);color:var(--soft)}}
code{font-size:.875em}
@media print{header,footer,.skip,.ask,.told{display:none}main{max-width:none}section{break-inside:avoid}.scroll{overflow:visible}a{text-decoration:none}}
`.replace(/\n/g, '')

const SHEETS = [STYLE, CONSOLE_STYLE]
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
}

const LINKS = [
  ['/console', 'Incidents'],
  ['/console/sources', 'Sources'],
  ['/console/proposals', 'Proposals'],
  ['/console/report', 'Service levels'],
  ['/console/people', 'People'],
  ['/console/me', 'Me'],
] as const

/** Sends a page of the console: for this person alone, kept nowhere. */
export function sendConsole(request: FastifyRequest, reply: FastifyReply, page: ConsolePage): FastifyReply {
  const { base } = homeOf(request)
  return reply
    .code(page.status ?? 200)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', POLICY)
    .send(rebased(shell(page), base))
}

function shell({ title, main, viewer, path, told, onTo }: ConsolePage): string {
  const links = viewer === null ? [] : LINKS.filter(([to]) => to !== '/console/people' || viewer.role === 'admin')
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title} · Epicenter console</title><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">${onTo === undefined ? null : html`<meta http-equiv="refresh" content="0;url=${onTo}">`}<link rel="icon" href="/assets/mark.svg" type="image/svg+xml"><style>${trusted(STYLE)}</style><style>${trusted(CONSOLE_STYLE)}</style></head>
<body><a class="skip" href="#main">To the content</a><svg width="0" height="0" class="defs" aria-hidden="true"><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v6"/></pattern></svg>
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
