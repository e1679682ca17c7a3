import type { Origin } from '../../contract/topology.js'
import type { Crowd, Finding, FailureMode } from '../../contract/finding.js'
import type {
  Cause,
  CauseState,
  IncidentEvent,
  IncidentKind,
  Security,
  Severity,
  Where,
} from '../../contract/incident.js'
import type { Order } from '../../contract/order.js'
import type { Change } from '../../contract/signal.js'
import type { Level } from '../explain/explain.js'
import { tracksUntil, wholeTrack, type TrackMemory } from '../incident/track.js'
import { pauseOf } from '../incident/recovery.js'
import { mayResolve, worseSeverity } from '../incident/rules.js'
import { RECORD_KEPT_MS, REOPEN_MS } from '../../contract/thresholds.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'

/** Branch of what a person opened and nobody measures yet. */
export const BY_HAND = 'by-hand'

/** A person's word on a cause or on the security question. */
export interface Ruling {
  state: Extract<CauseState, 'confirmed' | 'ruled_out'>
  by: string
  why: string
  refs: string[]
  title: string
}

/** One incident while it is open, and for the time in which it may reopen. Plain data: part of the judge's snapshot. */
export interface IncidentRecord {
  id: string
  /** Where it began among what the graph connects, as far as was last known. */
  origin?: Origin | undefined
  service: string
  strand: FailureMode
  /** Which of several troubles of the strand at once; empty for one that began alone. */
  branch: string
  open: boolean
  seq: number
  openedAt: EpochMs
  onset: EpochMs
  onsetInterval: [EpochMs, EpochMs]
  resolvedAt: EpochMs | null
  /** It cannot have begun before: what was before belongs to another record, which was over. */
  notBefore: EpochMs
  /** Since when its level has been back, and when it last was for a while: what comes after may be another trouble. */
  backSince: EpochMs | null
  backAt: EpochMs | null
  /** Set when a person closed it while the trouble was still there; cleared when calm was seen. */
  closedByPerson: boolean
  /** Who closed it last. */
  closedBy: string
  kind: IncidentKind
  severity: Severity
  /** What the severity was before each of its rises. */
  rises: { from: Severity; at: EpochMs }[]
  recovering: boolean
  /** It was told that it eases: as a recovery, or as fewer who report. */
  eased: boolean
  calmSince: EpochMs | null
  lastFindingAt: EpochMs
  finding: Finding | null
  tracks: TrackMemory[]
  /** Segments at the highest failing share so far, with the part of the excess in each: what causes must explain. */
  worst: { share: number; segments: { where: Where; weight: number }[]; components: string[]; unaffected: Where }
  /** Far more posts than usual were seen at some time. */
  posted: boolean
  /** What people wrote when most of them did. */
  crowd: Crowd | null
  /** Failing share of the whole since the opening, oldest first: rollouts are held against it. */
  course: Level[]
  rulings: Record<string, Ruling>
  security: Security
  said: IncidentEvent | null
  /** What a person has set, over what is measured. Left out in incidents of before. */
  set?: SetByPerson
  /** A person opened it, or opened it again: it ends when a person says so. */
  byHand?: boolean
  /** The incident that a person says this one is part of. */
  partOf?: string
  /** Since when all that is left of it is what had been there before it. */
  restSince?: EpochMs | undefined
  /** It is itself such a rest of another, of these components. */
  restOf?: string[]
}

/** What a person says of an incident over what is measured. */
export interface SetByPerson {
  severity?: Severity
  title?: string
  components?: string[]
  where?: Where
}

/** What comes back so soon after its end is the same: an hour, or after days of trouble a part of those. */
const BACK_WITHIN_SHARE = 0.2

export const mayComeBack = ({ resolvedAt, onset, kind }: IncidentRecord, at: EpochMs): boolean =>
  at - resolvedAt! <
  Math.max(REOPEN_MS, kind === 'outage' ? Math.min(RECORD_KEPT_MS, BACK_WITHIN_SHARE * (resolvedAt! - onset)) : 0)

/**
 * Does what fails now go on with an incident that was called over? The same trouble does (its onset lies before that end), or one of
 * its kind, or what lasted for days and comes back weaker, so that people hardly say more than that it is bad: that is its tail.
 */
export const goesOn = ({ kind, strand, resolvedAt }: IncidentRecord, next: IncidentKind, f: Finding): boolean =>
  kind === next ||
  (f.onset < resolvedAt! && next !== 'security') ||
  (kind === 'outage' && next === 'degraded' && strand === f.strand && f.at - resolvedAt! >= REOPEN_MS)

