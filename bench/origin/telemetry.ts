import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLimit, limitOf, meaningOf } from './measures.js'

/** A signal as it goes over the wire. */
export type Wire = Record<string, unknown>

interface Row {
  at: number
  node: string
  metric: string
  value: number
}

const json = (path: string): unknown => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined)
const iso = (text: unknown): number => Date.parse(String(text))
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function rowsOf(dir: string): Row[] {
  const lines = readFileSync(join(dir, 'metrics.csv'), 'utf8').trim().split('\n').slice(1)
  return lines
    .map(line => line.split(','))
    .map(([at, node, metric, value]) => ({ at: iso(at), node: node!, metric: metric!, value: Number(value) }))
    .filter(row => Number.isFinite(row.value) && Number.isFinite(row.at))
    .sort((a, b) => a.at - b.at)
}

/** Gauges of all rows. */
function gauges(rows: readonly Row[]): Wire[] {
  const courses = new Map<string, Row[]>()
  for (const row of rows) {
    const key = `${row.node}\n${row.metric}`
    courses.set(key, [...(courses.get(key) ?? []), row])
  }
  const limits = new Map<string, Map<string, number>>()
  for (const course of courses.values()) {
    const { node, metric, value } = course[0]!
    if (
      isLimit(
        metric,
        course.map(row => row.value),
      )
    )
      limits.set(node, (limits.get(node) ?? new Map()).set(metric, value))
  }
  return [...courses.values()].flatMap(course => {
    const { node, metric } = course[0]!
    if (limits.get(node)?.has(metric)) return []
    const { measures, scale, left } = meaningOf(
      metric,
      course.map(row => row.value),
    )
    const limit = limitOf(metric, limits.get(node) ?? new Map())
    const full = limit ?? (left || (measures === 'saturation' && /pct|percent|util/.test(metric)) ? 1 : undefined)
    const share = measures === 'failing' || measures === 'hit'
    const valueOf = (value: number): number =>
      share ? Math.min(1, Math.max(0, value)) : left ? Math.max(0, 1 - value) : value
    return course.map((row, i) => ({
      type: 'observation',
      via: 'gauge',
      id: `${node}/${metric}/${i}`,
      service: node,
      at: row.at,
      labels: {},
      name: metric,
      value: valueOf(row.value / scale),
      measures: limit === undefined ? measures : 'saturation',
      ...(full === undefined ? {} : { capacity: full }),
    }))
  })
}

interface Entry {
  name: string
  [field: string]: unknown
}

/** Fields of an entry that say nothing of what it stands on. */
const NO_RESOURCE =
  /^(name|namespace|role|kind|type|note|notes|description|owner|team|tier|version|language|replicas|engine|topics?|max_.*)$/
const KIND_OF: readonly [RegExp, string][] = [
  [/node|host|machine|instance/, 'node'],
  [/redis|memcache|cache/, 'cache'],
  [/kafka|queue|topic|broker|sqs|rabbit|stream/, 'queue'],
  [/dns|resolver|nameserver/, 'resolver'],
  [/gateway|proxy|ingress|mesh|nat|egress|balancer/, 'gateway'],
  [/vendor|provider|external|partner/, 'vendor'],
  [/.*/, 'database'],
]
const kindOf = (text: string): string => KIND_OF.find(([pattern]) => pattern.test(text))![1]

/** `pg:orders-db`, `orders-db` and `orders-db.zone-1` are one thing; the spelling of what is measured stands. */
function spelled(name: string, measured: readonly string[]): string {
  const bare = (text: string): string => text.replace(/^[a-z0-9_]+:/i, '')
  const same = measured.filter(each => {
    const [a, b] = [bare(each).toLowerCase(), bare(name).toLowerCase()]
    return a === b || (a.includes('-') && b.startsWith(`${a}.`)) || (b.includes('-') && a.startsWith(`${b}.`))
  })
  return same[0] ?? name
}

/** What a service map says, as one topology a service. */
function topologies(
  map: Record<string, unknown>,
  calls: readonly [string, string][],
  measured: readonly string[],
  at: number,
): Wire[] {
  const services = ((map['services'] as unknown[]) ?? []).map(each =>
    typeof each === 'string' ? { name: each } : (each as Entry),
  )
  const depends = new Map<string, Map<string, Wire>>()
  const note = (from: string, to: string, kind?: string): void => {
    const own = depends.get(from) ?? new Map<string, Wire>()
    if (!own.has(to)) own.set(to, { id: to, name: to, ...(kind ? { kind } : {}) })
    depends.set(from, own)
  }
  for (const entry of services) {
    const from = spelled(entry.name, measured)
    depends.set(from, depends.get(from) ?? new Map())
    for (const [field, value] of Object.entries(entry)) {
      if (NO_RESOURCE.test(field)) continue
      for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
        if (typeof each === 'string' && each !== '') note(from, spelled(each, measured), kindOf(`${field} ${each}`))
    }
  }
  for (const edge of (map['edges'] as { from: string; to: string }[]) ?? [])
    note(spelled(edge.from, measured), spelled(edge.to, measured))
  for (const [from, to] of calls) note(spelled(from, measured), spelled(to, measured))
  // What is called by its kind (`node:…`, `redis:…`) says so itself.
  const apart = measured.filter(name => /^[a-z0-9_]+:/i.test(name))
  for (const name of apart) depends.set(name, depends.get(name) ?? new Map())
  return [...depends].map(([service, own]) => ({
    type: 'fact',
    via: 'topology',
    id: `map-${service}`,
    service,
    at,
    components: apart.includes(service) ? [{ id: service, kind: kindOf(service.split(':')[0]!) }] : [],
    dependsOn: [...own.values()],
  }))
}

