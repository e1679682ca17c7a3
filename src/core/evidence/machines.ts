import type { KindReading } from '../../contract/finding.js'
import type { Observation, ObservationVia } from '../../contract/signal.js'
import { withoutInRates } from '../rates/forget.js'
import { learnRates } from '../rates/learn.js'
import { tickRates, type RateReading } from '../rates/rise-detector.js'
import { leafFor } from '../aggregate/label-sets.js'
import { isSlowTrip, rateState, startAnew, takeLeaf, type RateState, type FailureMode } from '../rates/state.js'
import { teachRates } from '../rates/teach.js'
import { addToBin } from './bins.js'
import type { Evidence } from './evidence.js'

/** What machines count: shares with a denominator. */

/** `timed`: whether it is known how many are slow from the first on; if not, nothing is said of it before any was. */
const counted = (kind: ObservationVia, timed: boolean): Evidence<RateState, Record<FailureMode, RateReading>> => ({
  kind,
  by: 'machines',
  via: kind,
  state: rateState,
  take(state, signal, slot, _, bins) {
    const { total, labels, bad = 0 } = signal
    const leaf = leafFor(state.book, labels)
    const slow = signal.slow ?? slowTrips(state, leaf, signal, bad)
    takeLeaf(state, slot, leaf, total, bad, slow)
    addToBin(bins, slot, kind, false, state.book, leaf, total, bad, slow)
  },
  tick: tickRates,
  says: (state, reading, mode) => (mode === 'bad' || timed || state.tellsSlow === true ? kindOf(reading[mode]) : null),
  learn(state, now, trouble) {
    if (state.trips) state.slowSince = trouble.slow ?? trouble.bad
    learnRates(state, now, trouble)
  },
  startAnew,
  teach: teachRates,
  livedSince: ({ firstAt }) => (firstAt === 0 ? null : firstAt),
  forget: withoutInRates,
})

export const METRICS = counted('metric', true)
export const CHECKS = counted('check', false)

/** Who says how long an answer took, and not whether that is too long, is held against what is usual there. What fails is not slow. */
const slowTrips = (state: RateState, leaf: number, { total, latencyMs }: Observation, bad: number): number =>
  latencyMs !== undefined && bad === 0 && isSlowTrip(state, leaf, latencyMs) ? total : 0

const kindOf = ({ bits, alarm, share, expectedShare }: RateReading): KindReading => ({
  bits,
  alarm,
  observed: share ?? 0,
  expected: expectedShare,
  onset: null,
  onsetInterval: null,
  share,
})
