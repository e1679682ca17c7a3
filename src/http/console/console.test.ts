import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS, type Verb, VERBS } from '../../contract/order.js'
import { mayRole, type Role, ROLES } from '../../contract/role.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { byArrival, change, check, STREAM_START as T, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'
import { pathIn } from './cookie.js'
import { asOf } from './room.js'

const GOOD = 'correct horse battery'
const HOME = { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }
let app: App
let server: FastifyInstance
let env: ReturnType<typeof fakeEnv>
beforeEach(async () => {
  env = fakeEnv()
  app = await App.open(complete({ clock: 'signals', title: 'Test', challenge: 'off' }), env, { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  const failing = Array.from({ length: 180 }, (_, i) => {
    const at = T + Math.floor(i / 4) * MINUTE + 1_000 * (i % 4)
    return check({ service: 'chat', at, labels: { vantage: `v${i % 4}` }, bad: i >= 120 ? 1 : 0, id: `k${i}` })
  })
  const push = change({ service: 'chat', at: T + 29 * MINUTE, id: 'push', title: 'Routing <push>' })
  const parts = topology({ service: 'chat', at: T, id: 't', components: [{ id: 'login', name: 'Login' }] })
  await app.ingestValues(byArrival([parts, push], failing))
  await app.caughtUp()
})
afterEach(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const form = (url: string, fields: Record<string, string>, cookie = '', headers: Record<string, string> = HOME) =>
  server.inject({
    method: 'POST',
    url,
    payload: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers, ...(cookie ? { cookie } : {}) },
  })
const get = (url: string, cookie = '') => server.inject({ url, headers: { ...HOME, ...(cookie ? { cookie } : {}) } })
const cookieOf = (answer: { headers: Record<string, unknown> }) => String(answer.headers['set-cookie']).split(';')[0]!

/** Somebody of this role who is signed in: their cookie. */
async function signedIn(role: Role, name: string = role): Promise<string> {
  const key = app.people.invite({ role, name: null, by: 'owner' })
  return cookieOf(await form('/console/join', { key, name, password: GOOD, again: GOOD }))
}
const incident = async () => (await app.reader.incidents({ limit: 1 }))[0]!

describe('signing in', () => {
  it('asks who they are, on the way to where they wanted, and lets them out again', async () => {
    const asked = await get('/console/people')
    expect([asked.statusCode, asked.headers.location]).toEqual([303, '/console/sign-in?to=%2Fconsole%2Fpeople'])
    await signedIn('admin', 'ana')
    expect((await form('/console/sign-in', { name: 'ana', password: 'nope nope nope' })).statusCode).toBe(401)
    const into = await form('/console/sign-in?to=%2Fconsole%2Fme', { name: 'ana', password: GOOD })
    expect([into.statusCode, into.headers.location]).toEqual([303, '/console/me'])
    expect(into.headers['set-cookie']).toMatch(
      /^epicenter-session=[\w-]{32}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
    )
    const cookie = cookieOf(into)
    const page = await get('/console/me', cookie)
    expect(page.payload).toContain('You are <b>ana</b>')
    expect(page.headers['cache-control']).toBe('no-store')
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    await form('/console/sign-out', {}, cookie)
    expect((await get('/console/me', cookie)).statusCode).toBe(303)
  })
  it('a session that was there before signing in is worth nothing after', async () => {
    await signedIn('admin', 'ana')
    const planted = `epicenter-session=${'a'.repeat(32)}`
    const into = await form('/console/sign-in', { name: 'ana', password: GOOD }, planted)
    expect(cookieOf(into)).not.toBe(planted)
    expect((await get('/console', planted)).statusCode).toBe(303)
  })
  it('leads nowhere else', () => {
    for (const to of [
      'https://evil.example',
      '//evil.example',
      '/\\evil',
      '/console/../..//x',
      '/consolex',
      '/console?x',
      'javascript:1',
    ])
      expect(pathIn(to), to).toBe('/console')
    expect(pathIn('/console/i/shop-1')).toBe('/console/i/shop-1')
  })
  it('guessing is slowed, by address and by name', async () => {
    await signedIn('admin', 'ana')
    const codes = []
    for (let i = 0; i < 14; i++)
      codes.push((await form('/console/sign-in', { name: 'ana', password: `guess ${i} guess` })).statusCode)
    expect(codes.slice(0, 9).every(code => code === 401)).toBe(true)
    expect(codes.at(-1)).toBe(429)
    env.move(2 * MINUTE)
    expect((await form('/console/sign-in', { name: 'ana', password: GOOD })).statusCode).toBe(303)
  })
  it('a link that is no more says so, passwords that differ too', async () => {
    expect((await get('/console/join?key=x')).statusCode).toBe(404)
    const key = app.people.invite({ role: 'admin', name: null, by: 'owner' })
    const answer = await form('/console/join', { key, name: 'ana', password: GOOD, again: 'x' })
    expect([answer.statusCode, answer.payload]).toEqual([400, expect.stringContaining('not the same')])
  })
})

describe('roles', () => {
  const fields: Partial<Record<Verb, Record<string, string>>> = {
    confirm: { subject: 'push' },
    'rule-out': { subject: 'push' },
    say: { text: 'We look.' },
    note: { text: 'x' },
    assign: { person: 'bo' },
    'hand-over': { person: 'bo' },
    severity: { severity: 'minor' },
    rename: { title: 'Chat' },
    components: { components: 'login' },
    segments: { where: 'vantage=v1' },
    mute: { until: '2h' },
    merge: { into: 'nope' },
    split: { where: 'vantage=v1' },
  }
  it.each(ROLES)('%s may what the table says, by page and by API, and nothing more', async role => {
    const cookie = await signedIn(role)
    const { id } = await incident()
    for (const verb of VERBS.filter(each => each !== 'open')) {
      const body = { verb, why: 'a test', ...fields[verb] }
      const page = await form(`/console/i/${id}`, body, cookie)
      expect([verb, page.statusCode === 403]).toEqual([verb, !mayRole(role, verb)])
      const api = await server.inject({
        ...{ method: 'POST', url: `/api/v1/incidents/${id}/commands`, payload: { ...body, by: 'somebody else' } },
        headers: { ...HOME, cookie },
      })
      expect([verb, api.statusCode === 403]).toEqual([verb, !mayRole(role, verb)])
    }
    const others = [
      ['forget', '/api/v1/services/chat/forget'],
      ['teach', '/api/v1/past'],
      ['reload', '/api/v1/reload'],
    ] as const
    for (const [act, url] of others) {
      const { statusCode } = await server.inject({ method: 'POST', url, payload: {}, headers: { ...HOME, cookie } })
      expect([act, statusCode === 403]).toEqual([act, !mayRole(role, act)])
    }
    expect((await get('/api/v1/sources', cookie)).statusCode).toBe(200)
    expect((await get('/console/people', cookie)).statusCode).toBe(mayRole(role, 'people') ? 200 : 403)
    // Nobody sends signals with a cookie.
    const send = await server.inject({
      method: 'POST',
      url: '/api/v1/signals',
      payload: '[]',
      headers: { ...HOME, cookie },
    })
    expect([401, 403]).toContain(send.statusCode)
    // Who is signed in is who they are, whatever the request says.
    const by = new Set((await app.reader.orders(id)).map(each => each.by))
    expect([...by]).toEqual(mayRole(role, 'say') ? [role] : [])
  })
  it('a page elsewhere does nothing in a person’s name', async () => {
    const cookie = await signedIn('admin')
    const { id } = await incident()
    const body = { verb: 'resolve', why: 'gotcha' }
    for (const headers of [
      { host: 'localhost', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { host: 'localhost', origin: 'null' },
      { host: 'localhost' },
      { host: 'localhost', 'sec-fetch-site': 'none' },
      { host: 'localhost', origin: 'http://localhost.evil.example' },
    ] as Record<string, string>[]) {
      expect((await form(`/console/i/${id}`, body, cookie, headers)).statusCode).toBe(403)
      expect((await form('/console/people', { verb: 'invite', role: 'admin' }, cookie, headers)).statusCode).toBe(403)
      const api = await server.inject({
        ...{ method: 'POST', url: `/api/v1/incidents/${id}/commands`, payload: body, headers: { ...headers, cookie } },
      })
      expect(api.statusCode).toBe(403)
    }
    expect((await incident()).open).toBe(true)
  })
})

describe('the room', () => {
  it('shows what needs a person, and after an acknowledgement who has it', async () => {
    const cookie = await signedIn('responder', 'ana')
    const { id } = await incident()
    const before = (await get('/console', cookie)).payload
    expect(before).toMatch(/Needs a person.*chat/s)
    const done = await form(`/console/i/${id}`, { verb: 'ack', why: 'looking', seen: '' }, cookie)
    expect([done.statusCode, done.headers.location]).toEqual([303, `/console/i/${id}?done=ack`])
    const room = (await get(`/console/i/${id}?done=ack`, cookie)).payload
    for (const text of ['Done: say that you are looking', '<b>ana</b>', 'Routing &lt;push&gt;', 'What the public sees'])
      expect(room).toContain(text)
    expect((await get('/console', cookie)).payload).toContain('Nothing waits for anybody')
  })
  it('what cannot be done is said, with what was typed still there; so is who was quicker', async () => {
    const cookie = await signedIn('responder', 'ana')
    const { id } = await incident()
    const wrong = await form(
      `/console/i/${id}`,
      { verb: 'segments', where: 'nonsense', why: 'to try', seen: '' },
      cookie,
    )
    expect([wrong.statusCode, wrong.payload]).toEqual([
      409,
      expect.stringContaining('value=&quot;nonsense&quot;'.replaceAll('&quot;', '"')),
    ])
    await form(`/console/i/${id}`, { verb: 'say', text: 'First.', why: 'x', seen: '' }, cookie)
    const late = await form(
      `/console/i/${id}`,
      { verb: 'say', text: 'My long words.', why: 'y', seen: '' },
      await signedIn('responder', 'bo'),
    )
    expect(late.payload).toMatch(/somebody was quicker: ana: say/)
    expect(late.payload).toContain('My long words.</textarea>')
    expect((await app.reader.orders(id)).map(each => each.text)).toEqual(['First.'])
  })
  it('an update that is sent as it was drafted goes out in all languages; one that was changed in its own', async () => {
    const cookie = await signedIn('responder')
    const { id } = await incident()
    const shown = (await get(`/console/i/${id}`, cookie)).payload
    const [, drafted = ''] = /name="drafted" value="(\d+)"/.exec(shown) ?? []
    const { text } = (await get(`/api/v1/incidents/${id}/draft`, cookie)).json()
    const send = async (words: string) => {
      const seen = (await app.reader.orders(id)).at(-1)?.id ?? ''
      await form(`/console/i/${id}`, { verb: 'say', text: words, why: 'x', seen, drafted }, cookie)
      return (await app.reader.orders(id)).at(-1)!
    }
    const changed = await send(`${text} We are sorry.`)
    expect([changed.by, changed.translations]).toEqual(['responder', undefined])
    const as = await send(text)
    expect([as.text, as.translations?.['de']]).toEqual([text, expect.stringContaining('Vermutet, nicht bestätigt')])
    expect((await get(`/i/${id}?lang=de`)).payload).toMatch(/<blockquote class="word"><p><bdi>chat scheitert/)
  })
  it('opens one by hand, and every verb of the contract has its form', async () => {
    const cookie = await signedIn('responder', 'ana')
    const made = await form(
      '/console',
      { service: 'chat', title: '<b>Bills</b>', why: 'calls', severity: 'major' },
      cookie,
    )
    expect(made.statusCode).toBe(303)
    const room = (await get(String(made.headers.location), cookie)).payload
    expect(room).toContain('&lt;b&gt;Bills&lt;/b&gt;')
    expect(room).not.toContain('<b>Bills</b>')
    const { id } = (await app.reader.incidents({ limit: 9 })).find(
      each => each.id !== made.headers.location?.split('/').at(-1),
    )!
    const pages = [room, (await get(`/console/i/${id}`, cookie)).payload]
    await form(`/console/i/${id}`, { verb: 'mute', until: '2h', why: 'x' }, cookie)
    await form(`/console/i/${id}`, { verb: 'claim', text: 'It is a hack.', why: 'x' }, cookie)
    await form(`/console/i/${id}`, { verb: 'action', text: 'Mend it.', why: 'x' }, cookie)
    pages.push((await get(`/console/i/${id}`, cookie)).payload)
    await form(`/console/i/${id}/post-mortem`, { verb: 'publish', body: '# It', why: 'x' }, cookie)
    pages.push((await get(`/console/i/${id}/post-mortem`, cookie)).payload)
    await form(`/console/i/${id}`, { verb: 'resolve', why: 'x' }, cookie)
    pages.push((await get(`/console/i/${id}`, cookie)).payload)
    for (const verb of (Object.keys(COMMANDS) as Verb[]).filter(each => each !== 'open'))
      expect(pages.join(), verb).toContain(`name="verb" value="${verb}"`)
    expect((await get('/console/i/nope', cookie)).statusCode).toBe(404)
  })
  it('what was known at a time is that and nothing that came later', async () => {
    const cookie = await signedIn('responder', 'ana')
    const { id, events } = await incident()
    await form(`/console/i/${id}`, { verb: 'say', text: 'Said at last.', why: 'x', seen: '' }, cookie)
    const first = (await get(`/console/i/${id}?at=${encodeURIComponent(events[0]!.at)}`, cookie)).payload
    expect(first).toContain('This is what was known at')
    expect(first).not.toContain('Said at last.')
    expect(first).not.toContain('name="verb"')
    expect(first).toContain('One step on')
    const now = (await get(`/console/i/${id}`, cookie)).payload
    expect(now).toMatch(/<svg.*Said at last\./s)
    expect((await get(`/console/i/${id}?at=2001-01-01T00:00Z`, cookie)).statusCode).toBe(404)
    for (let n = 1; n <= events.length; n++) {
      const at = Date.parse(events[n - 1]!.at)
      const then = asOf((await incident())!, at)!
      expect(then.events.every(each => Date.parse(each.at) <= at)).toBe(true)
      expect(then.latest.seq).toBe(then.events.at(-1)!.seq)
    }
  })
  it('a viewer sees it all and has no buttons', async () => {
    const cookie = await signedIn('viewer')
    const { id } = await incident()
    const room = (await get(`/console/i/${id}`, cookie)).payload
    expect(room).toContain('For and against')
    expect(room).not.toContain('name="verb"')
  })
})

describe('people', () => {
  it('nobody is let in by a browser that somebody left open: whoever does it has signed in within the hour', async () => {
    const cookie = await signedIn('admin', 'ana')
    env.move(HOUR)
    for (const [url, fields] of [
      ['/console/people', { verb: 'invite', role: 'admin' }],
      ['/console/people', { verb: 'role', name: 'ana', role: 'viewer' }],
      ['/console/me/passkeys', { verb: 'rename', id: 'x' }],
      ['/console/me/passkeys/ask', {}],
    ] as const) {
      const late = await form(url, fields, cookie)
      expect([url, late.statusCode, late.payload]).toEqual([url, 403, expect.stringContaining('sign in once more')])
    }
    expect(app.people.list).toMatchObject([{ role: 'admin' }])
    expect(app.people.invitations).toEqual([])
    // What they came for otherwise goes on.
    expect((await get('/console/people', cookie)).statusCode).toBe(200)
    const again = await form('/console/sign-in?to=/console/people', { name: 'ana', password: GOOD }, cookie)
    expect((await form('/console/people', { verb: 'invite', role: 'viewer' }, cookieOf(again))).statusCode).toBe(200)
    // And the browser has one session, not two.
    expect((await get('/console', cookie)).statusCode).toBe(303)
  })
  it('are invited, given roles and removed by an admin, and it is on the record', async () => {
    const cookie = await signedIn('admin', 'ana')
    const made = await form('/console/people', { verb: 'invite', role: 'responder' }, cookie)
    const key = /join\?key=([\w-]{32})/.exec(made.payload)![1]!
    const bo = cookieOf(await form('/console/join', { key, name: 'bo', password: GOOD, again: GOOD }))
    expect((await get('/console/people', bo)).statusCode).toBe(403)
    await form('/console/people', { verb: 'role', name: 'bo', role: 'admin' }, cookie)
    expect((await get('/console/people', bo)).statusCode).toBe(200)
    await form('/console/people', { verb: 'end', name: 'bo' }, cookie)
    expect((await get('/console/people', bo)).statusCode).toBe(303)
    const last = await form('/console/people', { verb: 'remove', name: 'bo' }, cookie)
    expect(last.payload).toMatch(/remove<\/div><\/td><td[^>]*><div>bo/)
    const only = await form('/console/people', { verb: 'remove', name: 'ana' }, cookie)
    expect(only.payload).toContain('only admin')
  })
})
