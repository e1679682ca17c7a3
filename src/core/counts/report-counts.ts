import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Labels } from '../../contract/signal.js'
import {
  addRow,
  codeColumns,
  groupCount,
  leafBook,
  leafCount,
  leafFor,
  rowsAt,
  slotRing,
  sumLeaves,
  type LeafBook,
  type SlotRing,
} from '../aggregate/label-sets.js'
import { CountSeries, LEVEL_KNOWN_AFTER_MS, type SeriesReading } from '../series/count-series.js'
import type { LeafTable } from '../localize/index.js'
import { NOT_A_PLACE, SERVED } from '../aggregate/label-roles.js'
import { breakBlocks, type Bursts, burstBits, bursts, copied, forgetLast, noteQuiet } from './bursts.js'
import { isDriftStill, slowDrift, reviseMinute, takeMinute, type SlowDrift } from './slow-drift.js'
import { places, type Places } from './places.js'
import { arePlacesStill, takePlaces } from './place-scan.js'

/** What served a person: below this part of all reports that say it, it is something that few quote (core/mentions). */
const SERVED_COVERAGE = 0.5
/** The usual mix rests on about this many reports; beyond it the past is halved. */
const MEMORY_REPORTS = 50_000
/** Reports that independence of the labels is worth before the label set speaks for itself. */
const PRIOR_REPORTS = 50
/**
 * Of the false alarms that an operator accepts, the part of bursts in each series of people's reports; half as much is for slow rises
 * (DRIFT_RARER), and the two fall together often. Posts alone raise nothing where people report, and what machines add is nearly nothing,
 * so each series has it all. bench/quiet.ts shows what comes of it.
 */
const PEOPLE_SHARE = 0.9
/** The minute series proposes more often than bursts are told: only those of its alarms count that are rare at their own scale. */
const PROPOSALS = 3
/** Complaints an hour on quiet days of services that are worth watching: 3.5 in the mean of 25 real ones (stat of `UNSEEN_VARIANCE`). */
const USUAL_PER_HOUR = 4
/** Minutes of reports that are kept out of what is learned, so that an onset is not in it. */
export const LEARN_DELAY_MS = 20 * MINUTE

/** Minutes without ticks that a series steps through one by one. */
const MAX_GAP_MS = 24 * 60 * MINUTE
/** While no hour of the day has been seen before, as many bits more at first: its own mornings are the commonest false alarm of a first day. */
const FIRST_DAY_RARER = 3
/**
 * And in its first hours, when the level seems known by what a quiet hour or two showed of it: 18 bits after one and a half, 12 after three, 1 or 2
 * after eleven. The very first minutes need none, for nobody takes their level for known.
 */
const FIRST_HOURS_RARER = 80
/** Creeping rises are told half as often as bursts: they take this many bits more. */
const DRIFT_RARER = 1
/**
 * So are rises of a place, by their nominal rate. Places are many and their people alike: on quiet weeks of scenario worlds rises came some
 * ten times as often as the scan reckons, which these further bits take back.
 */
const PLACES_RARER = 5

/** Counts of people's reports (or of posts that complain) without a denominator. */
export interface ReportState {
  book: LeafBook
  /** a: bad, b: works for me. */
  ring: SlotRing
  series: CountSeries
  /** What the series does at the scale of bursts when nothing is wrong (counts/bursts). */
  bursts: Bursts
  /** The same as if the open alarm were one of the bursts of this service: taken over when it ends so, else forgotten. */
  suspected: Bursts | null
  /** Whole hours against the days before (counts/slow-drift). */
  drift: SlowDrift
  /** Places against their own rhythm (counts/places, counts/place-scan). */
  places: Places
  /** The series' open alarm is rare at its own scale; stays so until it ends. */
  rare: boolean
  /** Bits from which it is. */
  rareBits: number
  /** Bad reports by minute that the series has not taken yet. */
  pending: Map<EpochMs, number>
  steppedUntil: EpochMs
  /** Its first minute. */
  firstAt: EpochMs
  /** Leaf → remembered bad reports. */
  usual: number[]
  usualAll: number
  learnedUntil: EpochMs
  seenAt: EpochMs
}

export const reportState = (slot: EpochMs, falseAlarmsPerDay: number): ReportState => ({
  book: leafBook(),
  ring: slotRing(),
  series: new CountSeries({
    slotMs: MINUTE,
    falseAlarmsPerDay: PROPOSALS * falseAlarmsPerDay,
    usualPerHour: USUAL_PER_HOUR,
  }),
  bursts: bursts(),
  suspected: null,
  drift: slowDrift(),
  places: places(),
  rare: false,
  rareBits: -Math.log2(PEOPLE_SHARE * falseAlarmsPerDay),
  pending: new Map(),
  steppedUntil: slot,
  firstAt: slot,
  usual: [],
  usualAll: 0,
  learnedUntil: slot,
  seenAt: slot,
})

