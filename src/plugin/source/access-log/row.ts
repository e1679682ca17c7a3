/** What a line says of one request, as far as it is counted. One object is filled again and again. */
export interface Row {
  /** NaN: the line has no time. */
  time: number
  /** 0: there was no answer; the client had left. */
  status: number
  method: string
  path: string
  host: string
  upstream: string
  /** NaN: unknown. */
  durationMs: number
  /** There was no request in it, whatever was answered: `\x16\x03\x01`, or nothing in time. */
  noise: boolean
  /** Further fields that become labels, by their place in the settings. */
  more: string[]
}

export const emptyRow = (more: number): Row => ({
  time: Number.NaN,
  status: 0,
  method: '',
  path: '',
  host: '',
  upstream: '',
  durationMs: Number.NaN,
  noise: false,
  more: Array<string>(more).fill(''),
})

export function cleared(row: Row): void {
  row.time = Number.NaN
  row.status = 0
  row.method = ''
  row.path = ''
  row.host = ''
  row.upstream = ''
  row.durationMs = Number.NaN
  row.noise = false
  row.more.fill('')
}

/** `other`: not of this format. `none`: of this format, and no request. */
export type Verdict = 'request' | 'none' | 'other'

export interface Format {
  name: string
  /** Fills the row. `whole`: looks at all of the line, where else it stops after the last field that is needed. */
  parse(line: string, row: Row, whole: boolean): Verdict
}

/** What a field of a line is read as. A text is one that becomes a label, by its place in the settings. */
export type Role =
  | 'time'
  | 'request'
  | 'status'
  | 'method'
  | 'path'
  | 'host'
  | 'upstream'
  | 's'
  | 'ms'
  | 'us'
  | 'ns'
  | number

const MS: Record<'s' | 'ms' | 'us' | 'ns', number> = { s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 }

/** `GET /a/b HTTP/1.1`. What is none leaves the row without method and path. */
export function readRequest(text: string, row: Row): void {
  const first = text.indexOf(' ')
  row.noise = first < 1
  if (first < 1) return
  const last = text.lastIndexOf(' ')
  row.method = text.slice(0, first)
  row.path = text.slice(first + 1, last > first ? last : text.length)
}

/** Three digits; `0`, `-` and `-1` are no answer. NaN: something else. */
export function statusOf(text: string): number {
  if (text.length === 3) {
    const status = Number(text)
    return status >= 100 && status < 1_000 ? status : text === '000' ? 0 : Number.NaN
  }
  return text === '0' || text === '-' || text === '-1' ? 0 : Number.NaN
}

/** Puts a text where it belongs. False: it cannot be read as that. */
export function fill(row: Row, role: Role, text: string, timeOf: (text: string) => number): boolean {
  switch (role) {
    case 'time':
      row.time = timeOf(text)
      return !Number.isNaN(row.time)
    case 'status':
      row.status = statusOf(text)
      return !Number.isNaN(row.status)
    case 'request':
      readRequest(text, row)
      return true
    case 'method':
    case 'path':
    case 'host':
    case 'upstream':
      row[role] = text === '-' ? '' : text
      return true
    case 's':
    case 'ms':
    case 'us':
    case 'ns': {
      if (text === '-' || text === '') return true
      const amount = Number(text) * MS[role]
      // Parts of one duration, as load balancers give them, add up; −1 stands for a part that there was not.
      if (amount >= 0) row.durationMs = (Number.isNaN(row.durationMs) ? 0 : row.durationMs) + amount
      return !Number.isNaN(amount)
    }
    default:
      row.more[role] = text === '-' ? '' : text
      return true
  }
}
