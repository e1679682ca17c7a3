import type { Evidence } from '../../contract/incident.js'
import type { Change } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { type Question, startOf, undoOf } from './question.js'

/**
 * Dose and response: if a rollout is the cause, the failing share goes up (and on a stepwise undoing down) as the share that has
 * the change. Two curves with one free size each compete on the plateaus between steps:
 *   dose: failing = size × share rolled out;   indifferent: failing = size from the onset on, whatever the steps,
 *   or, in one case of a few, growing by steps of its own, which fits whatever is seen.
 * bits = log2 of the likelihood of the first over that of the others, each exp(−χ²/2). Plateaus, not minutes, are counted: shares are read over windows of
 * five minutes, so neighbouring minutes say the same twice.
 */

/** After a step the readings still hold minutes of before: windows of five minutes, and some for the fault to bite. */
const SETTLE_MS = 8 * MINUTE
/** A fault need not grow in exact proportion: so much of the reading is left to the shape. */
const SHAPE_ERROR = 0.2
/** Least error of a failing share; what is below it before the onset would not have been noticed. */
const LEAST_ERROR = 0.01
/** Bits that a dose speaks for a change at most. */
const DOSE_BITS_MAX = 6
/**
 * One trouble in five grows in steps that are none of this change: load builds up, one thing pulls down the next, something else
 * rolls out. Its steps come out as these do every second time, for rollouts are alike.
 */
const OWN_GROWTH = 0.2
/** Chance that such a growth takes one more step as the rollout did, for each step. */
const OWN_STEP = 0.5
/**
 * One cause in five harms otherwise than by its dose: from a threshold on, by those who come anew while the others keep their sessions,
 * or long after its step. Failures that do not follow the steps are then no word against it.
 */
const NOT_BY_DOSE = 0.2

interface Plateau {
  dose: number
  failing: number
  error: number
  afterOnset: boolean
}

export function dose(c: Change, q: Question): Evidence[] {
  const steps = doseSteps(c, q)
  if (steps.length < 2 || !q.course || q.course.length === 0) return []
  const plateaus = plateausOf(steps, q)
  const levels = new Set(plateaus.map(p => p.dose))
  if (levels.size < 2 || !plateaus.some(p => p.afterOnset && p.failing > 0)) return []
  const byDose = misfit(plateaus, p => p.dose)
  const byOnset = misfit(plateaus, p => (p.afterOnset ? 1 : 0))
  const byDoseBits = Math.min(DOSE_BITS_MAX, againstOthers(byDose, byOnset, plateaus))
  const bits = Math.log2((1 - NOT_BY_DOSE) * 2 ** byDoseBits + NOT_BY_DOSE)
  if (Math.abs(bits) < 0.5) return []
  const doses = plateaus.map(p => percent(p.dose)).join(' → ')
  const shares = plateaus.map(p => percent(p.failing)).join(' → ')
  const says = `${bits > 0 ? 'failures follow its steps' : 'failures do not follow its steps'}: ${doses} had it, ${shares} failed`
  return [{ says, bits, refs: [c.id, ...(undoOf(c, q) ? [undoOf(c, q)!.id] : [])] }]
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

/** [time, share that has the change], the undoing included; empty for a change that has no steps. */
export function doseSteps(c: Change, q: Question): [EpochMs, number][] {
  const up: readonly [EpochMs, number][] = c.rollout?.length ? c.rollout : [[startOf(c), 1]]
  const undo = undoOf(c, q)
  const down: readonly [EpochMs, number][] = undo ? (undo.rollout?.length ? undo.rollout : [[startOf(undo), 1]]) : []
  // One step up and one down: that the trouble ended with the undoing is said already.
  if (up.length < 2 && down.length < 2) return []
  const level = (steps: readonly [EpochMs, number][], t: EpochMs): number => steps.findLast(([at]) => at <= t)?.[1] ?? 0
  const times = [...new Set([...up, ...down].map(([at]) => at))].sort((a, b) => a - b)
  return times.map(t => [t, level(up, t) * (1 - level(down, t))])
}

/** What failed between steps, once each had settled. */
function plateausOf(steps: readonly [EpochMs, number][], q: Question): Plateau[] {
  const course = q.course!
  const undone = q.changes.some(x => x.reverts !== undefined && (x.rollout?.length ?? 0) > 1)
  // What shrinks without steps shrinks for another reason.
  const end = Math.min(course.at(-1)!.at, undone ? Number.POSITIVE_INFINITY : (q.turnedAt ?? Number.POSITIVE_INFINITY))
  const peak = Math.max(...course.map(l => l.excess))
  const cuts = [...steps.map(([at]) => at), q.onset].filter(at => at <= end).sort((a, b) => a - b)
  const out: Plateau[] = []
  cuts.forEach((from, i) => {
    const until = cuts[i + 1] ?? end
    const has = steps.findLast(([at]) => at <= from)?.[1] ?? 0
    if (until - from < SETTLE_MS) return
    if (until <= q.onset) {
      out.push({ dose: has, failing: 0, error: Math.max(LEAST_ERROR, 0.03 * peak), afterOnset: false })
      return
    }
    const levels = course.filter(l => l.at >= from + SETTLE_MS && l.at <= until)
    if (levels.length === 0) return
    const failing = levels.reduce((sum, l) => sum + l.excess, 0) / levels.length
    const error = Math.max(LEAST_ERROR, ...levels.map(l => l.error))
    out.push({ dose: has, failing, error, afterOnset: true })
  })
  return out
}

/** log2 of the likelihood of the dose over that of what else may be: a flat share, or one that grows in a way of its own. */
function againstOthers(byDose: number, byOnset: number, plateaus: readonly Plateau[]): number {
  const steps = plateaus.filter(p => p.afterOnset).length
  const own = OWN_GROWTH * OWN_STEP ** Math.max(1, steps - 1)
  return -Math.log2((1 - OWN_GROWTH) * Math.exp((byDose - byOnset) / 2) + own * Math.exp(byDose / 2))
}

/** χ² of failing = size × shape with the size that fits best. */
function misfit(plateaus: readonly Plateau[], shape: (p: Plateau) => number): number {
  const weight = (p: Plateau): number => 1 / (p.error ** 2 + (SHAPE_ERROR * p.failing) ** 2)
  let xy = 0
  let xx = 0
  for (const p of plateaus) {
    xy += weight(p) * shape(p) * p.failing
    xx += weight(p) * shape(p) ** 2
  }
  const size = xx > 0 ? Math.max(0, xy / xx) : 0
  return plateaus.reduce((sum, p) => sum + weight(p) * (p.failing - size * shape(p)) ** 2, 0)
}
