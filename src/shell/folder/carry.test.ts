import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../../contract/config.js'
import type { Subscriber } from '../../contract/subscribers/subscriber.js'
import { fakeEnv } from '../../testing/env.js'
import { streamOf } from '../../testing/stream.js'
import { App } from '../app.js'
import { complete } from '../config/load.js'
import { FLEETING, keepingOf, openLog, openStore } from '../keep.js'
import { carryOver, inventoryOf, type Kept } from './carry.js'
import { files } from './data-folder.js'

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-carry-'))
const open: Kept[] = []
afterAll(async () => {
  for (const { log, store } of open) {
    await log[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
  rmSync(scratch, { recursive: true })
})
let n = 0
const at = (data: string): Config => ({ ...complete({ clock: 'signals', data }), port: 0 })
const inline = { run: 'inline' } as const
const linesOf = (values: readonly unknown[]) => Buffer.from(values.map(v => `${JSON.stringify(v)}\n`).join(''))
const signals = streamOf({
  minutes: 90,
  seed: 5,
  reports: 2,
  requests: 60,
  cells: ['a', 'b'],
  faults: [{ from: 40, until: 80, where: { cell: ['a'] }, bad: 0.6 }],
})
const half = Math.floor(signals.length * 0.7)
const ana: Subscriber = {
  ...{ id: 'a'.repeat(22), page: 'all', components: [], labels: {}, language: 'en', channel: 'email' },
  ...{ address: 'ana@example.com', state: 'active', askedAt: [1], confirmedAt: 2, endedAt: null, bounces: 0 },
}
const message = (id: string) => ({
  ...({
    message: id,
    about: { is: 'incident', incident: 'i', seq: 0 },
    subscriber: ana.id,
    queue: 'example.com',
  } as const),
  ...{ thread: 'i', batch: 0, dueAt: 5, since: null, tries: 0, refusals: 0, why: '' },
})

async function kept(data = join(scratch, String(++n))): Promise<Kept> {
  mkdirSync(data, { recursive: true })
  const [keeping, names] = [keepingOf(at(data)), files(data)]
  const both = {
    log: await openLog(keeping, fakeEnv(), { file: names.log }),
    store: await openStore(keeping, fakeEnv(), { file: names.store }),
  }
  open.push(both)
  return both
}
async function fleeting(): Promise<Kept> {
  const place = { file: join(scratch, 'nowhere') }
  return { log: await openLog(FLEETING, fakeEnv(), place), store: await openStore(FLEETING, fakeEnv(), place) }
}
const silently = () => {}

const data = join(scratch, 'source')
let source: Kept
beforeAll(async () => {
  {
    await using app = await App.open(at(data), fakeEnv(), inline)
    await app.ingest(linesOf(signals.slice(0, half)))
    await app.caughtUp()
  }
  source = await kept(data)
  await source.store.subscribe({ put: [ana], queue: ['one', 'two', 'three'].map(message) })
  await source.store.subscribe({
    settle: [2],
    undelivered: [{ at: 1, ...ana, subscriber: ana.id, message: 'm', tries: 3, why: 'no' }],
  })
  await source.store.note('receipt:hook', Buffer.from('1'))
})

describe('a workspace that is carried over', () => {
  it('is all there, as it was, and back again too', async () => {
    const there = await fleeting()
    const told: string[] = []
    const inventory = await carryOver(source, there, what => told.push(what))
    expect(Object.keys(inventory).sort()).toEqual([
      ...[
        'counts of five minutes',
        'entries of the log',
        'events',
        'incidents',
        'messages given up',
        'messages that wait',
        'notes',
      ],
      ...['services', 'snapshots', 'subscribers'],
    ])
    expect(inventory['messages that wait']!.count).toBe(2)
    expect(told.length).toBeGreaterThan(3)
    expect(await there.store.committed()).toEqual(await source.store.committed())
    const back = await kept()
    expect(await carryOver(there, back, silently)).toEqual(inventory)
    expect(await inventoryOf(back)).toEqual(await inventoryOf(source))
  })

  it('goes on as if nothing had been: what was known is known, the rest is decided alike', async () => {
    const to = join(scratch, 'moved')
    const moved = await kept(to)
    await carryOver(source, moved, silently)
    for (const each of [moved.log, moved.store]) await each[Symbol.asyncDispose]()
    open.splice(open.indexOf(moved), 1)
    const whole = join(scratch, 'whole')
    await using never = await App.open(at(whole), fakeEnv(), inline)
    await never.ingest(linesOf(signals.slice(0, half)))
    await never.caughtUp()
    await never.ingest(linesOf(signals))
    await using again = await App.open(at(to), fakeEnv(), inline)
    expect(await again.ingest(linesOf(signals))).toMatchObject({ duplicate: half, accepted: signals.length - half })
    for (const app of [never, again]) await app.caughtUp()
    expect(await again.reader.incidents({ limit: 9 })).toEqual(await never.reader.incidents({ limit: 9 }))
  })

  it('keeps positions where the log has gaps, and goes on where it was ended', async () => {
    const from = await fleeting()
    await from.log.belongsTo('w')
    const entry = { at: 5, kind: 'signals', count: 1, keys: new Uint8Array(8), body: Buffer.from('{}') } as const
    await from.log.goOnAfter(20)
    await from.log.append([entry, { ...entry, at: 6 }])
    await from.log.goOnAfter(90)
    await from.log.append([{ ...entry, at: 7 }])
    const to = await kept()
    const append = to.log.append.bind(to.log)
    to.log.append = async () => Promise.reject(new Error('the power went'))
    await expect(carryOver(from, to, silently)).rejects.toThrow('the power went')
    to.log.append = append
    await carryOver(from, to, silently)
    // Ended when nearly all was there: nothing is there twice.
    const late = await kept()
    const note = late.store.note.bind(late.store)
    late.store.note = async (key, value) =>
      key === 'receipt:hook' ? Promise.reject(new Error('again')) : note(key, value)
    await expect(carryOver(source, late, silently)).rejects.toThrow('again')
    late.store.note = note
    expect((await carryOver(source, late, silently))['messages given up']!.count).toBe(1)
    expect((await to.log.read(0, 9)).map(({ position }) => position)).toEqual([21, 22, 91])
  })

  it('is not put over anything else, and never called whole where it is not', async () => {
    const other = await kept()
    await other.log.belongsTo('other')
    await expect(carryOver(source, other, silently)).rejects.toThrow('the target holds something')
    const forgetful = await fleeting()
    const note = forgetful.store.note.bind(forgetful.store)
    forgetful.store.note = async (key, value) => (key.startsWith('receipt:') ? undefined : note(key, value))
    await expect(carryOver(source, forgetful, silently)).rejects.toThrow(/what arrived is not what was sent: notes/)
    await expect(carryOver(await kept(), await fleeting(), silently)).rejects.toThrow('no workspace')
  })
})
