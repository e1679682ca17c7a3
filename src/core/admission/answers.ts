import { DAY, type EpochMs } from '../../contract/time.js'

/** One person counts once per service and answer in this time. */
export const REPORTER_MS = DAY
/** Reporters of one service remembered in each of two generations; about 100 bytes each. Beyond it the older one is dropped early. */
export const MAX_REPORTERS = 300_000

/** Who has given one answer on one service lately: two generations of a map, each at most REPORTER_MS long. */
interface Answers {
  since: EpochMs
  young: Map<string, EpochMs>
  old: Map<string, EpochMs>
}

export interface Reporters {
  bad: Answers
  ok: Answers
}

const answers = (): Answers => ({ since: 0, young: new Map(), old: new Map() })

export const reporters = (): Reporters => ({ bad: answers(), ok: answers() })

/** True when this reporter has not given this answer in the last 24 h of log time; then it is remembered. */
export function firstAnswer(state: Reporters, reporter: string, bad: boolean, at: EpochMs): boolean {
  if (answered(state, reporter, bad, at)) return false
  rememberAnswer(state, reporter, bad, at)
  return true
}

/** Whether this reporter has given this answer in the last 24 h of log time. */
export function answered(state: Reporters, reporter: string, bad: boolean, at: EpochMs): boolean {
  const given = bad ? state.bad : state.ok
  const before = given.young.get(reporter) ?? (given.old.size > 0 ? given.old.get(reporter) : undefined)
  return before !== undefined && at - before < REPORTER_MS
}

export function rememberAnswer(state: Reporters, reporter: string, bad: boolean, at: EpochMs): void {
  const given = bad ? state.bad : state.ok
  if (at - given.since >= REPORTER_MS || given.young.size >= MAX_REPORTERS) {
    given.old = given.young
    given.young = new Map()
    given.since = at
  }
  given.young.set(reporter, at)
}
