import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { ValuePointer } from '@sinclair/typebox/value'
import { type ConfigFile, type NotifierUse, type ProbeUse, type Use, USES } from '../../contract/config.js'
import type { Language } from '../../contract/people.js'
import { PROBE_TARGETS } from '../../contract/limits.js'
import type { PluginKind } from '../../contract/plugin.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { Registry, STANDARD } from '../../plugin/registry.js'
import { idsOf } from '../settings/settings-file.js'
import { isRange } from '../visitors/address.js'
import type { Filled } from './fill.js'
import { type Finding, pathOf, ruleOf, sharpest, valueOf } from './finding.js'
import { meant } from './nearest.js'
import { checkSettings } from './settings.js'

/** Uses of plug-ins as the server runs on them. */
export interface Uses {
  plugins: string[]
  sources: Use[]
  receivers: Use[]
  probes: ProbeUse[]
  notifiers: NotifierUse[]
  bus: Pick<Use, 'use' | 'settings'>
  store: Pick<Use, 'use' | 'settings'>
}

/** None, and what is kept is kept as usual. */
export const NO_USES: Readonly<Uses> = {
  plugins: [],
  sources: [],
  receivers: [],
  probes: [],
  notifiers: [],
  bus: { use: STANDARD.bus, settings: {} },
  store: { use: STANDARD.store, settings: {} },
}

/** A probe checks so often where the configuration does not say. */
const PROBE_EVERY_MS = MINUTE
/** and an answer takes so long at most, where it does not say. */
const PROBE_TIMEOUT_MS = 10 * SECOND
/** So many mistakes among the targets of a probe are told at least. */
const FINDINGS_OF_TARGETS = 10
/** Characters of a target within an id. */
const SLUG_CHARS = 60
/** and so long is waited between two tries. */
const PROBE_PAUSE_SECONDS = 1

type Given = Record<string, unknown> & {
  use?: string
  kind?: string
  id?: string
  allowPrivate?: boolean | string[]
}

/**
 * Every use of a plug-in in a file, each with settings that its own schema has passed, and what is wrong. Paths among the
 * settings are relative to `folder`.
 */
export async function readUses(
  file: ConfigFile,
  { filled }: Pick<Filled, 'filled'>,
  folder: string,
): Promise<{ uses: Uses; findings: Finding[] }> {
  const plugins = (file.plugins ?? []).map(path => resolve(folder, path))
  const { registry, faults } = await Registry.open(plugins)
  const findings: Finding[] = [...faults]
  const reader = new UseReader(file, registry, filled, folder, findings)
  const uses: Uses = { ...NO_USES, plugins }
  uses.sources = await reader.list('sources', each => each)
  uses.receivers = await reader.list('receivers', each => each)
  uses.notifiers = await reader.list('notifiers', notifying, ['language'])
  uses.probes = await reader.probes()
  findings.push(...sharedIds(file, uses))
  for (const key of ['bus', 'store'] as const) {
    if (file[key] === undefined) continue
    const read = await reader.one(key, key, file[key] as Given, '')
    if (read !== null) uses[key] = { use: read.use, settings: read.settings }
  }
  return { uses, findings }
}

/** Whose a signal is must be one answer: no token sends ids of what this server asks itself. */
function sharedIds({ tokens = [] }: ConfigFile, uses: Uses): Finding[] {
  const own = new Set(
    (['sources', 'receivers', 'probes'] as const).flatMap(key => uses[key].map(({ id }) => `${USES[key]}.${id}`)),
  )
  return tokens.flatMap(({ name, namespace = name }, i) =>
    own.has(namespace)
      ? [
          {
            path: `tokens[${i}].namespace`,
            rule: 'ids of its own, not those of a source of this file',
            value: namespace,
          },
        ]
      : [],
  )
}

const notifying = (use: Use, { language }: Given): NotifierUse => ({
  ...use,
  language: (language as Language | undefined) ?? null,
})

const OF_KEYS = ['service', 'component', 'labels'] as const
const PROBE_KEYS = [
  ...OF_KEYS,
  'everySeconds',
  'timeoutSeconds',
  'slowSeconds',
  'tries',
  'pauseSeconds',
  'targets',
] as const

interface Probing extends Given {
  service: string
  component?: string
  labels?: Record<string, string>
  everySeconds?: number
  timeoutSeconds?: number
  slowSeconds?: number
  tries?: number
  pauseSeconds?: number
}

