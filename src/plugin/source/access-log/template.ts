import { fill, type Format, type Role, type Row, type Verdict } from './row.js'

// Formats that are written as a text with names in it: `log_format` of nginx, `LogFormat` of Apache, a format string of Envoy.
// A line is cut at the texts between the names, from left to right, each place once.

/** What stands between two texts. */
export interface Name {
  name: string
  /** Fields of several attempts: `10.0.0.1:80, 10.0.0.2:80`. */
  several?: boolean
}
/** Texts and names in turn; it begins and ends with a text, which may be empty. */
export interface Template {
  texts: string[]
  names: Name[]
}

/** Names of nginx by what they are read as; what is not here is a field that may become a label. */
const NGINX: Record<string, Role> = {
  time_local: 'time',
  time_iso8601: 'time',
  msec: 'time',
  request: 'request',
  status: 'status',
  request_method: 'method',
  request_uri: 'path',
  uri: 'path',
  request_time: 's',
  host: 'host',
  http_host: 'host',
  server_name: 'host',
  upstream_addr: 'upstream',
}
const APACHE: Record<string, Role> = {
  t: 'time',
  '{sec}t': 'time',
  '{msec}t': 'time',
  r: 'request',
  s: 'status',
  m: 'method',
  U: 'path',
  D: 'us',
  T: 's',
  '{s}T': 's',
  '{ms}T': 'ms',
  '{us}T': 'us',
  v: 'host',
  V: 'host',
  '{Host}i': 'host',
  '{BALANCER_WORKER_NAME}e': 'upstream',
}
const ENVOY: Record<string, Role> = {
  START_TIME: 'time',
  'REQ(:METHOD)': 'method',
  'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': 'path',
  'REQ(:PATH)': 'path',
  RESPONSE_CODE: 'status',
  DURATION: 'ms',
  'REQ(:AUTHORITY)': 'host',
  UPSTREAM_HOST: 'upstream',
}
export const ROLES: Record<string, Role> = { ...NGINX, ...APACHE, ...ENVOY }

/** Names in a format, in any of the three spellings. */
const NAMES = [
  /\$(?:\{(\w+)\}|(\w+))/g,
  /%([A-Z_]{2,}(?:\([^)]*\))?)(?::\d+)?%/g,
  /%[<>!\d,]*(\{[^}]*\}\^?[a-zA-Z]{1,2}|[a-zA-Z])/g,
]

/** The format as texts and names; null where there is no name in it. @throws RangeError with what cannot be told apart */
export function templateOf(format: string): Template | null {
  const pattern = NAMES.find(each => format.search(each) >= 0)
  if (pattern === undefined) return null
  const texts: string[] = []
  const names: Name[] = []
  let at = 0
  let closing = ''
  for (const match of format.matchAll(pattern)) {
    const name = match[1] ?? match[2] ?? ''
    // Apache writes the brackets of its time itself.
    const [open, close] = name === 't' && pattern === NAMES[2] ? ['[', ']'] : ['', '']
    texts.push(closing + format.slice(at, match.index) + open)
    closing = close
    names.push({ name, ...(name.startsWith('upstream_') ? { several: true } : {}) })
    at = match.index + match[0].length
  }
  texts.push(closing + format.slice(at))
  const plain = texts.map(each => each.replaceAll('\\"', '"').replaceAll('%%', '%'))
  const joined = plain.findIndex((text, i) => i > 0 && i < plain.length - 1 && text === '')
  if (joined > 0) throw new RangeError(`something between ${names[joined - 1]?.name} and ${names[joined]?.name}`)
  return { texts: plain, names }
}

/** How a `s` of nginx is written, as against microseconds of Apache: what tells two formats apart that look alike. */
const DECIMALS = /^(?:\d+\.\d+|-)$/
const WHOLE_NUMBER = /^(?:\d+|-)$/

/**
 * A reader of lines in that format.
 *
 * @param roleOf what a name is read as; null: nothing
 * @param open more may follow at the end of a line
 */
export function byTemplate(
  name: string,
  { texts, names }: Template,
  roleOf: (name: string) => Role | null,
  timeOf: (text: string) => number,
  open = false,
): Format {
  const roles = names.map(each => roleOf(each.name))
  const last = roles.findLastIndex(role => role !== null)
  const [first = ''] = texts
  const parse = (line: string, row: Row, whole: boolean): Verdict => {
    if (!line.startsWith(first)) return 'other'
    let at = first.length
    const until = whole ? names.length - 1 : last
    for (let i = 0; i <= until; i++) {
      const text = texts[i + 1] ?? ''
      const several = names[i]?.several === true
      const rest = text === '' && i === names.length - 1
      const to = rest && !open ? line.length : endOf(line, at, rest ? ' ' : text, several, rest)
      if (to < 0 || (whole && rest && !open && endOf(line, at, ' ', several) >= 0)) return 'other'
      const role = roles[i] ?? null
      if (role !== null) {
        const field = line.slice(at, to)
        if (!fill(row, role, field, timeOf)) return 'other'
        if (whole && role === 's' && !DECIMALS.test(field)) return 'other'
        if (whole && role === 'us' && !WHOLE_NUMBER.test(field)) return 'other'
      }
      at = to + text.length
    }
    if (whole && !open && at !== line.length) return 'other'
    return 'request'
  }
  return { name, parse }
}

/** Where a field ends: at the text that follows it, but not within quotes that are written out, nor between attempts. */
function endOf(line: string, from: number, text: string, several: boolean, rest = false): number {
  let to = line.indexOf(text, from)
  if (text.startsWith('"')) while (to > 0 && isEscaped(line, to)) to = line.indexOf(text, to + 1)
  else if (several && text.startsWith(' ')) while (to > 0 && isBetween(line, to)) to = line.indexOf(text, to + 1)
  return to < 0 && rest ? line.length : to
}

function isEscaped(line: string, at: number): boolean {
  let slashes = 0
  while (line.charCodeAt(at - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

/** `a, b` are attempts of one server group, `a : b` of two. */
const isBetween = (line: string, at: number): boolean =>
  line[at - 1] === ',' || line[at - 1] === ':' || (line[at + 1] === ':' && line[at + 2] === ' ')
