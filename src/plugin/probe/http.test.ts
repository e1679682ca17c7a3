import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pluginEnv } from '../../shell/outside/env.js'
import { fakeOutside, type Said } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import http, { type HttpConfig } from './http.js'

const settings: HttpConfig = {
  url: 'https://shop.example/',
  method: 'GET',
  follow: true,
  contains: 'Welcome',
  certificateDays: 7,
}
const saying = (said: Said) => () => fakeOutside(() => ({ body: 'Welcome to the shop', ...said }))
const failing = (code: string) => () => {
  const outside = fakeOutside()
  outside.env.fetch = async () => {
    throw Object.assign(new Error(`shop.example cannot be asked (${code})`), { code })
  }
  return outside
}

testProbe('http', {
  plugin: http,
  settings,
  well: saying({}),
  ill: [
    ['another status', saying({ status: 503 }), /^status 503$/],
    ['an answer without the text', saying({ body: 'Sorry' }), /does not contain/],
    ['nobody there', failing('ECONNREFUSED'), /cannot be asked \(ECONNREFUSED\)/],
    ['no such name', failing('ENOTFOUND'), /ENOTFOUND/],
    ['a certificate that is not believed', failing('CERT_HAS_EXPIRED'), /CERT_HAS_EXPIRED/],
  ],
  blind: [
    ['no network of our own', failing('ENETUNREACH')],
    ['a resolver that does not answer', failing('EAI_AGAIN')],
    ['told to stop', failing('ABORT_ERR')],
    ['not allowed', failing('ENOTPUBLIC')],
  ],
})

