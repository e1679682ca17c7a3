import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../contract/time.js'
import {
  busy,
  iso,
  mainPage,
  NOON,
  readerOf,
  says,
  service,
  sixty,
  story,
  type World,
} from '../../statuspage/fixture.js'
import { Homes, standUnder } from '../../home.js'
import { statuspageRoutes } from '../../statuspage/routes.js'
import { readMarkup } from '../fixtures/markup.js'
import { registerPages } from '../index.js'
import { STATUS_STYLE } from './style.js'

const open: FastifyInstance[] = []
afterAll(() => Promise.all(open.map(app => app.close())))

function serve(world: World): FastifyInstance {
  const app = fastify()
  standUnder(app, new Homes({ url: null, pages: world.pages ?? [mainPage], proxies: [] }))
  const reader = readerOf(world)
  let wall = world.now ?? NOON
  const wallNow = () => (wall += world.clock === 'wall' ? 0 : 1_000)
  const desk = statuspageRoutes(app, {
    reader,
    pages: world.pages ?? [mainPage],
    maintenance: world.maintenance ?? [],
    wallNow,
  })
  registerPages(app, { reader, report: true, script: 'void 0', wallNow, status: { desk } })
  open.push(app)
  return app
}

const body = async (world: World, url = '/status') => (await serve(world).inject({ url })).body

