import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Catalogue, Entry, Source, WrittenEntry } from './entry.js'
import { bare, EntrySchema, entryOf, FOR_PEOPLE, probesByRule, RULE, SourceSchema } from './entry.js'

/** What stands in the files: `sources.json` and, by name of the group, the others. */
export interface Written {
  sources: unknown
  groups: Readonly<Record<string, unknown>>
}

/** What the catalogue has to know of a kind of page. */
export interface KindFacts {
  what: string
  needsPage?: true
}

export interface Checked {
  catalogue: Catalogue
  /** One sentence for each thing that is wrong, with its place. What is wrong is left out of the catalogue. */
  faults: string[]
}

/** Groups that a start names: none may be empty. */
export const GROUPS = ['ai', 'cloud', 'dev', 'social', 'payments', 'games'] as const

/**
 * The catalogue as it is written, checked.
 *
 * @param kinds Kinds of page that can be read; null: whoever reads them will say.
 */
export function readCatalogue(written: Written, kinds: Readonly<Record<string, KindFacts>> | null): Checked {
  const faults: string[] = []
  const sources = sourcesOf(written.sources, faults)
  const entries: Entry[] = []
  for (const [group, list] of Object.entries(written.groups)) {
    if (!Array.isArray(list)) faults.push(`${group}.json: not a list`)
    else
      for (const [index, each] of list.entries()) {
        const place = `${group}.json: ${(each as { id?: unknown } | null)?.id ?? `entry ${index + 1}`}`
        const wrong = ofSchema(EntrySchema, each)
        const entry = wrong.length === 0 ? entryOf(each as WrittenEntry, group) : null
        if (entry) wrong.push(...ofPage(entry, kinds), ...ofProvenance(entry, sources))
        if (entry && wrong.length === 0) entries.push(entry)
        for (const each of wrong) faults.push(`${place}: ${each}`)
      }
  }
  for (const group of GROUPS)
    if (!entries.some(entry => entry.group === group)) faults.push(`${group}: the group is empty`)
  faults.push(...twice(entries), ...unused(entries, sources))
  return { catalogue: { entries, sources }, faults }
}

function ofSchema(schema: TSchema, value: unknown): string[] {
  const [first] = Value.Errors(schema, value)
  return first ? [`${first.path.slice(1) || 'entry'}: ${first.message.toLowerCase()}`] : []
}

function sourcesOf(written: unknown, faults: string[]): Record<string, Source> {
  const sources: Record<string, Source> = {}
  for (const [key, source] of Object.entries((written ?? {}) as Record<string, Source>)) {
    const wrong = ofSchema(SourceSchema, source)
    if (wrong.length === 0 && source.date === undefined && source.read === undefined)
      wrong.push('neither date nor read is given')
    if (key === RULE) wrong.push(`"${RULE}" is no name for a source`)
    for (const each of wrong) faults.push(`sources.json: ${key}: ${each}`)
    if (wrong.length === 0) sources[key] = source
  }
  return sources
}

function ofPage({ page, probes }: Entry, kinds: Readonly<Record<string, KindFacts>> | null): string[] {
  if (page === null) return probes.length > 0 ? [] : ['neither page nor probes: there is nothing to watch']
  if (kinds === null) return []
  const kind = Object.hasOwn(kinds, page.kind) ? kinds[page.kind] : undefined
  if (!kind && page.kind !== FOR_PEOPLE) return [`page: no kind "${page.kind}"`]
  if (kind?.needsPage && page.id === undefined) return [`page: kind ${page.kind} needs the page's id`]
  if (!kind?.needsPage && page.id !== undefined) return [`page: kind ${page.kind} has no id`]
  return []
}

/** Each field is said by a file, or made by a rule that can be checked. */
function ofProvenance(entry: Entry, sources: Readonly<Record<string, Source>>): string[] {
  const wrong: string[] = []
  const given = {
    aliases: entry.aliases.length > 0,
    page: entry.page !== null,
    components: entry.components.length > 0,
    probes: entry.probes.length > 0,
  }
  for (const [field, isGiven] of Object.entries(given)) {
    const from = entry.from[field]
    if (isGiven && !from) wrong.push(`from: no source says ${field}`)
    if (!isGiven && from) wrong.push(`from: there is no ${field} to have a source`)
    for (const key of from ?? []) {
      const source = key.split('/')[0] ?? ''
      if (key === RULE) {
        if (!followsRule(entry, field)) wrong.push(`from: ${field} is not what the rule makes`)
      } else if (!Object.hasOwn(sources, source)) wrong.push(`from: no source "${source}"`)
    }
  }
  return wrong
}

function followsRule({ name, aliases, page, components, probes }: Entry, field: string): boolean {
  if (field === 'probes' && page) {
    const made = probesByRule(page)
    return probes.every(each => made.includes(each))
  }
  // A part of a page that several services share is called as the service is.
  return field === 'components' && components.every(each => [name, ...aliases].includes(each))
}

/** Ids, names and aliases that two entries claim, and pages that are said to be of two kinds. */
function twice(entries: readonly Entry[]): string[] {
  const faults: string[] = []
  const claim = (what: string) => {
    const owners = new Map<string, string>()
    return (key: string, owner: string): void => {
      const other = owners.get(key)
      if (other !== undefined && other !== owner) faults.push(`${what} "${key}": of ${other} and of ${owner}`)
      else owners.set(key, owner)
    }
  }
  const [names, pages, ids] = [claim('name'), claim('page'), new Set<string>()]
  for (const { id, name, aliases, page } of entries) {
    if (ids.has(id)) faults.push(`id "${id}": twice`)
    ids.add(id)
    for (const each of new Set([name, ...aliases].map(each => each.normalize('NFKC').toLowerCase()))) names(each, id)
    if (page) pages(bare(page.url), page.kind)
  }
  return faults
}

function unused(entries: readonly Entry[], sources: Readonly<Record<string, Source>>): string[] {
  const used = new Set(entries.flatMap(({ from }) => Object.values(from).flat()).map(key => key.split('/')[0]))
  return Object.keys(sources)
    .filter(key => !used.has(key))
    .map(key => `sources.json: ${key}: nothing was taken from it`)
}
