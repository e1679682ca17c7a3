import { join } from 'node:path'
import { PermanentError } from '../../contract/error.js'
import { type Entry, SECTIONS, type Section, type Settled, type SettingsFile } from '../../contract/console/settings.js'
import { readWhole, writeAside } from '../folder/key-file.js'

const FILE = 'settings.json'
export const settingsFile = (data: string): string => join(data, FILE)
export const nothingKept = (): SettingsFile => ({ version: 1, edition: 0, entries: [], audit: [] })

/** What the console keeps in a data folder; nothing where the file is not there. @throws PermanentError for a file that is none of ours */
export function readSettings(data: string): SettingsFile {
  const file = settingsFile(data)
  const read = readWhole(
    file,
    text => JSON.parse(text) as Partial<SettingsFile>,
    'restore it from a backup, or move it away',
  )
  if (read === null) return nothingKept()
  if (read.version !== 1)
    throw new PermanentError(`${file} is of version ${String(read.version)}; this program reads version 1`)
  const { edition, entries, audit } = read
  const whole =
    Number.isSafeInteger(edition) &&
    Array.isArray(entries) &&
    Array.isArray(audit) &&
    entries.every(each => SECTIONS.includes(each?.section) && typeof each.value === 'object' && each.value !== null)
  if (!whole) throw new PermanentError(`${file} holds no settings; restore it from a backup, or move it away`)
  return read as SettingsFile
}

/** Settings and the audit of them are one file, which is there whole, old or new, and readable by the owner alone. */
export const writeSettings = (data: string, settings: SettingsFile): void =>
  writeAside(settingsFile(data), `${JSON.stringify(settings, null, 1)}\n`)

/** Its entries by list. */
export function settledOf({ entries }: Pick<SettingsFile, 'entries'>): Settled {
  return Object.fromEntries(
    SECTIONS.map(section => [section, entries.filter(each => each.section === section).map(each => each.value)]),
  )
}

/**
 * The ids of the entries of a list, in their order, also of those that say none.
 *
 * @example
 * idsOf('notifiers', [{ use: 'slack' }, { use: 'slack' }]) // => ['slack-1', 'slack-2']
 * idsOf('sources', [{ use: 'feed' }, { use: 'feed', id: 'forum' }]) // => ['feed', 'forum']
 */
export function idsOf(section: Section, list: readonly Entry[]): string[] {
  const counts = new Map<string, number>()
  return list.map(each => {
    const name = String(each?.['use'] ?? each?.['kind'] ?? '')
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const id = each?.['id']
    if (typeof id === 'string') return id
    // Receipts of notifiers are kept under these names since there are any.
    return section === 'notifiers' ? `${name}-${count}` : name
  })
}

/** A file with what the console keeps behind it. What the file names as well stays the file's. */
export function together(file: unknown, settled: Settled): unknown {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return file
  const whole: Record<string, unknown> = { ...file }
  for (const section of SECTIONS) {
    const own = whole[section] ?? []
    const more = settled[section] ?? []
    // What is no list is told as such.
    if (more.length === 0 || !Array.isArray(own)) continue
    const taken = new Set(idsOf(section, own as Entry[]))
    const kept = more.filter(each => !taken.has(String(each['id'])))
    if (kept.length > 0) whole[section] = [...(own as Entry[]), ...structuredClone(kept)]
  }
  return whole
}
