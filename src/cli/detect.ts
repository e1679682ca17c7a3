import { basename } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { CountSeries, type SeriesReading } from '../core/series.js'
import { readSeriesFile, type RowReject, type SeriesRow } from './series-file.js'

interface DetectOptions {
  falseAlarmsPerDay: number
  episodes: boolean
  explain: boolean
  slot?: number
}

export interface DetectOutput {
  out: (line: string) => void
  err: (line: string) => void
}

/** Bad rows told one by one; more are counted. */
const MAX_REJECTS_TOLD = 100
/** Bins closer than this are judged as one. */
const MIN_SLOT_MS = 1000

/** `epicenter detect SERIES.csv[.gz]`: one line of JSON for each episode raised in each series of the file. */
export function detectCommand(
  io: DetectOutput = { out: line => process.stdout.write(`${line}\n`), err: line => process.stderr.write(`${line}\n`) },
): Command {
  return new Command('detect')
    .description('find the moments at which counts rise above what is usual')
    .argument('<series>', 'CSV, plain or gzip: columns time,count and optionally service')
    .option(
      '--false-alarms-per-day <number>',
      'how many alarms without cause a day and series are all right',
      positive,
      0.25,
    )
    .option('--episodes', 'print the end of each episode too', false)
    .option('--explain', 'print why: the sums since onset, the interval of the onset, the baseline', false)
    .option(
      '--slot <duration>',
      'length of a bin, such as 60s, 15m, 1h (default: the commonest step in the file)',
      duration,
    )
    .addHelpText('after', HELP)
    .action((path: string, options: DetectOptions) => {
      process.exitCode = runDetect(path, options, io)
    })
}

const HELP = `
A row is one bin; its time is the start of the bin. Columns may also be called bin_start_utc, timestamp, reports or value.
A missing bin is unknown, not zero. Many series may share a file by a column "service"; lines come out in order of time.

Each line: {"at","service","onset","expected","observed","bits"}: at is the end of the bin in which the episode was raised,
expected and observed are sums since the onset, and ten bits is what noise alone shows once in 2^10 days.

Bad rows are told on stderr by line, rule and value and left out. Exit code: 0, or 2 when nothing in the file could be used.

Examples:
  epicenter detect reports.csv
  epicenter detect reports.csv.gz --false-alarms-per-day 0.03 --episodes`

/** Reads, judges and prints; returns the exit code. */
export function runDetect(path: string, options: DetectOptions, io: DetectOutput): number {
  let rows: SeriesRow[]
  let rejects: RowReject[]
  try {
    ;({ rows, rejects } = readSeriesFile(
      path,
      basename(path)
        .replace(/\.(csv|gz)$/gi, '')
        .replace(/\.csv$/i, ''),
    ))
  } catch (cause) {
    io.err(`detect: ${path}: ${(cause as Error).message}`)
    return 2
  }
  for (const reject of rejects.slice(0, MAX_REJECTS_TOLD)) {
    io.err(`detect: line ${reject.line}: ${reject.rule}; got ${JSON.stringify(reject.value)}`)
  }
  if (rejects.length > MAX_REJECTS_TOLD) io.err(`detect: … and ${rejects.length - MAX_REJECTS_TOLD} more bad rows`)
  if (rows.length === 0) {
    io.err(`detect: ${path}: no usable row`)
    return 2
  }
  const lines: { at: number; service: string; text: string }[] = []
  for (const [service, own] of bySeries(rows)) {
    const slotMs = options.slot ?? commonStep(own)
    judgeSeries(
      own,
      slotMs,
      options.falseAlarmsPerDay,
      (reading, index) => {
        const text = line(service, reading, options)
        if (text !== null) lines.push({ at: reading.at, service, text: JSON.stringify(text) })
        void index
      },
      io,
    )
  }
  lines.sort((a, b) => a.at - b.at || (a.service < b.service ? -1 : a.service > b.service ? 1 : 0))
  for (const { text } of lines) io.out(text)
  return 0
}

/** Steps one series through its bins; counts of rows that fall into one bin are added. */
export function judgeSeries(
  rows: readonly SeriesRow[],
  slotMs: number,
  falseAlarmsPerDay: number,
  tell: (reading: SeriesReading, index: number) => void,
  io?: DetectOutput,
): void {
  const series = new CountSeries({ slotMs, falseAlarmsPerDay })
  const first = rows[0]?.at ?? 0
  let index = 0
  let i = 0
  while (i < rows.length) {
    const slot = Math.floor((rows[i]!.at - first) / slotMs + 1e-9)
    let count = 0
    while (i < rows.length && Math.floor((rows[i]!.at - first) / slotMs + 1e-9) === slot) count += rows[i++]!.count
    tell(series.step(first + slot * slotMs, count), index++)
  }
  void io
}

function line(service: string, reading: SeriesReading, options: DetectOptions): Record<string, unknown> | null {
  if (reading.change === null || (reading.change === 'ended' && !options.episodes)) return null
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  const common = {
    at: iso(reading.at),
    service,
    ...(options.episodes ? { change: reading.change } : {}),
    onset: iso(reading.onset),
    expected: rounded(reading.expectedSinceOnset),
    observed: rounded(reading.observedSinceOnset),
    bits: Math.round(reading.bits * 10) / 10,
  }
  if (!options.explain) return common
  return {
    ...common,
    onsetInterval: reading.onsetInterval?.map(iso) ?? null,
    bin: { expected: rounded(reading.expected), observed: reading.observed, level: rounded(reading.level) },
    ...(reading.ended === null ? {} : { ended: reading.ended }),
  }
}

/** Three significant digits, so that a line says no more than is known. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

function bySeries(rows: readonly SeriesRow[]): Map<string, SeriesRow[]> {
  const map = new Map<string, SeriesRow[]>()
  for (const row of rows) {
    const own = map.get(row.service)
    if (own === undefined) map.set(row.service, [row])
    else own.push(row)
  }
  for (const own of map.values()) own.sort((a, b) => a.at - b.at)
  return map
}

/** How many first steps decide the bin: a later part of the file must not change what was said about the earlier. */
const STEPS_READ = 24

/** The commonest distance between neighbouring bins at the beginning of the series. */
export function commonStep(rows: readonly SeriesRow[]): number {
  const seen = new Map<number, number>()
  let best = 0
  for (let i = 1, taken = 0; i < rows.length && taken < STEPS_READ; i++) {
    const step = rows[i]!.at - rows[i - 1]!.at
    if (step < MIN_SLOT_MS) continue
    taken++
    const times = (seen.get(step) ?? 0) + 1
    seen.set(step, times)
    if (best === 0 || times > (seen.get(best) ?? 0) || (times === seen.get(best) && step < best)) best = step
  }
  return best === 0 ? 60_000 : best
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1000)) throw new InvalidArgumentError('a number above 0 and up to 1000')
  return value
}

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function duration(text: string): number {
  const match = /^(\d+)(s|m|h|d)$/.exec(text)
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2]!] as number)
  if (!(ms >= MIN_SLOT_MS && ms <= 7 * 86_400_000))
    throw new InvalidArgumentError('a duration from 1s to 7d, such as 60s, 15m or 1h')
  return ms
}