/** Has it just become more than minor? */
export const roseFrom = ({ severity }: IncidentRecord, before: Severity): boolean =>
  before === 'minor' && severity !== before

/** Are requests counted, and do they speak for it? Checks are few, and reports have no denominator. */
export function isCounted({ finding, tracks }: IncidentRecord): boolean {
  const metric = finding?.kinds.metric
  return metric !== undefined && metric.bits !== null && wholeTrack(tracks)?.unit === 'share'
}

/** Has it been calm for long enough to be called over? What a person opened ends by a person's word. */
export function isOver(record: IncidentRecord, at: EpochMs): boolean {
  const { calmSince, onset, tracks, byHand } = record
  return !byHand && mayResolve(calmSince, at, (calmSince ?? at) - onset, isCounted(record), pauseOf(tracks))
}

/** Is all over but what had been there before? Asked of people's word alone, and waited for as for an end. */
export function isRestOnly(record: IncidentRecord, { rest, at }: Finding): boolean {
  record.restSince = rest && !record.byHand && !record.restOf ? (record.restSince ?? at) : undefined
  const since = record.restSince
  return since !== undefined && mayResolve(since, at, since - record.onset, false, pauseOf(record.tracks))
}

/** Still no more than what was left? Then it is called what it is, however loud. */
export const isStillRest = ({ restOf }: IncidentRecord, { components, rest }: Finding): boolean =>
  restOf !== undefined && (rest !== undefined || components.every(each => restOf.includes(each)))

/** The id of a new incident: its service, the minute in which it opens, and a number where two open in one. */
export function idFor(f: Finding, records: readonly IncidentRecord[]): string {
  const stamp = new Date(f.at).toISOString().replace(/[-:]/g, '').slice(0, 13).replace('T', '-')
  const id = `${f.service}-${stamp}${f.strand === 'slow' ? '-slow' : ''}`
  // Two that are told apart may open in one minute.
  const same = records.filter(x => x.id === id || x.id.startsWith(`${id}-b`)).length
  return same > 0 && f.branch ? `${id}-b${same + 1}` : id
}

export function newRecord(id: string, f: Finding, kind: IncidentKind, severity: Severity): IncidentRecord {
  return {
    id,
    service: f.service,
    strand: f.strand,
    branch: f.branch ?? '',
    open: true,
    seq: 0,
    openedAt: f.at,
    onset: f.onset,
    onsetInterval: f.onsetInterval,
    resolvedAt: null,
    notBefore: Number.NEGATIVE_INFINITY,
    backSince: null,
    backAt: null,
    closedByPerson: false,
    closedBy: '',
    kind,
    severity,
    rises: [],
    recovering: false,
    eased: false,
    calmSince: null,
    lastFindingAt: f.at,
    finding: f,
    tracks: [],
    worst: NO_WORST,
    posted: false,
    crowd: null,
    course: [],
    rulings: {},
    security: { state: 'no_evidence', because: [] },
    said: null,
  }
}

/** Another trouble was told apart that began at `since`: what was read from then on was of both and is forgotten. */
export function forgetSince(record: IncidentRecord, since: EpochMs): void {
  record.tracks = tracksUntil(record.tracks, since)
  record.course = record.course.filter(level => level.at < since)
  record.worst = NO_WORST
  const risen = record.rises.find(rise => rise.at >= since)
  if (risen) record.severity = risen.from
  record.rises = record.rises.filter(rise => rise.at < since)
}

/** From here on the level counts as back … */
const BACK_FROM = 0.9
/** … once it has been for so long: one quiet quarter of an hour of a few reports may be chance, two are not. */
const BACK_FOR_MS = 15 * MINUTE

/** Notes whether the level of a record has been back for a while. */
export function noteBack(record: IncidentRecord, recovered: number, at: EpochMs): void {
  if (recovered < BACK_FROM) record.backSince = null
  else {
    record.backSince ??= at
    if (at - record.backSince >= BACK_FOR_MS) record.backAt = at
  }
}

/** Severity goes up, and down only when what raised it turns out to be another's. */
export function raiseSeverity(record: IncidentRecord, severity: Severity, at: EpochMs): void {
  if (record.set?.severity !== undefined) return
  const next = worseSeverity(record.severity, severity)
  if (next !== record.severity) record.rises.push({ from: record.severity, at })
  record.severity = next
}

const NO_WORST: IncidentRecord['worst'] = { share: -1, segments: [], components: [], unaffected: {} }

