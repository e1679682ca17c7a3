import { DAY, MINUTE, SECOND } from './time.js'

// Thresholds that two stages have to agree on. What one stage alone goes by stands with it.

/** Trouble that comes back within this is the same incident; so long the watch keeps what it knows of one that is over. */
export const REOPEN_MS = 60 * MINUTE
/** A record is kept so long after its incident is over, for commands about it; later they change nothing and are refused. */
export const RECORD_KEPT_MS = DAY
/** Changes so long before an onset are looked at as causes: what bites later is rarer than what is not listed at all. */
export const LOOKBACK_MS = 7 * DAY
/** Bits from which a kind of signal has something to say: one in eight by chance. Sentences and verdicts speak of the same kinds. */
export const SPEAKS_BITS = 3
/** Ticks come each minute on the wall clock, with or without signals: three that are missed are a fault of ours, for pages and `/readyz`. */
export const TICKS_LATE_MS = 3 * MINUTE
/** Where several processes share the work ticks come each five seconds, and a lease moves within ten: what is older is a fault of ours. */
export const SHOWN_LATE_MS = 15 * SECOND
