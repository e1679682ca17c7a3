import type { Config } from '../../contract/config.js'
import { PAGE_READER, POST_READERS } from '../../plugin/registry.js'
import { choose } from '../../shell/catalogue/choose.js'
import { configured, postNames } from '../../shell/catalogue/configured.js'
import { filesOf } from '../../shell/catalogue/files.js'
import { readCatalogue } from '../../shell/catalogue/read.js'
import { parse } from '../../shell/config/load.js'

/** Where a watch keeps its data if nothing is said: not where services of one's own are kept. */
export const WATCH_DATA = './data-watch'

/**
 * The configuration that watches services of the catalogue from outside.
 *
 * @param words Groups, ids, names or aliases, with commas between: `ai,github`.
 * @returns `why` instead of a configuration where a word is not known; then with what was probably meant.
 */
export async function watchConfig(words: string): Promise<{ config: Config | null; why: string }> {
  const { catalogue } = readCatalogue(filesOf(), null)
  const { entries, unknown } = choose(catalogue, words)
  const [first] = unknown
  const groups = [...new Set(catalogue.entries.map(each => each.group))].join(', ')
  if (first !== undefined) {
    const near = first.meant === null ? '' : `; did you mean ${first.meant}?`
    return {
      config: null,
      why: `the catalogue has neither a group nor a service "${first.word}"${near} Groups: ${groups}.`,
    }
  }
  if (entries.length === 0) return { config: null, why: `nothing is named. Groups: ${groups}.` }
  // JSON is YAML: what is made here passes the same checks as what a person writes.
  const { services, sources: pages } = configured(entries, PAGE_READER)
  const named = postNames(entries)
  const posts = POST_READERS.map(({ use, id, settings }) => ({ use, id, ...settings, services: named }))
  const file = { title: 'Epicenter', data: WATCH_DATA, services, sources: [...pages, ...posts] }
  const { config, findings } = await parse(JSON.stringify(file), {})
  return { config, why: findings.map(({ path, rule, value }) => `${path}: expected ${rule} (got ${value})`).join('; ') }
}

/** What a watch goes by, in words. */
export function watchedBy({ sources }: Pick<Config, 'sources'>): string {
  const pages = sources.filter(each => each.use === PAGE_READER).length
  const posts = POST_READERS.filter(({ id }) => sources.some(each => each.id === id)).map(({ id }) =>
    id.replace('posts-', ''),
  )
  return `${pages} pages of their vendors and by public posts (${posts.join(', ')})`
}
