/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number

/** In milliseconds, as the others. */
export const SECOND = 1_000
/** In milliseconds. */
export const MINUTE = 60_000
/** In milliseconds. */
export const HOUR = 3_600_000
/** In milliseconds: a day of UTC, which knows no summer time. */
export const DAY = 86_400_000
