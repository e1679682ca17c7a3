import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { STREAM_START, streamOf, topology } from '../testing/stream.js'
import { exportFiles, fileOf } from './export.js'
import { readMarkup } from './pages/fixtures/markup.js'
import { buildServer } from './server.js'
import { mainPage } from './statuspage/fixture.js'

/** Every address that our pages, feeds and answers name is asked: what is linked has to be there. */

const HOST = 'http://localhost:80'
const signals = [
  topology({ id: 't', service: 'chat', at: STREAM_START, components: [{ id: 'x', name: 'X' }] }),
  ...streamOf({
    service: 'chat',
    minutes: 60,
    seed: 5,
    reports: 2,
    requests: 60,
    cells: ['a', 'b'],
    components: ['x'],
    faults: [{ from: 30, until: 60, where: { cell: ['a'] }, bad: 0.6 }],
  }),
  ...streamOf({ service: 'mail & co', minutes: 60, seed: 6, reports: 2, requests: 30 }),
]
const window = { id: 'db', title: 'Database', minutes: 60, timeZone: 'Europe/Berlin', components: ['chat'] }
const config = {
  ...complete({ clock: 'signals' }),
  pages: [mainPage, { ...mainPage, id: 'second', title: 'Second', services: ['mail & co'] }],
  maintenance: [
    { ...window, starts: new Date(STREAM_START + 20 * 60_000).toISOString() },
    { ...window, id: 'mail', starts: '2026-01-01T02:00', rrule: 'FREQ=DAILY', components: ['mail & co'] },
  ],
}

let app: App
let server: FastifyInstance
beforeAll(async () => {
  app = await App.open(config, fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  await app.ingestValues(signals)
  await app.caughtUp()
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const plain = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

interface Found {
  links: string[]
  ids: Set<string>
}

/** What a document points to, by its kind; pages also tell the ids that a fragment may name. */
function readLinks(type: string, text: string): Found {
  if (type.startsWith('text/html')) {
    if (!/<main/.test(text))
      return {
        links: [...text.matchAll(/(?:href|src|url=)="?([^">]+)"/g)].map(m => plain(m[1] as string)),
        ids: new Set(),
      }
    const tags = readMarkup(text)
    return {
      links: tags
        .filter(({ attributes }) => attributes.get('method')?.toLowerCase() !== 'post')
        .flatMap(({ attributes }) => ['href', 'src', 'action'].flatMap(name => attributes.get(name) ?? []))
        .map(plain),
      ids: new Set(tags.flatMap(({ attributes }) => attributes.get('id') ?? [])),
    }
  }
  if (/xml/.test(type) && !/svg/.test(type))
    return {
      links: [...text.matchAll(/(?:href="|<link>|<guid[^>]*>|<id>)(https?:[^"<]+)/g)].map(m => plain(m[1] as string)),
      ids: new Set(),
    }
  if (type.startsWith('text/calendar'))
    return {
      links: [...text.replaceAll('\r\n ', '').matchAll(/^URL:(.+)\r$/gm)].map(m => m[1] as string),
      ids: new Set(),
    }
  if (/json/.test(type) && /"(?:home_page_url|shortlink|feed_url)"/.test(text))
    return {
      links: [...text.matchAll(/"(?:home_page_url|feed_url|shortlink|url)":"(https?:[^"]+)"/g)].map(
        m => m[1] as string,
      ),
      ids: new Set(),
    }
  return { links: [], ids: new Set() }
}

const isOurs = (address: string, home: string) => !/^(?:mailto:|https?:)/.test(address) || address.startsWith(home)

describe('every link', () => {
  it('of every page, feed, calendar and answer leads somewhere, and its fragment too', async () => {
    const seen = new Map<string, Set<string>>()
    const dead: string[] = []
    const queue: [string, string][] = [
      ['/', 'the root'],
      ['/status', 'the root'],
    ]
    const fragments: [string, string, string][] = []
    while (queue.length > 0) {
      const [address, from] = queue.shift()!
      if (seen.has(address)) continue
      let answer = await server.inject({ url: address })
      const hops = [address]
      while (answer.statusCode >= 300 && answer.statusCode < 400 && hops.length < 5) {
        const to = new URL(String(answer.headers.location), `${HOST}${address}`)
        if (to.hash) fragments.push([to.pathname + to.search, to.hash.slice(1), from])
        hops.push(to.pathname + to.search)
        answer = await server.inject({ url: to.pathname + to.search })
      }
      // A stream of events has no end, and is asked by the script alone.
      const { links, ids } = readLinks(String(answer.headers['content-type']), answer.payload)
      for (const each of hops) seen.set(each, ids)
      if (answer.statusCode !== 200) dead.push(`${from} → ${address}: ${answer.statusCode}`)
      for (const link of links) {
        if (!isOurs(link, 'http://localhost')) continue
        const to = new URL(link, `${HOST}${hops.at(-1)}`)
        if (link === '#' || link.startsWith('#/')) dead.push(`${hops.at(-1)} → ${link}`)
        const next = to.pathname + to.search
        // One language, one moment in the past and one stretch of time show what the others do.
        if (/[?&]lang=(?!de)/.test(next)) continue
        if (to.hash) fragments.push([next, decodeURIComponent(to.hash.slice(1)), address])
        queue.push([next, address])
      }
    }
    for (const [page, id, from] of fragments)
      if (!seen.get(page)?.has(id)) dead.push(`${from} → ${page}#${id}: no such part`)
    expect([...new Set(dead)]).toEqual([])
    for (const path of [
      '/history.rss',
      '/history.atom',
      '/feed.json',
      '/status.ics',
      '/status/second/history.rss',
      '/status/second',
    ])
      expect([...seen.keys()]).toContain(path)
    expect([...seen.keys()].filter(path => path.startsWith('/i/')).length).toBeGreaterThan(0)
  })

  it('of the copy leads to a file of it', async () => {
    const files = new Map<string, { type: string; text: string }>()
    const home = 'https://copy.example'
    for await (const file of exportFiles({ reader: app.reader, config, url: home, wallNow: () => app.now }))
      files.set(file.path, { type: file.type, text: file.bytes.toString() })
    const dead: string[] = []
    for (const [path, { type, text }] of files)
      for (const link of readLinks(type, text).links) {
        if (!isOurs(link, home) || link.startsWith('#')) {
          if (link === '#' || link.startsWith('#/')) dead.push(`${path} → ${link}`)
          continue
        }
        const to = new URL(link, `${home}/${path.replace(/index\.html$/, '')}`)
        const found = files.get(fileOf(to.pathname, 'text/html')) ?? files.get(fileOf(to.pathname, ''))
        if (found === undefined || to.search !== '') dead.push(`${path} → ${link}`)
        else if (to.hash && !found.text.includes(`id="${to.hash.slice(1)}"`))
          dead.push(`${path} → ${link}: no such part`)
      }
    expect([...new Set(dead)]).toEqual([])
    expect(files.size).toBeGreaterThan(30)
  })
})
