import { type EpochMs, MINUTE } from '../../../contract/time.js'

/** Between samples further apart nothing is counted: it would all fall into one minute. Prometheus looks back as far. */
export const COUNTER_GAP_MS = 5 * MINUTE
/** A series that appears when its target was known for so long began since the scrape before; earlier it may only be new to us. */
const KNOWN_MS = MINUTE
/** What began anew may bring so many times what the target counts from scrape to scrape, and a few more. */
const [PLAUSIBLE_TIMES, PLAUSIBLE_MORE] = [3, 10]
/** The most of a scrape is forgotten by this part with each further one. */
const FORGETS = 0.1
/** Series of one scrape that began with it; further ones count from their next sample on. */
const BIRTHS_MAX = 1_000

/** The last sample of a counter that only rises; `at` is 0 before the first. */
export interface Counter {
  at: EpochMs
  value: number
  /** Time of the sample before, from which the last increment counts. */
  from: EpochMs
}

export const counter = (): Counter => ({ at: 0, value: 0, from: 0 })

/** One thing that is scraped: a `job` and `instance`. How much it counts says what of it can be believed. */
export class Target {
  /** The service whose requests it counts; null as long as it counts none. */
  service: string | null = null
  /** It has a counter of requests, so that its histogram counts none a second time. */
  counts = false
  private firstAt: EpochMs = 0
  private at: EpochMs = 0
  private before: EpochMs = 0
  /** Of the present scrape: what was counted, how much of it of series that began anew, and how many went on. */
  private sum = 0
  private began = 0
  private went = 0
  private births: { n: number; count: () => void }[] = []
  private most = 0

  saw(at: EpochMs): void {
    if (this.firstAt === 0) this.firstAt = at
    if (at <= this.at) return
    this.settle()
    this.most = Math.max(this.sum, this.most * (1 - FORGETS))
    this.before = this.at
    this.at = at
    this.sum = this.began = this.went = 0
  }

  /** A series that was there before rose by so much. */
  counted(n: number, at: EpochMs): void {
    if (at !== this.at) return
    this.sum += n
    this.went++
  }

  /** A series that was never seen: it began since the scrape before, if all else speaks for it once the scrape is over. */
  born(n: number, at: EpochMs, count: () => void): void {
    const known = this.before > 0 && at - this.before <= COUNTER_GAP_MS && this.before - this.firstAt >= KNOWN_MS
    if (at === this.at && known && this.births.length < BIRTHS_MAX) this.births.push({ n, count })
  }

  /**
   * Whether what began anew is about as much as is usual. Else it did not: a counter went back by a little, which no reset does.
   */
  believes(n: number): boolean {
    const most = PLAUSIBLE_TIMES * Math.max(this.most, this.sum - this.began) + PLAUSIBLE_MORE
    if (this.began + n > most) return false
    this.began += n
    return true
  }

  /** Where no series of before went on, or far too much is new, it is the same counters that come under other labels. */
  private settle(): void {
    const { births } = this
    if (births.length === 0) return
    this.births = []
    const all = births.reduce((sum, { n }) => sum + n, 0)
    if (this.went > 0 && all <= PLAUSIBLE_TIMES * Math.max(this.most, this.sum) + PLAUSIBLE_MORE)
      for (const { count } of births) count()
  }
}

/**
 * What a counter rose by since its last sample; null where that is not known, as before its first. Below its last value it began anew at 0, as
 * Prometheus reads it. What is no later than the last sample was counted, or comes too late.
 *
 * @param moved another replica says it than the last time: that it is behind is no new beginning
 */
export function increment(c: Counter, target: Target, at: EpochMs, value: number, moved = false): number | null {
  if (at <= c.at) return null
  const { at: from, value: last } = c
  c.from = from
  c.at = at
  c.value = value
  if (from === 0) return null
  if (at - from > COUNTER_GAP_MS) return null
  if (value >= last) return value - last
  return !moved && target.believes(value) ? value : null
}
