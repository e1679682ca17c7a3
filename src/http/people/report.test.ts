import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { LONG } from '../../testing/long.js'
import { arrival, report, STREAM_START, streamOf, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'

const PROXY = '192.0.2.1'
const HISTORY_MIN = 360

interface World extends AsyncDisposable {
  app: App
  server: FastifyInstance
  /** Posts as a visitor whose address a proxy of ours tells. */
  post(
    address: string,
    more?: {
      agent?: string
      cookie?: string
      forwarded?: string
      asn?: string
      country?: string
      fields?: Record<string, string>
    },
  ): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }>
  /** Log time goes on by a minute, and with it the tick. */
  minute(): Promise<void>
  service(): Promise<{ state: string; recent: { bad: number }; coordinated?: number; seen: Record<string, number> }>
  incidents(): Promise<{ service: string; title: string }[]>
  badOf(): Promise<number[]>
}

/** A service that hears of a problem every other minute, six hours long; `quiet`: once in the hour. */
async function world(data?: string, quiet = false): Promise<World> {
  const env = fakeEnv(STREAM_START)
  const config = {
    ...complete({ clock: 'signals', proxies: [PROXY, '10.9.0.0/16'], asnHeader: 'X-Client-Asn', challenge: 'off' }),
    countryHeader: 'x-client-country',
  }
  const app = await App.open(data === undefined ? config : { ...config, data }, env, {
    run: data === undefined ? 'memory' : 'inline',
  })
  const server = await buildServer(app, { inMemory: data === undefined })
  const reports = quiet ? 1 / 60 : 0.5
  const usual = streamOf({ service: 'shop', minutes: HISTORY_MIN, seed: 4, requests: 0, reports, cells: ['a'] })
  await app.ingestValues(
    [topology({ service: 'shop', at: STREAM_START, components: [{ id: 'cart', name: 'Cart' }] }), ...usual].sort(
      (a, b) => arrival(a) - arrival(b),
    ),
  )
  let at = STREAM_START + HISTORY_MIN * MINUTE
  let n = 0
  const clock = () => app.ingestValues([report({ service: 'clock', at, id: `tick-${at}`, bad: 0, reporter: 'clock' })])
  await clock()
  await app.caughtUp()
  return {
    app,
    server,
    post: (address, { agent = 'Browser', cookie, forwarded, asn, country, fields = {} } = {}) =>
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
          ...(asn === undefined ? {} : { 'x-client-asn': asn }),
          ...(country === undefined ? {} : { 'x-client-country': country }),
        },
        payload: new URLSearchParams({ service: 'shop', kind: 'bad', ...fields }).toString(),
      }),
    minute: async () => {
      at += MINUTE
      env.move(MINUTE)
      // Every other minute somebody reports as usual.
      if (n++ % 2 === 0 && !quiet)
        await app.ingestValues([report({ service: 'shop', at: at - 1, id: `usual-${n}`, reporter: `u${n}` })])
      await clock()
      await app.caughtUp()
    },
    service: async () => (await app.reader.service('shop')) as never,
    incidents: async () => (await app.reader.incidents({ limit: 10 })) as never,
    badOf: async () => (await app.reader.rollups('shop', STREAM_START, at + MINUTE)).map(r => r.reports.bad),
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
  for (const [sentence, minutes, count] of [
    ['fake reports within one minute', 1, LONG ? 20_000 : 2_000],
    ['fake reports over ten minutes', 10, LONG ? 100_000 : 8_000],
  ] as const)
    it(`${count} ${sentence} from 50 addresses, each with forged headers and a fresh cookie, move nothing`, async () => {
      await using attacked = await world()
      await using quiet = await world()
      const each = count / minutes
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

  it.each<[party: string, reports: number, address: (i: number) => string]>([
    ['three /24 of one /16, six reports', 6, i => `198.51.${100 + (i % 3)}.${1 + i}`],
    ['one /16', 400, i => `198.51.${i % 256}.${1 + (i % 200)}`],
    ['one IPv6 /32', 400, i => `2001:db8:${i.toString(16)}::1`],
    ['one IPv6 /29', 400, i => `2a01:${(0x1238 + (i % 8)).toString(16)}:${i.toString(16)}::1`],
  ])(
    '%s: nothing opens within half an hour, fast or slow',
    async (_, reports, address) => {
      for (const minutes of [5, 20]) {
        await using attacked = await world()
        for (let minute = 0; minute < 30; minute++) {
          const [from, until] = [minute, minute + 1].map(m => Math.round((Math.min(m, minutes) * reports) / minutes))
          await all(until! - from!, i =>
            attacked.post(address(from! + i), {
              agent: `Browser ${from! + i}`,
              fields: { text: `no login ${from! + i}` },
            }),
          )
          await attacked.minute()
        }
        expect(await attacked.incidents()).toEqual([])
      }
    },
    60_000,
  )

  it('one numbered network opens nothing, however many addresses it has everywhere', async () => {
    await using attacked = await world()
    for (let minute = 0; minute < 20; minute++) {
      await all(20, i =>
        attacked.post(`${20 + ((minute * 20 + i) % 180)}.${i * 7}.3.4`, {
          agent: `Browser ${i}`,
          asn: `AS${64_500 + (i % 2)}`,
        }),
      )
      await attacked.minute()
    }
    expect(await attacked.incidents()).toEqual([])
  })

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

describe('what a stranger may send', () => {
  let crowd: World
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-report-'))
  beforeAll(async () => {
    crowd = await world(folder)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
  })
  const texts = async () => {
    await crowd.app.caughtUp()
    const entries: string[] = []
    const { log } = (
      crowd.app as unknown as {
        workspace: {
          parts: { log: { read(after: number, max: number): Promise<{ position: number; body: Uint8Array }[]> } }
        }
      }
    ).workspace.parts
    for (let after = 0; ; ) {
      const rows = await log.read(after, 100)
      if (rows.length === 0) return entries
      for (const row of rows) entries.push(...Buffer.from(row.body).toString().split('\n'))
      after = rows.at(-1)!.position
    }
  }

  it.each<[string, string, string]>([
    ['script', '<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['SQL', `'); DROP TABLE rollup; --`, `'); DROP TABLE rollup; --`],
    ['marks of direction', 'pay\u202Egnp.exe\u2066 \u200Fnow', 'paygnp.exe now'],
    ['controls', 'a\u0000b\u001b[31mc\u0007', 'ab[31mc'],
    ['lines that look like others', 'one\n{"type":"observation"}', 'one\n{"type":"observation"}'],
    ['Hindi with joiners', 'नहीं क्\u200dष', 'नहीं क्\u200dष'],
  ])('%s is text and stays text', async (_, text, kept) => {
    const n = text.length
    expect((await crowd.post(`203.0.${n}.${n}`, { fields: { text } })).statusCode).toBe(303)
    const stored = (await texts())
      .filter(line => line.includes('web-'))
      .map(line => (JSON.parse(line) as { text?: string }).text)
    expect(stored).toContain(kept)
    const page = await crowd.server.inject({ url: '/s/shop', headers: { accept: 'text/html' } })
    expect(page.statusCode).toBe(200)
    expect(page.body).not.toContain('<script>alert')
  })
  it.each<[string, Record<string, string>, number, string]>([
    ['a text of 2,000 characters', { text: 'x'.repeat(2_000) }, 400, 'body.text.maxLength'],
    ['a text of 100 KB', { text: 'x'.repeat(100_000) }, 413, 'FST_ERR_CTP_BODY_TOO_LARGE'],
    ['a kind that is none', { kind: '<b>' }, 400, 'body.kind'],
  ])('%s is refused and told why', async (_, fields, status, rule) => {
    const answer = await crowd.post('203.0.113.50', { fields })
    expect(answer.statusCode).toBe(status)
    expect((JSON.parse(answer.body) as { rule: string }).rule).toContain(rule)
    expect(answer.body).not.toMatch(/\bat \w+.*:\d+:\d+/)
  })
  it('names that a stranger invents do not fill the label book', async () => {
    const { labelValues } = crowd.app.memory
    await all(300, i =>
      crowd.post(`${20 + (i % 180)}.7.3.4`, {
        fields: { problem: `p${i}`, platform: `x${i}`, country: i % 2 === 0 ? 'ZZ' : 'QX' },
      }),
    )
    expect(crowd.app.memory.labelValues).toBeLessThanOrEqual(labelValues + 2)
  })
  it('takes the country that a proxy names where somebody leaves it to that, and none where they do not', async () => {
    await using w = await world()
    await w.post('203.0.113.1', { country: 'AT', fields: { country: 'auto' } })
    await w.post('198.51.100.2', { country: 'DE' })
    await w.post('192.88.99.3', { country: 'DE', fields: { country: 'CH' } })
    await w.post('203.0.112.4', { fields: { country: 'auto' } })
    for (let i = 0; i < 6; i++) await w.minute()
    const rows = await w.app.reader.rollups('shop', 0, Number.MAX_SAFE_INTEGER)
    expect([...new Set(rows.flatMap(row => Object.keys(row.reportsBy['country'] ?? {})))].sort()).toEqual(['AT', 'CH'])
  })

  it('one person counts once, also from another address with the pass, or with a forwarding header of his own', async () => {
    await crowd.app.caughtUp()
    const before = (await crowd.badOf()).reduce((a, b) => a + b, 0)
    const first = await crowd.post('45.6.7.8')
    const cookie = String(first.headers['set-cookie']).split(';')[0]!
    expect(String(first.headers['set-cookie'])).toMatch(
      /Path=\/api\/v1\/report; Max-Age=86400; HttpOnly; SameSite=Lax$/,
    )
    await crowd.post('45.6.7.8')
    await crowd.post('46.6.7.8', { cookie })
    await crowd.post('45.6.7.8', { forwarded: '8.8.8.8' })
    // Straight to us, past the proxy: what the header says is not read.
    for (const forged of ['9.9.9.9', '7.7.7.7'])
      await crowd.server.inject({
        method: 'POST',
        url: '/api/v1/report',
        remoteAddress: '45.6.7.8',
        headers: { 'x-forwarded-for': forged, 'user-agent': 'Browser' },
        payload: { service: 'shop', kind: 'bad' },
      })
    await crowd.minute()
    // He, and the one who reports as usual.
    expect((await crowd.badOf()).reduce((a, b) => a + b, 0) - before).toBe(2)
  })
  it('no address is anywhere in what is kept', async () => {
    const addresses = ['77.88.99.111', '2a02:db8:77:88::99', '83.84.85.86']
    for (const address of addresses) await crowd.post(address, { forwarded: '91.92.93.94' })
    await crowd.minute()
    const row = JSON.stringify(await crowd.service())
    // Rows of the log are packed in its file.
    const logged = await texts()
    await crowd[Symbol.asyncDispose]()
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    expect(names.map(entry => entry.name)).toEqual(expect.arrayContaining(['report-keys', 'log.db', 'store.db']))
    const kept =
      names.map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n') +
      row +
      logged.join('\n')
    expect(kept).toContain('web-')
    for (const address of [...addresses, '91.92.93.94', '77.88.99', '2a02:db8', '45.6.7.8', PROXY])
      expect(kept).not.toContain(address)
    expect(JSON.stringify((crowd.app.env as ReturnType<typeof fakeEnv>).said)).not.toContain('77.88.99')
  })
})
