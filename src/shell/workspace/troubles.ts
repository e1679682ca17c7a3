import { BACKLOG_SIGNALS } from '../../contract/limits.js'
import { TICKS_LATE_MS } from '../../contract/thresholds.js'
import { SECOND } from '../../contract/time.js'
import { CLOCK_SAYS, type ClockState, spanOf } from './clock.js'

/** Entries that wait so long while nothing is committed: the engine stands still. It commits five times a second. */
const STALL_MS = 30 * SECOND

/** How a workspace is. */
export interface Condition {
  dead: boolean
  /** Why signals cannot be written; null: they can. */
  unwritten: string | null
  /** For how long something has waited for the engine. */
  waitsMs: number
  /** How far what is shown is behind. */
  behindMs: number
  /** From where on that is a fault of ours; TICKS_LATE_MS, if not given. */
  lateMs: number | undefined
  backlog: number
  /** On the `wall` clock alone. */
  clock: ClockState | null
}

/** Why it is not ready, in words; empty: it is. */
export function troublesOf({ dead, unwritten, waitsMs, behindMs, lateMs, backlog, clock }: Condition): string[] {
  const wall = clock === null ? null : CLOCK_SAYS[clock.state]
  return [
    dead ? 'the engine has stopped; a restart reads the same log again' : null,
    unwritten === null ? null : `signals cannot be written: ${unwritten}`,
    !dead && waitsMs > STALL_MS
      ? `the engine has committed nothing for ${Math.round(waitsMs / SECOND)} s although entries wait`
      : behindMs > (lateMs ?? TICKS_LATE_MS)
        ? `what is shown is ${spanOf(behindMs).slice(1)} behind: the engine is catching up`
        : null,
    backlog > BACKLOG_SIGNALS ? `${backlog} signals wait to be folded` : null,
    wall === null ? null : wall.replace('{}', spanOf(clock!.leadMs)),
  ].filter(why => why !== null)
}
