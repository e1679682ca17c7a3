import { readFileSync } from 'node:fs'
import { csvParseRows } from 'd3-dsv'
import type { IncidentEvent } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import { Replay, type ReplayCounts } from '../../shell/replay.js'
import type { BacktestOptions } from './command.js'
import { type BySide, compare, type Episode, type Known } from './compare.js'
import { type History, report } from './report.js'
import { DAYS_A_MONTH, parseSetting, type Setting, SettingError } from './setting.js'
import { judgeSeries, type NamedSeries, seriesOf } from '../detect/run.js'
import { openBytes } from '../replay/run.js'
import { parseTime, readSeriesFile, type RowReject } from '../detect/series-file.js'

/** Bad rows printed one by one. */
const REJECTS_PRINTED = 20
/** A known event without an end lasts so long. */
const KNOWN_LASTS_MS = 3 * 3_600_000

class HistoryError extends Error {}

interface Judged {
  history: Omit<History, 'file'>
  episodes: BySide<Episode[]>
}

/** Reads, judges twice, compares, prints; returns the exit code. */
export async function runBacktest(file: string, options: BacktestOptions): Promise<number> {
  const complain = (text: string) => void process.stderr.write(`epicenter backtest: ${text}\n`)
  try {
    const settings = {
      a: await parseSetting(options.a, process.env),
      b: await parseSetting(options.b, process.env),
    }
    const known = options.known === undefined ? null : readKnown(options.known, complain)
    const { history, episodes } = await judge(file, settings, complain)
    const inTime = known?.filter(event => event.until >= history.from && event.at <= history.until) ?? null
    const comparison = compare(episodes, history.services, inTime)
    const names = { a: settings.a.name, b: settings.b.name }
    const shown = { ...history, file }
    if (options.json) process.stdout.write(`${JSON.stringify({ history: shown, settings: names, ...comparison })}\n`)
    else process.stdout.write(report(shown, names, comparison, options.first))
    return 0
  } catch (error) {
    if (!(error instanceof SettingError || error instanceof HistoryError)) throw error
    complain(error.message)
    return 2
  }
}

type Complain = (text: string) => void

async function judge(file: string, settings: BySide<Setting>, complain: Complain): Promise<Judged> {
  const chunks = openBytes(file)
  let first: IteratorResult<Uint8Array>
  try {
    first = await chunks.next()
  } catch (error) {
    throw unreadable(file, error)
  }
  if (first.done === true) throw new HistoryError(`no usable row in ${file}`)
  const head = Buffer.from(first.value)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (head.startsWith('{')) return judgeSignals(file, first.value, chunks, settings, complain)
  await chunks.return(undefined)
  if (file === '-') throw new HistoryError('standard input holds NDJSON of signals; give a CSV as a file')
  return judgeCounts(file, settings, complain)
}

const unreadable = (file: string, error: unknown) =>
  new HistoryError(`cannot read ${file}: ${(error as Error).message}`, { cause: error })

function tellRejects(rejects: readonly RowReject[], complain: Complain): void {
  for (const { line, rule, value } of rejects.slice(0, REJECTS_PRINTED))
    complain(`line ${line}: ${rule}, not ${JSON.stringify(value)}`)
  if (rejects.length > REJECTS_PRINTED) complain(`… and ${rejects.length - REJECTS_PRINTED} more bad rows`)
}

function judgeCounts(file: string, settings: BySide<Setting>, complain: Complain): Judged {
  let all: NamedSeries[]
  try {
    const { series, rejects, notes } = seriesOf(readSeriesFile(file, 'series'))
    tellRejects(rejects, complain)
    for (const note of notes) complain(note)
    all = series
  } catch (error) {
    throw unreadable(file, error)
  }
  if (all.length === 0) throw new HistoryError(`no usable row in ${file}`)
  let from = Number.POSITIVE_INFINITY
  let until = Number.NEGATIVE_INFINITY
  const episodes: BySide<Episode[]> = { a: [], b: [] }
  const services: string[] = []
  for (const { service, rows, stepMs: step } of all) {
    services.push(service)
    const end = rows.at(-1)!.at + step
    from = Math.min(from, rows[0]!.at)
    until = Math.max(until, end)
    for (const side of ['a', 'b'] as const) {
      const { slotMs, falseAlarmsPerDay } = settings[side]
      let open: Episode | null = null
      judgeSeries(rows, step, slotMs ?? step, falseAlarmsPerDay, reading => {
        const { at, change, onset, expectedSinceOnset: expected, observedSinceOnset: observed, bits } = reading
        // Raised again while open: it became worse, and is one episode still.
        if (change === 'raised' && open === null) {
          const began = { service, from: onset ?? at, raised: at, until: null, openMs: Math.max(0, end - at) }
          open = { ...began, what: null, expected, observed, bits }
          episodes[side].push(open)
        } else if (change === 'ended' && open !== null) {
          open.until = at
          open.openMs = at - open.raised
          open = null
        }
      })
    }
  }
  return { history: { kind: 'counts', from, until, services }, episodes }
}

