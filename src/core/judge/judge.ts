import type { Finding, JudgeInput } from '../../contract/finding.js'
import type { EventName, IncidentEvent } from '../../contract/incident.js'
import { CLOSED_BY_PERSON_MS, type Order } from '../../contract/order.js'
import type { Change, Fact } from '../../contract/signal.js'
import { RECORD_KEPT_MS, REOPEN_MS } from '../../contract/thresholds.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Held } from '../../contract/view.js'
import { noteTopology, summed } from '../graph/sources.js'
import type { Upstream } from '../explain/explain.js'
import {
  failsAfterAll,
  TALK,
  ownFailure,
  REPEATERS,
  securityOf,
  severityOf,
  shouldOpen,
  sureShare,
  updateReason,
  UPSTREAM_SHARE,
  type Surroundings,
} from '../incident/rules.js'
import { noiseOf } from '../incident/recovery.js'
import { followTracks, relapsed, wholeTrack } from '../incident/track.js'
import { drownedBy, latestOf, mayBeSlow, otherStrandOf, othersOf, SAME_ONSET_MS, upstreamsOf } from './around.js'
import { changeId, noteChange } from './change.js'
import { isWhole } from './command.js'
import { carryOut, type Word } from './by-hand.js'
import { easing, RECOVERING_FROM } from './easing.js'
import { heldOf } from './held.js'
import { judgedService, noteAlarm, noteTrouble, TROUBLE_MS, withoutWords, type JudgedService } from './service.js'
import { assess } from './assessment.js'
import {
  BY_HAND,
  forgetSince,
  goesOn,
  idFor,
  isOver,
  isRestOnly,
  isStillRest,
  mayComeBack,
  newRecord,
  noteBack,
  raiseSeverity,
  rememberCourse,
  rememberCrowd,
  rememberWorst,
  roseFrom,
  type IncidentRecord,
} from './record.js'

/** Facts kept for one service; the oldest go first. A busy team ships some hundred changes a week. */
const MAX_FACTS = 1_000
/** An incident without findings for so long is closed: they stop after the aftermath. Of exposure people tell in ones and twos. */
const [SILENT_MS, SECURITY_SILENT_MS] = [15 * MINUTE, HOUR]
/** The onset is refined while evidence comes in for so long after the opening. */
const ONSET_SETTLES_MS = 15 * MINUTE
/** What a snapshot holds of the judge. */
export interface JudgeSnapshot {
  services: Map<string, JudgedService>
  stories: IncidentRecord[]
}

/** Sees all services of a workspace and decides: what is an incident, what it is called, why it may be, and when it is over. */
export class Judge {
  private services = new Map<string, JudgedService>()
  /** Open incidents, and those that may still reopen. */
  records: IncidentRecord[] = []

  /** Folds one input; decisions go to `events` in order. */
  take(input: JudgeInput, events: IncidentEvent[]): void {
    switch (input.type) {
      case 'fact':
        this.noteFact(input.fact)
        return
      case 'finding':
        this.takeFinding(input, events)
        return
      case 'order':
        this.carryOut(input, events)
        return
      case 'tick':
        this.tick(input.at, events)
        return
      default:
        input satisfies never
    }
  }

  openIncidents = (service: string): IncidentRecord[] => this.records.filter(s => s.service === service && s.open)

  /** Trouble that is still measured although a person called its incident over. */
  held = (service: string, now: EpochMs): Held[] => heldOf(this.records, service, now)

  /** Whether there is an incident of it that is open or may come back. */
  follows = (service: string): boolean => this.records.some(each => each.service === service)

  inAlarm(service: string, now: EpochMs): boolean {
    const s = this.services.get(service)
    return s !== undefined && s.alarmOnset !== null && now - s.alarmAt <= 2 * MINUTE
  }

  /** As if nothing had ever been heard of it. */
  forget(service: string): void {
    this.services.delete(service)
    this.records = this.records.filter(record => record.service !== service)
  }

  snapshot(): JudgeSnapshot {
    return { services: this.services, stories: this.records }
  }

