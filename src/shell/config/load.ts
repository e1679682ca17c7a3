import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { ValueError } from '@sinclair/typebox/errors'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value, ValuePointer } from '@sinclair/typebox/value'
import { type Config, type ConfigFile, ConfigSchema } from '../../contract/config.js'
import {
  FALSE_ALARMS_PER_MONTH,
  KEEP_FACTS_MS,
  KEEP_LOG_MS,
  KEEP_ROLLUPS_MS,
  LABEL_VALUE_CHARS,
} from '../../contract/limits.js'
import { LANGUAGE_TAGS } from '../../contract/people.js'
import { completeSignIn } from '../../contract/access/sign-in.js'
import type { Settled } from '../../contract/console/settings.js'
import { DAY, MINUTE } from '../../contract/time.js'
import { parseRule } from '../../core/calendar/recurrence.js'
import { isZone, readMoment } from '../../core/calendar/zone.js'
import { isName, NAME_RULE, readService, readTitle, shown } from '../../core/ingest/door.js'
import { keptAt } from '../settings/kept.js'
import { readSettings, settledOf, together } from '../settings/settings-file.js'
import { isRange } from '../visitors/address.js'
import { converted, fill, type Filled, type Vars } from './fill.js'
import { type Finding, pathOf, ruleOf, sharpest, valueOf } from './finding.js'
import { beyondSubscribers, subscribersOf } from './subscribers.js'
import { strangers } from './mentions.js'
import { meant } from './nearest.js'
import { beyondGeoip, geoipOf } from './geoip.js'
import { beyondOnCall } from './on-call.js'
import { beyondSignIn } from './sign-in.js'
import { unreadable } from './colours.js'
import { NO_USES, readUses } from './uses.js'
import { readYaml } from './yaml.js'

export type Loaded = { config: Config; findings: [] } | { config: null; findings: Finding[] }

export const DEFAULTS = { host: '127.0.0.1', port: 8080, data: './data', demo: './data-demo' }
/** Findings told at once; a file with more has one cause. */
const FINDINGS_MAX = 50

export interface LoadMore {
  /** The data folder, where it is not what the file says. */
  data?: string | undefined
  /** What the console adds; what the data folder keeps, if not given. */
  settled?: Settled
}

/**
 * Reads and checks a configuration file, with what the console keeps in its data folder. `vars` are what `${NAME}` stands
 * for. Paths in it are relative to the file.
 */
export async function load(file: string, vars: Vars, more: LoadMore = {}): Promise<Loaded> {
  const unread = (rule: string, value: string): Loaded => ({ config: null, findings: [{ path: '', rule, value }] })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return unread('a file that can be read', (error as NodeJS.ErrnoException).code ?? String(error))
  }
  let settled = more.settled
  try {
    settled ??= settledOf(readSettings(more.data ?? dataOf(text, file, vars)))
  } catch (error) {
    return unread('settings of the console that can be read', (error as Error).message)
  }
  const loaded = await parse(text, vars, dirname(file), settled)
  if (loaded.config !== null && !isAbsolute(loaded.config.data))
    loaded.config.data = join(dirname(file), loaded.config.data)
  const beside = (name: string) => (isAbsolute(name) ? name : join(dirname(file), name))
  for (const page of loaded.config?.pages ?? []) {
    if (page.logo !== null) page.logo = beside(page.logo)
    if (page.brand?.css !== undefined) page.brand = { ...page.brand, css: beside(page.brand.css) }
  }
  return loaded
}

/** The data folder that a file names, before anybody knows whether the rest of it is right. */
export function dataOf(text: string, file: string, vars: Vars): string {
  const read = readYaml(text)
  const named = 'finding' in read ? undefined : (fill(read.value, vars).value as ConfigFile | null)?.data
  const data = typeof named === 'string' && named !== '' ? named : DEFAULTS.data
  return isAbsolute(data) ? data : join(dirname(file), data)
}

