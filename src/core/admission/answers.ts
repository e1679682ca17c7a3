import { DAY, type EpochMs } from '../../contract/time.js'
import { generations, recall, turnOver, type Generations } from '../stat/generations.js'

/** One person counts once per service and answer in this time. */
export const REPORTER_MS = DAY
/** Reporters of one service remembered in each of two generations; about 100 bytes each. Beyond it the older one is dropped early. */
export const MAX_REPORTERS = 300_000

/** Who has given which answer on one service lately, and when: each generation REPORTER_MS long at most. */
export interface Reporters {
  bad: Generations<EpochMs>
  ok: Generations<EpochMs>
}

export const reporters = (): Reporters => ({ bad: generations(), ok: generations() })

/** True when this reporter has not given this answer in the last 24 h of log time; then it is remembered. */
export function noteAnswer(state: Reporters, reporter: string, bad: boolean, at: EpochMs): boolean {
  if (answered(state, reporter, bad, at)) return false
  rememberAnswer(state, reporter, bad, at)
  return true
}

/** Whether this reporter has given this answer in the last 24 h of log time. */
export function answered(state: Reporters, reporter: string, bad: boolean, at: EpochMs): boolean {
  const before = recall(bad ? state.bad : state.ok, reporter)
  return before !== undefined && at - before < REPORTER_MS
}

export function rememberAnswer(state: Reporters, reporter: string, bad: boolean, at: EpochMs): void {
  const given = bad ? state.bad : state.ok
  if (at - given.since >= REPORTER_MS || given.young.size >= MAX_REPORTERS) turnOver(given, at)
  given.young.set(reporter, at)
}
