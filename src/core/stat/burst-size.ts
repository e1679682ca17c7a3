/**
 * The size of a burst: how many more reports came in some twenty minutes, about as long as one rises, than half again the usual; and whether
 * they were an outage wherever it happens, by what hindsight calls one: a dozen more than four times the usual. The usual is what is expected
 * or what the season says, whichever is more, so that the end of a quiet week is no burst.
 * The state is SIZE_LANES lanes in the owner's array, from `at` on. Cost: a few flops a slot.
 */
const REPORTS = 0
const USUAL = 1
const LARGEST = 2 // of the open episode
const OUTAGE = 3 // 1 once it was one
export const SIZE_LANES = 4

const MEMORY_MS = 20 * 60_000
const BURST_MULTIPLE = 1.5
const OUTAGE_MULTIPLE = 4
const OUTAGE_REPORTS = 12

/** What stays of the sums from slot to slot; a slot of twenty minutes or more stands for itself. */
export const sizeKeep = (slotMs: number): number => Math.max(0, 1 - slotMs / MEMORY_MS)

/** Takes one known slot. */
export function addToSize(s: Float64Array, at: number, keep: number, count: number, usual: number): void {
  s[at + REPORTS] = (s[at + REPORTS] as number) * keep + count
  s[at + USUAL] = (s[at + USUAL] as number) * keep + usual
}

export function sizeOf(s: Float64Array, at: number): number {
  return (s[at + REPORTS] as number) - BURST_MULTIPLE * (s[at + USUAL] as number)
}

export function isOutage(s: Float64Array, at: number): boolean {
  return (s[at + REPORTS] as number) - OUTAGE_MULTIPLE * (s[at + USUAL] as number) >= OUTAGE_REPORTS
}

/** Notes the size in an open episode, or in the `first` slot of one. */
export function noteSize(s: Float64Array, at: number, first: boolean): void {
  s[at + LARGEST] = first ? sizeOf(s, at) : Math.max(s[at + LARGEST] as number, sizeOf(s, at))
  if (first || isOutage(s, at)) s[at + OUTAGE] = isOutage(s, at) ? 1 : 0
}

/** The largest size of the episode, null where it was an outage: that is no burst to measure others by. */
export function burstOf(s: Float64Array, at: number): number | null {
  return s[at + OUTAGE] === 1 ? null : (s[at + LARGEST] as number)
}
