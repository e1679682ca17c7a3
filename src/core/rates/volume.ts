import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'

/**
 * Traffic that should come and does not. Requests that never arrive fail nowhere that we count: hosts that are down ask for nothing, and
 * the rest looks healthy. So what comes is held against what is usual at this hour of the day.
 *
 *   expected = rhythm of the day × the lower of how the last hour and the last day stood against it
 *   missing = 1 − mean of the newest minutes / expected
 *
 * Only minutes in which nearly as many rows came as usual are read: where rows are missing it is telemetry that failed, of which others
 * speak. Plain data, a few hundred numbers a service.
 */

/** Minutes that are kept at most. */
const SLOTS = 120
/** Minutes that are read together, and how old the newest of them is: rows of a minute arrive over the next two or three. */
const WINDOW_MIN = 10
const LAG_MIN = 3
/** A minute with fewer rows than this part of the usual is one of silent senders. */
const WHOLE_ROWS = 0.8
/** Half-lives: of how many rows are usual, of the rhythm of the day, of how the last hour and the last day stand against it. */
const ROWS_MEMORY_MS = 7 * DAY
const RHYTHM_DAYS = 7
/** Short: a holiday, on which half as many come, begins over hours; what stops breaks off within minutes. */
const LEVEL_MEMORY_MS = HOUR / 2
/** Long: whoever came for a sale, a match or a launch and goes again is not missing. */
const DAY_MEMORY_MS = DAY
/** No minute counts as less than this part of the rhythm: of what is nearly gone no new level is made. */
const LEAST_LEVEL = 0.25
/** What is usual is learned from minutes this old, so that the onset of trouble is not in them. */
const LEARN_DELAY_MS = 15 * MINUTE
const HOURS = 24
/** Hours of the day that must have been seen before anything is said: without a rhythm an evening looks like a trouble. */
const HOURS_LEAST = 22
/** Requests a minute below which chance moves more than is asked for here. */
const REQUESTS_LEAST = 20
/** Mondays are no Sundays: two days of one service differ by so much at the same hour without any trouble, one standard deviation. */
const DAYS_DIFFER = 0.05
/** Missing from here on it bears witness, from here on it is an alarm of its own; deviations by which it must be clear. */
const SPEAKS_FROM = 0.25
const ALARM_FROM = 0.45
const CLEAR_DEVIATIONS = 4
/** It is back once less than this is missing. */
const BACK_BELOW = 0.04
/** One low window may be a pause of a sender: it must last so long. */
const LASTS_MS = 8 * MINUTE
/** Missing for so long while nothing else is wrong, it is how things are: a sender that moved away, a smaller service. */
const MOVED_MS = DAY
/** Nothing readable for so long: what was missing is not known any more. */
const STALE_MS = 30 * MINUTE

export interface VolumeState {
  /** Requests a minute and rows, by the minute; oldest first. */
  minutes: Map<EpochMs, { total: number; rows: number }>
  usualRows: number
  /** By hour of day: mean requests a minute that has any, and how many such minutes it rests on. */
  mean: Float64Array
  weight: Float64Array
  /** How the last hour stands against the rhythm, and the last day. */
  level: number
  dayLevel: number
  /** Squared relative distance of a minute from what was expected, mean. */
  variance: number
  learnedUntil: EpochMs
  lowSince: EpochMs | null
  /** What is missing now; null: nothing that lasts. */
  gone: Missing | null
  readAt: EpochMs
}

export interface Missing {
  /** Part of what should have come, 0..1, and its standard error. */
  share: number
  error: number
  since: EpochMs
  alarm: boolean
  /** Requests a minute that come, and that should. */
  seen: number
  usual: number
}

export const volumeState = (): VolumeState => ({
  minutes: new Map(),
  usualRows: 0,
  mean: new Float64Array(HOURS),
  weight: new Float64Array(HOURS),
  level: 1,
  dayLevel: 1,
  variance: 0,
  learnedUntil: 0,
  lowSince: null,
  gone: null,
  readAt: 0,
})

/** Adds one row: `total` requests over `windowMs`, counted in the minute `slot`. */
export function takeVolume(state: VolumeState, slot: EpochMs, total: number, windowMs: number): void {
  // A row of ten minutes stands for its mean minute, so that the width of windows may change.
  const share = (total * MINUTE) / Math.max(MINUTE, windowMs)
  const minute = state.minutes.get(slot)
  if (minute) {
    minute.total += share
    minute.rows++
  } else {
    state.minutes.set(slot, { total: share, rows: 1 })
    for (const old of state.minutes.keys()) {
      if (old > slot - SLOTS * MINUTE) break
      state.minutes.delete(old)
    }
  }
  if (state.learnedUntil === 0) state.learnedUntil = slot
}

/** Requests of a minute in which the usual senders spoke; null: not one of those. */
function wholeMinute(state: VolumeState, slot: EpochMs): number | null {
  const minute = state.minutes.get(slot)
  return minute && minute.rows >= WHOLE_ROWS * state.usualRows ? minute.total : null
}

