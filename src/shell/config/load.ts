import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { Value, ValuePointer } from '@sinclair/typebox/value'
import { LineCounter, parseDocument } from 'yaml'
import { type Finding, type Config, type ConfigFile, ConfigSchema } from '../../contract/config.js'
import {
  FALSE_ALARMS_PER_MONTH,
  KEEP_FACTS_MS,
  KEEP_LOG_MS,
  KEEP_ROLLUPS_MS,
  LABEL_VALUE_CHARS,
} from '../../contract/limits.js'
import { DAY } from '../../contract/time.js'
import { parseRule } from '../../core/calendar/recurrence.js'
import { isZone, readMoment } from '../../core/calendar/zone.js'
import { isName, NAME_RULE, readService, readTitle, shown } from '../../core/ingest/door.js'
import { isRange } from '../visitors/address.js'
import { converted, fill, type Filled, type Vars } from './fill.js'
import { shapeOf } from './shape.js'
import { strangers } from './mentions.js'
import { meant } from './nearest.js'

export type Loaded = { config: Config; findings: [] } | { config: null; findings: Finding[] }

export const DEFAULTS = { host: '127.0.0.1', port: 8080, data: './data', demo: './data-demo' }
/** Findings told at once; a file with more has one cause. */
const FINDINGS_MAX = 50

/** Reads and checks a configuration file. `vars` are what `${NAME}` stands for. Paths in it are relative to the file. */
export function load(file: string, vars: Vars): Loaded {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return {
      config: null,
      findings: [
        { path: '', rule: 'a file that can be read', value: (error as NodeJS.ErrnoException).code ?? String(error) },
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

export function parse(text: string, vars: Vars): Loaded {
  const read = readYaml(text)
  if ('finding' in read) return { config: null, findings: [read.finding] }
  const filled = fill(read.value, vars)
  const findings = filled.findings.map(each => ({ ...each, path: pathOf(each.path) }))
  if (findings.length > 0) return { config: null, findings }
  const { value } = filled
  for (const error of errorsOf(filled)) {
    if (findings.length < FINDINGS_MAX)
      findings.push({ path: pathOf(error.path), rule: ruleOf(error), value: valueOf(error, filled.filled) })
  }
  if (findings.length > 0) return { config: null, findings: sharpest(findings) }
  const file = value as ConfigFile
  findings.push(...beyondShape(file))
  return findings.length > 0 ? { config: null, findings } : { config: complete(file), findings: [] }
}

/** YAML 1.2, with anchors and the merge key of 1.1 that people know from elsewhere. */
function readYaml(text: string): { value: unknown } | { finding: Finding } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  const broken = document.errors[0] ?? document.warnings[0]
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    const value = broken.message.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:?$/, '')
    return { finding: { path: `line ${line}, column ${col}`, rule: 'YAML', value } }
  }
  try {
    return { value: withoutAside(document.toJS() ?? {}) }
  } catch (error) {
    return { finding: { path: '', rule: 'YAML', value: (error as Error).message } }
  }
}

/** Keys of the file that begin with `x-` hold what is written once and used in several places. */
function withoutAside(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')))
}

/** What breaks the schema, once numbers and true/false that came from the environment are what they say. */
function errorsOf({ value, filled }: Filled): ValueError[] {
  for (const { path, schema, value: text } of filled.size > 0 ? [...Value.Errors(ConfigSchema, value)] : [])
    if (filled.has(path)) ValuePointer.Set(value, path, converted(text, schema['type']))
  return [...Value.Errors(ConfigSchema, value)]
}

/** What may be a secret must not end in somebody's terminal log. */
function valueOf({ path, value, type }: ValueError, filled: ReadonlySet<string>): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return 'nothing'
  const secret = path.endsWith('/secret') || filled.has(path)
  if (secret && typeof value === 'string') return `a text of ${value.length} characters, not shown`
  return shown(typeof value === 'string' ? withoutCredentials(value) : value)
}

/** An address without name and password. */
const withoutCredentials = (text: string): string => text.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1…@')

