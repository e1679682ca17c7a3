import type { StatusPageConfig } from '../../contract/config.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { IncidentView, Reader } from '../../contract/view.js'
import { isoIn } from '../../core/calendar/zone.js'
import type { Desk } from './desk.js'
import { idOf } from './ids.js'
import type { PageView } from './page-view.js'
import { changesOf, type PublicIncident, publicIncidentOf, type Step } from './public-incident.js'
import { Answers } from './v2.js'

/** A picture follows what was committed within half a second; a message waits for it so often, so long. */
const LOOKS = 20
/** Pause between two looks. */
const LOOK_MS = 250

/** An incident as a page told it up to one of its events; null where the page does not show it. */
export function toldUpTo(
  picture: PageView,
  incident: IncidentView,
  event: Pick<IncidentEvent, 'seq'>,
): PublicIncident | null {
  const events = incident.events.filter(each => each.seq <= event.seq)
  const last = events.findLast(each => each.event !== 'updated' && each.event !== 'note')
  const open = last?.event !== 'resolved'
  const { components = [], parts } = picture.services.find(each => each.service === incident.service) ?? {}
  const view = { ...incident, open, resolvedAt: open ? null : incident.resolvedAt, events }
  const ids = components.map(each => each.id)
  return publicIncidentOf(view, picture.plan.leaves, ids, parts)
}

/**
 * Messages in the shape of Statuspage's subscriber webhooks for one event of an incident: the incident as it was told up
 * to then, and one for each component whose status the event changed. None where the page does not show the incident.
 */
export function webhookBodies(
  picture: PageView,
  incident: IncidentView,
  event: Pick<IncidentEvent, 'seq'>,
  origin: string,
): object[] {
  const told = toldUpTo(picture, incident, event)
  if (told === null) return []
  const { page, pageId, status } = picture
  const answers = new Answers(picture, origin)
  const step = told.steps.at(-1) as Step
  const before = told.steps.at(-2)?.statuses ?? new Map()
  const at = isoIn(step.at, page.timeZone)
  const frame = {
    meta: { unsubscribe: `${origin}/status`, documentation: `${origin}/status`, generated_at: at },
    page: { id: pageId, status_indicator: status.indicator, status_description: status.description },
  }
  const changed = changesOf(told.affected, before, step.statuses).filter(each => each.old !== each.new)
  return [
    { ...frame, incident: { ...answers.incident(told), ...NOT_PLANNED } },
    ...changed.map(each => ({
      ...frame,
      component_update: {
        id: idOf('component-update', told.id, step.seq, each.leaf.id),
        created_at: at,
        old_status: each.old,
        new_status: each.new,
        component_type: 'Component',
        component_id: each.leaf.id,
      },
      // As the event left it, whatever has come since.
      component: { ...answers.component(each.leaf), status: each.new },
    })),
  ]
}

/** Fields of a planned or back-dated incident, which Statuspage sends with each. */
const NOT_PLANNED = {
  backfilled: false,
  impact_override: null,
  scheduled_for: null,
  scheduled_until: null,
  scheduled_remind_prior: false,
  scheduled_reminded_at: null,
  scheduled_auto_in_progress: false,
  scheduled_auto_completed: false,
}

/** What a notifier of kind `statuspage` asks for each event, from the page as it is once it knows of the event. */
export function webhookComposer(
  desk: Desk,
  reader: Pick<Reader, 'incident'>,
  originOf: (page: StatusPageConfig) => string,
  sleep = (ms: number) => new Promise<void>(done => setTimeout(done, ms)),
): (event: IncidentEvent, page: string | null) => Promise<object[]> {
  return async (event, id) => {
    const page = desk.pages.find(each => id === null || each.id === id)
    if (page === undefined) return []
    const incident = await reader.incident(event.incident)
    if (incident === null) return []
    let picture = await desk.picture(page)
    const knows = () =>
      picture.incidents.some(each => each.view.id === incident.id && (each.view.events.at(-1)?.seq ?? -1) >= event.seq)
    for (let i = 0; i < LOOKS && !knows(); i++) {
      // An incident of parts that this page does not show never comes.
      if (webhookBodies(picture, incident, event, '').length === 0) return []
      await sleep(LOOK_MS)
      picture = await desk.picture(page)
    }
    return webhookBodies(picture, incident, event, originOf(page))
  }
}
