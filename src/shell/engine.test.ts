import { afterEach, describe, expect, it, vi } from 'vitest'
import { TransientError } from '../contract/error.js'
import type { NewEntry } from '../contract/ports.js'
import { MINUTE } from '../contract/time.js'
import bus from '../plugin/bus/memory.js'
import kept from '../plugin/store/memory.js'
import { arrival, STREAM_START as T, streamOf } from '../testing/stream.js'
import { Engine } from './engine.js'

const NOWHERE = { file: '' }
const config = { clock: 'wall' as const, falseAlarmsPerMonth: 1, services: [] }
const signals = streamOf({ minutes: 90, seed: 5, requests: 60, faults: [{ from: 60, until: 95, bad: 0.6 }] })

/** A row of the log for each minute. */
const rows: NewEntry[] = Array.from({ length: 92 }, (_, i) => {
  const at = T + (i + 1) * MINUTE
  const lines = signals.filter(s => arrival(s) > at - MINUTE && arrival(s) <= at).map(s => `${JSON.stringify(s)}\n`)
  return { at, kind: 'signals', count: lines.length, keys: new Uint8Array(0), body: Buffer.from(lines.join('')) }
})

describe('an engine that starts again', () => {
  it.each([
    ['with a snapshot from before', true],
    ['without any', false],
  ])('commits nothing of what the store holds, %s', async (_, snapshot) => {
    const log = await bus.open({}, undefined as never, NOWHERE)
    const store = await kept.open({}, undefined as never, NOWHERE)
    const parts = { log, store, config, committed: () => {}, say: () => {} }
    await log.append(rows.slice(0, 50))
    const first = await Engine.open(parts)
    await first.pump()
    if (snapshot) await first.save()
    await log.append(rows.slice(50, 90))
    await first.pump()
    const rowsBefore = await store.reader().services()
    const incidents = await store.reader().incidents({ limit: 9 })
    expect(incidents).toHaveLength(1)

    const committed: number[] = []
    const watched: typeof store = Object.create(store, {
      commit: {
        value: (commit: Parameters<typeof store.commit>[0]) => (committed.push(commit.position), store.commit(commit)),
      },
    })
    const second = await Engine.open({ ...parts, store: watched })
    await second.pump()
    expect(committed).toEqual([])
    expect(await store.reader().services()).toEqual(rowsBefore)
    await log.append(rows.slice(90))
    await second.pump()
    expect(committed.length).toBeGreaterThan(0)
    expect(Math.min(...committed)).toBeGreaterThan(90)
  })

  it('goes on where the log ends before what the store remembers', async () => {
    const store = await kept.open({}, undefined as never, NOWHERE)
    const old = await bus.open({}, undefined as never, NOWHERE)
    const parts = { store, config, committed: () => {}, say: () => {} }
    await old.append(rows)
    await (await Engine.open({ ...parts, log: old })).pump()
    const log = await bus.open({}, undefined as never, NOWHERE)
    const fresh = await Engine.open({ ...parts, log })
    await log.append(rows.slice(0, 3).map(row => ({ ...row, at: row.at + 200 * MINUTE })))
    let told = 0
    const commit = store.commit.bind(store)
    store.commit = async what => (told++, commit(what))
    await fresh.pump()
    expect(told).toBeGreaterThan(0)
  })
})

describe('an engine whose log and store are elsewhere', () => {
  afterEach(() => void vi.useRealTimers())
  /** Says once for each of these doors that it cannot now, then does it. */
  function failing<T extends object>(it: T, doors: readonly (keyof T & string)[], failed: string[]): T {
    const value =
      (door: keyof T & string) =>
      async (...args: unknown[]) => {
        if (failed.includes(door)) return (it[door] as (...args: unknown[]) => unknown)(...args)
        failed.push(door)
        throw new TransientError(`no ${door} now`, 1)
      }
    return Object.create(it, Object.fromEntries(doors.map(door => [door, { value: value(door) }])))
  }

  it('asks again for what it needs, and folds and commits all of it once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const log = await bus.open({}, undefined as never, NOWHERE)
    const store = await kept.open({}, undefined as never, NOWHERE)
    const failed: string[] = []
    const said: unknown[] = []
    const say = (...what: unknown[]) => void said.push(what[2])
    await log.append(rows)
    const engine = await Engine.open({
      ...{ config, say, committed: () => {} },
      log: failing(log, ['read'], failed),
      store: failing(store, ['head', 'commit'], failed),
    })
    const pumped = engine.pump()
    let done = false
    void pumped.then(() => {
      done = true
    })
    while (!done) {
      vi.advanceTimersByTime(1_000)
      await new Promise(next => setImmediate(next))
    }
    await pumped
    // Which is asked for first goes by how long the fold took.
    expect(failed.toSorted()).toEqual(['commit', 'head', 'read'])
    expect(said).toEqual(failed.map(door => ({ why: `no ${door} now` })))
    expect((await store.committed()).position).toBe(rows.length)
    const again = await kept.open({}, undefined as never, NOWHERE)
    await (await Engine.open({ ...{ config, committed: () => {}, say: () => {} }, log, store: again })).pump()
    expect(await store.eventsAfter(0, 99)).toEqual(await again.eventsAfter(0, 99))
  })
})
