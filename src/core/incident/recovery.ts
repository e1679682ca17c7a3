import type { Recovery, Where } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { HIGH_SHARE, leftOf, levelOf, NORMAL, type TrackMemory, wholeTrack } from './track.js'

/**
 * How much of the trouble is gone, per followed value, and when the rest should be: a line through the excess or through its
 * logarithm, because mitigations drain rather than switch. On simulated decays the interval holds the truth in 90–99 % of
 * minutes (recover.test.ts).
 */

/** Standard errors that "surely" asks for. */
const GONE_ERRORS = 2
/**
 * The least part of the worst that an unchanged trouble still brings: 3 %. Of those hit, 0.4 % a minute speak up anew in the world of an
 * app that everybody has (5 % of its first wave), 0.06 % where administrators do (3 %), 3–4 % elsewhere (a quarter).
 */
const TIRED_LEAST = 0.03
/** The first wave ebbs in minutes: half of those who report do within 3 to 25 of being hit, by the same worlds. */
const TIRES_MIN = 10
/** Minutes of the newest points that are extrapolated, and the least number of them. */
const FIT_MIN = 25
/** The least number of points that are extrapolated: a line through fewer says nothing of its error. */
const FIT_LEAST = 6
/** No forecast that reaches beyond this, nor one before the excess has clearly begun to fall. */
const HORIZON_MIN = 8 * 60
/** The excess must have fallen by this part of its peak before anything is forecast. */
const FALLEN = 0.15
/** Shares are read over windows of this length, so they trail the truth and are not independent. */
const WINDOW_MIN = 5
/** How many times likelier one shape of recovery must be before the other is dropped. */
const SHAPE_RATIO = 100
/** The early bound allows for a recovery that runs by this part faster than its line, on top of the error of the slope: more hands, a second mitigation. */
const PACE_FASTER = 0.8
/** and the late bound for one that runs by this part slower; what stalls at the end is in the tail below. */
const PACE_SLOWER = 0.1
/** Mending slows towards its end (caches, queues, clients that come back late): the late bound is longer by a part and by minutes. */
const TAIL_SHARE = 0.3
/** The minutes by which the late bound is longer. */
const TAIL_MIN = 4

/** Spans of the fit narrower than this (standard deviation of the logarithm) need no help. */
const NARROW = 0.3
/** What is left of a recovery that has fallen for t minutes: a median of 15 + t/2 minutes, within a factor of e or so. */
const USUAL_LEFT_MIN = 15
/** Minutes that are left for each minute in which it has fallen. */
const USUAL_LEFT_OF_FALLEN = 0.5
/** Standard deviation of the logarithm of what is left: a factor of e. */
const USUAL_SPREAD = 1
/** Deviations below and above the middle: 99 % and 98 %. */
const BELOW = 2.4
/** Deviations above the middle. */
const ABOVE = 2.1

/** From the second time that it comes back it is on and off … */
const BACKS_LEAST = 2
/** … until it has been on or off for so many times its longest pause. */
const PAUSES = 4
/** No pause counts as shorter: windows of five minutes smear it, and reports lag. */
const PAUSE_LEAST_MS = 10 * MINUTE
/** What is gone has lasted once it has for half as long again as it was there before, or as it ever paused … */
const PAUSE_OVER = 1.5
/** … at most for so long: an hour of points is kept. */
const LASTS_MOST_MS = 60 * MINUTE
/** What has lasted for ten minutes counts so far until then. */
const SO_FAR = 0.5

/** Is it on and off? Then a pause is part of it, and no recovery. */
export function isIntermittent(memory: readonly TrackMemory[], at: EpochMs): boolean {
  const { off } = wholeTrack(memory) ?? {}
  if (!off || off.backs.length < BACKS_LEAST) return false
  return at - off.backs.at(-1)! < PAUSES * Math.max(off.longestMs, PAUSE_LEAST_MS)
}

/** How long it must be calm before a trouble that came back may be called over; 0 for one that never did. */
export const pauseOf = (memory: readonly TrackMemory[]): number => PAUSE_OVER * (wholeTrack(memory)?.off.longestMs ?? 0)

