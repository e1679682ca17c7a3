// How sure a level is, as relative variance, where that is not learned from its counts; and two predictions of one level combined.

/** Relative variance of a level when nothing is known: half a report's worth of evidence, as Jeffreys' prior. */
export const VARIANCE_MAX = 2

/**
 * Relative variance of a level of which only the kind of series is known. Quiet levels of real services differ by 1.4 (mean 3.5 an hour, 25
 * Downdetector curves of 2018; 1.2 and 5.4 in the 36 of 2019) to 2.9 (seven services of 2019 and 2020); it is held to be
 * far wider, so that a great service's first minutes are learned as its level and only what none of them has is an outage.
 */
export const UNSEEN_VARIANCE = 8

/** Relative variance given to a level that was just accepted as the new normal. */
export const ACCEPTED_VARIANCE = 0.1

/** Time loosens it; a level that less is known of than nothing cannot become less sure. */
export const loosened = (variance: number, by: number): number =>
  Math.max(variance, Math.min(VARIANCE_MAX, variance + by))

/** Geometric mean of the seasonal and the local prediction; `share` is the local one's part of the precision. */
export function combined(seasonal: number, local: number, share: number, least: number): number {
  return Math.max(least, share === 1 ? local : seasonal * Math.exp(share * Math.log(local / seasonal)))
}
