import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigFile } from '../../contract/config.js'
import { DAY, MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete, parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { byArrival, change, check, STREAM_START as T, topology } from '../../testing/stream.js'
import { routesOf } from '../fixtures/routes.js'
import { Links } from '../../shell/subscribers/links.js'
import { someSubscriber } from '../../testing/subscribers-contract.js'
import { buildServer } from '../server.js'
import { idOf } from '../statuspage/ids.js'
import { Access } from './access.js'
import { localPath } from './gate.js'
import { ACCESS_WORDS } from './words.js'

const PASSWORD = 'only for the staff'
const HOST = { host: 'status.example' }
/** What names what is private; no answer to a stranger may hold it. */
const SECRET = /payroll|Wages|staff|Boardroom|stray/i

const CONFIG: ConfigFile = {
  ...{ clock: 'signals', title: 'Test', challenge: 'off', url: 'http://status.example' },
  services: [{ id: 'shop', title: 'Shop' }],
  pages: [
    { id: 'main', title: 'Public', services: ['shop'], brand: { accent: '#0b57d0' } },
    {
      id: 'staff',
      title: 'Boardroom',
      services: ['payroll', 'shop'],
      groups: [{ name: 'Wages', components: ['payroll', 'shop'] }],
      brand: { accent: '#0b57d0' },
      private: { password: PASSWORD, addresses: ['10.1.0.0/16'] },
    },
  ],
  subscribers: { channels: ['webhook'] },
}

const PLAN = { id: 'wages-plan', title: 'Wages upgrade', starts: '2031-04-09T14:00Z', minutes: 60, announceDays: 7 }

let env: ReturnType<typeof fakeEnv>
let app: App
let server: FastifyInstance
let incident = ''
async function open(config: ConfigFile = CONFIG): Promise<void> {
  await server?.close()
  await app?.[Symbol.asyncDispose]()
  env = fakeEnv()
  const maintenance = [{ ...PLAN, components: ['payroll'] }]
  app = await App.open(complete({ ...config, maintenance }), env, { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  const checks = ['payroll', 'shop', 'stray'].map(service =>
    Array.from({ length: 160 }, (_, i) => {
      const at = T + Math.floor(i / 4) * MINUTE + 1_000 * (i % 4)
      const bad = service !== 'shop' && i >= 120 ? 1 : 0
      return check({ service, at, labels: { vantage: `v${i % 4}` }, bad, id: `${service}${i}` })
    }),
  )
  const push = change({ service: 'payroll', at: T + 29 * MINUTE, id: 'push', title: 'Wages push' })
  const parts = topology({ service: 'payroll', at: T, id: 't', components: [{ id: 'wages', name: 'Wages' }] })
  await app.ingestValues(byArrival([parts, push], ...checks))
  await app.caughtUp()
  incident = (await app.reader.incidents({ service: 'payroll', limit: 1 }))[0]!.id
}
beforeAll(() => open())
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const get = (url: string, headers: Record<string, string> = {}, more: object = {}) =>
  server.inject({ url, headers: { ...HOST, ...headers }, ...more })
const inside = (url: string, headers: Record<string, string> = {}) => get(url, headers, { remoteAddress: '10.1.2.3' })
const unlock = (password: string, to = '/', headers: Record<string, string> = {}) =>
  server.inject({
    ...{
      method: 'POST',
      url: `/open?to=${encodeURIComponent(to)}`,
      payload: new URLSearchParams({ password }).toString(),
    },
    headers: { ...HOST, 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
const keyOf = (reply: Awaited<ReturnType<typeof get>>) => String(reply.headers['set-cookie'] ?? '').split(';')[0]!

/** Every address of the private page, of its service and of its incident, from the routes that there are; lists too. */
function addresses(): { url: string; own: boolean }[] {
  const more = ['/?q=payroll', '/api/v1/record?service=payroll', '/api/v1/incidents?service=payroll', '/?q=stray']
  const asked = routesOf(server)
    .filter(
      ({ method, url }) => method === 'GET' && !/^\/(?:console|open|in|mcp)\b/.test(url) && url !== '/api/v1/stream',
    )
    .flatMap(({ url }) => {
      const code = url.includes('maintenance') ? 'none00000000' : idOf('incident', incident)
      const fill = (text: string) => text.replace(':code', `${code}.json`).replace(':file', 'payroll.svg')
      const id = /incidents\/:id|\/i\/:/.test(url) ? incident : 'payroll'
      const filled = fill(url)
        .replace(':page', 'staff')
        .replace(/:(?:service|id|incident)\b/, id)
      return [{ url: filled, own: /:(?:page|service|id|incident|file)/.test(url) }]
    })
  return [...asked, ...more.map(url => ({ url, own: false }))]
}

/** What an answer names that is private, apart from what was asked; a question in the query is held against one for nothing. */
async function named(url: string, { payload, statusCode }: Awaited<ReturnType<typeof get>>): Promise<string | null> {
  const asked = /=(payroll|stray)$/.exec(url)?.[1]
  if (asked !== undefined) {
    const none = await get(url.replace(asked, 'nothing'))
    return payload.replaceAll(asked, 'nothing') === none.payload ? null : payload
  }
  if (url === '/api/v1/openapi.json') return null
  const body = url.includes(incident) ? payload.replaceAll(incident, '') : payload
  return SECRET.exec(statusCode >= 400 ? body.replace(/"value":"[^"]*"/, '') : body)?.[0] ?? null
}

describe('a page that is not for everybody', () => {
  it('is closed on every route alike, and so is all that it shows; nothing else names it', async () => {
    const all = addresses()
    expect(all.length).toBeGreaterThan(60)
    for (const { url, own } of all) {
      const reply = await get(url)
      expect([url, await named(url, reply)]).toEqual([url, null])
      if (own) expect([url, reply.statusCode]).toEqual([url, 401])
      if (own) expect([url, reply.headers['cache-control']]).toEqual([url, 'private, no-store'])
      if (!/^\/(?:assets\/|sw)/.test(url)) expect(reply.headers['cache-control'] ?? '', url).not.toMatch(/\bpublic\b/)
    }
    // What a public page shows stays public.
    for (const url of ['/', '/s/shop', '/status', '/api/v2/summary.json', '/badge/shop.svg', '/api/v1/services/shop'])
      expect([url, (await get(url)).statusCode]).toEqual([url, 200])
    expect((await get('/api/v1/services')).json().map((each: { service: string }) => each.service)).toEqual(['shop'])
    expect((await get('/status')).payload).not.toContain('/status/staff')
  })

  it('what belongs to a public page is open as it is: its form to subscribe, its colours, and how to read the API', async () => {
    for (const url of [
      '/status/subscribe',
      '/status/main/subscribe',
      '/assets/brand/main',
      '/docs',
      '/docs/types/Incident',
    ])
      expect([url, (await get(url)).statusCode]).toEqual([url, 200])
    for (const url of ['/status/staff/subscribe', '/assets/brand/staff'])
      expect([url, (await get(url)).statusCode, (await inside(url)).statusCode]).toEqual([url, 401, 200])
    expect((await inside('/assets/brand/staff')).headers['cache-control']).toBe('private, no-store')
    const ask = async (page: string) => {
      const payload = { channel: 'webhook', address: 'https://hooks.example/x' }
      return (await server.inject({ method: 'POST', url: `${page}/subscribe`, payload, headers: HOST })).statusCode
    }
    expect([await ask('/status'), await ask('/status/staff')]).toEqual([202, 401])
    const old = await get('/subscription/nothing', { accept: 'text/html' })
    expect([old.statusCode, SECRET.exec(old.payload)]).toEqual([404, null])
  })

  it('whoever subscribed before a page was closed is ended, told nothing, and finds its name behind no link', async () => {
    const was = someSubscriber('A'.repeat(22), {
      page: 'staff',
      channel: 'webhook',
      address: 'https://hooks.example/was',
    })
    const asked = { ...was, id: 'B'.repeat(22), address: 'https://hooks.example/asked', state: 'asked' as const }
    await app.subscribe({ put: [was, asked] })
    // As reading the configuration again does it.
    const again = await buildServer(app, { inMemory: true })
    const links = new Links((await app.noted('subscribers key'))!)
    const states = async () => (await app.store.subscriptions.get([was.id, asked.id])).map(each => each.state)
    expect(await states()).toEqual(['ended'])
    const paths = [`${links.manage(was.id)}`, `${links.manage(was.id)}/leave`, `${links.confirm(asked.id, T)}/confirm`]
    for (const path of paths)
      for (const method of ['GET', 'POST'] as const) {
        if (path.endsWith('/leave') && method === 'POST') continue
        const headers = { ...HOST, accept: 'text/html' }
        const reply = await again.inject({ method, url: `/subscription/${path}`, headers })
        expect([path, method, reply.statusCode, SECRET.exec(reply.payload)]).toEqual([path, method, 404, null])
      }
    const left = await again.inject({ method: 'POST', url: `/subscription/${paths[1]}`, headers: HOST })
    expect([left.statusCode, SECRET.exec(left.payload)]).toEqual([200, null])
    expect(await states()).toEqual([])
    await again.close()
  })

  it('whoever waits for a service to be back is told as long as the rule holds by which they saw it', async () => {
    const access = (pages: NonNullable<ConfigFile['pages']>) =>
      new Access({ config: complete({ ...CONFIG, pages }), token: app.token } as never, { address: () => '' })
    const [main, staff] = CONFIG.pages as [NonNullable<ConfigFile['pages']>[0], NonNullable<ConfigFile['pages']>[0]]
    const before = access([main, staff])
    expect(before.ruleOf('shop')).toEqual({})
    const rule = before.ruleOf('payroll')
    expect(rule).toEqual({ rule: expect.any(String) })
    expect(access([main, staff]).ruleOf('payroll')).toEqual(rule)
    expect(access([main, { ...staff, private: { password: 'another one' } }]).ruleOf('payroll')).not.toEqual(rule)
    // For everybody again.
    expect(access([main, { ...staff, private: undefined } as never]).ruleOf('payroll')).toEqual({})
  })

  it('what is not there is answered as what is closed', async () => {
    for (const [there, none] of [
      ['/s/payroll', '/s/nothing'],
      ['/status/staff', '/status/nothing'],
      [`/i/${incident}`, '/i/nothing'],
      ['/badge/payroll.svg', '/badge/nothing.svg'],
      ['/api/v1/services/stray', '/api/v1/services/nothing'],
      ['/status/staff/history.rss', '/status/nothing/history.rss'],
    ] as const)
      for (const accept of ['text/html', '*/*']) {
        const [one, other] = [await get(there, { accept }), await get(none, { accept })]
        const plain = (reply: typeof one, url: string) => reply.payload.replaceAll(encodeURIComponent(url), '')
        expect([there, one.statusCode, plain(one, there)]).toEqual([there, other.statusCode, plain(other, none)])
      }
    const report = (service: string) =>
      server.inject({ method: 'POST', url: '/api/v1/report', payload: { service, kind: 'bad' }, headers: HOST })
    expect([(await report('payroll')).statusCode, (await report('nothing')).statusCode]).toEqual([401, 401])
    expect((await report('shop')).statusCode).toBeLessThan(300)
    const subscription = { endpoint: 'https://push.example/x', keys: { p256dh: 'x', auth: 'x' } }
    const push = { method: 'POST' as const, url: '/api/v1/push', payload: { service: 'payroll', subscription } }
    expect((await server.inject({ ...push, headers: HOST })).statusCode).not.toBeLessThan(300)
  })

  it('opens by its password, for this browser, until it is over or the password is another', async () => {
    const asked = await get('/status/staff', { accept: 'text/html', 'accept-language': 'de' })
    expect([asked.statusCode, asked.payload]).toEqual([401, expect.stringContaining(ACCESS_WORDS.de.title)])
    expect(asked.payload).toContain('action="/open?to=%2Fstatus%2Fstaff"')
    const wrong = await unlock('not this one', '/status/staff')
    expect([wrong.statusCode, wrong.headers['set-cookie']]).toEqual([401, undefined])
    const right = await unlock(PASSWORD, '/status/staff')
    expect([right.statusCode, right.headers.location]).toEqual([303, '/status/staff'])
    expect(right.headers['set-cookie']).toMatch(/; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/)
    const cookie = keyOf(right)
    let opened = 0
    for (const { url, own } of addresses()) {
      const reply = await get(url, { cookie })
      if (!own) continue
      opened += reply.statusCode === 200 ? 1 : 0
      expect([url, reply.headers['cache-control'] ?? '']).toEqual([url, 'private, no-store'])
      // No page elsewhere reads it through somebody's browser.
      expect([url, reply.headers['access-control-allow-origin']]).toEqual([url, undefined])
    }
    expect(opened).toBeGreaterThan(25)
    expect((await get('/', { cookie })).payload).toContain('payroll')
    expect((await get('/')).payload).not.toContain('payroll')
    expect((await get('/api/v1/services', { cookie })).json()).toHaveLength(2)
    expect((await get('/s/stray', { cookie })).statusCode).toBe(401)
    // The team's own stays the team's.
    expect((await get('/api/v1/sources', { cookie })).statusCode).toBe(401)
    const [text = '', seal = ''] = cookie.split('=')[1]!.split('.')
    const more = Buffer.from(JSON.stringify({ pages: ['staff'], until: 1e15 })).toString('base64url')
    for (const forged of [`${more}.${seal}`, `${text}.${'A'.repeat(43)}`, `${text}.`, '.', text])
      expect((await get('/status/staff', { cookie: `epicenter-reader=${forged}` })).statusCode).toBe(401)
    env.move(7 * DAY)
    expect((await get('/status/staff', { cookie })).statusCode).toBe(401)
  })

  it('guessing is slowed, and no page elsewhere does it by a visitor', async () => {
    const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    expect((await unlock(PASSWORD, '/', evil)).statusCode).toBe(403)
    const codes: number[] = []
    for (let i = 0; i < 12; i++) codes.push((await unlock(`guess ${i} guess`)).statusCode)
    expect([codes[0], codes.at(-1)]).toEqual([401, 429])
    expect((await unlock(PASSWORD)).statusCode).toBe(429)
    env.move(2 * MINUTE)
    expect((await unlock(PASSWORD)).statusCode).toBe(303)
  })

  it('opens by itself for addresses, asked by our own name alone; for people of the console and tokens that read', async () => {
    expect((await inside('/status/staff')).statusCode).toBe(200)
    expect((await get('/status/staff', {}, { remoteAddress: '10.2.0.1' })).statusCode).toBe(401)
    // A name elsewhere that was given our address, and an address that somebody only claims.
    expect((await inside('/status/staff', { host: 'evil.example' })).statusCode).toBe(401)
    expect((await get('/status/staff', { 'x-forwarded-for': '10.1.2.3' })).statusCode).toBe(401)
    const list = await inside('/api/v2/summary.json')
    expect([list.headers['cache-control'], list.headers['access-control-allow-origin']]).toEqual([
      'private, no-store',
      undefined,
    ])
    await app.people.join(app.people.firstKey()!, 'ana', 'correct horse battery')
    const cookie = `epicenter-session=${app.people.begin('ana', '')}`
    for (const url of ['/status/staff', '/s/stray', '/metrics', '/api/v1/graph'])
      expect([url, (await get(url, { cookie })).statusCode, (await get(url)).statusCode]).toEqual([url, 200, 401])
    const authorization = `Bearer ${app.token.token}`
    expect((await get('/api/v1/services', { authorization })).json()).toHaveLength(3)
    const page = async (query: string) =>
      (await get(`/api/v1/services${query}`, { authorization })).json().map((each: { service: string }) => each.service)
    const all = await page('')
    expect([await page('?limit=2'), await page(`?limit=2&after=${all[1]}`)]).toEqual([all.slice(0, 2), all.slice(2)])
    expect((await get('/api/v1/services?limit=1')).json()).toMatchObject([{ service: 'shop' }])
    expect((await get('/api/v1/services?limit=0')).statusCode).toBe(400)
    expect((await get('/status/staff', { authorization: 'Bearer ept_made_up' })).statusCode).toBe(401)
  })

  it('the stream of events tells each what they may know', async () => {
    const address = await server.listen({ port: 0, host: '127.0.0.1' })
    const cookie = keyOf(await unlock(PASSWORD))
    const listen = async (headers: Record<string, string>) => {
      const stop = new AbortController()
      const reply = await fetch(`${address}/api/v1/stream`, { headers, signal: stop.signal })
      const reader = reply.body!.getReader()
      let text = ''
      const until = async (word: string) => {
        while (!text.includes(word)) text += Buffer.from((await reader.read()).value ?? []).toString()
        return text
      }
      return { reply, until, stop: () => stop.abort() }
    }
    const [stranger, reader] = [await listen({}), await listen({ cookie })]
    const at = T + 41 * MINUTE
    await app.ingestValues([check({ service: 'payroll', at, bad: 1, id: 'late1' })])
    await app.caughtUp()
    expect(await reader.until('payroll')).toContain('payroll')
    await app.ingestValues([check({ service: 'shop', at: at + MINUTE, bad: 0, id: 'late2' })])
    await app.caughtUp()
    expect(await stranger.until('shop')).not.toMatch(SECRET)
    expect(stranger.reply.headers.get('cache-control')).toBe('private, no-store')
    stranger.stop()
    reader.stop()
  })

  it('the front gives what lies ready to those alone who see what everybody sees', async () => {
    await open({ ...CONFIG, proxies: ['127.0.0.1', '::1', '10.1.9.9'] })
    const address = await server.listen({ port: 0, host: '127.0.0.1' })
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      const host = { 'x-forwarded-host': 'status.example', 'x-forwarded-for': '203.0.113.7' }
      // Each on a connection of its own: what the front does not answer it gives away with its connection.
      const agent = new Agent({ keepAlive: true })
      const asked = request(address + path, { agent, headers: { ...host, ...headers } }).end()
      const [reply] = (await once(asked, 'response')) as [IncomingMessage]
      const body = await text(reply)
      agent.destroy()
      return { status: reply.statusCode, cache: reply.headers['cache-control'], body }
    }
    const authorization = `Bearer ${app.token.token}`
    const kept = async () =>
      Number(/^epicenter_kept_answers_total (\d+)$/m.exec((await ask('/metrics', { authorization })).body)?.[1])
    const inside = { 'x-forwarded-for': '10.1.2.3' }
    const cookie = keyOf(await unlock(PASSWORD))
    for (const path of ['/', '/status', '/api/v2/summary.json']) {
      // Whoever asks first, what is kept for one is never given to the other.
      for (const headers of [inside, {}, { cookie }, {}, inside, { 'x-forwarded-for': '10.1.2.3, 203.0.113.7' }, {}]) {
        const opened = 'cookie' in headers || headers === inside
        const { status, cache, body } = await ask(path, headers)
        expect([path, status, SECRET.test(body) && path === '/']).toEqual([path, 200, opened && path === '/'])
        expect([path, cache?.includes('no-store')]).toEqual([path, opened])
      }
    }
    expect(await kept()).toBe(12)
    expect((await ask('/status/staff')).status).toBe(401)
    // A proxy that stands among those inside gets no more for others either.
    expect([(await ask('/s/shop')).status, await kept()]).toEqual([200, 13])
    await open()
  })

  it('leads nowhere else', () => {
    const bad = ['https://evil.example', '//evil.example', '/\\evil', '/a/../..//x', 'javascript:1', '/a?x', '/open', 7]
    for (const to of [...bad, '/a//b', '/./a', `/${'x/'.repeat(20)}`]) expect([to, localPath(to)]).toEqual([to, '/'])
    for (const to of ['/', '/status/staff', '/s/pay%20roll', '/i/shop-1.2']) expect(localPath(to)).toBe(to)
  })
})

describe('where the only page is private', () => {
  it('nothing is public but the way in', async () => {
    await open({ ...CONFIG, pages: [{ id: 'main', title: 'Boardroom', private: { password: PASSWORD } }] })
    for (const { url } of addresses().filter(
      each => !/^\/(?:assets|healthz|readyz|sw\.js|api\/v1\/openapi)/.test(each.url),
    )) {
      const reply = await get(url.replace('/status/staff', '/status/main'))
      const { statusCode } = reply
      expect([url, await named(url, reply)]).toEqual([url, null])
      const path = url.split('?')[0]!
      if (statusCode === 200)
        expect(path).toMatch(/^\/(?:|incidents|record|api\/v1\/(?:workspace|services|incidents|record|push))$/)
    }
    const cookie = keyOf(await unlock(PASSWORD))
    expect((await get('/api/v1/services', { cookie })).json()).toHaveLength(3)
    expect((await get('/status', { cookie })).statusCode).toBe(200)
  })
})

it('the configuration says what is wrong with it, and never the password', async () => {
  const read = async (text: string) => (await parse(`pages:\n  - id: a\n    private: ${text}`, {})).findings
  expect(await read('{}')).not.toEqual([])
  expect(await read('{ oidc: true }')).toMatchObject([{ path: 'pages[0].private.oidc' }])
  expect(await read('{ addresses: [10.0.0.0/99] }')).toMatchObject([
    { path: 'pages[0].private.addresses[0]' },
    { path: 'url' },
  ])
  const short = await read('{ password: hush }')
  expect(short).toMatchObject([{ path: 'pages[0].private.password' }])
  expect(JSON.stringify(short)).not.toContain('hush')
})

it('each language has words of its own, and all of them', () => {
  const texts = Object.values(ACCESS_WORDS).flatMap(each => Object.values(each))
  expect(texts.every(each => each.trim() !== '')).toBe(true)
  for (const word of ['title', 'lead', 'wrong', 'inside'] as const)
    expect(new Set(Object.values(ACCESS_WORDS).map(each => each[word])).size).toBe(Object.keys(ACCESS_WORDS).length)
})
