import Fastify from 'fastify'
import type { Config } from '../contract/config.js'
import type { EpochMs } from '../contract/time.js'
import type { Reader } from '../contract/view.js'
import { covers, onlySeen } from './access/access.js'
import { badgeRoutes } from './badge.js'
import { Homes, standUnder } from './home.js'
import { problemPage, registerPages } from './pages/index.js'
import type { Language } from './pages/strings.js'
import { DOCUMENTS, statuspageRoutes } from './statuspage/routes.js'

export interface ExportInput {
  reader: Reader
  config: Pick<Config, 'pages' | 'maintenance'>
  /** Where the copy will be found, for links that have to be whole. */
  url: string
  wallNow: () => EpochMs
  /** Of the pages; English if not given. */
  language?: Language
}

/** A file of the copy: where it lies, and what a server should say it is. */
export interface ExportedFile {
  path: string
  type: string
  bytes: Buffer
}

/** Incidents with a page of their own, newest first; each is about 30 KB. */
const INCIDENTS_EXPORTED = 500
/** Incidents that are read from the store at once. */
const INCIDENTS_READ = 200

/**
 * All public pages, answers and feeds as files that a bucket can serve: rendered by the same code, from the same data,
 * without script and without a form, which would need us. A page at `/a/b` is the file `a/b/index.html`.
 */
export async function* exportFiles({
  reader: all,
  config,
  url,
  wallNow,
  language = 'en',
}: ExportInput): AsyncGenerator<ExportedFile> {
  const place = new URL(url)
  const base = place.pathname.replace(/(?<!\/)\/+$/, '')
  const server = Fastify({ routerOptions: { maxParamLength: 2_000 } })
  standUnder(server, new Homes({ url, pages: [], proxies: [] }))
  const open = config.pages.filter(page => page.private === undefined)
  if (open.length === 0) throw new Error('no page of this configuration is for everybody: there is nothing to export')
  // A copy asks nobody who they are: it has what everybody may see.
  const isAll = open.length === config.pages.length
  const reader = isAll ? all : onlySeen(all, service => open.some(page => covers(page, service)))
  const pages = open.map(page => ({ ...page, url: page.url ?? null }))
  const desk = statuspageRoutes(server, { reader, pages, maintenance: config.maintenance, wallNow })
  badgeRoutes(server, desk)
  registerPages(server, { reader, report: false, script: null, wallNow, status: { desk } })
  const headers = { host: place.host, 'accept-language': language }
  const get = async (path: string, file = path): Promise<ExportedFile> => {
    const reply = await server.inject({ url: path, headers })
    if (reply.statusCode !== 200) throw new Error(`cannot export ${path}: answered ${reply.statusCode}`)
    const type = String(reply.headers['content-type'])
    const bytes = type.startsWith('text/html') ? Buffer.from(still(String(reply.rawPayload), base)) : reply.rawPayload
    return { path: fileOf(file, type), type, bytes }
  }
  try {
    await server.ready()
    for (const path of ['/', '/status', '/assets/mark.svg']) yield await get(path)
    yield* pastPages(get)
    for (const service of await reader.services()) {
      const id = encodeURIComponent(service.service)
      yield await get(`/s/${id}`)
      const badge = await server.inject({ url: `/badge/${id}.svg`, headers })
      // A service that no status page shows has none.
      if (badge.statusCode === 200) yield* [await get(`/badge/${id}.svg`), await get(`/embed/${id}`)]
    }
    for await (const id of incidentIds(reader)) yield await get(`/i/${encodeURIComponent(id)}`)
    for (const [i, page] of desk.pages.entries()) {
      // The first page is at the root too, where clients of a host of its own look.
      for (const prefix of i === 0 ? ['', `/status/${page.id}`] : [`/status/${page.id}`]) {
        if (prefix !== '') yield await get(prefix)
        for (const path of Object.keys(DOCUMENTS)) yield await get(`${prefix}${path}`)
        yield await get(`${prefix}/history.json`)
        yield await get(`${prefix}/maintenance`)
        const { incidents, windows } = await desk.picture(page)
        for (const each of incidents) {
          yield await get(`${prefix}/incidents/${each.id}.json`)
          yield leadTo(`${prefix}/incidents/${each.id}`, `${base}/i/${encodeURIComponent(each.view.id)}`)
        }
        for (const each of windows) {
          yield await get(`${prefix}/maintenance/${each.id}.json`)
          yield leadTo(
            `${prefix}/maintenance/${each.id}`,
            `${base}${i === 0 ? '' : `/status/${page.id}`}/maintenance#${each.id}`,
          )
        }
      }
      const logo = desk.logo(page)
      if (logo) yield await get(logo, `${logo}${/\.\w+$/.exec(page.logo ?? '')?.[0] ?? ''}`)
    }
    const gone = problemPage(404, undefined, language)
    yield {
      path: '404.html',
      type: gone.type,
      bytes: Buffer.from(still(String(gone.under(base).encoded('identity')), base)),
    }
  } finally {
    await server.close()
  }
}

