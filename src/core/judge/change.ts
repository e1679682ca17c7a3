import { ROLLOUT_STEPS, SCOPE_VALUES } from '../../contract/limits.js'
import type { Change, Scope } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'

/** Under which id a change is kept: messages of one thread are one change. */
export const changeId = ({ thread, id }: Change): string => thread ?? id

/**
 * A change as it is known after one more message of its thread. It began when the first did, its rollout has the steps of all, its
 * scope grows, and what people read of it is the newest. Whatever the order in which messages of different times come, the steps
 * are the same.
 *
 * @param before what was known of it; undefined: nothing
 */
function joinedChange(before: Change | undefined, next: Change): Change {
  const id = changeId(next)
  if (next.thread === undefined || before === undefined) return next.id === id ? next : { ...next, id }
  const rollout = joinedSteps(before.rollout ?? [], next.rollout ?? [])
  return {
    ...before,
    ...next,
    id,
    kind: before.kind,
    at: Math.min(before.at, next.at),
    happenedAt: Math.min(before.happenedAt ?? before.at, next.happenedAt ?? next.at),
    scope: joinedScope(before.scope, next.scope),
    ...(before.labels || next.labels ? { labels: { ...before.labels, ...next.labels } } : {}),
    ...(rollout.length > 0 ? { rollout } : {}),
  }
}

/** Notes what a message says among the changes of its service; of more than `most` the oldest go. */
export function noteChange(changes: readonly Change[], next: Change, most: number): Change[] {
  const id = changeId(next)
  const before = changes.find(c => c.id === id)
  return [...changes.filter(c => c !== before), joinedChange(before, next)].slice(-most)
}

/** In order of time, of one moment the newest word; of too many the first and the last, which say most. */
function joinedSteps(before: readonly [EpochMs, number][], next: readonly [EpochMs, number][]): [EpochMs, number][] {
  const steps = [...new Map([...before, ...next])].sort((a, b) => a[0] - b[0])
  if (steps.length <= ROLLOUT_STEPS) return steps
  const half = ROLLOUT_STEPS / 2
  return [...steps.slice(0, half), ...steps.slice(-half)]
}

/** What any of them touched; a message that names no values of a label says nothing of it. */
function joinedScope(before: Scope, next: Scope): Scope {
  const joined: Scope = { ...before }
  for (const [name, values] of Object.entries(next))
    joined[name] = [...new Set([...(before[name] ?? []), ...values])].slice(0, SCOPE_VALUES)
  return joined
}
