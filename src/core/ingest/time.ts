import { EARLIEST_MS, LATEST_MS } from '../../contract/limits.js'
import type { EpochMs } from '../../contract/time.js'
import { readInstant } from '../stat/instant.js'

let lastDay = -1
let lastDayMs = Number.NaN

/** NaN when it is no time or outside EARLIEST_MS … LATEST_MS. Fast for `2026-02-03T20:14:00Z` and with `.000`. */
export function readTime(value: unknown): EpochMs {
  const ms = typeof value === 'string' ? parseIso(value) : typeof value === 'number' ? Math.floor(value) : Number.NaN
  return ms >= EARLIEST_MS && ms < LATEST_MS ? ms : Number.NaN
}

const two = (s: string, i: number): number => {
  const a = s.charCodeAt(i) - 48
  const b = s.charCodeAt(i + 1) - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN
}

function parseIso(s: string): number {
  const n = s.length
  if ((n !== 20 && n !== 24) || s.charCodeAt(n - 1) !== 90) return readInstant(s)
  if (s.charCodeAt(4) !== 45 || s.charCodeAt(7) !== 45 || s.charCodeAt(10) !== 84) return readInstant(s)
  if (s.charCodeAt(13) !== 58 || s.charCodeAt(16) !== 58) return readInstant(s)
  const day = (two(s, 0) * 100 + two(s, 2)) * 10_000 + two(s, 5) * 100 + two(s, 8)
  if (day !== lastDay) {
    // The rare path checks the calendar; the days of a stream hardly change.
    const ms = Date.parse(`${s.slice(0, 10)}T00:00:00Z`)
    if (ms !== ms || new Date(ms).toISOString().slice(0, 10) !== s.slice(0, 10)) return Number.NaN
    lastDay = day
    lastDayMs = ms
  }
  const hour = two(s, 11)
  const minute = two(s, 14)
  const second = two(s, 17)
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN
  let ms = lastDayMs + hour * 3_600_000 + minute * 60_000 + second * 1_000
  if (n === 24) {
    const c = s.charCodeAt(22) - 48
    if (s.charCodeAt(19) !== 46 || c < 0 || c > 9) return Number.NaN
    ms += two(s, 20) * 10 + c
  }
  return ms
}

export const iso = (ms: EpochMs): string =>
  Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(ms)
