import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import fastify, { type FastifyInstance } from 'fastify'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mainPage, NOON, readerOf, sixty } from '../statuspage/fixture.js'
import { statuspageRoutes } from '../statuspage/routes.js'
import { fixtureReader } from './fixtures/evening.js'
import { registerPages } from './index.js'

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium'
const found = existsSync(BROWSER)
/** All of it, heads of answers included, before a reader does anything. */
const FIRST_LOAD_BYTES = 31 * 1024

describe.skipIf(!found)(
  found ? 'the first load' : `the first load: skipped, no executable at ${BROWSER} (set CHROMIUM)`,
  () => {
    let browser: Browser
    const open: FastifyInstance[] = []
    let script = ''
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
      const entry = fileURLToPath(new URL('../../web/live.ts', import.meta.url))
      const built = await build({ entryPoints: [entry], bundle: true, minify: true, format: 'iife', write: false })
      script = built.outputFiles[0]!.text
    })
    afterAll(async () => {
      await browser?.close()
      for (const each of open) await each.close()
    })

    async function listen(more: (app: FastifyInstance) => void): Promise<string> {
      const app = fastify()
      // A listener for news that hears none: what comes later is no part of the first load.
      app.get('/api/v1/stream', (_, reply) => {
        reply.hijack()
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
        reply.raw.write('retry: 60000\n\n')
        app.server.once('closing', () => reply.raw.end())
      })
      app.addHook('preClose', async () => app.server.closeAllConnections())
      more(app)
      open.push(app)
      return app.listen({ port: 0, host: '127.0.0.1' })
    }

    /** What a browser takes from the network for a page, by address. */
    async function transferred(address: string): Promise<Map<string, number>> {
      const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
      const page = await context.newPage()
      const session = await context.newCDPSession(page)
      await session.send('Network.enable')
      const names = new Map<string, string>()
      const sizes = new Map<string, number>()
      session.on('Network.requestWillBeSent', ({ requestId, request }) => names.set(requestId, request.url))
      session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        sizes.set(new URL(names.get(requestId) ?? 'x:').pathname, encodedDataLength)
      })
      await page.goto(address, { waitUntil: 'load' })
      // The picture in the tab is fetched when all else is there.
      await expect.poll(() => sizes.has('/assets/live.js'), { timeout: 20_000 }).toBe(true)
      await page.waitForTimeout(500)
      await context.close()
      return sizes
    }

    it.each(['/s/chatgpt', '/s/chatgpt?lang=ar', '/s/chatgpt?range=7d'])(
      'of %s, with chart and map, is at most 31 KB',
      async path => {
        const reader = fixtureReader({ now: Date.parse('2026-02-03T20:27:00Z') })
        const origin = await listen(app => registerPages(app, { reader, report: true, script }))
        const sizes = await transferred(origin + path)
        const sum = [...sizes.values()].reduce((all, each) => all + each, 0)
        expect(sizes.get('/s/chatgpt')).toBeGreaterThan(8_000)
        expect(sum, JSON.stringify([...sizes])).toBeLessThanOrEqual(FIRST_LOAD_BYTES)
      },
    )

    it.each(['/status', '/status?lang=ja'])(
      'of %s, with sixty components and ninety days, is at most 31 KB',
      async path => {
        const world = sixty()
        const reader = readerOf(world)
        const origin = await listen(app => {
          const desk = statuspageRoutes(app, { reader, pages: [mainPage], maintenance: [], wallNow: () => NOON })
          registerPages(app, { reader, report: true, script, wallNow: () => NOON, status: { desk } })
        })
        const sizes = await transferred(origin + path)
        const sum = [...sizes.values()].reduce((all, each) => all + each, 0)
        expect(sizes.get('/status')).toBeGreaterThan(8_000)
        expect(sum, JSON.stringify([...sizes])).toBeLessThanOrEqual(FIRST_LOAD_BYTES)
      },
    )
  },
)
