import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { Value } from '@sinclair/typebox/value'
import { LineCounter, parseDocument } from 'yaml'
import { type Config, type ConfigFile, ConfigSchema } from '../contract/config.js'
import { FALSE_ALARMS_PER_MONTH, KEEP_FACTS_MS, KEEP_LOG_MS, KEEP_ROLLUPS_MS } from '../contract/limits.js'
import { DAY } from '../contract/time.js'
import { parseRule } from '../core/calendar/recurrence.js'
import { isZone, readMoment } from '../core/calendar/zone.js'
import { isName, shown } from '../core/door.js'
import { isRange } from './address.js'

/** One thing wrong with a configuration file. */
export interface Finding {
  /** Where, as in `services[0].id`; empty for the file as a whole. */
  path: string
  /** What is asked. */
  rule: string
  value: string
}

export type Loaded = { config: Config; findings: [] } | { config: null; findings: Finding[] }

export const DEFAULTS = { host: '127.0.0.1', port: 8080, data: './data', demo: './data-demo' }
/** Findings told at once; a file with more has one cause. */
const FINDINGS_MAX = 50

/** Reads and checks a configuration file. `vars` are what `${NAME}` stands for. Paths in it are relative to the file. */
export function load(file: string, vars: Record<string, string | undefined>): Loaded {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return {
      config: null,
      findings: [
        { path: '', rule: 'the file can be read', value: (error as NodeJS.ErrnoException).code ?? String(error) },
      ],
    }
  }
  const loaded = parse(text, vars)
  if (loaded.config !== null && !isAbsolute(loaded.config.data))
    loaded.config.data = join(dirname(file), loaded.config.data)
  for (const page of loaded.config?.pages ?? [])
    if (page.logo !== null && !isAbsolute(page.logo)) page.logo = join(dirname(file), page.logo)
  return loaded
}

export function parse(text: string, vars: Record<string, string | undefined>): Loaded {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const broken = document.errors[0]
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    return {
      config: null,
      findings: [
        { path: `line ${line}, column ${col}`, rule: 'the file is YAML', value: broken.message.split('\n', 1)[0]! },
      ],
    }
  }
  const findings: Finding[] = []
  const value = fill(document.toJS() ?? {}, vars, '', findings)
  if (findings.length > 0) return { config: null, findings }
  for (const error of Value.Errors(ConfigSchema, value)) {
    if (findings.length < FINDINGS_MAX)
      findings.push({ path: pathOf(error.path), rule: ruleOf(error), value: shown(error.value) })
  }
  if (findings.length > 0) return { config: null, findings: sharpest(findings) }
  const file = value as ConfigFile
  findings.push(...beyondShape(file))
  return findings.length > 0 ? { config: null, findings } : { config: complete(file), findings: [] }
}

/** Every default filled in. */
export function complete(file: ConfigFile, demo = false): Config {
  const { keep } = file
  return {
    title: file.title ?? 'Epicenter',
    clock: file.clock ?? 'wall',
    data: file.data ?? DEFAULTS.data,
    host: file.host ?? DEFAULTS.host,
    port: file.port ?? DEFAULTS.port,
    proxies: file.proxies ?? [],
    asnHeader: file.asnHeader?.toLowerCase() ?? null,
    challenge: file.challenge ?? 'auto',
    contact: file.contact ?? null,
    countryHeader: file.countryHeader?.toLowerCase() ?? null,
    falseAlarmsPerMonth: file.falseAlarmsPerMonth ?? FALSE_ALARMS_PER_MONTH,
    services: (file.services ?? []).map(s => ({
      id: s.id,
      title: s.title ?? s.id,
      components: s.components ?? [],
      dependsOn: s.dependsOn ?? [],
      ...(s.edges ? { edges: s.edges } : {}),
    })),
    notifiers: file.notifiers ?? [],
    pages: (file.pages ?? [{ id: 'main' }]).map(page => ({
      id: page.id,
      title: page.title ?? file.title ?? 'Epicenter',
      description: page.description ?? null,
      url: page.url ?? null,
      logo: page.logo ?? null,
      timeZone: page.timeZone ?? 'Etc/UTC',
      services: page.services ?? null,
      groups: page.groups ?? null,
      unknownAs: page.unknownAs ?? 'degraded_performance',
    })),
    maintenance: file.maintenance ?? [],
    keep: {
      logMs: keep?.logDays === undefined ? KEEP_LOG_MS : keep.logDays * DAY,
      rollupsMs: keep?.rollupDays === undefined ? KEEP_ROLLUPS_MS : keep.rollupDays * DAY,
      factsMs: keep?.factDays === undefined ? KEEP_FACTS_MS : keep.factDays * DAY,
    },
    demo,
  }
}

/** `${NAME}` as a whole value stands for an environment variable, so that secrets need not lie in the file. */
function fill(value: unknown, vars: Record<string, string | undefined>, path: string, findings: Finding[]): unknown {
  if (typeof value === 'string') {
    const name = /^\$\{(\w+)\}$/.exec(value)?.[1]
    if (name === undefined) return value
    const found = vars[name]
    if (found === undefined) findings.push({ path, rule: `the environment variable ${name} is set`, value: 'nothing' })
    return found ?? value
  }
  if (Array.isArray(value)) return value.map((v, i) => fill(v, vars, `${path}[${i}]`, findings))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, fill(v, vars, path === '' ? k : `${path}.${k}`, findings)]),
  )
}

const pathOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map(part => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`))
    .join('')
    .replace(/^\./, '')

function ruleOf(error: ValueError): string {
  if (error.type === ValueErrorType.ObjectAdditionalProperties) return 'it is a field that exists'
  if (error.type === ValueErrorType.ObjectRequiredProperty) return 'it is there'
  const values = (error.schema['anyOf'] as { const?: unknown }[] | undefined)?.map(s => s.const)
  if (values?.every(v => v !== undefined) === true) return `one of ${values.join(', ')}`
  return error.message
    .replace(/^Expected /, 'a value that is ')
    .replace('a value that is string to match', 'a text that matches')
}

/** A missing field is found twice, as missing and as no text: the first says it. */
function sharpest(findings: Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ path }) => !seen.has(path) && seen.add(path))
}

/** Rules that a shape cannot say. */
function beyondShape(file: ConfigFile): Finding[] {
  const findings: Finding[] = []
  file.proxies?.forEach((value, i) => {
    if (!isRange(value))
      findings.push({ path: `proxies[${i}]`, rule: 'an address or a range such as 10.0.0.0/8 or fd00::/8', value })
  })
  const pages = file.pages?.map(each => each.id) ?? ['main']
  file.notifiers?.forEach(({ kind, page }, i) => {
    if (page !== undefined && (kind !== 'statuspage' || !pages.includes(page)))
      findings.push({
        path: `notifiers[${i}].page`,
        rule: 'the id of a status page, with kind statuspage',
        value: page,
      })
  })
  const services = file.services ?? []
  const ids = new Set<string>()
  services.forEach((service, i) => {
    if (!isName(service.id, 100))
      findings.push({ path: `services[${i}].id`, rule: 'a name without control characters', value: service.id })
    if (ids.has(service.id))
      findings.push({ path: `services[${i}].id`, rule: 'every service has an id of its own', value: service.id })
    ids.add(service.id)
  })
  services.forEach((service, i) => {
    const own = new Set([...(service.components ?? []), ...(service.dependsOn ?? [])].map(node => node.id))
    const nodes = [
      ...(service.components ?? []).map((node, j) => ({ node, at: `services[${i}].components[${j}]` })),
      ...(service.dependsOn ?? []).map((node, j) => ({ node, at: `services[${i}].dependsOn[${j}]` })),
    ]
    const seen = new Set<string>()
    for (const { node, at } of nodes) {
      if (seen.has(node.id))
        findings.push({ path: `${at}.id`, rule: 'every part of a service has an id of its own', value: node.id })
      seen.add(node.id)
      const stranger = node.dependsOn?.find(id => !own.has(id))
      if (stranger !== undefined)
        findings.push({
          path: `${at}.dependsOn`,
          rule: 'ids of components or dependencies of the same service',
          value: stranger,
        })
      const { service: other } = node as { service?: string }
      if (other !== undefined && !ids.has(other))
        findings.push({ path: `${at}.service`, rule: 'the id of a service in this file', value: other })
    }
  })
  return [...findings, ...beyondPages(file)]
}

/** Times, zones and rules of pages and maintenance: read here as they are read later, so that no page meets a bad one. */
function beyondPages({ pages = [], maintenance = [] }: ConfigFile): Finding[] {
  const findings: Finding[] = []
  const once = (list: readonly { [key: string]: unknown }[], key: string, at: string) => {
    const seen = new Set<unknown>()
    list.forEach((each, i) => {
      if (seen.has(each[key]))
        findings.push({ path: `${at}[${i}].${key}`, rule: `every ${key} stands once`, value: String(each[key]) })
      seen.add(each[key])
    })
  }
  const zone = (path: string, value: string | undefined): boolean => {
    if (value === undefined || isZone(value)) return true
    findings.push({ path, rule: 'a time zone such as Europe/Berlin', value })
    return false
  }
  const read = (path: string, value: string, parse: () => unknown) => {
    try {
      parse()
    } catch (error) {
      findings.push({ path, rule: (error as Error).message, value })
    }
  }
  once(pages, 'id', 'pages')
  once(
    pages.filter(page => page.url !== undefined),
    'url',
    'pages',
  )
  pages.forEach((page, i) => {
    zone(`pages[${i}].timeZone`, page.timeZone)
    once(page.groups ?? [], 'name', `pages[${i}].groups`)
  })
  once(maintenance, 'id', 'maintenance')
  maintenance.forEach((plan, i) => {
    if (zone(`maintenance[${i}].timeZone`, plan.timeZone))
      read(`maintenance[${i}].starts`, plan.starts, () => readMoment(plan.starts, plan.timeZone ?? 'Etc/UTC'))
    const { rrule } = plan
    if (rrule !== undefined) read(`maintenance[${i}].rrule`, rrule, () => parseRule(rrule))
  })
  return findings
}
