import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { csvParseRows } from 'd3-dsv'
import type { Kind, LeafTable } from '../../core/localize/index.js'

export interface CellReject {
  line: number
  rule: string
  value: string
}

export interface TableFile {
  table: LeafTable
  rejects: CellReject[]
}

export class TableFileError extends Error {}

/** The text is held in memory whole; 512 MB are about 10 million leaves. */
const MAX_BYTES = 512 * 1024 * 1024
/** Told by line; a file with more bad rows than this is another kind of file. */
export const MAX_REJECTS = 1000
/** And-ed subsets of attributes grow as 2ⁿ; the search shortens its depth with their number. */
const MAX_ATTRIBUTES = 16
const NUMBERS = ['real', 'predict', 'total']

/** Reads a table of leaves, plain or gzip. Bad cells are returned, an unusable file is thrown. */
export function readTableFile(path: string, kind?: Kind): TableFile {
  let bytes = readFileSync(path)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  if (bytes.length > MAX_BYTES)
    throw new TableFileError(`${path}: a table may have at most ${MAX_BYTES} bytes; got ${bytes.length}`)
  return parseTable(bytes.toString('utf8').replace(/^\uFEFF/, ''), kind)
}

/** Parses the text of such a file; `kind` adds the rules of that kind. */
export function parseTable(text: string, kind?: Kind): TableFile {
  const rejects: CellReject[] = []
  let names: string[] = []
  let attributes: number[] = []
  const dictionaries: Map<string, number>[] = []
  const codes: number[][] = []
  const numbers: Record<string, number[]> = { real: [], predict: [], total: [] }
  csvParseRows(text, (cells, row) => {
    if (row === 0) {
      names = cells.map(name => name.trim())
      attributes = header(names)
      for (const _ of attributes) {
        dictionaries.push(new Map())
        codes.push([])
      }
      return null
    }
    if (cells.length === 1 && cells[0] === '') return null
    const line = row + 1
    if (cells.length !== names.length) {
      if (rejects.length < MAX_REJECTS)
        rejects.push({ line, rule: `a row has ${names.length} cells`, value: `${cells.length} cells` })
      return null
    }
    for (let c = 0; c < names.length; c++) {
      const name = names[c]!
      if (!NUMBERS.includes(name)) continue
      const value = cells[c]!.trim() === '' ? Number.NaN : Number(cells[c])
      const rule = ruleFor(name, value, kind)
      if (rule && rejects.length < MAX_REJECTS) rejects.push({ line, rule, value: cells[c]! })
      numbers[name]!.push(value)
    }
    attributes.forEach((c, a) => codes[a]!.push(code(dictionaries[a]!, cells[c]!)))
    if (kind !== 'rates' && kind !== undefined) return null
    const total = numbers['total']!.at(-1)
    const real = numbers['real']!.at(-1)!
    if (total !== undefined && real > total && rejects.length < MAX_REJECTS)
      rejects.push({ line, rule: 'real is at most total', value: `${real} of ${total}` })
    return null
  })
  if (!names.length) throw new TableFileError('line 1: a table must start with a header line; the file is empty')
  const table: LeafTable = {
    attributes: attributes.map(c => names[c]!),
    values: dictionaries.map(d => [...d.keys()]),
    codes: codes.map(c => Int32Array.from(c)),
    real: Float64Array.from(numbers['real']!),
    predict: Float64Array.from(numbers['predict']!),
  }
  if (names.includes('total')) table.total = Float64Array.from(numbers['total']!)
  return { table, rejects }
}

function header(names: string[]): number[] {
  for (const wanted of ['real', 'predict'])
    if (!names.includes(wanted))
      throw new TableFileError(`line 1: a column must be named ${wanted}; got ${names.join(',')}`)
  const twice = names.find((name, c) => names.indexOf(name) !== c)
  if (twice !== undefined) throw new TableFileError(`line 1: a column name may occur only once; got ${twice} twice`)
  const attributes = names.flatMap((name, c) => (NUMBERS.includes(name) ? [] : [c]))
  if (!attributes.length)
    throw new TableFileError(`line 1: at least one column must be an attribute; got ${names.join(',')}`)
  if (attributes.length > MAX_ATTRIBUTES)
    throw new TableFileError(`line 1: at most ${MAX_ATTRIBUTES} columns may be attributes; got ${attributes.length}`)
  return attributes
}

function ruleFor(name: string, value: number, kind: Kind | undefined): string | null {
  if (!Number.isFinite(value)) return `${name} is a number`
  if (value < 0 && (name === 'total' || kind === 'counts' || kind === 'rates')) return `${name} is zero or more`
  return null
}

function code(dictionary: Map<string, number>, value: string): number {
  if (value === '') return -1
  let found = dictionary.get(value)
  if (found === undefined) dictionary.set(value, (found = dictionary.size))
  return found
}
