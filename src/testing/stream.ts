import type { Where } from '../contract/incident.js'
import type { Change, Labels, Notice, Observation, Signal, Topology } from '../contract/signal.js'
import { MINUTE, SECOND, type EpochMs } from '../contract/time.js'
import { binomial, poisson, sfc32, type Random } from '../core/stat/random.js'

/**
 * Small streams of signals for tests: one service with request counts by cell × component × tier, checks of each cell, and
 * people who report. The same options give the same signals. Faults are laid over it as data.
 */

/** A Friday noon that no scenario uses. */
export const STREAM_START: EpochMs = Date.UTC(2031, 4, 9, 12)

export interface StreamOptions {
  service?: string
  seed?: number
  from?: EpochMs
  minutes: number
  cells?: readonly string[]
  components?: readonly string[]
  tiers?: readonly string[]
  /** Requests a minute of each cell × component × tier; 0: the service has no telemetry. */
  requests?: number
  /** Share of requests that fail, and that are slow, on a good day. */
  failing?: number
  slow?: number
  /** Metrics reach us so long after the end of their minute. */
  lagMs?: number
  /** Checks of each cell a minute; 0: none. */
  checks?: number
  /** Problem reports a minute on a good day; 0: nobody ever reports. */
  reports?: number
  /** Factor on the requests of a minute; 1 all day by default. */
  demand?: (minute: number) => number
  /** Factor on the failing share of a minute. */
  rhythm?: (minute: number) => number
  faults?: readonly Fault[]
}

/** Trouble over the minutes [from, until) of the stream, in the labels that `where` names. */
export interface Fault {
  from: number
  until: number
  where?: Where
  /** Share of requests and checks that fail besides the usual ones; a function of the minute for ramps and decays. */
  bad?: number | ((minute: number) => number)
  slow?: number
  /** No metrics at all. */
  silent?: boolean
  /** Checks see nothing of it. */
  unseenByChecks?: boolean
  /** Problem reports a minute on top of the usual ones, and what they carry. */
  reports?: number
  labels?: Labels
  texts?: readonly string[]
}

type Filled = Required<Omit<StreamOptions, 'faults'>> & { faults: readonly Fault[] }

const filled = (o: StreamOptions): Filled => ({
  service: 'shop',
  seed: 1,
  from: STREAM_START,
  cells: ['a', 'b', 'c'],
  components: ['cart', 'search'],
  tiers: ['free', 'paid'],
  requests: 200,
  failing: 0.002,
  slow: 0.01,
  lagMs: 20 * SECOND,
  checks: 0,
  reports: 0,
  demand: () => 1,
  rhythm: () => 1,
  faults: [],
  ...o,
})

/** Every signal of a stream, in the order in which they arrive. */
export function streamOf(options: StreamOptions): Signal[] {
  const o = filled(options)
  const random = sfc32(o.seed)
  const out: Signal[] = []
  for (let minute = 0; minute < o.minutes; minute++) {
    drawMetrics(o, minute, random, out)
    drawChecks(o, minute, random, out)
    drawReports(o, minute, random, out)
  }
  return byArrival(out)
}

/** Streams and single signals, merged in the order in which they arrive. */
export const byArrival = (...parts: readonly (readonly Signal[])[]): Signal[] =>
  parts.flat().sort((x, y) => arrival(x) - arrival(y))

export const arrival = (s: Signal): EpochMs => s.seenAt ?? s.at

function drawMetrics(o: Filled, minute: number, random: Random, out: Signal[]): void {
  const at = o.from + (minute + 1) * MINUTE
  for (const cell of o.cells)
    for (const component of o.components)
      for (const tier of o.tiers) {
        const labels = { cell, component, tier }
        const total = poisson(random, o.requests * o.demand(minute))
        const hit = faultsAt(o, minute, labels)
        if (total === 0 || hit.some(f => f.silent)) continue
        const usual = Math.min(1, o.failing * o.rhythm(minute))
        const bad = binomial(
          random,
          total,
          joint(usual, hit, f => amount(f.bad, minute)),
        )
        const slow = binomial(
          random,
          total - bad,
          joint(o.slow, hit, f => f.slow ?? 0),
        )
        out.push(
          metric({
            service: o.service,
            at,
            seenAt: at + o.lagMs,
            labels,
            total,
            bad,
            slow,
            id: `m${minute}.${cell}.${component}.${tier}`,
          }),
        )
      }
}

