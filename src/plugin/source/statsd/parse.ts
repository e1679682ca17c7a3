// StatsD's lines: `name:value|type|@rate|#tag:value,…`, with the tags of Influx (`name,tag=value:…`), Graphite (`name;tag=value:…`), Librato
// (`name#tag=value:…`) and SignalFx (`name[tag=value]:…`) as well.

export type Kind = 'counter' | 'gauge' | 'timer' | 'set'

/** One line; values of a set stay as they are written. */
export interface Sample {
  /** Name and tags as they were written: lines that are alike have the same. */
  key: string
  kind: Kind
  values: readonly string[]
  /** How many events one stands for. */
  weight: number
}

const KINDS: Record<string, Kind> = {
  c: 'counter',
  m: 'counter',
  g: 'gauge',
  ms: 'timer',
  h: 'timer',
  d: 'timer',
  s: 'set',
}
/** Longest name with its tags. */
const STATSD_NAME_CHARS = 1_000

/** Null for what is none; events and service checks of DogStatsD (`_e{`, `_sc|`) are none. */
export function parse(line: string): Sample | null {
  const bar = line.indexOf('|')
  if (bar < 0 || line.startsWith('_')) return null
  // A colon may stand in the tags before as well, as in a brackets' value.
  const colon = line.charCodeAt(bar - 1) === 58 ? -1 : colonOf(line, bar)
  if (colon < 1) return null
  const parts = line.slice(bar + 1).split('|')
  const kind = KINDS[parts[0] ?? '']
  if (kind === undefined) return null
  let weight = 1
  let tags = ''
  for (const part of parts.slice(1)) {
    if (part.startsWith('@')) {
      const rate = Number(part.slice(1))
      if (!(rate > 0 && rate <= 1)) return null
      weight = 1 / rate
    } else if (part.startsWith('#')) tags = part
  }
  const key = line.slice(0, colon) + tags
  return key.length > STATSD_NAME_CHARS ? null : { key, kind, values: line.slice(colon + 1, bar).split(':'), weight }
}

/** The colon behind the name: the first one, behind the brackets where there are any. */
function colonOf(line: string, bar: number): number {
  const bracket = line.indexOf(']')
  const from = bracket >= 0 && bracket < bar ? bracket : 0
  const colon = line.indexOf(':', from)
  return colon < bar ? colon : -1
}

/** A key taken apart. */
export function nameAndTags(key: string): { name: string; tags: Map<string, string> } {
  const begin = key.search(/[,;#[]/)
  if (begin < 0) return { name: key, tags: new Map() }
  const tags = new Map<string, string>()
  const end = key.indexOf(']')
  // Brackets may stand within a name: `app[region=eu].requests`.
  const behind = key[begin] === '[' && end > 0 ? key.slice(end + 1) : ''
  for (const pair of key.slice(begin + 1).split(/[,;#\]]/)) {
    const at = pair.search(/[:=]/)
    if (at > 0) tags.set(pair.slice(0, at), pair.slice(at + 1))
  }
  const hash = behind.indexOf('#')
  return { name: key.slice(0, begin) + (hash < 0 ? behind : behind.slice(0, hash)), tags }
}