/**
 * Where requests are counted, what is gone is sure once it has lasted: longer than it was there before, for a pause of what comes and goes
 * is much like its time on, and longer than any pause so far. Before that half of it counts, and nothing of what is known to come and go.
 */
export function lastingGone(memory: readonly TrackMemory[], at: EpochMs): [number, number] {
  const whole = wholeTrack(memory)
  if (!whole || whole.peak <= 0) return [0, 1]
  const { since, began, backs } = whole.off
  const wasOnMs = (since ?? at) - (backs.at(-1) ?? began)
  const lasts = Math.max(PAUSE_LEAST_MS, Math.min(LASTS_MOST_MS, PAUSE_OVER * wasOnMs), pauseOf(memory))
  const soFar = isIntermittent(memory, at) ? 0 : SO_FAR * goneFor(whole, at - PAUSE_LEAST_MS)
  const low = Math.min(recoveredOf(whole), Math.max(soFar, goneFor(whole, at - lasts)))
  return [round(low), round(recoveredOf(whole))]
}

/** The part of the worst that has been gone ever since `from`, beyond chance. */
function goneFor(m: TrackMemory, from: EpochMs): number {
  const left = m.points.filter(p => p.at > from).map(p => (p.excess > 0 ? p.excess + GONE_ERRORS * p.error : 0))
  return Math.max(0, 1 - Math.max(...left) / m.peak)
}

/**
 * How much of the trouble is surely gone, and how much may be, where nobody counts requests.
 *
 * Checks are few: their level over half an hour is held against the highest such level. Reports fall while everything fails as before: the
 * first wave is all who were hit, later ones are who is hit anew or has not had enough. So what is left is held against the least that an
 * unchanged trouble would still bring at its age and at this hour. Where both are there and people go on, no more is sure than both say.
 */
export function surelyGone(memory: readonly TrackMemory[], at: EpochMs): [number, number] {
  const whole = wholeTrack(memory)
  if (!whole || whole.worst.level <= 0) return [0, 1]
  const people = memory.find(m => m.unit === 'reports_per_minute' && Object.keys(m.where).length === 0)
  const signs = [
    ...(whole.unit === 'share' ? [goneOfShare(whole)] : []),
    ...(people && people.worst.level > NORMAL.reports_per_minute ? [goneOfReports(people, at)] : []),
  ]
  // Who reports now may report what was some minutes ago: once fewer do, all may be over.
  const fell = levelOf(whole).level < HIGH_SHARE * whole.worst.level
  const high = fell ? 1 : recoveredOf(whole)
  return [round(Math.min(high, Math.max(0, signs.length > 0 ? Math.min(...signs) : 0))), round(high)]
}

function goneOfShare(m: TrackMemory): number {
  const { level, error } = levelOf(m)
  return 1 - (level + GONE_ERRORS * error) / m.worst.level
}

function goneOfReports(m: TrackMemory, at: EpochMs): number {
  const { level, error, usual } = levelOf(m)
  const age = (at - m.worst.at) / MINUTE
  const tired = Math.max(TIRED_LEAST, Math.exp(-age / TIRES_MIN))
  // Of those who sleep nobody reports.
  const awake = m.worst.usual > 0 ? Math.min(1, usual / m.worst.usual) : 1
  return 1 - (level + GONE_ERRORS * error) / (tired * awake * m.worst.level)
}

const recoveredOf = (m: TrackMemory): number => {
  if (m.peak <= 0) return 1
  const left = leftOf(m)
  if (left < NORMAL[m.unit]) return 1
  return Math.max(0, Math.min(1, 1 - left / m.peak))
}

