import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigFile } from '../../contract/config.js'
import { COMMAND_FIELDS, COMMANDS, type Verb, VERBS } from '../../contract/order.js'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { byArrival, change, check, notice, post, report, STREAM_START as T, topology } from '../../testing/stream.js'
import { routesOf } from '../fixtures/routes.js'
import { buildServer } from '../server.js'

// What an attacker tries at every address there is, taken from the list of routes: a new one is tried as well.

/** Markup that must be seen nowhere as such: as an element, out of an attribute in either quotes, as a script. */
const EVIL = `"'></script><xss-mark onload=1>`
const SEEN = /<xss-mark|["'] *><\/script>/
/** Secrets of the configuration, none of which is ever said. */
const SECRET = {
  page: 'page-secret-page-secret',
  token: 'token-secret-token-secret',
  password: 'sunken meadow lantern',
}
const HOST = 'status.example'
const FORM = 'application/x-www-form-urlencoded'
const OWN = { host: HOST, origin: 'https://status.example', 'sec-fetch-site': 'same-origin' }

const CONFIG: ConfigFile = {
  ...{ clock: 'signals', title: `T ${EVIL}`, challenge: 'off', url: 'https://status.example' },
  services: [
    {
      ...{ id: 'shop', title: `Shop ${EVIL}`, components: [{ id: 'cart', name: `Cart ${EVIL}` }] },
      dependsOn: [{ id: 'db', name: `Base ${EVIL}` }],
    },
  ],
  tokens: [{ name: 'sender', secret: SECRET.token, scopes: ['signals', 'read'] }],
  pages: [
    {
      ...{ id: 'main', title: `Page ${EVIL}`, description: `Words ${EVIL}` },
      groups: [{ name: `Group ${EVIL}`, description: EVIL, components: ['shop/cart'] }],
    },
    { id: 'staff', title: 'Staff', private: { password: SECRET.page } },
  ],
  maintenance: [
    {
      ...{ id: 'plan', title: `Plan ${EVIL}`, text: EVIL, starts: '2031-04-09T13:00Z', minutes: 60 },
      ...{ components: ['shop'], announceDays: 7 },
    },
  ],
}

let env: ReturnType<typeof fakeEnv>
let app: App
let server: FastifyInstance
let incident = ''
let admin = ''
/** Keys of links and sessions that were given away. */
const given: string[] = []
beforeAll(async () => {
  env = fakeEnv()
  app = await App.open(complete(CONFIG), env, { run: 'memory' })
  server = await buildServer(app, { inMemory: true, wait: async () => {} })
  const checks = Array.from({ length: 180 }, (_, i) => {
    const at = T + Math.floor(i / 4) * MINUTE + 1_000 * (i % 4)
    const labels = { vantage: `v${i % 4}`, cell: `c ${EVIL}`, component: 'cart' }
    return check({ at, labels, bad: i >= 120 ? 1 : 0, id: `k${i}`, text: `no ${EVIL}` })
  })
  const said = Array.from({ length: 12 }, (_, i) => {
    const at = T + (31 + (i % 10)) * MINUTE
    return i % 2
      ? post({ at, text: `shop down ${EVIL}` })
      : report({ at, text: `broken ${EVIL}`, labels: { cell: EVIL } })
  })
  const facts = [
    change({ at: T + 29 * MINUTE, id: 'push', title: `Push ${EVIL}`, text: EVIL, author: EVIL } as never),
    notice({
      at: T + 32 * MINUTE,
      title: `Word ${EVIL}`,
      text: EVIL,
      vendor: EVIL,
      href: 'javascript:alert(1)',
    } as never),
    topology({ at: T, id: 't', title: EVIL, components: [{ id: 'cart', name: `Cart ${EVIL}` }] } as never),
  ]
  const { rejected } = await app.ingestValues(byArrival(facts, checks, said))
  // The door may refuse what no field may hold; the rest must have come in.
  expect(rejected.length).toBeLessThan(10)
  await app.caughtUp()
  incident = (await app.reader.incidents({ limit: 1 }))[0]!.id
  await app.people.join(app.people.firstKey()!, 'ana', SECRET.password)
  const secret = app.people.begin('ana', `Mozilla ${EVIL}`)
  given.push(secret, app.people.invite({ role: 'admin', name: null, by: 'ana' }))
  admin = `epicenter-session=${secret}`
  app.people.addPasskey('ana', { id: 'id', publicKey: 'k', counter: 0, label: EVIL, createdAt: 1, usedAt: null })
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const filled = (url: string): string =>
  url
    .replace(/^(\/(?:api\/v1\/incidents|i|console\/i)\/):\w+/, `$1${incident}`)
    .replace(':page', 'main')
    .replace(':file', 'shop.svg')
    .replace(/:(?:service|id)\b/, 'shop')
    .replace(/:\w+|\*/, 'x')
const routes = (method: string) =>
  routesOf(server).flatMap(each => (each.method === method && !each.url.endsWith('/stream') ? [filled(each.url)] : []))
const form = (url: string, fields: Record<string, string>, headers: Record<string, string>) =>
  server.inject({
    ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
    headers: { 'content-type': FORM, ...headers },
  })

describe('every address', () => {
  it('shows what people and programs wrote as text, whatever field it came by', async () => {
    const own = { ...OWN, cookie: admin }
    const fields = Object.fromEntries(Object.keys(COMMAND_FIELDS).map(name => [name, EVIL]))
    const wellFormed: Partial<Record<string, string>> = {
      ...{ severity: 'minor', until: '2h', where: 'vantage=v1', components: 'cart', subject: 'push', source: 'press' },
    }
    /** What a verb may carry, as bad as it goes in. */
    const carry = (verb: Verb) => {
      const { needs, may = [] } = COMMANDS[verb] as { needs: readonly string[]; may?: readonly string[] }
      const names = [...needs.slice(0, 1), ...may.filter(name => name !== 'timeZone' && name !== 'said')]
      return Object.fromEntries(names.map(name => [name, wellFormed[name] ?? fields[name]!]))
    }
    let done = 0
    for (const verb of VERBS.filter(each => !['open', 'merge', 'split', 'resolve', 'reopen'].includes(each))) {
      const reply = await form(`/console/i/${incident}`, { verb, why: `why ${EVIL}`, ...carry(verb) }, own)
      done += reply.statusCode === 303 ? 1 : 0
      expect([verb, SEEN.exec(reply.payload)?.[0] ?? null]).toEqual([verb, null])
    }
    expect(done).toBeGreaterThan(8)
    await form('/console', { service: 'shop', title: `By hand ${EVIL}`, why: EVIL, severity: 'major' }, own)
    await form('/console/sign-in', { name: EVIL, password: EVIL }, OWN)
    let pages = 0
    for (const headers of [OWN, { ...own, accept: 'text/html' }])
      for (const url of [...routes('GET'), `/?q=${encodeURIComponent(EVIL)}`, `/s/${encodeURIComponent(EVIL)}`]) {
        const reply = await server.inject({ url, headers })
        const type = String(reply.headers['content-type'] ?? '')
        if (!/html|svg|xml/.test(type)) continue
        pages += reply.payload.includes('xss-mark') ? 1 : 0
        expect([url, type, SEEN.exec(reply.payload)?.[0] ?? null]).toEqual([url, type, null])
        expect([url, /(?:href|src|action)="\s*(?:javascript|data):/i.test(reply.payload)]).toEqual([url, false])
      }
    // It was there to be seen.
    expect(pages).toBeGreaterThan(20)
  })

  it('that changes something does nothing for a page elsewhere in the name of who is signed in', async () => {
    const before = JSON.stringify([app.people.list, app.people.audit, await app.reader.orders(incident)])
    const urls = routes('POST')
    expect(urls.length).toBeGreaterThan(25)
    const allowed = new Set<string>()
    for (const headers of [
      { host: HOST, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { host: HOST, origin: 'null', 'sec-fetch-site': 'cross-site' },
      { host: HOST, origin: 'https://status.example.evil.example' },
      { host: HOST, 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[])
      for (const url of urls)
        for (const type of headers['origin'] === 'null' ? ['text/plain', 'application/json'] : [FORM]) {
          const fields = {
            verb: 'invite',
            role: 'admin',
            why: 'x',
            service: 'shop',
            kind: 'bad',
            password: SECRET.page,
          }
          const payload = type.endsWith('json') ? JSON.stringify(fields) : new URLSearchParams(fields).toString()
          const sent = { ...headers, cookie: admin, 'content-type': type }
          const { statusCode } = await server.inject({ method: 'POST', url, payload, headers: sent })
          if (statusCode < 400) allowed.add(`${statusCode} ${url}`)
        }
    expect([...allowed]).toEqual([])
    expect(JSON.stringify([app.people.list, app.people.audit, await app.reader.orders(incident)])).toBe(before)
  })

  it('leads to no other site, whatever it is asked', async () => {
    const evil = [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/%5cevil.example',
      'javascript:alert(1)',
    ]
    let seen = 0
    for (const bad of evil) {
      const names = ['to', 'back', 'next', 'url', 'redirect', 'return', 'thanks', 'origin', 'host']
      const query = names.map(name => `${name}=${encodeURIComponent(bad)}`).join('&')
      const headers = { ...OWN, cookie: admin, referer: bad, 'x-forwarded-host': 'evil.example', accept: 'text/html' }
      const fields = Object.fromEntries(names.map(name => [name, bad]))
      const replies = [
        ...(await Promise.all(
          (bad === evil[1] ? routes('GET') : []).map(url => server.inject({ url: `${url}?${query}`, headers })),
        )),
        await form(`/console/sign-in?${query}`, { name: 'ana', password: SECRET.password }, OWN),
        await form('/api/v1/report', { service: 'shop', kind: 'bad', ...fields }, { ...OWN, accept: 'text/html' }),
        await form(`/open?${query}`, { password: SECRET.page }, OWN),
      ]
      env.move(10 * MINUTE)
      for (const { headers: said, statusCode } of replies) {
        if (said.location === undefined) continue
        seen++
        expect([statusCode, new URL(String(said.location), OWN.origin).origin]).toEqual([statusCode, OWN.origin])
      }
    }
    expect(seen).toBeGreaterThan(12)
  })

  it('says no secret, in answers, errors and logs', async () => {
    const before = env.said.length
    const own = { ...OWN, cookie: admin }
    const texts: string[] = []
    for (const headers of [own, { ...OWN, authorization: `Bearer ${SECRET.token}` }])
      for (const method of ['GET', 'POST'] as const)
        for (const url of routes(method)) {
          if (url.endsWith('sign-out')) continue
          const reply = await server.inject({ method, url: `${url}?key=${given[1]}&lang=zz`, headers })
          // What a form got stands in it again: the key of a link that somebody opened.
          const text = url === '/console/join' ? reply.payload.replaceAll(given[1]!, '') : reply.payload
          texts.push(`${url} ${text} ${JSON.stringify({ ...reply.headers, 'set-cookie': '' })}`)
        }
    await form('/console/sign-in', { name: 'ana', password: `${SECRET.password}!` }, OWN)
    await form('/console/join', { key: given[1]!, name: 'bo', password: SECRET.password, again: 'x' }, OWN)
    expect(texts.length).toBeGreaterThan(150)
    const log = JSON.stringify(env.said.slice(before))
    for (const secret of [...Object.values(SECRET), ...given]) {
      expect(texts.filter(each => each.includes(secret)).map(each => each.split(' ', 1)[0])).toEqual([])
      expect(log).not.toContain(secret)
    }
    expect(texts.join()).not.toMatch(/\$argon2|"password":"(?!password)/)
  })
})

describe('what lets somebody in', () => {
  /** Near a secret: a piece, something changed, added, in other letters, wrapped. */
  const near = (secret: string) =>
    fc.oneof(
      fc.nat(secret.length - 1).map(at => secret.slice(0, at)),
      fc.nat(secret.length - 1).map(at => secret.slice(at + 1)),
      fc.tuple(fc.nat(secret.length - 1), fc.constantFrom('A', 'b', '7', '-', '_', '%00')).map(([at, with_]) => {
        const changed = secret.slice(0, at) + with_ + secret.slice(at + 1)
        return changed === secret ? `${secret}x` : changed
      }),
      fc.constantFrom(
        secret.toUpperCase(),
        secret.toLowerCase(),
        `${secret}=`,
        `"${secret}"`,
        `${secret}.x`,
        `${secret} x`,
      ),
      fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
    )
  it('is the whole of a token or a session and nothing near it (fuzz)', async () => {
    const urls = ['/api/v1/sources', '/api/v1/notifiers', '/status/staff', '/console/people', '/metrics']
    const secrets = [SECRET.token, given[0]!]
    const way = fc.constantFrom('bearer', 'basic', 'session', 'reader', 'token')
    const asked = fc.nat(1).chain(i => fc.tuple(near(secrets[i]!), way, fc.constantFrom(...urls)))
    await fc.assert(
      fc.asyncProperty(asked, async ([text, how, url]) => {
        if (secrets.includes(text.trim())) return
        const headers =
          how === 'bearer' || how === 'token'
            ? { authorization: `${how === 'bearer' ? 'Bearer' : 'Token'} ${text}` }
            : how === 'basic'
              ? { authorization: `Basic ${Buffer.from(`x:${text}`).toString('base64')}` }
              : { cookie: `epicenter-${how}=${text}` }
        const { statusCode } = await server.inject({ url, headers: { host: HOST, ...headers } })
        expect([303, 400, 401, 429]).toContain(statusCode)
      }),
      { numRuns: 250 },
    )
  })
  it('is made anew at each way in: a session that somebody planted stays worth nothing', async () => {
    env.move(60 * MINUTE)
    const planted = 'epicenter-session='.concat('p'.repeat(32))
    const headers = { ...OWN, cookie: planted }
    const key = app.people.invite({ role: 'viewer', name: null, by: 'ana' })
    const ways = [
      form('/console/sign-in', { name: 'ana', password: SECRET.password }, headers),
      form('/console/join', { key, name: 'bo', password: SECRET.password, again: SECRET.password }, headers),
      form('/open', { password: SECRET.page }, headers),
    ]
    for (const reply of await Promise.all(ways)) {
      expect(reply.statusCode).toBe(303)
      expect(String(reply.headers['set-cookie'])).toMatch(/^epicenter-(?:session|reader)=/)
      expect(String(reply.headers['set-cookie'])).not.toContain('pppp')
      // Over https, as the configured address says.
      expect(String(reply.headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=(?:Strict|Lax); Secure$/)
    }
    expect((await server.inject({ url: '/console', headers })).statusCode).toBe(303)
    expect((await server.inject({ url: '/status/staff', headers })).statusCode).toBe(401)
  })
})
