import { isolated } from '../direction.js'
import type { PageView } from '../../statuspage/page-view.js'
import type { PublicIncident } from '../../statuspage/public-incident.js'
import { worstOf } from '../incident/incident.js'
import { outageSentence, type Voice } from '../words.js'

/** What the engine called it is English; in other languages it is called by its kind, as on its own page. */
export function titleOf(
  { view, resolvedAt, status }: PublicIncident,
  { services }: Pick<PageView, 'services'>,
  voice: Pick<Voice, 't' | 'f'>,
): string {
  const { t } = voice
  if (t.lang === 'en') return view.title
  const found = services.find(each => each.service === view.service) ?? { title: view.service, components: [] }
  const title = isolated(found.title)
  const service = { title, components: found.components.map(each => ({ ...each, name: isolated(each.name) })) }
  const over = resolvedAt !== null
  if (status === 'monitoring') return t.incident.headlineRecovering(title)
  if (view.kind === 'outage') return outageSentence(over ? worstOf(view.events) : view.latest, service, over, voice)
  return (over ? t.incident.headlineOver : t.incident.headline)[view.kind](title)
}
