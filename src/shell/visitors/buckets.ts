import type { EpochMs } from '../../contract/time.js'

/** So many at once, then so many a minute. */
export interface Rate {
  burst: number
  perMinute: number
}

/** Token buckets by name with bounded memory: the one that was used longest ago is forgotten, and starts full again. */
export class Buckets {
  private readonly held = new Map<string, { tokens: number; at: EpochMs }>()

  constructor(
    private readonly rate: Rate,
    private readonly most: number,
  ) {}

  /** Takes a token; false when there is none. */
  take(name: string, now: EpochMs): boolean {
    const tokens = this.left(name, now)
    const enough = tokens >= 1
    this.held.delete(name)
    this.held.set(name, { tokens: enough ? tokens - 1 : tokens, at: now })
    if (this.held.size > this.most) this.held.delete(this.held.keys().next().value!)
    return enough
  }

  /** Tokens that are there. */
  left(name: string, now: EpochMs): number {
    const { burst, perMinute } = this.rate
    const known = this.held.get(name)
    if (known === undefined) return burst
    // A clock that was set back gives nothing and takes nothing.
    return Math.min(burst, known.tokens + (Math.max(0, now - known.at) / 60_000) * perMinute)
  }

  get size(): number {
    return this.held.size
  }
}
