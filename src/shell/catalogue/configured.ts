import { pagesOf } from './choose.js'
import type { Entry } from './entry.js'
import { FOR_PEOPLE } from './entry.js'

/** What a configuration file would say to watch some entries: services, and a source for each page that is read. */
export interface Configured {
  services: { id: string; title: string }[]
  sources: {
    use: string
    id: string
    platform: string
    url: string
    page?: string
    services: { service: string; components?: string[] }[]
  }[]
}

/** How posts may name a service of the catalogue: what is an ordinary word too counts where the context shows what is meant. */
export interface PostNames {
  service: string
  names: string[]
  words: string[]
  tags: string[]
}

/** The names of those entries that have any. */
export const postNames = (entries: readonly Entry[]): PostNames[] =>
  entries.map(({ id, name, aliases, hashtags, word }) => ({
    service: id,
    names: [...(word ? [] : [name]), ...aliases],
    words: word ? [name] : [],
    tags: [...hashtags],
  }))

/** Characters of the name of a source. */
const SOURCE_ID_CHARS = 40

/**
 * One source a page, whatever the number of services on it.
 *
 * @param use The plug-in that reads pages.
 */
export function configured(entries: readonly Entry[], use: string): Configured {
  const sources: Configured['sources'] = []
  const taken = new Set<string>()
  for (const { page, readers } of pagesOf(entries)) {
    const [first] = readers
    if (page.kind === FOR_PEOPLE || !first) continue
    sources.push({
      use,
      id: idFor(first.id, taken),
      platform: page.kind,
      url: page.url,
      ...(page.id === undefined ? {} : { page: page.id }),
      services: readers.map(({ id, components }) => ({
        service: id,
        ...(components.length > 0 ? { components: [...components] } : {}),
      })),
    })
  }
  return { services: entries.map(({ id, name }) => ({ id, title: name })), sources }
}

/** Called as the first of its services; of two that begin alike the second has a number. */
function idFor(id: string, taken: Set<string>): string {
  for (let n = 1; ; n++) {
    const end = n === 1 ? '' : `-${n}`
    const short = id.slice(0, SOURCE_ID_CHARS - end.length)
    const name = `${short.endsWith('-') ? short.slice(0, -1) : short}${end}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}