/** Recovery of the whole and of every followed value that was hit at all, worst first. */
export function recoveryOf(memory: readonly TrackMemory[], at: EpochMs): Recovery | null {
  const whole = wholeTrack(memory)
  if (!whole || whole.peak <= 0) return null
  const parts = memory.filter(
    m =>
      m !== whole &&
      m.unit === whole.unit &&
      Object.keys(m.where).length > 0 &&
      m.peak >= 0.05 * whole.peak &&
      m.peak >= NORMAL[m.unit],
  )
  return {
    recovered: round(recoveredOf(whole)),
    ...(whole.unit === 'share' ? {} : { of: 'reports' as const }),
    eta: etaOf(whole, at),
    segments: parts
      .map(m => ({ where: m.where, recovered: round(recoveredOf(m)), eta: etaOf(m, at) }))
      .sort((a, b) => a.recovered - b.recovered),
  }
}

/** When the whole began to shrink for good: the last time it stood within a tenth of its peak. */
export function turnedAt(memory: readonly TrackMemory[]): EpochMs | null {
  const whole = wholeTrack(memory)
  return whole && whole.points.length > 0 && leftOf(whole) <= 0.7 * whole.peak ? whole.highAt : null
}

/** Parts whose last word was trouble, and that nothing has been heard of since. */
export const unheard = (memory: readonly TrackMemory[]): ReadonlySet<Where> =>
  new Set(memory.filter(m => (m.points.at(-1)?.stale ?? false) && leftOf(m) >= NORMAL[m.unit]).map(m => m.where))

/** How far chance moves `recovered`, as one standard deviation; 1 when nothing is known. */
export function noiseOf(memory: readonly TrackMemory[]): number {
  const whole = wholeTrack(memory)
  return whole && whole.peak > 0 ? Math.min(1, (whole.points.at(-1)?.error ?? 0) / whole.peak) : 1
}

/**
 * Interval for the time at which the excess is normal; null when it is normal, not falling, stale, or beyond the horizon.
 * Two shapes compete on the points since the turn: a line (sessions drained at a steady pace) and an exponential (each
 * minute takes its part). Where the points do not tell them apart, the interval spans both.
 */
export function etaOf(m: TrackMemory, at: EpochMs): [string, string] | null {
  const left = leftOf(m)
  if (left < NORMAL[m.unit] || left > (1 - FALLEN) * m.peak || m.points.at(-1)?.stale) return null
  const points = m.points.filter(p => p.at > at - FIT_MIN * MINUTE && p.at >= m.highAt && p.excess > 0 && !p.stale)
  if (points.length < FIT_LEAST) return null
  const xs = points.map(p => (p.at - at) / MINUTE)
  const ys = points.map(p => p.excess)
  const line = fit(
    xs,
    ys,
    ys.map(() => 1),
  )
  // The logarithm of a small excess is noisy: its weight is the square of excess over error.
  const floor = 0.02 * m.peak
  const logs = fit(
    xs,
    ys.map(y => Math.log(y)),
    points.map(p => (p.excess / Math.max(p.error, floor)) ** 2),
  )
  const spans: [number, number][] = []
  const { byLine, byLog } = shapes(points, xs, line, logs, floor)
  if (byLine) spans.push(span(line, line.level - NORMAL[m.unit]))
  if (byLog) spans.push(span(logs, logs.level - Math.log(NORMAL[m.unit])))
  const soon = Math.min(...spans.map(x => x[0]))
  const late = Math.max(...spans.map(x => x[1]))
  if (!(late <= HORIZON_MIN)) return null
  const iso = (min: number): string =>
    new Date(Math.round(at / MINUTE) * MINUTE + Math.round(min) * MINUTE).toISOString()
  const [from, until] = tempered(
    [Math.max(0, soon), late * (1 + TAIL_SHARE) + WINDOW_MIN + TAIL_MIN],
    (at - m.highAt) / MINUTE,
  )
  return [iso(from), iso(until)]
}

/**
 * A curve that has hardly begun to fall leaves hours open, and few recoveries take them: the span of the fit, read as a lognormal, is
 * weighed against what recoveries do, a lognormal whose median grows with how long this one has fallen already (what lasts, lasts on:
 * times to recover are heavy-tailed, algorithms.md §4). The interval leaves less below than above its median's mirror, so that its
 * middle is what is to be expected. A span that the fit holds narrowly stays as it is.
 */
