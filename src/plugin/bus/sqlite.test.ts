import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Place } from '../../contract/plugin.js'
import { sfc32 } from '../../core/stat/random.js'
import { testLog } from '../../testing/log-contract.js'
import sqlite, { openLog } from './sqlite.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-log-'))
afterAll(() => rmSync(folder, { recursive: true }))
let n = 0
const fresh = () => join(folder, `${++n}.db`)
const open = (place: Place) => sqlite.open({}, undefined as never, place)
const random = sfc32(3)
/** Bytes that no packing makes fewer. */
const noise = Buffer.from(Array.from({ length: 2_000_000 }, () => Math.floor(random() * 256)))
const entry = (bytes: number, body = noise.subarray(0, bytes)) => ({
  at: 1,
  kind: 'signals' as const,
  count: 1,
  keys: new Uint8Array(8),
  body,
})

let file = ''
testLog('sqlite', {
  open: () => open({ file: (file = fresh()) }),
  reopen: () => open({ file }),
})

describe('the sqlite log', () => {
  it('says that there is no room, keeps nothing of the batch, and goes on when there is', async () => {
    const path = fresh()
    const small = await open({ file: path, maxPages: 64 })
    await small.append([entry(1_000)])
    const full = small.append([entry(10_000), entry(2_000_000)])
    await expect(full).rejects.toThrow(TransientError)
    await expect(full).rejects.toMatchObject({ retryAfterMs: expect.any(Number) })
    expect((await small.last()).position).toBe(1)
    expect(await small.append([entry(1_000)])).toEqual([2])
    await small[Symbol.asyncDispose]()
    const roomy = await open({ file: path })
    expect(await roomy.append([entry(2_000_000)])).toEqual([3])
    await roomy[Symbol.asyncDispose]()
  })
  it('packs what gets shorter, gives it back as it was, and reads rows of before', async () => {
    const path = fresh()
    const log = await open({ file: path })
    const lines = Buffer.from(
      Array.from(
        { length: 200 },
        (_, i) => `{"type":"observation","via":"report","service":"chat","id":"r-${i}","bad":1}\n`,
      ).join(''),
    )
    const bodies = [lines, noise.subarray(0, 5_000), Buffer.from('{}'), Buffer.alloc(0)]
    await log.append(bodies.map(body => entry(0, body)))
    await log[Symbol.asyncDispose]()
    const db = new Database(path)
    const sizes = (
      db.prepare('SELECT length(body) AS kept, size FROM log').all() as { kept: number; size: number }[]
    ).map(({ kept, size }) => [kept, size])
    expect(sizes.slice(1)).toEqual([
      [5_000, null],
      [2, null],
      [0, null],
    ])
    expect(sizes[0]![1]).toBe(lines.length)
    expect(sizes[0]![0]).toBeLessThan(lines.length / 8)
    // As the version before left it: no such column, and bodies as they came.
    db.exec('DELETE FROM log WHERE position = 1; ALTER TABLE log DROP COLUMN size; PRAGMA user_version = 2')
    db.exec("UPDATE meta SET value = '1' WHERE key = 'trimmed'")
    db.close()
    const again = await open({ file: path })
    expect(await again.append([entry(0, lines)])).toEqual([5])
    const read = (await again.read(0, 9)).map(each => Buffer.from(each.body))
    expect(read).toEqual([...bodies.slice(1), lines])
    expect(await again.faults!()).toEqual([])
    await again[Symbol.asyncDispose]()
  })
  it('does not touch a file of a newer version', async () => {
    const path = fresh()
    const db = new Database(path)
    db.exec('PRAGMA user_version = 99')
    db.close()
    await expect(open({ file: path })).rejects.toThrow(PermanentError)
  })
  it('lets a second connection read what is durable, and write nothing', async () => {
    const path = fresh()
    const writer = await open({ file: path })
    const reader = await open({ file: path, readonly: true })
    await writer.append([entry(10)])
    expect((await reader.read(0, 10)).length).toBe(1)
    await expect(reader.append([entry(10)])).rejects.toThrow(/readonly/)
    await reader[Symbol.asyncDispose]()
    await writer[Symbol.asyncDispose]()
  })
})

/** A log of a few hundred rows as one file without a write-ahead log. */
async function filled(): Promise<{ whole: Buffer; rows: unknown[] }> {
  const path = fresh()
  const log = await openLog({ file: path })
  await log.belongsTo('a workspace')
  for (let i = 0; i < 60; i++)
    await log.append([
      {
        ...entry(i % 7 === 0 ? 40_000 : 50 + i),
        ...(i % 5 === 0 ? { body: Buffer.alloc(9_000 + i, `{"service":"chat","n":${i}}\n`) } : {}),
        at: 1_000 + i,
        keys: Buffer.from(`key-${String(i).padStart(4, '0')}`),
      },
      {
        at: 1_000 + i,
        kind: i % 9 === 0 ? 'order' : 'tick',
        count: 0,
        keys: new Uint8Array(0),
        body: Buffer.from(`{"n":${i}}`),
      },
    ])
  await log.trim(1_010, 100)
  const copy = fresh()
  await sqlite.files!.copy(path, copy)
  const db = new Database(copy)
  db.exec('PRAGMA journal_mode = WAL')
  db.close()
  const rows = await allOf(log)
  await log[Symbol.asyncDispose]()
  return { whole: readFileSync(copy), rows }
}

