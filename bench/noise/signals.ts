import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Order } from '../../src/contract/order.js'
import { HOUR, MINUTE, SECOND, type EpochMs } from '../../src/contract/time.js'

/**
 * The published cases as signals. What a case says of an alert is sent as it would have come: how often it fired within the last
 * hour as so many beginnings and ends, how soon it healed as its end, how often a line stands in the log and how much more than
 * usual that is as a gauge before and since. Nothing here knows which alerts matter.
 */

interface Page {
  id: string
  service: string
  metric: string
  severity: string
  fired_at: string
  value: number
  fired_count_last_1h: number
  auto_resolved_after_s: number | null
  related_pattern?: string | null
  monitor?: string
}
interface Pattern {
  pattern_id: string
  count: number
  delta_vs_baseline_pct: number
  first_seen: string
}

export interface Case {
  name: string
  /** Signals as JSON lines, with the time at which each arrives. */
  lines: { at: EpochMs; line: string }[]
  orders: Order[]
  pages: { id: string; service: string; thread: string; at: EpochMs }[]
  end: EpochMs
}

const SEVERITIES: Record<string, string> = { SEV1: 'critical', SEV2: 'error', SEV3: 'warning', SEV4: 'info' }
/** Beginnings that are only counted are so long where nothing is said of how soon they heal. */
const BLIP_MS = 30 * SECOND

/** Every case of the set in a folder. */
export function readCases(data: string): Case[] {
  const root = join(data, 'noise')
  const names = readdirSync(root).filter(name => statSync(join(root, name)).isDirectory())
  return names.sort().map(name => readCase(join(root, name), name))
}

function readCase(folder: string, name: string): Case {
  const json = <T>(file: string): T => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T
  const pages = json<Page[]>('pages.json').toSorted((a, b) => Date.parse(a.fired_at) - Date.parse(b.fired_at))
  const patterns = json<Pattern[]>('patterns.json')
  const deploys = json<{ timestamp: string; service: string; version: string }[]>('deploys.json')
  const known = json<Record<string, string>[]>('incidents_open.json')
  const rows = readFileSync(join(folder, 'metrics.csv'), 'utf8').trim().split('\n').slice(1)
  const metrics = rows.map(row => {
    const [at = '', service = '', metric = '', value = ''] = row.split(',')
    return { at: Date.parse(at), service, metric, value: Number(value) }
  })
  const times = [...pages.map(page => Date.parse(page.fired_at)), ...metrics.map(each => each.at)]
  const end = Math.max(...times) + 30 * MINUTE
  const begin = Math.min(...times) - HOUR
  const signals = new Signals()
  for (const { at, service, metric, value } of metrics) signals.gauge(at, service, metric, value)
  for (const page of pages) signals.gauge(Date.parse(page.fired_at), page.service, page.metric, page.value)
  for (const pattern of patterns) {
    const services = new Set(pages.filter(p => p.related_pattern === pattern.pattern_id).map(p => p.service))
    for (const service of services) signals.pattern(pattern, service, begin, end)
  }
  for (const { timestamp, service, version } of deploys) signals.deploy(Date.parse(timestamp), service, version)
  for (const page of pages) signals.alert(page, pages)
  return {
    name,
    lines: signals.lines.toSorted((a, b) => a.at - b.at),
    orders: known.map(orderOf),
    pages: pages.map(page => ({ ...page, thread: threadOf(page), at: Date.parse(page.fired_at) })),
    end,
  }
}

const threadOf = ({ metric, monitor }: Page): string => [metric, monitor].filter(Boolean).join(' / ')

class Signals {
  readonly lines: { at: EpochMs; line: string }[] = []

  private add(at: EpochMs, signal: Record<string, unknown>): void {
    this.lines.push({
      at,
      line: JSON.stringify({ id: `s${this.lines.length}`, at: new Date(at).toISOString(), ...signal }),
    })
  }

  gauge(at: EpochMs, service: string, name: string, value: number): void {
    const percent = /_pct$|_percent$/.test(name) ? { unit: '%', capacity: 100 } : {}
    const rest = { service, labels: {}, name, value, measures: percent.capacity ? 'saturation' : 'other' }
    this.add(at, { type: 'observation', via: 'gauge', ...rest, ...percent })
  }

  pattern(pattern: Pattern, service: string, begin: EpochMs, end: EpochMs): void {
    const { pattern_id: id, count, delta_vs_baseline_pct: more, first_seen: seen } = pattern
    const usual = count / (1 + more / 100)
    for (let at = Math.min(begin, Date.parse(seen) - HOUR); at <= end; at += MINUTE) {
      const value = at >= Date.parse(seen) ? count : usual
      const rest = { service, labels: { pattern: id }, name: 'log lines', value, measures: 'other' }
      this.add(at, { type: 'observation', via: 'gauge', ...rest })
    }
  }

  deploy(at: EpochMs, service: string, title: string): void {
    this.add(at, { type: 'fact', via: 'change', service, kind: 'deploy', title, scope: {} })
  }

  alert(page: Page, all: readonly Page[]): void {
    const at = Date.parse(page.fired_at)
    const healsMs = page.auto_resolved_after_s === null ? null : page.auto_resolved_after_s * SECOND
    const same = (each: Page) => each.service === page.service && threadOf(each) === threadOf(page)
    const told = all.filter(each => same(each) && within(at - Date.parse(each.fired_at), HOUR)).length
    const untold = Math.max(0, page.fired_count_last_1h - 1 - told)
    for (let i = 1; i <= untold; i++) {
      const begun = Math.round(at - (i * HOUR) / (untold + 1))
      this.turn(page, begun, begun + (healsMs ?? BLIP_MS))
    }
    this.turn(page, at, healsMs === null ? null : at + healsMs)
  }

  private turn(page: Page, begun: EpochMs, over: EpochMs | null): void {
    const { service, severity, metric, related_pattern: pattern } = page
    const scope = { metric: [metric], ...(pattern ? { pattern: [pattern] } : {}) }
    const alert = { type: 'fact', via: 'alert', service, thread: threadOf(page), severity: SEVERITIES[severity], scope }
    const happenedAt = new Date(begun).toISOString()
    this.add(begun, { ...alert, status: 'firing', title: threadOf(page), happenedAt })
    if (over !== null)
      this.add(over, { ...alert, status: 'resolved', happenedAt, endedAt: new Date(over).toISOString() })
  }
}

const within = (ms: number, most: number): boolean => ms > 0 && ms < most

/** An incident that people work on already, as they opened it. */
function orderOf(given: Record<string, string>, i: number): Order {
  const { service = '', metric, related_pattern: pattern, opened_at: at = '', owner = 'somebody', summary = '' } = given
  const where = [metric && `metric=${metric}`, pattern && `pattern=${pattern}`].filter(Boolean).join(' ')
  return {
    ...{ type: 'order', id: `open-${i}`, at: Date.parse(at), incident: `known-${i}`, verb: 'open', service },
    ...{ by: owner, why: summary, where },
  }
}
