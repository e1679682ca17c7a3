import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../../contract/config.js'
import type { Rollup } from '../../contract/view.js'
import { fakeEnv } from '../../testing/env.js'
import { streamOf } from '../../testing/stream.js'
import { App } from '../app.js'
import { faultsOfFolder } from './check-data.js'
import { complete } from '../config/load.js'

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-together-'))
afterAll(() => rmSync(scratch, { recursive: true }))
let n = 0
const fresh = (): Config => ({ ...complete({ clock: 'signals', data: join(scratch, String(++n)) }), port: 0 })
const inline = { run: 'inline' } as const
const linesOf = (values: readonly unknown[]) => Buffer.from(values.map(v => `${JSON.stringify(v)}\n`).join(''))

/** An outage in the middle: open at 80 minutes, over at the end. */
const signals = streamOf({
  minutes: 150,
  seed: 5,
  reports: 2,
  requests: 60,
  cells: ['a', 'b'],
  components: ['x'],
  tiers: ['free'],
  faults: [{ from: 60, until: 95, where: { cell: ['a'] }, bad: 0.6 }],
})
const [quiet, during] = [0.25, 0.55].map(share => Math.floor(signals.length * share)) as [number, number]
const LOG = ['log.db', 'log.db-wal', 'log.db-shm']

/** As a clean end of the process leaves it: in this one, connections stay open until memory is collected. */
async function ended(config: Config): Promise<Config> {
  const copy = { ...config, data: fresh().data }
  mkdirSync(copy.data)
  const { default: Database } = await import('libsql')
  for (const name of readdirSync(config.data)) {
    if (name.endsWith('.db')) {
      const db = new Database(join(config.data, name))
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      db.close()
    }
    if (!/-wal$|-shm$|^lock$|^owner$/.test(name)) copyFileSync(join(config.data, name), join(copy.data, name))
  }
  return copy
}

/** As a kill leaves it: the files of a running workspace, copied while nothing moves. */
async function killed(app: App, data: string): Promise<void> {
  await app.caughtUp()
  mkdirSync(data, { recursive: true })
  cpSync(app.config.data, data, { recursive: true, filter: from => !/\/(lock|owner)$/.test(from) })
}
const lose = (data: string, names: string[]) => {
  for (const name of names) rmSync(join(data, name), { force: true })
}
/** Whole in itself, and every signal that is acknowledged is folded. */
async function goesOn(config: Config, rest: typeof signals): Promise<{ app: App; said: string[] }> {
  const env = fakeEnv(undefined, 7)
  const app = await App.open(config, env, inline)
  const before = await app.reader.workspace()
  const receipt = await app.ingest(linesOf(rest))
  await app.caughtUp()
  const after = await app.reader.workspace()
  expect(receipt.accepted).toBeGreaterThan(0)
  expect(app.health).toMatchObject({ durable: app.health.folded, backlog: 0 })
  expect(after.position).toBeGreaterThan(before.position)
  expect(after.now).toBe(Math.max(...rest.map(s => s.seenAt ?? s.at)))
  return { app, said: env.said.map(each => each.what) }
}

