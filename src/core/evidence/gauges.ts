import type { KindReading, Track } from '../../contract/finding.js'
import type { Gauge } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import {
  excessOf,
  gaugeSegments,
  gaugeState,
  learnGauges,
  speaksOf,
  startGaugesAnew,
  strainedOf,
  takeGauge,
  tickGauges,
  type GaugeReading,
  type GaugeState,
} from '../gauges/gauges.js'
import type { FailureMode } from '../rates/state.js'
import type { Evidence } from './evidence.js'

/** What machines show without counting: shares of an unknown number, and how long things take. */

/** A gauge above its own highest says so many bits for each time that its history has doubled, */
const BITS_PER_DOUBLING = 1
/** from this on, and this at most: nobody knows of how many it speaks. */
const [LEAST_BITS, MOST_BITS] = [8, 25]
/** Two readings of gauges are so far apart by chance, as a share. */
const ERROR_SHARE = 0.01

/** The worst of those that speak of the mode. */
function worst(readings: readonly GaugeReading[], mode: FailureMode): GaugeReading | undefined {
  const told = readings.filter(({ series }) => speaksOf(mode, series))
  const strange = told.filter(reading => reading.strange)
  return (strange.length > 0 ? strange : told).reduce<GaugeReading | undefined>(
    (a, b) => (a !== undefined && excessOf(a) >= excessOf(b) ? a : b),
    undefined,
  )
}

const bitsOf = ({ series, strange }: GaugeReading): number =>
  strange ? Math.min(MOST_BITS, LEAST_BITS + BITS_PER_DOUBLING * Math.log2(1 + series.learned)) : 0

const kindOf = (reading: GaugeReading, readings: readonly GaugeReading[], mode: FailureMode): KindReading => {
  const { series, level, usual, strange } = reading
  const began = readings.filter(each => each.strange && speaksOf(mode, each.series))
  const onset = strange ? Math.min(...began.map(each => each.series.strangeSince!)) : null
  return {
    bits: bitsOf(reading),
    alarm: strange,
    observed: level,
    expected: usual ?? 0,
    onset,
    onsetInterval: onset === null ? null : [onset - 2 * MINUTE, onset + MINUTE],
    share: series.measures === 'latency' ? null : level,
  }
}

export const GAUGES: Evidence<GaugeState, GaugeReading[], GaugeState, Gauge> = {
  kind: 'gauge',
  by: 'machines',
  via: 'gauge',
  state: gaugeState,
  take: (state, signal, slot) => takeGauge(state, signal, slot),
  tick: tickGauges,
  says(_, readings, mode) {
    const reading = worst(readings, mode)
    return reading === undefined ? null : kindOf(reading, readings, mode)
  },
  where: gaugeSegments,
  strained: strainedOf,
  track(state, mode, said): Track | null {
    if (said === undefined) return [...state.series.values()].some(s => speaksOf(mode, s)) ? STALE : null
    const excess = Math.max(
      0,
      said.share === null ? 1 - said.expected / Math.max(said.observed, 1e-9) : said.observed - said.expected,
    )
    return { where: {}, excess, unit: 'share', bits: said.bits ?? 0, error: ERROR_SHARE, stale: false }
  },
  learn(state, now, trouble) {
    const since = [trouble.bad, trouble.slow].filter(each => each !== null)
    learnGauges(state, now, since.length > 0 ? Math.min(...since) : null)
  },
  startAnew: state => startGaugesAnew(state),
  forget(state, goes) {
    const kept = [...state.series].filter(
      ([, { labels }]) => !Object.entries(labels).some(([name, value]) => goes(name, value)),
    )
    return [{ series: new Map(kept) }, null]
  },
}

const STALE: Track = { where: {}, excess: 0, unit: 'share', bits: 0, error: ERROR_SHARE, stale: true }
