import { nearest } from '../config/nearest.js'
import type { Catalogue, Entry, Page } from './entry.js'
import { bare } from './entry.js'

export interface Chosen {
  /** Each service once, in the order in which it was named. */
  entries: Entry[]
  /** Words that are neither a group nor a service, with what was probably meant. */
  unknown: { word: string; meant: string | null }[]
}

const same = (word: string): string => word.normalize('NFKC').toLowerCase().trim()

/**
 * The entries that a list of words means: groups, ids, names and aliases, with commas between them; `all` is every one.
 */
export function choose({ entries }: Catalogue, words: string): Chosen {
  const chosen = new Map<string, Entry>()
  const unknown: Chosen['unknown'] = []
  const known = new Map<string, Entry[]>()
  const add = (word: string, entry: Entry): void => void known.set(word, [...(known.get(word) ?? []), entry])
  for (const entry of entries) {
    // An id is never outdone by another's alias, nor a group by an id.
    for (const each of new Set([entry.name, ...entry.aliases].map(same))) if (each !== entry.id) add(each, entry)
  }
  for (const entry of entries) known.set(entry.id, [entry])
  for (const group of new Set(entries.map(entry => entry.group)))
    known.set(
      group,
      entries.filter(entry => entry.group === group),
    )
  known.set('all', [...entries])
  for (const word of words.split(',').map(same)) {
    if (word === '') continue
    const meant = known.get(word)
    if (!meant) unknown.push({ word, meant: nearest(word, known.keys()) })
    for (const entry of meant ?? []) chosen.set(entry.id, entry)
  }
  return { entries: [...chosen.values()], unknown }
}

/** The pages of these entries, each once, whatever the number of its readers. */
export function pagesOf(entries: readonly Entry[]): { page: Page; readers: Entry[] }[] {
  const pages = new Map<string, { page: Page; readers: Entry[] }>()
  for (const entry of entries) {
    if (!entry.page) continue
    const key = `${entry.page.kind} ${entry.page.id ?? ''} ${bare(entry.page.url)}`
    const there = pages.get(key)
    if (there) there.readers.push(entry)
    else pages.set(key, { page: entry.page, readers: [entry] })
  }
  return [...pages.values()]
}
