import type { FailureMode, SegmentReading } from '../../contract/finding.js'
import type { Strained } from '../../contract/incident.js'
import type { Gauge, GaugeMeasure, Labels } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'

/**
 * Values that were read off something, minute by minute. They have no denominator, so nobody can say how likely a value is
 * by counting: what stands against it is what the same gauge showed in quiet times, its highest above all. What a gauge shows
 * of something that is full, or missed, explains; what it shows of failing or waiting is evidence.
 */

/** Gauges of a service. Beyond it the one that was silent for longest goes. */
export const GAUGES_PER_SERVICE = 500
/** Minutes that are kept of each. */
const KEPT_MIN = 240
/** A gauge that was not read for so long says nothing of now. */
const STALE_MS = 12 * MINUTE
/** Younger values teach nothing yet: a fault may have begun in them. */
const LEARN_DELAY_MIN = 10
/** With less quiet than this learned only what would be bad anywhere is told. */
const LEARNED_MIN = 60
/** A quiet high is remembered for one to two of these. */
const HIGHS_MS = 7 * DAY
/** Quiet minutes weigh half as much after a day. */
const WEIGHT_KEPT = 0.5 ** (MINUTE / DAY)
/** Above the highest of quiet times by so much, and by so many points of a share. */
const [ABOVE_HIGH, ABOVE_SHARE] = [1.25, 0.005]
/** The least share that is told: fewer of an unknown number are a handful. */
const LEAST_SHARE: Record<FailureMode, number> = { bad: 0.02, slow: 0.05 }
/** and where nothing is known of usual days. */
const STRANGE_SHARE: Record<FailureMode, number> = { bad: 0.1, slow: 0.25 }
/** Something that takes so many times the usual is slow. */
const SLOW_TIMES = 1.5
/** What has been out of the usual for so long, is how it is. */
const LASTING_MS = DAY
/** Full from here on, as a part of the capacity. */
const FULL_SHARE = 0.9
/** So many of them are told, those that began first. */
const STRAINED_TOLD = 10
/** and by so much of it fuller than it ever was in quiet times. */
const FULLER_SHARE = 0.01
/** A cache that misses so many times as often as in quiet times is told. */
const MISSES_TIMES = 2

export interface GaugeSeries {
  name: string
  labels: Labels
  measures: GaugeMeasure
  unit: string | null
  /** Minute of the newest value. */
  last: EpochMs
  first: EpochMs
  /** Values by minute, the newest at `head`; NaN where none was read. */
  values: Float64Array
  head: number
  /** Values that the newest minute is the mean of. */
  readings: number
  /** The value at which it is full, NaN without one; weight and weighted sum of quiet minutes; highs of this span and the one before. */
  levels: Float64Array
  highsSince: EpochMs
  /** Quiet minutes that were learned. */
  learned: number
  /** Up to which minute. */
  learnedTo: EpochMs
  /** Out of the usual since then, without a break. */
  strangeSince: EpochMs | null
  /** The last value that was asked for said so. */
  strange: boolean
}
const [CAPACITY, WEIGHT, SUM, HIGH, HIGH_BEFORE] = [0, 1, 2, 3, 4]

export interface GaugeState {
  series: Map<string, GaugeSeries>
}

export const gaugeState = (): GaugeState => ({ series: new Map() })

const keyOf = (name: string, labels: Labels): string =>
  JSON.stringify([name, ...Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))])

/** Notes a value in its minute; values of one minute become their mean. */
export function takeGauge(state: GaugeState, signal: Gauge, slot: EpochMs): void {
  const key = keyOf(signal.name, signal.labels)
  let series = state.series.get(key)
  if (series === undefined) {
    if (state.series.size >= GAUGES_PER_SERVICE) dropSilent(state)
    state.series.set(key, (series = gaugeSeries(signal, slot)))
  }
  series.measures = signal.measures
  series.unit = signal.unit ?? null
  series.levels[CAPACITY] = signal.capacity ?? Number.NaN
  noteValue(series, slot, signal.value)
}

function gaugeSeries({ name, labels, measures, unit }: Gauge, slot: EpochMs): GaugeSeries {
  return {
    name,
    labels,
    measures,
    unit: unit ?? null,
    last: slot,
    first: slot,
    values: new Float64Array(KEPT_MIN).fill(Number.NaN),
    head: 0,
    readings: 0,
    levels: Float64Array.of(Number.NaN, 0, 0, Number.NaN, Number.NaN),
    highsSince: slot,
    learned: 0,
    learnedTo: 0,
    strangeSince: null,
    strange: false,
  }
}

function dropSilent({ series }: GaugeState): void {
  let silent: [string, GaugeSeries] | undefined
  for (const entry of series) if (silent === undefined || entry[1].last < silent[1].last) silent = entry
  if (silent) series.delete(silent[0])
}

