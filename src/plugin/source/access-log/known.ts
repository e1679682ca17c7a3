import { byJson, type JsonNames } from './json.js'
import { byPattern } from './pattern.js'
import { fill, type Format, readRequest, type Role, type Row, type Verdict } from './row.js'
import { byTemplate, ROLES, templateOf } from './template.js'

// Formats by their names, and which of them a line is in.

const COMMON = '$remote_addr $ident $remote_user [$time_local] "$request" $status $body_bytes_sent'
const COMBINED = `${COMMON} "$http_referer" "$http_user_agent"`
const INGRESS = `${COMBINED} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id`
const ENVOY =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS%'
const ENVOY_PLAIN = `${ENVOY} %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"`
const ISTIO = `${ENVOY} %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"`
const ALB =
  '$type $time_iso8601 $elb $client $upstream_addr $seconds1 $seconds2 $seconds3 $status $target_status $received $sent "$request" "$http_user_agent"'

interface Known {
  name: string
  format: string
  /** More may follow at the end of a line. */
  open?: boolean
  /** What its own names are read as. */
  roles?: Record<string, Role>
}

/** The narrower before the wider: a line is in the first that fits. */
const KNOWN: readonly Known[] = [
  { name: 'vhost-combined', format: `$vhost ${COMBINED}`, roles: { vhost: 'host' } },
  { name: 'ingress-nginx', format: INGRESS },
  { name: 'combined-time', format: `${COMBINED} $request_time` },
  { name: 'combined-micros', format: `${COMBINED} $micros`, roles: { micros: 'us' } },
  { name: 'combined-time-upstream', format: `${COMBINED} $request_time $upstream_addr` },
  { name: 'main-time', format: `${COMBINED} "$http_x_forwarded_for" $request_time` },
  {
    name: 'traefik',
    format: `${COMBINED} $requests "$router" "$server" \${millis}ms`,
    roles: { millis: 'ms', server: 'upstream' },
  },
  { name: 'main', format: `${COMBINED} "$http_x_forwarded_for"` },
  { name: 'combined', format: COMBINED },
  { name: 'common-micros', format: `${COMMON} $micros`, roles: { micros: 'us' } },
  { name: 'common', format: COMMON },
  { name: 'envoy', format: ENVOY_PLAIN, open: true },
  { name: 'istio', format: ISTIO, open: true },
  {
    name: 'alb',
    format: ALB,
    open: true,
    roles: { seconds1: 's', seconds2: 's', seconds3: 's' },
  },
  { name: 'combined-more', format: COMBINED, open: true },
]

export const FORMAT_NAMES: readonly string[] = ['auto', 'json', 'haproxy', ...KNOWN.map(each => each.name)]

export interface Reading extends JsonNames {
  format: string
  pattern?: string
  timeOf: (text: string) => number
}

/** What a name of a format is read as: a role of its own, a further label, or nothing. */
const rolesOf =
  (own: Record<string, Role>, more: readonly string[]) =>
  (name: string): Role | null => {
    const at = more.indexOf(name)
    return own[name] ?? ROLES[name] ?? (at < 0 ? null : at)
  }

function known(name: string, { more, timeOf }: Reading): Format {
  if (name === 'haproxy') return haproxy(timeOf)
  const found = KNOWN.find(each => each.name === name)
  const template = found === undefined ? null : templateOf(found.format)
  if (found === undefined || template === null) throw new RangeError(`a format of the name ${name}`)
  return byTemplate(name, template, rolesOf(found.roles ?? {}, more), timeOf, found.open)
}

/**
 * The format of the settings, where they say it; null where lines have to.
 *
 * @throws RangeError with what is wrong with it
 */
