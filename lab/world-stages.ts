import { MINUTE, type EpochMs } from '../src/contract/time.js'
import { sfc32 } from '../src/core/stat/random.js'
import { Dice } from './dice.js'
import { iso } from './stamp.js'
import type { Json, Trouble } from './world.js'

/** So many causes, and other changes, roll out in stages. */
const STAGED_CAUSES = 0.3
const STAGED_OTHERS = 0.15
const SALT = 0x51a6ed

/** Lets some changes roll out in stages; the faults of a cause that does bite with the share it has reached. True if so. */
export function drawStages(seed: number, changes: Json[], trouble: Trouble | null, onset: EpochMs): boolean {
  // A die of its own: the worlds of a seed are otherwise the same with stages and without.
  const dice = new Dice(sfc32(seed ^ SALT))
  let staged = false
  for (const c of changes) {
    if (c.role === 'mitigation' || !dice.flip(c.role === 'cause' ? STAGED_CAUSES : STAGED_OTHERS)) continue
    const second = dice.whole([12, 18])
    const third = second + dice.whole([12, 18])
    const shares = [dice.between([0.1, 0.35]), dice.between([0.4, 0.7]), 1].map(x => Math.round(100 * x) / 100)
    const stages: [number, number][] = [
      [0, shares[0]!],
      [second, shares[1]!],
      [third, shares[2]!],
    ]
    // A cause that is undone before its last stage would have another story.
    if (c.role === 'cause' && trouble!.mending < onset + (third + 10) * MINUTE) continue
    const at = Date.parse(String(c.at))
    c.rollout = stages.map(([min, share]) => [iso(at + min * MINUTE), share])
    if (c.role !== 'cause') continue
    staged = true
    for (const fault of trouble!.faults) fault.severity = byStages(fault.severity as [string, number][], stages, onset)
  }
  return staged
}

/** A curve of [time, severity], dosed: each stage takes two minutes to bite. */
function byStages(curve: [string, number][], stages: [number, number][], onset: EpochMs): [string, number][] {
  const points = curve.map(([at, x]): [number, number] => [Date.parse(at), x])
  const full = (t: number): number => {
    const i = points.findIndex(([at]) => at >= t)
    if (i <= 0) return i < 0 ? points.at(-1)![1] : points[0]![1]
    const [[a, x], [b, y]] = [points[i - 1]!, points[i]!]
    return x + ((y - x) * (t - a)) / (b - a)
  }
  const times = new Set(points.map(([at]) => at))
  for (const [min] of stages.slice(1)) for (const edge of [min, min + 2]) times.add(onset + edge * MINUTE)
  const share = (t: number): number =>
    stages.findLast(([min], i) => t >= onset + (min + (i > 0 ? 2 : 0)) * MINUTE)?.[1] ?? 0
  return [...times]
    .sort((a, b) => a - b)
    .map(t => [iso(t), Math.round(1000 * full(t) * (t < onset ? 0 : share(t))) / 1000])
}
