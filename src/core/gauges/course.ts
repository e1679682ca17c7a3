import type { Scope } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Bearing } from '../../contract/view.js'
import { type GaugeSeries, type GaugeState, usualOf, valueAt } from './gauges.js'

/**
 * What gauges say of an alert. One is named by it where a label of the alert has the gauge's name as its value: where that has
 * gone since tells whether the alert was the beginning of something. Others share a label with it, such as how often a line
 * stands in the log.
 */

/** A gauge that was not read for so long says nothing of now. */
const READ_MS = HOUR
/** Values so shortly before an alert are of its own beginning. */
const BEFORE_MS = 2 * MINUTE
/** The first value of an alert is read within this, */
const BEGUN_MS = 15 * MINUTE
/** and after this a later one says where it went. */
const LATER_MS = 5 * MINUTE
/** So many times as far from what it was before as at the beginning: it grows; or so few: it eases. */
const [GROWS, EASES] = [1.25, 0.5]
/** and by so much of what was left to its capacity, or of its value where it has none: less is how things sway. */
const SWAYS = { ofRoom: 0.25, ofValue: 0.1 }
/** Full from here on, as a part of the capacity. */
const FULL_SHARE = 0.99
/** Without so many quiet values nobody knows what is usual. */
const LEARNED_LEAST = 20
/** Values before the alert that are looked at. */
const LOOKED_BACK_MS = 3 * HOUR

/** @param since when the alert began, with other beginnings of the last hour */
export function bearingOf(state: GaugeState | null, labels: Scope, since: EpochMs, now: EpochMs): Bearing {
  const bearing: Bearing = { times: null, course: null, full: false }
  for (const s of state?.series.values() ?? []) {
    if (now - s.last > READ_MS) continue
    if (isNamed(s, labels)) {
      const course = courseOf(s, since)
      if (course !== null && (bearing.course === null || course === 'grows')) bearing.course = course
      bearing.full ||= isFull(s, since)
    } else if (isKin(s, labels)) {
      const times = timesUsual(s)
      if (times !== null && times > (bearing.times ?? -1)) bearing.times = times
    }
  }
  return bearing
}

const isNamed = ({ name }: GaugeSeries, labels: Scope): boolean =>
  Object.values(labels).some(values => values.includes(name))

const isKin = (s: GaugeSeries, labels: Scope): boolean =>
  Object.entries(s.labels).some(([name, value]) => labels[name]?.includes(value) === true)

function valuesIn(s: GaugeSeries, from: EpochMs, until: EpochMs): number[] {
  const found: number[] = []
  for (let slot = Math.ceil(from / MINUTE) * MINUTE; slot <= Math.min(until, s.last); slot += MINUTE) {
    const value = valueAt(s, slot)
    if (!Number.isNaN(value)) found.push(value)
  }
  return found
}

const medianOf = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]

function courseOf(s: GaugeSeries, since: EpochMs): Bearing['course'] {
  const before = medianOf(valuesIn(s, since - LOOKED_BACK_MS, since - BEFORE_MS))
  const begun = valuesIn(s, since - BEFORE_MS + 1, since + BEGUN_MS)[0]
  const last = s.last - since >= LATER_MS ? valueAt(s, s.last) : undefined
  if (begun === undefined || last === undefined || begun === before) return null
  // Of what can fill up it is known which way is worse, whatever it was before.
  if (before === undefined) return last - begun >= swayOf(s, begun) && s.levels[0]! > begun ? 'grows' : null
  const ratio = (last - before) / (begun - before)
  if (ratio <= EASES) return 'eases'
  return ratio >= GROWS && Math.abs(last - begun) >= swayOf(s, begun) ? 'grows' : 'level'
}

function swayOf({ levels }: GaugeSeries, begun: number): number {
  const room = levels[0]! - begun
  return room > 0 ? SWAYS.ofRoom * room : SWAYS.ofValue * Math.abs(begun)
}

function isFull(s: GaugeSeries, since: EpochMs): boolean {
  const capacity = s.levels[0]!
  const [first] = valuesIn(s, since - LOOKED_BACK_MS, since)
  const last = valueAt(s, s.last)
  return last >= FULL_SHARE * capacity && first !== undefined && first < last
}

function timesUsual(s: GaugeSeries): number | null {
  const usual = usualOf(s)
  if (s.learned < LEARNED_LEAST || usual === null) return null
  return valueAt(s, s.last) / Math.max(usual, Number.MIN_VALUE)
}
