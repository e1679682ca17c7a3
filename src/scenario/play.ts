import type { Signal, SignalVia } from '../contract/signal.js'
import { type EpochMs, MINUTE, SECOND } from '../contract/time.js'
import { Crowd } from './crowd.js'
import { type Arrival, Emitter } from './emit.js'
import { Expectation } from './expect.js'
import { changes, notices, topologies } from './facts.js'
import { drawChecks, drawMetrics } from './machines.js'
import type { Scenario } from './model.js'
import { ReportFlow } from './report-flow.js'

export type Via = SignalVia

export interface PlayOptions {
  /** Another draw of the same world; the file's own seed by default. */
  seed?: number
  /** Quiet hours before t0. */
  historyHours?: number
  /**
   * What the quiet hours hold; reports and posts by default. A service's own metrics are a thousand lines a minute and
   * teach little in a week that two hours do not: ask for them by name.
   */
  historyKinds?: Iterable<Via>
  /** Kinds to play; all by default. Topology always comes. */
  only?: Iterable<Via>
  /** Only what is seen in [from, until). The same signals that the whole play holds, at a fraction of the cost. */
  from?: EpochMs
  until?: EpochMs
  /** The quiet twin: the same world and changes, but no fault happens, and nothing that faults bring with them. */
  quiet?: boolean
}

const DEFAULT_HISTORY: Via[] = ['report', 'post']

/**
 * Plays a scenario: the signals a product would have received, ordered by `seenAt ?? at`, minute by minute, so that
 * memory holds the lag of the slowest signal and no more. Ground truth never appears in them.
 *
 * @example
 * for (const signal of play(scenario, { seed: 7, only: ['report'] })) console.log(signal.at)
 */
export function* play(scenario: Scenario, options: PlayOptions = {}): Generator<Signal> {
  const { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = options
  const { clock } = scenario
  const tickMs = clock.tickMin * MINUTE
  const historyMin = Math.max(0, Math.round(60 * (options.historyHours ?? 0)))
  const first = -Math.ceil(historyMin / clock.tickMin)
  const last = Math.ceil(clock.minutes / clock.tickMin)
  const queue = new Queue(tickMs)
  const stage = new Stage(scenario, options, arrival => queue.put(arrival))
  for (const fact of facts(scenario, options, clock.t0 - (historyMin + 1) * MINUTE)) queue.put(fact)
  const lagMs = longestLagMs(scenario)

  for (let tick = first; tick < last; tick++) {
    const t = clock.t0 + tick * tickMs
    if (t >= until) break
    // Expectations carry from tick to tick; what nobody will see need not be drawn.
    stage.step(t, tick, t + tickMs + lagMs > from)
    yield* within(queue.take(t + tickMs), from, until)
  }
  yield* within(queue.take(Number.POSITIVE_INFINITY), from, until)
}

function* within(arrivals: Arrival[], from: EpochMs, until: EpochMs): Generator<Signal> {
  for (const { seen, signal } of arrivals) if (seen >= from && seen < until) yield signal
}

function facts(scenario: Scenario, options: PlayOptions, before: EpochMs): Arrival[] {
  const only = options.only && new Set(options.only)
  const quiet = options.quiet ?? false
  const told = [
    ...(only?.has('change') === false ? [] : changes(scenario, quiet)),
    ...(only?.has('notice') === false ? [] : notices(scenario, quiet)),
  ]
  // A change may be days older than the file; what stands on what was known before that too.
  const first = Math.min(before, ...told.map(arrival => arrival.seen - MINUTE))
  return [...topologies(scenario, first), ...told]
}

/** How long after its tick's end a drawn signal may still reach the product. */
function longestLagMs({ social, telemetry }: Scenario): number {
  return MINUTE + Math.max(30 * SECOND, (social?.lagMin ?? 0) * MINUTE, telemetry?.lagMs ?? 0)
}

/** Everything that is drawn, tick by tick. */
class Stage {
  private readonly expectation: Expectation
  private readonly flows: ReportFlow[]
  private readonly crowd: Crowd
  private readonly emitter: Emitter
  private readonly seed: number
  private readonly live: ReadonlySet<Via> | null
  private readonly history: ReadonlySet<Via>
  private readonly quiet: boolean

  constructor(
    private readonly scenario: Scenario,
    options: PlayOptions,
    send: (arrival: Arrival) => void,
  ) {
    this.quiet = options.quiet ?? false
    this.seed = options.seed ?? scenario.clock.seed
    this.live = options.only ? new Set(options.only) : null
    this.history = new Set([...(options.historyKinds ?? DEFAULT_HISTORY)].filter(via => this.live?.has(via) ?? true))
    this.expectation = new Expectation(scenario, this.quiet)
    const wanted = (arrival: Arrival) => {
      const { via } = arrival.signal
      const kinds = arrival.signal.at < scenario.clock.t0 ? this.history : this.live
      if (kinds?.has(via) ?? true) send(arrival)
    }
    this.emitter = new Emitter(scenario.world.service, this.seed, wanted)
    this.crowd = new Crowd(scenario, this.expectation, this.seed, this.quiet, this.emitter)
    const acknowledgedAt = this.expectation.acknowledgedAt()
    this.flows = scenario.world.regions.map((_, r) => new ReportFlow(scenario, this.expectation, r, acknowledgedAt))
  }

  step(t: EpochMs, tick: number, draw: boolean): void {
    const { scenario, expectation, seed, emitter, crowd } = this
    const live = tick >= 0
    const kinds = live ? this.live : this.history
    const wants = (via: Via) => draw && (kinds?.has(via) ?? true)
    const people = wants('report') || wants('post')
    this.flows.forEach((flow, r) => {
      const due = flow.step(t, live)
      if (people) crowd.region(r, due, t, tick)
    })
    if (live && wants('metric')) drawMetrics(scenario, expectation, seed, emitter, t, tick)
    else if (!live && wants('metric')) drawMetrics(scenario, this.calm(), seed, emitter, t, tick)
    if (live && wants('post')) crowd.botPosts(t, tick)
    if (live && wants('report') && !this.quiet)
      scenario.noise.forEach((event, index) => {
        crowd.noise(event, index, t, tick)
      })
    if (wants('report')) crowd.elsewhere(t, tick)
    if (wants('check')) drawChecks(scenario, live ? expectation : this.calm(), seed, emitter, t, tick)
  }

  private calmExpectation: Expectation | null = null
  private calm(): Expectation {
    this.calmExpectation ??= new Expectation(this.scenario, true)
    return this.calmExpectation
  }
}

/** Arrivals waiting for their minute. Those of equal time keep the order in which they were drawn. */
class Queue {
  private readonly slots = new Map<number, Arrival[]>()

  constructor(private readonly slotMs: number) {}

  put(arrival: Arrival): void {
    const key = Math.floor(arrival.seen / this.slotMs)
    const slot = this.slots.get(key)
    if (slot) slot.push(arrival)
    else this.slots.set(key, [arrival])
  }

  /** Removes and returns, in order, everything seen before `end`. */
  take(end: EpochMs): Arrival[] {
    const due = [...this.slots.keys()].filter(key => key * this.slotMs < end)
    const taken: Arrival[] = []
    for (const key of due.sort((a, b) => a - b)) {
      const slot = this.slots.get(key)!
      this.slots.delete(key)
      slot.sort((a, b) => a.seen - b.seen)
      const rest = slot.filter(arrival => arrival.seen >= end)
      if (rest.length > 0) this.slots.set(key, rest)
      for (const arrival of slot) if (arrival.seen < end) taken.push(arrival)
    }
    return taken
  }
}
