import { PermanentError, TransientError } from '../../../contract/error.js'
import type { Following, FilePlace, Heard, Listening, Piece } from '../../../contract/outside/listening.js'
import type { Batch, Mapped, PluginEnv, Stop } from '../../../contract/plugin.js'
import { MINUTE, SECOND } from '../../../contract/time.js'
import { Counter, type Known, type Rules } from './count.js'
import { found, fits, type Reading, restored } from './known.js'
import { emptyRow, type Format } from './row.js'
import { Framer, messageOf } from './syslog.js'

// Lines as they come, counted in rounds. A round ends with its window, or when it is large.
//
// Of a file each round is kept twice: first from where to where it reads, then its counts. After a crash between the two it is
// read again, up to the same place, with the same numbers: it counts once, and nothing is left out.

/** What is kept to go on from. */
interface State {
  /** When counting began: ids of another beginning are others. */
  run: number
  /** Rounds since. */
  round: number
  place: FilePlace | null
  /** The file of the settings then, and the newest time that was counted. */
  path: string
  newest: number
  /** The round that was begun: to which byte, when it ended, and in which format its lines were. */
  begun?: { to: number; now: number } | null
  format: string | null
  known: Known
}

export interface Settings {
  rules: Rules
  reading: Reading
  /** The format, where the settings say it. */
  format: Format | null
}

/** `recent`: so much of the end that what has just been is known. */
export type Begin = 'recent' | 'end' | 'start'
/** Bytes before the end that are looked through for what is recent: a million lines, two seconds. */
const RECENT_BYTES = 256 * 1024 * 1024
/** Bytes of one round at most. */
const ROUND_BYTES = 8 * 1024 * 1024
/** Lines by which a format is found, of the beginning of a piece and of its end. */
const SAMPLE = 30
/** Lines that may be strange, all of a round, where others were understood before. */
const FEW = 10
/** What is not understood, too old or lost is told so often at most. */
const TELL_MS = 5 * MINUTE
/** A file that is not there is waited for so many rounds before that is a failure. */
const MISSING_ROUNDS = 3
/** A line is written once its answer was sent: a window is left open for a moment more. */
const LINGER_MS = SECOND

/** Lines of some bytes, each byte a character: what is no ASCII is put right where a value is shown. */
const linesOf = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n')

/** One log, from opening to closing. */
export class Reader {
  private told = Number.NEGATIVE_INFINITY
  private format: Format | null
  /** What is old when counting begins is none that was left out. */
  private catchingUp = false
  private readonly untold = { lines: 0, other: 0, old: 0, datagrams: 0, refused: 0 }

  constructor(
    private readonly settings: Settings,
    private readonly env: PluginEnv,
  ) {
    this.format = settings.format
  }

  /** Milliseconds until the present window is over, and a moment more. */
  private get waitMs(): number {
    const { windowMs } = this.settings.rules
    return windowMs - (((this.env.now() % windowMs) + windowMs) % windowMs) + LINGER_MS
  }

  async *file(path: string, begin: Begin, stop: Stop, kept: State | undefined): AsyncGenerator<Batch> {
    // A file that was not there when counting began is read from its start.
    const other = kept !== undefined && kept.path !== path
    const fresh = kept === undefined || other
    const from = fresh ? (begin === 'start' ? 'start' : 'end') : (kept.place ?? 'start')
    const lastBytes = begin === 'recent' ? RECENT_BYTES : 0
    await using following = await this.env.follow(path, { from, lastBytes })
    this.catchingUp = fresh
    if (!following.again) return yield* this.pipe(following, path, stop, kept)
    const first = { run: this.env.now(), round: 0, newest: 0, format: null, known: {} }
    let state: State = { ...(kept ?? first), place: fresh ? following.place : kept.place, path }
    if (other) state = { ...state, round: state.round + 1, newest: 0, begun: null }
    if (fresh) yield { signals: [], state }
    const counter = new Counter(this.settings.rules, state.known, this.env.now())
    this.format = this.settings.format ?? (state.format === null ? null : restored(state.format, this.settings.reading))
    const lost = this.lostOf(following, path)
    // Whether a round that cannot be read again was counted nobody knows: its ids are not used for another.
    if (state.begun && lost) state = { ...state, round: state.round + 1 }
    // Of a file that is not the one any more, what may have been counted before is left out.
    if (lost) counter.seenUntil = state.newest
    else if (state.begun) {
      const { begun } = state
      for (;;) {
        const piece = await following.read(0, stop, begun.to)
        if (piece === null) break
        this.count(counter, piece.bytes)
      }
      if (stop.aborted) return
      const { batch, next } = this.ended(counter, state, following.place, begun.now)
      state = next
      yield batch
    }
    yield* this.rounds(following, path, counter, state, stop)
  }

