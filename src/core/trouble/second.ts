import type { Where } from '../../contract/incident.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import { segment } from '../localize/index.js'
import { CLEAR_SHARE } from '../rates/rise-detector.js'
import { excessBits, shareError } from '../rates/window.js'
import { leavesOnset } from '../rates/onset.js'
import { minuteOf, type RateState } from '../rates/state.js'
import { isApart } from './apart.js'
import { leavesIn, minus, not, sumOf, within } from '../rates/masks.js'
import { type Mask } from '../rates/excess.js'
import { anyExcess, type RateWindow } from '../rates/excess.js'
import { rateTable } from './rate-segments.js'
import { type Trouble } from './state.js'

/**
 * A second trouble beside the one that is told. It is believed when all of these hold, and is growth of the first otherwise, for
 * one story too few costs less than one too many:
 *
 * - what was told explains itself: with its leaves left out, something fails clearly;
 * - all of that lies apart from what was told (`apart.ts`): a trouble that grows and one that begins elsewhere at once are one;
 * - it has an onset of its own, minutes after the first one's, and has lasted;
 * - the first did not notice: a rollout's next step, or a mending that harms others, bends both courses at once.
 */

/** Pictures of the last so many minutes are kept, to be held against what fails now. */
const KEPT_MS = 25 * MINUTE
/** What was told so long ago is the first without the second, whichever of these lies before its onset. */
const LAGS_MIN = [6, 11, 20] as const
/** Onsets nearer than this are one. */
const GAP_MS = 5 * MINUTE
const CLEAR_GAP_MS = 2 * MINUTE
/** An onset that is known no better than this tells nothing. */
const VAGUE_MS = 12 * MINUTE
/** It must have lasted so long: longer than a minute's chance, and metrics are a minute or two late. */
const LASTS_MS = 5 * MINUTE
const SECOND_BITS = 40
const SECOND_SHARE = 0.02
/** Of what fails besides the first, a part that is growth of the first must be less than this. */
const GROWTH_SHARE = 0.2
/** Segments that hold less of their picture's excess are a remark: nothing is compared with them. */
const REMARK_SHARE = 0.05
/** Leaves of one may be leaves of the other: two names of one place overlap more than this. */
const OVERLAP_SHARE = 0.5
/** The first has not noticed: its share is within these factors of what it was before, give or take three errors. */
const FALLS_TO = 0.6
const RISES_TO = 1.4
/** Minutes before and after the onset over which that is read; the one in which it lies is left out. */
const COURSE_MIN = 5
/** The first one's onset is found anew for so long: minutes are remembered for little longer (RING_SLOTS). */
const ONSET_REACH_MS = HOUR
/** A second one is told apart within this or never: what began at the edge of what is remembered may have begun before. */
const FRESH_MS = 45 * MINUTE

export interface Second {
  wheres: Where[]
  onset: EpochMs
  interval: [EpochMs, EpochMs]
}

/** Keeps what is told at this tick. */
export function rememberSegments(state: Trouble, now: EpochMs): void {
  const whole = state.segments.reduce((sum, s) => sum + Math.max(0, s.excess), 0)
  const segments = state.segments
    .filter(s => s.excess >= REMARK_SHARE * whole)
    .map(({ where, excess }) => ({ where, excess }))
  if (segments.length > 0) state.history.push({ at: now, segments })
  // The newest of those that are too old stays: a trouble that is read each third minute is as well known as ever.
  while (state.history.length > 1 && state.history[1]!.at <= now - KEPT_MS) state.history.shift()
}

/** Looks for a second trouble in what the first does not explain. `rates`: without the leaves of `others`, which are told apart already. */
export function seekSecond(
  state: Trouble,
  rates: RateWindow,
  others: readonly Where[],
  components: readonly Component[],
  now: EpochMs,
): Second | null {
  for (const base of basesOf(state, components, now)) {
    const { book } = rates.state
    const known = leavesIn(book, base.wheres)
    const rest = within(rates, minus(rates.mask ?? not(new Uint8Array(known.length)), known))
    if (!anyExcess(rest, 'bad')) continue
    const found = newPlaces([...base.wheres, ...others], rest, components)
    if (!found) continue
    const dated = judged(state, rates, base, known, leavesIn(book, found), now)
    if (dated) return { wheres: found, ...dated }
  }
  return null
}

