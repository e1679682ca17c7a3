import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { check, STREAM_START as T, topology } from '../../testing/stream.js'
import { reportPage } from '../console/report.js'
import { buildServer } from '../server.js'

const iso = (at: number) => new Date(at).toISOString()
const now = T + 40 * DAY
const headers = { authorization: 'Bearer memory' }
let app: App
let server: FastifyInstance
beforeAll(async () => {
  const maintenance = [
    { id: 'disk', title: 'New disks', starts: iso(T + 20 * DAY + HOUR), minutes: 30, components: ['shop'] },
  ]
  app = await App.open(complete({ clock: 'signals', challenge: 'off', maintenance }), fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  const components = ['pay', 'cart'].map(id => ({ id, name: id }))
  await app.ingestValues([
    topology({ service: 'shop', at: T, id: 't', components }),
    topology({ service: 'till', at: T, id: 't2', components: [] }),
    check({ service: 'shop', at: T + 12 * DAY + HOUR, id: 'k0', bad: 0, labels: { vantage: 'v' } }),
    check({ service: 'shop', at: T + 28 * DAY + HOUR, id: 'k1', bad: 0, labels: { vantage: 'v' } }),
    check({ service: 'shop', at: now, id: 'k', bad: 0, labels: { vantage: 'v' } }),
  ])
  await app.caughtUp()
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const past = async (from: number, until: number, more: object = {}) => {
  const payload = {
    ...{ service: 'shop', by: 'ada', why: 'from the old page', notify: false },
    ...{ startedAt: iso(from), endedAt: iso(until), severity: 'major', ...more },
  }
  const answer = await server.inject({ method: 'POST', url: '/api/v1/incidents', headers, payload })
  expect(answer.statusCode, answer.payload).toBe(200)
  return answer.json().incident
}
const get = async (path: string) => (await server.inject({ url: path, headers })).json()

describe('the record of something past', () => {
  it('bears its own times, what was said then, and is no news to anybody', async () => {
    const from = T + 20 * DAY
    const said = `${iso(from + 10 * MINUTE)} We are looking.\n${iso(from + 50 * MINUTE)} A fix is out.`
    const incident = await past(from, from + 2 * HOUR, { title: 'Payments fail', components: 'pay', said })
    expect(incident.id).toMatch(/^shop-\d{8}-\d{4}-hand$/)
    expect([incident.openedAt, incident.resolvedAt]).toEqual([from, from + 2 * HOUR])
    const told = incident.events.map((each: { at: string; event: string; quiet: boolean }) => [
      each.at,
      each.event,
      each.quiet,
    ])
    expect(told).toEqual([
      [iso(from), 'opened', true],
      [iso(from + 10 * MINUTE), 'updated', true],
      [iso(from + 50 * MINUTE), 'updated', true],
      [iso(from + 2 * HOUR), 'resolved', true],
    ])
    expect(incident.events[2].says[0].text).toBe('A fix is out.')
    const bad = {
      service: 'shop',
      by: 'a',
      why: 'w',
      said: 'nothing of the kind',
      startedAt: iso(T),
      endedAt: iso(T + 1),
    }
    const refused = await server.inject({ method: 'POST', url: '/api/v1/incidents', headers, payload: bad })
    expect(refused.json().rule).toBe('command.said')
  })
})

describe('the report', () => {
  it('counts what was down of a part, without planned work, and tells which incident it was', async () => {
    const query = new URLSearchParams({
      from: iso(T + 10 * DAY),
      until: iso(T + 30 * DAY),
      objective: '99.5',
      parts: 'shop/pay,shop/cart,shop',
    })
    const { rows } = await get(`/api/v1/report?${query}`)
    const [pay, cart, whole] = rows
    // Two hours, half an hour of which was planned.
    expect([pay.downMs, pay.plannedMs]).toEqual([90 * MINUTE, 30 * MINUTE])
    // From the day of the first check to the end of the day of the last.
    expect([pay.measuredMs, pay.unknownMs]).toEqual([17 * DAY - 30 * MINUTE, 3 * DAY])
    expect(pay.incidents).toHaveLength(1)
    expect(pay.met).toBe(true)
    expect(cart.downMs).toBe(0)
    expect(whole.downMs).toBe(pay.downMs)
    const strict = await get(`/api/v1/report?${query}&severity=critical`)
    expect(strict.rows[0].downMs).toBe(0)
  })
  it('says of silence that it is unknown, and of no promise that it was kept by it', async () => {
    const { rows } = await get(`/api/v1/report?from=${iso(T + 10 * DAY)}&until=${iso(T + 30 * DAY)}&parts=till`)
    const none = { availability: null, met: null, spent: null, downMs: 0, measuredMs: 0, unknownMs: 20 * DAY }
    expect(rows[0]).toMatchObject(none)
    // A service that was heard, in a week in which it was not.
    const quiet = await get(`/api/v1/report?from=${iso(T + 2 * DAY)}&until=${iso(T + 9 * DAY)}&parts=shop`)
    expect(quiet.rows[0]).toMatchObject({ availability: null, met: null })
    const page = reportPage({ ...(await get('/api/v1/report')), rows }).toString()
    expect(page).toContain('not measured')
    expect(page).not.toContain('kept')
  })
  it('is made anew of what changed since', async () => {
    const down = async () =>
      (await get(`/api/v1/report?from=${iso(T + 10 * DAY)}&until=${iso(now)}&parts=shop`)).rows[0].downMs
    const before = await down()
    await past(T + 33 * DAY, T + 33 * DAY + 20 * MINUTE)
    expect(await down()).toBe(before + 20 * MINUTE)
  })
  it.each([
    ['parts=nothing', 404],
    ['where=what', 400],
    [`from=${iso(T + 30 * DAY)}&until=${iso(T)}`, 400],
    ['from=soon', 400],
    ['objective=200', 400],
  ])('refuses %s', async (query, status) => {
    expect((await server.inject({ url: `/api/v1/report?${query}`, headers })).statusCode).toBe(status)
  })
  it('is for those who may read', async () => {
    expect((await server.inject('/api/v1/report')).statusCode).toBe(401)
  })
})

describe('incidents like one', () => {
  it('are found among those that are over, with what was said then', async () => {
    const before = await past(T + 30 * DAY, T + 30 * DAY + HOUR, {
      ...{ title: 'Payments fail again', components: 'pay' },
      said: `${iso(T + 30 * DAY + 30 * MINUTE)} Turning the new queue off helped.`,
    })
    await past(T + 31 * DAY, T + 31 * DAY + HOUR, { title: 'Baskets are empty', components: 'cart' })
    const one = await past(T + 35 * DAY, T + 35 * DAY + HOUR, { title: 'Payments fail', components: 'pay' })
    const like = await get(`/api/v1/incidents/${one.id}/similar`)
    expect(like.map((each: { id: string }) => each.id)).toContain(before.id)
    expect(like.map((each: { id: string }) => each.id)).not.toContain(one.id)
    expect(like[0].by).toHaveProperty('components')
    const helped = like.find((each: { id: string }) => each.id === before.id).helped
    expect(helped[0]).toMatchObject({
      says: expect.stringContaining('Turning the new queue off helped.'),
      ref: expect.any(String),
    })
  })
})