/** The rhythm between the middles of hours. */
function rhythmAt(state: VolumeState, slot: EpochMs): number {
  const at = slot / HOUR - 0.5
  const hour = Math.floor(at)
  const part = at - hour
  const [before, after] = [hour, hour + 1].map(h => ((h % HOURS) + HOURS) % HOURS) as [number, number]
  const { mean, weight } = state
  // Of an hour that was not seen yet the one beside it tells more than nothing.
  if (weight[before] === 0 || weight[after] === 0) return Math.max(mean[before]!, mean[after]!)
  return (1 - part) * mean[before]! + part * mean[after]!
}

const knowsDays = (state: VolumeState): boolean => state.weight.filter(w => w > 0).length >= HOURS_LEAST

/** Reads the newest minutes. Returns what has been missing for a while, or null. */
export function readVolume(state: VolumeState, now: EpochMs): Missing | null {
  const until = Math.floor(now / MINUTE) * MINUTE - LAG_MIN * MINUTE
  let seen = 0
  let usual = 0
  let minutes = 0
  for (let slot = until - WINDOW_MIN * MINUTE; slot < until; slot += MINUTE) {
    const total = wholeMinute(state, slot)
    if (total === null) continue
    seen += total
    usual += rhythmAt(state, slot) * Math.min(state.level, state.dayLevel)
    minutes++
  }
  if (usual > 0 && knowsDays(state)) judge(state, seen / minutes, usual / minutes, now)
  else if (now - state.readAt > STALE_MS) state.lowSince = state.gone = null
  return state.gone
}

function judge(state: VolumeState, seen: number, usual: number, now: EpochMs): void {
  state.readAt = now
  const share = Math.max(0, 1 - seen / usual)
  const error = Math.hypot(DAYS_DIFFER, Math.sqrt(state.variance))
  const enough = usual >= REQUESTS_LEAST && share >= SPEAKS_FROM
  if (enough || (state.gone !== null && share >= BACK_BELOW))
    state.lowSince ??= now - (LAG_MIN + WINDOW_MIN / 2) * MINUTE
  else state.lowSince = null
  const since = state.lowSince
  const clear = share >= CLEAR_DEVIATIONS * error && now - (since ?? now) >= LASTS_MS + LAG_MIN * MINUTE
  const lasts = since !== null && (state.gone !== null || clear)
  const alarm = share >= Math.max(ALARM_FROM, CLEAR_DEVIATIONS * error)
  state.gone = lasts ? { share, error: Math.min(error, 0.5 * share), since, alarm, seen, usual } : null
}

/** Learns from minutes that have grown old enough and lie before any trouble; `trouble`: since when there is one. */
export function learnVolume(state: VolumeState, now: EpochMs, trouble: EpochMs | null): void {
  if (state.learnedUntil === 0) return
  if (trouble === null && state.lowSince !== null && now - state.lowSince > MOVED_MS) startVolumeAnew(state)
  const quiet = Math.min(trouble ?? Number.POSITIVE_INFINITY, state.lowSince ?? Number.POSITIVE_INFINITY)
  let slot = Math.max(state.learnedUntil, now - SLOTS * MINUTE)
  for (; slot < now - LEARN_DELAY_MS; slot += MINUTE) {
    const minute = slot < quiet ? state.minutes.get(slot) : undefined
    if (minute) learnMinute(state, slot, minute.total, minute.rows)
  }
  state.learnedUntil = slot
}

function learnMinute(state: VolumeState, slot: EpochMs, total: number, rows: number): void {
  const whole = rows >= WHOLE_ROWS * state.usualRows
  const kept = 2 ** (-MINUTE / ROWS_MEMORY_MS)
  state.usualRows = state.usualRows === 0 ? rows : kept * state.usualRows + (1 - kept) * rows
  if (!whole) return
  if (knowsDays(state)) {
    const ratio = total / Math.max(1e-9, rhythmAt(state, slot))
    const keep = 2 ** (-MINUTE / LEVEL_MEMORY_MS)
    state.variance = keep * state.variance + (1 - keep) * Math.min(1, (ratio / state.level - 1) ** 2)
    const step = Math.min(2, Math.max(LEAST_LEVEL, ratio))
    state.level = keep * state.level + (1 - keep) * step
    const keepDay = 2 ** (-MINUTE / DAY_MEMORY_MS)
    state.dayLevel = keepDay * state.dayLevel + (1 - keepDay) * step
  }
  const hour = Math.floor(slot / HOUR) % HOURS
  // An hour of the day has sixty minutes a day to fade in.
  const weight = state.weight[hour]! * 2 ** (-1 / (60 * RHYTHM_DAYS)) + 1
  state.mean[hour] = state.mean[hour]! + (total - state.mean[hour]!) / weight
  state.weight[hour] = weight
}

/** What has lasted is how things are. */
export function startVolumeAnew(state: VolumeState): void {
  state.usualRows = 0
  state.mean.fill(0)
  state.weight.fill(0)
  state.level = state.dayLevel = 1
  state.lowSince = state.gone = null
}
