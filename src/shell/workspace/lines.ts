import { isAscii, isUtf8 } from 'node:buffer'
import { LINE_BYTES } from '../../contract/limits.js'
import { Refusal } from '../../core/ingest/door.js'

/** `text` is null where the line could not be read; then `refusal` says why. `bytes` is the line without its end. */
export type EachLine = (
  line: number,
  text: string | null,
  refusal: Refusal | null,
  chunk: Buffer,
  from: number,
  to: number,
) => void

/** As a byte. */
const NEWLINE = 10
/** As a byte: lines of Windows end with it. */
const RETURN = 13
const NONE = Buffer.alloc(0)

/**
 * Cuts a byte stream into lines whatever the chunks. Holds at most one line of LINE_BYTES: the rest of a longer one is
 * skipped unread and the next counts again. Blank lines are passed over, CRLF is taken for a line end, a byte order
 * mark at the start is dropped.
 */
export class LineReader {
  private rest: Buffer = NONE
  private skipping = false
  private line = 0
  /** Blank lines so far: passed over, but not for nothing. */
  blank = 0

  /**
   * `first` may take a line straight from its bytes: it is asked with the start of a line whose end is in the chunk and
   * answers where the next line begins, or -1 to have it read for `each`.
   */
  constructor(
    private readonly each: EachLine,
    private readonly first: ((chunk: Buffer, from: number) => number) | null = null,
    private readonly most = LINE_BYTES,
  ) {}

  push(piece: Uint8Array): void {
    let chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    let from = 0
    if (this.skipping) {
      const end = chunk.indexOf(NEWLINE)
      if (end < 0) return
      this.skipping = false
      from = end + 1
    }
    if (this.rest.length > 0) {
      const end = chunk.indexOf(NEWLINE)
      const take = end < 0 ? chunk.length : end + 1
      const joined = Buffer.concat([this.rest, chunk.subarray(0, take)])
      this.rest = NONE
      if (end < 0) chunk = joined
      else {
        this.cut(joined, 0)
        from = take
      }
    }
    this.cut(chunk, from)
  }

  end(): void {
    const last = this.rest
    this.rest = NONE
    if (last.length > 0) this.emit(last, 0, last.length, isUtf8(last) ? last.toString('utf8') : null)
  }

  /** Emits the whole lines of `chunk` and keeps what is left of it. */
  private cut(chunk: Buffer, from: number): void {
    from = this.first === null ? this.cutText(chunk, from) : this.cutBytes(chunk, from)
    if (chunk.length - from > this.most) {
      this.emit(chunk, from, chunk.length, null)
      this.skipping = true
    } else if (from < chunk.length) this.rest = Buffer.from(chunk.subarray(from))
  }

  private cutBytes(chunk: Buffer, from: number): number {
    const first = this.first!
    // Only whole lines: a reader that never meets the end of its buffer runs twice as fast.
    const last = chunk.lastIndexOf(NEWLINE)
    while (from <= last) {
      const next = first(chunk, from)
      if (next >= 0) {
        this.line++
        from = next
        continue
      }
      const end = chunk.indexOf(NEWLINE, from)
      const line = chunk.subarray(from, end)
      this.emit(chunk, from, end, end - from > this.most || !isUtf8(line) ? null : line.toString('utf8'))
      from = end + 1
    }
    return from
  }

  /** One decode for all lines where bytes and characters coincide, the usual case. */
  private cutText(chunk: Buffer, from: number): number {
    const ascii = from < chunk.length && isAscii(from === 0 ? chunk : chunk.subarray(from))
    const text = ascii ? chunk.toString('latin1', from) : ''
    const base = from
    for (;;) {
      const end = ascii ? text.indexOf('\n', from - base) + base : chunk.indexOf(NEWLINE, from)
      if (end < from) return from
      if (ascii) this.emit(chunk, from, end, text.slice(from - base, end - base))
      else {
        const line = chunk.subarray(from, end)
        this.emit(chunk, from, end, isUtf8(line) ? line.toString('utf8') : null)
      }
      from = end + 1
    }
  }

  private emit(chunk: Buffer, from: number, to: number, text: string | null): void {
    const line = ++this.line
    if (line === 1 && chunk[from] === 0xef && chunk[from + 1] === 0xbb && chunk[from + 2] === 0xbf) {
      from += 3
      text = text?.slice(1) ?? null
    }
    if (chunk[to - 1] === RETURN && to > from) to--
    if (to === from) return void this.blank++
    if (to - from > this.most) {
      const start = chunk.toString('latin1', from, from + 60)
      this.each(
        line,
        null,
        new Refusal('line.length', `a line has at most ${this.most} bytes`, `${start}…`),
        chunk,
        from,
        to,
      )
    } else if (text === null) {
      const start = chunk.toString('utf8', from, Math.min(to, from + 80))
      this.each(line, null, new Refusal('line.utf8', 'a line is UTF-8', start), chunk, from, to)
    } else if (text.trim() === '') this.blank++
    else this.each(line, text, null, chunk, from, to)
  }
}