async function judgeSignals(
  file: string,
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
  settings: BySide<Setting>,
  complain: Complain,
): Promise<Judged> {
  const events: BySide<IncidentEvent[]> = { a: [], b: [] }
  const replayOf = (side: 'a' | 'b') => {
    const { falseAlarmsPerDay, slotMs, services } = settings[side]
    if (slotMs !== null) throw new SettingError('slot is for a CSV of counts: signals are judged by the minute')
    return new Replay(event => events[side].push(event), {
      config: { clock: 'signals', falseAlarmsPerMonth: falseAlarmsPerDay * DAYS_A_MONTH, services },
    })
  }
  const replays = [replayOf('a'), replayOf('b')] as const
  const from = firstTime(head)
  try {
    for (const replay of replays) replay.push(head)
    for await (const chunk of rest) for (const replay of replays) replay.push(chunk)
    for (const replay of replays) replay.end()
  } catch (error) {
    throw unreadable(file, error)
  }
  const { counts, now: until } = replays[0]
  tellCounts(counts, complain)
  if (counts.accepted === 0) throw new HistoryError(`no signal in ${file === '-' ? 'standard input' : file}`)
  const episodes = { a: incidentsOf(events.a, until), b: incidentsOf(events.b, until) }
  const services = [...new Set([...settings.a.services, ...settings.b.services].map(s => s.id))]
  return { history: { kind: 'signals', from: Math.min(from, until), until, services }, episodes }
}

function tellCounts({ rejected, rejects }: ReplayCounts, complain: Complain): void {
  for (const r of rejects.slice(0, REJECTS_PRINTED))
    complain(`line ${r.line}: ${r.rule}: ${r.message}; received ${r.value}`)
  if (rejected > REJECTS_PRINTED) complain(`… and ${rejected - REJECTS_PRINTED} more rejected lines`)
}

/** Time of the first line that has one; the log is in order. */
function firstTime(head: Uint8Array): EpochMs {
  for (const line of Buffer.from(head).toString('utf8').split('\n')) {
    const time = /"(?:seenAt|at)"\s*:\s*(?:"([^"]+)"|(\d{9,}))/.exec(line)
    const at = parseTime(time?.[1] ?? time?.[2] ?? '')
    if (!Number.isNaN(at)) return at
  }
  return Number.POSITIVE_INFINITY
}

/** Incidents from their events; `note` is none. */
function incidentsOf(events: readonly IncidentEvent[], end: EpochMs): Episode[] {
  const byId = new Map<string, Episode & { since: EpochMs | null }>()
  for (const event of events) {
    const at = Date.parse(event.at)
    const known = byId.get(event.incident)
    if (event.event === 'opened' && known === undefined) {
      const { service, startedAt, kind, severity, evidence } = event
      const bits = evidence === undefined ? null : Object.values(evidence).reduce<number>((sum, b) => sum + (b ?? 0), 0)
      byId.set(event.incident, {
        service,
        from: startedAt === undefined ? at : Math.min(at, Date.parse(startedAt)),
        raised: at,
        until: null,
        openMs: 0,
        what: [severity, kind].filter(Boolean).join(' ') || null,
        expected: null,
        observed: null,
        bits,
        since: at,
      })
    } else if (event.event === 'resolved' && known?.since != null) {
      known.openMs += at - known.since
      known.until = at
      known.since = null
    } else if (event.event === 'reopened' && known?.since === null) {
      known.since = at
      known.until = null
    }
  }
  return [...byId.values()].map(({ since, ...episode }) => ({
    ...episode,
    openMs: episode.openMs + (since === null ? 0 : Math.max(0, end - since)),
  }))
}

const TIME_COLUMNS = ['time', 'start']
const UNTIL_COLUMNS = ['until', 'end']

/** Events that are known to have happened, from a CSV. */
function readKnown(path: string, complain: Complain): Known[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw unreadable(path, error)
  }
  const [head = [], ...rows] = csvParseRows(text)
  const names = head.map(name => name.trim().toLowerCase())
  const timeAt = names.findIndex(name => TIME_COLUMNS.includes(name))
  const untilAt = names.findIndex(name => UNTIL_COLUMNS.includes(name))
  const serviceAt = names.indexOf('service')
  if (timeAt < 0) throw new HistoryError(`${path}: line 1: a column must be named time or start; got ${head.join(',')}`)
  const known: Known[] = []
  const rejects: RowReject[] = []
  rows.forEach((cells, i) => {
    const value = (column: number) => (column < 0 ? '' : (cells[column] ?? '').trim())
    if (cells.every(cell => cell.trim() === '')) return
    const at = parseTime(value(timeAt))
    const until = value(untilAt) === '' ? at + KNOWN_LASTS_MS : parseTime(value(untilAt))
    const line = i + 2
    if (Number.isNaN(at)) rejects.push({ line, rule: 'time is ISO 8601 or milliseconds', value: value(timeAt) })
    else if (!(until >= at))
      rejects.push({ line, rule: 'the end is a time not before the start', value: value(untilAt) })
    else known.push({ at, until, service: value(serviceAt) || null })
  })
  tellRejects(rejects, text => complain(`${path}: ${text}`))
  if (known.length === 0) throw new HistoryError(`no usable event in ${path}`)
  return known
}