/** Every default filled in. */
export function complete(file: ConfigFile, demo = false): Config {
  const { keep } = file
  return {
    title: file.title ?? 'Epicenter',
    clock: file.clock ?? 'wall',
    data: file.data ?? DEFAULTS.data,
    host: file.host ?? DEFAULTS.host,
    port: file.port ?? DEFAULTS.port,
    url: file.url === undefined ? null : publicUrl(file.url),
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
    tokens: file.tokens ?? [],
    private: file.private ?? false,
    pages: (file.pages ?? [{ id: 'main' }]).map(page => ({
      id: page.id,
      title: page.title ?? file.title ?? 'Epicenter',
      description: page.description ?? null,
      url: page.url === undefined ? null : publicUrl(page.url),
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

/** As it is written and compared everywhere: small letters, no default port, no slash at the end. */
export function publicUrl(text: string): string {
  const { origin, pathname } = new URL(text)
  return origin.replace(/\.(?=:\d+$|$)/, '') + pathname.replace(/(?<!\/)\/+$/, '')
}

const pathOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map(part => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`))
    .join('')
    .replace(/^\./, '')

function ruleOf({ type, schema, value, path, message }: ValueError): string {
  if (type === ValueErrorType.ObjectAdditionalProperties) {
    const fields = Object.keys((schema['properties'] ?? {}) as object)
    return `a known setting${meant(path.slice(path.lastIndexOf('/') + 1), fields)}`
  }
  if (type === ValueErrorType.ObjectRequiredProperty) return 'a value'
  if (path === '' && type === ValueErrorType.Object) return 'a list of settings, such as `title: …`'
  const values = (schema['anyOf'] as { const?: unknown }[] | undefined)?.map(s => s.const)
  if (values?.every(v => v !== undefined) === true) return `one of ${values.join(', ')}`
  if (type === ValueErrorType.String && ['number', 'boolean'].includes(typeof value))
    return 'a text: put what reads like a number or like true into quotes'
  return shapeOf(schema) ?? message.replace(/^Expected /, '')
}

/** A missing field is found twice, as missing and as no text: the first says it. */
function sharpest(findings: Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ path }) => !seen.has(path) && seen.add(path))
}

/** Rules that a shape cannot say. */
function beyondShape(file: ConfigFile): Finding[] {
  const findings: Finding[] = []
  title(findings, 'title', file.title)
  if (file.contact?.startsWith('https:') === true && !URL.canParse(file.contact))
    findings.push({
      path: 'contact',
      rule: 'a whole address, such as https://example.org or mailto:a@example.org',
      value: file.contact,
    })
  file.proxies?.forEach((value, i) => {
    if (!isRange(value))
      findings.push({ path: `proxies[${i}]`, rule: 'an address or a range such as 10.0.0.0/8 or fd00::/8', value })
  })
  const pages = file.pages?.map(each => each.id) ?? ['main']
  file.notifiers?.forEach(({ kind, page, url, secret }, i) => {
    findings.push(...beyondWebhook(`notifiers[${i}]`, url, secret))
    if (page !== undefined && (kind !== 'statuspage' || !pages.includes(page)))
      findings.push({
        path: `notifiers[${i}].page`,
        rule: `the id of a status page, with kind statuspage${kind === 'statuspage' ? meant(page, pages) : ''}`,
        value: page,
      })
  })
  const services = file.services ?? []
  const ids = new Set<string>()
  services.forEach((service, i) => {
    if (readService(service.id) === null)
      findings.push({ path: `services[${i}].id`, rule: NAME_RULE, value: shown(service.id) })
    title(findings, `services[${i}].title`, service.title)
    service.edges?.forEach(({ cell, codes }, j) => {
      for (const each of [cell, ...codes])
        if (!isName(each, LABEL_VALUE_CHARS))
          findings.push({ path: `services[${i}].edges[${j}]`, rule: NAME_RULE, value: shown(each) })
    })
    if (ids.has(service.id))
      findings.push({ path: `services[${i}].id`, rule: 'an id that no other service has', value: service.id })
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
      if (!isName(node.id, LABEL_VALUE_CHARS))
        findings.push({ path: `${at}.id`, rule: NAME_RULE, value: shown(node.id) })
      title(findings, `${at}.name`, node.name)
      if (seen.has(node.id))
        findings.push({ path: `${at}.id`, rule: 'an id that no other part of the service has', value: node.id })
      seen.add(node.id)
      const stranger = node.dependsOn?.find(id => !own.has(id))
      if (stranger !== undefined)
        findings.push({
          path: `${at}.dependsOn`,
          rule: `ids of components or dependencies of the same service${meant(stranger, [...own])}`,
          value: stranger,
        })
      const { service: other } = node as { service?: string }
      if (other !== undefined && !ids.has(other))
        findings.push({
          path: `${at}.service`,
          rule: `the id of a service in this file${meant(other, [...ids])}`,
          value: other,
        })
    }
  })
  return [...findings, ...beyondTokens(file), ...beyondPages(file), ...strangers(file)]
}

/** Names and secrets of tokens stand once: whose a signal is must be one answer. */
function beyondTokens({ tokens = [] }: ConfigFile): Finding[] {
  const findings: Finding[] = []
  tokens.forEach(({ name, secret }, i) => {
    if (name === 'owner' || tokens.findIndex(each => each.name === name) < i)
      findings.push({
        path: `tokens[${i}].name`,
        rule: 'a name that no other token has, and that is not owner',
        value: name,
      })
    if (tokens.findIndex(each => each.secret === secret) < i)
      findings.push({ path: `tokens[${i}].secret`, rule: 'a secret that no other token has', value: '(not shown)' })
  })
  return findings
}

/** What a webhook will be opened with: said here, so that no server starts with one that it cannot use. */
function beyondWebhook(path: string, url: string, secret: string): Finding[] {
  const findings: Finding[] = []
  const at = URL.canParse(url) && /^https?:\/\/[^/?#]/i.test(url) && !/\s/.test(url) ? new URL(url) : null
  const value = shown(withoutCredentials(url))
  if (at === null)
    findings.push({ path: `${path}.url`, rule: 'a whole address, such as https://example.org/hooks', value })
  else if ([at.username, at.password].some(each => !decodes(each)))
    findings.push({ path: `${path}.url`, rule: 'an address in which name and password are percent-encoded', value })
  // The receiver's reader is as strict.
  const plain = secret.replace(/^whsec_/, '')
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(plain))
    findings.push({
      path: `${path}.secret`,
      rule: 'whsec_ and base64, with the = at its end',
      value: `a text of ${secret.length} characters, not shown`,
    })
  return findings
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function title(findings: Finding[], path: string, value: string | undefined): void {
  if (value !== undefined && readTitle(value) === null)
    findings.push({
      path,
      rule: 'a text that can be seen, without marks that reverse its direction',
      value: shown(value),
    })
}

/** Times, zones and rules of pages and maintenance: read here as they are read later, so that no page meets a bad one. */
function beyondPages({ url, pages = [], maintenance = [] }: ConfigFile): Finding[] {
  const findings: Finding[] = []
  const once = (list: readonly { [key: string]: unknown }[], key: string, at: string) => {
    const seen = new Set<unknown>()
    list.forEach((each, i) => {
      if (seen.has(each[key]))
        findings.push({
          path: `${at}[${i}].${key}`,
          rule: `${/^[aeiou]/.test(key) ? 'an' : 'a'} ${key} that occurs once`,
          value: String(each[key]),
        })
      seen.add(each[key])
    })
  }
  const zone = (path: string, value: string | undefined): boolean => {
    if (value === undefined || isZone(value)) return true
    findings.push({ path, rule: 'a time zone such as Europe/Berlin', value })
    return false
  }
  const read = (path: string, value: string, parse: () => unknown, what = '') => {
    try {
      parse()
    } catch (error) {
      findings.push({ path, rule: `${what}${(error as Error).message}`, value })
    }
  }
  once(pages, 'id', 'pages')
  const address = (path: string, value: string | undefined): string | undefined => {
    if (value === undefined || URL.canParse(value)) return value && publicUrl(value)
    findings.push({ path, rule: 'an address such as https://example.com/status', value })
    return undefined
  }
  address('url', url)
  const seenUrls = new Set<string>()
  pages.forEach((page, i) => {
    const own = address(`pages[${i}].url`, page.url)
    if (own === undefined) return
    if (seenUrls.has(own))
      findings.push({ path: `pages[${i}].url`, rule: 'an address that no other page has', value: page.url ?? '' })
    seenUrls.add(own)
  })
  pages.forEach((page, i) => {
    title(findings, `pages[${i}].title`, page.title)
    page.groups?.forEach((group, j) => title(findings, `pages[${i}].groups[${j}].name`, group.name))
  })
  maintenance.forEach((plan, i) => title(findings, `maintenance[${i}].title`, plan.title))
  pages.forEach((page, i) => {
    zone(`pages[${i}].timeZone`, page.timeZone)
    once(page.groups ?? [], 'name', `pages[${i}].groups`)
  })
  once(maintenance, 'id', 'maintenance')
  maintenance.forEach((plan, i) => {
    if (zone(`maintenance[${i}].timeZone`, plan.timeZone))
      read(`maintenance[${i}].starts`, plan.starts, () => readMoment(plan.starts, plan.timeZone ?? 'Etc/UTC'))
    const { rrule } = plan
    if (rrule !== undefined)
      read(`maintenance[${i}].rrule`, rrule, () => parseRule(rrule), 'a recurrence rule (RFC 5545) that can be read: ')
  })
  return findings
}