describe('a log that ends before what was committed', () => {
  const ENDS = 'the log ends before what was committed: entries were lost, and what comes now follows after them'

  it.each<[string, (data: string, old: string) => void]>([
    ['is not there any more', data => lose(data, LOG)],
    [
      'is empty',
      data => {
        lose(data, LOG)
        writeFileSync(join(data, 'log.db'), '')
      },
    ],
    ['lost what was not folded back into it', data => lose(data, LOG.slice(1))],
    [
      'lost the second half of that',
      data => {
        const wal = join(data, 'log.db-wal')
        truncateSync(wal, Math.floor(readFileSync(wal).length / 2))
        lose(data, LOG.slice(2))
      },
    ],
    [
      'is an older copy',
      (data, old) => {
        lose(data, LOG)
        copyFileSync(join(old, 'log.db'), join(data, 'log.db'))
      },
    ],
  ])('%s: it is said, and everything that comes is folded', async (_, harm) => {
    const [first, after] = [fresh(), fresh()]
    {
      await using app = await App.open(first, fakeEnv(), inline)
      await app.ingest(linesOf(signals.slice(0, quiet)))
    }
    const [old, live] = [await ended(first), await ended(first)]
    {
      await using app = await App.open(live, fakeEnv(), inline)
      for (let i = quiet; i < during; i += 200) await app.ingest(linesOf(signals.slice(i, Math.min(i + 200, during))))
      await killed(app, after.data)
    }
    harm(after.data, old.data)
    if (existsSync(join(after.data, 'log.db')) && readFileSync(join(after.data, 'log.db')).length > 0)
      expect((await faultsOfFolder(after.data)).faults.join()).toMatch(
        /log\.db ends at entry \d+, before what was committed/,
      )
    const { app, said } = await goesOn(after, signals.slice(during))
    expect(said).toContain(ENDS)
    expect(app.gaps).toBe(1)
    // Nothing that people were told stays open for ever, and each step of each incident is there once.
    const incidents = await app.reader.incidents({ limit: 100 })
    expect(incidents.length).toBeGreaterThan(0)
    expect(incidents.filter(each => each.open)).toEqual([])
    for (const { events } of incidents) expect(events.map(e => e.seq)).toEqual(events.map((_, i) => i))
    await app[Symbol.asyncDispose]()
    // And the next start has nothing to say.
    const env = fakeEnv(undefined, 8)
    await using again = await App.open(after, env, inline)
    expect(await again.ingest(linesOf(signals.slice(during)))).toMatchObject({ accepted: 0 })
    expect(env.said).toEqual([])
    expect((await faultsOfFolder(after.data)).faults).toEqual([])
  })

  it('closes what nobody can follow any more, and says why', async () => {
    const [live, after] = [fresh(), fresh()]
    {
      await using app = await App.open(live, fakeEnv(), inline)
      await app.ingest(linesOf(signals.slice(0, during)))
      await app.caughtUp()
      expect((await app.reader.incidents({ limit: 1 }))[0]!.open).toBe(true)
      await killed(app, after.data)
    }
    lose(after.data, LOG)
    const { app } = await goesOn(after, signals.slice(during))
    const [first] = (await app.reader.incidents({ limit: 100 })).reverse()
    expect(first).toMatchObject({ open: false, latest: { event: 'resolved', why: expect.stringMatching(/was lost/) } })
    await app[Symbol.asyncDispose]()
  })
})

describe('log and store', () => {
  async function stopped(upTo = signals.length, seed = 1): Promise<Config> {
    const config = fresh()
    {
      await using app = await App.open(config, fakeEnv(undefined, seed), inline)
      await app.ingest(linesOf(signals.slice(0, upTo)))
    }
    return await ended(config)
  }
  const refused = async (config: Config) =>
    ((await App.open(config, fakeEnv(), inline).catch((error: Error) => error)) as Error).message

  it('of two workspaces are refused, both named', async () => {
    const [one, other] = [await stopped(quiet, 1), await stopped(quiet, 2)]
    copyFileSync(join(other.data, 'store.db'), join(one.data, 'store.db'))
    expect(await refused(one)).toMatch(/log\.db and .*store\.db are of two workspaces/)
    expect((await faultsOfFolder(one.data)).faults.join()).toMatch(/of two workspaces/)
  })

  it('are a pair again when the store is gone: it is computed again from the log', async () => {
    const config = await stopped()
    const alone = await ended(config)
    lose(alone.data, ['store.db'])
    await using before = await App.open(config, fakeEnv(), inline)
    await using app = await App.open(alone, fakeEnv(), inline)
    await app.caughtUp()
    expect(await app.reader.incidents({ limit: 100 })).toEqual(await before.reader.incidents({ limit: 100 }))
    expect(await app.ingest(linesOf(signals))).toMatchObject({ accepted: 0, duplicate: signals.length })
  })

  it('an older store takes up what the log has more', async () => {
    const old = await stopped(during)
    const running = await ended(old)
    {
      await using app = await App.open(running, fakeEnv(), inline)
      await app.ingest(linesOf(signals.slice(during)))
    }
    const undisturbed = await stopped()
    const config = await ended(running)
    copyFileSync(join(old.data, 'store.db'), join(config.data, 'store.db'))
    const incidents = async (of: Config) => {
      await using app = await App.open(of, fakeEnv(), inline)
      await app.caughtUp()
      return await app.reader.incidents({ limit: 100 })
    }
    expect(await incidents(config)).toEqual(await incidents(undisturbed))
  })

  it.each(['log.db', 'store.db'])(
    '%s of which only the write-ahead log is left is not begun anew over it',
    async name => {
      for (const end of ['', 'x']) {
        const config = await stopped(quiet)
        rmSync(join(config.data, name))
        if (end === 'x') writeFileSync(join(config.data, name), '')
        writeFileSync(join(config.data, `${name}-wal`), 'something')
        expect(await refused(config)).toMatch(
          new RegExp(`${name} is (not there|empty), but .*${name}-wal is: put .* back`),
        )
        expect(readFileSync(join(config.data, `${name}-wal`), 'utf8')).toBe('something')
      }
    },
  )

  it.each(['log.db', 'store.db'])('%s that is no database, or cut, or of a newer version is named', async name => {
    const config = await stopped()
    const file = join(config.data, name)
    const whole = readFileSync(file)
    const harms: [RegExp, Buffer][] = [
      [/it is no SQLite database/, Buffer.from('no database at all, but long enough to look at'.repeat(100))],
      [/damaged/, whole.subarray(0, Math.floor(whole.length / 2))],
    ]
    for (const [why, bytes] of harms) {
      writeFileSync(file, bytes)
      const said = await refused(config)
      expect(said).toContain(file)
      expect(said).toMatch(why)
      expect(readFileSync(file).equals(bytes)).toBe(true)
    }
    writeFileSync(file, whole)
    const { default: Database } = await import('libsql')
    const db = new Database(file)
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(await refused(config)).toMatch(new RegExp(`${name} was written by a newer version`))
  })

  it('a note of labels that cannot be read is made anew', async () => {
    const config = await stopped(quiet)
    const { default: Database } = await import('libsql')
    const db = new Database(join(config.data, 'store.db'))
    db.exec("UPDATE meta SET value = x'00', sum = NULL WHERE key = 'labels'")
    db.close()
    const env = fakeEnv()
    await using app = await App.open(config, env, inline)
    expect(app.memory.labelValues).toBeGreaterThan(0)
    expect(env.said.map(each => each.what)).toEqual(['the note of labels cannot be read; it is made anew from the log'])
  })
})