export function takeReport(state: ReportState, slot: EpochMs, labels: Labels, bad: number, ok: number): number {
  const leaf = leafFor(state.book, labels)
  addRow(state.ring, slot, leaf, bad, ok, 0)
  if (bad > 0) {
    if (slot < state.steppedUntil) {
      state.series.revise(slot, bad)
      reviseMinute(state.drift, slot, bad)
    } else state.pending.set(slot, (state.pending.get(slot) ?? 0) + bad)
  }
  return leaf
}

/** Takes a report back within VOICES_MS of when it came: before anything was learnt from it. */
export function untakeReport(state: ReportState, slot: EpochMs, labels: Labels, bad: number, ok: number): number {
  const leaf = leafFor(state.book, labels)
  if (rowsAt(state.ring, slot)) addRow(state.ring, slot, leaf, -bad, -ok, 0)
  if (bad > 0 && slot < state.steppedUntil) {
    state.series.revise(slot, -bad)
    reviseMinute(state.drift, slot, -bad)
  } else if (bad > 0) state.pending.set(slot, Math.max(0, (state.pending.get(slot) ?? 0) - bad))
  return leaf
}

/** Takes the minutes up to `now` into the series and what judges it at longer scales; returns the newest reading. */
export function stepSeries(state: ReportState, now: EpochMs): SeriesReading | null {
  let reading: SeriesReading | null = null
  // Ticks were skipped over a gap in the log: what lies between is unknown, not zero.
  if (now - state.steppedUntil > MAX_GAP_MS) {
    state.steppedUntil = now - MINUTE
    for (const slot of state.pending.keys()) if (slot < state.steppedUntil) state.pending.delete(slot)
  }
  const silent = unheard(state, now)
  while (state.steppedUntil + MINUTE <= now) {
    const slot = state.steppedUntil
    const count = state.pending.get(slot) ?? 0
    const rows = rowsAt(state.ring, slot)
    if (count > 0) state.pending.delete(slot)
    reading = state.series.step(slot, count === 0 && silent ? null : count)
    state.steppedUntil = slot + MINUTE
    judgeBurst(state, reading)
    // Counted, but the rows of so old a minute are gone: unknown by place.
    const known = reading.observed !== null && (count === 0 || rows !== null)
    const alarmed = state.rare || state.drift.alarm
    takePlaces(
      state.places,
      slot,
      { book: state.book, rows, known, alarmed },
      !reading.alarm,
      state.rareBits + PLACES_RARER,
    )
  }
  return reading
}

/** Whether minutes in which nothing comes tell nothing from here on, however many they are. */
export const isStill = ({ pending, series, drift, places: all }: ReportState): boolean =>
  pending.size === 0 && series.still && isDriftStill(drift) && arePlacesStill(all)

/** One minute of a past that is taught: levels are learned from it as from one that was lived through. Places are not. */
export function takePast(state: ReportState, slot: EpochMs, count: number | null): SeriesReading {
  const reading = state.series.step(slot, count)
  state.steppedUntil = slot + MINUTE
  judgeBurst(state, reading)
  return reading
}

/** Is the open alarm of a series rare for as long as it lasts? If not it is one of the bursts that this service has. */
function judgeBurst(state: ReportState, r: SeriesReading): void {
  const { dispersion, cv } = state.series.expect(r.at - MINUTE)
  if (!r.alarm) state.rare = false
  else if (!state.rare) {
    const run = { observed: r.observedSinceOnset, expected: r.expectedSinceOnset, cv, dispersion }
    const bits = burstBits(state.bursts, { ...run, minutes: (r.at - r.onset!) / MINUTE })
    state.rare = bits >= state.rareBits + firstDayBits(state.series.learnedMs)
  }
  takeMinute(state.drift, r.at - MINUTE, r.observed, dispersion, !r.alarm, state.rareBits + DRIFT_RARER)
  learnBurst(state, r, cv, dispersion)
}

/** How many bits more, with so much learned. */
function firstDayBits(learnedMs: number): number {
  const left = Math.max(0, 1 - learnedMs / DAY)
  const hours = learnedMs / HOUR
  return left * (FIRST_DAY_RARER + (FIRST_HOURS_RARER * left * hours) / (1 + hours) ** 2)
}

/**
 * While an alarm is open nobody knows what it is, so its minutes teach nothing that it is judged by: an outage would hide itself, and so would
 * the next one. If it falls back untold, and was no outage by its size, it was one of the bursts that this service has, and is learned whole.
 */
function learnBurst(state: ReportState, r: SeriesReading, cv: number, dispersion: number): void {
  if (r.alarm) {
    state.suspected = state.rare ? null : (state.suspected ?? copied(state.bursts))
    if (r.change === 'raised') forgetLast(state.bursts, (r.at - r.onset!) / MINUTE - 1)
    if (state.suspected !== null) noteQuiet(state.suspected, r.observed, r.expected, cv, dispersion)
    return
  }
  if (state.suspected !== null && r.ended === 'baseline' && !state.series.outage) state.bursts = state.suspected
  state.suspected = null
  // Before a level is known, what counts differ from is a guess.
  if (state.series.learned) noteQuiet(state.bursts, r.observed, r.expected, cv, dispersion)
  else breakBlocks(state.bursts)
}

