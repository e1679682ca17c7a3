import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Order } from '../../contract/order.js'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { byArrival, change, check, STREAM_START as T, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'
import { sendDue } from './policy.js'

const TOKEN = 'Bearer memory'
let app: App
let server: FastifyInstance
/** Checks fail from the thirtieth minute on. */
const checks = (from: number, until: number) =>
  Array.from({ length: 4 * (until - from) }, (_, i) => {
    const minute = from + Math.floor(i / 4)
    const at = T + minute * MINUTE + 1_000 * (i % 4)
    return check({
      service: 'chat',
      at,
      labels: { vantage: `v${i % 4}` },
      bad: minute >= 30 ? 1 : 0,
      id: `k${minute}-${i % 4}`,
    })
  })
beforeEach(async () => {
  const updates = { everyMinutes: { critical: 20 }, send: ['critical' as const] }
  app = await App.open(complete({ clock: 'signals', title: 'Test', challenge: 'off', updates }), fakeEnv(), {
    run: 'memory',
  })
  server = await buildServer(app, { inMemory: true })
  const push = change({ service: 'chat', at: T + 29 * MINUTE, id: 'push', title: 'Routing push' })
  await app.ingestValues(byArrival([topology({ service: 'chat', at: T, id: 't' }), push], checks(0, 45)))
  await app.caughtUp()
})
afterEach(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const incident = async () => (await app.reader.incidents({ limit: 1 }))[0]!
const command = async (body: Record<string, string>) =>
  server.inject({
    method: 'POST',
    url: `/api/v1/incidents/${(await incident()).id}/commands`,
    payload: { by: 'ana', why: 'a test', ...body },
    headers: { authorization: TOKEN },
  })
const get = async (path: string) => {
  const url = path.replace('ID', (await incident()).id)
  return server.inject({ url, headers: { authorization: TOKEN } })
}
const v2 = async () => (await get('/api/v2/incidents.json')).json().incidents[0]

describe('a draft', () => {
  it('has its facts beside its words, the same in each language, as it stood at a time', async () => {
    const [en, de] = [
      (await get('/api/v1/incidents/ID/draft')).json(),
      (await get('/api/v1/incidents/ID/draft?lang=de')).json(),
    ]
    expect(en.text).toMatch(
      /^chat is failing for some checks\. .* Suspected, not confirmed: Routing push\..* Next update by /,
    )
    expect(de.text).toContain('Vermutet, nicht bestätigt: Routing push.')
    expect(de.lines.map(({ text: _, ...rest }: { text: string }) => rest)).toEqual(
      en.lines.map(({ text: _, ...rest }: { text: string }) => rest),
    )
    const before = await get(`/api/v1/incidents/ID/draft?at=${new Date(T).toISOString()}`)
    expect(before.json()).toMatchObject({ lines: [], text: '', short: '' })
    expect((await get('/api/v1/incidents/ID/draft?at=x')).statusCode).toBe(400)
    expect((await get('/api/v1/incidents/nope/draft')).statusCode).toBe(404)
  })
  it('has what people can do, as their page has it in their language', async () => {
    expect((await command({ verb: 'advise' })).json().rule).toBe('command.text')
    expect((await command({ verb: 'advise', text: 'Use the <old> address.' })).statusCode).toBe(200)
    expect((await get('/i/ID')).payload).toMatch(/What to do, said by .*ana.* at .*: “.*Use the &lt;old&gt; address\./)
    expect((await get('/i/ID?lang=de')).payload).toContain('Was zu tun ist, sagt ')
    expect((await get('/api/v1/incidents/ID/draft')).json().text).toContain('Use the <old> address.')
  })
  it('said once is not said again', async () => {
    expect((await command({ verb: 'say', text: 'We look.' })).statusCode).toBe(200)
    const again = await command({ verb: 'say', text: 'We look.' })
    expect([again.statusCode, again.json().detail]).toEqual([409, expect.stringContaining('ana has said that')])
  })
  it('goes out by itself where it may, once, and then says that nothing changed', async () => {
    const { id } = await incident()
    expect(await sendDue(app)).toEqual([id])
    expect(await sendDue(app)).toEqual([])
    // Everybody reads it in their language, in which it went on the record.
    const [said] = (await app.reader.orders(id)) as [Order]
    for (const lang of ['fr', 'ja', 'ar'] as const) {
      const own = said.translations![lang]!
      expect((await get(`/i/ID?lang=${lang}`)).payload).toContain(own.slice(0, 20).replace(/[<>&].*/, ''))
      expect([own === said.text, own.length > 100]).toEqual([false, true])
    }
    expect(Object.keys(said.translations!).sort()).toEqual(['ar', 'de', 'es', 'fr', 'hi', 'id', 'ja', 'pt'])
    await app.ingestValues(checks(45, 50))
    await app.caughtUp()
    expect(await sendDue(app)).toEqual([])
    expect((await get('/i/ID')).payload).toContain('Next update due by')
    await app.ingestValues(checks(50, 70))
    await app.caughtUp()
    expect((await get('/i/ID?lang=de')).payload).toContain('Die nächste Meldung war um')
    expect(await sendDue(app)).toEqual([id])
    const all = (await app.reader.orders(id)).map(each => each.text!)
    expect(new Set(all).size).toBe(2)
    expect((await app.reader.orders(id)).map(each => [each.by, each.verb])).toEqual([
      ['policy', 'say'],
      ['policy', 'say'],
    ])
  })
})

describe('a claim', () => {
  it('stands on the page with what the record says, until a person decides', async () => {
    const made = await command({ verb: 'claim', text: 'It was <b>hacked</b>.', source: 'rumour', about: 'breach' })
    expect(made.statusCode).toBe(200)
    const page = (await get('/i/ID')).payload
    expect(page).toContain('It was &lt;b&gt;hacked&lt;/b&gt;.')
    expect(page).toMatch(/<b>not known<\/b><\/p><ul><li><bdi>There is no evidence that data was exposed/)
    const [claim] = (await get('/api/v1/incidents/ID/claims')).json()
    expect(claim).toMatchObject({ verdict: 'not-known', decidedBy: null, source: 'rumour' })
    await command({ verb: 'judge', claim: claim.id, verdict: 'contradicted', why: 'forensics found nothing' })
    expect((await get('/api/v1/incidents/ID/claims')).json()[0]).toMatchObject({
      verdict: 'contradicted',
      decidedBy: 'ana',
    })
    expect((await get('/i/ID?lang=de')).payload).toContain('<b>widerlegt</b>')
    expect((await get('/api/v1/incidents/ID/draft')).json().text).toContain('On record: contradicted.')
  })
  it('that asks what the record cannot be asked is refused', async () => {
    const wrong = await command({ verb: 'claim', text: 'x', about: 'guilt ana' })
    expect([wrong.statusCode, wrong.json().rule]).toEqual([400, 'command.about'])
    expect((await command({ verb: 'judge', claim: 'nope', verdict: 'supported' })).statusCode).toBe(404)
  })
})

describe('a post-mortem', () => {
  it('is published, amended for all to see, and taken back', async () => {
    const { draft, published } = (await get('/api/v1/incidents/ID/post-mortem')).json()
    expect([published, draft]).toEqual([null, expect.stringContaining('## Ruled out')])
    expect((await get('/i/ID/post-mortem')).statusCode).toBe(404)
    expect((await command({ verb: 'withdraw' })).statusCode).toBe(409)
    await command({ verb: 'publish', body: `${draft}\n<script>alert(1)</script>` })
    const page = await get('/i/ID/post-mortem')
    expect([page.statusCode, page.payload]).toEqual([200, expect.stringContaining('&lt;script&gt;alert(1)')])
    expect((await get('/i/ID')).payload).toContain('/post-mortem">Post-mortem</a>')
    await command({ verb: 'publish', body: '# Corrected', why: 'the vendor corrected the time' })
    const amended = (await get('/i/ID/post-mortem?lang=fr')).payload
    expect(amended).toContain('Corrected')
    expect(amended).toContain('the vendor corrected the time')
    await command({ verb: 'withdraw' })
    expect((await get('/i/ID/post-mortem?lang=de')).statusCode).toBe(404)
  })
  it('is in the API of Statuspage as it stands now', async () => {
    await command({ verb: 'publish', body: '# First' })
    await command({ verb: 'publish', body: '# Second' })
    expect(await v2()).toMatchObject({ postmortem_body: '# Second', postmortem_published_at: expect.any(String) })
  })
  it('is not there where it was taken back', async () => {
    await command({ verb: 'publish', body: '# First' })
    await command({ verb: 'withdraw' })
    expect(await v2()).toMatchObject({ postmortem_body: null, postmortem_published_at: null })
  })
  it('has actions with an owner and a date, which are followed up', async () => {
    const made = (await command({ verb: 'action', text: 'Check the type.', person: 'bo', until: '2h' })).json()
    const body = async () => (await get('/api/v1/incidents/ID/post-mortem')).json().draft as string
    expect(await body()).toMatch(/Check the type\. Owner: bo\. Due: /)
    await command({ verb: 'done', action: made.order.id })
    expect(await body()).toMatch(/Check the type\. Done, says ana, at /)
    expect((await command({ verb: 'done', action: made.order.id })).statusCode).toBe(409)
  })
})
