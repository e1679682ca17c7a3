import type { Where } from '../../contract/incident.js'
import { isLabelName } from './rules.js'

/** `cell=eu-1,eu-2 tier=free` as labels with their values; null where it is no such thing. */
export function readWhere(text: string): Where | null {
  const where: Where = {}
  for (const part of text.trim().split(' ')) {
    if (part === '') continue
    const at = part.indexOf('=')
    const label = part.slice(0, Math.max(0, at))
    const values = part.slice(at + 1).split(',')
    if (!isLabelName(label) || Object.hasOwn(where, label) || values.includes('')) return null
    where[label] = [...new Set(values)]
  }
  return Object.keys(where).length === 0 ? null : where
}
