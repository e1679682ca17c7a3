import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MINUTE } from '../contract/time.js'
import { App } from '../shell/app.js'
import { complete } from '../shell/load.js'
import { fakeEnv } from '../testing/env.js'
import { arrival, report, STREAM_START, streamOf, topology } from '../testing/stream.js'
import { buildServer } from './server.js'

const PROXY = '192.0.2.1'
const HISTORY_MIN = 360

interface World extends AsyncDisposable {
  app: App
  server: FastifyInstance
  /** Posts as a visitor whose address a proxy of ours tells. */
  post(
    address: string,
    more?: { agent?: string; cookie?: string; forwarded?: string; fields?: Record<string, string> },
  ): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }>
  /** Log time goes on by a minute, and with it the tick. */
  minute(): Promise<void>
  service(): Promise<{ state: string; recent: { bad: number }; coordinated?: number; seen: Record<string, number> }>
  incidents(): Promise<{ service: string; title: string }[]>
  badOf(): Promise<number[]>
}

/** A service that hears of a problem every other minute, six hours long. */
async function world(data?: string): Promise<World> {
  const env = fakeEnv(STREAM_START)
  const config = { ...complete({ clock: 'signals', proxies: [PROXY, '10.9.0.0/16'], asnHeader: 'X-Client-Asn' }) }
  const app = await App.open(data === undefined ? config : { ...config, data }, env, {
    run: data === undefined ? 'memory' : 'inline',
  })
  const server = await buildServer(app, { inMemory: data === undefined })
  const quiet = streamOf({ service: 'shop', minutes: HISTORY_MIN, seed: 4, requests: 0, reports: 0.5, cells: ['a'] })
  await app.ingestValues(
    [topology({ service: 'shop', at: STREAM_START, components: [{ id: 'cart', name: 'Cart' }] }), ...quiet].sort(
      (a, b) => arrival(a) - arrival(b),
    ),
  )
  let at = STREAM_START + HISTORY_MIN * MINUTE
  let n = 0
  const clock = () => app.ingestValues([report({ service: 'clock', at, id: `tick-${at}`, bad: 0, reporter: 'clock' })])
  await clock()
  return {
    app,
    server,
    post: (address, { agent = 'Browser', cookie, forwarded, fields = {} } = {}) =>
      server.inject({
        method: 'POST',
        url: '/api/v1/report',
        remoteAddress: PROXY,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'text/html',
          'user-agent': agent,
          'x-forwarded-for': `${forwarded ?? ''}${forwarded === undefined ? '' : ', '}${address}`,
          ...(cookie === undefined ? {} : { cookie }),
        },
        payload: new URLSearchParams({ service: 'shop', kind: 'bad', ...fields }).toString(),
      }),
    minute: async () => {
      at += MINUTE
      env.move(MINUTE)
      // Every other minute somebody reports as usual.
      if (n++ % 2 === 0)
        await app.ingestValues([report({ service: 'shop', at: at - 1, id: `usual-${n}`, reporter: `u${n}` })])
      await clock()
      await app.caughtUp()
    },
    service: async () => (await app.reader.service('shop')) as never,
    incidents: async () => (await app.reader.incidents({ limit: 10 })) as never,
    badOf: async () => (await app.reader.rollups('shop', at - 40 * MINUTE, at + MINUTE)).map(r => r.reports.bad),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await app[Symbol.asyncDispose]()
    },
  }
}

/** Many at once, as a server meets them. */
async function all(count: number, one: (i: number) => Promise<{ statusCode: number }>): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  for (let from = 0; from < count; from += 100)
    for (const { statusCode } of await Promise.all(
      Array.from({ length: Math.min(100, count - from) }, (_, i) => one(from + i)),
    ))
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
  return statuses
}

/** 50 addresses in 10 prefixes. */
const attacker = (i: number) => `198.${51 + (i % 10)}.100.${1 + (Math.floor(i / 10) % 5)}`
const forged = (i: number) => ({
  agent: `Browser ${i}`,
  cookie: `epicenter_pass=forged${i}.${'x'.repeat(22)}; session=${i}`,
  forwarded: `203.0.${i % 256}.${Math.floor(i / 256) % 256}`,
})

describe('brigades and crowds', () => {
  for (const [sentence, minutes] of [
    ['within one minute', 1],
    ['over ten minutes', 10],
  ] as const)
    it(`100,000 fake reports ${sentence} from 50 addresses, each with forged headers and a fresh cookie, move nothing`, async () => {
      await using attacked = await world()
      await using quiet = await world()
      const each = 100_000 / minutes
      const seen = []
      for (let minute = 0; minute < minutes; minute++) {
        const statuses = await all(each, i => attacked.post(attacker(i), forged(minute * each + i)))
        expect([...statuses]).toEqual([[303, each]])
        await attacked.minute()
        await quiet.minute()
        seen.push((await attacked.service()).state)
      }
      expect((await attacked.service()).coordinated).toBeGreaterThan(500)
      for (let i = 0; i < 30; i++) {
        await attacked.minute()
        await quiet.minute()
        const { coordinated: _, ...row } = await attacked.service()
        expect(row).toEqual(await quiet.service())
      }
      expect(new Set(seen)).toEqual(new Set(['ok']))
      expect(await attacked.incidents()).toEqual([])
      expect(await attacked.badOf()).toEqual(await quiet.badOf())
    }, 180_000)

  it('50 slow ones who say that they see what belongs to others open nothing either', async () => {
    await using attacked = await world()
    for (let minute = 0; minute < 20; minute++) {
      await all(100, i =>
        attacked.post(attacker(i), {
          ...forged(minute * 100 + i),
          fields: { text: `I can see somebody else's chats ${i}` },
        }),
      )
      await attacked.minute()
    }
    for (let i = 0; i < 30; i++) await attacked.minute()
    expect(await attacked.incidents()).toEqual([])
  })

  it('300 people of one carrier and 40 others open an incident, and most of the carrier counts once the others agree', async () => {
    await using crowd = await world()
    for (let minute = 0; minute < 10; minute++) {
      await all(30, i => crowd.post(`100.64.${i % 2}.${i % 8}`, { agent: `Phone ${(minute * 30 + i) % 300}` }))
      await all(4, i => crowd.post(`${20 + minute}.${i * 7}.3.4`))
      await crowd.minute()
    }
    expect(await crowd.incidents()).toMatchObject([{ service: 'shop', kind: 'outage' }])
    const { recent } = await crowd.service()
    expect(recent.bad).toBeGreaterThan(150)
  })

  it('an attack does not silence a real crowd', async () => {
    await using both = await world()
    for (let minute = 0; minute < 10; minute++) {
      await all(1_000, i => both.post(attacker(i), forged(minute * 1_000 + i)))
      await all(6, i => both.post(`${20 + minute}.${i * 7}.3.4`))
      await both.minute()
    }
    expect(await both.incidents()).toMatchObject([{ service: 'shop', kind: 'outage' }])
  })
})
