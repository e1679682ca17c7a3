import gammaln from '@stdlib/math-base-special-gammaln'
import type { Cause, Evidence, Where } from '../contract/incident.js'
import type { Change, ChangeKind } from '../contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../contract/time.js'

/**
 * Ranks what may have caused an incident. Every candidate collects evidence in bits (log2 of a likelihood ratio against
 * coincidence) from time, place, reversal and load; "none of the listed" competes with a weight of its own.
 * A machine says `suspected` and no more. Method: algorithms of change ranking, e.g. Li et al. (2020), Gandalf, NSDI.
 */

/** Changes older than this before the onset are not weighed. */
export const LOOKBACK_MS = 7 * DAY
/** The onset is known to about this, and clocks differ: a change may be stamped so much later and still have come first. */
const SLACK_MS = 3 * MINUTE
/** Most causes bite within minutes; some lie dormant, equally likely at every scale of time up to LOOKBACK. */
const PROMPT_MEAN_MIN = 8
const PROMPT_SHARE = 0.8
/** Clocks of a deploy system and of telemetry differ by about this. */
const CLOCK_ERROR_MIN = 1
/** How often a change of a kind breaks something, relative to a config push, in bits. */
const PRIOR_BITS: Record<ChangeKind, number> = {
  config: 0,
  flag: 0,
  migration: 0,
  deploy: -0.3,
  maintenance: -0.3,
  vendor: -2,
  launch: -1.5,
  mitigation: -3,
}
/**
 * A listed change is the cause about as often as not (post-mortem collections say 40–70 %). How many were listed does not
 * matter to that: the time of each is weighed against how often changes come by chance.
 */
const NONE_BITS = 0
/** Windows before the onset in which the other changes are counted; the busiest tells the rate. */
const RATE_WINDOWS_MS = [3 * HOUR, DAY]
/** The least that a candidate keeps, so that nothing is ever said with certainty. */
const MIN_PROBABILITY = 0.005
const MAX_CAUSES = 8
/** What was undone so long ago and did not help is not likely to have been it; rollbacks take minutes, caches and queues drain in an hour. */
const UNDONE_IN_VAIN_MS = 90 * MINUTE

export interface Upstream {
  id: string
  name: string
  /** Onset of the open incident of that service. */
  onset: EpochMs
  incident: string
}

export interface Question {
  onset: EpochMs
  interval: [EpochMs, EpochMs]
  /** What was hit at the worst, with the part of the excess in each, 0..1. */
  segments: { where: Where; weight: number }[]
  unaffected: Where
  components: string[]
  changes: readonly Change[]
  upstream: readonly Upstream[]
  demand: { ratio: number; since: EpochMs | null } | null
  /** When the trouble began to shrink, if it did. */
  turnedAt: EpochMs | null
  /** Time of asking. */
  now?: EpochMs
}

export interface Explanation {
  causes: Cause[]
  unexplained: number
}

