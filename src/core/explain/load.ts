import { LOOKBACK_MS } from '../../contract/thresholds.js'
import type { Evidence } from '../../contract/incident.js'
import type { Change } from '../../contract/signal.js'
import { DAY, type EpochMs, MINUTE } from '../../contract/time.js'
import type { Label } from './place.js'
import { ago, plural, type Question, startOf, type Upstream, type Weighed } from './question.js'

/**
 * Load as a cause. Demand that rose before the errors is one hypothesis, `surge`; a launch that came before the rise and brought
 * it is where the chain begins: launch → demand → errors. The mass of the surge is then parted between the launches that may
 * have brought it and an origin that nobody told of, by how a rise comes so long after a launch against how often one comes by
 * itself.
 */

/** Demand has to rise so long before the errors: failing clients try again, and that looks like demand. */
const DEMAND_LEAD_MS = 2 * MINUTE
/** Demand leaves its course by a tenth and more about once in so long without anything that was listed. */
const RISES_EVERY_MS = 30 * DAY
/**
 * One launch in two moves demand beyond its course: half of these within minutes or hours, equally likely at every scale of time
 * from SOONEST to LOOKBACK, half when word of it spreads, on any of those days.
 */
const LAUNCH_MOVES = 0.5
/** Minutes after a launch within which demand moves at the soonest. */
const SOONEST_MIN = 5
/** Users and traffic of a failing service turn elsewhere within so long, where they turn at all. */
const DISPLACED_MS = 30 * MINUTE
/** How many troubles of a neighbour turn its users to us at all. */
const DISPLACES = 0.05
/**
 * Surge against "something that nobody listed": few incidents are surges, and more so the further demand is from its course;
 * a service that stands 1.1 times its usual load is common, twice is rare.
 */
const SURGE_PRIOR_BITS = -1
/** Bits for each doubling of demand. */
const BITS_A_DOUBLING = 5
/** Bits that demand speaks for a surge at most. */
const SURGE_BITS_MAX = 5
/** Load is shared: where only some parts fail it is less likely by so much for each label that confines the trouble. */
const CONFINED_BITS = -2
/** Where all of them fail it is likelier: other faults are mostly narrower. */
const EVERYWHERE_BITS = 1
/** Labels by which capacity is cut: what fails in a few of them only did not fail for want of it everywhere. */
const CAPACITY_LABELS = ['cell', 'component', 'region']

/** How long before the errors demand left its course; 0 when it did not. */
export const demandLeadMs = (q: Question): number =>
  q.demand?.since == null ? 0 : Math.max(0, q.onset - q.demand.since)

/** Did demand rise first? */
export const demandLed = (q: Question): boolean => demandLeadMs(q) > DEMAND_LEAD_MS

const ratioBefore = (q: Question): number => q.demand!.before ?? q.demand!.ratio

/** A launch harms by load: without it, it harms rarely. */
export function load(c: Change, q: Question): Evidence[] {
  if (c.kind !== 'launch' || q.demand === null || demandLed(q)) return []
  return [{ says: 'demand did not rise before the errors', bits: -3, refs: [c.id] }]
}

function weighSurge(q: Question, labels: readonly Label[]): Weighed {
  const ratio = ratioBefore(q)
  const because: Evidence[] = [
    {
      says: `demand left its usual course ${ago(demandLeadMs(q))} before the errors (${ratio.toFixed(2)} times the usual)`,
      bits: round(Math.max(0, Math.min(SURGE_BITS_MAX, BITS_A_DOUBLING * Math.log2(Math.max(1, ratio))))),
      refs: [],
    },
  ]
  const cut = labels.filter(label => CAPACITY_LABELS.includes(label.name) && label.failing.size > 0)
  for (const label of cut)
    if (!label.everywhere)
      because.push({
        says: `only some ${plural(label.name, 2)} fail, while demand rose as a whole`,
        bits: CONFINED_BITS,
        refs: [],
      })
  if (cut.some(label => label.failing.size > 1) && cut.every(label => label.everywhere))
    because.push({ says: 'everything fails, as it would for want of capacity', bits: EVERYWHERE_BITS, refs: [] })
  return {
    subject: 'surge',
    title: 'More demand than usual',
    bits: SURGE_PRIOR_BITS + because.reduce((sum, e) => sum + e.bits, 0),
    because,
    settles: 'shed or queue part of the load and see whether the errors fall with it',
  }
}

