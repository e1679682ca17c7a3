import type { EpochMs } from '../../contract/time.js'
import { isoIn } from '../../core/calendar/zone.js'
import type { Told } from '../../core/vendors/told.js'
import { englishTitle } from '../pages/status/title.js'
import { idOf } from './ids.js'
import type { Window } from './maintenance.js'
import { groupShown, type Part, type PageView } from './page-view.js'
import { isGroup, type Group, type Leaf } from './plan.js'
import { changesOf, type ComponentStatus, type Step, type PublicIncident } from './public-incident.js'

/**
 * The answers of Statuspage's public API v2, from one picture. Every field of it is always there, with null where there
 * is nothing to say; what that format cannot say stands in an object `epicenter`, which old clients do not read.
 */

/** As many as Statuspage gives. */
export const INCIDENTS_LISTED = 50

export class Answers {
  readonly #zone: string
  readonly #components: Map<string, object>

  constructor(
    private readonly picture: PageView,
    /** `https://status.example.com`, without a slash at the end. */
    private readonly origin: string,
  ) {
    this.#zone = picture.page.timeZone
    this.#components = new Map(picture.parts.map(each => [each.leaf.id, this.#leaf(each)]))
  }

  #time(at: EpochMs): string {
    return isoIn(at, this.#zone)
  }

