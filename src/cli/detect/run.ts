import { CountSeries, type SeriesReading } from '../../core/series/count-series.js'
import type { DetectOptions } from './command.js'
import {
  oneRowABin,
  readSeriesFile,
  REPEATS_HINT,
  type RowReject,
  type SeriesFile,
  type SeriesRow,
} from './series-file.js'

/** Bad rows printed one by one; more are only counted. */
const BAD_ROWS_PRINTED = 100
/** How many steps at the beginning decide the length of a bin: what comes later must not change what was said before. */
const STEPS_READ = 24
/** Neighbouring rows closer than this are one bin. */
const MIN_SLOT_MS = 1000

/** The service of a file without that column: not its name, for the same counts give the same bytes. */
const UNNAMED = 'series'

/** Reads, judges and prints; returns the exit code. */
export function runDetect(path: string, options: DetectOptions): number {
  const complain = (text: string) => process.stderr.write(`epicenter detect: ${text}\n`)
  let file: SeriesFile
  try {
    file = readSeriesFile(path, UNNAMED)
  } catch (error) {
    complain(`cannot read ${path}: ${(error as Error).message}`)
    return 2
  }
  const { series, rejects, notes } = seriesOf(file)
  for (const { line, rule, value } of rejects.slice(0, BAD_ROWS_PRINTED))
    complain(`line ${line}: ${rule}, not ${JSON.stringify(value)}`)
  if (rejects.length > BAD_ROWS_PRINTED) complain(`… and ${rejects.length - BAD_ROWS_PRINTED} more bad rows`)
  for (const note of notes) complain(note)
  if (series.length === 0) {
    complain(`no usable row in ${path}`)
    return 2
  }
  process.stdout.write(detect(series, options).join(''))
  return 0
}

export interface NamedSeries {
  service: string
  /** One a bin, in order of time. */
  rows: SeriesRow[]
  stepMs: number
}

/** The series of a file in order of name, with every row that was left out and what else a reader of the file should know. */
export function seriesOf(file: SeriesFile): { series: NamedSeries[]; rejects: RowReject[]; notes: string[] } {
  const series: NamedSeries[] = []
  const repeats: RowReject[] = []
  for (const [service, own] of bySeries(file.rows)) {
    const stepMs = commonStep(own)
    const { rows, rejects } = oneRowABin(own, stepMs)
    for (const reject of rejects) repeats.push(reject)
    if (rows.length > 0) series.push({ service, rows, stepMs })
  }
  const { unsorted } = file
  const notes = [
    ...(repeats.length > 0 ? [REPEATS_HINT] : []),
    ...(unsorted
      ? [
          `${unsorted.rows} ${unsorted.rows === 1 ? 'row stands' : 'rows stand'} after a later one, the first in line ${unsorted.line}: read in order of time`,
        ]
      : []),
  ]
  return { series, rejects: [...file.rejects, ...repeats].sort((a, b) => a.line - b.line), notes }
}

/** The lines that {@link runDetect} prints, in order of time. */
export function detect(all: readonly NamedSeries[], options: DetectOptions): string[] {
  const lines: { at: number; text: string }[] = []
  for (const { service, rows, stepMs } of all) {
    judgeSeries(rows, stepMs, options.slot ?? stepMs, options.falseAlarmsPerDay, (reading, series) => {
      if (reading.change === null || (reading.change === 'ended' && !options.episodes)) return
      lines.push({ at: reading.at, text: `${JSON.stringify(lineOf(service, reading, series, options))}\n` })
    })
  }
  // Sorting is stable and the series come by name: one order, whatever the order of the rows.
  return lines.sort((a, b) => a.at - b.at).map(({ text }) => text)
}

/** Steps one series, its rows in order of time and one a bin, through its slots. Bins that fall into one slot are added up. */
export function judgeSeries(
  rows: readonly SeriesRow[],
  stepMs: number,
  slotMs: number,
  falseAlarmsPerDay: number,
  tell: (reading: SeriesReading, series: CountSeries) => void,
): void {
  const series = new CountSeries({ slotMs, falseAlarmsPerDay })
  const first = rows[0]?.at ?? 0
  const bins = Math.max(1, Math.round(slotMs / stepMs))
  // Bins of the file's own length may be stamped a little early or late; longer ones are filled from their start.
  const slotOf = (row: SeriesRow) =>
    bins === 1 ? Math.round((row.at - first) / slotMs) : Math.floor((row.at - first) / slotMs)
  for (let i = 0; i < rows.length; ) {
    const slot = slotOf(rows[i] as SeriesRow)
    let count = 0
    let known = 0
    for (; i < rows.length && slotOf(rows[i] as SeriesRow) === slot; i++) {
      count += (rows[i] as SeriesRow).count
      known++
    }
    // A slot put together from bins of which some are missing is scaled up, and unknown when most are.
    const share = Math.min(1, known / bins)
    tell(series.step(first + slot * slotMs, share < 0.5 ? null : count / share), series)
  }
}

/** The commonest distance between neighbouring rows at the beginning of a series. */
export function commonStep(rows: readonly SeriesRow[]): number {
  const seen = new Map<number, number>()
  for (let i = 1, read = 0; i < rows.length && read < STEPS_READ; i++) {
    const step = (rows[i] as SeriesRow).at - (rows[i - 1] as SeriesRow).at
    if (step < MIN_SLOT_MS) continue
    seen.set(step, (seen.get(step) ?? 0) + 1)
    read++
  }
  let best = 60_000
  let most = 0
  for (const [step, times] of seen) {
    if (times < most || (times === most && step > best)) continue
    best = step
    most = times
  }
  return best
}

function lineOf(service: string, reading: SeriesReading, series: CountSeries, options: DetectOptions) {
  const line = {
    at: iso(reading.at),
    service,
    ...(options.episodes ? { change: reading.change } : {}),
    ...(options.episodes && reading.ended !== null ? { ended: reading.ended } : {}),
    onset: reading.onset === null ? null : iso(reading.onset),
    expected: rounded(reading.expectedSinceOnset),
    observed: rounded(reading.observedSinceOnset),
    bits: Math.round(reading.bits * 10) / 10,
  }
  if (!options.explain) return line
  const usual = series.expect(reading.at - 1)
  return {
    ...line,
    onsetInterval: reading.onsetInterval?.map(iso) ?? null,
    bin: { expected: rounded(reading.expected), observed: reading.observed },
    baseline: { deviation: rounded(usual.cv), varianceOverMean: rounded(usual.dispersion) },
    multiple: rounded(reading.level),
  }
}

const iso = (at: number) => new Date(at).toISOString()

/** Three significant digits: a line says no more than is known. Whole numbers stay whole. */
const rounded = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(3)))

/** Rows by service, in order of name, each in order of time. */
function bySeries(rows: readonly SeriesRow[]): [service: string, rows: SeriesRow[]][] {
  const map = new Map<string, SeriesRow[]>()
  for (const row of rows) {
    const own = map.get(row.service)
    if (own === undefined) map.set(row.service, [row])
    else own.push(row)
  }
  for (const own of map.values()) own.sort((a, b) => a.at - b.at)
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}
