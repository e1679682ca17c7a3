import type { EpochMs } from '../src/contract/time.js'

/** A time as scenario files write it: whole seconds. */
export const iso = (at: EpochMs) => new Date(Math.round(at / 1000) * 1000).toISOString()
