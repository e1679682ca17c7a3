import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { csvParseRows } from 'd3-dsv'

/** One bin of one series as it stood in the file. */
export interface SeriesRow {
  service: string
  at: number
  count: number
  line: number
}

export interface RowReject {
  line: number
  rule: string
  value: string
}

export interface SeriesFile {
  rows: SeriesRow[]
  rejects: RowReject[]
  /** Rows that stand after a later one of their series, and the line of the first of them. */
  unsorted: { rows: number; line: number } | null
}

const TIME_COLUMNS = ['time', 'bin_start_utc', 'timestamp']
const COUNT_COLUMNS = ['count', 'reports', 'value']
/** A file of counts beyond this is read in parts by its owner: the text is held in memory whole. */
const MAX_BYTES = 512 * 1024 * 1024
/** Beyond any number of reports; columns of bytes or microseconds still pass. */
const MAX_COUNT = 1e12
const EARLIEST = Date.UTC(1971)
const LATEST = Date.UTC(2100)

export class SeriesFileError extends Error {}

/** Reads a CSV of counts (plain or gzip): a time column, a count column, optionally `service`. Bad rows are returned, not thrown. */
export function readSeriesFile(path: string, fallbackService: string): SeriesFile {
  let bytes = readFileSync(path)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  if (bytes.length > MAX_BYTES)
    throw new SeriesFileError(`${path}: a series file may have at most ${MAX_BYTES} bytes; got ${bytes.length}`)
  return parseSeries(bytes.toString('utf8').replace(/^\uFEFF/, ''), fallbackService)
}

/** Parses the text of such a file; see {@link readSeriesFile}. */
export function parseSeries(text: string, fallbackService: string): SeriesFile {
  const rows: SeriesRow[] = []
  const rejects: RowReject[] = []
  let timeAt = -1
  let countAt = -1
  let serviceAt = -1
  const newest = new Map<string, number>()
  let unsorted: SeriesFile['unsorted'] = null
  csvParseRows(text, (cells, i) => {
    const line = i + 1
    if (i === 0) {
      const names = cells.map(name => name.trim().toLowerCase())
      timeAt = names.findIndex(name => TIME_COLUMNS.includes(name))
      countAt = names.findIndex(name => COUNT_COLUMNS.includes(name))
      serviceAt = names.indexOf('service')
      if (timeAt < 0)
        throw new SeriesFileError(`line 1: a column must be named ${TIME_COLUMNS.join(' or ')}; got ${cells.join(',')}`)
      if (countAt < 0)
        throw new SeriesFileError(
          `line 1: a column must be named ${COUNT_COLUMNS.join(' or ')}; got ${cells.join(',')}`,
        )
      return null
    }
    if (cells.length === 1 && cells[0] === '') return null
    const reject = (rule: string, value: string | undefined) =>
      rejects.push({ line, rule, value: (value ?? '').slice(0, 80) })
    const at = parseTime(cells[timeAt] ?? '')
    const raw = (cells[countAt] ?? '').trim()
    if (Number.isNaN(at)) reject('time is ISO 8601 or milliseconds since 1970, between 1971 and 2100', cells[timeAt])
    else if (raw === '' || /^(nan|null|na)$/i.test(raw)) return null
    else if (!(Number(raw) >= 0 && Number(raw) <= MAX_COUNT)) reject(`count is a number from 0 to 1e12`, raw)
    else {
      const service = serviceAt < 0 ? fallbackService : (cells[serviceAt] ?? '').trim()
      if (service === '') reject('service is not empty', cells[serviceAt])
      else {
        rows.push({ service, at, count: Number(raw), line })
        const before = newest.get(service)
        if (before === undefined || at >= before) newest.set(service, at)
        else unsorted = { rows: (unsorted?.rows ?? 0) + 1, line: unsorted?.line ?? line }
      }
    }
    return null
  })
  return { rows, rejects, unsorted }
}

/** Told once where a file has several rows for one bin. */
export const REPEATS_HINT =
  'a bin has one row in each series: add up the rows of its parts before, or tell series apart by a column "service"; ' +
  'times without an offset are read as UTC, and a local clock shows an hour twice when summer time ends'

/**
 * One row for each bin of one series, given in order of time: a row that repeats another word for word counts once, and rows that contradict
 * each other leave their bin unknown, for nobody knows which is right, or whether they are parts. Each row left out is told.
 */
export function oneRowABin(rows: readonly SeriesRow[], stepMs: number): { rows: SeriesRow[]; rejects: RowReject[] } {
  const kept: SeriesRow[] = []
  const rejects: RowReject[] = []
  const first = rows[0]?.at ?? 0
  const binOf = (row: SeriesRow): number => Math.round((row.at - first) / stepMs)
  for (let i = 0; i < rows.length; ) {
    const group = [rows[i]!]
    while (++i < rows.length && binOf(rows[i]!) === binOf(group[0]!)) group.push(rows[i]!)
    const [one, ...more] = group.toSorted((a, b) => a.line - b.line)
    const same = more.every(row => row.at === one!.at && row.count === one!.count)
    if (same) kept.push(one!)
    for (const row of same ? more : [one!, ...more]) {
      const other = row === one ? more[0]! : one!
      const rule = same
        ? `a bin has one row; the same as line ${other.line}, counted once`
        : `a bin has one row; line ${other.line} says ${other.count} for the same bin, which is now unknown`
      rejects.push({ line: row.line, rule, value: `${new Date(row.at).toISOString()},${row.count}` })
    }
  }
  return { rows: kept, rejects }
}

/** ISO 8601 (a time without zone is UTC, a blank may stand for the T) or a number of milliseconds; NaN when neither. */
export function parseTime(text: string): number {
  const trimmed = text.trim()
  let at = Number.NaN
  if (/^\d{9,}$/.test(trimmed)) at = Number(trimmed)
  else if (/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/.test(trimmed)) {
    const iso = trimmed.replace(' ', 'T')
    at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`)
  }
  return at >= EARLIEST && at <= LATEST ? at : Number.NaN
}
