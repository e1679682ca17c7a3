import type { Observation } from '../../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'

// Who says it, along the whole hierarchy of addresses: a prefix (IPv4 /24, IPv6 /48) lies in a network (the number that a
// proxy tells, else /16 and /32), and that in an allocation (/12 and /20). One party may hold any one of them whole, so what
// people alone say is believed as far as it stands without the two networks, and without the two allocations, that say it
// loudest. A network that has brought reports from several prefixes on several quiet days is one that the service's own
// people use: nobody but its operator holds it whole, so there each prefix is a party of its own.

/** Over so much it is asked who reports. */
export const MIX_MS = 15 * MINUTE
/** Minutes kept: what is learned waits until it is known to have been quiet. */
const RING = 32
/** Prefixes told apart in one minute: 100 bytes each, 3 MB in all. Those beyond are counted together. */
const PREFIXES_MAX = 1_024
/** Parties that must have reported, vouched people included, and allocations. */
export const PARTIES_LEAST = 6
export const ALLOCATIONS_LEAST = 3
/** The loudest so many are left out, and so much of the rise must be theirs to be worth it. */
const LEFT_OUT = 2
const CONCENTRATED = 0.75
/** What is left must stand above its own usual level by so many reports and standard deviations. */
const REST_LEAST = 4
const REST_DEVIATIONS = 3
/** Networks and allocations whose usual part is remembered: 150 bytes each; the one heard of longest ago goes. */
const HABITS_MAX = 1_024
/** Memory of so much quiet time. */
const HABIT_MINUTES = (14 * DAY) / MINUTE
/** Quiet days, prefixes on the best of them, and part of all quiet reports, from which on a network is familiar. */
export const FAMILIAR_DAYS = 5
export const FAMILIAR_PREFIXES = 4
const FAMILIAR_SHARE = 0.05
/** Days without a report after which a network begins anew. */
const FORGOTTEN_DAYS = 10
/** Quiet reports through people's own door that tell where they usually come from. */
const HABITS_LEAST = 20
/** A familiar network speaks for so many at most, so that what one says alone never counts as the worst. */
const FAMILIAR_VOICES = 12

interface From {
  network: string
  allocation: string
  n: number
}

interface Habit {
  /** Quiet reports, fading. */
  n: number
  /** Days with any, the newest of them, its prefixes, and the most on one day. */
  days: number
  day: number
  prefixes: string[]
  best: number
}

export interface Parties {
  minutes: ({ slot: EpochMs; from: Map<string, From>; more: number } | null)[]
  habits: Map<string, Habit>
  /** Quiet minutes, reports in them, and those of them that came through people's own door; fading. */
  quiet: { minutes: number; reports: number; open: number }
}

export const parties = (): Parties => ({
  minutes: Array.from({ length: RING }, () => null),
  habits: new Map(),
  quiet: { minutes: 0, reports: 0, open: 0 },
})

/** Where a report comes from. A sender that tells no more than a prefix says that each stands for itself. */
export function originOf({ prefix = '', network = prefix, allocation = network }: Observation) {
  return { prefix, network, allocation }
}

const wide = (allocation: string): string => `a ${allocation}`

/** Notes `n` reports of a problem that count; below zero they are taken back. */
export function noteParty(p: Parties, at: EpochMs, signal: Observation, n: number): void {
  const slot = Math.floor(at / MINUTE) * MINUTE
  const i = (slot / MINUTE) % RING
  let minute = p.minutes[i]
  if (!minute || minute.slot < slot) minute = p.minutes[i] = { slot, from: new Map(), more: 0 }
  if (minute.slot > slot) return
  const { prefix, network, allocation } = originOf(signal)
  const known = minute.from.get(prefix)
  if (known) known.n = Math.max(0, known.n + n)
  else if (minute.from.size < PREFIXES_MAX) minute.from.set(prefix, { network, allocation, n: Math.max(0, n) })
  else minute.more = Math.max(0, minute.more + n)
}

/** Is this a network that the service's own people use? */
export function isFamiliar(p: Parties, network: string): boolean {
  const habit = p.habits.get(network)
  return (
    habit !== undefined &&
    habit.days >= FAMILIAR_DAYS &&
    habit.best >= FAMILIAR_PREFIXES &&
    habit.n >= FAMILIAR_SHARE * p.quiet.reports
  )
}

/** The widest part of the hierarchy that may be one party. */
export function partyOf(p: Parties, signal: Observation): string {
  const { prefix, network, allocation } = originOf(signal)
  return isFamiliar(p, network) ? prefix : allocation
}

/** Reports that a network, or an allocation, usually brings in so much time. */
export const usualOf = (p: Parties, network: string, ms: number): number => usually(p, p.habits.get(network), ms)
export const usualOfAllocation = (p: Parties, allocation: string, ms: number): number =>
  usually(p, p.habits.get(wide(allocation)), ms)

const usually = ({ quiet }: Parties, habit: Habit | undefined, ms: number): number =>
  habit === undefined || quiet.minutes === 0 ? 0 : (habit.n / quiet.minutes) * (ms / MINUTE)