  static open({ services, stories, ...rest }: JudgeSnapshot): Judge {
    rest satisfies Record<string, never>
    const judge = new Judge()
    judge.services = services
    judge.records = stories
    return judge
  }

  /** The change that a message tells of, as it is known; undefined: not yet. */
  change(message: Change): Change | undefined {
    return this.services.get(message.service)?.changes.find(c => c.id === changeId(message))
  }

  private service(id: string): JudgedService {
    let s = this.services.get(id)
    if (!s) this.services.set(id, (s = judgedService(id)))
    return s
  }

  private noteFact(fact: Fact): void {
    const s = this.service(fact.service)
    if (fact.via === 'topology') {
      if (fact.title) s.title = fact.title
      s.sources = noteTopology(s.sources, fact)
      s.dependsOn = summed(s.sources).dependsOn
    } else if (fact.via === 'change') {
      s.changes = noteChange(s.changes, withoutWords(fact), MAX_FACTS)
    } else if (fact.via === 'notice')
      s.notices = [...s.notices.filter(n => n.id !== fact.id), withoutWords(fact)].slice(-MAX_FACTS)
  }

  private takeFinding(f: Finding, events: IncidentEvent[]): void {
    const s = this.service(f.service)
    if (f.alarm && f.strand === 'bad') {
      // Of several at once the first stands for the service.
      if (!f.branch || s.alarmAt !== f.at) s.alarmOnset = f.onset
      s.alarmAt = f.at
    }
    if (!f.calm) noteTrouble(s.trouble, f)
    const record = this.recordOf(f)
    if (record?.open) this.follow(record, f, events)
    else this.consider(s, record, f, events)
  }

  /** The record that a finding goes on with: its own, or for a fresh trouble the one that ended last and may come back. */
  private recordOf(f: Finding): IncidentRecord | undefined {
    const branch = f.branch ?? ''
    const known = this.records.filter(
      x =>
        x.service === f.service &&
        x.strand === f.strand &&
        (x.open || mayComeBack(x, f.at) || f.onset < x.resolvedAt! || x.closedByPerson),
    )
    const own = known.filter(x => x.branch === branch)
    const record = own.find(x => x.open) ?? own.findLast(x => f.onset < x.resolvedAt!)
    if (record || branch !== '') return record
    // What a person opened first is what is measured then.
    const unmeasured = known.find(x => x.open && x.branch === BY_HAND)
    if (unmeasured) {
      unmeasured.branch = ''
      return unmeasured
    }
    return known.reduce<IncidentRecord | undefined>(
      (a, b) => (b.open || (a && a.resolvedAt! > b.resolvedAt!) ? a : b),
      undefined,
    )
  }