describe('a folder of the first version', () => {
  const fixture = join(import.meta.dirname, '../fixtures/folder-v1')
  function copied(): Config {
    const config = { ...fresh(), services: [{ id: 'chat', title: 'Chat', components: [], dependsOn: [] }] }
    mkdirSync(config.data)
    cpSync(fixture, config.data, { recursive: true })
    for (const name of ['log.db', 'store.db']) {
      writeFileSync(join(config.data, name), gunzipSync(readFileSync(join(fixture, `${name}.gz`))))
      rmSync(join(config.data, `${name}.gz`))
    }
    renameSync(join(config.data, 'state.json'), join(scratch, `state-${n}.json`))
    return config
  }
  const state = JSON.parse(readFileSync(join(fixture, 'state.json'), 'utf8')) as Record<string, unknown[]>
  const shown = async (app: App) => {
    const from = Date.UTC(2031, 3, 9, 12)
    return {
      incidents: await app.reader.incidents({ limit: 50 }),
      services: await app.reader.services(),
      rollups: await app.reader.rollups('chat', from, from + 86_400_000),
    }
  }
  // What was counted stays; what is usual is stated by the rules of the program that folds.
  const counted = (row: unknown) => {
    const { bin, reports, checks, metrics, reportsBy } = row as Rollup
    return { bin, bad: reports.bad, ok: reports.ok, checks, metrics, reportsBy }
  }
  // What was added to answers since is no part of what was stored.
  const stored = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown[]>

  it('opens with the same state, goes on, and can be checked', async () => {
    const config = copied()
    {
      await using app = await App.open(config, fakeEnv(), inline)
      await app.caughtUp()
      const now = stored(await shown(app))
      expect(now['incidents']).toMatchObject(state['incidents'] as object[])
      expect(now['rollups']!.map(counted)).toEqual(state['rollups']!.map(counted))
      expect(now['services']).toMatchObject([{ service: 'chat', title: 'Chat' }])
      expect(app.token).toMatchObject({ token: readFileSync(join(fixture, 'token'), 'utf8').trim(), fresh: false })
      const line = { type: 'observation', via: 'report', service: 'chat', at: '2031-04-09T13:29:00.000Z', bad: 1 }
      // Also the ids of before are known again.
      expect(
        await app.ingest(
          linesOf([
            { ...line, id: 'm1' },
            { ...line, id: 'new' },
          ]),
        ),
      ).toMatchObject({
        accepted: 1,
        duplicate: 1,
      })
    }
    const { faults, notes } = await faultsOfFolder(config.data)
    expect(faults).toEqual([])
    expect(notes.join()).toMatch(/are of an older version and carry no checksum/)
  })

  it('can be checked as it is', async () => {
    const { faults, notes } = await faultsOfFolder(copied().data)
    expect(faults).toEqual([])
    expect(notes.join()).toMatch(/log\.db is of an older version/)
  })
})
