import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../../contract/config.js'
import { fakeEnv } from '../../testing/env.js'
import { streamOf } from '../../testing/stream.js'
import { App } from '../app.js'
import { type Entry, fileEntry, pack, unpack } from './archive.js'
import { makeBackup, restoreBackup } from './backup.js'
import { complete } from '../config/load.js'

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-backup-'))
afterAll(() => rmSync(scratch, { recursive: true }))
let n = 0
const fresh = () => join(scratch, String(++n))
const at = (data: string): Config => ({ ...complete({ clock: 'signals', data }), port: 0 })
const inline = { run: 'inline' } as const
const signals = streamOf({
  minutes: 100,
  seed: 5,
  reports: 2,
  requests: 60,
  cells: ['a', 'b'],
  components: ['x'],
  tiers: ['free'],
  faults: [{ from: 40, until: 80, where: { cell: ['a'] }, bad: 0.6 }],
})
const linesOf = (values: readonly unknown[]) => Buffer.from(values.map(v => `${JSON.stringify(v)}\n`).join(''))
const half = Math.floor(signals.length * 0.6)
const message = async (work: Promise<unknown>) =>
  ((await work.catch((error: Error) => error)) as Error | undefined)?.message

const data = fresh()
const file = join(scratch, 'a.tar.gz')
let app: App
beforeAll(async () => {
  app = await App.open(at(data), fakeEnv(), inline)
  await app.ingest(linesOf(signals.slice(0, half)))
  await app.caughtUp()
  await makeBackup(data, file, {}, fakeEnv())
})
afterAll(() => app[Symbol.asyncDispose]())

