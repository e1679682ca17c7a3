import { type Database, naming, sumOf } from '../../shared/sqlite.js'
import { parsed } from '../../shared/stored.js'

// Rows with a body in JSON and its checksum: how they are written, read and looked through.

/** Damaged rows that are named; a broken disk has thousands. */
const FAULTS_MAX = 100

/** Tables of bodies: the columns that stand in the body too, and what they are called there. */
const KEYS: Record<string, Record<string, string>> = {
  event: { incident: 'incident', seq: 'seq' },
  head: { id: 'id', service: 'service', opened_at: 'openedAt' },
  rollup: { service: 'service', bin: 'bin' },
  service: { service: 'service' },
  fact: { service: 'service', id: 'id' },
  order: { id: 'id', incident: 'incident' },
  subscriber: { id: 'id', page: 'page', channel: 'channel', address: 'address', state: 'state' },
}

/** A row of a table with a body. `sum` is null in rows of before there were sums. */
export interface Sealed {
  body: string
  sum: number | null
}
export const seal = (value: object): [body: string, sum: number] => {
  const text = JSON.stringify(value)
  return [text, sumOf(text)]
}

/** Rows that are not what was written, or whose columns say another thing than their body, as sentences. */
export function faultsOfRows(db: Database, file: string): string[] {
  const found: string[] = []
  const tell = (what: string) => found.length < FAULTS_MAX && found.push(`${file}: it is damaged: ${what}`)
  for (const [table, keys] of Object.entries(KEYS)) {
    try {
      const rows = db.prepare(`SELECT ${Object.keys(keys).join(', ')}, body, sum FROM "${table}"`).iterate()
      for (const row of rows as IterableIterator<Sealed & Record<string, unknown>>) {
        const name = `the row ${Object.keys(keys)
          .map(key => String(row[key]))
          .join(' ')} of "${table}"`
        const body = row.sum === null || row.sum === sumOf(String(row.body)) ? recordIn(row.body) : null
        const same = body !== null && Object.entries(keys).every(([key, inBody]) => body[inBody] === row[key])
        if (!same) tell(`${name} is not what was written`)
      }
    } catch (error) {
      found.push(`${naming(file, error).message}, in the table "${table}"`)
    }
  }
  return found
}

function recordIn(text: string): Record<string, unknown> | null {
  try {
    return parsed(text) as Record<string, unknown>
  } catch {
    return null
  }
}
