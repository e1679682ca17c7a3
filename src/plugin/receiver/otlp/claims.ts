import { type EpochMs, MINUTE } from '../../../contract/time.js'

/** Whoever did not speak for so long leaves the requests to the next. */
const CLAIM_MS = 10 * MINUTE
/** Services and protocols of which that is known; of more the earliest are forgotten. */
const CLAIMS = 5_000

/** Who tells of the same requests, the best first: metrics of today's names, of those before, spans. */
export const RANKS = { stable: 0, former: 1, spans: 2 } as const
export type Rank = (typeof RANKS)[keyof typeof RANKS]
/** `auto`: spans count where there are no metrics of the same requests. */
export const COUNTED_BY = ['auto', 'metrics', 'spans'] as const
export type CountedBy = (typeof COUNTED_BY)[number]

interface Claim {
  heardAt: [EpochMs, EpochMs, EpochMs]
  /** The last end of a span that was counted. */
  spansUntil: EpochMs
}

/** Of one request there may be a span, a metric and a metric of an older name: one of them is counted, for each service and protocol. */
export class Claims {
  private readonly claims = new Map<string, Claim>()

  constructor(private readonly by: CountedBy) {}

  /** Notes that these requests are told of in this way. */
  hear(key: string, rank: Rank, now: EpochMs): void {
    let claim = this.claims.get(key)
    if (claim === undefined) {
      const never = Number.NEGATIVE_INFINITY
      claim = { heardAt: [never, never, never], spansUntil: never }
      this.claims.set(key, claim)
      if (this.claims.size > CLAIMS) this.claims.delete(this.claims.keys().next().value!)
    }
    claim.heardAt[rank] = now
  }

  /** Whether what is told in this way of (from, at] counts. */
  counts(key: string, rank: Rank, from: EpochMs, at: EpochMs, now: EpochMs): boolean {
    if (this.by !== 'auto' && (rank === RANKS.spans) !== (this.by === 'spans')) return false
    const claim = this.claims.get(key)
    if (claim === undefined) return true
    const best = claim.heardAt.findIndex(
      (heardAt, each) => now - heardAt < CLAIM_MS && (this.by !== 'spans' || each === RANKS.spans),
    )
    if (best >= 0 && best < rank) return false
    // Where metrics take over, their first window may hold what spans have counted.
    if (rank !== RANKS.spans) return from >= claim.spansUntil
    claim.spansUntil = Math.max(claim.spansUntil, at)
    return true
  }
}
