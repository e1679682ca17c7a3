import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigFile } from '../../../contract/config.js'
import { DAY, HOUR, MINUTE, SECOND } from '../../../contract/time.js'
import { App } from '../../../shell/app.js'
import { complete, parse } from '../../../shell/config/load.js'
import { openProvider } from '../../../shell/people/fixtures/provider.js'
import { nameOf, roleOf } from '../../../shell/people/oidc.js'
import { fakeEnv } from '../../../testing/env.js'
import { buildServer } from '../../server.js'

const HOME = { host: 'status.example', origin: 'http://status.example', 'sec-fetch-site': 'same-origin' }
const ROLES = { claim: 'groups', viewer: ['staff'], responder: ['sre'], admin: ['leads'] }
const ANA = { id: 'subject-1', claims: { preferred_username: 'ana@example.com', groups: ['staff', 'sre'] } }

let provider: Awaited<ReturnType<typeof openProvider>>
let env: ReturnType<typeof fakeEnv>
let app: App
let server: FastifyInstance
const oidc = () => ({
  issuer: provider.issuer,
  clientId: 'epicenter',
  clientSecret: 'a secret of the provider',
  label: 'Example',
  roles: ROLES,
  allowPrivate: ['127.0.0.1'],
})

async function open(more: object = {}, now = Date.now(), file: ConfigFile = {}): Promise<void> {
  await server?.close()
  await app?.[Symbol.asyncDispose]()
  env = fakeEnv(now)
  const config = complete({
    url: 'http://status.example',
    challenge: 'off',
    signIn: { oidc: { ...oidc(), ...more } },
    ...file,
  })
  app = await App.open(config, env, { run: 'memory' })
  server = await buildServer(app, { inMemory: true, front: false })
}
beforeAll(async () => {
  provider = await openProvider()
})
beforeEach(async () => {
  provider.account.now = ANA
  await open()
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const get = (url: string, cookie = '') => server.inject({ url, headers: { ...HOME, ...(cookie ? { cookie } : {}) } })
const post = (url: string, fields: Record<string, string>, cookie: string) =>
  server.inject({
    ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
    headers: { ...HOME, cookie, 'content-type': 'application/x-www-form-urlencoded' },
  })
type Reply = Awaited<ReturnType<typeof get>>
const cookieOf = (reply: Reply, name: string) =>
  [reply.headers['set-cookie'] ?? []]
    .flat()
    .find(each => each.startsWith(`${name}=`))
    ?.split(';')[0] ?? ''

/** Begins, walks through the provider and comes back; `bend` changes the address at which one of the two is asked. */
async function signIn(bend: { away?: (url: URL) => void; back?: (url: URL) => void } = {}, to = ''): Promise<Reply> {
  const begun = await get(`/console/oidc?to=${encodeURIComponent(to)}`)
  const away = new URL(String(begun.headers.location))
  bend.away?.(away)
  const back = new URL(await provider.walk(away.href))
  bend.back?.(back)
  return get(back.pathname + back.search, cookieOf(begun, 'epicenter-flow'))
}
const said = (reply: Reply) => /<p class="told no" role="status">([^<]*)/.exec(reply.payload)?.[1] ?? reply.payload

describe('signing in by a provider', () => {
  it('goes there with PKCE, state and nonce, makes a person with a role, and comes back to where they wanted', async () => {
    expect((await get('/console/sign-in')).payload).toContain('Sign in with Example')
    const begun = await get('/console/oidc')
    const away = new URL(String(begun.headers.location))
    expect(Object.fromEntries(away.searchParams)).toMatchObject({
      redirect_uri: 'http://status.example/console/oidc/callback',
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      scope: 'openid profile',
    })
    expect([begun.headers['set-cookie']].flat()[0]).toMatch(/; Path=\/console\/oidc; .*HttpOnly; SameSite=Lax$/)
    const reply = await signIn({}, '/console/me')
    expect(reply.statusCode).toBe(200)
    expect(reply.payload).toContain('content="0;url=/console/me"')
    const session = cookieOf(reply, 'epicenter-session')
    expect((await get('/console/me', session)).payload).toContain('You are <b>ana</b>')
    expect(app.people.list).toMatchObject([{ name: 'ana', role: 'responder' }])
    // A shift, and no longer: then the provider is asked again.
    env.move(12 * HOUR)
    expect((await get('/console/me', session)).statusCode).toBe(303)
  })

  it('the role is what the claims say at each time, and who has none any more is out at once', async () => {
    const session = cookieOf(await signIn(), 'epicenter-session')
    provider.account.now = { ...ANA, claims: { ...ANA.claims, groups: ['leads'] } }
    await signIn()
    expect(app.people.list).toMatchObject([{ name: 'ana', role: 'admin' }])
    expect((await get('/console/people', session)).statusCode).toBe(200)
    provider.account.now = { ...ANA, claims: { ...ANA.claims, groups: ['sales'] } }
    expect(said(await signIn())).toContain('Nothing in your groups gives you a role here')
    expect((await get('/console', session)).statusCode).toBe(303)
    expect(app.people.audit.map(each => each.act)).toEqual(
      expect.arrayContaining(['join', 'sign in', 'role', 'refuse']),
    )
  })

  it('a name that somebody has who comes otherwise is not taken over; they connect the two themselves', async () => {
    await app.people.join(app.people.firstKey()!, 'ana', 'correct horse battery')
    expect(said(await signIn())).toContain('connect the two on the page Me')
    const cookie = `epicenter-session=${app.people.begin('ana', '')}`
    expect((await get('/console/me', cookie)).payload).toContain('Sign in with Example too')
    const begun = await post('/console/oidc/connect', { verb: 'connect' }, cookie)
    const away = /content="0;url=([^"]+)"/.exec(begun.payload)![1]!.replaceAll('&amp;', '&')
    const back = new URL(await provider.walk(away))
    const reply = await get(back.pathname + back.search, cookieOf(begun, 'epicenter-flow'))
    expect(reply.statusCode).toBe(200)
    // The only admin stays one, whatever claims say.
    expect(app.people.list).toMatchObject([{ name: 'ana', role: 'admin', identity: { subject: 'subject-1' } }])
    expect((await signIn()).statusCode).toBe(200)
    await post('/console/oidc/connect', { verb: 'disconnect' }, cookie)
    expect(app.people.list[0]!.identity).toBeUndefined()
    const forged = await server.inject({
      ...{ method: 'POST', url: '/console/oidc/connect', payload: '' },
      headers: { host: 'status.example', origin: 'https://evil.example', cookie },
    })
    expect(forged.statusCode).toBe(403)
  })
})