  private async *rounds(
    following: Following,
    path: string,
    counter: Counter,
    first: State,
    stop: Stop,
  ): AsyncGenerator<Batch> {
    let state = first
    let held: Piece | null = null
    let missing = 0
    while (!stop.aborted) {
      const round: Round = await this.gather(following, counter, held, stop)
      held = round.held
      if (stop.aborted) return
      this.lostOf(following, path)
      if (round.from === null || round.to === null) {
        missing = following.there ? 0 : missing + 1
        if (missing >= MISSING_ROUNDS) throw new TransientError(`${path} is not there`, 0)
        if (missing === 0) yield { signals: [] }
        continue
      }
      missing = 0
      this.mustBeUnderstood(counter, round.bytes)
      const caughtUp = round.bytes < ROUND_BYTES
      const now = this.env.now()
      const format = this.format?.name ?? null
      state = { ...state, place: round.from, begun: { to: round.to.at, now }, format }
      yield { signals: [], state }
      const { batch, next } = this.ended(counter, state, round.to, now)
      if (caughtUp) this.catchingUp = false
      state = next
      yield batch
    }
  }

  private async gather(following: Following, counter: Counter, held: Piece | null, stop: Stop): Promise<Round> {
    const round: Round = { from: null, to: null, bytes: 0, held: null }
    const end = this.env.now() + this.waitMs
    while (!stop.aborted && round.bytes < ROUND_BYTES && !counter.full) {
      const leftMs = Math.min(this.settings.rules.windowMs + LINGER_MS, Math.max(0, end - this.env.now()))
      if (leftMs === 0 && round.from !== null) break
      const piece: Piece | null = held ?? (await following.read(leftMs, stop))
      held = null
      if (piece === null) break
      if (piece.anew && round.from !== null) return { ...round, held: piece }
      round.from ??= piece.from
      round.to = piece.to
      round.bytes += piece.bytes.length
      this.count(counter, piece.bytes)
    }
    return round
  }

  /** What is piped to us counts once it is counted: what a crash takes with it is gone. */
  private async *pipe(following: Following, path: string, stop: Stop, kept?: State): AsyncGenerator<Batch> {
    yield* this.stream(stop, kept, async waitMs => {
      const piece = await following.read(waitMs, stop)
      if (piece !== null) return linesOf(piece.bytes)
      if (following.ended) throw new PermanentError(`${path === '-' ? 'standard input' : path} has ended`)
      return []
    })
  }

  async *port(listening: Listening, stop: Stop, kept?: State): AsyncGenerator<Batch> {
    const framers = new Map<number, Framer>()
    yield* this.stream(stop, kept, async waitMs => {
      const heard = await listening.next(waitMs, stop)
      const { datagrams, refused } = listening.lost()
      this.untold.datagrams += datagrams
      this.untold.refused += refused
      return heard.flatMap(each => framed(each, framers))
    })
  }

  private async *stream(
    stop: Stop,
    kept: State | undefined,
    next: (waitMs: number) => Promise<string[]>,
  ): AsyncGenerator<Batch> {
    let state: State = {
      ...(kept ?? { format: null, known: {} }),
      run: this.env.now(),
      round: 0,
      place: null,
      path: '',
      newest: 0,
    }
    delete state.begun
    const counter = new Counter(this.settings.rules, state.known, this.env.now())
    this.format = this.settings.format ?? (state.format === null ? null : restored(state.format, this.settings.reading))
    while (!stop.aborted) {
      const end = this.env.now() + this.waitMs
      while (!stop.aborted && !counter.full) {
        const leftMs = Math.min(this.settings.rules.windowMs + LINGER_MS, end - this.env.now())
        const lines = leftMs <= 0 ? [] : await next(leftMs)
        if (lines.length === 0) break
        this.countLines(counter, lines)
      }
      this.mustBeUnderstood(counter, 0)
      const { batch, next: after } = this.ended(counter, state, null, this.env.now())
      state = after
      yield batch
    }
  }

  /** What would become of lines, all of one round. Labels are settled by the same lines first, as they are between rounds. */
  sample(bytes: Uint8Array): Mapped {
    const lines = linesOf(bytes)
    const first = new Counter(this.settings.rules, {}, this.env.now())
    this.countLines(first, lines)
    // Of a log of last week, what it was then.
    const now = Math.min(this.env.now(), first.newest(this.env.now()) || this.env.now())
    first.end(now, String)
    const counter = new Counter(this.settings.rules, first.known, now)
    this.countLines(counter, lines)
    const signals = counter.end(now, place => `sample-${place}`)
    const { tally } = counter
    const row = emptyRow(this.settings.rules.more.length)
    const strange = lines.find(line => line !== '' && (this.format?.parse(line, row, false) ?? 'other') === 'other')
    const dropped = [
      { rule: 'access-log.format', count: tally.other, value: strange ?? '' },
      { rule: 'access-log.aside', count: tally.lines - tally.other - tally.requests },
      { rule: 'access-log.old', count: tally.old },
    ]
    return { signals, dropped: dropped.filter(each => each.count > 0) }
  }

