import { type Document, isAlias, isMap, parseDocument, stringify } from 'yaml'
import { type Entry, SECTIONS, type Section, type Settled } from '../../contract/console/settings.js'
import type { Registry } from '../../plugin/registry.js'
import { idsOf, together } from './settings-file.js'
import { mapSecrets, shapeOfEntry } from './shape.js'

/** Secrets of the file outside of its lists: place, and what a reader sets instead. */
const ALSO_SECRET: readonly { path: readonly string[]; name: string }[] = [
  { path: ['updates', 'reword', 'key'], name: 'EPICENTER_UPDATES_REWORD_KEY' },
]

/** Shorter ones are words that may stand anywhere. */
const SECRET_CHARS = 6

export interface Exported {
  yaml: string
  /** Environment variables that stand for the secrets which were left out. */
  names: string[]
}

/**
 * A configuration file and what the console keeps, as one file that `epicenter serve --config` takes. Secrets are left
 * out unless they are asked for: a reference to an environment variable stands in place of each. Comments stay.
 *
 * @param text of the file
 */
export async function exported(
  text: string,
  settled: Settled,
  registry: Registry,
  { secrets = false }: { secrets?: boolean } = {},
): Promise<Exported> {
  const document = parseDocument(text, { merge: true, logLevel: 'silent' })
  if (document.errors[0] !== undefined) throw new Error(document.errors[0].message)
  if (document.contents === null || !isMap(document.contents)) document.contents = document.createNode({}) as never
  const names: string[] = []
  const hidden: string[] = []
  const left = (name: string, value: unknown): string => {
    names.push(name)
    if (typeof value === 'string' && value.length >= SECRET_CHARS) hidden.push(value)
    return `\${${name}}`
  }
  const said = (document.toJS() ?? {}) as Record<string, unknown>
  for (const section of SECTIONS) {
    const own = Array.isArray(said[section]) ? (said[section] as Entry[]) : []
    const ids = idsOf(section, own)
    if (!secrets)
      for (const [i, each] of own.entries())
        await hide(registry, section, ids[i]!, each, (value, path) => {
          // A reference says nothing.
          if (typeof value === 'string' && value.includes('${')) return
          put(document, [section, i, ...path], left(nameOf(section, ids[i]!, path), value))
        })
    const whole = (together(said, { [section]: settled[section] ?? [] }) as Record<string, Entry[]>)[section] ?? []
    for (const each of whole.slice(own.length)) {
      const meant = literal(each) as Entry
      const id = String(each['id'])
      const shown = secrets
        ? meant
        : await hide(registry, section, id, meant, (value, path) => left(nameOf(section, id, path), value))
      if (document.has(section)) document.addIn([section], document.createNode(shown))
      else document.set(section, document.createNode([shown]))
    }
  }
  if (!secrets) {
    tokens(document, said, left)
    for (const { path, name } of ALSO_SECRET) {
      const value = document.getIn(path)
      if (typeof value === 'string' && !value.includes('${')) put(document, path, left(name, value))
    }
  }
  const head =
    names.length === 0
      ? ''
      : `# Secrets were left out. Set these before it is served:\n${names.map(name => `#   ${name}\n`).join('')}\n`
  const yaml = document.toString({ lineWidth: 0 })
  // What several entries share stands elsewhere, as may a comment: then the file is written plainly.
  return { yaml: head + (hidden.some(each => yaml.includes(each)) ? plain(document) : yaml), names }
}

/** Without comments, anchors and what stands aside for them. */
const plain = (document: Document): string =>
  stringify(Object.fromEntries(Object.entries(document.toJS() as Entry).filter(([key]) => !key.startsWith('x-'))), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  })

/** `EPICENTER_NOTIFIERS_OPS_URL`. */
const nameOf = (section: string, id: string, path: readonly string[]): string =>
  `EPICENTER_${[section, id, ...path].join('_')}`.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')

async function hide(
  registry: Registry,
  section: Section,
  id: string,
  value: Entry,
  visit: (value: unknown, path: readonly string[]) => unknown,
): Promise<Entry> {
  const shape = await shapeOfEntry(registry, section, String(value['use'] ?? value['kind'] ?? ''))
  return mapSecrets(shape?.schema ?? {}, value, visit) as Entry
}

/** Secrets of the tokens that the file names. */
function tokens(
  document: Document,
  said: Record<string, unknown>,
  left: (name: string, value: unknown) => string,
): void {
  if (!Array.isArray(said['tokens'])) return
  for (const [i, each] of (said['tokens'] as Entry[]).entries()) {
    const { secret, name } = each
    if (typeof secret === 'string' && !secret.includes('${'))
      put(document, ['tokens', i, 'secret'], left(nameOf('token', String(name), ['secret']), secret))
  }
}

/** What stands behind an anchor is written where it stands. */
function put(document: Document, path: readonly (string | number)[], value: string): void {
  for (let at = 1; at < path.length; at++) {
    const node = document.getIn(path.slice(0, at), true)
    if (isAlias(node)) document.setIn(path.slice(0, at), document.createNode(node.toJS(document)))
  }
  document.setIn(path, value)
}

/** What the console keeps is meant by the letter, where the file would read a reference. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${')
  if (Array.isArray(value)) return value.map(literal)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, literal(each)]))
}

/** One entry as YAML, for a page. */
export const yamlOf = (value: unknown): string => stringify(value, { lineWidth: 0 })

/** What a text of YAML says; the text itself where it is none, which the check of the whole then refuses by its place. */
export function fromYaml(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'silent' })
  try {
    return document.errors.length > 0 ? text : document.toJS({ maxAliasCount: 100 })
  } catch {
    return text
  }
}