describe('what goes wrong is told plainly, and nobody is signed in', () => {
  it.each<[string, Parameters<typeof signIn>[0], RegExp]>([
    ['another nonce', { away: url => url.searchParams.set('nonce', 'planted-nonce-planted') }, /\(nonce\)/],
    ['another state', { away: url => url.searchParams.set('state', 'planted-state-planted') }, /\(state\)/],
    ['another verifier', { away: url => url.searchParams.set('code_challenge', 'x'.repeat(43)) }, /begin again/],
    ['another issuer', { back: url => url.searchParams.set('iss', 'https://evil.example') }, /\(issuer\)/],
    ['another code', { back: url => url.searchParams.set('code', 'made-up') }, /does not know this sign-in/],
  ])('%s', async (_, bend, says) => {
    const reply = await signIn(bend)
    expect([reply.statusCode, said(reply)]).toEqual([401, expect.stringMatching(says)])
    expect(cookieOf(reply, 'epicenter-session')).toBe('')
    expect(app.people.list).toEqual([])
  })
  it('cancelled', async () => {
    provider.account.now = null
    expect(said(await signIn())).toContain('You cancelled it')
  })
  it('a claim that is missing', async () => {
    provider.account.now = { id: 'x', claims: { preferred_username: 'bo' } }
    expect(said(await signIn())).toContain('The provider says no groups of you')
    provider.account.now = { id: 'x', claims: { groups: ['sre'] } }
    expect(said(await signIn())).toContain('The provider says no preferred_username of you')
    expect(app.people.list).toEqual([])
  })
  it('clocks that differ', async () => {
    for (const ms of [-10 * MINUTE, 2 * DAY]) {
      await open({}, Date.now() + ms)
      expect(said(await signIn())).toContain('The clocks of this server and of the provider differ')
    }
    await open({}, Date.now() + 45 * SECOND)
    expect((await signIn()).statusCode).toBe(200)
  })
  it('an end without a beginning, one that comes late or twice, a provider that is another or is not there', async () => {
    expect(said(await get('/console/oidc/callback?code=x&state=y'))).toContain('has not begun to sign in here')
    const begun = await get('/console/oidc')
    const back = new URL(await provider.walk(String(begun.headers.location)))
    const flow = cookieOf(begun, 'epicenter-flow')
    expect((await get(back.pathname + back.search, flow)).statusCode).toBe(200)
    expect(said(await get(back.pathname + back.search, flow))).toContain('does not know this sign-in')
    expect(said(await get(back.pathname + back.search, `${flow.slice(0, -2)}AA`))).toContain('has not begun')
    env.move(11 * MINUTE)
    expect(said(await get(back.pathname + back.search, flow))).toContain('more than ten minutes')
    await open({ issuer: provider.issuer.replace('127.0.0.1', 'localhost'), allowPrivate: true })
    expect(said(await get('/console/oidc'))).toContain('(issuer)')
    await open({ issuer: 'http://127.0.0.1:1' })
    expect(said(await get('/console/oidc'))).toContain('cannot be asked just now')
    // The guard lets a provider be asked at no address inside that the configuration does not name.
    await open({ allowPrivate: false })
    expect((await get('/console/oidc')).statusCode).toBe(502)
    await open({ clientSecret: 'wrong' })
    expect(said(await signIn())).toContain('an admin checks clientId, clientSecret')
    const log = JSON.stringify(env.said)
    for (const secret of ['wrong"', 'code=']) expect(log).not.toContain(secret)
  })
  it('leads nowhere else, whatever it is asked for', async () => {
    for (const to of ['https://evil.example', '//evil.example', '/\\evil', '/console/../..//x', '/status']) {
      const reply = await signIn({}, to)
      expect(reply.payload).toContain('content="0;url=/console"')
    }
  })
})