/** Remembers where reports come from in a minute that no trouble holds; `reports` with those that came with a token. */
export function learnParties(p: Parties, slot: EpochMs, reports: number): void {
  const { quiet, habits } = p
  quiet.minutes++
  quiet.reports += reports
  const minute = p.minutes[(slot / MINUTE) % RING]
  if (minute?.slot === slot)
    for (const [prefix, { network, allocation, n }] of minute.from) {
      if (n === 0) continue
      quiet.open += n
      remember(habits, network, n, Math.floor(slot / DAY), prefix)
      remember(habits, wide(allocation), n, Math.floor(slot / DAY), prefix)
    }
  if (quiet.minutes <= HABIT_MINUTES) return
  for (const what of ['minutes', 'reports', 'open'] as const) quiet[what] /= 2
  for (const habit of habits.values()) habit.n /= 2
}

function remember(habits: Map<string, Habit>, name: string, n: number, day: number, prefix: string): void {
  let habit = habits.get(name)
  if (!habit || day - habit.day > FORGOTTEN_DAYS) habit = { n: 0, days: 0, day: -1, prefixes: [], best: 0 }
  habits.delete(name)
  habits.set(name, habit)
  if (habits.size > HABITS_MAX) habits.delete(habits.keys().next().value!)
  habit.n += n
  if (day > habit.day) {
    habit.days++
    habit.day = day
    habit.prefixes = []
  }
  if (habit.prefixes.length < FAMILIAR_PREFIXES && !habit.prefixes.includes(prefix)) habit.prefixes.push(prefix)
  habit.best = Math.max(habit.best, habit.prefixes.length)
}

/** Counted reports of the last `ms` by prefix. */
function lately(p: Parties, now: EpochMs, ms: number): Map<string, From> {
  const out = new Map<string, From>()
  for (const minute of p.minutes) {
    if (!minute || minute.slot <= now - ms || minute.slot > now) continue
    for (const [prefix, { network, allocation, n }] of minute.from) {
      if (n === 0) continue
      const known = out.get(prefix)
      if (known) known.n += n
      else out.set(prefix, { network, allocation, n })
    }
  }
  return out
}

/** What is usual for a service over a window. */
export interface Usual {
  mean: number
  /** Variance/mean. */
  dispersion: number
}

/**
 * Does what people say stand without those who say it loudest? `counted`: reports of the window; `vouched`: those of them
 * that came with a token, each of which is a party. O(prefixes of MIX_MS).
 */
export function standsAlone(p: Parties, now: EpochMs, counted: number, vouched: number, usual: Usual): boolean {
  const networks = new Map<string, { n: number; share: number }>()
  const allocations = new Map<string, { n: number; share: number }>()
  const add = (to: typeof networks, unit: string, n: number, habit: string | null) => {
    const known = to.get(unit)
    if (known) known.n += n
    else
      to.set(unit, {
        n,
        share: habit === null || p.quiet.reports === 0 ? 0 : (p.habits.get(habit)?.n ?? 0) / p.quiet.reports,
      })
  }
  for (const [prefix, { network, allocation, n }] of lately(p, now, MIX_MS)) {
    const familiar = isFamiliar(p, network)
    add(networks, familiar ? prefix : network, n, familiar ? null : network)
    add(allocations, familiar ? prefix : wide(allocation), n, familiar ? null : wide(allocation))
  }
  if (networks.size + vouched < PARTIES_LEAST || allocations.size + vouched < ALLOCATIONS_LEAST) return false
  return [networks, allocations].every(units => restStands(units, counted, usual))
}

function restStands(units: Map<string, { n: number; share: number }>, counted: number, usual: Usual): boolean {
  const { mean, dispersion } = usual
  const loudest = [...units.values()].sort((a, b) => b.n - mean * b.share - (a.n - mean * a.share)).slice(0, LEFT_OUT)
  const said = loudest.reduce((sum, { n }) => sum + n, 0)
  const share = Math.min(
    1,
    loudest.reduce((sum, unit) => sum + unit.share, 0),
  )
  if (said - mean * share < CONCENTRATED * (counted - mean)) return true
  const left = mean * (1 - share)
  return counted - said - left >= Math.max(REST_LEAST, REST_DEVIATIONS * Math.sqrt(Math.max(1, dispersion) * left))
}

/** How independent those are who came through people's own door. */
export interface Independence {
  /** Parties, a familiar network at most FAMILIAR_VOICES of them. */
  parties: number
  /** Part of the reports from networks that were heard in quiet times; null while too little of those is known. */
  familiar: number | null
}

export function readIndependence(p: Parties, now: EpochMs, ms: number): Independence {
  const voices = new Map<string, number>()
  let [all, heard] = [0, 0]
  for (const { network, n } of lately(p, now, ms).values()) {
    all += n
    if (p.habits.has(network)) heard += n
    if (isFamiliar(p, network)) voices.set(network, Math.min(FAMILIAR_VOICES, (voices.get(network) ?? 0) + 1))
    else voices.set(network, 1)
  }
  let count = 0
  for (const many of voices.values()) count += many
  return { parties: count, familiar: p.quiet.open < HABITS_LEAST || all === 0 ? null : heard / all }
}
