import { LOOKBACK_MS } from '../../contract/thresholds.js'
import type { EpochMs } from '../../contract/time.js'
import type { IncidentView, Reader, ServiceNow } from '../../contract/view.js'
import type { Past } from '../../core/words/postmortem.js'
import { asOf, type Story } from '../../core/words/story.js'
import { incidentName } from '../pages/incident/name.js'
import type { Speech } from '../pages/language.js'

/** Earlier incidents that a post-mortem is held against. */
const PAST_READ = 50

/** What is on record of an incident, and the service it is of. */
export interface Read {
  story: Story
  incident: IncidentView
  service: Pick<ServiceNow, 'title' | 'components'>
}

/** Reads all that may be said of an incident, as it stood at a time; null: there is no such incident. */
export async function readStory(reader: Reader, id: string, at: EpochMs | null = null): Promise<Read | null> {
  const incident = await reader.incident(id)
  if (incident === null) return null
  const { now } = await reader.workspace()
  return { incident, ...(await storyOf(reader, incident, at ?? now)) }
}

/** The same for an incident that was read. */
export async function storyOf(reader: Reader, incident: IncidentView, at: EpochMs): Promise<Omit<Read, 'incident'>> {
  const [found, orders, facts] = await Promise.all([
    reader.service(incident.service),
    reader.orders(incident.id),
    reader.facts(incident.service, incident.startedAt - LOOKBACK_MS, at + 1),
  ])
  const service = found ?? { title: incident.service, components: [] }
  const { title, components } = service
  const whole: Story = { incident: incident.id, title, components, events: incident.events, orders, facts, now: at }
  return { story: asOf(whole, at), service }
}

/** Earlier incidents of the same service, for how long things take there. */
export async function pastOf(reader: Reader, { id, service, openedAt }: IncidentView): Promise<Past[]> {
  const found = await reader.incidents({ service, limit: PAST_READ, before: openedAt })
  return found.filter(each => each.id !== id)
}

export const nameOf = ({ incident, service }: Read, speech: Speech): string => incidentName(incident, service, speech)
