import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../contract/config.js'
import { MINUTE, SECOND } from '../contract/time.js'
import { buildServer } from './server.js'
import { fakeEnv } from '../testing/env.js'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import type { Parts, PartsOptions } from '../shell/parts.js'

const START = Date.UTC(2026, 5, 10, 9)
const folder = mkdtempSync(join(tmpdir(), 'epicenter-ready-'))
const mounted: string[] = []
afterAll(() => {
  for (const place of mounted) execFileSync('umount', ['-l', place])
  rmSync(folder, { recursive: true })
})
let n = 0
const configOf = (data = join(folder, String(++n))): Config => ({ ...complete({ clock: 'wall', data }), port: 0 })

const linesOf = (from: number, count: number, text = 'x'.repeat(2_000)) =>
  Buffer.from(
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({
        type: 'observation',
        via: 'report',
        id: `r-${from + i}`,
        service: 's',
        at: START,
        bad: 1,
        text,
      }),
    ).join('\n'),
  )

async function house(options: PartsOptions, config = configOf()) {
  const env = fakeEnv(START)
  const app = await App.open(config, env, options)
  const server = await buildServer(app, { inMemory: true })
  const ready = async () => {
    const answer = await server.inject('/readyz')
    return { status: answer.statusCode, ...(answer.json() as { ready: boolean; why?: string; backlog: number }) }
  }
  const parts = (app as unknown as { workspace: { parts: Parts } }).workspace.parts
  const close = async () => {
    await server.close()
    await app[Symbol.asyncDispose]()
  }
  return { env, app, server, ready, parts, close }
}

describe('/readyz', () => {
  it('says why it is not ready while the log has no room, and is ready by itself when there is some', async () => {
    const { app, ready, parts, close } = await house({ run: 'memory' })
    const append = parts.append.bind(parts)
    parts.append = () => Promise.reject(new Error('no room on the disk (SQLITE_FULL)'))
    await expect(app.ingest(linesOf(0, 3))).rejects.toThrow('no room on the disk')
    expect(await ready()).toMatchObject({ status: 503, ready: false, why: expect.stringContaining('SQLITE_FULL') })
    await app.beat()
    expect((await ready()).status).toBe(503)
    // Room for a little is none for what was refused.
    parts.append = async entries => {
      if (entries.some(e => e.body.length > 5_000)) throw new Error('no room on the disk (SQLITE_FULL)')
      return append(entries)
    }
    await app.beat()
    expect((await ready()).status).toBe(503)
    parts.append = append
    await app.beat()
    expect(await ready()).toMatchObject({ status: 200, ready: true })
    expect(await app.ingest(linesOf(0, 3))).toMatchObject({ accepted: 3, duplicate: 0 })
    await close()
  })

  it('is not ready while the engine stands still, and says for how long', async () => {
    const { env, app, ready, parts, close } = await house({ run: 'memory' })
    const { wake } = parts
    parts.wake = () => {}
    await app.ingest(linesOf(0, 3))
    expect((await ready()).status).toBe(200)
    env.move(40 * SECOND)
    expect(await ready()).toMatchObject({ status: 503, why: expect.stringMatching(/committed nothing for 40 s/) })
    parts.wake = wake
    wake()
    await app.caughtUp()
    expect((await ready()).status).toBe(200)
    await close()
  })

  it('is not ready while what is shown lies far behind', async () => {
    const { env, app, ready, close } = await house({ run: 'memory' })
    await app.ingest(linesOf(0, 3))
    await app.caughtUp()
    const { workspace } = app as unknown as { workspace: { gate: { stamp(at: number): void } } }
    workspace.gate.stamp(START + 20 * MINUTE)
    expect(await ready()).toMatchObject({ status: 503, why: expect.stringMatching(/is 20 min behind/) })
    env.move(20 * MINUTE)
    await app.beat()
    await app.caughtUp()
    expect((await ready()).status).toBe(200)
    await close()
  })

  it('is not ready while the clock is not believed or was never set, and metrics tell of it', async () => {
    const { env, app, server, ready, close } = await house({ run: 'memory' })
    await app.beat()
    env.leap(-3 * 86_400_000)
    await app.beat()
    expect(await ready()).toMatchObject({ status: 503, why: 'the clock leapt by −3 d and is not trusted yet' })
    const metrics = (await server.inject('/metrics')).body
    expect(metrics).toMatch(/^epicenter_ready 0$/m)
    expect(metrics).toMatch(/^epicenter_clock_believed 0$/m)
    expect(metrics).toMatch(/^epicenter_clock_off_seconds -259200$/m)
    env.leap(3 * 86_400_000)
    await app.beat()
    expect(await ready()).toMatchObject({ status: 200 })
    await close()
  })

  it.each([1970, 2000])(
    'takes nothing on a machine that says it is %i, and goes on when its clock is set',
    async year => {
      const env = fakeEnv(Date.UTC(year, 0, 1))
      const app = await App.open(configOf(), env, { run: 'memory' })
      await app.beat()
      expect(app.health.why).toMatch(/before this program was made/)
      await expect(app.ingest(linesOf(0, 1))).rejects.toThrow(/it has to be set first/)
      env.leap(START - env.now())
      await app.beat()
      expect(app.health.ok).toBe(true)
      expect(await app.ingest(linesOf(0, 1))).toMatchObject({ accepted: 1 })
      await app[Symbol.asyncDispose]()
    },
  )
})

/** A disk of four megabytes; false where this user may mount nothing. */
function smallDisk(place: string): boolean {
  mkdirSync(place)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place], { stdio: 'ignore' })
  } catch {
    return false
  }
  mounted.push(place)
  return true
}

describe('a disk that is really full', () => {
  const place = join(folder, 'disk')
  const can = process.getuid?.() === 0 && smallDisk(place)

  it.runIf(can)(
    'refuses with 503, loses nothing that was acknowledged, and takes signals again when there is room',
    async () => {
      const ballast = join(place, 'ballast')
      const { app, ready, close } = await house({ run: 'inline' }, configOf(join(place, 'data')))
      await app.ingest(linesOf(0, 10))
      const { bavail, bsize } = statfsSync(place)
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - 65_536))
      let acknowledged = 10
      let refused = 0
      for (let i = 0; i < 20; i++)
        await app.ingest(linesOf(100 + i * 20, 20)).then(
          receipt => (acknowledged += receipt.accepted),
          () => refused++,
        )
      expect(refused).toBeGreaterThan(0)
      expect(await ready()).toMatchObject({ status: 503, why: expect.stringMatching(/cannot be written/) })
      truncateSync(ballast, 0)
      await app.beat()
      expect(await ready()).toMatchObject({ status: 200 })
      for (let i = 0; i < 20; i++) acknowledged += (await app.ingest(linesOf(100 + i * 20, 20))).accepted
      expect(acknowledged).toBe(10 + 400)
      await app.caughtUp()
      const rows = await app.reader.rollups('s', START - 60 * MINUTE, START + 60 * MINUTE)
      expect(rows.reduce((sum, row) => sum + row.reports.bad, 0)).toBe(410)
      await close()
    },
  )
})
