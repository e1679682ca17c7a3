import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Notice } from '../contract/signal.js'
import { App } from '../shell/app.js'
import { parse } from '../shell/config/load.js'
import epicenter from '../plugin/source/epicenter.js'
import { fakeEnv } from '../testing/env.js'
import { fakeOutside } from '../testing/outside.js'
import { buildServer } from './server.js'

// Two whole instances in memory, each a reader of the other; what one answers is what the other is given.

const token = 'a-token-of-twenty-characters'
const running = { aborted: false, addEventListener() {} }

interface House {
  app: App
  server: FastifyInstance
}
async function house(): Promise<House> {
  const text = `clock: signals
services: [{ id: chat, title: Chat }]
tokens: [{ name: desk, secret: ${token}, scopes: [signals, commands, read] }]
`
  const { config, findings } = await parse(text, {}, '/')
  expect(findings).toEqual([])
  const app = await App.open(config!, fakeEnv(), { run: 'memory' })
  return { app, server: await buildServer(app, { inMemory: true }) }
}
const post = ({ server }: House, url: string, payload: object | object[]) =>
  server.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}` }, payload })

let inside: House
let outside: House
beforeAll(async () => {
  ;[inside, outside] = await Promise.all([house(), house()])
})
afterAll(async () => {
  for (const { app, server } of [inside, outside]) {
    await server.close()
    await app[Symbol.asyncDispose]()
  }
})

/** One reads the other as its source would, and is given what that hands over. */
async function reads(reader: House, other: House, name: string, state: unknown) {
  const answer = (await other.server.inject({ url: '/api/v1/incidents?limit=200' })).body
  const world = fakeOutside(() => ({ body: answer }))
  const now = Date.parse('2026-02-03T13:00:00Z')
  const source = await epicenter.open(
    {
      url: `https://${name}.example`,
      services: [{ service: 'chat' }],
      read: ['findings'],
      kinds: [],
      relayed: false,
      everySeconds: 60,
    },
    { ...world.env, now: () => now },
  )
  const { signals, state: next } = await source.poll!(state, running)
  if (signals.length > 0) expect((await post(reader, '/api/v1/signals', [...signals] as object[])).statusCode).toBe(200)
  return { signals: signals as Notice[], state: next }
}
const incidentsOf = async ({ server }: House) =>
  (await server.inject({ url: '/api/v1/incidents' })).json() as { id: string; title: string }[]

describe('two instances that read each other', () => {
  it('tell one incident once, each with the other’s word beside it, and no word comes back', async () => {
    const AT = Date.parse('2026-02-03T12:00:00Z')
    const some = { type: 'observation', via: 'check', service: 'chat', id: 'c', at: AT, labels: {}, total: 1, bad: 0 }
    for (const each of [inside, outside]) {
      const { statusCode, body } = await post(each, '/api/v1/signals', [some])
      expect(statusCode, body).toBe(200)
    }
    const opened = await post(inside, '/api/v1/incidents', {
      service: 'chat',
      title: 'Messages failing',
      by: 'ana',
      why: 'disk full',
    })
    expect(opened.statusCode, opened.body).toBe(200)
    await vi.waitFor(async () => expect(await incidentsOf(inside)).toHaveLength(1))

    let [a, b]: unknown[] = []
    const told: number[] = []
    for (let round = 0; round < 4; round++) {
      const there = await reads(outside, inside, 'inside', a)
      const back = await reads(inside, outside, 'outside', b)
      ;[a, b] = [there.state, back.state]
      told.push(there.signals.length, back.signals.length)
    }
    // The first reading tells it, later ones nothing; and nothing that was read is told back.
    expect(told[0]).toBeGreaterThan(0)
    expect(told.slice(1).every(each => each === 0)).toBe(true)
    expect(await incidentsOf(inside)).toHaveLength(1)
    expect(await incidentsOf(outside)).toEqual([])
    await vi.waitFor(async () => {
      const page = (await outside.server.inject({ url: '/s/chat' })).body
      expect(page).toContain('inside.example says')
      expect(page).toContain('href="https://inside.example/i/')
    })

    // The other finds the same by itself: each has one incident of its own, and one story of the other's.
    const own = { service: 'chat', title: 'Chat is down', by: 'bo', why: 'people say so' }
    expect((await post(outside, '/api/v1/incidents', own)).statusCode).toBe(200)
    await vi.waitFor(async () => expect(await incidentsOf(outside)).toHaveLength(1))
    for (let round = 0; round < 3; round++) {
      a = (await reads(outside, inside, 'inside', a)).state
      b = (await reads(inside, outside, 'outside', b)).state
    }
    for (const each of [inside, outside]) {
      expect(await incidentsOf(each)).toHaveLength(1)
      await vi.waitFor(async () => {
        const facts = (await each.server.inject({ url: '/api/v1/services/chat/facts' })).json() as Notice[]
        expect(new Set(facts.map(({ thread }) => thread)).size).toBe(1)
        expect(facts.every(({ labels }) => labels?.['exchange'] !== undefined)).toBe(true)
      })
      // A finding of another instance is no vendor's word: the record claims nothing by it.
      const { services } = (await each.server.inject({ url: '/api/v1/record?service=chat' })).json()
      expect(services[0].months[0]).toMatchObject({ ours: 1, vendors: null, both: 0 })
    }
  })
})
