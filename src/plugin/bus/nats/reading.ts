import { PermanentError } from '../../../contract/error.js'
import type { EpochMs } from '../../../contract/time.js'
import { type Joined, Joiner, type Message, placeOf, type State, stateAfter } from './message.js'

// Entries are looked for by halving: a stream knows its messages by numbers of its own, and each message says the newest position
// before its batch, which never falls.

/** Messages asked for at once: 1 MB. */
const WINDOW = 16

export interface Source {
  ends(): Promise<{ first: number; last: number }>
  get(seq: number): Promise<Message | null>
}

/** Number of the first message for which it is true, given that it is for all after; one beyond the last where it is for none. */
export async function firstWhere(source: Source, is: (state: State) => boolean): Promise<number> {
  let { first: low, last } = await source.ends()
  for (let high = last + 1; low < high; last = high) {
    const middle = Math.floor((low + high) / 2)
    const message = await source.get(middle)
    // What was trimmed meanwhile is no answer: it was before all that is there.
    if (message === null || !is(message.head.state)) low = middle + 1
    else high = middle
  }
  return low
}

/** The newest entry up to a position; null: there is none any more. */
export async function newestUpTo(source: Source, position: number): Promise<Joined | null> {
  for (let seq = (await firstWhere(source, state => state.position >= position)) - 1; seq > 0; ) {
    const head = (await source.get(seq))?.head
    if (head === undefined) return null
    const from = Math.max(1, seq - placeOf(head))
    const joiner = new Joiner()
    let found: Joined | null = null
    for (let each = from; each <= seq; each++) {
      const message = await source.get(each)
      if (message !== null) found = joiner.take(message).findLast(entry => entry.position <= position) ?? found
    }
    if (found !== null) return found
    // It was a mark, or a batch that never came to its end.
    seq = from - 1
  }
  return null
}

/** The newest position up to `end` that is stamped before `before`, 0 if none is. Halves each run in which stamps do not fall. */
export async function newestBefore(source: Source, before: EpochMs, end: number, first: number): Promise<number> {
  for (let high = end; high >= first; ) {
    const newest = await newestUpTo(source, high)
    if (newest === null) return 0
    const beginning = Math.max(newest.turn, first)
    let [low, top, found] = [beginning, newest.position, 0]
    while (low <= top) {
      const middle = Math.floor((low + top) / 2)
      const entry = await newestUpTo(source, middle)
      if (entry !== null && entry.position >= beginning && entry.at >= before) top = entry.position - 1
      else {
        if (entry !== null && entry.position >= beginning) found = entry.position
        low = middle + 1
      }
    }
    if (found > 0) return found
    high = beginning - 1
  }
  return 0
}

/** The position before the batch of the first entry that is stamped `since` or later; null: there is none. */
export async function beforeStamp(source: Source, since: EpochMs): Promise<number | null> {
  const beyond = await firstWhere(source, state => state.high >= since)
  const at = await source.get(beyond - 1)
  if (at === null) return (await source.get(beyond))?.head.state.position ?? null
  return (await source.get(beyond)) !== null || stateAfter(at.head).high >= since ? at.head.state.position : null
}

/** Reads on from where it was, or from where it is told to. */
export class Reading {
  private joiner = new Joiner()
  private ready: Joined[] = []
  private next = 1
  /** Newest position that was given. */
  private position = -1
  /** One question after the other. */
  private turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly source: Source) {}

  /** Entries with position > after, at most so many; fewer, if there are no more. */
  read(after: number, max: number): Promise<Joined[]> {
    const mine = this.turn.then(() => this.found(after, max))
    this.turn = mine.catch(() => {})
    return mine
  }

  private async found(after: number, max: number): Promise<Joined[]> {
    try {
      if (after !== this.position) await this.seek(after)
      const found: Joined[] = []
      while (found.length < max) {
        if (this.ready.length === 0 && !(await this.more())) break
        const entry = this.ready.shift()
        if (entry !== undefined && entry.position > after) found.push(entry)
      }
      this.position = found.at(-1)?.position ?? after
      return found
    } catch (error) {
      this.position = -1
      throw error
    }
  }

  private async seek(after: number): Promise<void> {
    this.joiner = new Joiner()
    this.ready = []
    const beyond = await firstWhere(this.source, state => state.position > after)
    // The batch that holds what comes next, if there is one, begins at or before the message before.
    const before = await this.source.get(beyond - 1)
    this.next = before === null ? Math.max(1, beyond - 1) : Math.max(1, before.seq - placeOf(before.head))
  }

  /** Takes in some messages more; false: there are none. */
  private async more(): Promise<boolean> {
    const { first, last } = await this.source.ends()
    if (this.next < first) {
      this.joiner = new Joiner()
      this.next = first
    }
    if (this.next > last) return false
    const until = Math.min(last, this.next + WINDOW - 1)
    const asked = Array.from({ length: until - this.next + 1 }, (_, i) => this.source.get(this.next + i))
    for (const message of await Promise.all(asked)) if (message !== null) this.ready.push(...this.joiner.take(message))
    this.next = until + 1
    return true
  }
}

/** @throws PermanentError where one does not follow on the one before, unless what lies between was never here */
export function whole(entries: readonly Joined[], gapEnd: number): Joined[] {
  for (const [i, { position }] of entries.entries()) {
    const before = entries[i - 1]?.position ?? position - 1
    if (position !== before + 1 && position > gapEnd + 1)
      throw new PermanentError(`the log is damaged: entries ${before + 1} to ${position - 1} are lost`)
  }
  return [...entries]
}
