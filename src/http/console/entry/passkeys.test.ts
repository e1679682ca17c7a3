import { existsSync } from 'node:fs'
import { build } from 'esbuild'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { App } from '../../../shell/app.js'
import { complete } from '../../../shell/config/load.js'
import { openAuthenticator } from '../../../shell/people/fixtures/authenticator.js'
import { fakeEnv } from '../../../testing/env.js'
import { buildServer } from '../../server.js'
import { siteOf } from './passkeys.js'

const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const PASSWORD = 'correct horse battery'

let app: App
let server: FastifyInstance
let port = 0
beforeAll(async () => {
  const { outputFiles } = await build({
    ...{ entryPoints: ['src/web/passkey.ts'], bundle: true, minify: true, write: false, target: 'es2022' },
  })
  app = await App.open(complete({ challenge: 'off' }), fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true, passkeyScript: outputFiles[0]!.text })
  port = Number(new URL(await server.listen({ port: 0, host: '127.0.0.1' })).port)
  await app.people.join(app.people.firstKey()!, 'ana', PASSWORD)
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

describe('the site that passkeys belong to', () => {
  const asked = (host: string, headers = {}) => ({ headers: { host, ...headers }, host, protocol: 'http', server: {} })
  const site = (url: string | undefined, host: string, headers = {}) =>
    siteOf(complete(url === undefined ? {} : { url }), asked(host, headers) as unknown as FastifyRequest)
  it('is the configured one, whatever a request or a proxy says', () => {
    const own = { origin: 'https://status.example.com', id: 'status.example.com' }
    for (const host of ['127.0.0.1:8080', 'evil.example', 'status.example.com'])
      expect(site('https://status.example.com/here', host, { 'x-forwarded-host': 'evil.example' })).toEqual(own)
  })
  it('without one is this machine by its name, and nowhere else', () => {
    expect(site(undefined, 'localhost:8080')).toEqual({ origin: 'http://localhost:8080', id: 'localhost' })
    for (const host of ['127.0.0.1:8080', 'evil.example', 'localhost.evil.example', ''])
      expect(site(undefined, host)).toBeNull()
    expect(site('http://status.example.com', 'localhost')).toBeNull()
  })
})

describe('signing in by a passkey', () => {
  const HOME = () => ({ host: `localhost:${port}`, origin: `http://localhost:${port}` })
  const post = (url: string, fields: Record<string, string>, headers: Record<string, string> = HOME()) =>
    server.inject({
      ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
  it('is for pages of ours, leads nowhere else, and a new one needs somebody who is signed in', async () => {
    const device = openAuthenticator(HOME().origin)
    const cookie = `epicenter-session=${app.people.begin('ana', '')}`
    const own = { ...HOME(), cookie }
    expect((await post('/console/me/passkeys/ask', {})).statusCode).toBe(303)
    const evil = { ...own, origin: 'https://evil.example' }
    for (const url of ['/console/me/passkeys/ask', '/console/me/passkeys', '/console/passkeys/ask'])
      expect((await post(url, {}, evil)).statusCode).toBe(403)
    const asked = (await post('/console/me/passkeys/ask', {}, own)).json()
    const kept = await post('/console/me/passkeys', { passkey: device.create(asked), label: '<b>mine' }, own)
    expect(kept.headers.location).toBe('/console/me')
    const page = await server.inject({ url: '/console/me', headers: own })
    expect(page.payload).toContain('value="&lt;b&gt;mine"')
    const into = async (to: string) =>
      post('/console/passkeys/sign-in', { passkey: device.get((await post('/console/passkeys/ask', {})).json()), to })
    expect((await into('/console/me')).headers.location).toBe('/console/me')
    const planted = await into('//evil.example')
    expect([planted.statusCode, planted.headers.location]).toEqual([303, '/console'])
    const again = await post('/console/me/passkeys', { passkey: '{}' }, own)
    expect([again.statusCode, again.payload]).toEqual([409, expect.stringContaining('is no passkey')])
    app.people.removePasskey('ana', asked.known[0] ?? app.people.passkeysOf('ana')[0]!.id)
  })

  it.skipIf(!existsSync(BROWSER))(
    'in a browser: it is added, named, signs in without a password, is removed',
    async () => {
      const args = ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP localhost 127.0.0.1']
      const browser: Browser = await chromium.launch({ executablePath: BROWSER, args })
      try {
        const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
        const device = await page.context().newCDPSession(page)
        await device.send('WebAuthn.enable')
        await device.send('WebAuthn.addVirtualAuthenticator', {
          options: {
            ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
            ...{ isUserVerified: true, automaticPresenceSimulation: true },
          },
        })
        const at = (path: string) => page.goto(`http://localhost:${port}${path}`)
        await at('/console/sign-in?to=/console/me')
        await page.fill('[name=name]', 'ana')
        await page.fill('[name=password]', PASSWORD)
        await page.click('button.first')
        await page.getByText('You are ana').waitFor()
        await page.fill('[name=label]', 'my phone')
        await page.getByRole('button', { name: 'Add a passkey' }).click()
        await page.locator('input[value="my phone"]').waitFor()
        // The same device once more: it says so itself.
        await page.getByRole('button', { name: 'Add a passkey' }).click()
        await page.getByText('There is one on this device already.').waitFor()
        await page.locator('input[value="my phone"]').fill('my old phone')
        await page.getByRole('button', { name: 'Rename' }).click()
        await page.locator('input[value="my old phone"]').waitFor()
        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.waitForURL('**/console/sign-in')
        await at('/console/sign-in?to=/console/me')
        await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
        await page.getByText('You are ana').waitFor()
        expect(app.people.passkeysOf('ana')).toMatchObject([{ label: 'my old phone', usedAt: expect.any(Number) }])
        await page.getByRole('button', { name: 'Remove my old phone' }).click()
        await page.locator('input[value="my old phone"]').waitFor({ state: 'detached' })
        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
        await page.getByText('belongs to nobody here any more').waitFor()
        expect(app.people.passkeysOf('ana')).toEqual([])
      } finally {
        await browser.close()
      }
    },
    60_000,
  )
})
