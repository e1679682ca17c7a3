import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { App } from '../shell/app.js'
import { linksOf } from '../shell/visitors/address.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { Homes, normalHost, rebased } from './home.js'
import { buildServer } from './server.js'

type File = Parameters<typeof complete>[0]

const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const each of closing.reverse()) await each()
})
async function serverOf(file: File): Promise<FastifyInstance> {
  const app = await App.open(complete({ services: [{ id: 'shop' }], ...file }), fakeEnv(), { run: 'memory' })
  const server = await buildServer(app, { inMemory: true })
  closing.push(
    () => app[Symbol.asyncDispose](),
    () => server.close(),
  )
  return server
}

const report = (server: FastifyInstance, headers: Record<string, string>) =>
  server.inject({
    method: 'POST',
    url: '/api/v1/report',
    payload: 'service=shop&kind=bad',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
  })

describe('a host', () => {
  it.each([
    ['Status.Example.COM', 'https', 'status.example.com'],
    ['status.example.com:443', 'https', 'status.example.com'],
    ['status.example.com:80', 'https', 'status.example.com:80'],
    ['status.example.com:80', 'http', 'status.example.com'],
    ['status.example.com.', 'https', 'status.example.com'],
    ['status.example.com.:8443', 'https', 'status.example.com:8443'],
    ['[2001:DB8:0::1]:443', 'https', '[2001:db8::1]'],
    ['[::1]:8080', 'http', '[::1]:8080'],
    ['xn--bcher-kva.example', 'https', 'xn--bcher-kva.example'],
    ['a b', 'https', null],
    ['user@evil.example', 'https', null],
    ['a/b', 'https', null],
    ['a:99999', 'https', null],
    ['', 'https', null],
    [undefined, 'https', null],
  ])('%s with %s is %s', (text, protocol, host) => expect(normalHost(text, protocol)).toBe(host))
})