function tempered([soon, late]: [number, number], fallenMin: number): [number, number] {
  const low = Math.log(soon + 1)
  const high = Math.log(late + 1)
  const spread = (high - low) / 3.9
  if (spread <= NARROW) return [soon, late]
  const usual = Math.log(USUAL_LEFT_MIN + USUAL_LEFT_OF_FALLEN * fallenMin)
  const own = 1 / spread ** 2
  const prior = 1 / USUAL_SPREAD ** 2
  const middle = (own * ((low + high) / 2) + prior * usual) / (own + prior)
  const left = 1 / Math.sqrt(own + prior)
  return [
    Math.max(0, Math.min(soon, Math.exp(middle - BELOW * left) - 1)),
    Math.min(late, Math.exp(middle + ABOVE * left) - 1),
  ]
}

interface Line {
  /** Value at x = 0, now. */
  level: number
  slope: number
  slopeError: number
  levelError: number
}

/** Weighted least squares y = level + slope·x with standard errors; five-minute windows overlap, so only a fifth of the points is independent. */
function fit(xs: readonly number[], ys: readonly number[], weights: readonly number[]): Line {
  let w = 0
  let wx = 0
  let wy = 0
  for (let i = 0; i < xs.length; i++) {
    w += weights[i]!
    wx += weights[i]! * xs[i]!
    wy += weights[i]! * ys[i]!
  }
  const mx = wx / w
  const my = wy / w
  let sxx = 0
  let sxy = 0
  for (let i = 0; i < xs.length; i++) {
    sxx += weights[i]! * (xs[i]! - mx) ** 2
    sxy += weights[i]! * (xs[i]! - mx) * (ys[i]! - my)
  }
  const slope = sxx > 0 ? sxy / sxx : 0
  let rest = 0
  for (let i = 0; i < xs.length; i++) rest += weights[i]! * (ys[i]! - my - slope * (xs[i]! - mx)) ** 2
  const variance = (WINDOW_MIN * rest) / Math.max(1, xs.length - 2)
  return {
    level: my - slope * mx,
    slope,
    slopeError: Math.sqrt(variance / Math.max(1e-12, sxx)),
    levelError: Math.sqrt(variance * (1 / w + mx ** 2 / Math.max(1e-12, sxx))),
  }
}

/** Which shapes the points leave possible: one is dropped when the other is SHAPE_RATIO times as likely. */
function shapes(
  points: readonly TrackMemory['points'][number][],
  xs: readonly number[],
  line: Line,
  logs: Line,
  floor: number,
): { byLine: boolean; byLog: boolean } {
  const rests = points.map((p, i) => {
    const byLine = p.excess - line.level - line.slope * xs[i]!
    const byLog = p.excess - Math.exp(logs.level + logs.slope * xs[i]!)
    const variance = Math.max(p.error, floor) ** 2
    return [byLine ** 2 / variance, byLog ** 2 / variance] as const
  })
  const restLine = rests.reduce((sum, r) => sum + r[0], 0)
  const restLog = rests.reduce((sum, r) => sum + r[1], 0)
  // A shape that fits neither way (steps) has larger errors than the counting alone gives.
  const scale = Math.max(1, Math.min(restLine, restLog) / Math.max(1, points.length - 2))
  const favour = (restLog - restLine) / (2 * WINDOW_MIN * scale)
  return { byLine: favour > -Math.log(SHAPE_RATIO), byLog: favour < Math.log(SHAPE_RATIO) }
}

/** Minutes until a line has fallen by `need`, with the slope between its bounds; a stall makes it longer than the line says. */
function span(line: Line, need: number): [number, number] {
  if (need <= 0) return [0, 0]
  const fastest = Math.min(0, line.slope - 2 * line.slopeError) * (1 + PACE_FASTER)
  const slowest = (line.slope + 1.5 * line.slopeError) / (1 + PACE_SLOWER)
  return [
    fastest < 0 ? Math.max(0, need - 2 * line.levelError) / -fastest : Number.POSITIVE_INFINITY,
    slowest < 0 ? (need + line.levelError) / -slowest : Number.POSITIVE_INFINITY,
  ]
}

const round = (x: number): number => Math.round(x * 1000) / 1000
