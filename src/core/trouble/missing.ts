import type { Finding, Track } from '../../contract/finding.js'
import { EVIDENCE } from '../evidence/kinds.js'
import type { RateWindow } from '../rates/excess.js'
import type { TroubledService } from './service.js'
import type { Trouble } from './state.js'

/** What does not come at all, beside what comes and fails. */

/** Where this part of what does not come was seen to fail, or of the least that is called missing, requests tell of the trouble. */
const SEEN_SHARE = 0.2
const MISSING_LEAST = 0.25

export interface Gone {
  /** Part of the whole that does not come, or comes and fails where that is more; and its standard error. */
  share: number
  error: number
  bits: number
}

/** Failing share of everything that has a denominator: of requests, or of checks where none are counted. */
export const overallShare = (metrics: RateWindow | null, checks: RateWindow | null): number | null => {
  const rates = metrics ?? checks
  const total = rates?.groups.total[0] ?? 0
  return rates && total > 0 ? Math.max(0, (rates.groups.hit[0]! - rates.groups.expected[0]!) / total) : null
}

/**
 * What does not come, where that is far more than what was seen to fail: else clients of what fails give up, or try again and again, and
 * their number says little. Few checks beside it do not take turns with it.
 */
export function missingOf(
  s: TroubledService,
  state: Trouble,
  kinds: Finding['kinds'],
  metrics: RateWindow | null,
): Gone | null {
  const failing = overallShare(metrics, null) ?? 0
  state.failedMost = Math.max(state.failedMost, failing)
  for (const { kind, missing } of EVIDENCE) {
    const held = s.evidence[kind]
    const found = held && missing?.(held)
    if (found && state.failedMost < SEEN_SHARE * Math.max(found.share, MISSING_LEAST))
      return { share: Math.max(found.share, failing), error: found.error, bits: kinds[kind]?.bits ?? 0 }
  }
  return null
}

/** What does not come is gone for the whole, however healthy the rest is. */
export function joinMissing(tracks: Track[], gone: Gone | null): Track[] {
  if (!gone) return tracks
  const { share, bits, error } = gone
  const whole: Track = { where: {}, excess: share, unit: 'share', bits, error, stale: false }
  return [whole, ...tracks.filter(t => t.unit !== 'share' || Object.keys(t.where).length > 0)]
}