/** What a reader sees, without marks. */
const words = (page: string) =>
  page
    .replace(/<style>.*?<\/style>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ')

describe('the status page', () => {
  it('fits sixty components with ninety days and their incidents in 31 KB, all in the first HTML', async () => {
    const app = serve(sixty())
    const zipped = await app.inject({ url: '/status', headers: { 'accept-encoding': 'gzip' } })
    const mark = await app.inject({ url: '/assets/mark.svg', headers: { 'accept-encoding': 'gzip' } })
    // The script has a limit of its own (5 KB before compression).
    expect(zipped.rawPayload.length + mark.rawPayload.length + 5 * 1024).toBeLessThanOrEqual(31 * 1024)
    expect(STATUS_STYLE.length).toBeLessThanOrEqual(2 * 1024)
    const page = (await app.inject({ url: '/status' })).body
    expect(page.match(/class="days"/g)).toHaveLength(60)
    expect(() => readMarkup(page)).not.toThrow()
    expect(page).not.toMatch(/undefined|NaN|\[object|Invalid|Infinity/)
  })

  it('counts its headline from its rows', async () => {
    expect(words(await body(busy))).toContain('Outage: Cart and Login 1 under maintenance · 1 unknown · 1 working')
    const calm: World = { services: [service('shop', ['cart', 'login'])] }
    expect(words(await body(calm))).toContain('All 2 components are working')
    expect(words(await body({ services: [service('shop')] }))).toContain('Everything is working')
    expect(words(await body({ services: [] }))).toContain('No component is shown yet')
    const silent = service('mail', [], { state: 'unknown', seen: { check: NOON - 41 * MINUTE } })
    expect(words(await body({ services: [service('shop'), silent] }))).toContain(
      'No problem seen where there is data 1 unknown · 1 working',
    )
    expect(words(await body({ services: [silent] }))).toMatch(/No data: the state is unknown .* newest data 41 min/)
  })

  it('says never more than the API for machines, and never less', async () => {
    for (const world of [
      busy,
      sixty(),
      { services: [service('shop')] },
      { services: [service('shop', [], { state: 'unknown', seen: {} })] },
    ]) {
      const app = serve(world)
      const { components } = (await app.inject({ url: '/api/v2/components.json' })).json() as {
        components: { group: boolean; epicenter: { state: string } }[]
      }
      const page = (await app.inject({ url: '/status' })).body
      const list = page.slice(page.indexOf('Components</h2>'), page.indexOf('class="legend"'))
      for (const state of [
        'operational',
        'partial_outage',
        'major_outage',
        'under_maintenance',
        'unknown',
        'degraded_performance',
      ])
        expect(list.split(`<span class="state ${state}">`).length - 1, state).toBe(
          components.filter(each => each.epicenter.state === state).length,
        )
    }
  })

  it('tells who is affected, who is not, what was said and how far it is over', async () => {
    const page = words(await body(busy))
    for (const part of [
      'everybody 70% failing 60% – 80%',
      'region us',
      'Recovery: 40% back',
      'Cause confirmed: Deploy 7.',
      'Cart: Partial outage → Outage',
      'Database upgrade Now',
      'Later windows (3)',
    ])
      expect(page).toContain(part)
  })

  it('keeps uptime by four rules apart, and says 100% only of what never failed', async () => {
    // Half a day in 90: 0.5 / 89.5 days watched.
    const partial = story(
      'i',
      'shop',
      {
        minutes: 2_000,
        event: 'opened',
        severity: 'major',
        segments: [{ where: { region: ['eu'] }, share: 0.1, interval: null }],
      },
      { minutes: 2_000 - 720, event: 'resolved' },
    )
    const page = words(await body({ services: [service('shop')], incidents: [partial] }))
    for (const part of [
      'count 0.3 (as Statuspage does; the number in the list) 99.83%',
      'count half 99.72%',
      'count in full 99.44%',
      'people who failed 99.94%',
    ])
      expect(page).toContain(part)
    const blink = story(
      'i',
      'shop',
      { minutes: 2_000, event: 'opened', severity: 'major' },
      { minutes: 1_999, event: 'resolved' },
    )
    expect(words(await body({ services: [service('shop')], incidents: [blink] }))).toContain('99.99%')
  })

  it('counts days without data as neither up nor down', async () => {
    const today = Math.floor(NOON / DAY) * DAY
    const world: World = { services: [service('shop')], days: () => [today] }
    const page = await body(world)
    // A young page shows a week at least, and not ninety days of hatching.
    expect(page).toContain('aria-label="Last 7 days: 6 without data"')
    expect(words(page)).toContain('Last 7 days · Data begins on 3 Feb 2026.')
    const older = await body({ ...world, days: () => Array.from({ length: 20 }, (_, i) => today - (19 - i) * DAY) })
    expect(older).toContain('aria-label="Last 20 days: no trouble"')
    const none = words(await body({ ...world, days: () => [] }))
    expect(none).toContain('no data')
    expect(none).not.toContain('100%')
  })

  it('folds components that work and always did into one row, and lists no open incident among the past ones', async () => {
    const parts = Array.from({ length: 12 }, (_, i) => `part-${i}`)
    const open = story('i', 'shop', { minutes: 9, event: 'opened', components: ['part-3'], severity: 'major' })
    const page = await body({ services: [service('shop', parts)], incidents: [open] })
    expect(page.match(/<svg class="days"/g)).toHaveLength(2)
    expect(words(page)).toMatch(/Part-0, Part-1, Part-2 and 8 more Working .*100% 11 working, no trouble/)
    // One is open: neither listed here nor denied, and no heading stands over nothing.
    expect(words(page)).toContain('All incidents')
    expect(words(page)).not.toContain('Incidents of the last 90 days')
    expect((await body({ services: [service('shop', parts.slice(0, 4))] })).match(/<svg class="days"/g)).toHaveLength(4)
  })

  it('says at once how to follow it, and has the pattern of days without data in its legend', async () => {
    const page = await body(busy)
    expect(page.indexOf('/history.rss">RSS')).toBeLessThan(page.indexOf('<h2>'))
    expect(page).toMatch(/<rect class="gap" width="14" height="10"\/><\/svg>no data/)
  })

  it('shows an incident from when it began, also across midnight', async () => {
    const late = story(
      'i',
      'shop',
      {
        minutes: 12 * 60 - 5,
        event: 'opened',
        severity: 'critical',
        startedAt: iso(NOON - 12 * HOUR - 10 * MINUTE),
        components: [],
      },
      { minutes: 11 * 60, event: 'resolved' },
    )
    expect(await body({ services: [service('shop')], incidents: [late] })).toContain('Last 90 days: 2 with an outage')
  })

  it('has a page for each name, and 404 for others', async () => {
    const world: World = {
      ...busy,
      pages: [
        mainPage,
        { ...mainPage, id: 'mail', title: 'Mail & more', services: ['mail'], description: 'Only <mail>' },
      ],
    }
    const app = serve(world)
    const page = await app.inject({ url: '/status/mail' })
    expect(words(page.body)).toContain('Mail &amp; more')
    expect(page.body).toContain('Only &lt;mail&gt;')
    expect(page.body).toContain('href="/status/mail/history.rss"')
    expect((await app.inject({ url: '/status/other' })).statusCode).toBe(404)
    expect((await app.inject({ url: '/status/%00' })).statusCode).toBe(404)
    expect((await app.inject({ url: '/status?lang=klingon!!' })).statusCode).toBe(400)
  })

  it('is the first page of a host of its own, and of that alone', async () => {
    const app = serve({ ...busy, pages: [mainPage, { ...mainPage, id: 'mail', url: 'https://mail.example' }] })
    const own = await app.inject({ url: '/', headers: { host: 'mail.example' } })
    expect([own.statusCode, own.headers.location]).toEqual([302, '/status/mail'])
    expect((await app.inject({ url: '/', headers: { host: 'other.example' } })).statusCode).toBe(200)
  })

  it('lets nothing from outside become markup', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    const bad = service('shop', ['cart'], { title: evil, components: [{ id: evil, name: evil }] })
    const told = story('i', 'shop', {
      minutes: 9,
      event: 'opened',
      title: evil,
      severity: 'major',
      components: [evil],
      segments: [{ where: { [evil]: [evil] }, share: 0.5, interval: [0.4, 0.6] }],
      unaffected: { [evil]: [evil] },
      says: says(evil),
      recovery: { recovered: 0.3, eta: null, segments: [{ where: { [evil]: [evil] }, recovered: 0.3, eta: null }] },
    })
    const page = await body({
      services: [bad, service('x')],
      incidents: [told],
      pages: [{ ...mainPage, title: evil, description: evil }],
    })
    const tags = readMarkup(page)
    expect(tags.filter(tag => tag.name === 'script')).toHaveLength(1)
    expect(tags.filter(tag => tag.name === 'img')).toHaveLength(0)
    for (const { attributes } of tags) for (const [key] of attributes) expect(key).not.toMatch(/^on|^style$/)
  })

  it('serves a logo from here, and runs no script in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'logo-'))
    const logo = join(folder, 'logo.svg')
    writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    const app = serve({ ...busy, pages: [{ ...mainPage, logo }] })
    expect(await body({ ...busy, pages: [{ ...mainPage, logo }] })).toContain('<img src="/assets/logo/main" alt="">')
    const reply = await app.inject({ url: '/assets/logo/main' })
    expect(reply.headers).toMatchObject({ 'content-type': 'image/svg+xml', 'x-content-type-options': 'nosniff' })
    expect(reply.headers['content-security-policy']).toContain('sandbox')
    writeFileSync(logo, 'x'.repeat(40_000))
    expect(() => serve({ ...busy, pages: [{ ...mainPage, logo }] })).toThrow('at most 32768 bytes')
    rmSync(folder, { recursive: true })
  })

  it('has a calendar of its windows with lines of at most 75 octets', async () => {
    const app = serve({
      ...busy,
      maintenance: [
        ...(busy.maintenance ?? []),
        {
          id: 'long',
          title: 'Lange Wartung; mit, Zeichen und Umläuten, äöü äöü äöü äöü äöü äöü äöü äöü',
          starts: iso(NOON + DAY),
          minutes: 5,
          components: ['shop'],
        },
      ],
    })
    const reply = await app.inject({ url: '/status.ics' })
    expect(reply.headers['content-type']).toMatch(/^text\/calendar/)
    const lines = reply.body.split('\r\n')
    expect(lines.at(-1)).toBe('')
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    const text = reply.body.replaceAll('\r\n ', '')
    expect(text).toContain('SUMMARY:Lange Wartung\\; mit\\, Zeichen')
    expect(text.match(/BEGIN:VEVENT/g)?.length).toBe(text.match(/UID:/g)?.length)
    expect(text).toContain('DTSTART:20260209T020000Z')
  })
})

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium'
const found = existsSync(BROWSER)
describe.skipIf(!found)(
  found ? 'in a browser' : `in a browser: skipped, no executable at ${BROWSER} (set CHROMIUM)`,
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
    })
    afterAll(() => browser?.close())

    it('has no axe violation, no overflow and no refused resource, in both themes, wide and narrow, script off', async () => {
      const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
      const broken: string[] = []
      const all: World = {
        ...busy,
        services: [...(busy.services ?? []), ...(sixty().services ?? []).slice(0, 2)],
        incidents: [...(busy.incidents ?? []), ...(sixty().incidents ?? [])],
      }
      for (const [world, dark, phone] of [
        [all, true, true],
        [all, false, false],
        [{ services: [service('shop', [], { state: 'unknown', seen: {} })] }, true, false],
        [{ services: [] }, false, true],
      ] as [World, boolean, boolean][]) {
        const app = serve(world)
        const origin = await app.listen({ port: 0, host: '127.0.0.1' })
        const context = await browser.newContext({
          viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
          colorScheme: dark ? 'dark' : 'light',
        })
        const page = await context.newPage()
        page.on('console', line => line.type() === 'error' && broken.push(line.text()))
        await page.goto(`${origin}/status?lang=${phone ? 'ar' : 'en'}`)
        for (const each of await page.locator('details').all())
          await each.evaluate(element => element.setAttribute('open', ''))
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        if (wide > 0) broken.push(`${wide} px too wide (${phone ? 'phone' : 'desk'})`)
        await page.evaluate(axe)
        const { violations } = await page.evaluate(() =>
          (
            globalThis as never as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
            }
          ).axe.run(),
        )
        for (const each of violations)
          broken.push(`${dark ? 'dark' : 'light'}: ${each.id} ${each.nodes[0]?.html.slice(0, 160)}`)
        await context.close()
      }
      expect(broken).toEqual([])
    }, 120_000)
  },
)

describe('a status page with a time zone of its own', () => {
  it('shows days and times by it, and says so; pages without one say UTC', async () => {
    const page = { ...mainPage, timeZone: 'America/New_York' }
    for (const url of ['/status', '/maintenance']) {
      const text = words(await body({ ...busy, pages: [page] }, url))
      expect(text, url).toContain('All times are America/New_York.')
      // The window of the database begins at 11:50 UTC.
      expect(text, url).toMatch(/06:50 GMT-5/)
      expect(text, url).not.toMatch(/\d UTC/)
    }
    expect(words(await body(busy))).toContain('All times are UTC.')
    expect(words(await body({ ...busy, pages: [page] }, '/'))).toContain('All times are UTC.')
  })

  it('gives the script the times beside which the reader’s own may stand', async () => {
    const tags = readMarkup(await body({ ...busy, pages: [{ ...mainPage, timeZone: 'Asia/Tokyo' }] }))
    const own = tags.filter(each => each.name === 'time' && each.attributes.has('data-own'))
    expect(own.length).toBeGreaterThan(3)
    for (const { attributes } of own) expect(attributes.get('datetime')).toMatch(/^\d{4}-.*Z$/)
  })
})
