import { RE2JS } from 're2js'
import { fill, type Format, type Role, type Row, type Verdict } from './row.js'

/** Groups of a pattern by what they are read as; others are fields that may become labels. */
const GROUPS: Record<string, Role> = {
  time: 'time',
  request: 'request',
  status: 'status',
  method: 'method',
  path: 'path',
  host: 'host',
  upstream: 'upstream',
  duration_ms: 'ms',
  duration_us: 'us',
}

/**
 * A reader by a pattern of one's own, whose time grows with the length of a line and no more (RE2).
 *
 * @throws RangeError with what is wrong with it
 */
export function byPattern(
  pattern: string,
  more: readonly string[],
  unit: Role,
  timeOf: (text: string) => number,
): Format {
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
  } catch (error) {
    throw new RangeError(`a pattern of RE2 (${(error as Error).message})`)
  }
  const groups: (readonly [index: number, role: Role])[] = Object.entries(compiled.namedGroups()).flatMap(
    ([name, index]) => {
      const role = name === 'duration' ? unit : (GROUPS[name] ?? more.indexOf(name))
      return role === -1 ? [] : [[index, role] as const]
    },
  )
  if (!groups.some(([, role]) => role === 'status')) throw new RangeError('a pattern with a group (?P<status>…)')
  const parse = (line: string, row: Row): Verdict => {
    const matcher = compiled.matcher(line)
    if (!matcher.find()) return 'other'
    for (const [index, role] of groups) {
      const text = matcher.group(index)
      if (text !== null && text !== undefined && !fill(row, role, text, timeOf)) return 'other'
    }
    return 'request'
  }
  return { name: 'pattern', parse }
}