function noteValue(s: GaugeSeries, slot: EpochMs, value: number): void {
  const ahead = (slot - s.last) / MINUTE
  if (ahead > 0) {
    if (ahead >= KEPT_MIN) s.values.fill(Number.NaN)
    else for (let i = 1; i <= ahead; i++) s.values[(s.head + i) % KEPT_MIN] = Number.NaN
    s.head = (s.head + ahead) % KEPT_MIN
    s.last = slot
    s.readings = 0
  } else if (-ahead >= KEPT_MIN) return
  const at = (s.head + ahead + KEPT_MIN * 2) % KEPT_MIN
  const before = s.values[ahead > 0 ? s.head : at]!
  if (slot === s.last) {
    s.values[s.head] = s.readings === 0 ? value : before + (value - before) / (s.readings + 1)
    s.readings++
  } else s.values[at] = Number.isNaN(before) ? value : (before + value) / 2
}

/** The value of a minute; NaN where none was read or it is not kept. */
export function valueAt(s: GaugeSeries, slot: EpochMs): number {
  const back = (s.last - slot) / MINUTE
  return back < 0 || back >= KEPT_MIN ? Number.NaN : s.values[(s.head - back + KEPT_MIN) % KEPT_MIN]!
}

/** Up to `most` newest values within the time in which they say something of `now`, newest first. */
function newest(s: GaugeSeries, now: EpochMs, most: number): number[] {
  const found: number[] = []
  for (
    let slot = s.last;
    found.length < most && now - slot <= STALE_MS && s.last - slot < KEPT_MIN * MINUTE;
    slot -= MINUTE
  ) {
    const value = valueAt(s, slot)
    if (!Number.isNaN(value)) found.push(value)
  }
  return found
}

/** What it usually shows; null before anything was learned. */
export const usualOf = ({ levels }: GaugeSeries): number | null =>
  levels[WEIGHT]! > 0 ? levels[SUM]! / levels[WEIGHT]! : null

/** The highest of quiet times; NaN without any. */
const highOf = ({ levels }: GaugeSeries): number =>
  Number.isNaN(levels[HIGH_BEFORE]!) ? levels[HIGH]! : Math.max(levels[HIGH]!, levels[HIGH_BEFORE]!)

/** High is bad, of whatever it measures. */
const badness = (s: GaugeSeries, value: number): number => (s.measures === 'hit' ? 1 - value : value)

/** From which value on it is out of the usual; null where nobody can say. */
function barOf(s: GaugeSeries): number | null {
  const { measures, levels, learned } = s
  const high = highOf(s)
  if (measures === 'failing' || measures === 'slow') {
    const mode = measures === 'failing' ? 'bad' : 'slow'
    if (learned < LEARNED_MIN) return STRANGE_SHARE[mode]
    return Math.max(LEAST_SHARE[mode], ABOVE_HIGH * high + ABOVE_SHARE)
  }
  if (measures === 'saturation' && !Number.isNaN(levels[CAPACITY]!))
    // What is always full is how it is built.
    return Math.max(FULL_SHARE * levels[CAPACITY]!, learned < LEARNED_MIN ? 0 : high + FULLER_SHARE * levels[CAPACITY]!)
  if (learned < LEARNED_MIN || measures === 'demand' || measures === 'other') return null
  const usual = usualOf(s)!
  if (measures === 'latency') return Math.max(ABOVE_HIGH * high, SLOW_TIMES * usual)
  if (measures === 'hit') return Math.max(MISSES_TIMES * usual, ABOVE_HIGH * high + ABOVE_SHARE)
  return Math.max(ABOVE_HIGH * high, MISSES_TIMES * usual)
}

/** How a gauge stands at a tick. */
export interface GaugeReading {
  series: GaugeSeries
  /** The lower of its two newest values: one alone is a blip. */
  level: number
  usual: number | null
  bar: number | null
  strange: boolean
}

/** Reads one; null where it was not read lately. */
export function readGaugeSeries(s: GaugeSeries, now: EpochMs): GaugeReading | null {
  const values = newest(s, now, 2)
  if (values.length < 2) return null
  const level = Math.min(...values.map(value => badness(s, value)))
  const bar = barOf(s)
  return { series: s, level, usual: usualOf(s), bar, strange: bar !== null && level >= bar }
}

/** Closes a minute: reads all, and notes since when each is out of the usual. */
export function tickGauges(state: GaugeState, now: EpochMs): GaugeReading[] {
  const readings: GaugeReading[] = []
  for (const s of state.series.values()) {
    const reading = readGaugeSeries(s, now)
    s.strange = reading?.strange === true
    if (!s.strange) s.strangeSince = null
    else s.strangeSince ??= sinceOf(s, reading!.bar!, now)
    if (reading) readings.push(reading)
  }
  return readings
}