export function explain(q: Question): Explanation {
  const found = [
    ...q.changes.filter(c => eligible(c, q)).map(c => weighChange(c, q)),
    ...q.upstream.map(u => weighUpstream(u, q)),
    ...(demandLeadMs(q) > 2 * MINUTE ? [weighSurge(q)] : []),
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

interface Weighed {
  subject: string
  title: string
  bits: number
  because: Evidence[]
}

/** First moment at which a change took effect; a step to nobody is none. */
const startOf = (c: Change): EpochMs =>
  Math.min(c.happenedAt ?? c.at, c.rollout?.find(([, share]) => share > 0)?.[0] ?? Number.POSITIVE_INFINITY)

const eligible = (c: Change, q: Question): boolean =>
  c.reverts === undefined &&
  c.kind !== 'mitigation' &&
  startOf(c) > q.onset - LOOKBACK_MS &&
  startOf(c) <= q.interval[1] + SLACK_MS

function weighChange(c: Change, q: Question): Weighed {
  const because: Evidence[] = [time(c, q), ...place(c, q), ...reversal(c, q), ...load(c, q)].map(e => ({
    ...e,
    bits: Math.round(e.bits * 10) / 10,
  }))
  return {
    subject: c.id,
    title: c.title ?? c.id,
    bits: PRIOR_BITS[c.kind] + because.reduce((sum, e) => sum + e.bits, 0),
    because,
  }
}

const ago = (ms: number): string =>
  ms < 90 * MINUTE
    ? `${Math.max(0, Math.round(ms / MINUTE))} min`
    : ms < 2 * DAY
      ? `${Math.round(ms / HOUR)} h`
      : `${Math.round(ms / DAY)} days`

/** Other changes a minute around the onset: how likely one lies there by chance. Half a change is added, for nothing is ever still. */
function ratePerMin(c: Change, q: Question): number {
  return Math.max(
    ...RATE_WINDOWS_MS.map(window => {
      const from = q.onset - window
      const others = q.changes.filter(x => x !== c && eligible(x, q) && startOf(x) > from).length
      return (others + 0.5) / (window / MINUTE)
    }),
  )
}

/** How well the delay from change to onset fits a cause, against the changes that come by chance. */
function time(c: Change, q: Question): Evidence {
  const steps = [startOf(c), ...(c.rollout ?? []).map(([at]) => at)].filter(at => at <= q.interval[1] + SLACK_MS)
  const before = steps.filter(at => at <= q.onset)
  const last = before.length > 0 ? Math.max(...before) : Math.min(...steps)
  const delayMin = Math.max(0, (q.onset - last) / MINUTE)
  const uncertain = Math.max(1, (q.interval[1] - q.interval[0]) / MINUTE / 4)
  const prompt = (PROMPT_SHARE / (PROMPT_MEAN_MIN + uncertain)) * Math.exp(-delayMin / (PROMPT_MEAN_MIN + uncertain))
  const dormant = (1 - PROMPT_SHARE) / ((delayMin + PROMPT_MEAN_MIN) * Math.log(LOOKBACK_MS / MINUTE / PROMPT_MEAN_MIN))
  // A change after the estimated onset is a cause only if the estimate is late: a normal error of it and of the clocks, with the
  // logistic curve in place of the normal one.
  const late = Math.max(0, (last - q.onset) / MINUTE) / Math.hypot(uncertain, CLOCK_ERROR_MIN)
  const bits = Math.log2((prompt + dormant) / ratePerMin(c, q)) + 1 - Math.log2(1 + Math.exp(1.702 * late))
  const says =
    last > q.onset
      ? `took effect ${late > 1 ? `${ago(last - q.onset)} after` : 'at about'} the time of the onset`
      : `took effect ${ago(q.onset - last)} before the onset${bits < 0 ? ', long for a cause' : ''}`
  // A launch works through the demand it brings: where demand rose first, the wait since the launch says little.
  const driven = c.kind === 'launch' && demandLeadMs(q) > 2 * MINUTE
  return { says, bits: Math.max(driven ? 0 : -6, bits), refs: [c.id] }
}

/** How long before the errors demand left its course; 0 when it did not. */
const demandLeadMs = (q: Question): number => (q.demand?.since == null ? 0 : Math.max(0, q.onset - q.demand.since))

/** For each label that the change names: do its values and the failing ones coincide more than chance would have it? */
function place(c: Change, q: Question): Evidence[] {
  const out: Evidence[] = []
  for (const [label, values] of Object.entries(c.scope)) {
    const touched = new Set(values)
    const failing = failingValues(q, label)
    const fine = (q.unaffected[label] ?? []).filter(v => !failing.has(v))
    if (failing.size === 0) {
      // Everything in the label fails alike, or nothing is known: a narrow change explains a broad failure badly.
      if (fine.length > 0 && values.every(v => fine.includes(v)))
        out.push({
          says: `touched only ${label} ${list(values)}, which ${values.length > 1 ? 'are' : 'is'} fine`,
          bits: -6,
          refs: [c.id],
        })
      else if (label !== 'component' && q.segments.length > 0)
        out.push({
          says: `touched only ${label} ${list(values)}; the trouble is not confined to it`,
          bits: -2,
          refs: [c.id],
        })
      continue
    }
    let inside = 0
    let all = 0
    for (const [value, weight] of failing) {
      all += weight
      if (touched.has(value)) inside += weight
    }
    const universe = new Set([...failing.keys(), ...fine, ...values]).size
    const overlap = [...failing.keys()].filter(v => touched.has(v)).length
    const held = all > 0 ? inside / all : 0
    if (overlap === 0) {
      out.push({ says: `touched ${label} ${list(values)}, where nothing fails`, bits: -8, refs: [c.id] })
    } else {
      const chance = hypergeometricTail(overlap, failing.size, touched.size, universe)
      const fit = Math.min(10, -Math.log2(chance))
      // A component breaks what stands on it, so spill-over there is weak evidence against.
      const spill = held < 0.9 ? (label === 'component' ? -1 : -4) * (1 - held) : 0
      const idle = values.filter(v => fine.includes(v)).length / values.length
      const fineToo = idle > 0 ? `, and ${Math.round(idle * values.length)} that are fine` : ''
      const says = `touched ${overlap} of the ${failing.size} failing ${plural(label, failing.size)}${fineToo}`
      out.push({ says, bits: fit + spill - 3 * idle, refs: [c.id] })
    }
  }
  return out
}

/** Values of a label that segments name, each with its part of the excess. Components come from their own list too. */
function failingValues(q: Question, label: string): Map<string, number> {
  const out = new Map<string, number>()
  for (const s of q.segments) {
    const values = s.where[label]
    if (values) for (const v of values) out.set(v, (out.get(v) ?? 0) + Math.max(1e-6, s.weight) / values.length)
  }
  if (label === 'component')
    for (const v of q.components) if (!out.has(v)) out.set(v, 1 / Math.max(1, q.components.length))
  return out
}

/** P(overlap ≥ k) when `drawn` of `universe` values are drawn and `marked` of them are marked. */
function hypergeometricTail(k: number, marked: number, drawn: number, universe: number): number {
  // In logarithms: a scope may name a thousand values, and a binomial of those overflows a double.
  const ln = (n: number, r: number): number => gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1)
  let sum = 0
  for (let i = Math.max(k, marked + drawn - universe); i <= Math.min(marked, drawn); i++)
    sum += Math.exp(ln(marked, i) + ln(universe - marked, drawn - i) - ln(universe, drawn))
  return Math.min(1, Math.max(Number.MIN_VALUE, sum))
}

/** Undone, and then better: the strongest thing that can be seen from outside. Undone and no better speaks against. */
function reversal(c: Change, q: Question): Evidence[] {
  const undo = q.changes.filter(x => x.reverts === c.id).sort((a, b) => startOf(a) - startOf(b))[0]
  if (!undo) return []
  if (startOf(undo) < q.interval[0] - SLACK_MS)
    return [{ says: 'had been undone before the onset', bits: -5, refs: [c.id, undo.id] }]
  const lag = q.turnedAt === null ? null : q.turnedAt - startOf(undo)
  if (lag !== null && lag > -10 * MINUTE && lag < 45 * MINUTE)
    return [
      {
        says: `was undone, and within ${ago(Math.max(lag, MINUTE))} the trouble began to shrink`,
        bits: 4,
        refs: [c.id, undo.id],
      },
    ]
  if (q.turnedAt === null && q.now !== undefined && q.now - startOf(undo) > UNDONE_IN_VAIN_MS)
    return [
      { says: `was undone ${ago(q.now - startOf(undo))} ago, without effect so far`, bits: -2, refs: [c.id, undo.id] },
    ]
  return [{ says: 'people chose to undo it', bits: 2, refs: [c.id, undo.id] }]
}

/** A launch harms by load: then demand rises before errors do. */
function load(c: Change, q: Question): Evidence[] {
  if (c.kind !== 'launch' && c.kind !== 'vendor') return []
  if (q.demand === null) return []
  const lead = demandLeadMs(q)
  if (lead > 2 * MINUTE)
    return [
      {
        says: `demand rose ${ago(lead)} before the errors, to ${q.demand.ratio.toFixed(2)} times the usual`,
        bits: 3,
        refs: [c.id],
      },
    ]
  return [{ says: 'demand did not rise before the errors', bits: -3, refs: [c.id] }]
}

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
  }
}

function weighSurge(q: Question): Weighed {
  const lead = q.onset - q.demand!.since!
  const bits = Math.min(5, 2 + 6 * Math.max(0, q.demand!.ratio - 1))
  return {
    subject: 'surge',
    title: 'More demand than usual',
    bits,
    because: [
      {
        says: `demand left its usual course ${ago(lead)} before the errors (${q.demand!.ratio.toFixed(2)} times the usual)`,
        bits,
        refs: [],
      },
    ],
  }
}

const plural = (label: string, n: number): string =>
  n === 1 ? label : /[^aeiou]y$/.test(label) ? `${label.slice(0, -1)}ies` : `${label}s`

const list = (values: readonly string[]): string =>
  values.length <= 3 ? values.join(', ') : `${values.slice(0, 3).join(', ')} and ${values.length - 3} more`