function probing(use: Use, given: Given): ProbeUse {
  const { service, component, labels, everySeconds, timeoutSeconds, slowSeconds, tries = 1 } = given as Probing
  const { pauseSeconds = PROBE_PAUSE_SECONDS } = given as Probing
  const everyMs = everySeconds === undefined ? PROBE_EVERY_MS : everySeconds * SECOND
  const pauseMs = tries === 1 ? 0 : Math.min(pauseSeconds * SECOND, everyMs / tries / 2)
  return {
    ...use,
    of: null,
    service,
    labels: { ...labels, ...(component === undefined ? {} : { component }) },
    everyMs,
    timeoutMs:
      timeoutSeconds === undefined ? Math.min(PROBE_TIMEOUT_MS, everyMs / tries - pauseMs) : timeoutSeconds * SECOND,
    slowMs: slowSeconds === undefined ? null : slowSeconds * SECOND,
    tries,
    pauseMs,
  }
}

/** An interval is an interval: a look that takes all the time it may is over before the next. */
function beyondInterval({ everyMs, timeoutMs, tries, pauseMs }: ProbeUse, path: string): Finding[] {
  const longest = tries * timeoutMs + (tries - 1) * pauseMs
  const rule = `a time in which ${tries === 1 ? 'a try fits' : `${tries} tries and their pauses fit`} into everySeconds (${everyMs / SECOND})`
  return longest > everyMs ? [{ path: `${path}.timeoutSeconds`, rule, value: `${timeoutMs / SECOND}` }] : []
}

const COMMON_KEYS = ['use', 'kind', 'id', 'allowPrivate'] as const

class UseReader {
  constructor(
    private readonly file: ConfigFile,
    private readonly registry: Registry,
    private readonly filled: ReadonlySet<string>,
    private readonly folder: string,
    private readonly findings: Finding[],
  ) {}

  /** All uses under one key, each with an id of its own. */
  async list<Made extends Use>(
    key: Exclude<keyof typeof USES, 'probes'>,
    make: (use: Use, given: Given) => Made,
    keys: readonly string[] = [],
  ): Promise<Made[]> {
    const made: Made[] = []
    for (const { given, path, id } of this.named(key)) {
      const use = await this.one(USES[key], path, given, id, keys)
      if (use !== null) made.push(make(use, given))
    }
    return made
  }

  /** All uses under one key with their ids, which are all different. */
  private named(key: keyof typeof USES): { given: Given; path: string; id: string }[] {
    const ids = new Set<string>()
    const list = (this.file[key] ?? []) as Given[]
    const names = idsOf(key, list)
    return list.map((given, i) => {
      const path = `${key}[${i}]`
      const id = names[i]!
      if (ids.has(id))
        this.findings.push({ path: `${path}.id`, rule: `an id that none of the other ${key} has`, value: id })
      ids.add(id)
      return { given, path, id }
    })
  }

  /** Probes, each target of one that has several as a use of its own. */
  async probes(): Promise<ProbeUse[]> {
    const made: ProbeUse[] = []
    const receivers = new Set((this.file.receivers ?? []).map(each => each.id ?? each.use))
    for (const { given, path, id } of this.named('probes')) {
      if (receivers.has(id))
        this.findings.push({ path: `${path}.id`, rule: 'an id that none of the receivers has', value: id })
      const { targets, ...base } = given as Given & { targets?: (string | Record<string, unknown>)[] }
      if (targets === undefined) {
        const probe = await this.probe(given, path, id)
        if (probe !== null) made.push(probe)
        continue
      }
      const [main] = ((await this.registry.find('probe', given.use!))?.config['required'] ?? []) as string[]
      const ids = new Set<string>()
      const before = this.findings.length
      for (const [i, target] of targets.entries()) {
        const at = `${path}.targets[${i}]`
        const own = typeof target !== 'string' ? target : main === undefined ? {} : { [main]: target }
        const name = (own['id'] as string | undefined) ?? slugOf(String(own[main ?? ''] ?? i + 1))
        if (ids.has(name)) this.findings.push({ path: `${at}.id`, rule: 'an id that no other target has', value: name })
        ids.add(name)
        const labels = { ...(base['labels'] as object | undefined), ...(own['labels'] as object | undefined) }
        const probe = await this.probe({ ...base, ...own, labels }, at, `${id}.${name}`, path)
        if (probe !== null) made.push({ ...probe, of: id })
        // One mistake in what they share is not told a thousand times.
        if (this.findings.length > before + FINDINGS_OF_TARGETS) break
      }
    }
    if (made.length > PROBE_TARGETS)
      this.findings.push({ path: 'probes', rule: `${PROBE_TARGETS} targets at most`, value: `${made.length}` })
    return made
  }

  private async probe(given: Given, path: string, id: string, base?: string): Promise<ProbeUse | null> {
    const { service } = given as { service?: string }
    const rule = service === undefined ? 'a value' : this.stranger('service', service)
    if (rule !== null) this.findings.push({ path: `${path}.service`, rule, value: service ?? 'nothing' })
    const use = await this.one('probe', path, given, id, PROBE_KEYS, base)
    if (use === null) return null
    const made = probing(use, given)
    this.findings.push(...beyondInterval(made, base ?? path))
    return made
  }

