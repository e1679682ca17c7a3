import {
  COUNT_MAX,
  EARLIEST_MS,
  ID_CHARS,
  LABEL_VALUE_CHARS,
  LATENCY_MAX_MS,
  LATEST_MS,
  SERVICE_CHARS,
  TEXT_CHARS,
  WINDOW_MAX_MS,
} from '../../contract/limits.js'
import { OBSERVATION_VIAS, type ObservationVia } from '../../contract/signal.js'

/**
 * Reads an ordinary observation straight from the bytes of its line, without making strings: what decides at the door
 * are a few numbers and fingerprints, and the line goes to the log as it came. Whatever is not ordinary (facts, escapes,
 * characters beyond ASCII, numbers with exponents, null, unknown or repeated fields, anything against a rule) is left
 * to `JSON.parse` and `readSignal`: this one only ever says yes, and only where they do.
 */
export class Scanner {
  /** Position after the line's end. */
  next = 0
  at = 0
  /** `at` where it is absent or not later. */
  seenAt = 0
  serviceFrom = 0
  serviceTo = 0
  idFrom = 0
  idTo = 0
  /** The inside of `labels`, braces left out. */
  labelsFrom = 0
  labelsTo = 0
  via: ObservationVia = 'report'
  total = 0
  /** -1 where they are absent, as are the positions below. */
  bad = -1
  slow = -1
  windowMs = -1
  latencyFrom = -1
  latencyTo = -1
  reporterFrom = -1
  reporterTo = -1
  authorFrom = -1
  authorTo = -1
  textFrom = -1
  textTo = -1
  langFrom = -1
  langTo = -1
  spaceFrom = -1
  spaceTo = -1

  private i = 0
  private number = 0

  /** Whether the line at `from`, whose end must be in the buffer, is an ordinary observation. Reads no byte beyond it. */
  scan(b: Uint8Array, from: number): boolean {
    this.i = from + 1
    this.labelsFrom = this.labelsTo = 0
    this.at = this.seenAt = this.total = this.bad = this.slow = this.windowMs = -1
    this.latencyFrom = this.reporterFrom = this.authorFrom = this.textFrom = this.langFrom = this.spaceFrom = -1
    let seen = 0
    if (b[from] !== BRACE) return false
    for (;;) {
      const key = this.key(b)
      if (key === 0 || (seen & key) !== 0) return false
      seen |= key
      if (key & NUMBERS ? !this.count(b, key) : key === LABELS ? !this.labels(b) : !this.text(b, key)) return false
      const c = b[this.i++]
      if (c === COMMA) continue
      if (c !== CLOSE) return false
      break
    }
    if ((seen & NEEDED) !== NEEDED || !this.adds()) return false
    if (this.seenAt < this.at) this.seenAt = this.at
    if (b[this.i] === RETURN) this.i++
    if (b[this.i] !== NEWLINE) return false
    this.next = this.i + 1
    return true
  }

  /** The rules on counts, as `readSignal` has them. */
  private adds(): boolean {
    const { via, bad } = this
    if (this.total < 0) {
      if (via === 'metric') return false
      this.total = 1
    }
    const { total } = this
    if (bad < 0 ? via !== 'post' : bad > total) return false
    return total <= COUNT_MAX && this.slow <= total && (total === 1 || via === 'metric' || via === 'post')
  }

  /** A known field's bit, 0 for another; leaves `i` at its value. */
  private key(b: Uint8Array): number {
    let i = this.i
    if (b[i] === SPACE) i++
    if (b[i++] !== QUOTE) return 0
    const start = i
    while (PLAIN[b[i]!] === 1) i++
    if (b[i] !== QUOTE) return 0
    const candidates = KEYS[i - start]
    let found = 0
    if (candidates !== undefined)
      for (const { name, bit } of candidates) if (b[start] === name[0] && equal(b, start, i, name)) found = bit
    if (b[++i] !== COLON) return 0
    if (b[++i] === SPACE) i++
    this.i = i
    return found
  }

  /** Position of the closing quote, -1 where the string is not plain; leaves `i` after it. */
  private string(b: Uint8Array): number {
    let i = this.i
    while (PLAIN[b[i]!] === 1) i++
    if (b[i] !== QUOTE) return -1
    this.i = i + 1
    return i
  }

