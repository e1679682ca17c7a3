import { OBSERVATION_VIAS } from '../../contract/signal.js'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { csvParseRows } from 'd3-dsv'
import { COUNT_MAX } from '../../contract/limits.js'
import { MINUTE } from '../../contract/time.js'
import { parseTime } from '../detect/series-file.js'

/** One bin of one series as it stood in a file. */
export interface PastRow {
  service: string
  via: string
  at: number
  count: number
  total: number | null
  file: string
  line: number
}

export interface PastReject {
  file: string
  line: number
  rule: string
  value: string
}

const COLUMNS: Record<'time' | 'count' | 'total' | 'service' | 'via', readonly string[]> = {
  time: ['time', 'at', 'bin_start_utc', 'timestamp'],
  count: ['count', 'bad', 'reports', 'value'],
  total: ['total', 'requests'],
  service: ['service'],
  via: ['via'],
}
const VIAS: readonly string[] = OBSERVATION_VIAS
/** Bytes of a file of past counts once unpacked; it is held whole, and ten weeks by the minute are 4 MB. */
const MAX_BYTES = 512 * 1024 * 1024

/** What a row may say, before it is believed. */
type Cells = Partial<Record<keyof typeof COLUMNS, unknown>>

export interface Fallback {
  service?: string
  via?: string
}

/** Reads a file of past counts, plain or gzip: NDJSON where it begins with an object, else CSV. @throws Error */
export function readPastFile(path: string, fallback: Fallback): { rows: PastRow[]; rejects: PastReject[] } {
  let bytes = readFileSync(path)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  if (bytes.length > MAX_BYTES) throw new Error(`a file has at most ${MAX_BYTES} bytes; got ${bytes.length}`)
  return parsePast(bytes.toString('utf8').replace(/^\uFEFF/, ''), path, fallback)
}

export function parsePast(text: string, file: string, fallback: Fallback) {
  const rows: PastRow[] = []
  const rejects: PastReject[] = []
  const take = (cells: Cells, line: number) => {
    const row = rowOf(cells, fallback)
    if (row === null) return
    if ('rule' in row) rejects.push({ file, line, ...row })
    else rows.push({ ...row, file, line })
  }
  if (/^\s*\{/.test(text)) readLines(text, file, rejects, take)
  else readTable(text, file, take)
  return { rows, rejects }
}

function readLines(text: string, file: string, rejects: PastReject[], take: (cells: Cells, line: number) => void) {
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      value = null
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      rejects.push({ file, line: i + 1, rule: 'a line must be one JSON object', value: line.slice(0, 80) })
      continue
    }
    const given = value as Record<string, unknown>
    const cells: Cells = {}
    for (const [name, names] of Object.entries(COLUMNS))
      cells[name as keyof Cells] = given[names.find(each => given[each] !== undefined) ?? name]
    take(cells, i + 1)
  }
}

function readTable(text: string, file: string, take: (cells: Cells, line: number) => void) {
  let places: [keyof Cells, number][] = []
  csvParseRows(text, (cells, i) => {
    if (i > 0) {
      if (cells.length > 1 || cells[0] !== '')
        take(Object.fromEntries(places.map(([name, at]) => [name, cells[at]])), i + 1)
      return null
    }
    const names = cells.map(name => name.trim().toLowerCase())
    places = Object.entries(COLUMNS)
      .map(([name, known]): [keyof Cells, number] => [
        name as keyof Cells,
        names.findIndex(each => known.includes(each)),
      ])
      .filter(([, at]) => at >= 0)
    for (const name of ['time', 'count'] as const)
      if (!places.some(([each]) => each === name))
        throw new Error(
          `${file}, line 1: a column must be named ${COLUMNS[name].join(' or ')}; got ${cells.join(',').slice(0, 80)}`,
        )
    return null
  })
}

const shown = (value: unknown) => (value === undefined || value === null ? 'nothing' : String(value).slice(0, 80))
const isEmpty = (value: unknown) =>
  value === undefined || value === null || /^(nan|null|na)?$/i.test(String(value).trim())

/** The row, the rule that it breaks, or null: no count was taken. */
function rowOf(
  cells: Cells,
  fallback: Fallback,
): Omit<PastRow, 'file' | 'line'> | { rule: string; value: string } | null {
  const at = typeof cells.time === 'number' ? parseTime(String(cells.time)) : parseTime(String(cells.time ?? ''))
  if (Number.isNaN(at))
    return { rule: 'time must be ISO 8601 or milliseconds since 1970, between 1971 and 2100', value: shown(cells.time) }
  if (isEmpty(cells.count)) return null
  const count = Number(cells.count)
  if (!Number.isInteger(count) || count < 0 || count > COUNT_MAX)
    return { rule: `count must be a whole number from 0 to ${COUNT_MAX}`, value: shown(cells.count) }
  const total = isEmpty(cells.total) ? null : Number(cells.total)
  if (total !== null && (!Number.isInteger(total) || total < count || total > COUNT_MAX))
    return { rule: `total must be a whole number from count to ${COUNT_MAX}`, value: shown(cells.total) }
  const via = isEmpty(cells.via) ? (fallback.via ?? (total === null ? 'report' : 'metric')) : String(cells.via).trim()
  if (!VIAS.includes(via)) return { rule: `via must be ${VIAS.join(' or ')}`, value: shown(cells.via) }
  if ((via === 'metric' || via === 'check') && total === null)
    return { rule: `a ${via} needs a total beside its count`, value: 'nothing' }
  const service = isEmpty(cells.service) ? (fallback.service ?? '') : String(cells.service).trim()
  if (service === '') return { rule: 'a row must name its service, unless --service does', value: shown(cells.service) }
  return { service, via, at: Math.floor(at / MINUTE) * MINUTE, count, total }
}
