import { SECOND } from '../../src/contract/time.js'
import type { MemorySample, Read, ReadySample } from './readers.js'
import type { Message } from './receivers.js'
import type { Episode, Ran } from './run.js'

// What a soak has to have been like. Each gives its figures and what is wrong in words; nothing here looks at a clock.

/** Readiness may lag behind a fault so long at its beginning (the clock is looked at each second) and at its end. */
const EDGE_MS = 3 * SECOND
/** A server that has just started may say for so long that it is catching up. */
const STARTED_MS = 5 * SECOND
/** A clock that a server was started with is put right by senders within a minute and some. */
const SPOKEN_MS = 80 * SECOND
/** Pages are counted as calm again so long after a fault. */
const GRACE_MS = 5 * SECOND

interface Rule {
  what: string
  from: number
  until: number
  right: (sample: ReadySample) => boolean
}

const ok = ({ status }: ReadySample) => status === 200
const nobody = ({ status }: ReadySample) => status === 0
const says = (why: RegExp) => (sample: ReadySample) => sample.status === 503 && why.test(sample.why)
const full = says(/signals cannot be written/)
const doubts = says(/the clock (leapt by|is .* off)/)
const behind = says(/behind|committed nothing/)
const either =
  (...ways: ((sample: ReadySample) => boolean)[]) =>
  (sample: ReadySample) =>
    ways.some(way => way(sample))

/** What readiness has to be when; where no rule holds, 200. Under several rules one has to be kept. */
export function rulesOf({ episodes, house, senders }: Pick<Ran, 'episodes' | 'house' | 'senders'>): Rule[] {
  const rules: Rule[] = house.down.flatMap(({ from, until }) => [
    { what: 'killed', from: from - EDGE_MS / 10, until: from + EDGE_MS / 10, right: either(ok, nobody, full, doubts) },
    { what: 'killed', from: from + EDGE_MS / 10, until: until - EDGE_MS / 10, right: nobody },
    { what: 'started', from: until - EDGE_MS / 10, until: until + STARTED_MS, right: either(nobody, ok, behind) },
  ])
  for (const { kind, from, until } of episodes) {
    if (kind === 'full' || kind === 'kill-full') {
      // As long as there is still room within the files, signals are taken and it is ready.
      const refused = senders.refusedAt.find(at => at > from) ?? until
      rules.push(
        { what: 'disk full, room within the files', from, until: refused, right: either(ok, full) },
        { what: 'disk full', from: refused, until, right: full },
        { what: 'room again', from: until, until: until + EDGE_MS, right: either(ok, full) },
      )
    }
    if (kind === 'leap' || kind === 'wrong')
      rules.push(
        { what: 'clock leaps', from, until: from + EDGE_MS, right: either(ok, doubts) },
        { what: kind === 'leap' ? 'clock in doubt' : 'clock refused', from: from + EDGE_MS, until, right: doubts },
        { what: 'clock right again', from: until, until: until + EDGE_MS, right: either(ok, doubts) },
      )
    if (kind === 'kill-leap')
      rules.push({ what: 'started with a wrong clock', from, until: until + SPOKEN_MS, right: either(ok, doubts) })
  }
  return rules
}

export interface ReadyRow {
  what: string
  samples: number
  wrong: number
  /** What was answered, with how often. */
  said: Record<string, number>
}

export function readiness(ran: Ran): { rows: ReadyRow[]; wrong: string[] } {
  const rules = rulesOf(ran)
  const rows = new Map<string, ReadyRow>()
  const wrong: string[] = []
  for (const sample of ran.readers.ready) {
    const holding = rules.filter(({ from, until }) => sample.at > from && sample.from < until)
    const kept = holding.length === 0 ? ok(sample) : holding.some(rule => rule.right(sample))
    const what = holding.at(-1)?.what ?? 'nothing'
    const row = rows.get(what) ?? { what, samples: 0, wrong: 0, said: {} }
    rows.set(what, row)
    row.samples++
    const said = sample.status === 503 ? `503 ${sample.why.replace(/\d+/g, 'N').slice(0, 60)}` : String(sample.status)
    row.said[said] = (row.said[said] ?? 0) + 1
    if (kept) continue
    row.wrong++
    const second = ((sample.from - ran.startedAt) / 1_000).toFixed(1)
    wrong.push(`/readyz at ${second} s (${what}): ${sample.status} ${sample.why}`)
  }
  return { rows: [...rows.values()], wrong }
}

export interface Latency {
  what: string
  pages: number
  p50: number
  p99: number
  slowest: number
  slowestPath: string
  failed: number
}

/** Of pages outside all faults, and during each kind. */
export function latencies({ episodes, house, readers }: Ran): { calm: Latency; faults: Latency[]; wrong: string[] } {
  const windows: { what: string; from: number; until: number }[] = [
    ...house.down.map(({ from, until }) => ({ what: 'kill', from, until })),
    ...episodes.map(({ kind, from, until }) => ({ what: kind, from, until })),
  ]
  const by = new Map<string, Read[]>()
  for (const read of readers.reads) {
    const within = windows.filter(({ from, until }) => read.at + read.ms > from && read.at < until + GRACE_MS)
    const what = within.at(-1)?.what ?? 'calm'
    put(by, what, read)
  }
  const calm = latency('calm', by.get('calm') ?? [])
  const faults = [...by].filter(([what]) => what !== 'calm').map(([what, reads]) => latency(what, reads))
  const failed = (by.get('calm') ?? []).filter(read => read.status !== 200)
  return { calm, faults, wrong: failed.map(read => `${read.path} answered ${read.status} outside of all faults`) }
}

