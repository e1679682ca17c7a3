import type { Observation } from '../../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { putNewest } from '../stat/generations.js'

// Who says it, along the whole hierarchy of addresses: a prefix (IPv4 /24, IPv6 /48) lies in a network (the number that a
// proxy tells, else /16 and /32), and that in an allocation (/12 and /20). One party may hold any one of them whole, so what
// people alone say is believed as far as it stands without the two networks, and without the two allocations, that say it
// loudest. A network that has brought reports from several prefixes on several quiet days is one that the service's own
// people use: nobody but its operator holds it whole, so there each prefix is a party of its own.

/** Over so much it is asked who reports, and over so much more where a rise is slow. */
export const MIX_MS = 15 * MINUTE
export const LONG_MS = 60 * MINUTE
/** Minutes kept. */
const RING = 64
/** Prefixes told apart in one minute: 100 bytes each, 6 MB in all, which only a crowd fills. Those beyond are counted together. */
const PREFIXES_MAX = 1_024
/** Parties that must have reported, vouched people included, and allocations. */
export const PARTIES_LEAST = 7
export const ALLOCATIONS_LEAST = 3
/** The loudest so many are left out. */
const LEFT_OUT = 2
/** Of the others each adds at most so many times its usual number. */
const HEARD_TIMES = 2
/** What is left must stand above its own usual level by so many reports and standard deviations; in a slow rise lately by so many. */
const REST_LEAST = 5
const REST_DEVIATIONS = 3
const SLOW_DEVIATIONS = 1
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
  putNewest(habits, name, habit, HABITS_MAX)
  habit.n += n
  if (day > habit.day) {
    habit.days++
    habit.day = day
    habit.prefixes = []
  }
  // Anew and not pushed: what is pushed onto an empty list takes room for seventeen, and most networks are of one prefix.
  if (habit.prefixes.length < FAMILIAR_PREFIXES && !habit.prefixes.includes(prefix))
    habit.prefixes = [...habit.prefixes, prefix]
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

/** One window of a service: what came, and what is usual. */
export interface ReportWindow {
  ms: number
  /** Reports of a problem that counted, and those of them that came with a token, each of which is a party. */
  counted: number
  vouched: number
  mean: number
  /** Variance/mean of what is usual. */
  dispersion: number
}

interface Unit {
  n: number
  /** Its part of what is usual. */
  share: number
}

/** Does what people say stand without those who say it loudest? `slow`: the last hour, where the rise is one of hours. O(prefixes). */
export function standsAlone(p: Parties, now: EpochMs, heard: ReportWindow, slow: ReportWindow | null): boolean {
  const over = (window: ReportWindow, deviations: number): boolean => {
    const { networks, allocations } = unitsOf(p, lately(p, now, window.ms))
    if (networks.size + window.vouched < PARTIES_LEAST) return false
    if (allocations.size + window.vouched < ALLOCATIONS_LEAST) return false
    return [networks, allocations].every(units => restStands(units, window, deviations))
  }
  return over(heard, REST_DEVIATIONS) || (slow !== null && over(slow, REST_DEVIATIONS) && over(heard, SLOW_DEVIATIONS))
}

/** Who may be one party, by network and by allocation. */
function unitsOf(p: Parties, from: Map<string, From>) {
  const networks = new Map<string, Unit>()
  const allocations = new Map<string, Unit>()
  const add = (to: Map<string, Unit>, name: string, n: number, familiar: boolean) => {
    const known = to.get(name)
    if (known) known.n += n
    else to.set(name, { n, share: familiar ? 0 : (p.habits.get(name)?.n ?? 0) / Math.max(1, p.quiet.reports) })
  }
  for (const [prefix, { network, allocation, n }] of from) {
    const familiar = isFamiliar(p, network)
    add(networks, familiar ? prefix : network, n, familiar)
    add(allocations, familiar ? prefix : wide(allocation), n, familiar)
  }
  return { networks, allocations }
}

function restStands(
  units: Map<string, Unit>,
  { vouched, mean, dispersion }: ReportWindow,
  deviations: number,
): boolean {
  const loudest = [...units.values()].sort((a, b) => b.n - mean * b.share - (a.n - mean * a.share))
  const rest = loudest.splice(LEFT_OUT)
  const left = mean * Math.max(0, 1 - loudest.reduce((sum, { share }) => sum + share, 0))
  let said = vouched
  for (const { n, share } of rest) {
    const usual = mean * share
    said += Math.min(n, usual + Math.max(1, HEARD_TIMES * Math.max(usual, mean / units.size)))
  }
  const least = (REST_LEAST * deviations) / REST_DEVIATIONS
  return said - left >= Math.max(least, deviations * Math.sqrt(Math.max(1, dispersion) * left))
}

/** How independent those are who came through people's own door. */
export interface Independence {
  /** Parties, a familiar network at most FAMILIAR_VOICES of them. */
  parties: number
  /** Part of what came above the usual from networks that were heard in quiet times; null while too little of those is known. */
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
  const { open, minutes } = p.quiet
  const usual = minutes === 0 ? 0 : (open / minutes) * (ms / MINUTE)
  const familiar = Math.max(0, heard - usual) / Math.max(1, all - usual)
  return { parties: count, familiar: open < HABITS_LEAST || all === 0 ? null : Math.min(1, familiar) }
}
