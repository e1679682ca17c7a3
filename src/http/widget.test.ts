import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastify, { type FastifyInstance } from 'fastify'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badgeRoutes } from './badge.js'
import { Desk } from './statuspage/desk.js'
import { busy, mainPage, NOON, readerOf } from './statuspage/fixture.js'

// The widget as other pages show it, against pictures that were looked at. GOLDEN=new draws them anew: look at them then.

const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const folder = fileURLToPath(new URL('./fixtures/widget/', import.meta.url))
/** Of its 12,800 pixels so many may differ: edges of letters, no more. A state of another colour moves ten times as many. */
const DIFFERENT_PIXELS = 60
/** A channel that differs by less is the same to the eye. */
const SAME_LEVEL = 24

const CASES = [
  ['shop', 'light', 'en'],
  ['shop', 'dark', 'ar'],
  ['api', 'dark', 'de'],
  ['mail', 'light', 'fr'],
] as const

const found = existsSync(BROWSER)
describe.skipIf(!found)(
  found ? 'the widget' : `the widget: skipped, no executable at ${BROWSER} (set CHROMIUM)`,
  () => {
    let browser: Browser
    let page: Page
    let app: FastifyInstance
    let origin = ''
    /** Letters of other fonts are other pictures: what these letters measure names the fonts. */
    let fonts = ''
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: BROWSER,
        args: ['--no-sandbox', '--disable-gpu', '--disable-lcd-text'],
      })
      page = await (await browser.newContext({ viewport: { width: 200, height: 64 } })).newPage()
      app = fastify()
      badgeRoutes(
        app,
        new Desk({
          reader: readerOf(busy),
          pages: [mainPage],
          maintenance: busy.maintenance ?? [],
          wallNow: () => NOON,
        }),
      )
      origin = await app.listen({ port: 0, host: '127.0.0.1' })
      fonts = await page.evaluate(() => {
        const brush = document.createElement('canvas').getContext('2d')!
        brush.font = '14px -apple-system,"Segoe UI",Roboto,Arial,sans-serif'
        return ['Shop Outage', 'متوقف', 'Störung'].map(text => brush.measureText(text).width.toFixed(2)).join(' ')
      })
    })
    afterAll(async () => {
      await browser?.close()
      await app?.close()
    })

    it.each(CASES)('of %s in %s, %s, looks as it did', async (service, theme, lang) => {
      await page.goto(`${origin}/embed/${service}?theme=${theme}&lang=${lang}`)
      const now = await page.screenshot()
      const file = `${folder}${service}-${theme}-${lang}.png`
      if (process.env['GOLDEN'] === 'new') {
        mkdirSync(folder, { recursive: true })
        writeFileSync(file, now)
        writeFileSync(`${folder}fonts.txt`, `${fonts}\n`)
      }
      const blank = await page.context().newPage()
      const differ = await blank.evaluate(
        async ([a, b, level]) => {
          const pixels = async (png: string) => {
            const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob())
            const brush = new OffscreenCanvas(image.width, image.height).getContext('2d')!
            brush.drawImage(image, 0, 0)
            return brush.getImageData(0, 0, image.width, image.height).data
          }
          const [before, after] = await Promise.all([pixels(a), pixels(b)])
          if (before.length !== after.length) return Number.POSITIVE_INFINITY
          let n = 0
          for (let i = 0; i < before.length; i += 4)
            if ([0, 1, 2].some(c => Math.abs((before[i + c] as number) - (after[i + c] as number)) > level)) n++
          return n
        },
        [readFileSync(file).toString('base64'), now.toString('base64'), SAME_LEVEL] as const,
      )
      await blank.close()
      const sameFonts = readFileSync(`${folder}fonts.txt`, 'utf8').trim() === fonts
      if (sameFonts) expect(differ).toBeLessThanOrEqual(DIFFERENT_PIXELS)
      // With other fonts only the letters differ.
      else expect(differ).toBeLessThan(12_800 / 4)
    })

    it('takes a report on a stranger’s page to our door as from our own page, without a cookie in the frame', async () => {
      const door = fastify()
      const heard: { site: unknown; origin: unknown; cookie: unknown; body: string }[] = []
      door.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
        done(null, body),
      )
      badgeRoutes(door, new Desk({ reader: readerOf(busy), pages: [mainPage], maintenance: [], wallNow: () => NOON }))
      door.post('/api/v1/report', ({ headers, body }, reply) => {
        heard.push({
          site: headers['sec-fetch-site'],
          origin: headers.origin,
          cookie: headers.cookie,
          body: body as string,
        })
        return reply.redirect('/thanks', 303)
      })
      door.get('/thanks', (_, reply) => reply.type('text/html').send('thanks'))
      const ours = await door.listen({ port: 0, host: '127.0.0.1' })
      const stranger = fastify()
      stranger.get('/', (_, reply) =>
        reply.type('text/html').send(`<iframe src="${ours}/embed/shop?report=1" width="300" height="120"></iframe>`),
      )
      await stranger.listen({ port: 0, host: 'localhost' })
      const { port } = stranger.server.address() as { port: number }
      const context = await browser.newContext()
      const visit = await context.newPage()
      await visit.goto(`http://localhost:${port}/`)
      const opened = context.waitForEvent('page')
      await visit.frameLocator('iframe').getByRole('button', { name: 'I have a problem' }).click()
      const thanks = await opened
      await thanks.waitForURL(`${ours}/thanks`)
      expect(heard).toEqual([
        { site: 'same-origin', origin: ours, cookie: undefined, body: 'service=shop&back=%2Fs%2Fshop&kind=bad' },
      ])
      expect(await context.cookies()).toEqual([])
      await context.close()
      await Promise.all([door.close(), stranger.close()])
    })

    it('fits a frame of 200 by 64 pixels without scrolling', async () => {
      for (const [service, theme, lang] of CASES) {
        await page.goto(`${origin}/embed/${service}?theme=${theme}&lang=${lang}`)
        const { wide, high } = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth,
          high: document.body.getBoundingClientRect().height,
        }))
        expect([wide <= 200, high <= 64], `${service} ${lang}: ${wide} × ${high}`).toEqual([true, true])
      }
    })
  },
)
