import { describe, expect, it } from 'vitest'
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