describe('a form', () => {
  const page = { origin: 'https://status.example.com' }
  let bare: FastifyInstance
  let behind: FastifyInstance
  let named: FastifyInstance
  beforeAll(async () => {
    bare = await serverOf({})
    behind = await serverOf({ proxies: ['127.0.0.1'] })
    named = await serverOf({
      url: 'https://Status.Example.com:443/',
      pages: [{ id: 'main' }, { id: 'shop', url: 'https://bücher.example/status/' }],
    })
  })

  it.each<[string, Record<string, string>]>([
    ['the same host', { host: 'status.example.com' }],
    ['capitals', { host: 'STATUS.example.Com' }],
    ['the port that https has anyway', { host: 'status.example.com:443' }],
    ['a trailing dot', { host: 'status.example.com.' }],
    ['a proxy that hands the name on beside', { host: '127.0.0.1:8080', 'x-forwarded-host': 'status.example.com' }],
    ['one that does so with a port', { host: 'upstream', 'x-forwarded-host': 'Status.example.com:443' }],
    ['one that appends', { host: 'upstream', 'x-forwarded-host': 'a.example, status.example.com' }],
    ['Forwarded', { host: 'upstream', forwarded: 'for=192.0.2.1;proto=https;Host="status.example.com"' }],
    ['a proxy that says nothing, asked by a browser', { host: 'upstream', 'sec-fetch-site': 'same-origin' }],
    ['the same with our script in an old browser', { host: 'upstream', 'x-epicenter': 'page' }],
    [
      'a name without the port it was asked at',
      { host: 'status.example.com', origin: 'https://status.example.com:8443' },
    ],
    ['a page that tells no origin to anybody', { host: 'upstream', 'sec-fetch-site': 'same-origin', origin: 'null' }],
    ['IPv6', { host: '[::1]:8080', origin: 'http://[::1]:8080' }],
    ['no browser', { host: 'upstream', origin: '' }],
  ])('comes from a page of ours: %s', async (_, headers) => {
    const { origin = page.origin, ...rest } = headers
    for (const server of [bare, behind]) {
      const reply = await report(server, { ...rest, ...(origin === '' ? {} : { origin }) })
      expect(reply.statusCode, reply.body).toBe(303)
      expect(reply.headers.location).toBe('/s/shop?thanks=bad')
    }
  })

  it.each<[string, Record<string, string>]>([
    ['another name', { host: 'status.example.com', origin: 'https://evil.example' }],
    ['a longer name', { host: 'status.example.com', origin: 'https://status.example.com.evil.example' }],
    [
      'another port, where both are told',
      { host: 'status.example.com:8080', origin: 'https://status.example.com:9090' },
    ],
    [
      'a sibling, as the browser says',
      { host: 'a.example', 'sec-fetch-site': 'same-site', origin: 'https://b.example' },
    ],
    [
      'elsewhere, though it adds our mark',
      { host: 'a.example', 'sec-fetch-site': 'cross-site', 'x-epicenter': 'page', origin: 'https://b.example' },
    ],
    ['elsewhere without an origin', { host: 'a.example', 'sec-fetch-site': 'cross-site' }],
    ['a frame without an origin', { host: 'a.example', 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['a file', { host: 'a.example', origin: 'null' }],
    ['no address', { host: 'a.example', origin: 'not an address' }],
    ['no web', { host: 'a.example', origin: 'ftp://a.example' }],
  ])('from elsewhere is refused: %s', async (_, headers) => {
    for (const server of [bare, behind, named]) {
      const reply = await report(server, headers)
      expect([reply.statusCode, reply.json().rule]).toEqual([403, 'report.origin'])
    }
  })

  it('comes from each configured address, whatever the proxy makes of it', async () => {
    for (const origin of ['https://status.example.com', 'https://xn--bcher-kva.example'])
      expect((await report(named, { host: '10.0.0.7:8080', origin })).statusCode).toBe(303)
    expect((await report(named, { host: '10.0.0.7:8080', origin: 'https://evil.example' })).statusCode).toBe(403)
  })
})

describe('our address', () => {
  const found = (file: File, asked: Partial<Parameters<Homes['find']>[0]>) => {
    const { origin, base, page, target } = new Homes(complete(file)).find({
      target: '/s/shop?x=1',
      host: 'a.example',
      proxy: null,
      ...asked,
    })
    return [`${origin}${base}`, page, target]
  }
  const url = 'https://status.example.com/here'

  it('is the configured one, else what a proxy of ours says, else where we were asked', () => {
    const proxy = { host: 'front.example', protocol: 'https' }
    expect(found({ url }, { proxy })[0]).toBe(url)
    expect(found({}, { proxy })[0]).toBe('https://front.example')
    expect(found({}, { proxy: { forwarded: 'for=1.2.3.4;host=f.example;proto=https' } })[0]).toBe('https://f.example')
    expect(found({}, { proxy: { prefix: '/status/' } })).toEqual(['http://a.example/status', null, '/s/shop?x=1'])
    expect(found({}, {})[0]).toBe('http://a.example')
  })
  it('is that of the page whose address was asked', () => {
    const file: File = {
      url,
      pages: [{ id: 'main' }, { id: 'b', url: 'https://b.example' }, { id: 'c', url: 'https://b.example/c/' }],
    }
    expect(found(file, { host: 'B.example:443' })).toEqual(['https://b.example', 'b', '/s/shop?x=1'])
    expect(found(file, { host: 'b.example', target: '/c/s/shop' })).toEqual(['https://b.example/c', 'c', '/s/shop'])
    expect(found(file, { host: 'b.example', proxy: { prefix: '/c' } })).toEqual([
      'https://b.example/c',
      'c',
      '/s/shop?x=1',
    ])
  })
  it('is not what a request says, where it is configured', () => {
    const proxy = { host: 'evil.example', prefix: '/evil', forwarded: 'host=evil.example' }
    const whole = { pages: [{ id: 'main', url: 'https://b.example' }] }
    expect(found({ url }, { proxy })).toEqual([url, null, '/s/shop?x=1'])
    expect(found(whole, { proxy })).toEqual(['https://b.example', null, '/s/shop?x=1'])
    expect(found(whole, {})).toEqual(['https://b.example', null, '/s/shop?x=1'])
  })
  it.each(['/../x', '//evil.example', '/a b', '/a?b', 'x', '/"', `/${'a'.repeat(2_000)}`])(
    'has no odd prefix: %s',
    prefix => expect(found({}, { proxy: { prefix } })[0]).toBe('http://a.example'),
  )
  it('is put before links of our own markup alone', () => {
    const text = '<a href="/s/x">href=&quot;/y</a><img src="/a.svg"><a href="//b">b</a><a href="?a">c</a> href="/'
    expect(rebased(text, '/p')).toBe(
      '<a href="/p/s/x">href=&quot;/y</a><img src="/p/a.svg"><a href="//b">b</a><a href="?a">c</a> href="/p/',
    )
  })
  it('is one that can be followed, wherever the server listens', () => {
    expect(linksOf('::1', 80, '10.1.2.3')).toEqual(['http://[::1]:80'])
    expect(linksOf('example.com', 80, '10.1.2.3')).toEqual(['http://example.com:80'])
    for (const any of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0'])
      expect(linksOf(any, 80, '10.1.2.3')).toEqual(['http://127.0.0.1:80', 'http://10.1.2.3:80'])
    expect(linksOf('0.0.0.0', 80, null)).toEqual(['http://127.0.0.1:80'])
  })
})

/** Bases that no path of ours begins with, and those that one does. */
describe.each(['/outages', '/status', '/s', '/api', '/a/b.c'])('under %s', base => {
  const site = 'https://example.com'
  let server: FastifyInstance
  beforeAll(async () => {
    server = await serverOf({ url: `${site}${base}/`, pages: [{ id: 'main' }, { id: 'second' }] })
  })
  /** As each kind of proxy passes an address of the site on. */
  const ways: [string, (path: string) => InjectOptions][] = [
    ['left there', path => ({ url: path, headers: { host: 'example.com' } })],
    ['taken off', path => ({ url: path.slice(base.length) || '/', headers: { host: 'example.com' } })],
    ['left there, host rewritten', path => ({ url: path, headers: { host: '127.0.0.1:8080' } })],
    ['taken off, host rewritten', path => ({ url: path.slice(base.length) || '/', headers: { host: 'upstream' } })],
  ]

  it.each(ways)('every link of every page stays on the site and leads somewhere: prefix %s', async (_, asked) => {
    const seen = new Set<string>()
    const next = [`${base}/`, `${base}/s/shop?thanks=bad`]
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      const reply = await server.inject({ ...asked(path), method: 'GET' })
      if (path.includes('/api/v1/report') || path.endsWith('/sw.js')) continue
      expect([200, 302], `${path} answered ${reply.statusCode}`).toContain(reply.statusCode)
      const type = String(reply.headers['content-type'])
      const links = [
        ...(reply.headers.location === undefined ? [] : [String(reply.headers.location)]),
        ...(type.startsWith('text/html')
          ? [...reply.body.matchAll(/ (?:href|src|action|data-tell)="([^"#?]*)/g)].map(each => each[1]!)
          : [...reply.body.matchAll(/https:\/\/example\.com[^"<\s\\#]*/g)].map(each => each[0])),
      ]
      for (const link of links) {
        if (link === '' || link.startsWith('https://epicenter')) continue
        const local = link.replace(site, '')
        if (/^https?:/.test(local)) continue
        expect(`${local}/`.startsWith(`${base}/`), `${path} leads to ${link}`).toBe(true)
        if (seen.has(local)) continue
        seen.add(local)
        next.push(local)
      }
    }
    for (const each of [
      '/',
      '/status',
      '/s/shop',
      '/incidents',
      '/history.rss',
      '/api/v2/summary.json',
      '/assets/mark.svg',
    ])
      expect(seen, each).toContain(`${base}${each}`)
    expect(seen).toContain(`${base}/status/second`)
  })

  it.each(ways)('redirects, cookies and whole links carry it: prefix %s', async (_, asked) => {
    const { url, headers } = asked(`${base}/api/v1/report`)
    const posted = await server.inject({
      method: 'POST',
      url: url as string,
      payload: 'service=shop&kind=bad&back=%2Fs%2Fshop%2Fback',
      headers: {
        ...headers,
        origin: site,
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    expect([posted.statusCode, posted.headers.location]).toEqual([303, `${base}/s/shop/back?thanks=bad`])
    expect(String(posted.headers['set-cookie'])).toContain(`; Path=${base}/api/v1/report; `)
    const chosen = await server.inject(asked(`${base}/?lang=de`))
    expect(String(chosen.headers['set-cookie'])).toContain(`; Path=${base}/; `)
    const summary = (await server.inject(asked(`${base}/api/v2/summary.json`))).json()
    expect(summary.page.url).toBe(`${site}${base}`)
    expect((await server.inject(asked(`${base}/status/second/history.atom`))).body).toContain(
      `${site}${base}/status/second/history.atom`,
    )
    expect((await server.inject(asked(`${base}/api/v1/openapi.json`))).json().servers[0].url).toBe(`${site}${base}`)
  })

  it.each(ways)('a slash at the end is no other address: prefix %s', async (_, asked) => {
    for (const path of [
      '/s/shop/',
      '/incidents/',
      '/api/v2/summary.json/',
      '/status/second/',
      '/api/v1/services/shop/',
    ])
      expect([(await server.inject(asked(base + path))).statusCode, path]).toEqual([200, path])
  })
})
