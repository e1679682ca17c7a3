import { DEDUPE_MS, DEDUPE_SHARD_SLOTS_MAX, DEDUPE_SHARDS } from '../../contract/limits.js'
import { type EpochMs, MINUTE } from '../../contract/time.js'

const START_SLOTS = 256
const FULL = 0.75
/** Three words a slot: high word, low word, minute of log time + 1; a zero minute is an empty slot. */
const WORDS = 3

interface Shard {
  words: Uint32Array
  mask: number
  /** Slots that are not empty, expired ones included. */
  used: number
}

export type Verdict = 'new' | 'duplicate' | 'full'

/**
 * Remembers which service + id has been counted for DEDUPE_MS of log time. Open addressing in typed arrays, cut into
 * shards so that one growth step touches a 64th and takes a few milliseconds.
 *
 * When the table is full, the oldest minutes are forgotten early and `horizonMs` shrinks with them; the door then
 * refuses observations older than that, so that nothing counts twice even then.
 */
export class Dedupe {
  private shards: Shard[] = []
  /** Entries of earlier minutes are forgotten. */
  private floor = 2
  private minute = 1

  constructor(private readonly slotsMax = DEDUPE_SHARD_SLOTS_MAX) {
    this.clear()
  }

  /** Whether the pair is new at log time `now`; remembered if it is. */
  add(hi: number, lo: number, now: EpochMs): Verdict {
    const minute = Math.floor(now / MINUTE) + 1
    if (minute > this.minute) this.turn(minute)
    const shard = this.shards[hi >>> 26]!
    const { words, mask } = shard
    let at = (lo & mask) * WORDS
    let free = -1
    for (;;) {
      const stamp = words[at + 2]!
      if (stamp === 0) break
      if (words[at] === hi && words[at + 1] === lo) {
        if (stamp >= this.floor) return 'duplicate'
        free = at
        break
      }
      if (stamp < this.floor && free < 0) free = at
      at = at === mask * WORDS ? 0 : at + WORDS
    }
    if (free < 0) {
      if (shard.used >= FULL * (mask + 1)) {
        if (!this.grow(shard)) return 'full'
        return this.add(hi, lo, now)
      }
      shard.used++
      free = at
    }
    words[free] = hi
    words[free + 1] = lo
    words[free + 2] = this.minute
    return 'new'
  }

  /** Takes back what was added but could not be made durable. */
  forget(hi: number, lo: number): void {
    const { words, mask } = this.shards[hi >>> 26]!
    let at = (lo & mask) * WORDS
    while (words[at + 2] !== 0) {
      // Stamp 0 would cut the chain of later entries; the oldest possible stamp reads as expired instead.
      if (words[at] === hi && words[at + 1] === lo) {
        words[at] = 0
        words[at + 1] = 0
        words[at + 2] = 1
        return
      }
      at = at === mask * WORDS ? 0 : at + WORDS
    }
  }

  /** How far back in log time every counted id is known. */
  get horizonMs(): number {
    return this.floorForced > 0 ? Math.max(0, (this.minute - this.floorForced) * MINUTE) : DEDUPE_MS
  }
  private floorForced = 0

  get bytes(): number {
    return this.shards.reduce((sum, s) => sum + s.words.byteLength, 0)
  }

  /** Log time was ahead and is put back: what was remembered at a later minute counts as remembered now. */
  rewind(now: EpochMs): void {
    const minute = Math.floor(now / MINUTE) + 1
    if (minute >= this.minute) return
    for (const { words } of this.shards)
      for (let i = 2; i < words.length; i += WORDS) if (words[i]! > minute) words[i] = minute
    this.minute = minute
    this.floor = Math.max(2, minute - DEDUPE_MS / MINUTE)
    this.floorForced = 0
  }

  private turn(minute: number): void {
    this.minute = minute
    const floor = minute - DEDUPE_MS / MINUTE
    if (floor > this.floor) this.floor = floor
    if (this.floor > this.floorForced) this.floorForced = 0
  }

  private grow(shard: Shard): boolean {
    let live = 0
    const old = shard.words
    for (let i = 2; i < old.length; i += WORDS) if (old[i]! >= this.floor) live++
    const slots = shard.mask + 1
    // Twice as large unless dropping the expired ones alone leaves a quarter free for a while.
    let next = live > slots * 0.4 ? slots * 2 : slots
    if (next > this.slotsMax) {
      next = this.slotsMax
      while (live > FULL * 0.9 * next) {
        const oldest = this.oldest(old)
        if (oldest >= this.minute) return false
        this.floor = oldest + 1
        this.floorForced = this.floor
        live = 0
        for (let i = 2; i < old.length; i += WORDS) if (old[i]! >= this.floor) live++
      }
    }
    const words = new Uint32Array(next * WORDS)
    const mask = next - 1
    for (let i = 0; i < old.length; i += WORDS) {
      if (old[i + 2]! < this.floor) continue
      let at = (old[i + 1]! & mask) * WORDS
      while (words[at + 2] !== 0) at = at === mask * WORDS ? 0 : at + WORDS
      words[at] = old[i]!
      words[at + 1] = old[i + 1]!
      words[at + 2] = old[i + 2]!
    }
    shard.words = words
    shard.mask = mask
    shard.used = live
    return true
  }

  /** The earliest minute that still counts in this shard. */
  private oldest(words: Uint32Array): number {
    let oldest = this.minute
    for (let i = 2; i < words.length; i += WORDS) if (words[i]! >= this.floor && words[i]! < oldest) oldest = words[i]!
    return oldest
  }

  clear(): void {
    this.floor = 2
    this.floorForced = 0
    this.minute = 1
    this.shards = Array.from({ length: DEDUPE_SHARDS }, () => ({
      words: new Uint32Array(START_SLOTS * WORDS),
      mask: START_SLOTS - 1,
      used: 0,
    }))
  }
}
