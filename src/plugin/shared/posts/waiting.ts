import type { EpochMs } from '../../../contract/time.js'
import type { AuthorKey, Post, Reader } from './post.js'

/** Posts that are held at most; beyond it they are handed over sooner. */
const HELD = 20_000
/** Ids that are kept for what is read again after an interruption. */
const SEEN = 500

interface Held {
  /** Where in the stream it stands. */
  place: number
  since: EpochMs
  post: Post
  services: string[]
}

/**
 * Posts between their stream and the log: held for a while, so that one that is deleted by then is never taken, and handed over once
 * however often the stream tells them.
 */
export class Waiting {
  private readonly held = new Map<string, Held>()
  private readonly seen: Set<string>

  /** `seen`: ids that an earlier life handed over. */
  constructor(
    private readonly reader: Reader,
    private readonly holdMs: number,
    seen: readonly string[] = [],
  ) {
    this.seen = new Set(seen)
  }

  /** `key`: what a deletion calls it. A post that is about no service is not kept. */
  put(key: string, place: number, post: Post, now: EpochMs): void {
    const services = this.reader.about(post.text)
    // One that was changed says what it says now, from when it was first said.
    if (services.length > 0) this.held.set(key, { place, since: this.held.get(key)?.since ?? now, post, services })
    else this.held.delete(key)
  }

  drop(key: string): void {
    this.held.delete(key)
  }

  dropAuthor(author: string): void {
    for (const [key, { post }] of this.held) if (post.author === author) this.held.delete(key)
  }

  /** Signals of what was held for long enough. */
  ripe(now: EpochMs, author: AuthorKey): object[] {
    const signals: object[] = []
    for (const [key, { since, post, services }] of this.held) {
      if (now - since < this.holdMs && this.held.size <= HELD) continue
      this.held.delete(key)
      for (const signal of this.reader.signalsOf(post, author, now, services)) {
        const { id } = signal as { id: string }
        if (this.seen.has(id)) continue
        this.seen.add(id)
        signals.push(signal)
      }
    }
    for (const id of this.seen) {
      if (this.seen.size <= SEEN) break
      this.seen.delete(id)
    }
    return signals
  }

  /** The first in the stream that is still held; null: none is. */
  get first(): { key: string; place: number } | null {
    let first: { key: string; place: number } | null = null
    for (const [key, { place }] of this.held) if (first === null || place < first.place) first = { key, place }
    return first
  }

  get ids(): string[] {
    return [...this.seen]
  }
}
