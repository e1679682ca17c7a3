import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeEnv } from '../../testing/env.js'
import { App } from '../app.js'
import { DataFolder } from './data-folder.js'
import { complete } from '../config/load.js'

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-folder-'))
afterAll(() => rmSync(scratch, { recursive: true }))
let n = 0
const fresh = () => join(scratch, String(++n))
const inline = { run: 'inline' } as const
const own = (data: string) => ({ ...complete({ clock: 'signals', data }), port: 0 })
const demo = (data: string) => ({ ...own(data), demo: true })
const line = Buffer.from(
  '{"type":"observation","via":"report","id":"r1","service":"shop","at":"2031-04-09T12:00:00Z","bad":1}\n',
)

/** A real folder with one signal in it. */
async function real(): Promise<string> {
  const data = fresh()
  await using app = await App.open(own(data), fakeEnv(undefined, 99), inline)
  await app.ingest(line)
  return data
}
const seen = (data: string) =>
  // What SQLite puts beside a file while it reads it.
  readdirSync(data)
    .filter(name => !/-(wal|shm)$/.test(name))
    .sort()
    .map(name => {
      const { size, mtimeMs, mode } = statSync(join(data, name))
      return [name, size, mtimeMs, mode]
    })

describe('the demonstration', () => {
  it('makes and marks a folder, and empties it at each start', async () => {
    const data = fresh()
    for (let i = 0; i < 2; i++) {
      await using app = await App.open(demo(data), fakeEnv(undefined, i + 1), inline)
      expect(await app.ingest(line)).toMatchObject({ accepted: 1, duplicate: 0 })
    }
    expect(readFileSync(join(data, 'demonstration'), 'utf8')).toMatch(/Keep nothing here/)
  })

  it.each<[string, () => Promise<string>]>([
    ['a real data folder', real],
    [
      'a real data folder behind a link',
      async () => {
        const link = fresh()
        symlinkSync(await real(), link)
        return link
      },
    ],
    [
      'a folder of somebody’s files',
      async () => {
        const data = fresh()
        mkdirSync(data)
        writeFileSync(join(data, 'letter.txt'), 'dear')
        return data
      },
    ],
    [
      'a real data folder whose mark is a link',
      async () => {
        const data = await real()
        const mark = fresh()
        writeFileSync(mark, 'workspace x\n')
        symlinkSync(mark, join(data, 'demonstration'))
        return data
      },
    ],
    [
      'a folder of its own into which a real log was copied',
      async () => {
        const data = fresh()
        await (await App.open(demo(data), fakeEnv(), inline))[Symbol.asyncDispose]()
        for (const end of ['', '-wal', '-shm']) rmSync(join(data, `log.db${end}`), { force: true })
        const theirs = join(await real(), 'log.db')
        const { default: Database } = await import('libsql')
        const db = new Database(theirs)
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        db.close()
        cpSync(theirs, join(data, 'log.db'))
        return data
      },
    ],
    [
      'a folder of its own in which the log is a link',
      async () => {
        const data = fresh()
        await (await App.open(demo(data), fakeEnv(), inline))[Symbol.asyncDispose]()
        rmSync(join(data, 'log.db'))
        symlinkSync(join(await real(), 'log.db'), join(data, 'log.db'))
        return data
      },
    ],
    [
      'a folder of its own with a stranger’s file in it',
      async () => {
        const data = fresh()
        await (await App.open(demo(data), fakeEnv(), inline))[Symbol.asyncDispose]()
        writeFileSync(join(data, 'letter.txt'), 'dear')
        return data
      },
    ],
  ])('refuses %s, says why, and touches nothing', async (_, make) => {
    const data = await make()
    const before = seen(data)
    await expect(App.open(demo(data), fakeEnv(), inline)).rejects.toThrow(/only works in a folder that it made/)
    expect(seen(data)).toEqual(before)
  })

  it('takes an empty folder, and one in which it was killed before it could leave its mark', async () => {
    const data = fresh()
    mkdirSync(data)
    writeFileSync(join(data, 'lock'), '')
    await (await App.open(demo(data), fakeEnv(), inline))[Symbol.asyncDispose]()
    expect(readdirSync(data)).toContain('demonstration')
  })

  it('has a folder that no configured server takes', async () => {
    const data = fresh()
    await (await App.open(demo(data), fakeEnv(), inline))[Symbol.asyncDispose]()
    const before = seen(data)
    await expect(App.open(own(data), fakeEnv(), inline)).rejects.toThrow(/is the demonstration's/)
    expect(seen(data)).toEqual(before)
  })

  it('is the only one that starts over', async () => {
    const data = await real()
    await using app = await App.open(own(data), fakeEnv(), inline)
    await expect(app.reset()).rejects.toThrow(/nothing in it is deleted/)
    expect(statSync(join(data, 'log.db')).size).toBeGreaterThan(0)
  })
})

it('a demonstration whose folder became somebody else’s deletes nothing in it', async () => {
  const data = fresh()
  await using app = await App.open(demo(data), fakeEnv(), inline)
  writeFileSync(join(data, 'demonstration'), 'workspace of somebody else\n')
  await expect(app.reset()).rejects.toThrow(/nothing in it is deleted/)
  expect(statSync(join(data, 'log.db')).size).toBeGreaterThan(0)
})

describe('a data folder', () => {
  it('has one owner, by whatever path it is reached, and says who that is', async () => {
    const data = fresh()
    const link = fresh()
    await using app = await App.open(own(data), fakeEnv(), inline)
    symlinkSync(data, link)
    app.listens('http://127.0.0.1:8080')
    for (const path of [data, `${data}/../${data.split('/').at(-1)}`, link])
      await expect(App.open(own(path), fakeEnv(), inline)).rejects.toThrow(
        new RegExp(`in use by another process: epicenter serve, process ${process.pid} on .+ at http://127.0.0.1:8080`),
      )
    expect(await app.ingest(line)).toMatchObject({ accepted: 1 })
  })

  it('is free again when its owner is gone, whatever that left behind', async () => {
    const data = fresh()
    await (await App.open(own(data), fakeEnv(), inline))[Symbol.asyncDispose]()
    // A note of an owner that had this very process id: only the lock counts.
    writeFileSync(
      join(data, 'owner'),
      JSON.stringify({ what: 'serve', pid: process.pid, host: 'x', since: 'y', url: null }),
    )
    await (await App.open(own(data), fakeEnv(), inline))[Symbol.asyncDispose]()
    expect(readdirSync(data)).not.toContain('owner')
  })

  it('is free again after a start that failed', async () => {
    const data = fresh()
    const settings = { url: 'https://', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }
    const notifiers = [{ use: 'webhook', id: 'webhook-1', allowPrivate: null, language: null, settings }]
    await expect(App.open({ ...own(data), notifiers }, fakeEnv(), inline)).rejects.toThrow(
      /^notifiers\[0\]: the url of a webhook is/,
    )
    await (await App.open(own(data), fakeEnv(), inline))[Symbol.asyncDispose]()
  })

  it('and all in it is for its owner alone, also when it comes from before', async () => {
    const data = await real()
    chmodSync(data, 0o755)
    for (const name of readdirSync(data)) chmodSync(join(data, name), 0o644)
    writeFileSync(join(data, 'watchers.ndjson'), '', { mode: 0o644 })
    await using app = await App.open(own(data), fakeEnv(), inline)
    await app.ingest(line)
    expect(statSync(data).mode & 0o777).toBe(0o700)
    const names = readdirSync(data)
    expect(names).toContain('log.db-wal')
    for (const name of names) expect([name, statSync(join(data, name)).mode & 0o777]).toEqual([name, 0o600])
  })

  it('keeps the rights of a folder that holds other things too, and says so', async () => {
    const data = fresh()
    mkdirSync(data, { mode: 0o755 })
    writeFileSync(join(data, 'epicenter.yaml'), '', { mode: 0o644 })
    const env = fakeEnv()
    using folder = await DataFolder.take(data, env)
    expect(folder.path).toBe(data)
    expect(statSync(data).mode & 0o777).toBe(0o755)
    expect(statSync(join(data, 'epicenter.yaml')).mode & 0o777).toBe(0o644)
    expect(env.said).toMatchObject([{ level: 'warn', detail: { files: [data] } }])
  })

  it('is a folder', async () => {
    const file = fresh()
    writeFileSync(file, 'text')
    await expect(App.open(own(file), fakeEnv(), inline)).rejects.toThrow(`${file} is not a folder`)
    await expect(App.open(own(join(file, 'data')), fakeEnv(), inline)).rejects.toThrow(
      /cannot be made or read.*ENOTDIR/,
    )
    expect(readFileSync(file, 'utf8')).toBe('text')
  })
})