const listOf = (value: unknown, field: string): Wire[] =>
  Array.isArray(value) ? (value as Wire[]) : (((value as Wire | undefined)?.[field] as Wire[]) ?? [])

/** Calls that sampled traces show: whose span stands in whose. */
function traced(dir: string): [string, string][] {
  const said = listOf(json(join(dir, 'traces.json')), 'traces')
  const spans = said.flatMap(each => (Array.isArray(each['spans']) ? listOf(each, 'spans') : [each]))
  const by = new Map(spans.map(span => [`${textOf(span['trace_id'])}/${textOf(span['span_id'])}`, span]))
  return spans.flatMap((span): [string, string][] => {
    const parent = by.get(`${textOf(span['trace_id'])}/${textOf(span['parent_id'] ?? span['parent_span_id'])}`)
    const [from, to] = [textOf(parent?.['service']), textOf(span['service'])]
    return from === '' || to === '' || from === to ? [] : [[from, to]]
  })
}

/** What of the logs is new and bad, by pattern: words, and no evidence by itself. */
function patterns(dir: string): Wire[] {
  return listOf(json(join(dir, 'patterns.json')), 'patterns').flatMap((each, i): Wire[] => {
    const at = iso(each['first_seen'])
    if (each['sentiment'] !== 'negative') return []
    const base = {
      type: 'fact',
      via: 'alert',
      id: `pattern-${i}`,
      thread: `pattern-${i}`,
      service: textOf(each['service']),
    }
    return [
      {
        ...base,
        at: Number.isFinite(at) ? at : 0,
        status: 'firing',
        severity: 'info',
        text: textOf(each['signature']),
      },
    ]
  })
}

/** Deploys and flags, with what their commits say. */
function changes(dir: string, fallback: string): Wire[] {
  const commits = new Map(listOf(json(join(dir, 'context', 'commits.json')), 'commits').map(c => [textOf(c['sha']), c]))
  const deploys = listOf(json(join(dir, 'context', 'deploys.json')), 'deploys').map((each, i): Wire => {
    const commit = commits.get(textOf(each['commit_sha']))
    const files = ((commit?.['files_changed'] as string[]) ?? []).join(' ')
    return {
      type: 'fact',
      via: 'change',
      kind: 'deploy',
      id: textOf(each['commit_sha']) || `deploy-${i}`,
      service: textOf(each['service']) || fallback,
      at: iso(each['timestamp']),
      title: textOf(commit?.['message']) || textOf(each['version']),
      text: commit ? `${files}\n${textOf(commit['diff'])}`.slice(0, 8_000) : '',
    }
  })
  const flags = listOf(json(join(dir, 'context', 'flags.json')), 'changes').map(
    (each, i): Wire => ({
      type: 'fact',
      via: 'change',
      kind: 'flag',
      id: `flag-${i}`,
      service: textOf(each['service']) || fallback,
      at: iso(each['timestamp']),
      title: textOf(each['flag']),
    }),
  )
  return [...deploys, ...flags]
}

/** What a cluster or a watcher warns of, as alerts: objects by the name that they begin with. */
function warnings(dir: string, measured: readonly string[], known: readonly string[]): Wire[] {
  const names = [...new Set([...measured, ...known])].sort((a, b) => b.length - a.length)
  return listOf(json(join(dir, 'events.json')), 'events').flatMap((each, i): Wire[] => {
    const said = `${textOf(each['type'])} ${textOf(each['reason'])}`
    if (!/warning|evict|notready|pressure|unhealthy|oom|alert|threshold|health/i.test(said)) return []
    const bare = textOf(each['object'])
      .replace(/^[a-z]+\//i, '')
      .toLowerCase()
    const node = names.find(name => bare.startsWith(name.replace(/^[a-z0-9_]+:/i, '').toLowerCase()))
    if (node === undefined) return []
    const at = iso(each['timestamp'])
    const base = {
      type: 'fact',
      via: 'alert',
      id: `event-${i}`,
      thread: `event-${i}`,
      service: node,
      at,
      happenedAt: at,
    }
    return [{ ...base, status: 'firing', severity: 'warning', title: textOf(each['reason']) }]
  })
}

function alerts(dir: string): Wire[] {
  const alert = json(join(dir, 'alert.json')) as Wire | undefined
  if (!alert) return []
  const at = iso(alert['fired_at'])
  return [
    {
      type: 'fact',
      via: 'alert',
      id: 'alert',
      thread: 'alert',
      service: textOf(alert['service']),
      at,
      happenedAt: at,
      status: 'firing',
      severity: 'critical',
      title: textOf(alert['monitor']),
      text: textOf(alert['summary']),
    },
  ]
}

/** A folder with metrics, a map and what was changed, as signals. */
export function signalsOf(dir: string): Wire[] {
  const rows = rowsOf(dir)
  const measured = [...new Set(rows.map(row => row.node))]
  const map = (json(join(dir, 'service_map.json')) ?? {}) as Record<string, unknown>
  const first = rows[0]?.at ?? 0
  const topology = topologies(map, Object.keys(map).length > 0 ? [] : traced(dir), measured, first)
  const fired = alerts(dir).map(each => ({ ...each, service: spelled(textOf(each['service']), measured) }))
  return [
    ...topology,
    ...gauges(rows),
    ...changes(dir, measured[0] ?? 'unknown').map(each => ({
      ...each,
      service: spelled(textOf(each['service']), measured),
    })),
    ...warnings(
      dir,
      measured,
      topology.map(each => textOf(each['service'])),
    ),
    ...patterns(dir).map(each => ({ ...each, at: each['at'] === 0 ? first : each['at'] })),
    ...fired,
  ]
}
