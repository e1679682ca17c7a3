import { existsSync } from 'node:fs'
import fc from 'fast-check'
import fastify, { type FastifyInstance } from 'fastify'
import { chromium } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { badge, badgeRoutes } from './badge.js'
import { readMarkup } from './pages/fixtures/markup.js'
import { HttpProblem, sendProblem } from './problem.js'
import { busy, mainPage, NOON, readerOf, service, type World } from './statuspage/fixture.js'
import { Desk } from './statuspage/desk.js'

const open: FastifyInstance[] = []
afterAll(() => Promise.all(open.map(app => app.close())))

function serve(world: World): FastifyInstance {
  const app = fastify()
  app.setErrorHandler((error, _, reply) =>
    error instanceof HttpProblem ? sendProblem(reply, error) : reply.code(500).send(String(error)),
  )
  let wall = NOON
  const wallNow = () => (wall += 1_000)
  badgeRoutes(
    app,
    new Desk({ reader: readerOf(world), pages: [mainPage], maintenance: world.maintenance ?? [], wallNow }),
  )
  open.push(app)
  return app
}

describe('a badge', () => {
  it('says the state in a word, for everybody and every cache', async () => {
    const app = serve(busy)
    for (const [id, word] of [
      ['shop', 'Shop: Outage'],
      ['api', 'Api: Maintenance'],
      ['mail', 'Mail: Unknown'],
    ]) {
      const reply = await app.inject({ url: `/badge/${id}.svg` })
      expect(reply.statusCode).toBe(200)
      expect(reply.headers).toMatchObject({
        'content-type': 'image/svg+xml; charset=utf-8',
        'access-control-allow-origin': '*',
      })
      expect(reply.body).toContain(`<title>${word}</title>`)
      expect(
        (await app.inject({ url: `/badge/${id}.svg`, headers: { 'if-none-match': reply.headers.etag as string } }))
          .statusCode,
      ).toBe(304)
    }
    for (const url of [
      '/badge/nobody.svg',
      '/badge/shop',
      '/badge/shop.png',
      '/badge/constructor.svg',
      '/embed/nobody',
    ])
      expect((await app.inject({ url })).statusCode, url).toBe(404)
    expect((await app.inject({ url: '/embed/shop?theme=pink' })).statusCode).toBe(400)
    expect((await app.inject({ url: '/embed/shop?report=yes' })).statusCode).toBe(400)
    // A button only where it was asked for, and a form to nowhere but here.
    for (const [url, has] of [
      ['/embed/shop?report=1', true],
      ['/embed/shop', false],
    ] as const) {
      const { body, headers } = await app.inject({ url })
      expect(body.includes('<form method="post" action="/api/v1/report" target="_blank">')).toBe(has)
      expect(headers['content-security-policy']).toContain(has ? "form-action 'self'" : "form-action 'none'")
      expect(headers['set-cookie']).toBeUndefined()
    }
  })

  it('stays one well-formed picture whatever the title', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.constant('"><script>alert(1)</script>'),
          fc.constant(']]>&amp;\u0000\ud800'),
        ),
        title => {
          const tags = readMarkup(`<!doctype html>${badge(title, 'Outage', 'major_outage')}`)
          expect(tags.map(tag => tag.name.toLowerCase()).join(' ')).toBe(
            'svg title clippath rect g path path g text text',
          )
        },
      ),
    )
  })
})

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium'

describe('the widget', () => {
  it('is below 5 KB, without script, and may stand in any frame', async () => {
    const app = serve(busy)
    for (const id of ['shop', 'api', 'mail']) {
      const reply = await app.inject({ url: `/embed/${id}` })
      expect(reply.rawPayload.length).toBeLessThanOrEqual(5 * 1024)
      expect(reply.headers['content-security-policy']).not.toContain('frame-ancestors')
      expect(readMarkup(reply.body).some(tag => tag.name === 'script')).toBe(false)
    }
  })

  it.skipIf(!existsSync(BROWSER))(
    'shows its text in the frame, in both themes and with a long title',
    async () => {
      const long = service('long', [], {
        title: 'A service whose name is as long as somebody could make it, and then some',
      })
      const app = serve({ ...busy, services: [...(busy.services ?? []), long] })
      const origin = await app.listen({ port: 0, host: '127.0.0.1' })
      const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
      try {
        const page = await browser.newPage({ viewport: { width: 400, height: 300 } })
        const seen = new Set<string>()
        for (const [id, theme] of [
          ['shop', 'light'],
          ['shop', 'dark'],
          ['long', 'dark'],
        ]) {
          await page.setContent(
            `<iframe src="${origin}/embed/${id}?theme=${theme}" width="300" height="90" style="border:0"></iframe>`,
          )
          const frame = page.frames()[1]
          await frame?.waitForSelector('.state')
          const box = await frame?.evaluate(() => ({
            width: document.documentElement.scrollWidth,
            height: document.documentElement.scrollHeight,
            paper: getComputedStyle(document.body).backgroundColor,
          }))
          expect(box?.width).toBeLessThanOrEqual(300)
          expect(box?.height).toBeLessThanOrEqual(id === 'long' ? 120 : 90)
          expect(box?.paper).toBe(theme === 'dark' ? 'rgb(19, 20, 22)' : 'rgb(248, 247, 244)')
          seen.add((await page.locator('iframe').screenshot()).toString('base64'))
        }
        expect(seen.size).toBe(3)
      } finally {
        await browser.close()
      }
    },
    60_000,
  )
})
