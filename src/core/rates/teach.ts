import { PAST_TAUGHT_MS, type Past } from '../../contract/past.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { learnRates } from './learn.js'
import { tickRates } from './rise-detector.js'
import { rateState, takeRate, WARM_UP_REQUESTS, type RateState } from './state.js'

/**
 * Shares that fail usually, and their rhythm. What is slow a past does not tell, nor what is usual of a part, so the source stays
 * a new one; that all of it fails more than usual is seen from the first minute on.
 */
export function teachRates(old: RateState | null, past: Past): RateState {
  const { counts, binMs } = past
  const from = counts.at(-1)![0] - PAST_TAUGHT_MS
  const minutes = binMs / MINUTE
  const fresh = rateState()
  let trouble: EpochMs | null = null
  for (const [at, failed, total = 0] of counts) {
    const start = Math.floor(at / MINUTE) * MINUTE
    for (let m = 0; start >= from && m < minutes; m++) {
      const slot = start + m * MINUTE
      takeRate(fresh, slot, {}, total / minutes, failed / minutes, 0)
      const { alarm } = tickRates(fresh, slot + MINUTE).bad
      trouble = alarm ? (trouble ?? slot - 5 * MINUTE) : null
      learnRates(fresh, slot + MINUTE, { bad: trouble, slow: slot })
    }
  }
  const into = old ?? rateState()
  const { allTotal, allHit, hourTotal, hourHit, hourFactor } = fresh.learned.bad
  Object.assign(into.learned.bad, { allTotal, allHit, hourTotal, hourHit, hourFactor })
  into.taught = allTotal >= WARM_UP_REQUESTS
  return into
}