/** `folder`: what paths of plug-ins and in their settings are relative to. `settled`: what stands behind the lists of the file. */
export async function parse(text: string, vars: Vars, folder = '.', settled: Settled = {}): Promise<Loaded> {
  const read = readYaml(text)
  if ('finding' in read) return { config: null, findings: [read.finding] }
  const filled = fill(read.value, vars)
  const own = filled.value
  const wrong = (findings: Finding[]): Loaded => ({
    config: null,
    findings: findings.map(each => keptAt(each, own, filled.value) ?? { ...each, ...read.lineOf(each.path) }),
  })
  // What the console keeps is taken by the letter: nobody reads the server's environment through a form.
  filled.value = together(own, settled)
  const findings = filled.findings.map(each => ({ ...each, path: pathOf(each.path) }))
  if (findings.length > 0) return wrong(findings)
  const { value } = filled
  for (const error of errorsOf(filled)) {
    const secret = /(?:secret|password)$/i.test(error.path) || filled.filled.has(error.path)
    if (findings.length < FINDINGS_MAX)
      findings.push({ path: pathOf(error.path), rule: ruleOf(error), value: valueOf(error, secret) })
  }
  if (findings.length > 0) return wrong(sharpest(findings))
  const file = value as ConfigFile
  const { uses, findings: more } = await readUses(file, filled, folder)
  findings.push(
    ...beyondShape(file),
    ...unreadable(file),
    ...beyondOnCall(file, uses.notifiers),
    ...more,
    ...(await beyondSubscribers(file, uses)),
    ...(await beyondGeoip(file, folder)),
  )
  const geoip = geoipOf(file, folder)
  return findings.length > 0 ? wrong(findings) : { config: { ...complete(file), ...uses, geoip }, findings: [] }
}

/** Made once: it tells a right file from a wrong one in a hundredth of the time that it takes to say what is wrong. */
const RIGHT = TypeCompiler.Compile(ConfigSchema)

/** What breaks the schema, once numbers and true/false that came from the environment are what they say. */
function errorsOf({ value, filled }: Filled): ValueError[] {
  for (const { path, schema, value: text } of filled.size > 0 ? [...Value.Errors(ConfigSchema, value)] : [])
    if (filled.has(path)) ValuePointer.Set(value, path, converted(text, schema['type']))
  return RIGHT.Check(value) ? [] : [...Value.Errors(ConfigSchema, value)]
}

/** Every default filled in; uses of plug-ins are `readUses`'s to read. */
export function complete(file: ConfigFile, demo = false): Config {
  const { keep } = file
  return {
    title: file.title ?? 'Epicenter',
    language: file.language ?? LANGUAGE_TAGS[0],
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
    geoip: file.geoip ?? null,
    ...(file.exposure ? { exposure: file.exposure } : {}),
    falseAlarmsPerMonth: file.falseAlarmsPerMonth ?? FALSE_ALARMS_PER_MONTH,
    services: (file.services ?? []).map(s => ({
      id: s.id,
      title: s.title ?? s.id,
      ...(s.tags ? { tags: s.tags } : {}),
      components: s.components ?? [],
      dependsOn: s.dependsOn ?? [],
      ...(s.edges ? { edges: s.edges } : {}),
      ...(s.exposure ? { exposure: s.exposure } : {}),
    })),
    ...NO_USES,
    tokens: file.tokens ?? [],
    private: file.private ?? false,
    signIn: completeSignIn(file.signIn),
    pages: (file.pages ?? [{ id: 'main' }]).map(page => ({
      id: page.id,
      title: page.title ?? file.title ?? 'Epicenter',
      description: page.description ?? null,
      url: page.url === undefined ? null : publicUrl(page.url),
      logo: page.logo ?? null,
      ...(page.brand === undefined ? {} : { brand: page.brand }),
      timeZone: page.timeZone ?? 'Etc/UTC',
      services: page.services ?? null,
      groups: page.groups ?? null,
      unknownAs: page.unknownAs ?? 'degraded_performance',
      ...(page.private === undefined ? {} : { private: page.private }),
    })),
    maintenance: file.maintenance ?? [],
    responders: file.responders ?? [],
    rotas: file.rotas ?? [],
    routes: file.routes ?? null,
    updates: {
      everyMs: Object.fromEntries(
        Object.entries(file.updates?.everyMinutes ?? {}).map(([severity, minutes]) => [severity, minutes * MINUTE]),
      ),
      send: file.updates?.send ?? [],
      reword: file.updates?.reword ?? null,
    },
    subscribers: subscribersOf(file),
    ...(file.tracing === undefined ? {} : { tracing: file.tracing }),
    agents: { alone: file.agents?.alone ?? [] },
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
  return [...findings, ...beyondTokens(file), ...beyondPages(file), ...beyondSignIn(file), ...strangers(file)]
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
