import type { Finding, Matter } from '../../contract/finding.js'
import type { EventName, IncidentEvent, IncidentKind } from '../../contract/incident.js'
import { CLOSED_BY_PERSON_MS, type Order } from '../../contract/order.js'
import type { Fact } from '../../contract/signal.js'
import { RECORD_KEPT_MS, REOPEN_MS } from '../../contract/thresholds.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Held } from '../../contract/view.js'
import type { Upstream } from '../explain/explain.js'
import {
  failsAfterAll,
  TALK,
  mayResolve,
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
import { followTracks, noiseOf, turnedAt, wholeTrack } from '../incident/recovery.js'
import { othersOf, SAME_ONSET_MS, upstreamsOf } from './around.js'
import { isWhole } from './command.js'
import { heldOf } from './held.js'
import { pictureOf } from './picture.js'
import { judgedService, noteAlarm, noteTrouble, TROUBLE_MS, withoutWords, type JudgedService } from './service.js'
import {
  forgetSince,
  newStory,
  noteBack,
  raiseSeverity,
  rememberCourse,
  rememberCrowd,
  rememberWorst,
  rule,
  type Story,
} from './story.js'

/** Facts kept for one service; the oldest go first. A busy team ships some hundred changes a week. */
const MAX_FACTS = 1_000
/** An incident without findings for so long is closed: they stop after the aftermath. Of exposure people tell in ones and twos. */
const [SILENT_MS, SECURITY_SILENT_MS] = [15 * MINUTE, HOUR]
/** Recovery is told as such from here on. */
const RECOVERING_FROM = 0.3
/** The onset is refined while evidence comes in for so long after the opening. */
const ONSET_SETTLES_MS = 15 * MINUTE
/** What a snapshot holds of the judge. */
export interface JudgeSnapshot {
  services: Map<string, JudgedService>
  stories: Story[]
}

/** Sees all services of a workspace and decides: what is an incident, what it is called, why it may be, and when it is over. */
export class Judge {
  private services = new Map<string, JudgedService>()
  /** Open incidents, and those that may still reopen. */
  stories: Story[] = []

  /** Folds one matter; decisions go to `events` in order. */
  take(matter: Matter, events: IncidentEvent[]): void {
    switch (matter.type) {
      case 'fact':
        this.noteFact(matter.fact)
        return
      case 'finding':
        this.hear(matter, events)
        return
      case 'order':
        this.obey(matter, events)
        return
      case 'tick':
        this.tick(matter.at, events)
        return
      default:
        matter satisfies never
    }
  }

  openIncidents(service: string): Story[] {
    return this.stories.filter(s => s.service === service && s.open)
  }

  /** Trouble that is still measured although a person called its incident over. */
  held(service: string, now: EpochMs): Held[] {
    return heldOf(this.stories, service, now)
  }

  inAlarm(service: string, now: EpochMs): boolean {
    const s = this.services.get(service)
    return s !== undefined && s.alarmOnset !== null && now - s.alarmAt <= 2 * MINUTE
  }

  /** As if nothing had ever been heard of it. */
  forget(service: string): void {
    this.services.delete(service)
    this.stories = this.stories.filter(story => story.service !== service)
  }

  snapshot(): JudgeSnapshot {
    return { services: this.services, stories: this.stories }
  }

  static open({ services, stories, ...rest }: JudgeSnapshot): Judge {
    rest satisfies Record<string, never>
    const judge = new Judge()
    judge.services = services
    judge.stories = stories
    return judge
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
      s.dependsOn = fact.dependsOn
    } else if (fact.via === 'change') {
      s.changes = [...s.changes.filter(c => c.id !== fact.id), fact].slice(-MAX_FACTS)
    } else s.notices = [...s.notices.filter(n => n.id !== fact.id), withoutWords(fact)].slice(-MAX_FACTS)
  }

  private hear(f: Finding, events: IncidentEvent[]): void {
    const s = this.service(f.service)
    if (f.alarm && f.strand === 'bad') {
      // Of several at once the first stands for the service.
      if (!f.branch || s.alarmAt !== f.at) s.alarmOnset = f.onset
      s.alarmAt = f.at
    }
    if (!f.calm) noteTrouble(s.trouble, f)
    const story = this.storyOf(f)
    if (story?.open) this.follow(story, f, events)
    else this.consider(s, story, f, events)
  }

  /** The story that a finding goes on with: its own, or for a fresh trouble the one that ended last and may come back. */
  private storyOf(f: Finding): Story | undefined {
    const branch = f.branch ?? ''
    const known = this.stories.filter(
      x =>
        x.service === f.service &&
        x.strand === f.strand &&
        (x.open || f.at - x.resolvedAt! < REOPEN_MS || f.onset < x.resolvedAt! || x.closedByPerson),
    )
    const own = known.filter(x => x.branch === branch)
    const story = own.find(x => x.open) ?? own.findLast(x => f.onset < x.resolvedAt!)
    if (story || branch !== '') return story
    return known.reduce<Story | undefined>(
      (a, b) => (b.open || (a && a.resolvedAt! > b.resolvedAt!) ? a : b),
      undefined,
    )
  }

  /** No incident is open on this strand: open one, reopen the last, or wait. */
  private consider(s: JudgedService, last: Story | undefined, f: Finding, events: IncidentEvent[]): void {
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
      badOpen: this.stories.some(x => x.open && x.service === f.service && x.strand === 'bad' && x.kind !== 'degraded'),
      slowOpen: this.stories.some(
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
    const other = f.branch ? undefined : this.sameTrouble(f, verdict.kind)
    // Some failures beside more slowness do not make it an outage.
    if (other && f.strand === 'bad' && (f.share ?? 0) < (other.finding?.share ?? 0)) return
    if (other) {
      other.strand = f.strand
      other.kind = verdict.kind
      other.tracks = []
      this.absorb(other, f)
      this.tell(other, 'updated', f.at, events)
      return
    }
    // The same trouble (its onset lies before the end that was called), or one like it so soon: the story goes on.
    if (last && (last.kind === verdict.kind || (f.onset < last.resolvedAt! && verdict.kind !== 'security'))) {
      last.open = true
      last.backAt = last.resolvedAt
      last.closedByPerson = false
      last.resolvedAt = null
      last.recovering = false
      last.calmSince = null
      // The next wave is measured against its own worst.
      last.tracks = []
      this.absorb(last, f)
      this.tell(last, 'reopened', f.at, events)
      return
    }
    const story = newStory(this.idFor(f), f, verdict.kind, severityOf(f, verdict.kind))
    this.stories.push(story)
    this.absorb(story, f)
    this.tell(story, 'opened', f.at, events)
  }

  /**
   * The open story of the other strand that this finding belongs to: vague complaints that turn out to be slowness, or slowness
   * that turns into failure within minutes of its onset.
   */
  private sameTrouble(f: Finding, kind: IncidentKind): Story | undefined {
    return this.stories.find(
      x =>
        x.open &&
        x.service === f.service &&
        x.strand !== f.strand &&
        x.kind === 'degraded' &&
        (f.strand === 'slow' || (kind === 'outage' && Math.abs(f.onset - x.onset) <= SAME_ONSET_MS)),
    )
  }

  private idFor(f: Finding): string {
    const stamp = new Date(f.at).toISOString().replace(/[-:]/g, '').slice(0, 13).replace('T', '-')
    const id = `${f.service}-${stamp}${f.strand === 'slow' ? '-slow' : ''}`
    // Two that are told apart may open in one minute.
    const same = this.stories.filter(x => x.id === id || x.id.startsWith(`${id}-b`)).length
    return same > 0 && f.branch ? `${id}-b${same + 1}` : id
  }

  private absorb(story: Story, f: Finding): void {
    story.lastFindingAt = f.at
    story.finding = f
    if (f.partedSince !== undefined) forgetSince(story, f.partedSince)
    // A relapse has an onset of its own; the story began when it began.
    if (f.at - story.openedAt < ONSET_SETTLES_MS) {
      story.onset = Math.max(f.onset, story.notBefore)
      story.onsetInterval = f.onset < story.notBefore ? [story.notBefore, f.at] : f.onsetInterval
    }
    story.security = securityOf(f, story.security)
    if (f.tracks.length > 0) followTracks(story.tracks, f.tracks, f.at)
    rememberCourse(story, f)
    rememberCrowd(story, f)
    rememberWorst(story, f)
    // What people alone reported and machines then saw failing is an outage after all.
    const ours =
      story.kind === 'degraded' ||
      story.kind === 'security' ||
      (story.kind === 'upstream' && sureShare(f, 2) >= UPSTREAM_SHARE)
    if (ours && f.strand === 'bad' && ownFailure(f)) story.kind = 'outage'
    else if (story.kind === 'degraded' && f.strand === 'bad' && f.alarm && failsAfterAll(f)) story.kind = 'outage'
    raiseSeverity(story, severityOf(f, story.kind), f.at)
    // Whoever still sees what is not theirs keeps it open, however healthy the requests are; so does the other strand of the same trouble.
    const besideStill = this.service(story.service).trouble.some(
      x => x.strand !== story.strand && f.at - x.at <= TROUBLE_MS && Math.abs(x.onset - story.onset) <= SAME_ONSET_MS,
    )
    const calm = f.calm && !besideStill && !(story.security.state === 'suspected' && f.crowd.exposures > 0)
    story.calmSince = calm ? (story.calmSince ?? f.at) : null
  }

  private follow(story: Story, f: Finding, events: IncidentEvent[]): void {
    const before = story.severity
    this.absorb(story, f)
    if (mayResolve(story.calmSince, f.at)) {
      this.close(story, f.at, events)
      return
    }
    const next = this.picture(story, 'updated', f.at)
    const recovered = next.recovery?.recovered ?? 0
    const measured = wholeTrack(story.tracks)?.unit === 'share'
    const noise = noiseOf(story.tracks)
    noteBack(story, recovered, f.at)
    if (
      before === 'minor' &&
      story.severity !== before &&
      !measured &&
      recovered < RECOVERING_FROM &&
      story.backAt !== null
    ) {
      this.part(story, story.backAt, f, events)
      return
    }
    if (!story.recovering && recovered - 1.5 * noise >= RECOVERING_FROM && turnedAt(story.tracks) !== null) {
      story.recovering = true
      this.tell(story, 'recovering', f.at, events)
      return
    }
    if (story.recovering && recovered < RECOVERING_FROM - 0.15) story.recovering = false
    if (updateReason(next, story.said!, f.at, f.at - story.openedAt, measured, noise))
      this.tell(story, 'updated', f.at, events)
  }

  /**
   * What people alone reported was small and over, and now is far larger: that is no relapse but another trouble, which began when the
   * first was last seen to be over. The first ends here, as small as it was.
   */
  private part(first: Story, backAt: EpochMs, f: Finding, events: IncidentEvent[]): void {
    first.severity = first.rises.pop()?.from ?? first.severity
    this.close(first, f.at, events)
    const story = newStory(this.idFor(f), f, first.kind, severityOf(f, first.kind))
    story.notBefore = backAt
    this.stories.push(story)
    this.absorb(story, f)
    this.tell(story, 'opened', f.at, events)
  }

  private tick(at: EpochMs, events: IncidentEvent[]): void {
    for (const story of this.stories)
      if (story.open && at - story.lastFindingAt >= (story.kind === 'security' ? SECURITY_SILENT_MS : SILENT_MS))
        this.close(story, at, events)
    this.stories = this.stories.filter(s => s.open || at - s.resolvedAt! < RECORD_KEPT_MS)
  }

  private close(story: Story, at: EpochMs, events: IncidentEvent[], by?: { by: string; why: string }): void {
    story.open = false
    story.resolvedAt = at
    story.closedByPerson = by !== undefined && story.calmSince === null
    story.closedBy = by?.by ?? ''
    this.tell(story, 'resolved', at, events, by)
  }

  private upstreams(service: string, since: EpochMs): Upstream[] {
    return upstreamsOf(this.stories, this.services, service, since)
  }

  private tell(
    story: Story,
    event: EventName,
    at: EpochMs,
    events: IncidentEvent[],
    by?: { by: string; why: string },
  ): void {
    const e = this.picture(story, event, at, by)
    e.seq = story.seq++
    story.said = e
    events.push(e)
  }

  private picture(story: Story, event: EventName, at: EpochMs, by?: { by: string; why: string }): IncidentEvent {
    const { title, changes } = this.service(story.service)
    // What has been over since the onset may still have been the cause.
    const upstream = this.upstreams(story.service, story.onset)
    return pictureOf(
      story,
      event,
      at,
      { title, changes, upstream, others: othersOf(this.stories, this.services, story) },
      by,
    )
  }

  /** A person's command. One for an incident that is not known any more, or that is not whole, changes nothing. */
  private obey(order: Order, events: IncidentEvent[]): void {
    const story = this.stories.find(s => s.id === order.incident)
    if (!story || !isWhole(order)) return
    const by = { by: order.by, why: order.why }
    const refs = [order.id, ...(order.href ? [order.href] : [])]
    switch (order.verb) {
      case 'resolve':
        if (story.open) this.close(story, order.at, events, by)
        return
      case 'confirm':
      case 'rule-out':
        rule(story, order, refs, this.service(story.service).changes)
        this.tell(story, story.open ? 'updated' : 'note', order.at, events, by)
        return
      case 'mute':
      case 'unmute':
        // Who is told is decided where messages are sent, by the head of the incident.
        return
      case 'say': {
        const e = this.picture(story, story.open ? 'updated' : 'note', order.at, by)
        e.says = [{ text: order.text ?? '', refs }, ...(story.open ? (e.says ?? []) : [])]
        e.seq = story.seq++
        story.said = e
        events.push(e)
        return
      }
      default:
        order.verb satisfies never
    }
  }
}