function put<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const list = into.get(key)
  if (list === undefined) into.set(key, [value])
  else list.push(value)
}

function latency(what: string, reads: readonly Read[]): Latency {
  const answered = reads.filter(read => read.status === 200).sort((a, b) => a.ms - b.ms)
  const at = (q: number) => answered[Math.floor(q * (answered.length - 1))]
  return {
    what,
    pages: reads.length,
    p50: at(0.5)?.ms ?? Number.NaN,
    p99: at(0.99)?.ms ?? Number.NaN,
    slowest: at(1)?.ms ?? Number.NaN,
    slowestPath: at(1)?.path ?? '',
    failed: reads.length - answered.length,
  }
}

const WORTH = new Set(['opened', 'recovering', 'resolved', 'reopened'])

export interface Telling {
  incidents: number
  /** Events that a message is worth, and those of them that came. */
  events: number
  came: number
  /** Messages that came more than once; of them those that a kill explains. */
  repeated: number
  repeatedByKill: number
  /** How far the time a message says it was sent at was off at most. */
  stampOffMs: number
  wrong: string[]
}

/** The receiver that is well hears of every event at least once, of an incident's in order, and twice only over a kill. */
export function telling({ incidents, receivers, house, endedAt }: Ran): Telling {
  const wrong: string[] = []
  // Later the clock is moved once more, so that rows can be read.
  const messages = receivers.messages.filter(({ at }) => at <= endedAt)
  const first = new Map<string, Message>()
  let repeated = 0
  let repeatedByKill = 0
  for (const message of messages) {
    const before = first.get(message.id)
    if (before === undefined) {
      first.set(message.id, message)
      continue
    }
    repeated++
    // Told, killed before the receipt was saved, told again.
    if (house.down.some(({ from }) => from >= before.at - SECOND && from <= message.at)) repeatedByKill++
    else wrong.push(`${message.id} came twice without a kill between`)
  }
  const heard = new Set(messages.map(({ incident, seq }) => `${incident} ${seq}`))
  const events = incidents.flatMap(each => each.events).filter(({ event }) => WORTH.has(event))
  const missed = events.filter(({ incident, seq }) => !heard.has(`${incident} ${seq}`))
  for (const { incident, seq, event } of missed) wrong.push(`nobody was told of ${incident} ${seq} (${event})`)
  const last = new Map<string, number>()
  for (const { incident, seq, id } of first.values()) {
    if (seq <= (last.get(incident) ?? -1)) wrong.push(`${id} came after a later one of its incident`)
    last.set(incident, seq)
  }
  const stampOffMs = Math.max(0, ...messages.map(({ at, sentAt }) => Math.abs(at - sentAt)))
  const came = events.length - missed.length
  return { incidents: incidents.length, events: events.length, came, repeated, repeatedByKill, stampOffMs, wrong }
}

export interface Life {
  minutes: number
  /** Megabytes after the warm-up and at the end, medians of a minute. */
  first: Record<'rss' | 'heap' | 'external' | 'dedupe', number>
  last: Record<'rss' | 'heap' | 'external' | 'dedupe', number>
  /** Megabytes a minute: the median of all slopes between two samples (Theil–Sen). */
  slope: Record<'rss' | 'heap' | 'external' | 'dedupe', number>
}

const PARTS = ['rss', 'heap', 'external', 'dedupe'] as const
const MB = 1e6

/** Memory over the longest life of a process, without its first `warmMs`; null where none lived that long. */
export function memoryOf(samples: readonly MemorySample[], warmMs: number): Life | null {
  const lives = new Map<number, MemorySample[]>()
  for (const each of samples) put(lives, each.pid, each)
  const longest = [...lives.values()].sort((a, b) => b.length - a.length)[0] ?? []
  const [born] = longest
  const life = longest.filter(({ at }) => at - born!.at >= warmMs)
  if (life.length < 10) return null
  const [begin, end] = [life[0]!.at, life.at(-1)!.at]
  const median = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]!
  const each = (figure: (part: (typeof PARTS)[number]) => number) =>
    Object.fromEntries(PARTS.map(part => [part, figure(part)])) as Life['first']
  const around = (at: number) => life.filter(sample => Math.abs(sample.at - at) <= 60_000)
  return {
    minutes: (end - begin) / 60_000,
    first: each(part => median(around(begin).map(sample => sample[part])) / MB),
    last: each(part => median(around(end).map(sample => sample[part])) / MB),
    slope: each(
      part =>
        median(life.flatMap((a, i) => life.slice(i + 1).map(b => (b[part] - a[part]) / ((b.at - a.at) / 60_000)))) / MB,
    ),
  }
}

/** How often each kind of fault was there. */
export function happened(episodes: readonly Episode[]): Record<string, number> {
  const many: Record<string, number> = {}
  for (const { kind } of episodes) many[kind] = (many[kind] ?? 0) + 1
  return many
}