describe('a page that is not for everybody', () => {
  const pages = (rule: true | { values: string[] }) => ({
    pages: [
      { id: 'main', services: ['shop'] },
      { id: 'staff', private: { oidc: rule } },
    ],
  })
  const enter = async () => {
    const page = await get('/status/staff')
    expect(page.statusCode).toBe(401)
    const link = '/console/oidc?reads=1&to=%2Fstatus%2Fstaff'
    const begun = await get(link)
    const back = new URL(await provider.walk(String(begun.headers.location)))
    return get(back.pathname + back.search, cookieOf(begun, 'epicenter-flow'))
  }
  it('opens to whom its claim names, for a shift, and makes nobody a person of the console', async () => {
    await open({}, Date.now(), pages({ values: ['staff'] }))
    const html = await server.inject({ url: '/status/staff', headers: { ...HOME, accept: 'text/html' } })
    expect(html.payload).toContain('href="/console/oidc?reads=1&amp;to=%2Fstatus%2Fstaff"')
    const into = await enter()
    expect(into.payload).toContain('content="0;url=/status/staff"')
    const cookie = cookieOf(into, 'epicenter-reader')
    expect((await get('/status/staff', cookie)).statusCode).toBe(200)
    expect([cookieOf(into, 'epicenter-session'), app.people.list]).toEqual(['', []])
    expect((await get('/console', cookie)).statusCode).toBe(303)
    env.move(12 * HOUR)
    expect((await get('/status/staff', cookie)).statusCode).toBe(401)
    provider.account.now = { ...ANA, claims: { preferred_username: 'ana', groups: ['guests'] } }
    env.move(-12 * HOUR)
    expect(said(await enter())).toContain('Nothing that the provider says of you opens a page here')
  })
  it('or to everybody whom the provider lets in', async () => {
    provider.account.now = { id: 'x', claims: {} }
    await open({}, Date.now(), pages(true))
    expect((await get('/status/staff', cookieOf(await enter(), 'epicenter-reader'))).statusCode).toBe(200)
  })
})

describe('claims', () => {
  it('give the highest role that fits, by name or by a path; a star is everybody', () => {
    const roles = (claim: string, viewer = ['*']) => ({ roles: { claim, viewer, responder: ['b'], admin: ['a'] } })
    expect(roleOf(roles('g'), { g: ['b', 'a'] })).toBe('admin')
    expect(roleOf(roles('g'), { g: 'b' })).toBe('responder')
    expect(roleOf(roles('r.s'), { r: { s: ['b'] } })).toBe('responder')
    expect(roleOf(roles('urn:x.y'), { 'urn:x.y': ['a'] })).toBe('admin')
    expect(roleOf(roles('g'), {})).toBe('viewer')
    expect(() => roleOf(roles('g', ['x']), { g: [{ a: 1 }, 7] })).toThrow('nothing in your g')
    expect(() => roleOf(roles('constructor', ['x']), {})).toThrow('says no constructor')
    expect(roleOf({ roles: null }, {})).toBeUndefined()
  })
  it('name people in letters that a name may have', () => {
    const name = (text: unknown) => nameOf({ nameClaim: 'n' }, { n: text })
    expect([name('Ana.B@x.org'), name('Zoë Müller'), name('../<b>x'), name(['first', 'second'])]).toEqual([
      'Ana.B',
      'Zoe-Muller',
      'b-x',
      'first',
    ])
    for (const none of ['', '@x', '日本', 7, null]) expect(() => name(none)).toThrow('says no n of you')
  })
})

it('the configuration says what is wrong with it, and never the secret', async () => {
  const read = async (more: string) => (await parse(`signIn:\n  oidc:\n    clientId: x\n${more}`, {})).findings
  expect(await read('    issuer: http://login.example\n')).toMatchObject([
    { path: 'signIn.oidc.issuer', rule: 'an address that begins with https' },
    { path: 'url', value: 'nothing' },
  ])
  const findings = await read('    issuer: https://login.example\n    clientSecret: ""\n')
  expect(findings).toMatchObject([{ path: 'signIn.oidc.clientSecret' }])
  expect(JSON.stringify(await read('    issuer: x\n    clientSecret: ""\n'))).not.toContain('hush')
})