describe('http', () => {
  const opened = async (more: Partial<HttpConfig>, said: Said = {}, until?: number) => {
    const { env } = fakeOutside(() => said)
    const { fetch } = env
    env.fetch = async (...args) => ({
      ...(await fetch(...args)),
      ...(until === undefined ? {} : { certificateUntil: until }),
    })
    const probe = await http.open({ url: 'https://shop.example/', method: 'GET', follow: true, ...more }, env)
    return probe.check({ aborted: false, addEventListener() {} })
  }
  it.each<[more: Partial<HttpConfig>, status: number, ok: boolean]>([
    [{}, 200, true],
    [{}, 302, true],
    [{}, 404, false],
    [{ status: [401] }, 401, true],
    [{ status: [401] }, 200, false],
  ])('with %j an answer %i is %s', async (more, status, ok) => {
    expect((await opened(more, { status })).outcome === 'ok').toBe(ok)
  })
  it('looks at the days that a certificate has left', async () => {
    const now = fakeOutside().env.now()
    expect(await opened({ certificateDays: 7 }, {}, now + 8 * 86_400_000)).toMatchObject({ outcome: 'ok' })
    expect(await opened({ certificateDays: 7 }, {}, now + 6.5 * 86_400_000)).toMatchObject({
      outcome: 'degraded',
      why: 'the certificate ends in 6 days',
      figures: { certificateDaysLeft: 6 },
    })
  })
  it.each<[body: string, why: string | null]>([
    ['{"status":"up","nodes":[{"ok":true},{"ok":true}]}', null],
    ['{"status":"down","nodes":[{"ok":true}]}', '$.status is "down", not "up"'],
    ['{"status":"up","nodes":[{"ok":true},{"ok":false}]}', '$.nodes[*].ok is false, not true'],
    ['{"status":"up","nodes":[]}', '$.nodes[*].ok is not in the answer'],
    ['<!doctype html><title>up</title>', 'the answer is no JSON but a web page'],
    ['{"status":"up","no', 'the answer is no JSON but something else, or cut off'],
    ['', 'the answer is no JSON but empty'],
  ])('looks into the JSON of %s', async (body, why) => {
    const json = [
      { path: '$.status', is: 'up' },
      { path: '$.nodes[*].ok', is: true },
    ]
    const found = await opened({ json }, { body })
    expect(found.why ?? null).toBe(why)
    expect(found.outcome).toBe(why === null ? 'ok' : 'bad')
  })
  it('matches patterns in time that grows with the answer alone', async () => {
    expect((await opened({ matches: '^v[0-9]+$' }, { body: 'v12' })).outcome).toBe('ok')
    expect((await opened({ matches: '^(a+)+$' }, { body: `${'a'.repeat(50_000)}!` })).why).toMatch(/does not match/)
    const json = [{ path: '$.version', matches: '^2\\.' }]
    expect((await opened({ json }, { body: '{"version":"2.1"}' })).outcome).toBe('ok')
    expect((await opened({ json }, { body: '{"version":"3.1"}' })).why).toBe('$.version is "3.1", which does not match')
  })
  it('refuses settings that mean nothing', () => {
    const faults = (more: Partial<HttpConfig>) => http.check!({ ...settings, ...more }).map(each => each.path)
    expect(faults({ matches: '(?=a)' })).toEqual(['matches'])
    expect(faults({ json: [{ path: '$.a[' }, { path: "$[?search(@.a, '(a+)+$')]" }] })).toEqual([
      'json[0].path',
      'json[1].path',
    ])
    expect(faults({ url: 'https://' })).toEqual(['url'])
    expect(faults({})).toEqual([])
  })
  it('says where redirects lead, if not where they should', async () => {
    expect((await opened({ endsAt: 'https://shop.example/' })).outcome).toBe('ok')
    const found = await opened({ endsAt: 'https://other.example/' })
    expect(found).toMatchObject({ outcome: 'bad', why: 'it leads to shop.example, not where it should' })
  })
  it('asks the registry of a domain once a day, and what it does not tell says nothing', async () => {
    const day = 86_400_000
    const outside = fakeOutside(({ url }) =>
      url.startsWith('https://rdap')
        ? { body: JSON.stringify({ events: [{ eventAction: 'expiration', eventDate: '2026-02-13T12:00:00Z' }] }) }
        : {},
    )
    const start = outside.env.now()
    let now = start
    outside.env.now = () => now
    const domain = { name: 'shop.example', days: 30, rdap: 'https://rdap.example/' }
    const open = () => http.open({ url: 'https://shop.example/', method: 'GET', follow: true, domain }, outside.env)
    const stop = { aborted: false, addEventListener() {} }
    const first = await (await open()).check(stop)
    expect(first).toMatchObject({
      outcome: 'degraded',
      why: 'the registration of shop.example ends in 10 days',
      figures: { domainDaysLeft: 10 },
    })
    // In another life.
    const probe = await open()
    now += day / 2
    expect((await probe.check(stop, first.state)).state).toEqual(first.state)
    const asked = () => outside.asked.filter(each => each.url.includes('rdap')).length
    expect(asked()).toBe(1)
    now += day
    await probe.check(stop, first.state)
    expect(asked()).toBe(2)
    const silent = fakeOutside(({ url }) => (url.startsWith('https://rdap') ? { status: 404, body: '<html>' } : {}))
    const other = await http.open({ url: 'https://shop.example/', method: 'GET', follow: true, domain }, silent.env)
    expect(await other.check(stop)).toMatchObject({ outcome: 'ok' })
  })

  let server: Server
  let base = ''
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/' }).end()
      else response.writeHead(request.url === '/' ? 200 : 500).end('Welcome')
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  it('asks a real server, and times each part', async () => {
    const env = pluginEnv({ now: Date.now, log: () => {} }, ['127.0.0.0/8'])
    const probe = await http.open({ url: `${base}/moved`, method: 'GET', follow: true, contains: 'Welcome' }, env)
    const stop = { aborted: false, addEventListener() {} }
    const found = await probe.check(stop)
    expect(found).toMatchObject({ outcome: 'ok' })
    expect(Object.keys(found.phases!).sort()).toEqual(['connect', 'firstByte', 'lookup', 'total'])
    const gone = await http.open({ url: `${base}/gone`, method: 'GET', follow: true }, env)
    expect(await gone.check(stop)).toMatchObject({ outcome: 'bad', why: 'status 500' })
  })
})
