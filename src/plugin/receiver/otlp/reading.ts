import type { EpochMs } from '../../../contract/time.js'
import { HOUR } from '../../../contract/time.js'
import { EARLIEST_MS } from '../../../contract/limits.js'
import type { Refusals } from './answer.js'
import type { Attributes } from './attributes.js'
import type { Claims } from './claims.js'
import type { Naming } from './origin.js'
import { GAP_MS } from './streams.js'

/** A sender's clock may be so far ahead; what is later is no time. */
const AHEAD_MOST_MS = HOUR

/** What the readers of one request share. */
export class Context {
  readonly gapMs = GAP_MS
  /** Whether a cumulative stream went on: what came of it cannot be told a second time from the same bytes. */
  cumulative = false
  /** How far the clock of its sender is ahead of ours. */
  aheadMs = 0

  constructor(
    readonly attributes: Attributes,
    readonly naming: Naming,
    readonly claims: Claims,
    private readonly refusals: Refusals,
    readonly slowSeconds: number,
    /** Codes of HTTP that count as failed. */
    readonly failing: ReadonlySet<number>,
    readonly maxSeries: number,
    readonly now: EpochMs,
  ) {}

  refuse(rule: string, message: string, items = 1): void {
    this.refusals.add(rule, message, items)
  }

  /** Whether this can be when something was; what cannot is refused. */
  isTime(at: number): boolean {
    if (at >= EARLIEST_MS && at <= this.now + AHEAD_MOST_MS) {
      if (at - this.now > this.aheadMs) this.aheadMs = at - this.now
      return true
    }
    this.refuse('otlp.time', 'a time is no earlier than 2000 and at most an hour to come')
    return false
  }
}
