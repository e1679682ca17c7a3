import type { Severity } from '../src/contract/incident.js'
import type { Scenario } from '../src/scenario/scenario.js'
import type { Verdict } from './oracle.js'

/**
 * More true evidence never makes the answer worse: of one world, what was said with all signals is held against what was said without
 * some of them, in severity, place and cause.
 */

const SEVERITIES: Severity[] = ['minor', 'major', 'critical']
/** Cells are found by searches that stop at chance: this much of F1 is none of the evidence's. */
const F1_SLACK = 0.05

/** What is worse with more, one sentence each; `fuller` and `thinner` are judged with everything asked. */
export function worseWithMore(scenario: Scenario, fuller: Verdict, thinner: Verdict): string[] {
  const out: string[] = []
  const truth = SEVERITIES.indexOf(scenario.truth.raw['severity'] as Severity)
  const off = ({ severity }: Verdict): number =>
    severity === null || truth < 0 ? Number.POSITIVE_INFINITY : Math.abs(SEVERITIES.indexOf(severity) - truth)
  if (thinner.incidents > 0 && fuller.incidents === 0) out.push('nothing opened with more, and something without')
  if (off(fuller) > off(thinner)) out.push(`severity ${fuller.severity} with more, ${thinner.severity} without`)
  if (thinner.cellsF1 !== null && (fuller.cellsF1 ?? 0) < thinner.cellsF1 - F1_SLACK)
    out.push(`cells F1 ${fuller.cellsF1?.toFixed(2)} with more, ${thinner.cellsF1.toFixed(2)} without`)
  const rank = (v: Verdict): number => v.causeRank ?? Number.POSITIVE_INFINITY
  if (rank(fuller) > rank(thinner))
    out.push(`cause at rank ${fuller.causeRank} with more, ${thinner.causeRank} without`)
  if (fuller.falseBlame && !thinner.falseBlame) out.push('an innocent change is blamed with more, and not without')
  return out
}
