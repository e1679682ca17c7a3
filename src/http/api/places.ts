import { TransientError } from '../../contract/error.js'
import {
  ARRAYS_OPEN,
  BODY_IDLE_MS,
  REQUESTS_OPEN,
  REQUESTS_SHARE,
  RETRY_AFTER_MS,
  SLOW_BYTES,
  SLOW_MS,
} from '../../contract/limits.js'
import { SECOND } from '../../contract/time.js'
import { type Circles, Shares } from '../../shell/visitors/shares.js'
import { HttpProblem } from '../problem.js'
import { sliced, Slices } from './slices.js'

/** Bodies that stand still are looked for so often. */
const BODY_CHECK_MS = SECOND
const { token, network, prefix, address } = REQUESTS_SHARE

/** One body that is being read, as bytes that come; ends with an error when its place is needed or it stands still. */
export class Place {
  /** Bytes that came, and how long they were waited for: what we take to work on them is no fault of the sender's. */
  bytes = 0
  private waitedMs = 0
  private since: number | null = null
  private cut: Error | null = null
  private fail: ((error: Error) => void) | null = null

  constructor(
    private readonly nowMs: () => number,
    private readonly turn: () => ReturnType<Slices['take']>,
  ) {}

  /** The slices of a body, each in its turn. Closes its source when it ends early. */
  async *read(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const pieces = source[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await this.next(pieces)
        if (done === true) return
        this.bytes += value.length
        yield* this.inTurns(sliced(value))
      }
    } finally {
      // Not waited for: a body that stands still may never answer.
      pieces.return?.()?.catch(() => {})
    }
  }

  /** What is worked on piece by piece, each in its turn. */
  async *inTurns<Piece>(pieces: Iterable<Piece>): AsyncGenerator<Piece> {
    for (const piece of pieces) {
      const end = await this.turn()
      try {
        if (this.cut !== null) throw this.cut
        yield piece
      } finally {
        end()
      }
    }
  }

  private async next(pieces: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
    if (this.cut !== null) throw this.cut
    this.since = this.nowMs()
    try {
      return await new Promise((resolve, reject) => {
        this.fail = reject
        pieces.next().then(resolve, reject)
      })
    } finally {
      this.waitedMs += this.nowMs() - this.since
      this.since = null
      this.fail = null
    }
  }

  stop(error: Error): void {
    this.cut ??= error
    this.fail?.(error)
  }

  /** How long it has brought nothing; 0 while we are at work on it. */
  get idleMs(): number {
    return this.since === null ? 0 : this.nowMs() - this.since
  }

  /** Bytes a second, if that is too little to keep a place that others need. */
  get standsStill(): number | null {
    const waited = this.waitedMs + this.idleMs
    const rate = (this.bytes / waited) * SECOND
    return this.since !== null && waited >= SLOW_MS && rate < SLOW_BYTES ? rate : null
  }
}

/** Of the largest holder's the slowest that stands still, else the newest. */
const slowestElseNewest = (items: ReadonlySet<Place>): Place | null => slowest(items) ?? [...items].at(-1) ?? null

function slowest(items: Iterable<Place>): Place | null {
  let found: Place | null = null
  for (const each of items) {
    const rate = each.standsStill
    if (rate !== null && rate < (found?.standsStill ?? Number.POSITIVE_INFINITY)) found = each
  }
  return found
}

/**
 * Places for bodies that are being read, shared among tokens and within a token among networks. Whoever needs one takes it
 * from a body that stands still, else from whoever holds most; the other answer says what counted, and sending it again is safe.
 */
export class Places {
  readonly #open = new Shares<Place>(REQUESTS_OPEN, [token, network, prefix, address], slowestElseNewest)
  readonly #whole = new Shares<Place>(ARRAYS_OPEN, [], slowestElseNewest)
  readonly #slices: Slices
  readonly #timer: NodeJS.Timeout

  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.#slices = new Slices(nowMs)
    this.#timer = setInterval(() => this.check(), BODY_CHECK_MS).unref()
  }

  get size(): number {
    return this.#open.size
  }

  /** Runs `work` with a place. `whole`: the body has to be held whole. @throws TransientError when there is none */
  async with<Result>(circles: Circles, whole: boolean, work: (place: Place) => Promise<Result>): Promise<Result> {
    // Time is shared by where it comes from, whatever token it shows.
    const [, ...from] = circles
    const place = new Place(this.nowMs, () => this.#slices.take(from))
    try {
      this.#take(this.#open, circles, place)
      if (whole) this.#take(this.#whole, circles, place)
      return await work(place)
    } finally {
      this.#open.free(place)
      this.#whole.free(place)
    }
  }

  #take(shares: Shares<Place>, circles: Circles, place: Place): void {
    let taken = shares.take(circles, place)
    const slow = taken.in ? null : slowest(shares.items())
    if (slow !== null) {
      this.#stop(slow)
      taken = shares.take(circles, place)
    }
    if (!taken.in) throw new TransientError('too many requests are being read', RETRY_AFTER_MS)
    if (taken.out !== null) this.#stop(taken.out)
  }

  #stop(place: Place): void {
    this.#open.free(place)
    this.#whole.free(place)
    place.stop(new TransientError('the server needed the room of this request for others', RETRY_AFTER_MS))
  }

  check(): void {
    for (const place of this.#open.items()) if (place.idleMs > BODY_IDLE_MS) place.stop(idle())
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

const idle = () =>
  new HttpProblem(408, 'too slow', `a body must send something every ${BODY_IDLE_MS / SECOND} s`, {
    rule: 'body.time',
    value: `${BODY_IDLE_MS / SECOND} s`,
  })
