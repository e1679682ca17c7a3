import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import type { Reader } from '../../contract/view.js'
import { fixtureReader, type FixtureOptions } from './fixtures/evening.js'
import { readMarkup } from './fixtures/markup.js'
import { registerPages, type PageDeps } from './index.js'
import { STYLE } from './style.js'

const T = (clock: string) => Date.parse(`2026-02-03T${clock}:00Z`)
const INCIDENT = '/i/chatgpt-20260203-2012'
const PATHS = [
  '/',
  '/s/chatgpt',
  '/s/chatgpt?range=7d',
  '/s/chatgpt?range=3h',
  '/s/chatgpt?thanks=ok',
  '/s/edge',
  INCIDENT,
  `${INCIDENT}?at=2026-02-03T20:20:00Z`,
  '/incidents',
  '/s/nobody',
]
const TIMES = { calm: T('19:40'), onset: T('20:16'), peak: T('20:27'), tail: T('21:22'), over: T('23:59') }

const open: FastifyInstance[] = []
afterAll(() => Promise.all(open.map(app => app.close())))

function serve(options: FixtureOptions = {}, more: Partial<PageDeps> = {}): FastifyInstance {
  const app = fastify()
  registerPages(app, { reader: fixtureReader(options), report: true, script: 'void 0', ...more })
  open.push(app)
  return app
}

async function body(app: FastifyInstance, url: string): Promise<string> {
  return (await app.inject({ url })).body
}

/** What a reader sees, without marks. */
function words(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ')
}

describe('pages', () => {
  it('are well-formed at every turn of the evening', async () => {
    for (const now of Object.values(TIMES)) {
      const app = serve({ now, gap: [T('10:00'), T('12:30')] })
      for (const path of PATHS) expect(() => readMarkup('<!doctype html>'), path).not.toThrow()
      for (const path of PATHS) {
        const page = await body(app, path)
        expect(() => readMarkup(page), `${path} at ${new Date(now).toISOString()}`).not.toThrow()
        expect(page, path).not.toMatch(/undefined|NaN|\[object|Invalid|Infinity/)
      }
    }
  })

  it('let nothing from outside become markup, an address or a style', async () => {
    const attacks = [
      (text: string) => `"><script>alert(1)</script><img src=x onerror=alert(1)>' onmouseover='x${text}`,
      (text: string) => `javascript:alert(1)//${text}`,
      () => '</title></style></svg><svg onload=alert(1)>',
      () => 'constructor',
      () => '\u202e\u0000\u0008',
    ]
    for (const mangle of attacks) {
      const app = serve({ now: TIMES.tail, mangle })
      for (const path of PATHS) {
        const page = await body(app, path)
        const tags = readMarkup(page)
        expect(tags.filter(tag => tag.name === 'script').length, path).toBeLessThanOrEqual(1)
        expect(tags.filter(tag => tag.name === 'style')).toHaveLength(1)
        for (const { name, attributes } of tags)
          for (const [key, value] of attributes) {
            expect(key, `${path} <${name} ${key}>`).not.toMatch(/^on|^style$|^srcdoc$/)
            if (/^(?:href|src|action)$/.test(key)) expect(value, path).toMatch(/^(?:https?:\/\/|[/?#])/)
          }
      }
    }
  })

  it('fit the first load in 31 KB with script and picture, and the sheet in its own limit', async () => {
    const app = serve({ now: TIMES.tail })
    const parts = await Promise.all(
      ['/s/chatgpt', '/assets/mark.svg'].map(
        async url => (await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })).rawPayload.length,
      ),
    )
    // The script has a limit of its own (5 KB before compression).
    const sum = parts.reduce((all, each) => all + each, 0) + 5 * 1024
    expect(sum).toBeLessThanOrEqual(31 * 1024)
    expect(STYLE.length).toBeLessThanOrEqual(7 * 1024)
  })

  it('say 404 and 400 as pages, without a stack, and keep neither in caches', async () => {
    const app = serve()
    for (const [path, status] of [
      ['/s/nobody', 404],
      ['/i/nothing', 404],
      ['/s/constructor', 404],
      [`/i/chatgpt-20260203-2012?at=yesterday`, 400],
      ['/i/chatgpt-20260203-2012?at=2026-13-45T99:99Z', 400],
      ['/s/chatgpt?range=1y', 400],
      ['/s/chatgpt?range=24h&range=7d', 400],
      ['/incidents?before=-1', 400],
      [`/s/${'x'.repeat(90)}`, 404],
      ['/i/chatgpt-20260203-2012?at=2026-02-03T19:00:00Z', 404],
    ] as const) {
      const answer = await app.inject({ url: path })
      expect(answer.statusCode, path).toBe(status)
      expect(answer.headers['content-type']).toMatch(/^text\/html/)
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(() => readMarkup(answer.body)).not.toThrow()
      expect(answer.body).not.toMatch(/\bat .*\.ts:\d+/)
    }
  })

  it('say that it is our fault when reading fails, and recover', async () => {
    const reader = fixtureReader()
    let broken = true
    const app = serve(
      {},
      { reader: { ...reader, services: () => (broken ? Promise.reject(new Error('no disk')) : reader.services()) } },
    )
    const answer = await app.inject({ url: '/' })
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('no disk')
    broken = false
    expect((await app.inject({ url: '/' })).statusCode).toBe(200)
  })

  it('answer HEAD, If-None-Match and each encoding with the same tag', async () => {
    const app = serve()
    const plain = await app.inject({ url: '/s/chatgpt' })
    const tag = plain.headers.etag as string
    expect(tag).toMatch(/^"[\w-]{22}"$/)
    expect(plain.headers['cache-control']).toMatch(/max-age=\d, stale-while-revalidate/)
    for (const encoding of ['br', 'gzip']) {
      const answer = await app.inject({ url: '/s/chatgpt', headers: { 'accept-encoding': encoding } })
      expect(answer.headers).toMatchObject({
        'content-encoding': encoding,
        etag: tag,
        vary: 'accept-encoding, accept-language, cookie',
      })
      expect(answer.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2)
    }
    const refused = await app.inject({ url: '/s/chatgpt', headers: { 'accept-encoding': 'br;q=0, gzip;q=0' } })
    expect(refused.headers['content-encoding']).toBeUndefined()
    const same = await app.inject({ url: '/s/chatgpt', headers: { 'if-none-match': `W/${tag}, "x"` } })
    expect([same.statusCode, same.rawPayload.length]).toEqual([304, 0])
    const head = await app.inject({ method: 'HEAD', url: '/s/chatgpt' })
    expect([head.statusCode, head.headers.etag, head.body]).toEqual([200, tag, ''])
  })

  it('allow no script but our own file and no style but the sheet', async () => {
    const answer = await serve().inject({ url: '/' })
    const policy = answer.headers['content-security-policy'] as string
    expect(policy).toMatch(/^default-src 'self'; style-src 'self'(?: 'sha256-[\w+/=]+'){2,10};/)
    expect(policy).not.toContain('unsafe')
    expect(answer.body).toMatch(/<script src="\/assets\/live\.js\?v=[\w-]+" defer><\/script>/)
    const address = /src="(\/assets\/live[^"]+)"/.exec(answer.body)?.[1] as string
    const script = await serve().inject({ url: address })
    expect(script.headers['cache-control']).toContain('immutable')
    expect((await serve().inject({ url: '/assets/live.js?v=old' })).headers['cache-control']).not.toContain('immutable')
  })
})