export function configured(reading: Reading): Format | null {
  const { format, pattern, more, timeOf } = reading
  if (pattern !== undefined) return byPattern(pattern, more, reading.unit, timeOf)
  if (format === 'auto' || format === 'json') return null
  if (FORMAT_NAMES.includes(format)) return known(format, reading)
  const template = templateOf(format)
  if (template === null)
    throw new RangeError(`one of ${FORMAT_NAMES.join(', ')}, or a format with names such as $status or %>s in it`)
  const read = byTemplate('own', template, rolesOf({}, more), timeOf)
  const names = template.names.map(each => rolesOf({}, [])(each.name))
  if (!names.includes('status'))
    throw new RangeError('a format with the status in it ($status, %>s or %RESPONSE_CODE%)')
  return read
}

/** A format by the name under which it was found and kept; null where that says nothing any more. */
export function restored(name: string, reading: Reading): Format | null {
  try {
    if (name.startsWith('behind ')) {
      const inner = restored(name.slice('behind '.length), reading)
      return inner === null ? null : behind(inner)
    }
    return name.startsWith('json ') ? byJson('', reading, reading.timeOf, name) : known(name, reading)
  } catch {
    return null
  }
}

/** Part of some lines that has to be understood for a format to be theirs: others may have been written before it was changed. */
const UNDERSTOOD_LEAST = 0.2

/** How much of some lines a format understands, 0..1. */
export function fits(format: Format, lines: readonly string[], row: Row, whole = false): number {
  return lines.filter(line => format.parse(line, row, whole) !== 'other').length / Math.max(1, lines.length)
}

/** The format that most of some lines are in, of equal ones the narrowest; null: none that is known. */
export function found(lines: readonly string[], reading: Reading, row: Row): Format | null {
  let best: Format | null = null
  let most = UNDERSTOOD_LEAST
  const offer = (format: Format, fit: number): void => {
    if (fit < most || (fit === most && best !== null)) return
    best = format
    most = fit
  }
  for (const wrap of [(format: Format) => format, behind]) {
    const cut = wrap === behind ? lines.map(afterTag) : lines
    const sample = cut.find(line => byJson(line, reading, reading.timeOf) !== null)
    const json = sample === undefined ? null : byJson(sample, reading, reading.timeOf)
    if (json !== null) offer(wrap(json), fits(json, cut, row))
    for (const name of reading.format === 'json' ? [] : FORMAT_NAMES.slice(2)) {
      const format = known(name, reading)
      offer(wrap(format), fits(format, cut, row, true))
    }
  }
  return best
}

/** `Feb  3 12:00:00 web haproxy[7]: …` → what follows: a log that a syslog server has written down. */
function afterTag(line: string): string {
  const at = line.indexOf(': ')
  return at < 0 || at > 120 ? line : line.slice(at + 2)
}

const behind = (format: Format): Format => ({
  name: `behind ${format.name}`,
  parse: (line, row, whole) => format.parse(afterTag(line), row, whole),
})

/** `10.0.1.2:33317 [06/Feb/2026:12:14:14.655] web~ shop/shop-2 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"` */
function haproxy(timeOf: (text: string) => number): Format {
  const HEAD = /^\S+ \[([^\]]+)\] \S+ ([^\s/]+)\/(\S+) (?:-?\d+\/){4}\+?(-?\d+) (-?\d+) /
  const parse = (line: string, row: Row): Verdict => {
    const match = HEAD.exec(line)
    if (match === null) return 'other'
    const [, time = '', backend = '', server = '', total = '', status = ''] = match
    // No server was asked: none was left in this backend.
    row.upstream = server === '<NOSRV>' ? backend : server
    if (!fill(row, 'time', time, timeOf) || !fill(row, 'status', status, timeOf)) return 'other'
    const ms = Number(total)
    // It is logged when it ends, and says when it began.
    if (ms >= 0) row.durationMs = ms
    const quote = line.lastIndexOf(' "') + 2
    if (quote < 2) return 'other'
    const text = line.slice(quote, line.endsWith('"') ? -1 : undefined)
    if (text.startsWith('<BADREQ>')) return 'none'
    readRequest(text, row)
    return 'request'
  }
  return { name: 'haproxy', parse }
}