  private count(counter: Counter, bytes: Uint8Array): void {
    this.countLines(counter, linesOf(bytes))
  }

  private countLines(counter: Counter, lines: readonly string[]): void {
    const format = this.formatOf(lines)
    if (format === null) {
      for (const line of lines) if (line !== '') counter.strange()
      return
    }
    for (const line of lines) if (line !== '') counter.add(line, format)
  }

  /** The format as it is known, unless some lines here are in another one. */
  private formatOf(lines: readonly string[]): Format | null {
    const { settings } = this
    if (settings.format !== null) return settings.format
    const row = emptyRow(settings.rules.more.length)
    const sample = [...lines.slice(0, SAMPLE), ...lines.slice(SAMPLE).slice(-SAMPLE)].filter(line => line !== '')
    if (sample.length === 0) return this.format
    if (this.format !== null && fits(this.format, sample, row) >= 0.5) return this.format
    const better = found(sample, settings.reading, row)
    if (better !== null && better.name !== this.format?.name)
      this.env.log('info', 'access log: format found', { format: better.name.split(' ')[0] })
    this.format = better ?? this.format
    return this.format
  }

  /** Lines of which not one is understood say nothing, and least of all that all is well. */
  private mustBeUnderstood({ tally }: Counter, bytes: number): void {
    if (tally.other < tally.lines || tally.lines === 0 || bytes >= ROUND_BYTES) return
    if (this.format !== null && tally.lines < FEW) return
    const { format } = this.settings.reading
    const which =
      this.settings.format === null && format === 'auto' ? 'a format that is known' : 'the format of the settings'
    throw new TransientError(`none of ${tally.lines} lines is in ${which}`, 10 * SECOND)
  }

  /** The signals of a round and the state after it. */
  private ended(counter: Counter, state: State, place: FilePlace | null, now: number): { batch: Batch; next: State } {
    const { run, round } = state
    const signals = counter.end(now, place_ => `${run}-${round}-${place_}`)
    const newest = Math.max(state.newest, counter.newest(now))
    const format = this.format?.name ?? null
    const next: State = { ...state, place, round: round + 1, newest, known: counter.known, format }
    delete next.begun
    this.tell(counter, now)
    return { batch: { signals, state: next }, next }
  }

  /** Sums alone: what stands in a line is nobody's business. */
  private tell({ tally }: Counter, now: number): void {
    const { untold } = this
    if (this.catchingUp) tally.old = 0
    for (const key of ['lines', 'other', 'old'] as const) untold[key] += tally[key]
    Object.assign(tally, { lines: 0, other: 0, requests: 0, old: 0 })
    const { other, old, datagrams, refused } = untold
    if (other + old + datagrams + refused === 0 || now - this.told < TELL_MS) return
    this.told = now
    this.env.log('warn', 'access log: not everything was counted', {
      lines: untold.lines,
      notUnderstood: other,
      olderThanHalfAnHour: old,
      ...(datagrams + refused > 0 ? { datagramsLost: datagrams, sendersRefused: refused } : {}),
    })
    Object.assign(untold, { lines: 0, other: 0, old: 0, datagrams: 0, refused: 0 })
  }

  private lostOf(following: Following, path: string): boolean {
    const lost = following.lost()
    if (lost !== null) this.env.log('warn', `access log: ${lost}`, { file: path })
    return lost !== null
  }
}

interface Round {
  from: FilePlace | null
  to: FilePlace | null
  bytes: number
  /** The first piece of another file. */
  held: Piece | null
}

/** Messages of a datagram, or of what a connection has said so far. */
function framed({ from, bytes }: Heard, framers: Map<number, Framer>): string[] {
  const text = Buffer.from(bytes).toString('latin1')
  if (from === 0) return text.split('\n').map(line => messageOf(line.trimEnd()))
  if (bytes.length === 0) {
    const rest = framers.get(from)?.push('\n') ?? []
    framers.delete(from)
    return rest.map(messageOf)
  }
  let framer = framers.get(from)
  if (framer === undefined) {
    framer = new Framer()
    framers.set(from, framer)
  }
  return framer.push(text).map(line => messageOf(line.trimEnd()))
}