/** Silence longer than chance allows (1 in 2²⁰ at the usual rate) means that the source is broken, not that all is well. */
export function unheard(state: ReportState, now: EpochMs): boolean {
  if (now - state.seenAt < 30 * MINUTE) return false
  const from = Math.max(state.seenAt + MINUTE, now - 24 * 60 * MINUTE)
  const { mean, dispersion } = state.series.expect(now - MINUTE)
  return (mean / Math.max(1, dispersion)) * ((now - from) / MINUTE) > 20 * Math.LN2
}

/** Remembers which label sets usually report, from minutes before any trouble. */
export function learnUsual(state: ReportState, now: EpochMs, trouble: EpochMs | null): void {
  const until = now - LEARN_DELAY_MS
  for (let slot = Math.max(state.learnedUntil, until - 60 * MINUTE); slot < until; slot += MINUTE) {
    state.learnedUntil = slot + MINUTE
    if (trouble !== null && slot >= trouble) continue
    const rows = rowsAt(state.ring, slot)
    if (!rows) continue
    for (let i = 0; i < rows.leaf.length; i++) {
      const leaf = rows.leaf[i]!
      while (state.usual.length <= leaf) state.usual.push(0)
      state.usual[leaf]! += rows.a[i]!
      state.usualAll += rows.a[i]!
    }
  }
  if (state.usualAll <= MEMORY_REPORTS) return
  // Old mixes fade by halves: only the shares matter.
  for (let i = 0; i < state.usual.length; i++) state.usual[i]! /= 2
  state.usualAll /= 2
}

/** From when on its level may be told, with nothing in between: half of what a new series has seen is held back. */
export const knownAt = ({ firstAt }: ReportState): EpochMs => firstAt + 2 * LEVEL_KNOWN_AFTER_MS

/** The same for people to read: null until a level is learned. */
export const usualReports = (state: ReportState, from: EpochMs, until: EpochMs): number | null =>
  state.series.learned ? expectedReports(state, from, until) : null

/** Expected bad reports over [from, until). */
export function expectedReports(state: ReportState, from: EpochMs, until: EpochMs): number {
  let sum = 0
  for (let slot = from; slot < until; slot += MINUTE) sum += state.series.expect(slot).mean
  return sum
}

/** Bad reports over [from, until) against the usual mix of label sets, as a table for the localizer. Labels of no place are left out. */
export function reportTable(state: ReportState, from: EpochMs, until: EpochMs): LeafTable {
  const leaves = leafCount(state.book)
  const real = sumLeaves(state.ring, leaves, from, until).a
  const expected = expectedReports(state, from, until)
  const shares = usualShares(state)
  const all = Int32Array.from({ length: leaves }, (_, i) => i)
  const columns = codeColumns(state.book, all)
  const kept = state.book.attributes.flatMap((name, a) =>
    NOT_A_PLACE.has(name) || (SERVED.includes(name) && coverage(state, columns[a]!, real) < SERVED_COVERAGE) ? [] : [a],
  )
  return {
    attributes: kept.map(a => state.book.attributes[a]!),
    values: kept.map(a => state.book.values[a]!),
    codes: kept.map(a => columns[a]!),
    real,
    predict: Float64Array.from(shares, s => s * expected),
  }
}

/** Part of the reports, these and the remembered ones, that carries a label. */
function coverage(state: ReportState, codes: Int32Array, real: Float64Array): number {
  let [labelled, all] = [0, 0]
  for (let leaf = 0; leaf < codes.length; leaf++) {
    const n = real[leaf]! + (state.usual[leaf] ?? 0)
    all += n
    if (codes[leaf]! >= 0) labelled += n
  }
  return all > 0 ? labelled / all : 0
}

/** Share of each leaf in usual reports: what was seen, shrunk to independent labels. */
function usualShares(state: ReportState): Float64Array {
  const { book } = state
  const leaves = leafCount(book)
  const groups = groupCount(book)
  const byGroup = new Float64Array(groups)
  const absent = new Float64Array(book.attributes.length)
  let all = 0
  for (let leaf = 0; leaf < leaves; leaf++) {
    const seen = (state.usual[leaf] ?? 0) + 0.01
    all += seen
    for (const g of book.groups[leaf]!) byGroup[g]! += seen
    for (let a = 0; a < absent.length; a++) if ((book.codes[leaf]![a] ?? -1) < 0) absent[a]! += seen
  }
  const shares = new Float64Array(leaves)
  let independent = 0
  for (let leaf = 0; leaf < leaves; leaf++) {
    let p = 1
    for (let a = 0; a < absent.length; a++) if ((book.codes[leaf]![a] ?? -1) < 0) p *= absent[a]! / all
    for (const g of book.groups[leaf]!) if (g > 0) p *= byGroup[g]! / all
    shares[leaf] = p
    independent += p
  }
  for (let leaf = 0; leaf < leaves; leaf++)
    shares[leaf] =
      ((state.usual[leaf] ?? 0) + (PRIOR_REPORTS * shares[leaf]!) / independent) / (state.usualAll + PRIOR_REPORTS)
  return shares
}
