import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import Fastify from 'fastify'
import { complete } from '../shell/config/load.js'
import { badgeRoutes } from './badge.js'
import { isolated, unturned } from './pages/direction.js'
import { LANGUAGES, type Language } from './pages/strings.js'
import { registerPages } from './pages/index.js'
import { statuspageRoutes } from './statuspage/routes.js'
import { busy, NOON, readerOf, type World } from './statuspage/fixture.js'

describe('unturned()', () => {
  it.each([
    ['a plain text', 'a plain text'],
    ['an \u202eoverride', 'an override'],
    ['\u202a\u202b\u202c\u202dx', 'x'],
    ['a whole \u2068isolate\u2069', 'a whole \u2068isolate\u2069'],
    ['an open \u2067isolate', 'an open isolate'],
    ['an end \u2069without', 'an end without'],
    ['an end \u2069 before \u2066', 'an end  before '],
  ])('%j is %j', (text, plain) => expect(unturned(text)).toBe(plain))
  it('leaves nothing open, whatever it is given', () => {
    const turning = fc.string({ unit: fc.constantFrom('a', 'ש', '\u202e', '\u202c', '\u2066', '\u2068', '\u2069') })
    fc.assert(
      fc.property(turning, text => {
        for (const each of [unturned(text), isolated(text)]) {
          expect(each).not.toMatch(/[\u202a-\u202e]/)
          let depth = 0
          for (const c of each) {
            if (/[\u2066-\u2068]/.test(c)) depth++
            if (c === '\u2069') depth--
            expect(depth).toBeGreaterThanOrEqual(0)
          }
          expect(depth).toBe(0)
        }
        expect(isolated(isolated(text))).toBe(isolated(text))
      }),
    )
  })
})

const HEBREW = 'חנות'
const NAME = `\u202e${HEBREW}`

/** The busy evening with every name and text replaced by one that runs the other way and does not end. */
function turned(world: World): World {
  const read = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') return ['title', 'name', 'text', 'by', 'why'].includes(key) ? NAME : value
    if (Array.isArray(value)) return value.map(each => read(each, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, read(each, name)]))
  }
  return read(world) as World
}

/** Where a name of right-to-left letters stands without anything around it that ends its direction. */
function loose(text: string): string[] {
  const inside = /<bdi[^>]*>[^<]*<\/bdi>|\u2068[^\u2069]*\u2069/g
  return text
    .replace(inside, '')
    .split(HEBREW)
    .slice(0, -1)
    .map(before => before.slice(-80))
}

describe('names that run the other way', () => {
  const world = turned(busy)
  const config = complete({ title: NAME, pages: [{ id: 'main', title: NAME, description: `<b>${NAME}</b> & more` }] })
  const server = Fastify()
  const reader = {
    ...readerOf(world),
    workspace: async () => ({ ...(await readerOf(world).workspace()), title: NAME }),
  }
  const desk = statuspageRoutes(server, { reader, pages: config.pages, maintenance: [], wallNow: () => NOON })
  badgeRoutes(server, desk)
  registerPages(server, { reader, report: true, script: null, wallNow: () => NOON, status: { desk } })
  const get = async (url: string, language: Language = 'en') =>
    (await server.inject({ url, headers: { 'accept-language': language } })).body

  const paths = async () => {
    const [services, incidents] = [await reader.services(), await reader.incidents({ limit: 20 })]
    return [
      '/',
      '/status',
      '/incidents',
      ...services.map(each => `/s/${each.service}`),
      ...services
        .slice(0, 1)
        .flatMap(each => [`/s/${each.service}/just-me`, `/embed/${each.service}`, `/badge/${each.service}.svg`]),
      ...incidents.map(each => `/i/${each.id}`),
    ]
  }

  it.each(Object.keys(LANGUAGES) as Language[])('turn nothing else on any page in %s', async language => {
    for (const path of await paths()) {
      const body = await get(path, language)
      expect(body, path).toContain(HEBREW)
      expect(body, path).not.toMatch(/[\u202a-\u202e]/)
      if (path.startsWith('/badge/')) continue
      expect(loose(body), path).toEqual([])
    }
  })
  it('turn nothing else in feeds and the calendar', async () => {
    for (const path of ['/history.rss', '/history.atom', '/status.ics']) {
      const body = await get(path)
      expect(body).toContain(HEBREW)
      expect(body).not.toMatch(/[\u202a-\u202e]/)
    }
  })
  it('stand in the channel of RSS as HTML that is escaped', async () => {
    const description = /<channel>.*?<description>(.*?)<\/description>/s.exec(await get('/history.rss'))![1]
    expect(description).toBe(`&amp;lt;b&amp;gt;${HEBREW}&amp;lt;/b&amp;gt; &amp;amp; more`)
  })
})