  /** A whole number without sign, exponent or leading zero; with `fraction` digits after a point are passed over. */
  private digits(b: Uint8Array, fraction: boolean): boolean {
    let i = this.i
    const start = i
    let n = 0
    for (let d = b[i]! - ZERO; d >= 0 && d <= 9; d = b[++i]! - ZERO) n = n * 10 + d
    const length = i - start
    if (length === 0 || length > 10 || (length > 1 && b[start] === ZERO)) return false
    if (fraction && b[i] === POINT) {
      const point = i++
      while (b[i]! >= ZERO && b[i]! <= ZERO + 9) i++
      if (i === point + 1 || i > point + 10) return false
    }
    this.i = i
    this.number = n
    return true
  }

  /** A flat object of plain strings: where it begins and ends. Its content is judged by fingerprint. */
  private labels(b: Uint8Array): boolean {
    if (b[this.i] !== BRACE) return false
    this.labelsFrom = ++this.i
    for (;;) {
      const c = b[this.i]!
      if (c === CLOSE) break
      if (c === QUOTE) {
        this.i++
        if (this.string(b) < 0) return false
      } else if (c === COMMA || c === COLON || c === SPACE) this.i++
      else return false
    }
    this.labelsTo = this.i++
    return true
  }

  private count(b: Uint8Array, key: number): boolean {
    const start = this.i
    if (!this.digits(b, key === LATENCY)) return false
    const n = this.number
    if (key === TOTAL) this.total = n
    else if (key === BAD) this.bad = n
    else if (key === SLOW) this.slow = n
    else if (key === WINDOW) {
      this.windowMs = n
      return n > 0 && n <= WINDOW_MAX_MS
    } else {
      this.latencyFrom = start
      this.latencyTo = this.i
      return n < LATENCY_MAX_MS
    }
    return true
  }

  private text(b: Uint8Array, key: number): boolean {
    if (b[this.i] !== QUOTE) return false
    const start = ++this.i
    const end = this.string(b)
    if (end < 0) return false
    const length = end - start
    switch (key) {
      case TYPE:
        return equal(b, start, end, OBSERVATION)
      case VIA:
        return this.known(b, start, end)
      case AT:
        this.at = timeOf(b, start, length)
        return this.at >= EARLIEST_MS && this.at < LATEST_MS
      case SEEN_AT:
        this.seenAt = timeOf(b, start, length)
        return this.seenAt >= EARLIEST_MS && this.seenAt < LATEST_MS
      case ID:
        this.idFrom = start
        this.idTo = end
        return length > 0 && length <= ID_CHARS && b[start] !== SPACE && b[end - 1] !== SPACE
      case SERVICE:
        this.serviceFrom = start
        this.serviceTo = end
        return length > 0 && length <= SERVICE_CHARS && b[end - 1] !== SPACE && plainName(b, start, end)
      case REPORTER:
        this.reporterFrom = start
        this.reporterTo = end
        return length <= ID_CHARS
      case AUTHOR:
        this.authorFrom = start
        this.authorTo = end
        return length <= ID_CHARS
      case TEXT:
        this.textFrom = start
        this.textTo = end
        return length <= TEXT_CHARS
      case SPACE_OF_ID:
        this.spaceFrom = start
        this.spaceTo = end
        return isSpace(b, start, end)
      default:
        this.langFrom = start
        this.langTo = end
        return length <= LABEL_VALUE_CHARS
    }
  }

  private known(b: Uint8Array, from: number, to: number): boolean {
    for (const { name, via } of VIAS) {
      if (!equal(b, from, to, name)) continue
      this.via = via
      return true
    }
    return false
  }
}

const [NEWLINE, RETURN, SPACE, QUOTE, COMMA, POINT, ZERO, COLON, BRACE, CLOSE] = [
  10, 13, 32, 34, 44, 46, 48, 58, 123, 125,
]
const [TYPE, VIA, ID, SERVICE, AT, SEEN_AT, LABELS, TOTAL] = [1, 2, 4, 8, 16, 32, 64, 128]
const [BAD, SLOW, WINDOW, LATENCY, REPORTER, AUTHOR, TEXT, LANG] = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768]
const SPACE_OF_ID = 65_536
const NEEDED = TYPE | VIA | ID | SERVICE | AT
const NUMBERS = TOTAL | BAD | SLOW | WINDOW | LATENCY

