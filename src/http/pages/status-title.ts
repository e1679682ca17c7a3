import { isolated } from './direction.js'
import type { Picture } from '../statuspage/picture.js'
import type { Told } from '../statuspage/told.js'
import type { Voice } from './words.js'

/** What the engine called it is English; in other languages it is called by its kind, as on its own page. */
export function titleOf(
  { view, resolvedAt, status }: Told,
  { services }: Pick<Picture, 'services'>,
  { t }: Voice,
): string {
  if (t.lang === 'en') return view.title
  const service = isolated(services.find(each => each.service === view.service)?.title ?? view.service)
  if (status === 'monitoring') return t.incident.headlineRecovering(service)
  return (resolvedAt === null ? t.incident.headline : t.incident.headlineOver)[view.kind](service)
}
