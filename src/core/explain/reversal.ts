import type { Evidence } from '../../contract/incident.js'
import type { Change } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { ago, type Question, SLACK_MS, startOf, undoOf } from './question.js'

/** What was undone so long ago and did not help is not likely to have been it; rollbacks take minutes, caches and queues drain in an hour. */
const UNDONE_IN_VAIN_MS = 90 * MINUTE

/**
 * Who undoes something in a trouble mostly has a reason: the cause is undone in one incident of two, one change of ten beside it
 * perhaps in one of sixteen. And within 45 min after it trouble turns four times as often if it was the cause.
 */
const CHOSEN_BITS = 3
/** Bits of a turn soon after a change was undone: CHOSEN_BITS and the two of four times as often. */
const BETTER_BITS = 5

/** Undone, and then better: the strongest thing that can be seen from outside. Undone and no better speaks against. */
export function reversal(c: Change, q: Question): Evidence[] {
  const undo = undoOf(c, q)
  if (!undo) return []
  const refs = [c.id, undo.id]
  if (startOf(undo) < q.interval[0] - SLACK_MS) return [{ says: 'had been undone before the onset', bits: -5, refs }]
  const lag = q.turnedAt === null ? null : q.turnedAt - startOf(undo)
  if (lag !== null && lag > -10 * MINUTE && lag < 45 * MINUTE)
    return [
      {
        says: `was undone, and within ${ago(Math.max(lag, MINUTE))} the trouble began to shrink`,
        bits: BETTER_BITS,
        refs,
      },
    ]
  if (q.turnedAt === null && q.now !== undefined && q.now - startOf(undo) > UNDONE_IN_VAIN_MS)
    return [{ says: `was undone ${ago(q.now - startOf(undo))} ago, without effect so far`, bits: -2, refs }]
  return [{ says: 'people chose to undo it', bits: CHOSEN_BITS, refs }]
}
