import type { ObservationVia } from './signal.js'
import { DAY, type EpochMs } from './time.js'

/** Why a past taught nothing: the same counts had been taught before, or the service has learned for longer by itself. */
export const UNTAUGHT = ['known', 'lived'] as const
export type Untaught = (typeof UNTAUGHT)[number]

/** Counts of one service's past, from which its usual level is learned. They are no signals: nothing is decided by them. */
export interface Past {
  service: string
  via: ObservationVia
  /** Length of a bin. */
  binMs: number
  /** Start of a bin, count (reports, complaints, failed requests or checks) and, of metrics and checks, how many there were in all; in order. */
  counts: [at: EpochMs, count: number, total?: number][]
}

/** Only so much of a past teaches: the rhythm of the week remembers eight weeks. */
export const PAST_TAUGHT_MS = 70 * DAY
