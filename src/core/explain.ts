import type { Cause, Evidence } from '../contract/incident.js'
import type { Change, ChangeKind } from '../contract/signal.js'
import { HOUR, MINUTE } from '../contract/time.js'
import { chainLaunches, demandLed, load, weighSurge } from './explain/load.js'
import { type Label, labelsOf, place } from './explain/place.js'
import { ago, eligible, type Question, type Upstream, type Weighed } from './explain/question.js'
import { reversal } from './explain/reversal.js'
import { time } from './explain/time.js'

export { LOOKBACK_MS, type Level, type Question, type Upstream } from './explain/question.js'

/**
 * Ranks what may have caused an incident. Every candidate collects evidence in bits (log2 of a likelihood ratio against
 * coincidence) from time, place, reversal and load; "none of the listed" competes with a weight of its own.
 * A machine says `suspected` and no more. Method: algorithms of change ranking, e.g. Li et al. (2020), Gandalf, NSDI.
 */

/** How often a change of a kind breaks something, relative to a config push, in bits. */
const PRIOR_BITS: Record<ChangeKind, number> = {
  config: 0,
  flag: 0,
  migration: 0,
  deploy: -0.3,
  maintenance: -0.3,
  vendor: -1,
  launch: -1.5,
  mitigation: -3,
}
/**
 * A listed change is the cause about as often as not (post-mortem collections say 40–70 %). How many were listed does not
 * matter to that: the time of each is weighed against how often changes come by chance.
 */
const NONE_BITS = -0.3
/** The least that a candidate keeps, so that nothing is ever said with certainty. */
const MIN_PROBABILITY = 0.002
const MAX_CAUSES = 8
export interface Explanation {
  causes: Cause[]
  unexplained: number
}

export function explain(q: Question): Explanation {
  const listed = q.changes.filter(c => eligible(c, q))
  const labels = labelsOf(
    q,
    listed.map(c => c.scope),
  )
  const changes = listed.map(c => weighChange(c, q, labels))
  const surge = demandLed(q) ? weighSurge(q, labels) : null
  if (surge) {
    const launches = changes.filter(c => c.change.kind === 'launch')
    chainLaunches(surge, launches, labels, q)
  }
  const found: Weighed[] = [
    ...changes.map(c => c.weighed),
    ...q.upstream.map(u => weighUpstream(u, q)),
    ...(surge ? [surge] : []),
  ]
  const weights = found.map(f => 2 ** Math.min(40, f.bits))
  const all = weights.reduce((a, b) => a + b, 2 ** NONE_BITS)
  // Every shown candidate and "none" keep the least, so what is shared out is a little under 1 and the sum never over it.
  const shown = Math.min(MAX_CAUSES, found.length)
  const bounded = (p: number): number => round(MIN_PROBABILITY + (1 - MIN_PROBABILITY * (shown + 1)) * p)
  const causes = found.map(
    (f, i): Cause => ({
      subject: f.subject,
      title: f.title,
      state: 'suspected',
      probability: bounded(weights[i]! / all),
      because: f.because,
    }),
  )
  causes.sort((a, b) => b.probability - a.probability || (a.subject < b.subject ? -1 : 1))
  return { causes: causes.slice(0, MAX_CAUSES), unexplained: bounded(2 ** NONE_BITS / all) }
}

const round = (p: number): number => Math.round(p * 1000) / 1000

interface WeighedChange {
  change: Change
  weighed: Weighed
}

function weighChange(c: Change, q: Question, labels: readonly Label[]): WeighedChange {
  const because: Evidence[] = [time(c, q), ...place(c, labels), ...reversal(c, q), ...load(c, q)].map(e => ({
    ...e,
    bits: Math.round(e.bits * 10) / 10,
  }))
  const weighed: Weighed = {
    subject: c.id,
    title: c.title ?? c.id,
    bits: PRIOR_BITS[c.kind] + sum(because),
    because,
    settles: '',
  }
  return { change: c, weighed }
}

const sum = (because: readonly Evidence[]): number => because.reduce((bits, e) => bits + e.bits, 0)

function weighUpstream(u: Upstream, q: Question): Weighed {
  const lead = q.onset - u.onset
  const bits = lead >= -10 * MINUTE && lead < 2 * HOUR ? 6 : lead >= 2 * HOUR ? 2 : -4
  const says =
    lead >= 0
      ? `has had an incident since ${ago(lead)} before this onset`
      : `has an incident that began ${ago(-lead)} after this onset`
  return {
    subject: `dependency:${u.id}`,
    title: `${u.name}, which this service stands on`,
    bits,
    because: [{ says, bits, refs: [u.incident] }],
    settles: '',
  }
}
