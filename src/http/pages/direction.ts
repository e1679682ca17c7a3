import type { IncidentEvent } from '../../contract/incident.js'
import type { IncidentView, Reader, ServiceNow } from '../../contract/view.js'

// What others wrote may run the other way, or say that what follows does. It is shown so that it turns nothing but itself.

const TURNING = /[\u202a-\u202e]/g
const ISOLATES = /[\u2066-\u2069]/g
const [LEFT, FIRST, END] = ['\u2066', '\u2068', '\u2069']
const RIGHT_TO_LEFT =
  /[\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}\p{sc=Adlm}\p{sc=Mand}\p{sc=Samr}\p{sc=Rohg}\u200f\u061c]/u

/** Without characters that turn around what comes after; isolates stay where each has its end. */
export function unturned(text: string): string {
  if (text.search(/[\u202a-\u202e\u2066-\u2069]/) < 0) return text
  const plain = text.replace(TURNING, '')
  let depth = 0
  for (const c of plain) {
    if (c >= LEFT! && c <= FIRST!) depth++
    else if (c === END && --depth < 0) break
  }
  return depth === 0 ? plain : plain.replace(ISOLATES, '')
}

/**
 * A name as it stands within a line of plain text: one that runs right to left gets an isolate around it (UAX 9), as
 * `<bdi>` does in HTML, so that numbers and words beside it stay where they are.
 *
 * @example
 * isolated('Shop') // => 'Shop'
 */
export function isolated(text: string): string {
  const plain = unturned(text)
  if (!RIGHT_TO_LEFT.test(plain) || (plain.startsWith(FIRST!) && plain.endsWith(END!))) return plain
  return `${FIRST}${plain.replace(ISOLATES, '')}${END}`
}

const ofService = (row: ServiceNow): ServiceNow => ({
  ...row,
  title: isolated(row.title),
  components: row.components.map(each => ({ ...each, name: isolated(each.name) })),
  dependsOn: row.dependsOn.map(each => ({ ...each, name: isolated(each.name) })),
  ...(row.held === undefined ? {} : { held: row.held.map(each => ({ ...each, by: isolated(each.by) })) }),
})

const ofEvent = (event: IncidentEvent): IncidentEvent => ({
  ...event,
  ...(event.by === undefined ? {} : { by: isolated(event.by) }),
  ...(event.why === undefined ? {} : { why: isolated(event.why) }),
  ...(event.causes === undefined
    ? {}
    : { causes: event.causes.map(each => ({ ...each, title: isolated(each.title) })) }),
})

const ofIncident = (view: IncidentView): IncidentView => ({
  ...view,
  title: isolated(view.title),
  ...(view.muted === undefined ? {} : { muted: { ...view.muted, by: isolated(view.muted.by) } }),
  latest: ofEvent(view.latest),
  events: view.events.map(ofEvent),
})

/** What pages read: names that others gave are isolated once, here, wherever a page puts them. */
export function isolating<R extends Reader>(reader: R): Reader {
  return {
    workspace: async () => {
      const workspace = await reader.workspace()
      return { ...workspace, title: isolated(workspace.title) }
    },
    services: async () => (await reader.services()).map(ofService),
    service: async id => {
      const row = await reader.service(id)
      return row && ofService(row)
    },
    rollups: (...asked) => reader.rollups(...asked),
    days: (...asked) => reader.days(...asked),
    incidents: async query => (await reader.incidents(query)).map(ofIncident),
    incident: async id => {
      const view = await reader.incident(id)
      return view && ofIncident(view)
    },
    orders: incident => reader.orders(incident),
    facts: async (...asked) =>
      (await reader.facts(...asked)).map(fact => ({
        ...fact,
        ...(fact.title === undefined ? {} : { title: isolated(fact.title) }),
        ...(fact.via === 'notice' && fact.source !== undefined ? { source: isolated(namely(fact.source)) } : {}),
      })),
  }
}

/** A source that calls itself by an id, `vendor-status-page`, in words: an id is never a name. One that has a point or a capital stays. */
const namely = (source: string): string =>
  /^[a-z0-9]+(?:[-_][a-z0-9]+)+$/.test(source) ? source.replace(/[-_]/g, ' ') : source
