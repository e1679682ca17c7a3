import { type Entry, SECTIONS, type Section } from '../../contract/console/settings.js'
import type { Finding } from '../config/finding.js'

const PLACE = /^([a-z]+)\[(\d+)\]\.?(.*)$/i

/**
 * A finding about an entry that the console keeps, told by the entry's id; null where it is about the file.
 *
 * @param own what the file says
 * @param whole the same with what is kept behind it
 */
export function keptAt(finding: Finding, own: unknown, whole: unknown): Finding | null {
  const [, name, index = '', at = ''] = PLACE.exec(finding.path) ?? []
  const section = SECTIONS.find(each => each === name)
  if (section === undefined) return null
  const count = listIn(own, section).length
  const entry = listIn(whole, section)[Number(index)]
  if (Number(index) < count || entry === undefined) return null
  const id = String(entry['id'])
  return { ...finding, path: `${section} ${id} of the console${at === '' ? '' : `: ${at}`}`, kept: { section, id, at } }
}

function listIn(file: unknown, section: Section): readonly Entry[] {
  const list = (file as Record<string, unknown> | null)?.[section]
  return Array.isArray(list) ? (list as Entry[]) : []
}
