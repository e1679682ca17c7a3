import type { Where } from '../../contract/incident.js'
import type { Broadcast, Interest } from '../../contract/subscribers/subscriber.js'

/**
 * Whether news concerns somebody. What they said of themselves keeps news away only where it is seen to be of others: a part
 * that is hit says nothing of a label that they did not name.
 */
export function concerns(
  { pages, segments, fine }: Pick<Broadcast, 'pages' | 'segments' | 'fine'>,
  { page, components, labels }: Pick<Interest, 'page' | 'components' | 'labels'>,
): boolean {
  const touched = pages[page]
  if (touched === undefined) return false
  if (components.length > 0 && !components.some(each => touched.includes(each))) return false
  if (Object.entries(labels).some(([label, value]) => fine[label]?.includes(value) === true)) return false
  return segments.length === 0 || segments.some(where => mayBeIn(where, labels))
}

const mayBeIn = (where: Where, labels: Record<string, string>): boolean =>
  Object.entries(where).every(([label, values]) => {
    const own = Object.hasOwn(labels, label) ? labels[label] : undefined
    return own === undefined || values.includes(own)
  })
