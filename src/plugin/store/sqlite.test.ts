import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Place } from '../../contract/plugin.js'
import { someEvent, someHead, someService, testStore } from '../../testing/store-contract.js'
import sqlite from './sqlite.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
let n = 0
const fresh = () => join(folder, `${++n}.db`)
const open = (place: Place) => sqlite.open({}, undefined as never, place)

let file = ''
testStore('sqlite', {
  open: () => open({ file: (file = fresh()) }),
  reopen: () => open({ file }),
})

describe('the sqlite store', () => {
  it('believes no position that is not what was written', async () => {
    const name = fresh()
    const store = await open({ file: name })
    const outcome = { events: [], rollups: [], services: [], facts: [] }
    await store.commit({ outcome, heads: [], orders: [], position: 7, now: 70 })
    await store[Symbol.asyncDispose]()
    const db = new Database(name)
    db.exec('UPDATE position SET position = 70')
    db.close()
    const again = await open({ file: name })
    await expect(again.committed()).rejects.toThrow(/how far it is cannot be read/)
    await again[Symbol.asyncDispose]()
  })
  it('reads empty notes that an older Node summed as 0, and no others that are not what was written', async () => {
    const name = fresh()
    const store = await open({ file: name })
    for (const key of ['empty', 'full']) await store.note(key, key === 'full' ? Buffer.from('x') : new Uint8Array(0))
    await store[Symbol.asyncDispose]()
    const db = new Database(name)
    db.exec("UPDATE meta SET sum = 0 WHERE key IN ('empty', 'full')")
    db.close()
    const again = await open({ file: name })
    expect(await again.noted('empty')).toHaveLength(0)
    await expect(again.noted('full')).rejects.toThrow(PermanentError)
    await again[Symbol.asyncDispose]()
  })
  it('commits all of it or nothing when there is no room', async () => {
    const store = await open({ file: fresh(), maxPages: 40 })
    const outcome = {
      events: [someEvent('a', 0), someEvent('a', 1, { title: 'x'.repeat(400_000) })],
      rollups: [],
      services: [],
      facts: [],
    }
    const full = store.commit({ outcome, heads: [someHead('a')], orders: [], position: 1, now: 1 })
    await expect(full).rejects.toThrow(TransientError)
    expect(await store.eventsAfter(0, 10)).toEqual([])
    expect(await store.head('a')).toBeNull()
    expect((await store.committed()).position).toBe(0)
    await store[Symbol.asyncDispose]()
  })
  it('gives names with half a character so that they can be written into an address, and finds them by it', async () => {
    const store = await open({ file: fresh() })
    const id = 'a\ud800\\ud800-1'
    const row = { ...someService('a\ud800\\ud800'), incidents: [id] }
    const head = someHead(id, { service: row.service })
    await store.commit({
      outcome: { events: [someEvent(id, 0)], rollups: [], services: [row], facts: [] },
      heads: [head],
      orders: [],
      position: 1,
      now: 1,
    })
    const [given] = await store.reader().services()
    expect(given).toMatchObject({ service: 'a\ufffd\\ud800', incidents: ['a\ufffd\\ud800-1'] })
    const name = decodeURIComponent(encodeURIComponent(given!.service))
    expect(await store.reader().service(name)).toEqual(given)
    expect((await store.reader().incidents({ service: name, limit: 1 }))[0]!.events).toHaveLength(1)
    expect((await store.eventsAfter(0, 1))[0]!.event.incident).toBe('a\ufffd\\ud800-1')
    await store[Symbol.asyncDispose]()
  })
  it('does not touch a file of a newer version', async () => {
    const path = fresh()
    const db = new Database(path)
    db.exec('PRAGMA user_version = 99')
    db.close()
    await expect(open({ file: path })).rejects.toThrow(PermanentError)
  })
})
