import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Served } from '../src/testing/served.js'
import {
  apache,
  ask,
  caddy,
  epicenter,
  filled,
  freePort,
  makePlace,
  NAME,
  nginx,
  type Place,
  recipe,
  remove,
  root,
} from './recipes.js'

let place: Place
let browser: Browser
const stops: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  place = await makePlace()
  browser = await chromium.launch({
    executablePath: process.env['EPICENTER_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP *.example.com 127.0.0.1'],
  })
})
afterAll(async () => {
  await browser.close()
  for (const stop of stops.reverse()) await stop()
  remove(place)
})

type Upstream = Served & { token: string }
const portOf = ({ url }: Served) => new URL(url).port

async function upstream(lines: string): Promise<Upstream> {
  const served = await epicenter(place.folder, lines)
  stops.push(() => served.stop('SIGTERM'))
  return served
}

const counted = async ({ url }: Served): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^epicenter_signals_total\{outcome="accepted"\} (\d+)/m.exec(text)?.[1])
}

/** A real browser presses the button, with script and without. */
async function reportsInBrowser(served: Served, site: string, { scripts = [true, false] } = {}): Promise<void> {
  for (const javaScriptEnabled of scripts) {
    const before = await counted(served)
    const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled })
    const page = await context.newPage()
    const failed: string[] = []
    page.on('response', each => each.status() >= 400 && failed.push(`${each.status()} ${each.url()}`))
    // Where a proxy hides the name, a header for trustworthy places goes to others too; they say that they ignore it.
    const said = (text: string) => !text.startsWith('The Cross-Origin-Opener-Policy header has been ignored')
    page.on('console', each => each.type() === 'error' && said(each.text()) && failed.push(each.text()))
    await page.goto(`${site}/s/shop`)
    await page.locator('button.no').first().click()
    await page.locator('.thanks:not([hidden])').filter({ hasText: /\S/ }).waitFor()
    expect(failed).toEqual([])
    await expect.poll(() => counted(served)).toBe(before + 1)
    if (javaScriptEnabled) expect(page.url()).toBe(`${site}/s/shop`)
    else expect(page.url()).toBe(`${site}/s/shop?thanks=bad`)
    await page.locator('header a.brand').click()
    await page.waitForURL(`${site}/`)
    await context.close()
  }
}

async function everythingGoesThrough(served: Upstream, port: number, base: string, name = NAME): Promise<void> {
  const authorization = `Bearer ${served.token}`
  const site = `https://${name}:${port}${base}`
  const home = await ask(port, `${base}/`, { name })
  expect(home.status).toBe(200)
  expect(home.headers['strict-transport-security']).toBe('max-age=31536000')
  const summary = await ask(port, `${base}/api/v2/summary.json`, { name })
  expect(JSON.parse(summary.body).page.url).toBe(site)
  expect((await ask(port, `${base}/history.rss`, { name })).body).toContain(`href="${site}/history.rss"`)
  // An upload of some megabytes.
  const at = new Date().toISOString()
  const line = (id: string, i: number) =>
    JSON.stringify({
      type: 'observation',
      via: 'check',
      id: `${id}-${i}`,
      service: 'shop',
      at,
      total: 1,
      bad: 0,
      text: 'x'.repeat(300),
    })
  const send = (id: string, count: number) =>
    ask(port, `${base}/api/v1/signals`, {
      name,
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-ndjson' },
      body: Array.from({ length: count }, (_, i) => `${line(id, i)}\n`).join(''),
    })
  expect(JSON.parse((await send('many', 10_000)).body)).toMatchObject({ accepted: 10_000 })
  // What a stream says first comes while it goes on: a proxy that gathers would hold so few bytes back.
  const stream = await ask(port, `${base}/api/v1/stream`, { name, until: /retry: 2000/ })
  expect(stream.headers['content-type']).toBe('text/event-stream')
  await reportsInBrowser(served, site)
  // Another site's form is still refused, and what strangers forge is not believed.
  const foreign = await ask(port, `${base}/api/v1/report`, {
    name,
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    },
    body: 'service=shop&kind=bad',
  })
  expect(foreign.status).toBe(403)
  const forged = { 'x-forwarded-host': 'evil.example', 'x-forwarded-prefix': '/evil', forwarded: 'host=evil.example' }
  for (const path of ['/', '/history.rss', '/api/v2/summary.json'])
    expect((await ask(port, base + path, { name, headers: forged })).body).not.toContain('evil')
}

/** The two lines of configuration on the page, for that address. */
const proxied = (url: string) => filled(recipe('yaml', 'proxied'), { 'https://status.example.com': url })
const tls = () => ({ '/etc/ssl/status.example.com.pem': place.cert, '/etc/ssl/status.example.com.key': place.key })

