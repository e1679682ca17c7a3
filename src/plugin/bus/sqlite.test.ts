import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import { testLog } from '../../testing/log-contract.js'
import sqlite from './sqlite.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-log-'))
afterAll(() => rmSync(folder, { recursive: true }))
let n = 0
const fresh = () => join(folder, `${++n}.db`)
const open = (config: Parameters<typeof sqlite.open>[0]) => sqlite.open(config, undefined as never)
const entry = (bytes: number) => ({
  at: 1,
  kind: 'signals' as const,
  count: 1,
  keys: new Uint8Array(8),
  body: Buffer.alloc(bytes, 'x'),
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
