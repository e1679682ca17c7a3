import { LOOKBACK_MS } from '../../contract/thresholds.js'
import type {
  Cause,
  EventName,
  IncidentEvent,
  IncidentKind,
  Pattern,
  Quoted,
  Recovery,
  Uneven,
  Where,
} from '../../contract/incident.js'
import type { Finding } from '../../contract/finding.js'
import type { Change } from '../../contract/signal.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import { explain, type Upstream } from '../explain/explain.js'
import { contradictedBy } from '../incident/rules.js'
import { sentences, titleOf } from '../incident/sentences.js'
import { isIntermittent, lastingGone, recoveryOf, surelyGone, turnedAt, unheard } from '../incident/recovery.js'
import { UNSEEN_SHARE } from './around.js'
import { applyRulings, BY_HAND, isCounted, type IncidentRecord } from './record.js'

/** Smaller shares are too near to noise for a step to be told. */
const STEP_FROM = 0.05
/** A minute below this part of the window's share is a step, if it is so by so many standard errors. */
const STEP_TO = 0.5
/** Standard errors by which such a step must be clear of chance. */
const SURE_ERRORS = 3

/** What is known around a record. */
export interface Known {
  title: string
  changes: readonly Change[]
  upstream: readonly Upstream[]
  /** Other services in trouble, on which this one does not stand. */
  others: readonly Upstream[]
}

/** The whole of what is known of an incident at `at`, as the event that tells it. */
export function assess(
  record: IncidentRecord,
  event: EventName,
  at: EpochMs,
  known: Known,
  by?: { by: string; why: string },
): IncidentEvent {
  const f = record.finding!
  // A word of a person after the end tells of the past: nothing is said to fail.
  const resolved = event === 'resolved' || !record.open
  const quoted = resolved ? [] : (f.quoted ?? []).map(told)
  const explained = explain({
    onset: record.onset,
    interval: record.onsetInterval,
    segments: record.worst.segments,
    unaffected: record.worst.unaffected,
    components: record.worst.components.length > 0 ? record.worst.components : f.components,
    changes: (record.branch === BY_HAND ? [] : known.changes).filter(c => c.at > record.onset - LOOKBACK_MS - DAY),
    upstream: known.upstream,
    others: known.others,
    demand: f.demand,
    crowd: record.crowd ?? f.crowd,
    posted: record.posted,
    // What machines have seen failing is no echo, however healthy they are at its end.
    contradicted: record.strand === 'bad' && contradictedBy(f) && record.worst.share < UNSEEN_SHARE,
    course: record.course,
    turnedAt: turnedAt(record.tracks),
    now: at,
  })
  const { causes, unexplained } = applyRulings(explained.causes, explained.unexplained, record.rulings)
  const e: IncidentEvent = {
    at: iso(at),
    event,
    incident: record.id,
    seq: record.seq,
    service: record.service,
    title: '',
    severity: record.severity,
    kind: kindOf(record, causes),
    startedAt: iso(record.onset),
    startedAtInterval: [iso(record.onsetInterval[0]), iso(record.onsetInterval[1])],
    components: record.set?.components ?? (resolved ? record.worst.components : f.components),
    segments: resolved
      ? []
      : segmentsOf(record, f).map(({ where, share, interval }) => ({
          where,
          share: round(share),
          interval: interval && [round(interval[0])!, round(interval[1])!],
        })),
    uneven: resolved ? [] : namedOnce(f.uneven),
    unaffected: f.unaffected,
    ...(quoted.length > 0 || record.said?.quoted?.length ? { quoted } : {}),
    ...(resolved || !f.strained ? {} : { strained: f.strained }),
    ...(record.origin ? { origin: record.origin } : {}),
    causes,
    unexplained,
    security: record.security,
    ...(resolved ? {} : steppedTo(f)),
    ...(resolved ? {} : { pattern: patternOf(record, at) }),
    recovery: resolved
      ? finished(recoveryOf(record.tracks, at), record.calmSince !== null, unheard(record.tracks))
      : withDoubt(recoveryOf(record.tracks, at) ?? { recovered: 0, eta: null, segments: [] }, record, at),
    evidence: Object.fromEntries(
      Object.entries(f.kinds).map(([via, k]) => [via, k.bits === null ? null : Math.round(k.bits * 10) / 10]),
    ),
  }
  nameIt(e, record, f, known.title)
  if (by) Object.assign(e, by)
  // Nobody measures it: there is nothing to say but what a person says.
  e.says = record.branch === BY_HAND ? [] : sentences(e)
  return e
}