describe('the recipe for nginx', () => {
  it('carries everything at a host of its own', async () => {
    const port = await freePort()
    const served = await upstream(proxied(`https://${NAME}:${port}`))
    const site = filled(recipe('nginx', 'host'), {
      '443 ssl': `${port} ssl`,
      '127.0.0.1:8080': `127.0.0.1:${portOf(served)}`,
      ...tls(),
    })
    stops.push(await nginx({ ...place, port }, site))
    await everythingGoesThrough(served, port, '')
  })

  it.each([
    ['as it stands', ''],
    ['taking the path off', '/'],
  ])('carries everything under a path, %s', async (_, slash) => {
    const port = await freePort()
    const name = 'www.example.com'
    const served = await upstream(proxied(`https://${name}:${port}/outages/`))
    const location = filled(recipe('nginx', 'path'), { '127.0.0.1:8080': `127.0.0.1:${portOf(served)}${slash}` })
    const server = `server { listen ${port} ssl; ssl_certificate ${place.cert}; ssl_certificate_key ${place.key}; client_max_body_size 0;\n${location}}`
    stops.push(await nginx({ ...place, port }, server))
    await everythingGoesThrough(served, port, '/outages', name)
  })
})

describe('nginx with nothing but proxy_pass', () => {
  /** What people leave out, and what they write. */
  it.each<[string, string, string]>([
    ['and no configuration here', '', ''],
    ['and a url here', '', 'URL'],
    ['a name without its port', 'proxy_set_header Host $host;', ''],
    ['a name beside', 'proxy_set_header X-Forwarded-Host $http_host;', ''],
    ['a name in capitals', 'proxy_set_header Host STATUS.Example.COM:443;', ''],
    ['a page with an address of its own', '', 'PAGE'],
  ])('takes reports from browsers: %s', async (_, lines, mine) => {
    const port = await freePort()
    const site = `https://${NAME}:${port}`
    const own = mine === 'URL' ? `url: ${site}` : mine === 'PAGE' ? `pages: [{ id: a, url: "${site}" }, { id: b }]` : ''
    const served = await upstream(own)
    const server = `server { listen ${port} ssl; ssl_certificate ${place.cert}; ssl_certificate_key ${place.key};\nlocation / { proxy_pass http://127.0.0.1:${portOf(served)}; ${lines} } }`
    stops.push(await nginx({ ...place, port }, server))
    if (mine !== 'PAGE') return reportsInBrowser(served, site)
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    await page.goto(`${site}/s/shop`)
    await page.locator('button.no').first().click()
    await page.locator('.thanks:not([hidden])').filter({ hasText: /\S/ }).waitFor()
    await expect.poll(() => counted(served)).toBe(1)
    await context.close()
  })

  it('and no TLS takes them from our script', async () => {
    const port = await freePort()
    const served = await upstream('')
    stops.push(
      await nginx(
        { ...place, port },
        `server { listen ${port}; location / { proxy_pass http://127.0.0.1:${portOf(served)}; } }`,
      ),
    )
    await reportsInBrowser(served, `http://${NAME}:${port}`, { scripts: [true] })
  })
})

it('the recipe for Apache carries everything', async () => {
  const port = await freePort()
  const served = await upstream(proxied(`https://${NAME}:${port}`))
  const site = filled(recipe('apache', 'host'), {
    '*:443': `*:${port}`,
    '127.0.0.1:8080': `127.0.0.1:${portOf(served)}`,
    ...tls(),
  })
  stops.push(await apache({ ...place, port }, site))
  await everythingGoesThrough(served, port, '')
})

it('the recipe for Caddy carries everything', async () => {
  const port = await freePort()
  const served = await upstream(proxied(`https://${NAME}:${port}`))
  const site = filled(recipe('caddy', 'host'), {
    'status.example.com {': `https://status.example.com:${port} {\n  tls ${place.cert} ${place.key}`,
    '127.0.0.1:8080': `127.0.0.1:${portOf(served)}`,
  })
  stops.push(await caddy({ ...place, port }, site))
  await everythingGoesThrough(served, port, '')
})

it('the configuration of the page is right', () => {
  const file = join(place.folder, 'proxied.yaml')
  writeFileSync(file, recipe('yaml', 'proxied'))
  expect(Object.keys(parse(recipe('yaml', 'proxied')))).toEqual(['url', 'proxies'])
  const { status, stderr } = spawnSync(join(root, 'bin/epicenter'), ['check', file], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

describe('the unit for systemd', () => {
  it('is one that systemd understands, and leaves little open', () => {
    const file = join(place.folder, 'epicenter.service')
    writeFileSync(file, filled(recipe('ini', 'unit'), { '/opt/epicenter/bin/epicenter': join(root, 'bin/epicenter') }))
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
    expect(verified.stderr.split('\n').filter(line => line.includes('epicenter.service'))).toEqual([])
    // 10 is all, 0 nothing; a usual service has 9.
    const { status, stdout, stderr } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=20', '--no-pager', file],
      { encoding: 'utf8' },
    )
    expect(status, `${stdout}\n${stderr}`).toBe(0)
  })
})