  /** One use; null where its plug-in is not found. */
  async one(
    kind: PluginKind,
    path: string,
    given: Given,
    id: string,
    keys: readonly string[] = [],
    base?: string,
  ): Promise<Use | null> {
    const name = given.use ?? given.kind
    const at = `${path}.${given.use === undefined && given.kind !== undefined ? 'kind' : 'use'}`
    if (name === undefined) {
      this.findings.push({ path: `${path}.use`, rule: 'a value', value: 'nothing' })
      return null
    }
    const plugin = await this.registry.find(kind, name)
    if (plugin === null) {
      const names = this.registry.names(kind)
      const near = meant(name, names).split(',')[0]
      this.findings.push({
        path: at,
        rule: `the name of a ${kind}, one of ${names.join(', ')}${near?.startsWith(';') ? near : ''}`,
        value: name,
      })
      return null
    }
    if (plugin.fleeting === true && (kind === 'bus' || kind === 'store')) {
      this.findings.push({ path: at, rule: `a ${kind} that outlives its process`, value: name })
      return null
    }
    const own = Object.fromEntries(
      Object.entries(given).filter(([key]) => !(COMMON_KEYS as readonly string[]).includes(key) && !keys.includes(key)),
    )
    const settings = this.settings(plugin, path, own, base)
    this.private(`${path}.allowPrivate`, given.allowPrivate)
    return { use: name, id, allowPrivate: given.allowPrivate ?? null, settings }
  }

  private settings(
    { config, check }: NonNullable<Awaited<ReturnType<Registry['find']>>>,
    path: string,
    own: Record<string, unknown>,
    base?: string,
  ): Record<string, unknown> {
    // Settings that a target shares with others stand elsewhere.
    const filled = new Set([path, ...(base === undefined ? [] : [base])].flatMap(each => this.filledIn(each)))
    const { settings, errors, mentions, secret } = checkSettings(config, own, filled)
    const found: Finding[] = errors.map(error => ({
      path: path + dotted(error.path),
      rule: ruleOf(error),
      value: valueOf(error, secret(error.path)),
    }))
    for (const { role, pointer: where, value } of mentions) {
      if (role === 'path') ValuePointer.Set(settings, where, resolve(this.folder, value))
      else if (role !== 'program') {
        const rule = this.stranger(role, value)
        if (rule !== null) found.push({ path: path + dotted(where), rule, value })
      }
    }
    if (errors.length === 0)
      for (const fault of check?.(settings as never) ?? []) found.push({ ...fault, path: `${path}.${fault.path}` })
    this.findings.push(...sharpest(found))
    return settings
  }

  private filledIn(path: string): string[] {
    const pointer = `/${path.replaceAll(/[.[]/g, '/').replaceAll(']', '')}`
    return [...this.filled].filter(each => each.startsWith(`${pointer}/`)).map(each => each.slice(pointer.length))
  }

  /** What is asked of a text that refers to something in the file; null where it is there. */
  private stranger(role: 'page' | 'service', value: string): string | null {
    const { pages, services = [] } = this.file
    const known = role === 'page' ? (pages ?? [{ id: 'main' }]) : services
    const ids = known.map(each => each.id)
    // A file that names no service leaves them to what signals bring.
    if (ids.includes(value) || (role === 'service' && ids.length === 0)) return null
    return `the id of a ${role === 'page' ? 'status page' : 'service'}${meant(value, ids)}`
  }

  private private(path: string, allowed: boolean | string[] | undefined): void {
    if (!Array.isArray(allowed)) return
    allowed.forEach((value, i) => {
      if (!isRange(value) && !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(value))
        this.findings.push({
          path: `${path}[${i}]`,
          rule: 'an address, a range such as 10.0.0.0/8, or the name of a host',
          value,
        })
    })
  }
}

/** A target as part of an id: `https://shop.example/health` → `shop.example-health`. */
function slugOf(text: string): string {
  const bare = text.toLowerCase().replace(/^[a-z+]+:\/\//, '')
  const plain = (bare.match(/[a-z0-9.]+/g) ?? []).join('-')
  if (/^[a-z0-9]/.test(plain) && /[a-z0-9]$/.test(plain) && plain.length <= SLUG_CHARS && !/[?#@]/.test(text))
    return plain
  // What is cut, or may hold a secret, is told apart by a hash of the whole.
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const host = /^[a-z0-9][a-z0-9.]*/.exec(bare)?.[0].slice(0, SLUG_CHARS - 9)
  return `${host === undefined || text.includes('@') ? 'target' : host}-${hash}`
}

/** `/a/0/b` → `.a[0].b`. */
function dotted(pointer: string): string {
  const path = pathOf(pointer)
  return path === '' || path.startsWith('[') ? path : `.${path}`
}
