import { type EpochMs, MINUTE, SECOND } from '../../../contract/time.js'

/** What is older is on its way no more: it is told again with what comes next. */
const ON_ITS_WAY_MS = 5 * SECOND
/** Requests whose signals are kept until they are known to be durable; further ones are let go. */
const KEPT = 64
/** Signals of then are kept for so long. */
const KEPT_MS = 30 * MINUTE

interface Kept {
  sender: string
  signals: readonly unknown[]
  since: EpochMs
}

/**
 * What was made of requests and is not known to be durable yet. An increase is told once, so when the log has no room it must
 * be told again: with the same request, or with the sender's next. The door knows the ids, so nothing counts twice.
 */
export class Unsure {
  private readonly kept = new Map<string, Kept>()

  get size(): number {
    return this.kept.size
  }

  keep(request: string, sender: string, signals: readonly unknown[], now: EpochMs): void {
    if (this.kept.size >= KEPT) this.kept.delete(this.kept.keys().next().value!)
    this.kept.set(request, { sender, signals, since: now })
  }

  /** Signals of the very same request, sent before. */
  again(request: string): readonly unknown[] | undefined {
    return this.kept.get(request)?.signals
  }

  /** Requests of a sender that did not get through, to be told with another. */
  left(sender: string, now: EpochMs): { requests: string[]; signals: unknown[] } {
    const found: { requests: string[]; signals: unknown[] } = { requests: [], signals: [] }
    for (const [request, kept] of this.kept) {
      if (now - kept.since > KEPT_MS) this.kept.delete(request)
      else if (kept.sender === sender && now - kept.since > ON_ITS_WAY_MS) {
        found.requests.push(request)
        found.signals.push(...kept.signals)
      }
    }
    return found
  }

  /** They are durable. */
  sure(requests: readonly string[]): void {
    for (const request of requests) this.kept.delete(request)
  }
}
