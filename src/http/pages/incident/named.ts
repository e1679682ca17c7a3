import type { IncidentView, Reader, ServiceNow } from '../../../contract/view.js'
import { incidentName } from './name.js'
import { speechOf } from '../language.js'

/** An incident under the one name that pages, feeds and messages give it, in English; each event as it was called by then. */
export function namedView(view: IncidentView, service: ServiceNow | null | undefined): IncidentView {
  const owner = service ?? { title: view.service, components: [] }
  const speech = speechOf('en')
  const nameBy = (count: number) =>
    incidentName({ events: view.events.slice(0, count), kind: view.kind }, owner, speech)
  const title = view.events.length > 0 ? nameBy(view.events.length) : view.title
  return {
    ...view,
    title,
    latest: view.latest.title === undefined ? view.latest : { ...view.latest, title },
    events: view.events.map((event, i) => (event.title === undefined ? event : { ...event, title: nameBy(i + 1) })),
  }
}

/** The same of several, which may be of several services. */
export async function namedViews(
  reader: Pick<Reader, 'service'>,
  views: readonly IncidentView[],
): Promise<IncidentView[]> {
  const ids = [...new Set(views.map(each => each.service))]
  const owners = new Map(await Promise.all(ids.map(async id => [id, await reader.service(id)] as const)))
  return views.map(each => namedView(each, owners.get(each.service)))
}
