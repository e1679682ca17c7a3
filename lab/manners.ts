import type { IncidentEvent } from '../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../src/contract/time.js'

/** What it is called (slow, failing, on and off), and what is claimed of recovery, held against the truth. */

const MANNER_WITHIN_MS = 5 * MINUTE

export interface Manner {
  pattern: string
  from: string
  until: string
}

/** What it was called five minutes after it had become that; a manner that was over by then is not asked for. */
export function judgeManners(
  stories: readonly { events: readonly IncidentEvent[] }[],
  manners: readonly Manner[],
  must: (holds: boolean, otherwise: string) => void,
): void {
  for (const { pattern, from, until } of manners) {
    const by = Date.parse(from) + MANNER_WITHIN_MS
    if (by > Date.parse(until)) continue
    const called = stories.flatMap(({ events }) => events.findLast(e => Date.parse(e.at) <= by)?.pattern ?? [])
    must(
      called.some(each => each === pattern),
      `${pattern} since ${from}, called ${called.join() || 'nothing'}`,
    )
  }
}

/** The first event before `half` that claims more than half recovered, at the lower end of its interval where one is given. */
export const claimedBefore = (events: readonly IncidentEvent[], half: EpochMs): IncidentEvent | undefined =>
  events.find(e => (e.recovery?.interval?.[0] ?? e.recovery?.recovered ?? 0) > 0.5 && Date.parse(e.at) < half)
