import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Notice, PAGE_THREAD } from '../../contract/signal.js'
import { DAY, MINUTE } from '../../contract/time.js'
import { registerPages } from '../pages/index.js'
import { Routes } from '../routes.js'
import { NOON, readerOf, service, story } from '../statuspage/fixture.js'
import { recordRoutes, Records } from './record.js'

const notice = (of: string, minutes: number, more: Partial<Notice>): Notice => ({
  type: 'fact',
  via: 'notice',
  id: `${of} ${minutes} ${more.thread ?? ''}`,
  service: of,
  at: NOON - minutes * MINUTE,
  source: 'acme.test',
  scope: {},
  ...more,
})
const facts = [
  notice('chat', 2 * 24 * 60, { thread: PAGE_THREAD, parts: [{ name: 'Acme', state: 'ok' }] }),
  notice('chat', 24 * 60, { thread: PAGE_THREAD, parts: [{ name: 'Acme', state: 'ok' }] }),
  notice('chat', 180, { thread: 'a', status: 'investigating', title: 'Errors <b>', href: 'https://acme.test/a' }),
  notice('chat', 120, { thread: 'a', status: 'resolved', title: 'Errors <b>', href: 'https://acme.test/a' }),
]
const world = {
  services: [service('chat'), service('mail'), service('quiet')],
  incidents: [
    story('i1', 'chat', { minutes: 210, event: 'opened' }, { minutes: 130, event: 'resolved' }),
    story('i2', 'mail', { minutes: 50, event: 'opened' }, { minutes: 20, event: 'resolved' }),
  ],
}
const app = fastify()
let reads = 0
beforeAll(async () => {
  const reader = {
    ...readerOf(world),
    facts: async (of: string, from: number, until: number) => {
      reads++
      return facts.filter(each => each.service === of && each.at >= from && each.at < until)
    },
  }
  const records = new Records(reader)
  recordRoutes(app, new Routes(), records)
  registerPages(app, { reader, report: false, script: null, wallNow: () => NOON, records })
  await app.ready()
})
afterAll(() => app.close())

describe('the record of a service', () => {
  it('is JSON with the rule beside the figures', async () => {
    const { rule, graceMs, services } = (await app.inject({ url: '/api/v1/record?service=chat' })).json()
    expect(rule).toContain('unjudged')
    expect(graceMs).toBe(60 * MINUTE)
    expect(services).toEqual([{ service: 'chat', title: 'Chat', months: [expect.any(Object)] }])
    expect(services[0].months[0]).toMatchObject({
      month: '2026-02',
      readMs: 2 * DAY,
      ours: 1,
      vendors: 1,
      both: 1,
      missed: 0,
      alone: 0,
      leadMs: 30 * MINUTE,
      entries: [{ judged: 'both', ours: { id: 'i1' }, vendor: { thread: 'a', at: '2026-02-03T09:00:00.000Z' } }],
    })
    expect((await app.inject({ url: '/api/v1/record?service=none' })).statusCode).toBe(404)
  })

  it('is a page that says where nothing was read, and leaves out who has no record', async () => {
    const page = (await app.inject({ url: '/record' })).body
    expect(page).toContain('How right this was')
    expect(page).toContain('30 mins earlier (1)')
    expect(page).toMatch(/\/s\/mail\/record.*no vendor was read.*<td>1<\/td><td>–<\/td>/s)
    expect(page).not.toContain('/s/quiet/record')
  })

  it('tells each trouble with both first words, and speaks other languages', async () => {
    const page = (await app.inject({ url: '/s/chat/record?lang=fr' })).body
    expect(page).toContain('La justesse de ce site sur Chat')
    expect(page).toContain('<a href="https://acme.test/a" rel="nofollow noopener"><bdi>Errors &lt;b&gt;</bdi></a>')
    expect(page).toContain('href="/i/i1"')
    expect((await app.inject({ url: '/s/none/record' })).statusCode).toBe(404)
  })

  it('is read once in a few minutes, however many ask', async () => {
    await app.inject({ url: '/api/v1/record' })
    const before = reads
    for (let i = 0; i < 3; i++) await app.inject({ url: '/api/v1/record' })
    expect(reads).toBe(before)
  })
})
