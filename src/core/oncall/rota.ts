import type { Override, ResponderConfig, RotaConfig } from '../../contract/oncall/routing.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import { inHours, minutesOf } from '../calendar/hours.js'
import { fromLocal, localDay, offsetMsAt, readMoment, toLocal } from '../calendar/zone.js'

/** Who is on call: layers in turns, a later one above an earlier one, and overrides above all. */

/** A stretch of time with one person on call, or nobody. */
export interface Shift {
  from: EpochMs
  until: EpochMs
  /** null: nobody. */
  person: string | null
  /** The layer, counted from 0, or the override that says so. */
  by: number | string | null
}

type Layer = RotaConfig['layers'][number]
/** A person who leaves is on call until then; those who are not named here are on call for good. */
export type Leaving = ReadonlyMap<string, EpochMs>

/** When responders leave, by their ids. */
export function leavingOf(responders: readonly ResponderConfig[], zone = 'Etc/UTC'): Map<string, EpochMs> {
  const out = new Map<string, EpochMs>()
  for (const { id, leaves } of responders) if (leaves !== undefined) out.set(id, readMoment(leaves, zone).at)
  return out
}

const zoneOf = (rota: RotaConfig): string => rota.timeZone ?? 'Etc/UTC'
const daysOf = ({ every = 1, turns = 'weeks' }: Layer): number => every * (turns === 'weeks' ? 7 : 1)

/** The handover with this number, by the wall clock: a time that spring skips moves forward by what was skipped. */
function handover(layer: Layer, zone: string, number: number): EpochMs {
  const { local } = readMoment(layer.starts, zone)
  const shown = toLocal(local + number * daysOf(layer) * DAY, 'Etc/UTC')
  return fromLocal(shown, zone)
}

/** Number of the turn that runs at a moment; negative before the first. */
function turnAt(layer: Layer, zone: string, at: EpochMs): number {
  const { local } = readMoment(layer.starts, zone)
  let turn = Math.floor((at + offsetMsAt(at, zone) - local) / (daysOf(layer) * DAY))
  // Near a change of the clocks the reckoning may be one off.
  while (handover(layer, zone, turn) > at) turn--
  while (handover(layer, zone, turn + 1) <= at) turn++
  return turn
}

function layerAt(layer: Layer, zone: string, leaving: Leaving, at: EpochMs): string | null {
  const turn = turnAt(layer, zone, at)
  if (turn < 0 || (layer.hours !== undefined && !inHours(layer.hours, at, zone))) return null
  for (let i = 0; i < layer.people.length; i++) {
    const person = layer.people[(turn + i) % layer.people.length]!
    if (isThere(person, leaving, at)) return person
  }
  return null
}

const isThere = (person: string, leaving: Leaving, at: EpochMs): boolean => at < (leaving.get(person) ?? Infinity)

/** Who is on call at a moment, and which layer or override says so. */
export function personAt(
  rota: RotaConfig,
  overrides: readonly Override[],
  leaving: Leaving,
  at: EpochMs,
): Pick<Shift, 'person' | 'by'> {
  let found: Pick<Shift, 'person' | 'by'> = { person: null, by: null }
  for (const [i, layer] of rota.layers.entries()) {
    const person = layerAt(layer, zoneOf(rota), leaving, at)
    if (person !== null) found = { person, by: i }
  }
  for (const each of inOrder(overrides)) {
    const { id, person, from, until, instead } = each
    if (each.rota !== rota.id || at < from || at >= until || !isThere(person, leaving, at)) continue
    if (instead === undefined || instead === found.person) found = { person, by: id }
  }
  return found
}

/** The newest last: it stands above the others. */
const inOrder = (overrides: readonly Override[]): Override[] =>
  overrides.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))

/** Who is on call from one moment to another, stretch by stretch without a gap; whoever goes on is told as one. */
export function shifts(
  rota: RotaConfig,
  overrides: readonly Override[],
  leaving: Leaving,
  from: EpochMs,
  until: EpochMs,
): Shift[] {
  const edges = new Set<EpochMs>([from])
  const add = (at: EpochMs) => void (at > from && at < until && edges.add(at))
  const zone = zoneOf(rota)
  for (const layer of rota.layers) {
    for (let turn = Math.max(0, turnAt(layer, zone, from)); ; turn++) {
      const at = handover(layer, zone, turn)
      if (at >= until) break
      add(at)
    }
    if (layer.hours !== undefined) for (const at of hoursEdges(layer.hours, zone, from, until)) add(at)
  }
  for (const each of overrides) if (each.rota === rota.id) [each.from, each.until].forEach(add)
  for (const at of leaving.values()) add(at)
  const found: Shift[] = []
  const sorted = [...edges].toSorted((a, b) => a - b)
  for (const [i, at] of sorted.entries()) {
    const end = sorted[i + 1] ?? until
    const now = personAt(rota, overrides, leaving, at)
    const last = found.at(-1)
    if (last !== undefined && last.person === now.person && last.by === now.by) last.until = end
    else found.push({ from: at, until: end, ...now })
  }
  return found
}

/** Moments at which hours of the week may begin or end; where the clocks change in between, that moment too. */
function* hoursEdges(hours: NonNullable<Layer['hours']>, rotaZone: string, from: EpochMs, until: EpochMs) {
  const zone = hours.timeZone ?? rotaZone
  for (let day = localDay(from, zone) - DAY; day <= localDay(until, zone) + DAY; day += DAY) {
    const date = new Date(day)
    const local = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), second: 0 }
    for (const time of [0, ...[hours.from, hours.until].flatMap(each => (each === undefined ? [] : [minutesOf(each)]))])
      yield fromLocal({ ...local, hour: Math.floor(time / 60), minute: time % 60 }, zone)
    yield* clockChange(day, zone)
  }
}

/** The moment within a day at which its clocks are set to another time, to the quarter of an hour; times between are read anew from there. */
function* clockChange(day: EpochMs, zone: string) {
  const start = day - offsetMsAt(day, zone) - DAY / 2
  if (offsetMsAt(start, zone) === offsetMsAt(start + 2 * DAY, zone)) return
  for (let at = start; at < start + 2 * DAY; at += QUARTER_MS)
    if (offsetMsAt(at, zone) !== offsetMsAt(at + QUARTER_MS, zone)) {
      yield at + QUARTER_MS
      // An hour that comes twice holds each of its times twice.
      for (const hours of REPEATED_HOURS) for (let q = 0; q < 4; q++) yield at + QUARTER_MS + hours + q * QUARTER_MS
    }
}
const QUARTER_MS = 900_000
const REPEATED_HOURS = [-3_600_000, 0]

/** Who is on call now, and until when: the end of their stretch, however many days away, at most so many. */
export function onCallNow(
  rota: RotaConfig,
  overrides: readonly Override[],
  leaving: Leaving,
  now: EpochMs,
  days = 60,
): Shift {
  const [first, ...rest] = shifts(rota, overrides, leaving, now, now + days * DAY)
  let until = first!.until
  for (const each of rest) {
    if (each.person !== first!.person) break
    until = each.until
  }
  return { ...first!, until }
}
