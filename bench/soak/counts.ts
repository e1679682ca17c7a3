import { join } from 'node:path'
import type { Observation } from '../../src/contract/signal.js'
import { MINUTE } from '../../src/contract/time.js'
import { type Rollup, ROLLUP_MS } from '../../src/contract/view.js'
import { openLog } from '../../src/plugin/bus/sqlite.js'
import { ask, pause } from './ask.js'
import { DESK, type House, SERVICES } from './house.js'
import type { Senders } from './senders.js'

/** Rows are put at a tick, which comes within seconds of a start. */
const PATIENCE_MS = 40_000
const SPAN_MS = 120 * MINUTE

export interface Counts {
  /** Of machines' ids: acknowledged, found once in the log of those, of refused and given up ones found after all. */
  acknowledged: number
  once: number
  givenUp: number
  givenUpFound: number
  /** People's reports that were told to be counted, and those of them that the log has once. */
  reports: number
  reportsOnce: number
  /** People's reports in the log that nobody was told of: their answer was cut off. */
  reportsUntold: number
  /** Bins of five minutes × service × kind that were compared with the log. */
  bins: number
  /** Reports of people in the rows of the service that only they speak of. */
  deskRows: number
  /** What is not as it should be. */
  wrong: string[]
  /** What `epicenter check --data` found. */
  whole: string[]
}

/** The log's own lines, read from the file, against what senders were told; and the rows that pages show, against the log. */
export async function countsOf(house: House, senders: Senders): Promise<Counts> {
  const lines = await linesOf(house.data)
  const wrong: string[] = []
  const found = new Map<string, number>()
  for (const { id } of lines) found.set(id, (found.get(id) ?? 0) + 1)
  const counts: Counts = {
    ...{ acknowledged: 0, once: 0, givenUp: 0, givenUpFound: 0, reports: senders.reports.size, reportsOnce: 0 },
    ...{ reportsUntold: 0, bins: 0, deskRows: 0, wrong, whole: [] },
  }
  for (const [id, state] of senders.ids) {
    const times = found.get(id) ?? 0
    if (state === 'acknowledged') {
      counts.acknowledged++
      if (times === 1) counts.once++
      else wrong.push(`${id} was acknowledged and is ${times} times in the log`)
    } else if (state === 'given up') {
      counts.givenUp++
      counts.givenUpFound += times
      if (times > 1) wrong.push(`${id} was refused and is ${times} times in the log`)
    } else wrong.push(`${id} was never answered`)
  }
  for (const [id, times] of found) {
    if (senders.ids.has(id)) continue
    if (senders.reports.has(id) && times === 1) counts.reportsOnce++
    else if (id.startsWith('web-') && times === 1) counts.reportsUntold++
    else wrong.push(`${id} is ${times} times in the log, and nobody sent it`)
  }
  if (counts.reportsOnce !== counts.reports)
    wrong.push(`${counts.reports - counts.reportsOnce} reports were said to be counted and are not in the log`)
  if (counts.reportsUntold > senders.unanswered)
    wrong.push(
      `${counts.reportsUntold} reports in the log that nobody was told of, ${senders.unanswered} had no answer`,
    )
  await rows(house, lines, counts)
  return counts
}

/** Every line of the log, held ones among them. */
async function linesOf(data: string): Promise<Observation[]> {
  await using log = await openLog({ file: join(data, 'log.db'), readonly: true })
  const all: Observation[] = []
  for (let after = 0; ; ) {
    const rows = await log.read(after, 16)
    if (rows.length === 0) return all
    after = rows.at(-1)!.position
    for (const { kind, body } of rows)
      for (const line of kind === 'signals' || kind === 'held' ? Buffer.from(body).toString('utf8').split('\n') : [])
        if (line !== '') all.push(JSON.parse(line) as Observation)
  }
}

type Sums = Record<string, number>

/** Counts of machines by bin have to agree exactly; of people, who are stamped by the server's clock, all together. */
async function rows(house: House, lines: readonly Observation[], counts: Counts): Promise<void> {
  const wanted = new Map<string, Sums>()
  for (const { service, via, at, total, bad = 0 } of lines) {
    const slot = Math.floor((via === 'metric' ? at - 1 : at) / MINUTE) * MINUTE
    const key = service === DESK ? DESK : `${service} ${slot - (slot % ROLLUP_MS)}`
    const sums = wanted.get(key) ?? {}
    for (const [name, n] of Object.entries({ [via]: total, [`${via} bad`]: via === 'post' ? 0 : bad }))
      sums[name] = (sums[name] ?? 0) + n
    wanted.set(key, sums)
  }
  let wrong: string[] = []
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(500)) {
    const got = new Map<string, Sums>()
    for (const service of [...SERVICES, DESK])
      for (const row of await rollups(house, service)) add(got, service === DESK ? DESK : `${service} ${row.bin}`, row)
    counts.deskRows = got.get(DESK)?.['report'] ?? 0
    wrong = differences(wanted, got)
    if (wrong.length === 0) break
  }
  counts.bins = wanted.size
  counts.wrong.push(...wrong)
}

async function rollups(house: House, service: string): Promise<Rollup[]> {
  // What a clock that was ahead had counted in a time that has not come is shown to nobody.
  const { now } = JSON.parse((await ask(`${house.url}/api/v1/workspace`)).text) as { now: number }
  const range = `from=${now - SPAN_MS}&until=${now + 1}`
  const { status, text } = await ask(`${house.url}/api/v1/services/${service}/rollups?${range}`)
  if (status !== 200) throw new Error(`rollups of ${service}: ${status} ${text.slice(0, 200)}`)
  return JSON.parse(Buffer.from(text, 'latin1').toString()) as Rollup[]
}

function add(into: Map<string, Sums>, key: string, { reports, posts, checks, metrics }: Rollup): void {
  const sums = into.get(key) ?? {}
  const more: Sums = {
    ...{ report: reports.bad + reports.ok, 'report bad': reports.bad, post: posts.total },
    ...{ check: checks.total, 'check bad': checks.bad, metric: metrics.total, 'metric bad': metrics.bad },
  }
  for (const [name, n] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + n
  into.set(key, sums)
}

function differences(wanted: ReadonlyMap<string, Sums>, got: ReadonlyMap<string, Sums>): string[] {
  const wrong: string[] = []
  for (const key of new Set([...wanted.keys(), ...got.keys()])) {
    const [a, b] = [wanted.get(key) ?? {}, got.get(key) ?? {}]
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
      if ((a[name] ?? 0) !== (b[name] ?? 0)) {
        const at = Number(key.split(' ')[1])
        const bin = Number.isFinite(at) ? ` ${new Date(at).toISOString().slice(11, 16)}` : ''
        wrong.push(`${key.split(' ')[0]}${bin} ${name}: ${a[name] ?? 0} in the log, ${b[name] ?? 0} in the rows`)
      }
  }
  return wrong
}
