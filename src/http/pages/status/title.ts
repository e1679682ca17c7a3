import type { PageView } from '../../statuspage/page-view.js'
import type { PublicIncident } from '../../statuspage/public-incident.js'
import { incidentName } from '../incident/name.js'
import { speechOf } from '../language.js'
import type { Voice } from '../words.js'

/** What an incident of a page is called, as on its own page. */
export function titleOf(
  { view }: Pick<PublicIncident, 'view'>,
  { services }: Pick<PageView, 'services'>,
  speech: Pick<Voice, 't' | 'f'>,
): string {
  const owner = services.find(each => each.service === view.service) ?? { title: view.service, components: [] }
  return incidentName(view, owner, speech)
}

/** The same for programs, which are told in English. */
export const englishTitle = (told: Pick<PublicIncident, 'view'>, picture: Pick<PageView, 'services'>): string =>
  titleOf(told, picture, speechOf('en'))
