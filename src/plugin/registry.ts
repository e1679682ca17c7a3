import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PermanentError } from '../contract/error.js'
import { type Fault, PLUGIN_KINDS, type PluginKind, type PluginOf } from '../contract/plugin.js'

// The folder is the registry: `<kind>/<name>.ts` beside this file is the plug-in of that kind and name. Modules that the
// configuration names are taken in beside them. Nothing here, nor in any other room, knows a single plug-in, but for the
// constants that follow.

/** What log and store are kept with where the configuration says nothing. */
export const STANDARD = { bus: 'sqlite', store: 'sqlite' } as const
/** The same for a workspace that ends with its process. */
export const PASSING = { bus: 'memory', store: 'memory' } as const
/** The source that reads the vendors' pages of the catalogue (`serve --watch`). */
export const PAGE_READER = 'vendor-page'
/** What reads posts of the past, and where: a Jetstream of version 2 that anybody may ask. */
export const POST_ARCHIVE = {
  use: 'bluesky',
  url: 'wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents',
} as const

/** The sources that read public posts about its services, each with where it reads them; each asks nobody for an account. */
export const POST_READERS: readonly { use: string; id: string; settings: Readonly<Record<string, unknown>> }[] = [
  { use: 'bluesky', id: 'posts-bluesky', settings: {} },
  { use: 'mastodon', id: 'posts-mastodon', settings: {} },
  {
    use: 'feed',
    id: 'posts-hacker-news',
    settings: {
      url: 'https://hn.algolia.com/api/v1/search_by_date?tags=(story,comment)&hitsPerPage=200',
      json: {
        list: '/hits',
        id: '/objectID',
        text: ['/title', '/story_text', '/comment_text'],
        author: '/author',
        at: '/created_at_i',
      },
      network: 'hacker-news',
      lang: 'en',
    },
  },
]

const FOLDER = new URL('./', import.meta.url)
/** Sources where they are run in place, modules where they were built; tests and maps match neither. */
const MODULE = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\.[jt]s$/
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/

type Any = PluginOf<PluginKind>

/** Name → address of the module, of all plug-ins of a kind that come along. */
function comingAlong(kind: PluginKind): Map<string, string> {
  const folder = new URL(`${kind}/`, FOLDER)
  let files: string[]
  try {
    files = readdirSync(fileURLToPath(folder))
  } catch {
    files = []
  }
  return new Map(
    files.flatMap((file): [string, string][] => {
      const name = MODULE.exec(file)?.[1]
      return name === undefined ? [] : [[name, new URL(file, folder).href]]
    }),
  )
}

/** Plug-ins by kind and name: those that come along and those of given modules. */
export class Registry {
  private readonly builtin = new Map(PLUGIN_KINDS.map(kind => [kind, comingAlong(kind)]))
  private readonly added = new Map<string, Any>()

  private constructor() {}

  /**
   * Takes in modules by their paths. What cannot be taken in is told, with `path` as it stands in the configuration, and
   * left out.
   */
  static async open(modules: readonly string[] = []): Promise<{ registry: Registry; faults: Fault[] }> {
    const registry = new Registry()
    const faults: Fault[] = []
    for (const [i, file] of modules.entries()) {
      const rule = await registry.take(file)
      if (rule !== null) faults.push({ path: `plugins[${i}]`, rule, value: file })
    }
    return { registry, faults }
  }

  /** The names that there are, in order. */
  names(kind: PluginKind): string[] {
    const own = [...this.added.values()].filter(each => each.kind === kind).map(each => each.name)
    return [...this.builtin.get(kind)!.keys(), ...own].sort()
  }

  /** Null where there is none of this name. */
  async find<Kind extends PluginKind>(kind: Kind, name: string): Promise<PluginOf<Kind> | null> {
    const added = this.added.get(`${kind}/${name}`)
    if (added !== undefined) return added as unknown as PluginOf<Kind>
    const address = this.builtin.get(kind)!.get(name)
    if (address === undefined) return null
    return ((await import(address)) as { default: PluginOf<Kind> }).default
  }

  /** @throws PermanentError that lists the names there are */
  async get<Kind extends PluginKind>(kind: Kind, name: string): Promise<PluginOf<Kind>> {
    const found = await this.find(kind, name)
    if (found === null)
      throw new PermanentError(`there is no ${kind} ${name}; there are ${this.names(kind).join(', ') || 'none'}`)
    return found
  }

  /** Why a module is not taken in; null: it is. */
  private async take(file: string): Promise<string | null> {
    let module: { default?: unknown }
    try {
      module = (await import(pathToFileURL(file).href)) as { default?: unknown }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return `a module that can be loaded (${code ?? message})`
    }
    const why = whyNoPlugin(module.default)
    if (why !== null) return why
    const { kind, name } = module.default as Any
    const key = `${kind}/${name}`
    if (this.builtin.get(kind)!.has(name) || this.added.has(key))
      return `a plug-in with a name of its own: there is a ${kind} ${name} already`
    this.added.set(key, module.default as Any)
    return null
  }
}

/** What a default export lacks to be a plug-in. */
function whyNoPlugin(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'a module whose default export is a plug-in'
  const { kind, name, summary, config, open } = value as Partial<Any>
  if (!PLUGIN_KINDS.includes(kind as PluginKind)) return `a plug-in with kind, one of ${PLUGIN_KINDS.join(', ')}`
  if (typeof name !== 'string' || !NAME.test(name)) return 'a plug-in with name, of small letters, digits and -'
  if (typeof summary !== 'string' || summary === '') return 'a plug-in with summary, one line of text'
  if (typeof config !== 'object' || config === null) return 'a plug-in with config, a JSON Schema of its settings'
  return typeof open === 'function' ? null : 'a plug-in with open, a function'
}
