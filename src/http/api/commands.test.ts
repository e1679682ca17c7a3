import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Config } from '../../contract/config.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { arrival, byArrival, change, check, STREAM_START as T, streamOf, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'
import { Desk } from '../statuspage/desk.js'

const token = 'Bearer memory'
const config: Config = complete({ clock: 'signals', title: 'Test', challenge: 'off' })
const who = { by: 'ada', why: 'she looked' }

/** A service whose checks, four a minute, all fail from minute 30 on. */
const failing = (until: number, from = 0): Signal[] =>
  Array.from({ length: 4 * (until - from) }, (_, i) => {
    const minute = from + Math.floor(i / 4)
    const labels = { vantage: `v${i % 4}` }
    return check({
      service: 'chat',
      at: T + minute * MINUTE + 1_000 * (i % 4),
      labels,
      bad: minute >= 30 ? 1 : 0,
      id: `k${minute}.${i % 4}`,
    })
  })
const push = change({ service: 'chat', at: T + 29 * MINUTE, id: 'push', title: 'Routing push' })
const parts = topology({ service: 'chat', at: T, id: 't', components: [] })

let app: App
let server: FastifyInstance
let desk: Desk
beforeEach(async () => {
  app = await App.open(config, fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  desk = new Desk({ reader: app.reader, pages: config.pages, maintenance: [], wallNow: () => app.now })
  await take(byArrival([parts, push], failing(45)))
})
afterEach(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

async function take(signals: readonly Signal[]): Promise<void> {
  await app.ingestValues([...signals].sort((a, b) => arrival(a) - arrival(b)))
  await app.caughtUp()
}
const incident = async () => (await app.reader.incidents({ limit: 1 }))[0]!
const ask = async (body: object, id?: string) =>
  server.inject({
    method: 'POST',
    url: `/api/v1/incidents/${id ?? (await incident()).id}/commands`,
    payload: { ...who, ...body },
    headers: { authorization: token },
  })
const get = (url: string) => server.inject({ url, headers: { accept: url.endsWith('.json') ? '*/*' : 'text/html' } })

describe('resolve while everything still fails', () => {
  it('answers what stays public, when it comes back, and how to mute instead', async () => {
    const answer = await ask({ verb: 'resolve' })
    expect(answer.statusCode).toBe(200)
    const { incident: after, public: told, notes } = answer.json()
    expect(after.open).toBe(false)
    expect(told).toMatchObject({ state: 'outage', headline: 'chat fails our checks' })
    expect(notes.join(' ')).toMatch(/still measured as failing.*after 30 minutes.*epicenter mute/)
  })

  it('no page, answer, badge or list says that it works', async () => {
    await ask({ verb: 'resolve' })
    await take(failing(50, 45))
    const { components, status, incidents } = (await get('/api/v2/summary.json')).json()
    expect(components[0]).toMatchObject({ status: 'major_outage', epicenter: { state: 'major_outage' } })
    expect(status.indicator).toBe('critical')
    expect(incidents).toEqual([])
    expect((await get('/api/v1/services')).json()[0]).toMatchObject({ state: 'outage', incidents: [] })
    for (const [path, words] of [
      ['/', /chat fails our checks/],
      ['/s/chat', /ada closed the incident/],
      ['/status', /Outage: chat/],
      [`/i/${(await incident()).id}`, /still measured/],
      ['/badge/chat.svg', /chat: Outage/],
      ['/embed/chat', /Outage/],
    ] as const) {
      const { body } = await get(path)
      expect(body, path).toMatch(words)
      expect(body, path).not.toMatch(/is working|are working|Everything is working|Operational/)
    }
  })

  it('opens again by itself after half an hour, and the time between counts as down', async () => {
    const { notes } = (await ask({ verb: 'resolve' })).json()
    await take(failing(78, 45))
    const back = await incident()
    expect(back.open).toBe(true)
    const turn = back.events.find(e => e.event === 'reopened')!
    expect(notes[0]).toContain(turn.at.replace('.000', ''))
    const told = (await desk.picture(desk.pages[0]!)).incidents[0]!
    const spans = told.spans.map(each => [each.from, each.until])
    // One stretch of trouble follows the other without a gap.
    expect(spans.slice(1).every(([from], i) => from === spans[i]![1])).toBe(true)
  })
})

describe('what a verb takes', () => {
  it('confirm and rule-out: a listed cause, a known change, or security; else what exists is told', async () => {
    const no = await ask({ verb: 'confirm', subject: 'psuh' })
    expect([no.statusCode, no.json().rule, no.json().value]).toEqual([400, 'command.subject', 'psuh'])
    expect(no.json().detail).toMatch(/did you mean push\?.*Known: .*push.*security/)
    expect((await ask({ verb: 'rule-out', subject: 'nope' })).json().detail).toMatch(/no such cause\. Known/)
    expect((await incident()).latest.causes!.map(c => c.subject)).not.toContain('nope')
    const yes = await ask({ verb: 'confirm', subject: 'push' })
    expect(yes.json().public.says).toContain('Cause confirmed: Routing push.')
    const again = await ask({ verb: 'confirm', subject: 'push' })
    expect([again.statusCode, again.json().detail]).toEqual([409, 'push is already confirmed'])
    expect((await ask({ verb: 'rule-out', subject: 'push' })).json().notes.join(' ')).toMatch(
      /was confirmed; your statement/,
    )
  })

  it("a cause that is not listed goes by a person's own words, and can be ruled out again", async () => {
    const { incident: after, public: told } = (await ask({ verb: 'confirm', words: 'a cable was cut' })).json()
    expect(told.says).toContain('Cause confirmed: a cable was cut.')
    const own = after.latest.causes[0]
    expect(own).toMatchObject({ title: 'a cable was cut', state: 'confirmed' })
    const out = (await ask({ verb: 'rule-out', subject: own.subject })).json()
    expect(out.public.says.join(' ')).not.toMatch(/cable/)
    expect(out.incident.latest.causes.find((c: { subject: string }) => c.subject === own.subject)).toMatchObject({
      title: 'a cable was cut',
      state: 'ruled_out',
    })
    expect((await ask({ verb: 'confirm', words: 'x', subject: 'push' })).statusCode).toBe(400)
  })

  it.each<[string, object, string]>([
    ['a field of another verb', { verb: 'resolve', until: '2h' }, 'command.until'],
    ['words to rule out', { verb: 'rule-out', words: 'x' }, 'command.words'],
    ['a sentence of blanks', { verb: 'say', text: '   ' }, 'command.text'],
    ['a reason of blanks', { verb: 'resolve', why: ' ' }, 'command.why'],
    ['a zone that does not exist', { verb: 'mute', until: '18:00', timeZone: 'Mars/North' }, 'command.timeZone'],
    ['an end that nobody understands', { verb: 'mute', until: 'soon' }, 'command.until'],
    ['an end in the past', { verb: 'mute', until: '2020-01-01T00:00Z' }, 'command.until'],
    ['no time at all', { verb: 'mute', until: '0m' }, 'command.until'],
    ['an end in a century', { verb: 'mute', until: '2131-01-01T00:00Z' }, 'command.until'],
    ['unmute of what is not muted', { verb: 'unmute' }, 'command.verb'],
  ])('refuses %s, with the value', async (_, body, rule) => {
    const answer = await ask(body)
    expect([400, 409]).toContain(answer.statusCode)
    expect(answer.json().rule).toBe(rule)
    expect(answer.json()).toHaveProperty('value')
  })

  it('an incident that exists; else the nearest and the open ones are named', async () => {
    const { id } = await incident()
    const answer = await ask({ verb: 'resolve' }, `${id}x`)
    expect(answer.statusCode).toBe(404)
    expect(answer.json().detail).toContain(`did you mean ${id}?`)
  })

  it('a resolved incident is not resolved again, and after a day its story stands', async () => {
    await ask({ verb: 'resolve' })
    const again = await ask({ verb: 'resolve' })
    expect([again.statusCode, again.json().rule]).toEqual([409, 'command.verb'])
    expect(again.json().detail).toMatch(/is already over, since 20/)
    const calm = streamOf({
      service: 'chat',
      minutes: 1_500,
      from: T + 45 * MINUTE,
      requests: 0,
      checks: 1,
      cells: ['a'],
    })
    await take(calm)
    const late = await ask({ verb: 'say', text: 'We are sorry.' })
    expect([late.statusCode, late.json().detail]).toEqual([409, expect.stringMatching(/a day after its end/)])
  })
})

describe('mute and unmute', () => {
  it('are seen in the answer, in the API and on the pages', async () => {
    const answer = (await ask({ verb: 'mute', until: '2h' })).json()
    expect(answer.incident).toMatchObject({
      mutedUntil: app.now + 120 * MINUTE,
      muted: { by: 'ada', why: 'she looked' },
    })
    expect(answer.notes.join(' ')).toMatch(/No messages about it before 2031-05-09T.*epicenter unmute/)
    const page = `/i/${(await incident()).id}`
    for (const path of [page, '/', '/s/chat'])
      expect((await get(path)).body, path).toMatch(/No messages about this before/)
    expect((await ask({ verb: 'unmute' })).json().incident.mutedUntil).toBeNull()
    // Readers get what lies ready for a moment longer.
    await vi.waitFor(async () => expect((await get(page)).body).not.toMatch(/No messages about this/), 5_000)
  })

  it('an end by the clock of a zone', async () => {
    const { incident: after } = (await ask({ verb: 'mute', until: 'tomorrow 9:00', timeZone: 'Asia/Tokyo' })).json()
    expect(new Date(after.mutedUntil).toISOString()).toBe('2031-05-10T00:00:00.000Z')
  })
})

describe('the room of an incident', () => {
  const begin = (body: object, authorization = token) =>
    server.inject({
      method: 'POST',
      url: '/api/v1/incidents',
      payload: { ...who, ...body },
      headers: { authorization },
    })
  const response = async (id: string) =>
    (await server.inject({ url: `/api/v1/incidents/${id}/response`, headers: { authorization: token } })).json()

  it('is opened by hand, with a name that all pages use, and closed by hand', async () => {
    const answer = await begin({
      service: 'chat',
      title: 'Bills <are> wrong',
      severity: 'major',
      text: 'We look into it.',
    })
    expect(answer.statusCode).toBe(200)
    const { incident: made, public: told, notes } = answer.json()
    expect(made).toMatchObject({ open: true, severity: 'major', title: 'Bills <are> wrong' })
    expect(made.id).toMatch(/^chat-\d{8}-\d{4}-hand$/)
    expect(told.says[0]).toBe('We look into it.')
    expect(notes.join()).toContain('until a person resolves it')
    const second = (await begin({ service: 'chat' })).json().incident
    expect(second.id).toBe(`${made.id}2`)
    const page = (await get(`/i/${made.id}`)).payload
    expect(page).toContain('Bills &lt;are&gt; wrong')
    expect((await get('/api/v2/incidents.json')).json().incidents.map((each: { name: string }) => each.name)).toContain(
      'chat: Bills <are> wrong',
    )
    expect((await ask({ verb: 'resolve' }, made.id)).json().incident.open).toBe(false)
  })

  it('keeps the record of what is past, and refuses times that cannot be', async () => {
    const past = await begin({ service: 'chat', startedAt: '30m ago', endedAt: '10m ago' })
    expect(past.json().incident).toMatchObject({ open: false })
    for (const [body, rule] of [
      [{ service: 'chat', endedAt: '10m ago' }, 'command.endedAt'],
      [{ service: 'chat', startedAt: '2099-01-01T00:00:00Z' }, 'command.startedAt'],
      [{ service: 'chat', startedAt: 'yesterdayish' }, 'command.startedAt'],
      [{ service: 'chat', severity: 'bad' }, 'command.severity'],
      [{ service: 'chat', where: 'cell' }, 'command.where'],
    ] as const)
      expect([(await begin(body)).json().rule, body]).toEqual([rule, body])
    expect((await begin({ service: 'nobody' })).statusCode).toBe(404)
    expect((await begin({ service: 'chat' }, 'Bearer wrong')).statusCode).toBe(401)
    expect((await ask({ verb: 'open' })).json().rule).toBe('command.verb')
  })

  it('says who has it, for the team alone, and nothing public changes', async () => {
    const { id, events } = await incident()
    expect(await response(id)).toEqual({ acknowledged: null, assignee: null, newest: '', commands: [] })
    for (const body of [
      { verb: 'ack' },
      { verb: 'note', text: 'rack 7 is warm' },
      { verb: 'hand-over', person: 'bo', text: 'all yours' },
    ]) {
      const answer = await ask(body)
      expect([answer.statusCode, answer.json().notes.join()]).toEqual([200, expect.stringContaining('team alone')])
    }
    expect(await response(id)).toMatchObject({ acknowledged: { by: 'ada' }, assignee: 'bo', commands: [{}, {}, {}] })
    expect((await incident()).events).toHaveLength(events.length)
    for (const path of [`/i/${id}`, `/api/v1/incidents/${id}`, '/api/v2/incidents.json', '/history.rss'])
      expect((await get(path)).payload).not.toMatch(/rack 7|all yours/)
    expect((await server.inject({ url: `/api/v1/incidents/${id}/response` })).statusCode).toBe(401)
  })

  it('two people at once: the later one is told, and nothing is lost', async () => {
    const { id } = await incident()
    const { newest } = await response(id)
    expect((await ask({ verb: 'severity', severity: 'minor', seen: newest })).statusCode).toBe(200)
    const late = await ask({ verb: 'severity', severity: 'critical', seen: newest, by: 'bo' })
    expect([late.statusCode, late.json().rule]).toEqual([409, 'command.seen'])
    expect(late.json().detail).toContain('ada: severity')
    expect((await incident()).severity).toBe('minor')
    const again = await ask({ verb: 'severity', severity: 'critical', seen: (await response(id)).newest })
    expect(again.json().incident.severity).toBe('critical')
    // Who does not say what they saw is not held up.
    expect((await ask({ verb: 'say', text: 'We look.' })).statusCode).toBe(200)
  })

  it('mitigated is monitoring, reopened is not over; a part is merged or split off', async () => {
    const { id } = await incident()
    expect((await ask({ verb: 'mitigated' })).json().incident.latest).toMatchObject({
      event: 'recovering',
      mitigated: true,
    })
    const statusOf = async () =>
      (await get('/api/v2/incidents.json')).json().incidents.find((each: { id: string }) => each.id === id || true)
        .status
    expect(await statusOf()).toBe('monitoring')
    await ask({ verb: 'resolve' })
    expect((await ask({ verb: 'mitigated' }, id)).statusCode).toBe(409)
    expect((await ask({ verb: 'reopen' }, id)).json().incident.open).toBe(true)
    expect((await ask({ verb: 'reopen' }, id)).statusCode).toBe(409)
    const split = await ask({ verb: 'split', where: 'cell=b' }, id)
    const opened = split.json().order.begins ?? /Opened: (\S+)\./.exec(split.json().notes.join())![1]
    expect((await app.reader.incident(opened))?.open).toBe(true)
    expect((await ask({ verb: 'merge', into: opened }, opened)).json().rule).toBe('command.into')
    const merged = await ask({ verb: 'merge', into: id }, opened)
    expect(merged.json().incident).toMatchObject({ open: false, latest: { partOf: id } })
    expect((await ask({ verb: 'merge', into: 'nope' }, id)).statusCode).toBe(404)
  })
})
