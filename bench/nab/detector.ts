/**
 * From the readings of {@link CountSeries} to the alarms that NAB judges. Counts of posts are burst upon burst: against the negative
 * binomial every one of them is a surprise of hundreds of bits, so that bits alone do not say which are out of the ordinary *for this
 * series*. Here a series is therefore its own yardstick: three things are watched (how high one bin is, how high two hours, and how far two
 * hours lie above what was expected), each is ranked among the peaks that the very series has shown before, and
 *     rate a day of such peaks = (earlier peaks at least as high + ½) / (days seen + 1),
 * an estimate that assumes nothing but exchangeable peaks (conformal ranks; Laxhammar & Falkman 2010). An alarm is raised where the rate of
 * any of the three is at most a third of the asked one (Bonferroni). An alarm uses up the budget, which refills evenly over two days (half
 * way there, only peaks half as common are worth a call), and none is raised for half a day: a person who was called looks. Streaming: nothing said at a record depends on later ones. Cost: O(log peaks) a record.
 */
import { CountSeries } from '../../src/core/series/count-series.js'

const DAY_MS = 86_400_000
/** Peaks are apart when what lies between stays below PEAK_SHARE of the higher one for this long. */
const APART_MS = 3_600_000
const PEAK_SHARE = 0.5
/** After an alarm: the operator has been told. */
const REST_MS = DAY_MS / 2
/** And the budget is whole again. */
const REFILL_MS = 2 * DAY_MS
const SPAN_MS = 2 * 3_600_000
const STREAMS = 3
/** Evidence below this many nats is no peak at all. */
const EVIDENCE_NATS = 1
/** Of the series underneath; its expectation is what is used here. */
const FALSE_ALARMS_PER_DAY = 1
const MEAN_MIN = 0.05

class Stream {
  private readonly peaks: number[] = []
  private peak = 0
  private lowSlots = Number.POSITIVE_INFINITY

  constructor(
    private readonly floor: number,
    private readonly apartSlots: number,
  ) {}

  /** Rate a day of peaks like this one where `value` is the highest of its peak so far, else infinity. */
  rate(value: number, days: number): number {
    if (!(value > this.floor)) {
      this.lowSlots++
      return Number.POSITIVE_INFINITY
    }
    if (this.lowSlots > this.apartSlots) {
      if (this.peak > 0) insert(this.peaks, this.peak)
      this.peak = 0
    }
    this.lowSlots = value > PEAK_SHARE * this.peak ? 0 : this.lowSlots + 1
    if (value <= this.peak) return Number.POSITIVE_INFINITY
    this.peak = value
    return (this.peaks.length - below(this.peaks, value) + 0.5) / (days + 1)
  }
}

/** How many of ascending numbers are below x. */
function below(sorted: readonly number[], x: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < x) low = middle + 1
    else high = middle
  }
  return low
}

const insert = (sorted: number[], x: number) => sorted.splice(below(sorted, x), 0, x)

/** Poisson likelihood ratio of the best rate against the expected one, nats; 0 at or below it. */
const evidence = (count: number, mean: number) => (count > mean ? count * Math.log(count / mean) - (count - mean) : 0)

/** For each record the lowest rate a day of peaks like it, times the number of streams; infinity in the flanks. */
export function peakRates(counts: ArrayLike<number>, slotMs: number): Float64Array {
  const series = new CountSeries({ slotMs, falseAlarmsPerDay: FALSE_ALARMS_PER_DAY })
  const mean = new Float64Array(counts.length)
  const rates = new Float64Array(counts.length)
  const apart = APART_MS / slotMs
  const [bin, span, excess] = [new Stream(0, apart), new Stream(0, apart), new Stream(EVIDENCE_NATS, apart)]
  const slots = Math.max(1, Math.round(SPAN_MS / slotMs))
  let seen = 0
  let expected = 0
  for (let i = 0; i < counts.length; i++) {
    mean[i] = Math.max(MEAN_MIN, series.step(i * slotMs, counts[i]!).expected)
    seen += counts[i]! - (i >= slots ? counts[i - slots]! : 0)
    expected += mean[i]! - (i >= slots ? mean[i - slots]! : 0)
    const days = (i * slotMs) / DAY_MS
    const above = evidence(seen, Math.max(MEAN_MIN, expected))
    rates[i] = STREAMS * Math.min(bin.rate(counts[i]!, days), span.rate(seen, days), excess.rate(above, days))
  }
  return rates
}

/** 1 at the records at which an alarm is raised, 0 elsewhere. */
export function alarms(rates: Float64Array, slotMs: number, askedPerDay: number): Float64Array {
  const scores = new Float64Array(rates.length)
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < rates.length; i++) {
    const sinceMs = (i - last) * slotMs
    if (sinceMs <= REST_MS || rates[i]! > askedPerDay * Math.min(1, sinceMs / REFILL_MS)) continue
    scores[i] = 1
    last = i
  }
  return scores
}