const plain = (rows: { keys: Uint8Array; body?: Uint8Array }[]) =>
  rows.map(row => ({
    ...row,
    keys: Buffer.from(row.keys).toString('hex'),
    body: Buffer.from(row.body ?? []).toString('hex'),
  }))
async function allOf(log: Awaited<ReturnType<typeof openLog>>): Promise<unknown[]> {
  const { position } = await log.last()
  const rows: unknown[] = [position]
  for (let after = 0; ; ) {
    const some = await log.read(after, 16)
    if (some.length === 0) return rows
    rows.push(...plain(some))
    after = some.at(-1)!.position
  }
}

describe('a damaged log', () => {
  // What a row of 16 KB pages is damaged by: a bit, a byte, a sector of zeros, a page of another place.
  const HARMS: Record<string, (bytes: Buffer, at: number, random: () => number) => void> = {
    'a bit': (bytes, at, random) => void (bytes[at]! ^= 1 << Math.floor(random() * 8)),
    'a byte': (bytes, at, random) => void (bytes[at] = bytes[at]! ^ (1 + Math.floor(random() * 255))),
    'a sector of zeros': (bytes, at) => void bytes.fill(0, at - (at % 512), at - (at % 512) + 512),
    'a sector of another place': (bytes, at, random) => {
      const from = Math.floor((random() * bytes.length) / 512) * 512
      bytes.copy(bytes, at - (at % 512), from, from + 512)
    },
    'an end cut off': (bytes, at) => void bytes.fill(0, at),
  }

  it('is never silently another one: what can be read is what was written, or it is refused by name', async () => {
    const { whole, rows } = await filled()
    const random = sfc32(17)
    const outcomes = { refused: 0, same: 0 }
    const names = Object.keys(HARMS)
    for (let i = 0; i < 400; i++) {
      const path = fresh()
      const bytes = Buffer.from(whole)
      const name = names[i % names.length]!
      // Each third time among the first pages, which hold what everything hangs on.
      const at = Math.floor(random() * (i % 3 === 0 ? 3 * 16_384 : bytes.length))
      HARMS[name]!(bytes, at, random)
      writeFileSync(path, bytes)
      const what = `${name} at ${at}`
      try {
        const log = await openLog({ file: path })
        try {
          await log.lookThrough()
          // What the door asks for, before what the engine does.
          for (let after = 0; ; ) {
            const some = await log.keys(after, 1_020, 16)
            if (some.length === 0) break
            after = some.at(-1)!.position
          }
          expect(await allOf(log), what).toEqual(rows)
          expect(await log.state(), what).toMatchObject({ workspace: 'a workspace', gaps: 0 })
          outcomes.same++
        } finally {
          await log[Symbol.asyncDispose]()
        }
      } catch (error) {
        if (!(error instanceof PermanentError)) throw new Error(`${what}: ${(error as Error).stack}`)
        expect(error.message, what).toContain(path)
        outcomes.refused++
      }
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
    }
    // Damage where nothing is kept is no damage; a campaign without either would show nothing.
    expect(outcomes.refused).toBeGreaterThan(100)
    expect(outcomes.same).toBeGreaterThan(20)
  }, 120_000)

  it('says which entries are lost', async () => {
    const path = fresh()
    const log = await openLog({ file: path })
    await log.append(Array.from({ length: 9 }, () => entry(100)))
    await log[Symbol.asyncDispose]()
    const db = new Database(path)
    db.exec("UPDATE log SET body = x'00' WHERE position = 3; DELETE FROM log WHERE position IN (5, 6, 9)")
    db.exec('UPDATE log SET at = 2 WHERE position = 7')
    db.close()
    const damaged = await openLog({ file: path })
    expect(await damaged.faults()).toEqual([
      `${path}: it is damaged: the body of entry 3 is not what was written`,
      `${path}: it is damaged: entries 5 to 6 are lost`,
      `${path}: it is damaged: entry 7 is not what was written`,
      `${path}: it is damaged: entries 9 to 9 are lost`,
    ])
    await expect(damaged.lookThrough()).rejects.toThrow(/entries 9 to 9 are lost/)
    await expect(damaged.read(0, 10)).rejects.toThrow(/entry 3/)
    await expect(damaged.keys(0, 0, 10)).rejects.toThrow(/entries 5 to 6/)
    await damaged[Symbol.asyncDispose]()
  })
})