describe('the demonstration', () => {
  it('stands above the content with a sheet of its own, and a change of it makes the pages anew', async () => {
    let strip = '<aside class="demo" aria-label="Demonstration"><p>20:05</p></aside>'
    let now = 0
    const app = serve({}, { demo: { status: () => null, strip: () => strip }, wallNow: () => (now += 1_000) })
    const page = await body(app, '/')
    expect(page.indexOf('class="demo"')).toBeLessThan(page.indexOf('<main'))
    expect(page.match(/<style>/g)).toHaveLength(2)
    expect(await body(serve(), '/')).not.toContain('.demo')
    strip = strip.replace('20:05', '20:06')
    expect(await body(app, '/')).toContain('20:06')
  })
})

describe('the first page', () => {
  it('never says more than its rows', async () => {
    for (const now of Object.values(TIMES)) {
      const reader = fixtureReader({ now })
      const page = words(await body(serve({ now }), '/'))
      const open = (await reader.incidents({ open: true, limit: 9 })).length
      // One service is unknown at all times: "all" would be a lie.
      expect(page).not.toContain('All 4 services')
      expect(page).toContain('1 unknown')
      expect(page.includes('Open incidents')).toBe(open > 0)
    }
  })

  it('shows a problem for a service with an open incident, whatever its row says', async () => {
    const reader = fixtureReader({ now: TIMES.peak })
    const calm: Reader = {
      ...reader,
      services: async () => (await reader.services()).map(each => ({ ...each, state: 'ok' as const })),
    }
    const page = words(await body(serve({}, { reader: calm }), '/'))
    expect(page).toContain('ChatGPT is down for many people')
    expect(page).not.toMatch(/services are working/)
  })

  it('says "all" only when all are working', async () => {
    const reader = fixtureReader({ now: TIMES.calm })
    const only: Reader = {
      ...reader,
      services: async () => (await reader.services()).map(each => ({ ...each, state: 'ok' as const })),
    }
    expect(words(await body(serve({}, { reader: only }), '/'))).toContain('All 4 services are working')
    const none: Reader = { ...reader, services: async () => [] }
    expect(words(await body(serve({}, { reader: none }), '/'))).toContain('No service is watched yet')
  })

  it('turns unknown when the ticks of a wall clock stop', async () => {
    const now = TIMES.calm
    const fresh = await body(serve({ now, clock: 'wall' }, { wallNow: () => now + 30_000 }), '/s/claude')
    const stale = await body(serve({ now, clock: 'wall' }, { wallNow: () => now + 12 * 60_000 }), '/s/claude')
    expect(words(fresh)).toContain('Claude is working')
    expect(words(stale)).toContain('We do not know how Claude is doing')
    expect(words(stale)).toContain('The newest data is 12 mins old')
  })

  it('says that it is old by a fault of ours, from then on', async () => {
    let wall = TIMES.tail + 14_000
    const app = serve({ now: TIMES.tail, clock: 'wall' }, { wallNow: () => wall, lateMs: 15_000 })
    for (const path of ['/', '/s/claude', '/incidents', INCIDENT]) {
      wall = TIMES.tail + 14_000
      expect(words(await body(app, path)), path).not.toContain('Epicenter itself is behind')
      wall = TIMES.tail + 21_000
      expect(words(await body(app, path)), path).toContain(
        'This page shows how things stood 21 secs ago: Epicenter itself is behind. The fault is ours',
      )
      expect(words(await body(app, `${path}?lang=de`)), path).toContain('Stand von vor 21 Sek')
    }
    const log = await body(serve({ now: TIMES.tail }, { wallNow: () => wall + 1e9 }), '/')
    expect(words(log), 'a clock of signals has no age').not.toContain('Epicenter itself')
  })
})