/** May this launch have brought the load? It came before the rise, and does not belong to parts that are fine. */
function mayHaveBrought(c: Change, labels: readonly Label[], rose: EpochMs): boolean {
  const elsewhere = labels.some(label => {
    const values = c.scope[label.name] ?? []
    return values.some(v => label.fine.has(v)) && !values.some(v => label.failing.has(v))
  })
  // A change of course is known to some minutes.
  return !elsewhere && startOf(c) <= rose + SOONEST_MIN * MINUTE
}

/** Odds that a launch so long before the rise brought it, against a rise that came by itself. */
function launchOdds(leadMin: number): number {
  const lookback = LOOKBACK_MS / MINUTE
  const soon = 1 / ((leadMin + SOONEST_MIN) * Math.log(lookback / SOONEST_MIN))
  return LAUNCH_MOVES * (0.5 * soon + 0.5 / lookback) * (RISES_EVERY_MS / MINUTE)
}

/**
 * The surge, where demand rose first, and load displaced from services that failed before; what of it launches explain goes to
 * them. Empty without a rise.
 */
export function weighLoad(
  changes: readonly { change: Change; weighed: Weighed }[],
  labels: readonly Label[],
  q: Question,
): Weighed[] {
  if (!demandLed(q)) return []
  const rose = q.demand!.since!
  const surge = weighSurge(q, labels)
  const launches = changes
    .filter(({ change }) => change.kind === 'launch' && mayHaveBrought(change, labels, rose))
    .map(({ change, weighed }) => ({
      change,
      weighed,
      odds: launchOdds(Math.max(0, (rose - startOf(change)) / MINUTE)),
    }))
  // Whose service fails turns to another within minutes.
  const displaced = (q.others ?? []).filter(
    o => o.onset <= rose + SOONEST_MIN * MINUTE && rose - o.onset < DISPLACED_MS,
  )
  const displacedOdds = (DISPLACES * RISES_EVERY_MS) / DISPLACED_MS
  const all = 1 + launches.reduce((sum, l) => sum + l.odds, 0) + displaced.length * displacedOdds
  for (const { change, weighed, odds } of launches) {
    const bits = Math.log2(2 ** weighed.bits + (odds / all) * 2 ** surge.bits) - weighed.bits
    weighed.bits += bits
    weighed.because.push({
      says: `demand rose ${ago(Math.max(0, rose - startOf(change)))} after it and ${ago(demandLeadMs(q))} before the errors, to ${ratioBefore(q).toFixed(2)} times the usual: it may have brought the load`,
      bits: round(bits),
      refs: [change.id, 'surge'],
    })
  }
  const moved = displaced.map(o => displacedFrom(o, surge, displacedOdds / all, q))
  const rest = Math.log2(1 / all)
  const origins = [...launches.map(l => l.change.id), ...displaced.map(o => o.incident)]
  if (origins.length > 0)
    surge.because.push({ says: 'what came before the rise may have brought it', bits: round(rest), refs: origins })
  surge.bits += rest
  return [surge, ...moved]
}

/** Load that a failing service sheds: its users, or its traffic, come here. */
function displacedFrom(other: Upstream, surge: Weighed, share: number, q: Question): Weighed {
  const lead = q.demand!.since! - other.onset
  return {
    subject: `displaced:${other.id}`,
    title: `Load displaced from ${other.name}`,
    bits: surge.bits + Math.log2(share),
    because: [
      ...surge.because,
      {
        says: `${other.name} began to fail ${ago(Math.max(0, lead))} before demand rose here`,
        bits: round(Math.log2(share)),
        refs: [other.incident],
      },
    ],
    settles: `See whether demand falls here as soon as ${other.name} is back`,
  }
}

const round = (bits: number): number => Math.round(bits * 10) / 10
