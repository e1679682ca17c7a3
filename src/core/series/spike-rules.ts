import { sizeKeep } from '../stat/burst-size.js'

/** The end should be provable from this much quiet, or from two slots, whichever is longer: as long as reports lag. */
const END_WITHIN_MS = 20 * 60_000
/** Or, for what is too small to be disproved: from this long after the raise on, the last half hour or so being nothing unusual (P > 0.1). */
const SUBSIDED_AFTER_MS = 60 * 60_000
const SUBSIDED_MEMORY_MS = 30 * 60_000
/** A rise within an open episode is the same one for so long. */
const WORSE_AFTER_MS = 60 * 60_000
/** Memory of the current multiple, and of the one a level shift would be accepted at. */
const LEVEL_MEMORY_MS = 10 * 60_000
const SHIFT_MEMORY_MS = 3 * 3_600_000
const DAY_MS = 86_400_000

/** Durations in slots and memories as factors a slot: the same for all series of one slot length. */
export interface Rules {
  slotMs: number
  falseAlarmsPerDay: number
  perSlot: number
  nowKeep: number
  hourKeep: number
  shiftKeep: number
  ownKeep: number
  burstKeep: number
  endSlots: number
  subsidedSlots: number
  worseSlots: number
}

let lastRules: Rules | null = null

/** Tens of thousands of series share one object; it is remembered, not owned, so that nothing grows. */
export function rulesOf(slotMs: number, falseAlarmsPerDay: number): Rules {
  if (lastRules?.slotMs === slotMs && lastRules.falseAlarmsPerDay === falseAlarmsPerDay) return lastRules
  const keep = (memoryMs: number, slotsAtLeast: number) => Math.exp(-1 / Math.max(slotsAtLeast, memoryMs / slotMs))
  lastRules = {
    slotMs,
    falseAlarmsPerDay,
    perSlot: (falseAlarmsPerDay * slotMs) / DAY_MS,
    nowKeep: keep(LEVEL_MEMORY_MS, 2),
    hourKeep: keep(SUBSIDED_MEMORY_MS, 2),
    shiftKeep: keep(SHIFT_MEMORY_MS, 6),
    ownKeep: keep(WORSE_AFTER_MS, 3),
    burstKeep: sizeKeep(slotMs),
    endSlots: Math.max(2, END_WITHIN_MS / slotMs),
    subsidedSlots: Math.max(3, SUBSIDED_AFTER_MS / slotMs),
    worseSlots: Math.max(4, WORSE_AFTER_MS / slotMs),
  }
  return lastRules
}
