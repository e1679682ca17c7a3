import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { originsOf } from '../../src/core/origin/origin.js'
import { folders, gathered } from './answers.js'
import type { Wire } from './telemetry.js'

/** Rows of a wide table: four heads (node, metric, statistic, and a name of the index), then the time and the values. */
interface Table {
  heads: { node: string; metric: string; statistic: string }[]
  rows: { at: number; values: string[] }[]
}

const STEP_MS = 300_000
/** Part of the quiet table that may be learned from, and rows of a window. */
const LEARNED = 0.6
const WINDOW = 5
/** Statistics of how long answers take that are told. */
const TOLD = new Set(['Average', 'p50', 'p90'])

function tableOf(path: string): Table {
  const lines = gunzipSync(readFileSync(path))
    .toString()
    .trim()
    .split('\n')
    .map(line => line.split(','))
  const [nodes, metrics, statistics] = lines as [string[], string[], string[]]
  return {
    heads: nodes
      .slice(1)
      .map((node, i) => ({ node: node.trim(), metric: metrics[i + 1]!, statistic: statistics[i + 1]! })),
    rows: lines.slice(4).map(([at, ...values]) => ({ at: Math.round(Number(at)) * 1000, values })),
  }
}

/** Availability with the requests of its window is a count; how long answers take is a gauge. */
function wireOf({ heads, rows }: Table, tag: string, shift: number): Wire[] {
  const requests = new Map(heads.flatMap((head, i) => (head.metric === 'requests' ? [[head.node, i]] : [])))
  return rows.flatMap((row, k) =>
    heads.flatMap(({ node, metric, statistic }, i): Wire[] => {
      const text = row.values[i]
      if (text === undefined || text === '') return []
      const at = row.at + shift
      const base = { type: 'observation', id: `${tag}/${k}/${i}`, service: node, at, labels: {}, windowMs: STEP_MS }
      const value = Number(text)
      if (metric === 'latency')
        return TOLD.has(statistic)
          ? [{ ...base, via: 'gauge', name: `latency ${statistic}`, value, unit: 's', measures: 'latency' }]
          : []
      if (metric !== 'availability') return []
      const total = Number(row.values[requests.get(node)!] || 0)
      const bad = Math.min(1, Math.max(0, 1 - value / 100))
      if (total > 0)
        return [{ ...base, via: 'metric', total: Math.round(total), bad: Math.round(bad * Math.round(total)) }]
      return [{ ...base, via: 'gauge', name: 'failing', value: bad, measures: 'failing' }]
    }),
  )
}

function graphWire(path: string, at: number): Wire[] {
  const [head, ...lines] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(','))
  const names = head!.slice(1).map(name => name.trim())
  return lines.map(([from, ...calls]) => ({
    type: 'fact',
    via: 'topology',
    id: `calls-${from}`,
    service: from!.trim(),
    at,
    components: [],
    dependsOn: names.filter((_, i) => Number(calls[i]) > 0),
  }))
}

/** Answers for all windows of one folder of traffic. */
export function petshop(dir: string): Wire[] {
  return folders(dir).flatMap(traffic => {
    const base = join(dir, traffic)
    const quiet = tableOf(join(base, 'noissue', 'metrics.csv.gz'))
    const graph = graphWire(join(base, 'graph.csv'), quiet.rows[0]!.at)
    const learned = Math.ceil(quiet.rows.length * LEARNED)
    const past = { heads: quiet.heads, rows: quiet.rows.slice(0, learned) }
    const answer = (name: string, window: Table): Wire => {
      const begin = window.rows[0]!.at
      // The past is put before the window: what is usual is known, whatever the date.
      const shift = begin - STEP_MS - past.rows.at(-1)!.at
      const question = gathered([...graph, ...wireOf(past, 'past', shift), ...wireOf(window, name, 0)])
      const told = originsOf({ ...question, since: window.rows[1]!.at })
      const ranked = (told[0]?.ranked ?? []).filter(each => each.node !== null).slice(0, 10)
      return { case: `${traffic}/${name}`, ranked: ranked.map(each => each.node) }
    }
    const faults = folders(base).filter(name => existsSync(join(base, name, 'metrics.csv.gz')) && name !== 'noissue')
    const windows: Wire[] = faults.map(name => answer(name, tableOf(join(base, name, 'metrics.csv.gz'))))
    for (let i = learned; i + WINDOW <= quiet.rows.length; i += WINDOW) {
      const rows = quiet.rows.slice(i, i + WINDOW)
      windows.push(answer(`quiet-${Math.round(rows[0]!.at / 1000)}`, { heads: quiet.heads, rows }))
    }
    return windows
  })
}