describe('the service page', () => {
  it('has the buttons as a plain form, and none where people cannot report', async () => {
    const page = await body(serve(), '/s/chatgpt')
    expect(page).toMatch(/<form method="post" action="\/api\/v1\/report"/)
    expect(page).toMatch(/<input type="hidden" name="back" value="\/s\/chatgpt">/)
    expect(page).toMatch(/<button class="no" name="kind" value="bad">I have a problem/)
    expect(await body(serve({}, { report: false }), '/s/chatgpt')).not.toContain('<form')
    expect(words(await body(serve(), '/s/chatgpt?thanks=bad'))).toContain('Your problem is counted')
  })

  it('names the slowest segment while it recovers', async () => {
    expect(words(await body(serve({ now: TIMES.tail }), '/s/chatgpt'))).toContain('slowest: cell eu-west-1 (64%)')
  })
})

describe('the incident page', () => {
  it('tells what, where, who is fine, why, security and recovery', async () => {
    const page = words(await body(serve({ now: TIMES.tail }), INCIDENT))
    for (const part of [
      'ChatGPT is recovering',
      'eu-west-1',
      'us-west-1',
      'India',
      'explained by cell',
      'explained by nothing that was observed',
      'About 40% of its requests are in a part that is hit; there 76% fail.',
      'What would settle it: Roll it back in cell eu-west-1 alone',
      'Suspected Enable new caching path',
      '93%',
      'None of the listed',
      'No evidence of an attack',
      'normal between 22:15 and 23:20 UTC',
    ])
      expect(page).toContain(part)
    expect(page).not.toMatch(/Confirmed|caused by/)
    expect(page).not.toContain('Look what cell us-west-1')
  })

  it('shows at a past time what was known then and nothing later', async () => {
    const page = words(await body(serve({ now: TIMES.over }), `${INCIDENT}?at=2026-02-03T20:20:00Z`))
    expect(page).toContain('This is what was known at')
    expect(page).toContain('71%')
    expect(page).not.toMatch(/93%|Recovering|Resolved|20:32|rollback/)
  })

  it('tells after the end who was hit at the worst', async () => {
    const page = words(await body(serve({ now: TIMES.over }), INCIDENT))
    expect(page).toContain('ChatGPT was down for many people')
    expect(page).toContain('Who was affected')
    expect(page).toContain('89%')
  })
})