  #timeOrNull(at: EpochMs | null): string | null {
    return at === null ? null : this.#time(at)
  }

  page() {
    const { page, pageId, updatedAt, asOf } = this.picture
    return {
      id: pageId,
      name: page.title,
      url: this.origin,
      time_zone: page.timeZone,
      updated_at: this.#time(updatedAt),
      epicenter: { as_of: this.#time(asOf) },
    }
  }

  status() {
    const { status, parts } = this.picture
    const count = (state: string) => parts.filter(each => each.shown === state).length
    // Two components of a service are told of in the same words, once.
    const said = new Map<Told['notice'], object>()
    for (const { leaf, told } of parts)
      for (const each of told.filter(each => each.isTrouble))
        if (!said.has(each.notice)) said.set(each.notice, { service: leaf.service, ...this.#told(each) })
    return { ...status, epicenter: { components: parts.length, unknown: count('unknown'), told: [...said.values()] } }
  }

  /** In the words of whoever says it, with their time and ours. */
  #told({ source, whole, says, impact, status, title, href, at, seenAt, parts }: Told): object {
    const [saidAt, readAt] = [this.#time(at), this.#time(seenAt)]
    return { source, whole, says, impact, status, title, url: href, said_at: saidAt, read_at: readAt, parts }
  }

  #leaf(part: Part) {
    const { leaf, share } = part
    return {
      id: leaf.id,
      name: leaf.name,
      status: part.status,
      created_at: this.#time(part.createdAt),
      updated_at: this.#time(part.updatedAt),
      position: leaf.position,
      description: this.#describe(part),
      showcase: true,
      start_date: isoIn(part.createdAt, this.#zone).slice(0, 10),
      group_id: leaf.group?.id ?? null,
      page_id: this.picture.pageId,
      group: false,
      only_show_if_degraded: false,
      epicenter: {
        service: leaf.service,
        component: leaf.component,
        state: part.shown,
        data_at: this.#timeOrNull(part.shown === 'unknown' ? part.dataAt : null),
        share,
        incidents: part.incidents.map(each => each.id),
        told: part.told.map(each => this.#told(each)),
      },
    }
  }

  /** Clients that know no `unknown` can read it here. */
  #describe({ shown, dataAt, learning }: Part): string | null {
    if (shown !== 'unknown') return null
    if (learning) return 'Status unknown: what is usual here has not been learned yet.'
    return dataAt === null
      ? 'Status unknown: no data has arrived yet.'
      : `Status unknown: no current data; the newest is from ${new Date(dataAt).toISOString().slice(0, 16)}Z.`
  }

  #group(group: Group) {
    const { pageId } = this.picture
    const parts = group.leaves.flatMap(leaf => this.picture.byLeaf.get(leaf.id) ?? [])
    const { shown, status } = groupShown(group, this.picture)
    const created = Math.min(...parts.map(each => each.createdAt))
    return {
      id: group.id,
      name: group.name,
      status,
      created_at: this.#time(created),
      updated_at: this.#time(Math.max(...parts.map(each => each.updatedAt))),
      position: group.position,
      description: group.description,
      showcase: false,
      start_date: null,
      group_id: null,
      page_id: pageId,
      group: true,
      only_show_if_degraded: false,
      components: group.leaves.map(each => each.id),
      epicenter: { state: shown },
    }
  }

  components(): object[] {
    return this.picture.plan.rows.flatMap(row =>
      isGroup(row) ? [this.#group(row), ...row.leaves.map(leaf => this.#componentOf(leaf))] : [this.#componentOf(row)],
    )
  }

  component(leaf: Leaf): object {
    return this.#componentOf(leaf)
  }

  #componentOf(leaf: Leaf): object {
    return this.#components.get(leaf.id) as object
  }

  link(kind: 'incidents' | 'maintenance', id: string): string {
    return `${this.origin}/${kind}/${id}`
  }

  incident(told: PublicIncident): object {
    const { view } = told
    const folded = (told.steps.at(-1) as Step).folded
    return {
      id: told.id,
      name: englishTitle(told, this.picture),
      status: told.status,
      created_at: this.#time(view.openedAt),
      updated_at: this.#time(told.updatedAt),
      monitoring_at: this.#timeOrNull(told.monitoringAt),
      resolved_at: this.#timeOrNull(told.resolvedAt),
      impact: told.impact,
      shortlink: this.link('incidents', told.id),
      started_at: this.#time(told.startedAt),
      page_id: this.picture.pageId,
      incident_updates: this.updates(told),
      components: told.affected.map(leaf => this.#componentOf(leaf)),
      ...this.#postmortem(view.id),
      reminder_intervals: null,
      epicenter: {
        incident: view.id,
        service: view.service,
        kind: folded.kind ?? view.kind,
        severity: folded.severity ?? view.severity,
        pattern: folded.pattern ?? null,
        started_at_interval: folded.startedAtInterval ?? null,
        ...segmentsOf(folded),
        causes: (folded.causes ?? []).map(({ subject, title, state, probability }) => ({
          subject,
          title,
          state,
          probability,
        })),
        unexplained: folded.unexplained ?? null,
        security: folded.security?.state ?? null,
      },
    }
  }

  #postmortem(id: string) {
    const found = this.picture.postmortems.get(id)
    if (!found) return NO_POSTMORTEM
    return {
      ...NO_POSTMORTEM,
      postmortem_body: found.body,
      postmortem_body_last_updated_at: this.#time(found.changedAt),
      postmortem_published_at: this.#time(found.at),
    }
  }

  /** Newest first, as Statuspage has them. */
  updates(told: PublicIncident): object[] {
    const all: object[] = []
    let before = new Map<string, ComponentStatus>()
    for (const step of told.steps) {
      if (!step.news) continue
      all.push({
        id: step.id,
        status: step.status,
        body: step.body,
        incident_id: told.id,
        created_at: this.#time(step.at),
        updated_at: this.#time(step.at),
        display_at: this.#time(step.at),
        affected_components: changesOf(told.affected, before, step.statuses).map(each => ({
          code: each.leaf.id,
          name: each.leaf.name,
          old_status: each.old,
          new_status: each.new,
        })),
        ...NO_TWEET,
        epicenter: {
          seq: step.seq,
          event: step.event.event,
          by: step.event.by ?? null,
          says: step.event.says ?? [],
          ...segmentsOf(step.folded),
        },
      })
      before = step.statuses
    }
    return all.reverse()
  }

  maintenance(window: Window): object {
    const { pageId } = this.picture
    const { status, from, until, announcedAt } = window
    const steps = stepsOf(window)
    return {
      id: window.id,
      name: window.title,
      status,
      created_at: this.#time(announcedAt),
      updated_at: this.#time(status === 'scheduled' ? announcedAt : status === 'in_progress' ? from : until),
      monitoring_at: null,
      resolved_at: this.#timeOrNull(status === 'completed' ? until : null),
      impact: 'maintenance',
      shortlink: this.link('maintenance', window.id),
      started_at: this.#time(announcedAt),
      page_id: pageId,
      incident_updates: steps.reverse().map(step => ({
        id: idOf('update', window.id, step.status),
        status: step.status,
        body: step.body,
        incident_id: window.id,
        created_at: this.#time(step.at),
        updated_at: this.#time(step.at),
        display_at: this.#time(step.at),
        affected_components: window.affected.map(leaf => ({
          code: leaf.id,
          name: leaf.name,
          old_status: step.status === 'completed' ? 'under_maintenance' : 'operational',
          new_status: step.status === 'in_progress' ? 'under_maintenance' : 'operational',
        })),
        ...NO_TWEET,
      })),
      components: window.affected.map(leaf => this.#componentOf(leaf)),
      scheduled_for: this.#time(from),
      scheduled_until: this.#time(until),
      ...NO_POSTMORTEM,
      reminder_intervals: null,
      epicenter: { plan: window.plan },
    }
  }

  // The eight answers.

  incidents() {
    return {
      page: this.page(),
      incidents: this.picture.incidents.slice(0, INCIDENTS_LISTED).map(each => this.incident(each)),
    }
  }

  unresolved() {
    return { page: this.page(), incidents: this.#open() }
  }

  #open(): object[] {
    return this.picture.incidents.filter(each => each.status !== 'resolved').map(each => this.incident(each))
  }

  /** The running ones and those nearest to now, newest start first. */
  maintenances(...states: Window['status'][]) {
    const { windows, now } = this.picture
    const away = ({ from, until }: Window) => Math.max(0, from - now, now - until)
    const chosen = windows
      .filter(each => states.length === 0 || states.includes(each.status))
      .sort((a, b) => away(a) - away(b))
      .slice(0, INCIDENTS_LISTED)
      .sort((a, b) => b.from - a.from || (a.id < b.id ? -1 : 1))
    return { page: this.page(), scheduled_maintenances: chosen.map(each => this.maintenance(each)) }
  }

  summary() {
    return {
      page: this.page(),
      components: this.components(),
      incidents: this.#open(),
      scheduled_maintenances: this.maintenances('scheduled', 'in_progress').scheduled_maintenances,
      status: this.status(),
    }
  }
}

const NO_TWEET = { deliver_notifications: true, custom_tweet: null, tweet_id: null }
const NO_POSTMORTEM = {
  postmortem_body: null,
  postmortem_body_last_updated_at: null,
  postmortem_ignored: false,
  postmortem_published_at: null,
  postmortem_notified_subscribers: false,
  postmortem_notified_twitter: false,
}

/** Who is affected, who is not, and how far it is over. */
function segmentsOf({ segments, unaffected, uneven, recovery }: Step['folded']) {
  return {
    segments: segments ?? [],
    unaffected: unaffected ?? {},
    uneven: uneven ?? [],
    recovery: recovery ?? null,
  }
}

/** What the clock says of a window. Whether the work was done is not claimed. */
export function stepsOf({
  status,
  from,
  until,
  announcedAt,
  text,
}: Window): { status: Window['status']; at: EpochMs; body: string }[] {
  const steps: { status: Window['status']; at: EpochMs; body: string }[] = [
    { status: 'scheduled', at: announcedAt, body: text === '' ? 'Maintenance is scheduled.' : text },
  ]
  if (status !== 'scheduled') steps.push({ status: 'in_progress', at: from, body: 'The scheduled window has begun.' })
  if (status === 'completed') steps.push({ status: 'completed', at: until, body: 'The scheduled window is over.' })
  return steps
}