describe('a backup', () => {
  it('of a running server is its state of one moment: restored it goes on as if nothing had been', async () => {
    const incidents = await app.reader.incidents({ limit: 50 })
    expect(incidents.length).toBeGreaterThan(0)
    const to = fresh()
    await restoreBackup(file, to, fakeEnv())
    await using again = await App.open(at(to), fakeEnv(), inline)
    expect(again.token.token).toBe(app.token.token)
    expect(await again.reader.incidents({ limit: 50 })).toEqual(incidents)
    expect(await again.ingest(linesOf(signals))).toMatchObject({ duplicate: half, accepted: signals.length - half })
    await app.ingest(linesOf(signals))
    for (const each of [app, again]) await each.caughtUp()
    expect(await again.reader.incidents({ limit: 50 })).toEqual(await app.reader.incidents({ limit: 50 }))
  })

  it('is for its owner alone, leaves nothing beside it, and never takes the place of a file unasked', async () => {
    const folder = fresh()
    mkdirSync(folder)
    const to = join(folder, 'b.tar.gz')
    writeFileSync(to, 'mine')
    expect(await message(makeBackup(data, to, {}, fakeEnv()))).toBe(`${to} exists; --force overwrites it`)
    expect(readFileSync(to, 'utf8')).toBe('mine')
    await makeBackup(data, to, { force: true }, fakeEnv())
    expect(statSync(to).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['b.tar.gz'])
    expect(await message(makeBackup(fresh(), join(folder, 'c'), {}, fakeEnv()))).toMatch(/there is no data in/)
    expect(readdirSync(folder)).toEqual(['b.tar.gz'])
  })

  it('is refused of what is not whole, and says what', async () => {
    const to = fresh()
    await restoreBackup(file, to, fakeEnv())
    const { default: Database } = await import('libsql')
    const db = new Database(join(to, 'store.db'))
    db.exec('UPDATE rollup SET body = replace(body, \'"bad":\', \'"bad":1\')')
    db.close()
    const out = fresh()
    expect(await message(makeBackup(to, out, {}, fakeEnv()))).toMatch(/not whole: .*store\.db.*the row .* of "rollup"/)
    expect(existsSync(out)).toBe(false)
  })

  it('is restored whole or not at all: cut, flipped, strange or of a newer version', async () => {
    const whole = readFileSync(file)
    const broken = fresh()
    const harms: Buffer[] = [1, 700, whole.length - 9, whole.length - 1].map(end => whole.subarray(0, end))
    for (let i = 1; i < 24; i++) {
      const bytes = Buffer.from(whole)
      bytes[Math.floor((i * whole.length) / 24)]! ^= 0x10
      harms.push(bytes)
    }
    harms.push(
      Buffer.alloc(0),
      Buffer.from('no archive'),
      Buffer.concat([whole.subarray(0, 900), whole.subarray(1_400)]),
    )
    let refused = 0
    for (const [i, bytes] of harms.entries()) {
      writeFileSync(broken, bytes)
      const to = fresh()
      const said = await message(restoreBackup(broken, to, fakeEnv()))
      // A bit between two blocks of the packing says nothing; then it is whole, as its sums tell.
      if (said === undefined) continue
      refused++
      expect(said, String(i)).toContain(broken)
      expect(existsSync(to)).toBe(false)
    }
    expect(refused).toBeGreaterThan(harms.length - 4)
  })

  it.each<[string, (name: string) => Entry[]]>([
    ['a file by a path', () => [entry('manifest.json', '{"format":1,"at":"","files":[]}'), entry('../token', 'x')]],
    ['an unknown file', () => [entry('manifest.json', '{"format":1,"at":"","files":[]}'), entry('lock', 'x')]],
    ['no list', () => [entry('log.db', 'x')]],
    ['a newer form', () => [entry('manifest.json', '{"format":2}')]],
    ['a list of what is not in it', () => [entry('manifest.json', '{"format":1,"at":"","files":[{"name":"token"}]}')]],
    ['nothing', () => []],
  ])('with %s is refused', async (_, make) => {
    const [made, to] = [fresh(), fresh()]
    await pack(made, make(made))
    expect(await message(restoreBackup(made, to, fakeEnv()))).toContain(made)
    expect(existsSync(to)).toBe(false)
  })
  const entry = (name: string, text: string): Entry => ({
    name,
    size: Buffer.byteLength(text),
    body: (async function* () {
      yield Buffer.from(text)
    })(),
  })

  it('goes into no folder that holds anything or is in use', async () => {
    const to = fresh()
    mkdirSync(to)
    writeFileSync(join(to, 'letter.txt'), 'dear')
    expect(await message(restoreBackup(file, to, fakeEnv()))).toMatch(/is not empty/)
    expect(readdirSync(to)).toEqual(['letter.txt'])
    expect(await message(restoreBackup(file, data, fakeEnv()))).toMatch(/is in use by another process: epicenter serve/)
    rmSync(join(to, 'letter.txt'))
    await restoreBackup(file, to, fakeEnv())
    expect(readdirSync(to)).toContain('log.db')
  })

  it('that was not restored to its end is no data folder', async () => {
    const to = fresh()
    mkdirSync(join(to, 'restoring'), { recursive: true })
    expect(await message(App.open(at(to), fakeEnv(), inline))).toMatch(/was not restored to its end/)
  })
})

describe('an archive', () => {
  it('gives back what was put in, of any size, and other tar programs read it', async () => {
    const folder = fresh()
    mkdirSync(folder)
    const sizes = [0, 1, 511, 512, 513, 1_024, 70_000]
    const entries = sizes.map(size => {
      const path = join(folder, `f${size}`)
      writeFileSync(path, Buffer.alloc(size, size % 251))
      return fileEntry(`f${size}`, path, size)
    })
    const made = fresh()
    await pack(made, entries)
    const found: [string, number][] = []
    for await (const { name, body } of unpack(made)) {
      let size = 0
      for await (const piece of body) size += piece.length
      found.push([name, size])
    }
    expect(found).toEqual(sizes.map(size => [`f${size}`, size]))
    const { spawnSync } = await import('node:child_process')
    const listed = spawnSync('tar', ['tzf', made], { encoding: 'utf8' })
    if (listed.error === undefined) expect(listed.stdout.trim().split('\n')).toEqual(sizes.map(size => `f${size}`))
  })
})