/** By what is measured, or as a person calls it; what had a name of a person's and has none any more says so. */
function nameIt(e: IncidentEvent, { worst, set, said }: IncidentRecord, f: Finding, service: string): void {
  e.title = titleOf({ ...e, components: worst.components.length > 0 ? worst.components : f.components }, service)
  if (set?.title !== undefined) e.title = e.named = set.title
  else if (said?.named) e.named = ''
}

/** What a person says of who is hit stands over what is measured, with its share where the same part was measured. */
function segmentsOf({ set }: IncidentRecord, f: Finding): Finding['segments'] {
  if (set?.where === undefined) return f.segments
  const measured = f.segments.find(each => JSON.stringify(each.where) === JSON.stringify(set.where))
  return [measured ?? { where: set.where, share: null, interval: null, bits: 0, excess: 0 }]
}

/** The newest minute speaks where it has clearly left the window's share: what was mended at once is not 36 % failing. */
function steppedTo({ strand, share, lately }: Finding): { lately?: number } {
  if (strand !== 'bad' || !lately || share === null || share < STEP_FROM) return {}
  return lately.share + SURE_ERRORS * lately.error < STEP_TO * share ? { lately: round(lately.share)! } : {}
}

/** Slow, on and off, and failing are three things; what is calm keeps its name. */
function patternOf({ tracks, strand, calmSince, said }: IncidentRecord, at: EpochMs): Pattern {
  if (calmSince !== null && said?.pattern) return said.pattern
  return isIntermittent(tracks, at) ? 'intermittent' : strand === 'slow' ? 'slow' : 'failing'
}

/** Slow or degraded by load that another's failure moved here. */
const kindOf = (record: IncidentRecord, causes: readonly Cause[]): IncidentKind => {
  const [first] = causes
  const moved = first?.subject.startsWith('displaced:') && first.state !== 'ruled_out' && first.probability >= 0.5
  return record.kind === 'degraded' && moved ? 'displaced-load' : record.kind
}

const told = (q: Quoted): Quoted => ({ ...q, usual: round(q.usual)!, bits: Math.round(q.bits * 10) / 10 })

const iso = (at: EpochMs): string => new Date(at).toISOString()
const round = (x: number | null): number | null => (x === null ? null : Math.round(x * 1000) / 1000)

const rounded = ({ share, interval: [low, high] }: NonNullable<Uneven['hit']>): NonNullable<Uneven['hit']> => ({
  share: round(share)!,
  interval: [round(low)!, round(high)!],
})

/** The same people under two names (a country that is one region) are told once. */
function namedOnce(uneven: readonly Uneven[]): Uneven[] {
  const seen = new Set<string>()
  const out: Uneven[] = []
  for (const u of uneven) {
    const key = `${u.share.toPrecision(9)}:${u.explainedBy.join()}`
    if (!seen.has(key))
      out.push({
        ...u,
        share: round(u.share)!,
        ...(u.hit ? { hit: rounded(u.hit) } : {}),
        ...(u.among ? { among: rounded(u.among) } : {}),
      })
    seen.add(key)
  }
  return out
}

/** How much is sure: where requests are counted what has lasted, else what neither tired people nor a few lucky checks explain. */
function withDoubt(r: Recovery, record: IncidentRecord, at: EpochMs): Recovery {
  if (isCounted(record)) return { ...r, interval: lastingGone(record.tracks, at) }
  return { ...r, of: r.of ?? 'checks', interval: surelyGone(record.tracks, at) }
}

/** At the end: what was seen to be calm is whole again; a part that fell silent keeps its last word, for nobody knows. */
const finished = (r: Recovery | null, calm: boolean, silent: ReadonlySet<Where>): Recovery => ({
  recovered: calm ? 1 : (r?.recovered ?? 1),
  ...(r?.of ? { of: r.of } : {}),
  eta: null,
  segments: (r?.segments ?? []).map(s => ({
    where: s.where,
    recovered: calm && !silent.has(s.where) ? 1 : s.recovered,
    eta: null,
  })),
})