/** The list of past incidents and the pages behind "older", as many as there are incidents with a page of their own. */
async function* pastPages(get: (path: string, file?: string) => Promise<ExportedFile>): AsyncGenerator<ExportedFile> {
  let before: string | undefined
  for (let i = 0; i < INCIDENTS_EXPORTED / 50; i++) {
    const file = await get(
      before === undefined ? '/incidents' : `/incidents?before=${before}`,
      before === undefined ? '/incidents' : `/incidents/before/${before}`,
    )
    const next: string | undefined = /href="[^"]*\/incidents\/before\/(\d+)"/.exec(String(file.bytes))?.[1]
    yield file
    if (next === undefined || next === before) return
    before = next
  }
}

/**
 * A page as a copy can keep it: what needs a server to answer is taken away (other languages, other stretches of time,
 * the API beside Statuspage's) instead of leading nowhere. It reads our own markup, which is always written alike.
 */
function still(page: string, base: string): string {
  const ours = (pattern: string) => new RegExp(pattern.replaceAll('BASE', base.replaceAll('.', '\\.')), 'gs')
  return page
    .replaceAll(ours('href="BASE/incidents\\?before=(\\d+)"'), `href="${base}/incidents/before/$1"`)
    .replaceAll(`<a href="${base}/docs">`, `<a href="${base}/api/v2/summary.json">`)
    .replace(ours('<link rel="alternate" type="application/json" href="BASE/api/v1/[^"]*">'), '')
    .replaceAll(/<nav aria-label="[^"]*"><ul class="legend range">.*?<\/nav>/gs, '')
    .replaceAll(/<nav class="range"[^>]*>.*?<\/nav>/gs, '')
    .replaceAll(ours('<a href="(?:[^"?]*\\?[^"]*|BASE/api/v1/[^"]*)"[^>]*>(.*?)</a>'), '$1')
}

async function* incidentIds(reader: Reader): AsyncGenerator<string> {
  const seen = new Set<string>()
  let before: EpochMs | undefined
  for (;;) {
    const rows = await reader.incidents({ limit: INCIDENTS_READ, ...(before === undefined ? {} : { before }) })
    for (const { id } of rows) {
      if (seen.has(id)) continue
      if (seen.size >= INCIDENTS_EXPORTED) return
      seen.add(id)
      yield id
    }
    const last = rows.at(-1)
    if (!last || rows.length < INCIDENTS_READ) return
    before = last.openedAt
  }
}

/** What a server would do with a redirect. */
function leadTo(path: string, target: string): ExportedFile {
  const safe = target.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`)
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Moved</title><meta http-equiv="refresh" content="0;url=${safe}"><link rel="canonical" href="${safe}"><a href="${safe}">${safe}</a></html>\n`
  return { path: fileOf(path, 'text/html'), type: 'text/html; charset=utf-8', bytes: Buffer.from(text) }
}

/**
 * Where an address lies in the copy. Names are decoded as a server decodes them; a name that would lead out of the
 * folder, or that no file can have, is kept encoded and so cannot.
 */
export function fileOf(path: string, type: string): string {
  const parts = path
    .split('/')
    .slice(1)
    .map(part => {
      const name = decodeURIComponent(part)
      // oxlint-disable-next-line no-control-regex
      return /[/\\\u0000-\u001f]/.test(name) || /^\.+$/.test(name) ? part.replaceAll('.', '%2E') : name
    })
  const name = parts.filter(part => part !== '').join('/')
  if (!type.startsWith('text/html')) return name
  return name === '' ? 'index.html' : `${name}/index.html`
}