interface Base {
  wheres: Where[]
  /** When it was told; null: now, as one of several. */
  at: EpochMs | null
}

/** What the first may have been: what was told some minutes ago, or one of several that are told now. */
function basesOf(state: Trouble, components: readonly Component[], now: EpochMs): Base[] {
  const bases: Base[] = []
  for (const lag of LAGS_MIN) {
    const picture = state.history.findLast(p => p.at <= now - lag * MINUTE)
    if (picture && !bases.some(b => b.at === picture.at))
      bases.push({ wheres: picture.segments.map(s => s.where), at: picture.at })
  }
  const present = state.history.at(-1)?.segments ?? []
  for (const seed of present) {
    const kin = present.filter(s => s === seed || !isApart(seed.where, s.where, components))
    if (kin.length < present.length) bases.push({ wheres: kin.map(s => s.where), at: null })
  }
  return bases
}

/** Where the rest fails, when all of it lies apart from the first. */
function newPlaces(first: readonly Where[], rest: RateWindow, components: readonly Component[]): Where[] | null {
  const { segments } = segment(rateTable(rest), { kind: 'rates' })
  const whole = segments.reduce((sum, s) => sum + Math.max(0, s.excess), 0)
  const apart = segments.filter(s => first.every(f => isApart(f, s.where, components)))
  const excess = apart.reduce((sum, s) => sum + Math.max(0, s.excess), 0)
  if (apart.length === 0 || whole - excess > GROWTH_SHARE * whole) return null
  return apart.filter(s => s.excess >= REMARK_SHARE * whole).map(s => s.where)
}

function judged(
  state: Trouble,
  rates: RateWindow,
  base: Base,
  known: Mask,
  claimed: Mask,
  now: EpochMs,
): { onset: EpochMs; interval: [EpochMs, EpochMs] } | null {
  const second = minus(claimed, known)
  const own = sumOf(rates, second)
  if (own.total <= 0 || (own.hit - own.expected) / own.total < SECOND_SHARE) return null
  if (excessBits(own.total, own.hit, own.expected) < SECOND_BITS) return null
  const shared = sumOf(rates, minus(known, not(claimed))).total
  if (shared > OVERLAP_SHARE * Math.min(sumOf(rates, claimed).total, sumOf(rates, known).total)) return null
  const { onset, interval } = leavesOnset(rates.state, 'bad', leaf => second[leaf] === 1, now)
  if (now - onset < LASTS_MS || now - interval[0] > FRESH_MS || interval[1] - interval[0] > VAGUE_MS) return null
  // What was told before the second began tells what the first is; what is told now only where nothing was told then.
  if ((base.at ?? state.raisedAt) > onset + MINUTE === (base.at !== null)) return null
  const first = minus(known, claimed)
  const before =
    now - state.onset < ONSET_REACH_MS
      ? leavesOnset(rates.state, 'bad', leaf => first[leaf] === 1, now)
      : { onset: state.onset, interval: state.onsetInterval }
  if (onset - before.onset < GAP_MS || interval[0] - before.interval[1] < CLEAR_GAP_MS) return null
  return undisturbed(rates.state, first, onset) ? { onset, interval } : null
}

/** Did these leaves fail before and go on as before while the other began? */
function undisturbed(state: RateState, leaves: Mask, onset: EpochMs): boolean {
  const before = course(state, leaves, onset - (COURSE_MIN + 1) * MINUTE, onset - MINUTE)
  const after = course(state, leaves, onset + MINUTE, onset + (COURSE_MIN + 1) * MINUTE)
  if (!before || !after || before.excess < CLEAR_SHARE.bad) return false
  const error = 3 * Math.hypot(before.error, after.error)
  return after.excess >= FALLS_TO * before.excess - error && after.excess <= RISES_TO * before.excess + error
}

function course(
  state: RateState,
  leaves: Mask,
  from: EpochMs,
  until: EpochMs,
): { excess: number; error: number } | null {
  let total = 0
  let hit = 0
  let expected = 0
  for (let slot = Math.floor(from / MINUTE) * MINUTE; slot < until; slot += MINUTE) {
    const m = minuteOf(state, 'bad', slot, leaf => leaves[leaf] === 1)
    if (!m) continue
    total += m.total
    hit += m.hit
    expected += m.expected
  }
  return total > 0 ? { excess: (hit - expected) / total, error: shareError(total, hit) } : null
}
