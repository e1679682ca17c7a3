import type { Circles } from '../../shell/visitors/shares.js'
import { namesOf, Used } from '../turns.js'

/** Work on bodies each time the loop turns; whatever else has come gets its turn between. */
export const SLICES_MS = 2
/** Lines of a slice: of the worst, which are no JSON, a hundred take a millisecond. Bodies of ordinary signals are seldom cut. */
const SLICE_LINES = 400
/** As a byte. */
const NEWLINE = 10

/** A piece of a body, cut after so many lines that no slice of it takes long. O(bytes). */
export function* sliced(piece: Buffer): Generator<Buffer> {
  let [from, lines] = [0, 0]
  for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) {
    if (++lines < SLICE_LINES) continue
    yield piece.subarray(from, at + 1)
    from = at + 1
    lines = 0
  }
  if (from < piece.length) yield piece.subarray(from)
}

interface Waiting {
  circles: Circles
  go(): void
}

/**
 * Shares the time for bodies: slices are worked on one after the other until SLICES_MS are used, the next ones when the
 * loop has turned, first those of who used least lately. So bodies as many as one may open hold up nobody's page.
 */
export class Slices {
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #used = new Used()
  /** Milliseconds used since the loop last turned, and how often it has. */
  #spent = 0
  #loop = 0
  #turning = false
  #working = false

  /** @param later called when the loop has turned */
  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    private readonly later: (go: () => void) => void = setImmediate,
  ) {}

  /** Their next slice's turn, with what ends it. */
  take(circles: Circles): (() => void) | Promise<() => void> {
    if (!this.#working && this.#waiting.size === 0 && this.#spent < SLICES_MS) return this.#begin(circles)
    return new Promise(resolve => {
      const [, name] = namesOf(circles)
      const waiting = { circles, go: () => resolve(this.#begin(circles)) }
      const others = this.#waiting.get(name)
      if (others === undefined) this.#waiting.set(name, [waiting])
      else others.push(waiting)
      this.#turn()
    })
  }

  #begin(circles: Circles): () => void {
    const loop = this.#loop
    const since = this.nowMs()
    this.#working = true
    this.#turn()
    let over = false
    return () => {
      if (over) return
      over = true
      const now = this.nowMs()
      const took = now - since
      // Who waited for something meanwhile, until the loop turned, did not work all that time.
      this.#used.note(circles, loop === this.#loop ? took : Math.min(took, SLICES_MS), now)
      if (loop !== this.#loop) return
      this.#working = false
      this.#spent += took
      this.#next()
    }
  }

  #next(): void {
    if (this.#working || this.#waiting.size === 0 || this.#spent >= SLICES_MS) return
    const next = this.#used.least(this.#waiting, this.nowMs())!
    const [, name] = namesOf(next.circles)
    const others = this.#waiting.get(name)!
    others.shift()
    if (others.length === 0) this.#waiting.delete(name)
    next.go()
  }

  #turn(): void {
    if (this.#turning) return
    this.#turning = true
    this.later(() => {
      this.#turning = false
      this.#loop++
      this.#spent = 0
      this.#working = false
      this.#next()
      if (this.#waiting.size > 0) this.#turn()
    })
  }
}