  /** No incident is open on this strand: open one, reopen the last, or wait. */
  private consider(s: JudgedService, last: IncidentRecord | undefined, f: Finding, events: IncidentEvent[]): void {
    const whole = last?.partOf === undefined ? undefined : this.records.find(x => x.id === last.partOf)
    if (last && whole?.open) {
      // It is told with the other one, which is not over before this is.
      last.finding = f
      last.lastFindingAt = f.at
      last.calmSince = f.calm ? (last.calmSince ?? f.at) : null
      return
    }
    if (last?.closedByPerson) {
      // The incident is held closed; what is measured goes on being shown.
      last.finding = f
      last.lastFindingAt = f.at
      if (f.calm) last.closedByPerson = false
      if (f.calm || f.at - last.resolvedAt! < CLOSED_BY_PERSON_MS) return
    }
    if (!f.branch) noteAlarm(s, f)
    const around: Surroundings = {
      repeaters: s.repeaters,
      talk: s.talk,
      alarmSince: s.alarmSince[f.strand] ?? f.at,
      upstream: this.upstreams(f.service, f.at).length > 0,
      badOpen: this.records.some(x => x.open && x.service === f.service && x.strand === 'bad' && !mayBeSlow(x)),
      slowOpen: this.records.some(
        x => x.service === f.service && x.strand === 'slow' && (x.open || f.at - x.resolvedAt! < REOPEN_MS),
      ),
      endedLately: last !== undefined && !last.open && wholeTrack(last.tracks)?.unit === 'share',
    }
    const verdict = shouldOpen(f, around)
    if (!verdict.open) {
      if (f.branch) return
      if (verdict.why === REPEATERS) s.repeaters = true
      if (verdict.why === TALK) s.talk = true
      return
    }
    if (!f.branch) s.alarmSince[f.strand] = null
    const other = f.branch ? undefined : otherStrandOf(this.records, f, verdict.kind)
    // Some failures beside more slowness do not make it an outage.
    if (other && f.strand === 'bad' && latestOf(f) < latestOf(other.finding)) return
    if (other) {
      other.strand = f.strand
      other.kind = verdict.kind
      other.tracks = []
      this.absorb(other, f)
      this.emit(other, 'updated', f.at, events)
      return
    }
    // The same trouble (its onset lies before the end that was called), or one like it so soon: the incident goes on.
    if (last && goesOn(last, verdict.kind, f)) {
      last.open = true
      last.backAt = last.resolvedAt
      last.closedByPerson = false
      last.resolvedAt = null
      last.recovering = last.eased = false
      last.calmSince = null
      last.tracks = relapsed(last.tracks, f.at)
      this.absorb(last, f)
      this.emit(last, 'reopened', f.at, events)
      return
    }
    const record = newRecord(idFor(f, this.records), f, verdict.kind, severityOf(f, verdict.kind))
    this.records.push(record)
    this.absorb(record, f)
    if (drownedBy(this.records, record, f)) record.severity = 'minor'
    this.emit(record, 'opened', f.at, events)
  }

  private absorb(record: IncidentRecord, f: Finding): void {
    record.lastFindingAt = f.at
    record.finding = f
    if (f.partedSince !== undefined) forgetSince(record, f.partedSince)
    // A relapse has an onset of its own; the incident began when it began.
    if (f.at - record.openedAt < ONSET_SETTLES_MS) {
      record.onset = Math.max(f.onset, record.notBefore)
      record.onsetInterval = f.onset < record.notBefore ? [record.notBefore, f.at] : f.onsetInterval
    }
    record.security = securityOf(f, record.security)
    if (f.tracks.length > 0) followTracks(record.tracks, f.tracks, f.at)
    rememberCourse(record, f)
    rememberCrowd(record, f)
    rememberWorst(record, f)
    // What people alone reported and machines then saw failing is an outage after all.
    const ours =
      record.kind === 'degraded' ||
      record.kind === 'security' ||
      (record.kind === 'upstream' && sureShare(f, 2) >= UPSTREAM_SHARE)
    if (ours && f.strand === 'bad' && ownFailure(f)) record.kind = 'outage'
    else if (record.kind === 'degraded' && f.strand === 'bad' && f.alarm && !isStillRest(record, f) && failsAfterAll(f))
      record.kind = 'outage'
    if (!drownedBy(this.records, record, f)) raiseSeverity(record, severityOf(f, record.kind), f.at)
    // Whoever still sees what is not theirs keeps it open, however healthy requests are; so does the other strand of the trouble.
    const besideStill = this.service(record.service).trouble.some(
      x => x.strand !== record.strand && f.at - x.at <= TROUBLE_MS && Math.abs(x.onset - record.onset) <= SAME_ONSET_MS,
    )
    const partsStill = this.records.some(
      x => x.partOf === record.id && f.at - x.lastFindingAt <= TROUBLE_MS && x.calmSince === null,
    )
    const calm =
      f.calm && !besideStill && !partsStill && !(record.security.state === 'suspected' && f.crowd.exposures > 0)
    record.calmSince = calm ? (record.calmSince ?? f.at) : null
  }