/** Keeps the picture at its worst: later, smaller pictures say less about the cause. */
export function rememberWorst(record: IncidentRecord, f: Finding): void {
  record.origin = f.origin ?? record.origin
  if (f.segments.length === 0) return
  const share = f.share ?? 0
  if (share < 0.9 * record.worst.share) return
  const all = f.segments.reduce((sum, s) => sum + Math.max(0, s.excess), 0)
  record.worst = {
    share: Math.max(share, record.worst.share),
    segments: f.segments.map(s => ({
      where: s.where,
      weight: all > 0 ? Math.max(0, s.excess) / all : 1 / f.segments.length,
    })),
    components: f.components,
    unaffected: f.unaffected,
  }
}

/** Posts as surprising as this are public attention. */
const POSTED_BITS = 10

/** Keeps what people wrote when they wrote most: a claim is forgotten sooner than its wave of reports. */
export function rememberCrowd(record: IncidentRecord, f: Finding): void {
  const voices = (c: Crowd | null): number =>
    c ? c.reports + c.coordinated + c.complaints + c.rumours + c.quality : -1
  if (voices(f.crowd) >= voices(record.crowd)) record.crowd = f.crowd
  record.posted ||= (f.kinds.post?.bits ?? 0) >= POSTED_BITS
}

/** Four hours by the minute; a longer course keeps every second point of what it has, over and over. */
const MAX_COURSE = 240

/** Follows the share of the whole that fails, where one is known. */
export function rememberCourse(record: IncidentRecord, f: Finding): void {
  const whole = f.tracks.find(t => t.unit === 'share' && Object.keys(t.where).length === 0)
  if (!whole || whole.stale) return
  record.course.push({ at: f.at, excess: whole.excess, error: whole.error })
  if (record.course.length > MAX_COURSE) record.course = record.course.filter((_, i) => i % 2 === 0)
}

/** A person's word on a cause or on the security question; a cause that is not listed is theirs alone, by its words. */
export function rule(
  record: IncidentRecord,
  { id, verb, by, why, subject = '', words }: Order,
  refs: string[],
  changes: readonly Change[],
): void {
  const state = verb === 'confirm' ? 'confirmed' : 'ruled_out'
  if (subject === 'security') {
    const because = [...record.security.because, { says: `${by}: ${why}`, bits: 0, refs }]
    record.security = { ...record.security, state, because }
    return
  }
  const known = record.rulings[subject]?.title ?? changes.find(each => each.id === subject)?.title ?? subject
  record.rulings[words === undefined ? subject : `words:${id}`] = { state, by, why, refs, title: words ?? known }
}

/**
 * People's rulings over the machine's ranking: what is ruled out frees its probability, what is confirmed takes it all; several
 * confirmed did it together and share it, so that the whole stays one.
 */
export function applyRulings(
  causes: Cause[],
  unexplained: number,
  rulings: Record<string, Ruling>,
): { causes: Cause[]; unexplained: number } {
  const confirmed = Object.keys(rulings).filter(k => k !== 'security' && rulings[k]!.state === 'confirmed')
  const all = [...causes]
  for (const subject of Object.keys(rulings))
    if (subject !== 'security' && !all.some(c => c.subject === subject))
      all.push({ subject, title: rulings[subject]!.title, state: 'suspected', probability: 0, because: [] })
  let left = unexplained
  let kept = 0
  for (const c of all) if (!rulings[c.subject]) kept += c.probability
  const scale = kept + left > 0 ? 1 / (kept + left) : 1
  const out = all.map((c): Cause => {
    const ruling = rulings[c.subject]
    if (ruling) {
      const says = `${ruling.by}: ${ruling.why}`
      // Settled: what would tell is of no use any more.
      const { settles: _, ...known } = c
      return {
        ...known,
        state: ruling.state,
        probability: ruling.state === 'confirmed' ? round(1 / confirmed.length) : 0,
        because: [...c.because, { says, bits: 0, refs: ruling.refs }],
      }
    }
    return { ...c, probability: confirmed.length > 0 ? 0 : round(c.probability * scale) }
  })
  left = confirmed.length > 0 ? 0 : round(left * scale)
  return { causes: out.sort((a, b) => rank(a) - rank(b) || b.probability - a.probability), unexplained: left }
}

const rank = (c: Cause): number => (c.state === 'confirmed' ? 0 : c.state === 'suspected' ? 1 : 2)
const round = (x: number): number => Math.round(x * 1000) / 1000