function drawChecks(o: Filled, minute: number, random: Random, out: Signal[]): void {
  for (const cell of o.cells)
    for (let k = 0; k < o.checks; k++) {
      const hit = faultsAt(o, minute, { cell }).filter(f => !f.unseenByChecks)
      const share = joint(0.002, hit, f => (f.silent ? 1 : amount(f.bad, minute)))
      out.push(
        check({
          service: o.service,
          at: o.from + minute * MINUTE + Math.floor(((k + random()) * MINUTE) / o.checks),
          labels: { cell, vantage: `v${k}` },
          bad: random() < share ? 1 : 0,
          id: `k${minute}.${cell}.${k}`,
        }),
      )
    }
}

function drawReports(o: Filled, minute: number, random: Random, out: Signal[]): void {
  const start = o.from + minute * MINUTE
  const sources = [
    { mean: o.reports, labels: {} as Labels, texts: [] as readonly string[] },
    ...o.faults
      .filter(f => minute >= f.from && minute < f.until)
      .map(f => ({ mean: f.reports ?? 0, labels: f.labels ?? {}, texts: f.texts ?? [] })),
  ]
  sources.forEach(({ mean, labels, texts }, s) => {
    const n = poisson(random, mean)
    for (let i = 0; i < n; i++) {
      const id = `r${minute}.${s}.${i}`
      const text = texts[i % Math.max(1, texts.length)]
      out.push(
        report({
          service: o.service,
          at: start + Math.floor(random() * MINUTE),
          labels,
          reporter: `p${o.seed}.${id}`,
          id,
          ...(text === undefined ? {} : { text }),
        }),
      )
    }
  })
}

const amount = (bad: Fault['bad'], minute: number): number => (typeof bad === 'function' ? bad(minute) : (bad ?? 0))

/** Independent causes of failure. */
const joint = (usual: number, faults: readonly Fault[], share: (f: Fault) => number): number =>
  1 - faults.reduce((fine, f) => fine * (1 - share(f)), 1 - usual)

/** Faults of a minute whose every label, as far as the signal carries it, is met. */
const faultsAt = (o: Filled, minute: number, labels: Labels): Fault[] =>
  o.faults.filter(
    f =>
      minute >= f.from &&
      minute < f.until &&
      Object.entries(f.where ?? {}).every(
        ([name, values]) => labels[name] === undefined || values.includes(labels[name]),
      ),
  )

let nextId = 0
const own = (): string => `own${nextId++}`
type Part<T> = Partial<T> & { at: EpochMs }

export const metric = (p: Part<Observation>): Observation => ({
  type: 'observation',
  via: 'metric',
  id: own(),
  service: 'shop',
  labels: {},
  total: 100,
  bad: 0,
  slow: 0,
  windowMs: MINUTE,
  ...p,
})
export const check = (p: Part<Observation>): Observation => ({
  type: 'observation',
  via: 'check',
  id: own(),
  service: 'shop',
  labels: {},
  total: 1,
  bad: 0,
  ...p,
})
export const report = (p: Part<Observation>): Observation => ({
  type: 'observation',
  via: 'report',
  id: own(),
  service: 'shop',
  labels: {},
  total: 1,
  bad: 1,
  ...p,
})
export const post = (p: Part<Observation>): Observation => ({
  type: 'observation',
  via: 'post',
  id: own(),
  service: 'shop',
  labels: {},
  total: 1,
  ...p,
})
export const change = (p: Part<Change>): Change => ({
  type: 'fact',
  via: 'change',
  kind: 'config',
  id: own(),
  service: 'shop',
  scope: {},
  ...p,
})
export const notice = (p: Part<Notice>): Notice => ({
  type: 'fact',
  via: 'notice',
  id: own(),
  service: 'shop',
  scope: {},
  ...p,
})
export const topology = (p: Part<Topology>): Topology => ({
  type: 'fact',
  via: 'topology',
  id: own(),
  service: 'shop',
  components: [],
  dependsOn: [],
  ...p,
})
