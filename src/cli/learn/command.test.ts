import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../../contract/config.js'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { buildServer } from '../../http/server.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { poisson, sfc32 } from '../../core/stat/random.js'
import { fakeEnv } from '../../testing/env.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-learn-'))
afterAll(() => rmSync(folder, { recursive: true }))
const root = join(import.meta.dirname, '../../..')
const NOW = Date.UTC(2026, 5, 10, 12)
const QUARTER = 15 * MINUTE
let n = 0
const configOf = (): Config => ({ ...complete({ clock: 'wall', data: join(folder, String(++n)) }), port: 0 })
const file = (name: string, text: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Ten days of quarters, from forty by night to a hundred and sixty at noon; and one evening in which it was down. */
const usualOf = (at: number) => 100 + 60 * Math.cos((2 * Math.PI * (at - NOW)) / DAY)
const random = sfc32(5)
const history = Array.from({ length: 10 * 96 }, (_, i) => {
  const at = NOW - 10 * DAY + i * QUARTER
  const down = at > NOW - 3 * DAY && at < NOW - 3 * DAY + 2 * HOUR
  return { at, count: poisson(random, down ? 1_500 : usualOf(at)) }
})
const csv = `time,service,count\n${history.map(({ at, count }) => `${new Date(at).toISOString()},shop,${count}`).join('\n')}\n`

async function house(config = configOf(), env = fakeEnv(NOW)) {
  const app = await App.open(config, env, { run: 'inline' })
  const server = await buildServer(app, { inMemory: true })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const learn = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>(done => {
      const all = [join(root, 'dist/cli/main.js'), 'learn', ...args]
      const more = ['--url', `http://127.0.0.1:${port}`, '--data', config.data]
      execFile(process.execPath, [...all, ...more], (error, out, err) =>
        done({ code: error === null ? 0 : Number(error.code), out, err }),
      )
    })
  const close = async () => {
    await server.close()
    await app[Symbol.asyncDispose]()
  }
  return { env, app, config, learn, close }
}

const usual = async (app: App) => {
  await app.caughtUp()
  return (await app.reader.service('shop'))!
}

describe('epicenter learn', () => {
  it('teaches the usual level from past counts, opens nothing, and leaves what was not heard of unknown', async () => {
    const { app, learn, close } = await house()
    expect(await learn(file('a.csv', csv))).toMatchObject({
      code: 0,
      out: 'shop (report): learned from 960 bins of 15 min\n',
    })
    const service = await usual(app)
    expect(service.state).toBe('unknown')
    expect(service.recent.expected).toBeGreaterThan(130)
    expect(service.recent.expected).toBeLessThan(190)
    expect(await app.reader.incidents({ limit: 10 })).toEqual([])
    await close()
  })

  it('takes the same counts once, whatever the file is called and however it is packed, also after a restart', async () => {
    const first = await house()
    await first.learn(file('b.csv', csv))
    const before = await usual(first.app)
    const packed = file('c.csv.gz', gzipSync(csv))
    expect((await first.learn(packed)).out).toMatch(/already known/)
    expect((await usual(first.app)).recent).toEqual(before.recent)
    await first.close()
    const again = await house(first.config, first.env)
    const lines = history.map(({ at, count }) => JSON.stringify({ time: at, service: 'shop', count })).join('\n')
    expect((await again.learn(file('d.ndjson', lines))).out).toMatch(/already known/)
    expect((await usual(again.app)).recent.expected).toBeCloseTo(before.recent.expected ?? Number.NaN, 0)
    await again.close()
  })

  it('is learned again, to the same level, by a rebuild from the log', async () => {
    const first = await house()
    await first.learn(file('e.csv', csv))
    const { expected } = (await usual(first.app)).recent
    await first.close()
    // With its side files: a log of changes without its database is refused, as it may be all that is left.
    for (const end of ['', '-wal', '-shm']) rmSync(join(first.config.data, `store.db${end}`), { force: true })
    const again = await house(first.config, first.env)
    await again.app.beat()
    expect((await usual(again.app)).recent.expected).toBe(expected)
    await again.close()
  })

  it('finds trouble in the first minutes that it would not know of without, and none where there is none', async () => {
    const { app, env, learn, close } = await house()
    await learn(file('f.csv', csv))
    const people = sfc32(8)
    let id = 0
    const minute = async (mean: number) => {
      const at = env.now()
      const lines = Array.from({ length: poisson(people, mean) }, () =>
        JSON.stringify({
          type: 'observation',
          via: 'report',
          id: `r-${++id}`,
          service: 'shop',
          at,
          bad: 1,
          reporter: `p-${id}`,
        }),
      )
      if (lines.length > 0) await app.ingest(Buffer.from(lines.join('\n')))
      env.move(MINUTE)
      await app.beat()
    }
    for (let i = 0; i < 40; i++) await minute(160 / 15)
    await app.caughtUp()
    expect(await app.reader.incidents({ limit: 10 })).toEqual([])
    for (let i = 0; i < 10; i++) await minute(110)
    await app.caughtUp()
    expect((await app.reader.incidents({ limit: 10 })).length).toBe(1)
    await close()
  })

  it('says that it did not take a past that is over, of a service that has learned for longer by itself', async () => {
    const { app, env, learn, close } = await house()
    // Half an hour at a time for five days: what was lived through is newer than the past that is offered.
    for (let i = 0; i < 5 * 48; i++) {
      const one = { type: 'observation', via: 'report', id: `l-${i}`, service: 'shop', at: env.now(), bad: 1 }
      await app.ingest(Buffer.from(JSON.stringify({ ...one, reporter: `p-${i}` })))
      env.move(30 * MINUTE)
      await app.beat()
    }
    const before = await usual(app)
    expect(await learn(file('lived.csv', csv))).toEqual({
      code: 0,
      out: 'shop (report): not used, the service has learned from its own signals for longer: 960 bins of 15 min\n',
      err: '',
    })
    expect((await usual(app)).recent.expected).toEqual(before.recent.expected)
    await close()
  })

  it('teaches the share of requests that usually fails', async () => {
    const { app, learn, close } = await house()
    const lines = history.map(({ at, count }) => JSON.stringify({ time: at, count, total: 20 * count }))
    expect(await learn(file('g.ndjson', lines.join('\n')), '--service', 'shop')).toMatchObject({
      code: 0,
      out: 'shop (metric): learned from 960 bins of 15 min\n',
    })
    expect((await usual(app)).state).toBe('unknown')
    await close()
  })

  it.each([
    [
      'time,count\n2026-06-01T00:00Z,5\n2026-06-01T00:15Z,many\n',
      /h.csv, line 3: count must be a whole number .*, not "many"/,
    ],
    [
      'time,count\n2026-06-01T00:00Z,5\n2026-06-01T00:00Z,7\n2026-06-01T01:00Z,7\n',
      /line 3: each bin comes once: .*line 2/,
    ],
    ['time,count,total\n2026-06-01T00:00Z,5,2\n', /line 2: total must be a whole number from count/],
    ['when,count\n2026-06-01T00:00Z,5\n', /line 1: a column must be named time or at/],
    ['time,count\nyesterday,5\n', /line 2: time must be ISO 8601/],
    ['', /no usable row|line 1/],
  ])('says which row breaks which rule, and sends nothing (%#)', async (text, says) => {
    const { app, learn, close } = await house()
    const said = await learn(file('h.csv', text), '--service', 'shop')
    expect(said.code).toBe(2)
    expect(said.err).toMatch(says)
    expect(await app.reader.service('shop')).toBeNull()
    await close()
  })

  it('says what the server refuses: counts of the future, a wrong token', async () => {
    const { learn, close } = await house()
    const ahead = `time,count\n2026-06-10T11:00Z,5\n2026-06-11T00:00Z,5\n`
    expect(await learn(file('i.csv', ahead), '--service', 'shop', '--bin', '1h')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/must begin before log time/),
    })
    expect(await learn(file('j.csv', csv), '--token', 'wrong')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/token/),
    })
    await close()
  })
})