/** The first minute of the stretch above the bar that goes on now. */
function sinceOf(s: GaugeSeries, bar: number, now: EpochMs): EpochMs {
  let since = s.last
  for (let slot = s.last; slot > now - HOUR && slot >= s.first; slot -= MINUTE) {
    const value = valueAt(s, slot)
    if (Number.isNaN(value)) continue
    if (badness(s, value) < bar) break
    since = slot
  }
  return since
}

/** Learns what is usual from minutes that are old enough and before any trouble of this service. */
export function learnGauges(state: GaugeState, now: EpochMs, trouble: EpochMs | null): void {
  for (const s of state.series.values()) {
    const slot = Math.min(s.last, now) - LEARN_DELAY_MIN * MINUTE
    if (slot <= s.learnedTo || (trouble !== null && slot >= trouble)) continue
    const from = Math.max(s.first, s.learnedTo + MINUTE, slot - (KEPT_MIN - LEARN_DELAY_MIN) * MINUTE)
    // What was out of the usual is no quiet time, whether or not anybody suffered.
    const bar = barOf(s) ?? Number.POSITIVE_INFINITY
    for (let each = from; each <= slot; each += MINUTE) if (badness(s, valueAt(s, each)) < bar) learnMinute(s, each)
    s.learnedTo = slot
    if (s.strangeSince !== null && now - s.strangeSince >= LASTING_MS) startAnew(s)
  }
}

function learnMinute(s: GaugeSeries, slot: EpochMs): void {
  const { levels } = s
  const bad = badness(s, valueAt(s, slot))
  levels[WEIGHT] = WEIGHT_KEPT * levels[WEIGHT]! + 1
  levels[SUM] = WEIGHT_KEPT * levels[SUM]! + bad
  s.learned++
  if (slot - s.highsSince > HIGHS_MS) {
    levels[HIGH_BEFORE] = levels[HIGH]!
    levels[HIGH] = Number.NaN
    s.highsSince = slot
  }
  levels[HIGH] = Number.isNaN(levels[HIGH]!) ? bad : Math.max(levels[HIGH]!, bad)
}

/** What has lasted is how things are. */
export function startGaugesAnew(state: GaugeState): void {
  for (const s of state.series.values()) startAnew(s)
}

function startAnew(s: GaugeSeries): void {
  let high = Number.NaN
  for (let slot = s.last; slot > s.last - HOUR; slot -= MINUTE) {
    const bad = badness(s, valueAt(s, slot))
    if (!(bad <= high)) high = Number.isNaN(bad) ? high : bad
  }
  s.levels.set([Number.isNaN(high) ? 0 : 1, Number.isNaN(high) ? 0 : high, high, Number.NaN], WEIGHT)
  s.learned = Number.isNaN(high) ? 0 : LEARNED_MIN
  s.strangeSince = null
}

/** Which measures speak of a failure mode. */
const SPEAKS: Record<FailureMode, ReadonlySet<GaugeMeasure>> = {
  bad: new Set(['failing']),
  slow: new Set(['slow', 'latency']),
}
export const speaksOf = (mode: FailureMode, { measures }: GaugeSeries): boolean => SPEAKS[mode].has(measures)

/** How far above the usual, as a share: of requests, or of the time that something takes. */
export function excessOf({ series, level, usual }: GaugeReading): number {
  const above = Math.max(0, level - (usual ?? 0))
  return series.measures === 'latency' ? (level > 0 ? above / level : 0) : above
}

/** Where those that are out of the usual stand, by the labels in which they differ from others of their name. */
export function gaugeSegments(state: GaugeState, mode: FailureMode): SegmentReading[] {
  const all = [...state.series.values()].filter(s => speaksOf(mode, s))
  return all
    .filter(s => s.strange)
    .map(s => {
      const well = all.filter(other => other.name === s.name && !other.strange)
      const where = Object.fromEntries(
        Object.entries(s.labels)
          .filter(([label, value]) =>
            well.some(other => other.labels[label] !== undefined && other.labels[label] !== value),
          )
          .map(([label, value]) => [label, [value]]),
      )
      const level = valueAt(s, s.last)
      return { where, share: s.measures === 'latency' ? null : level, interval: null, bits: 0, excess: level }
    })
    .filter(({ where }) => Object.keys(where).length > 0)
    .slice(0, 10)
}

/** Those that explain rather than say that something fails; eldest first. */
export const strainedOf = (state: GaugeState): Strained[] =>
  [...state.series.values()]
    .filter(s => s.strangeSince !== null && (s.measures === 'saturation' || s.measures === 'hit'))
    .toSorted((a, b) => a.strangeSince! - b.strangeSince!)
    .slice(0, STRAINED_TOLD)
    .map(s => ({
      name: s.name,
      labels: s.labels,
      value: valueAt(s, s.last),
      capacity: Number.isNaN(s.levels[CAPACITY]!) ? null : s.levels[CAPACITY]!,
      usual: usualOf(s),
      unit: s.unit,
      since: new Date(s.strangeSince!).toISOString(),
    }))
