import type { Static } from '@sinclair/typebox'
import { Type } from '@sinclair/typebox'

/**
 * The catalogue of services that can be watched from outside: facts in `catalogue/`, a file a group, each with the public
 * file that it was taken from. What is written there is checked here; docs/catalogue.md says how an entry is added.
 */

const ID = '^[a-z0-9]+(-[a-z0-9]+)*$'
const name = Type.String({ minLength: 1, maxLength: 80, pattern: '^[^\\n]+$' })
/** An address on the web without a name and password, a port or a fragment. */
const address = Type.String({ maxLength: 200, pattern: '^https://[a-z0-9.-]+\\.[a-z]{2,}(/[^\\s#]*)?$' })
const keys = Type.Array(Type.String({ pattern: '^[a-z0-9]+(/[\\w.-]+)?$' }), { minItems: 1, uniqueItems: true })
const list = <T extends ReturnType<typeof Type.String>>(of: T) =>
  Type.Optional(Type.Array(of, { maxItems: 40, uniqueItems: true }))

/** An entry as it is written. */
export const EntrySchema = Type.Object(
  {
    id: Type.String({ pattern: ID, maxLength: 60 }),
    name,
    aliases: list(name),
    /** Instead of those that the rule makes; none: the name is too common for one. */
    hashtags: list(Type.String({ pattern: '^[\\p{L}\\p{N}_]+$' })),
    /** The name is an ordinary word too: alone it does not show that the service is meant. */
    word: Type.Optional(Type.Literal(true)),
    page: Type.Optional(
      Type.Object(
        { kind: Type.String(), url: address, id: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })) },
        { additionalProperties: false },
      ),
    ),
    components: list(name),
    probes: list(address),
    /** ISO 3166-1; none: everywhere. */
    countries: list(Type.String({ pattern: '^[A-Z]{2}$' })),
    /** Field → the sources that say so. */
    from: Type.Object(
      {
        aliases: Type.Optional(keys),
        page: Type.Optional(keys),
        components: Type.Optional(keys),
        probes: Type.Optional(keys),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export type WrittenEntry = Static<typeof EntrySchema>

const day = Type.String({ pattern: '^20\\d\\d-\\d\\d-\\d\\d$' })

/** A public file that entries were taken from. */
export const SourceSchema = Type.Object(
  {
    repository: Type.String({ pattern: '^https://github\\.com/[\\w.-]+/[\\w.-]+$' }),
    path: Type.String({ minLength: 1 }),
    commit: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    /** When the file was last changed there. */
    date: Type.Optional(day),
    /** When it was read, where the day of the change is not known. */
    read: Type.Optional(day),
    licence: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
)
export type Source = Static<typeof SourceSchema>

/** Where an entry's page is. */
export interface Page {
  /** A kind of page that can be read, or {@link FOR_PEOPLE}. */
  kind: string
  url: string
  /** The page's id at its host, for kinds that need one. */
  id?: string
}

/** An address without a slash at its end. */
export const bare = (url: string): string => (url.endsWith('/') ? url.slice(0, -1) : url)

/** A page without an answer that a program reads: it is shown as a link, and what it says is unknown. */
export const FOR_PEOPLE = 'people'

export interface Entry {
  id: string
  name: string
  group: string
  aliases: readonly string[]
  /** Without `#`. */
  hashtags: readonly string[]
  /** True when the name alone may mean something else. */
  word: boolean
  page: Page | null
  components: readonly string[]
  probes: readonly string[]
  countries: readonly string[]
  from: Readonly<Record<string, readonly string[]>>
}

export interface Catalogue {
  entries: readonly Entry[]
  sources: Readonly<Record<string, Source>>
}

/** What a source may be called beside the files: derived by a rule that docs/catalogue.md states. */
export const RULE = 'rule'

/**
 * The tags under which people tell of an outage: `#NameDown` for the name and for each alias in Latin letters.
 *
 * @example
 * tagsOf(['Epic Games', 'エピック']) // => ['EpicGamesDown']
 */
export function tagsOf(names: readonly string[]): string[] {
  const tags = new Set<string>()
  for (const each of names) if (/^[\x20-\x7e]+$/.test(each)) tags.add(`${each.replace(/[^A-Za-z0-9]/g, '')}Down`)
  return [...tags]
}

/** The addresses that the rule makes of a page: what stands behind `status.`, and the page's own host. */
export function probesByRule({ url }: Page): string[] {
  const { host, origin } = new URL(url)
  return host.startsWith('status.') ? [`https://${host.slice('status.'.length)}`] : [origin]
}

export function entryOf(written: WrittenEntry, group: string): Entry {
  const { id, name, aliases = [], hashtags, word = false, page, components = [], probes = [], countries = [] } = written
  return {
    id,
    name,
    group,
    aliases,
    hashtags: hashtags ?? tagsOf([name, ...aliases]),
    word,
    page: page ?? null,
    components,
    probes,
    countries,
    from: written.from,
  }
}
