// Values of labels that come from lines. What a server of ours writes is taken at its word; what a client has written becomes a
// label only when it is common, so that nobody fills our memory and nothing that a single person wrote is kept.

/** Answers below 400 that a value of a client must have had, */
const COMMON_COUNT = 20
/** and their part of all lines meanwhile. */
const COMMON_SHARE = 0.01
/** Lines after which all that is counted counts half. */
const RECENT_LINES = 10_000
/** Values that are counted as candidates, by their hash alone; when they are more, counting begins anew. */
const CANDIDATES = 2_000
/** A value that no line has had for so long makes room. */
const FORGET_MS = 24 * 3_600_000
/** Longer ones are no names. */
const VALUE_CHARS = 64

export const OTHER = 'other'
/** Id of no value. */
export const NONE_ID = 0
/** Id of one that is not known. */
export const OTHER_ID = 1

/** Known values of one label, at most `most`, each with a small number. */
export class Values {
  private ids = new Map<string, number>()
  private texts: string[] = ['', OTHER]
  private used: number[] = []
  private readonly candidates = new Map<number, number>()
  private lines = 0

  /** `trusted`: written by a server of ours. `fixed`: known for good. */
  constructor(
    private readonly most: number,
    private readonly trusted: boolean,
    known: readonly string[] = [],
    now = 0,
    fixed: readonly string[] = [],
  ) {
    for (const text of new Set([...fixed, ...known]))
      this.learn(text, fixed.includes(text) ? Number.POSITIVE_INFINITY : now)
  }

  /** The number of a value; `good`: the answer was below 400. */
  idOf(value: string, good: boolean, time: number): number {
    if (value === '') return NONE_ID
    const id = this.ids.get(value)
    if (id !== undefined) {
      if (time > (this.used[id] ?? 0) && time !== Number.MAX_SAFE_INTEGER) this.used[id] = time
      return id
    }
    if (this.trusted)
      return this.ids.size < this.most && value.length <= VALUE_CHARS ? this.learn(value, time) : OTHER_ID
    if (good && value.length <= VALUE_CHARS) this.wish(value)
    return OTHER_ID
  }

  /** So many lines were looked at. */
  count(lines: number): void {
    this.lines += lines
  }

  private readonly wishes = new Map<string, number>()

  /** Texts live until {@link settle} alone. */
  private wish(value: string): void {
    const count = this.wishes.get(value)
    if (count !== undefined) this.wishes.set(value, count + 1)
    else if (this.wishes.size < CANDIDATES) this.wishes.set(flat(value), 1)
  }

  /**
   * Takes in what has become common and forgets what is used no more. Between two calls the same value has the same number, so
   * that the same lines give the same counts whenever they are read.
   */
  settle(now: number): void {
    if (this.trusted && this.ids.size >= this.most) this.forget(now)
    for (const [value, count] of this.wishes) {
      const hash = hashOf(value)
      const total = (this.candidates.get(hash) ?? 0) + count
      this.candidates.set(hash, total)
      if (total < COMMON_COUNT || total < COMMON_SHARE * this.lines) continue
      this.candidates.delete(hash)
      if (this.ids.size >= this.most) this.forget(now)
      if (this.ids.size < this.most) this.learn(value, now)
    }
    this.wishes.clear()
    if (this.candidates.size > CANDIDATES) {
      this.candidates.clear()
      this.lines = 0
    }
    // What is new is held against what has just been, not against all that ever was.
    while (this.lines > RECENT_LINES) {
      this.lines /= 2
      for (const [hash, count] of this.candidates) this.candidates.set(hash, count / 2)
    }
  }

  textOf(id: number): string {
    return this.texts[id] ?? OTHER
  }

  get known(): string[] {
    return [...this.ids.keys()]
  }

  private learn(value: string, now: number): number {
    const text = flat(value)
    const id = this.texts.length
    this.ids.set(text, id)
    this.texts.push(text)
    this.used[id] = now
    return id
  }

  private forget(now: number): void {
    const kept = this.known.filter(text => now - (this.used[this.ids.get(text) ?? 0] ?? 0) < FORGET_MS)
    if (kept.length === this.ids.size) return
    const used = kept.map(text => this.used[this.ids.get(text) ?? 0] ?? now)
    this.ids = new Map()
    this.texts = ['', OTHER]
    this.used = []
    kept.forEach((text, i) => this.learn(text, used[i] ?? now))
  }
}

/** A text of its own, not a part that keeps the piece alive from which it was cut. */
const flat = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le')

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