const ascii = (text: string) => Uint8Array.from(text, c => c.charCodeAt(0))
const OBSERVATION = ascii('observation')
const VIAS = OBSERVATION_VIAS.map(via => ({ via, name: ascii(via) }))
const LONGEST_KEY = 9
const NAMES: [name: string, bit: number][] = [
  ['type', TYPE],
  ['via', VIA],
  ['id', ID],
  ['service', SERVICE],
  ['at', AT],
  ['seenAt', SEEN_AT],
  ['labels', LABELS],
  ['total', TOTAL],
  ['bad', BAD],
  ['slow', SLOW],
  ['windowMs', WINDOW],
  ['latencyMs', LATENCY],
  ['reporter', REPORTER],
  ['author', AUTHOR],
  ['text', TEXT],
  ['lang', LANG],
  ['idSpace', SPACE_OF_ID],
]
const KEYS = Array.from({ length: LONGEST_KEY + 1 }, (_, length) =>
  NAMES.filter(([name]) => name.length === length).map(([name, bit]) => ({ name: ascii(name), bit })),
)
const SLASH = 47
const INHERITED: Uint8Array[][] = []
for (const word of Object.getOwnPropertyNames(Object.prototype)) (INHERITED[word.length] ??= []).push(ascii(word))
/** 1 for characters that stand for themselves within a JSON string: printable ASCII without quote and backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, c) => (c >= 32 && c < 127 && c !== QUOTE && c !== 92 ? 1 : 0))

/** Names that may break a rule of names are left to it: a blank first, a folder, a word that objects inherit. */
function plainName(b: Uint8Array, from: number, to: number): boolean {
  const first = b[from]
  if (first === SPACE || first === POINT) return false
  for (let i = from + 1; i < to; i++) if (b[i] === POINT && b[i - 1] === SLASH) return false
  for (const word of INHERITED[to - from] ?? []) if (equal(b, from, to, word)) return false
  return true
}

function equal(b: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false
  for (let i = 0; i < name.length; i++) if (b[from + i] !== name[i]) return false
  return true
}

/** As ID_SPACE has it. */
function isSpace(b: Uint8Array, from: number, to: number): boolean {
  if (to === from || to - from > 60) return false
  for (let i = from; i < to; i++) if (NAME[b[i]!] !== 1 && (i === from || NAME[b[i]!] !== 2)) return false
  return true
}
const NAME = Uint8Array.from({ length: 256 }, (_, c) => {
  const char = String.fromCharCode(c)
  return /[A-Za-z0-9]/.test(char) ? 1 : /[._-]/.test(char) ? 2 : 0
})

let lastDay = -1
let lastDayMs = Number.NaN

/** `2026-02-03T20:14:00Z` or with `.000`, as `readTime` reads it; NaN for every other form. */
function timeOf(b: Uint8Array, i: number, length: number): number {
  if ((length !== 20 && length !== 24) || b[i + length - 1] !== 90) return Number.NaN
  if (b[i + 4] !== 45 || b[i + 7] !== 45 || b[i + 10] !== 84 || b[i + 13] !== COLON || b[i + 16] !== COLON)
    return Number.NaN
  const [year, month, day] = [two(b, i) * 100 + two(b, i + 2), two(b, i + 5), two(b, i + 8)]
  const packed = year * 10_000 + month * 100 + day
  if (packed !== lastDay) {
    const ms = Date.UTC(year, month - 1, day)
    const date = new Date(ms)
    // The calendar turns 30 February into March: that is no day, nor is one with letters in it.
    if (date.getUTCDate() !== day || date.getUTCMonth() !== month - 1) return Number.NaN
    lastDay = packed
    lastDayMs = ms
  }
  const [hour, minute, second] = [two(b, i + 11), two(b, i + 14), two(b, i + 17)]
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN
  const ms = lastDayMs + hour * 3_600_000 + minute * 60_000 + second * 1_000
  if (length === 20) return ms
  const last = b[i + 22]! - ZERO
  if (b[i + 19] !== POINT || last < 0 || last > 9) return Number.NaN
  return ms + two(b, i + 20) * 10 + last
}

function two(b: Uint8Array, i: number): number {
  const tens = b[i]! - ZERO
  const ones = b[i + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
