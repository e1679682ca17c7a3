import { deserialize, serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../contract/outcome.js'
import type { Signal } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { poisson, sfc32 } from '../stat/random.js'
import { emptyOutcome, Fold, type EngineConfig } from '../fold/fold.js'
import type { Packing, StoredService } from './asleep.js'
import { Watch } from './watch.js'

const T = Date.UTC(2031, 4, 9, 12)
const config: EngineConfig = { clock: 'wall', falseAlarmsPerMonth: 3, services: [] }

/** Counts how often services sleep and wake. */
function counting(): Packing & { slept: number; woken: number } {
  const packing = {
    slept: 0,
    woken: 0,
    pack(service: StoredService) {
      packing.slept++
      return serialize(service)
    },
    unpack(bytes: Uint8Array) {
      packing.woken++
      return deserialize(bytes) as StoredService
    },
  }
  return packing
}

/** Reports of services that people speak of rarely, each at its own rate, and now and then a flood of them. */
function reports(hours: number, seed: number, perHour = [0.2, 0.5, 1, 3]): Signal[] {
  const random = sfc32(seed)
  const signals: Signal[] = []
  perHour.forEach((rate, s) => {
    const flood = T + Math.floor(random() * hours) * HOUR
    for (let minute = 0; minute < hours * 60; minute++) {
      const at = T + minute * MINUTE
      const flooded = at >= flood && at < flood + 20 * MINUTE
      for (let n = poisson(random, rate / 60 + (flooded ? 0.6 * s : 0)); n > 0; n--)
        signals.push(report(`s${s}`, at + Math.floor(random() * MINUTE), `${seed}-${signals.length}`, random() < 0.9))
    }
  })
  return signals.sort((a, b) => a.at - b.at)
}

const report = (service: string, at: EpochMs, id: string, bad: boolean): Signal => ({
  type: 'observation',
  via: 'report',
  id,
  service,
  at,
  labels: { country: id.length % 2 === 0 ? 'DE' : 'FR', platform: 'web' },
  total: 1,
  bad: bad ? 1 : 0,
  reporter: `p${id}`,
  ...(bad ? { prefix: `x${id}`, network: `n${id.slice(-1)}` } : {}),
})

type Turn = (fold: Fold, at: EpochMs, into: Outcome) => Fold

/** Folds as a server on the wall does, with ticks; `turn` happens each hour. */
function run(start: Fold, signals: readonly Signal[], turn: Turn = fold => fold): { fold: Fold; out: Outcome } {
  const out = emptyOutcome()
  let fold = start
  let hour = 0
  for (const signal of signals) {
    for (; T + hour * HOUR < signal.at; hour++) {
      fold.advance(T + hour * HOUR, 1, out)
      fold = turn(fold, T + hour * HOUR, out)
    }
    fold.advance(signal.at, 1, out)
    fold.signal(signal, 1, out)
  }
  return { fold, out }
}

/** All services at the next minute, each heard of once more, but for what their rows were last made for. */
function awake({ fold, out }: { fold: Fold; out: Outcome }, at: EpochMs, services = 4): unknown {
  fold.advance(at, 2, out)
  for (let s = 0; s < services; s++) fold.signal(report(`s${s}`, at, `last-${s}`, false), 2, out)
  fold.advance(at + MINUTE, 3, out)
  const { watch, ...rest } = deserialize(serialize(fold.snapshot())) as ReturnType<Fold['snapshot']>
  const packed = watch.asleep ?? []
  expect(packed.filter(each => !each.awake)).toEqual([])
  const all = [...watch.services, ...packed.map(({ bytes }) => deserialize(bytes) as StoredService)]
  const plain = all.map(({ shown: _, changed: __, ...each }) => each)
  return { ...rest, services: plain.sort((a, b) => (a.id < b.id ? -1 : 1)) }
}

const told = ({ events, rollups, facts, undone }: Outcome) => ({ events, rollups: inOrder(rollups), facts, undone })
/** Those of one tick may come in any order. */
const inOrder = (rows: Outcome['rollups']) =>
  rows.toSorted((a, b) => a.bin - b.bin || (a.service < b.service ? -1 : a.service > b.service ? 1 : 0))

describe('services that sleep', () => {
  const HOURS = 11

  it('are told of as if each minute had been judged, also after a restart', () => {
    const signals = reports(HOURS, 1)
    const all = run(new Fold(config), signals)
    const packing = counting()
    const some = run(new Fold(config, new Watch(config, packing)), signals, (fold, at) =>
      at % (4 * HOUR) === 0 ? Fold.open(deserialize(serialize(fold.snapshot())), config, packing) : fold,
    )
    expect(packing.slept).toBeGreaterThan(10)
    expect(awake(some, T + (HOURS + 1) * HOUR)).toEqual(awake(all, T + (HOURS + 1) * HOUR))
    expect(told(some.out)).toEqual(told(all.out))
    expect(all.out.events.length).toBeGreaterThan(0)
    const newest = ({ services }: Outcome) => new Map(services.map(({ service, state }) => [service, state]))
    expect(newest(some.out)).toEqual(newest(all.out))
  })

  it('wake where a clock was put back, and are forgotten like others', () => {
    const signals = reports(5, 2, [0.2, 0.5, 0.5])
    const packing = counting()
    const turn: Turn = (fold, at, into) => {
      if (at === T + 3 * HOUR) fold.rewind(at - HOUR, 1, into)
      if (at === T + 4 * HOUR) fold.forget({ type: 'forget', id: 'f', at, service: 's0', by: 'a', why: 'b' }, into)
      return fold
    }
    const all = run(new Fold(config), signals, turn)
    const some = run(new Fold(config, new Watch(config, packing)), signals, turn)
    expect(packing.slept).toBeGreaterThan(1)
    expect(awake(some, T + 6 * HOUR, 3)).toEqual(awake(all, T + 6 * HOUR, 3))
    expect(told(some.out)).toEqual(told(all.out))
    expect(some.fold.late).toBe(all.fold.late)
  })

  it('are taken for no sleepers while what was heard of them may still be told', () => {
    const packing = counting()
    const fold = new Fold(config, new Watch(config, packing))
    const flood = Array.from({ length: 12 }, (_, i) => report('s0', T + i * 1_000, `f${i}`, true))
    for (const signal of flood) {
      fold.advance(signal.at, 1, emptyOutcome())
      fold.signal(signal, 1, emptyOutcome())
    }
    fold.advance(T + HOUR, 1, emptyOutcome())
    expect(packing.slept).toBe(0)
  })

  it('are woken before their time is up, and then told of anew', () => {
    const packing = counting()
    const fold = new Fold(config, new Watch(config, packing))
    const out = emptyOutcome()
    fold.advance(T, 1, out)
    fold.signal(report('s0', T, 'a', false), 1, out)
    for (let minute = 1; minute <= 26 * 60; minute++) fold.advance(T + minute * MINUTE, 1, out)
    const states = out.services.map(({ state, at }) => [state, (at - T) / HOUR] as const)
    const known = states.find(([state]) => state === 'ok')
    expect(known?.[1]).toBeCloseTo(2, 1)
    // Nobody has said anything for a day.
    expect(states.findLast(([state]) => state === 'ok')![1]).toBeLessThan(24)
    expect(states.find(([state, at]) => state === 'unknown' && at > 12)![1]).toBeCloseTo(24, 1)
    expect(packing.woken).toBeLessThan(9)
  })
})