  private follow(record: IncidentRecord, f: Finding, events: IncidentEvent[]): void {
    const before = record.severity
    this.absorb(record, f)
    if (isOver(record, f.at)) {
      this.close(record, f.at, events)
      return
    }
    if (isRestOnly(record, f)) {
      this.leave(record, f, events)
      return
    }
    const next = this.assessment(record, 'updated', f.at)
    const recovered = next.recovery?.recovered ?? 0
    const [measured, noise] = [wholeTrack(record.tracks)?.unit === 'share', noiseOf(record.tracks)]
    noteBack(record, recovered, f.at)
    if (!measured && recovered < RECOVERING_FROM && record.backAt !== null && roseFrom(record, before)) {
      this.part(record, record.backAt, f, events)
      return
    }
    const eased = easing(record, next, noise)
    if (eased) {
      this.emit(record, eased, f.at, events)
      return
    }
    if (updateReason(next, record.said!, f.at, f.at - record.openedAt, measured, noise))
      this.emit(record, 'updated', f.at, events)
  }

  /**
   * What people alone reported was small and over, and now is far larger: that is no relapse but another trouble, which began when the
   * first was last seen to be over. The first ends here, as small as it was.
   */
  private part(first: IncidentRecord, backAt: EpochMs, f: Finding, events: IncidentEvent[]): void {
    first.severity = first.rises.pop()?.from ?? first.severity
    this.close(first, f.at, events)
    const record = newRecord(idFor(f, this.records), f, first.kind, severityOf(f, first.kind))
    record.notBefore = backAt
    this.records.push(record)
    this.absorb(record, f)
    this.emit(record, 'opened', f.at, events)
  }

  /** The wide trouble ends, and what had been there before it goes on by itself. */
  private leave(wide: IncidentRecord, f: Finding, events: IncidentEvent[]): void {
    this.close(wide, f.at, events)
    const record = newRecord(idFor(f, this.records), f, 'degraded', severityOf(f, 'degraded'))
    record.notBefore = f.at
    record.restOf = f.rest!.components
    this.records.push(record)
    this.absorb(record, f)
    this.emit(record, 'opened', f.at, events)
  }

  private tick(at: EpochMs, events: IncidentEvent[]): void {
    for (const record of this.records)
      if (
        record.open &&
        !record.byHand &&
        at - record.lastFindingAt >= (record.kind === 'security' ? SECURITY_SILENT_MS : SILENT_MS) &&
        (record.calmSince === null || isOver(record, at))
      )
        this.close(record, at, events)
    this.records = this.records.filter(s => s.open || at - s.resolvedAt! < RECORD_KEPT_MS)
  }

  private close(record: IncidentRecord, at: EpochMs, events: IncidentEvent[], word?: Word): void {
    record.open = false
    record.resolvedAt = at
    record.closedByPerson = word !== undefined && record.calmSince === null
    record.closedBy = word?.by ?? ''
    this.emit(record, 'resolved', at, events, word)
  }

  private upstreams(service: string, since: EpochMs): Upstream[] {
    return upstreamsOf(this.records, this.services, service, since)
  }

  private emit(record: IncidentRecord, event: EventName, at: EpochMs, events: IncidentEvent[], word?: Word): void {
    const e = this.assessment(record, event, at, word && { by: word.by, why: word.why })
    Object.assign(e, word?.more)
    if (word?.says) e.says = [word.says, ...(record.open ? (e.says ?? []) : [])]
    e.seq = record.seq++
    record.said = e
    events.push(e)
  }

  private assessment(
    record: IncidentRecord,
    event: EventName,
    at: EpochMs,
    by?: { by: string; why: string },
  ): IncidentEvent {
    const { title, changes } = this.service(record.service)
    // What has been over since the onset may still have been the cause.
    const upstream = this.upstreams(record.service, record.onset)
    return assess(
      record,
      event,
      at,
      { title, changes, upstream, others: othersOf(this.records, this.services, record) },
      by,
    )
  }

  /** A person's command. One for an incident that is not known any more, or that is not whole, changes nothing. */
  private carryOut(order: Order, events: IncidentEvent[]): void {
    if (!isWhole(order)) return
    carryOut(order, {
      records: this.records,
      changes: service => this.service(service).changes,
      emit: (record, event, word) => this.emit(record, event, order.at, events, word),
      close: (record, word) => this.close(record, order.at, events, word),
    })
  }
}
