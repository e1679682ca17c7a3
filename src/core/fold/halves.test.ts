import { deserialize, serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import type { Order } from '../../contract/order.js'
import type { Outcome } from '../../contract/outcome.js'
import type { Matters, Turn } from '../../contract/sharing/matters.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { byArrival, change, report, STREAM_START as T, streamOf, topology } from '../../testing/stream.js'
import { emptyOutcome, Fold } from './fold.js'
import { config, cellA, machines } from './fixtures/stories.js'
import { JudgeHalf } from './judge-half.js'
import { WatchHalf } from './watch-half.js'

type Entry = Signal | { turn: Turn; at: number }

/** As the door cuts the log: whoever crosses a minute is told to all first; topologies and turns are for all. */
class Halves {
  readonly out: Outcome = emptyOutcome()
  private position = 0
  private minute = -1

  constructor(
    private lanes: WatchHalf[],
    private judge: JudgeHalf,
    private readonly restart: (position: number) => boolean = () => false,
  ) {}

  static of(partitions: number, restart?: (position: number) => boolean): Halves {
    const lanes = Array.from({ length: partitions }, (_, partition) => new WatchHalf(config, { partition, partitions }))
    return new Halves(lanes, new JudgeHalf(config), restart)
  }

  take(entry: Entry): void {
    const at = 'turn' in entry ? entry.at : (entry.seenAt ?? entry.at)
    const minute = Math.floor(at / MINUTE)
    if (minute > this.minute) this.barrier(at, null)
    this.minute = Math.max(minute, this.minute)
    if ('turn' in entry) return this.barrier(at, entry.turn)
    if (entry.via === 'topology') {
      for (const lane of this.lanes) lane.signal(entry, this.position + 1)
      return this.barrier(at, null)
    }
    const mine = this.lanes.find(lane => lane.isMine(entry.service))!
    mine.signal(entry, this.position)
  }

  barrier(at: number, turn: Turn | null): void {
    const position = ++this.position
    const all = this.lanes.map(lane => {
      lane.advance(at, position)
      const matters = lane.barrier(position, turn)
      if (turn?.kind === 'forget') lane.forget(turn.forget)
      if (turn?.kind === 'rewind') lane.rewind(turn.to, position)
      return matters
    })
    // As it passes between processes, in whatever order they send.
    this.judge.take(deserialize(serialize(all.toReversed())) as Matters[], this.out)
    if (!this.restart(position)) return
    const { partitions } = (this.lanes[0] as unknown as { share: { partitions: number } }).share
    this.lanes = this.lanes.map((lane, partition) =>
      WatchHalf.open(deserialize(serialize(lane.snapshot())), config, { partition, partitions }),
    )
    this.judge = JudgeHalf.open(deserialize(serialize(this.judge.snapshot())), config)
  }
}

function whole(entries: readonly Entry[]): Outcome {
  const fold = new Fold(config)
  const out = emptyOutcome()
  for (const entry of entries) {
    if (!('turn' in entry)) fold.signal(entry, 1, out)
    else {
      fold.advance(entry.at, 1, out)
      if (entry.turn.kind === 'order') fold.order(entry.turn.order, 1, out)
      if (entry.turn.kind === 'forget') fold.forget(entry.turn.forget, out)
      if (entry.turn.kind === 'rewind') fold.rewind(entry.turn.to, 1, out)
    }
  }
  return out
}

const fault = { ...cellA, from: 60, until: 80 }
const stream = byArrival(
  [topology({ at: T, title: 'Told later', dependsOn: [{ id: 'db', name: 'Database', service: 'db' }] })],
  [change({ at: T + 58 * MINUTE, id: 'push', scope: { cell: ['a'] } })],
  streamOf({ ...machines, requests: 30, minutes: 90, seed: 1, faults: [fault] }),
  streamOf({ ...machines, service: 'db', requests: 30, tiers: ['all'], minutes: 90, seed: 3, faults: [fault] }),
  streamOf({ ...machines, service: 'mail', minutes: 90, seed: 4, faults: [{ ...fault, from: 63 }] }),
  [report({ at: T + 70 * MINUTE, service: 'wiki', bad: 1 })],
)
const told = whole(stream)
const last = new Map(told.services.map(row => [row.service, row]))

describe('the two halves, of any number of partitions', () => {
  it.each([1, 3])('decide what the whole fold decides: %d', partitions => {
    const halves = Halves.of(partitions)
    for (const entry of stream) halves.take(entry)
    expect(told.events.length).toBeGreaterThan(5)
    expect(new Set(told.events.map(each => each.service)).size).toBe(3)
    expect(told.events.some(each => each.origin !== undefined)).toBe(true)
    expect(halves.out.events).toEqual(told.events)
    expect(halves.out.facts).toEqual(told.facts)
    for (const [service, row] of last)
      expect(halves.out.services.findLast(each => each.service === service)).toMatchObject({
        state: row.state,
        incidents: row.incidents,
      })
  })

  it('go on from checkpoints as if nothing had been', () => {
    const halves = Halves.of(2, position => position % 7 === 0)
    for (const entry of stream) halves.take(entry)
    expect(halves.out.events).toEqual(told.events)
  })

  it('follow an order, a clock that is put back, and forget', () => {
    const at = T + 72 * MINUTE
    const incident = told.events.find(each => each.service === 'shop')!.incident
    const order = { type: 'order', id: 'o', at, by: 'x', why: 'y', verb: 'resolve', incident } as unknown as Order
    const turns: Entry[] = [
      { turn: { kind: 'order', order }, at },
      { turn: { kind: 'forget', forget: { type: 'forget', id: 'f', at, service: 'mail', by: 'x', why: 'y' } }, at },
      { turn: { kind: 'rewind', to: at - 20 * MINUTE }, at },
    ]
    const cut = stream.filter(each => (each.seenAt ?? each.at) <= at)
    const rest = stream.filter(each => (each.seenAt ?? each.at) > at)
    const entries = [...cut, ...turns, ...rest]
    const halves = Halves.of(3)
    for (const entry of entries) halves.take(entry)
    const expected = whole(entries)
    expect(halves.out.events.filter(each => each.service !== 'mail')).toEqual(
      expected.events.filter(each => each.service !== 'mail'),
    )
    expect(expected.events.find(each => each.event === 'resolved')).toMatchObject({ by: 'x', service: 'shop' })
    expect(halves.out.forgotten).toEqual(expected.forgotten)
  })
})
