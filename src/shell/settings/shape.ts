import type { TSchema } from '@sinclair/typebox'
import { ConfigSchema, USES } from '../../contract/config.js'
import type { ConfigSchema as Schema } from '../../contract/plugin.js'
import type { Section } from '../../contract/console/settings.js'
import type { Registry } from '../../plugin/registry.js'

type Json = Record<string, unknown>

/** What an entry of a list may say, as a form is drawn from it. */
export interface EntryShape {
  /** A JSON schema of an object. */
  schema: Schema
  /** The plug-in that it uses; null where the list is none of plug-ins. */
  plugin: { kind: (typeof USES)[keyof typeof USES]; name: string; summary: string; maps: boolean } | null
}

export type UseSection = keyof typeof USES
export const isUse = (section: Section): section is UseSection => Object.hasOwn(USES, section)

/** Fields that the form asks for in another way: which plug-in it is was chosen before. */
const ASIDE = new Set(['use', 'kind'])

/** A logo lies beside the configuration file. */
const NAMES_FILE = new Set(['logo'])
/** Whether a field refers to a file of this machine, which only the configuration file may. */
export const isFileField = (name: string, schema: Schema): boolean =>
  schema['role'] === 'path' || schema['role'] === 'program' || NAMES_FILE.has(name)

/**
 * Whether a plug-in reads a file of this machine whatever its settings say: one that it needs, or looks for by itself. The
 * token of a service account would go to whatever address a form names.
 */
export function needsFile({ config }: { config: Schema }): boolean {
  const needed = (config['required'] ?? []) as readonly string[]
  return Object.entries((config['properties'] ?? {}) as Record<string, Schema>).some(
    ([name, each]) => each['role'] === 'path' && (each['default'] !== undefined || needed.includes(name)),
  )
}

/** Where a value refers to files, as `dkim.key`. */
export function pathsIn(schema: Schema, value: unknown, path: readonly string[] = []): string[] {
  if (value === undefined || value === null || value === '') return []
  if (path.length > 0 && isFileField(path.at(-1)!, schema)) return [path.join('.')]
  if (Array.isArray(value))
    return value.flatMap((each, i) => pathsIn((schema['items'] ?? {}) as Schema, each, [...path, String(i)]))
  if (typeof value !== 'object') return []
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>
  return Object.entries(value).flatMap(([key, each]) => pathsIn(properties[key] ?? {}, each, [...path, key]))
}

/** The schema of one entry of a list in the configuration file. */
function itemOf(section: Section): Json {
  const { items } = ConfigSchema.properties[section] as unknown as { items: TSchema }
  return items as unknown as Json
}

/** @param use name of the plug-in, for a list of those. Null: there is no such plug-in. */
export async function shapeOfEntry(registry: Registry, section: Section, use: string): Promise<EntryShape | null> {
  const item = itemOf(section)
  const properties = item['properties'] as Json
  const required = new Set(['id', ...((item['required'] as string[] | undefined) ?? [])])
  if (!isUse(section)) return { schema: { ...item, required: [...required] }, plugin: null }
  const kind = USES[section]
  const plugin = await registry.find(kind, use)
  if (plugin === null) return null
  const common = Object.fromEntries(Object.entries(properties).filter(([name]) => !ASIDE.has(name)))
  const main = (plugin.config['required'] as string[] | undefined) ?? []
  // What targets share may lack what each of them says: the check of the whole tells that.
  const settings = Object.fromEntries(
    Object.entries((plugin.config['properties'] ?? {}) as Record<string, Json>).map(([name, each]) => [
      name,
      main.includes(name) ? { ...each, first: true } : each,
    ]),
  )
  // A target may say what its probe may: its secrets and files are those of the same fields.
  if (common['targets'] !== undefined) common['targets'] = withItems(common['targets'] as Json, settings)
  const { id, allowPrivate, ...rest } = common
  for (const name of section === 'probes' ? ['service'] : main) required.add(name)
  required.delete('use')
  return {
    schema: {
      type: 'object',
      properties: { id, ...settings, ...rest, allowPrivate },
      required: [...required],
    },
    plugin: { kind, name: plugin.name, summary: plugin.summary, maps: 'map' in plugin && plugin.map !== undefined },
  }
}

const withItems = (list: Json, properties: Json): Json => ({
  ...list,
  items: { ...(list['items'] as Json), properties },
})

const SECRET = /(?:secret|token|password|passphrase|credential|apikey|privatekey)s?$/i
const CREDENTIALS = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*@/i

/** Whether a field of this name and schema holds what is never shown again. */
export const isSecretField = (name: string, schema: Schema): boolean =>
  schema['writeOnly'] === true || (schema['type'] !== 'object' && SECRET.test(name.replaceAll(/[-_]/g, '')))

/** Calls `visit` for each leaf of a value that is a secret; what it gives takes its place. */
export function mapSecrets(
  schema: Schema,
  value: unknown,
  visit: (value: unknown, path: readonly string[]) => unknown,
): unknown {
  return within(schema, value, [], false, visit)
}

function within(
  schema: Schema,
  value: unknown,
  path: readonly string[],
  hidden: boolean,
  visit: (value: unknown, path: readonly string[]) => unknown,
): unknown {
  const secret = hidden || schema['writeOnly'] === true || isSecretField(path.at(-1) ?? '', schema)
  if (Array.isArray(value)) {
    const items = (schema['items'] ?? {}) as Schema
    return value.map((each, i) => within(items, each, [...path, String(i)], secret, visit))
  }
  if (typeof value === 'object' && value !== null) {
    const properties = (schema['properties'] ?? {}) as Record<string, Schema>
    const others = (typeof schema['additionalProperties'] === 'object' ? schema['additionalProperties'] : {}) as Schema
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        within(Object.hasOwn(properties, key) ? properties[key]! : others, each, [...path, key], secret, visit),
      ]),
    )
  }
  return secret || (typeof value === 'string' && CREDENTIALS.test(value)) ? visit(value, path) : value
}
