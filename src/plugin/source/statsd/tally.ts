import type { GaugeMeasure } from '../../../contract/signal.js'
import { Values } from '../../shared/label-values.js'
import { labelsIn, type Pattern } from './match.js'
import { type Kind, nameAndTags, parse, type Sample } from './parse.js'

// What applications send, added up by label set until a round ends.

export interface Requests {
  service: string
  total: Pattern | null
  bad: Pattern | null
  timer: Pattern | null
  slowMs: number
}
export interface GaugeRule {
  service: string
  name: Pattern
  as: string | null
  unit: string | null
  capacity: number | null
  measures: GaugeMeasure | null
  /** Of a timer: which part of its values is below the one that is told. */
  quantile: number
}
export interface Rules {
  requests: readonly Requests[]
  gauges: readonly GaugeRule[]
  /** Tag → label. */
  tags: ReadonlyMap<string, string>
  /** The tag with the status, of counters that have no names of their own for what fails. */
  statusTag: string | null
  labels: Readonly<Record<string, string>>
  windowMs: number
}

/** Values of one label that are told apart. */
const VALUES = 100
/** Names whose meaning is remembered; beyond it all are looked up anew. */
const REMEMBERED = 20_000
/** Label sets of one round, gauges that are kept, and members of a set that are counted. */
const SERIES = 5_000
/** Values of one timer of which a quantile is made: the first so many of a round. */
const SAMPLES = 2_000

type Field = 'total' | 'bad' | 'timer'
interface Counts {
  rule: Requests
  labels: Record<string, string>
  total: number
  bad: number
  timed: number
  slow: number
}
interface Level {
  rule: GaugeRule
  name: string
  labels: Record<string, string>
  value: number
  /** Values of a timer, of a set: a gauge is the one that came last. */
  samples: number[] | null
  members: Set<string> | null
  heard: boolean
}
interface Target {
  counts: { into: Counts; field: Field; alsoBad: boolean }[]
  levels: Level[]
}

export class Tally {
  lines = 0
  /** Lines that are no StatsD. */
  strange = 0
  /** Lines of names that the settings do not ask for, and of label sets beyond those that are kept. */
  unasked = 0
  private readonly values = new Map<string, Values>()
  private targets = new Map<string, Target>()
  private counts = new Map<string, Counts>()
  /** Kept from round to round: a gauge may be told as what was added to it. */
  private levels = new Map<string, Level>()

  /** `now`: when the first round begins. */
  constructor(
    private readonly rules: Rules,
    private now: number,
  ) {}

  add(line: string): void {
    this.lines++
    const sample = parse(line)
    if (sample === null) this.strange++
    else this.take(sample)
  }

  private take(sample: Sample): void {
    const { key, kind, values, weight } = sample
    const target = this.targetOf(key, kind)
    if (target.counts.length + target.levels.length === 0) this.unasked++
    for (const text of values) {
      const value = Number(text)
      if (kind !== 'set' && (text === '' || !Number.isFinite(value))) {
        this.strange++
        continue
      }
      for (const { into, field, alsoBad } of target.counts) {
        if (field === 'timer') {
          into.timed += weight
          if (value >= into.rule.slowMs) into.slow += weight
        } else if (value > 0) {
          into[field] += value * weight
          if (alsoBad) into.bad += value * weight
        }
      }
      for (const level of target.levels) put(level, kind, text, value)
    }
  }

  private targetOf(key: string, kind: Kind): Target {
    const known = this.targets.get(`${kind} ${key}`)
    if (known !== undefined) return known
    if (this.targets.size >= REMEMBERED) this.targets.clear()
    const target: Target = { counts: [], levels: [] }
    const { name, tags } = nameAndTags(key)
    const { requests, gauges, statusTag } = this.rules
    for (const [i, rule] of requests.entries())
      for (const field of kind === 'counter'
        ? (['total', 'bad'] as const)
        : kind === 'timer'
          ? (['timer'] as const)
          : []) {
        const pattern = rule[field]
        const found = pattern === null ? null : labelsIn(name, pattern)
        const into = found === null ? null : this.countsOf(i, rule, this.labelled(found, tags))
        const alsoBad = field === 'total' && statusTag !== null && /^5(?:xx|\d\d)$/.test(tags.get(statusTag) ?? '')
        if (into !== null) target.counts.push({ into, field, alsoBad })
      }
    for (const [i, rule] of kind === 'counter' ? [] : gauges.entries()) {
      const found = labelsIn(name, rule.name)
      const level = found === null ? null : this.levelOf(i, rule, name, this.labelled(found, tags))
      if (level !== null) target.levels.push(level)
    }
    this.targets.set(`${kind} ${key}`, target)
    return target
  }

  private labelled(found: Record<string, string>, tags: ReadonlyMap<string, string>): Record<string, string> {
    const labels: Record<string, string> = {}
    for (const [label, value] of Object.entries(found)) labels[label] = this.bounded(label, value)
    for (const [tag, label] of this.rules.tags) {
      const value = tags.get(tag)
      if (value !== undefined && value !== '') labels[label] = this.bounded(label, value)
    }
    return { ...labels, ...this.rules.labels }
  }

  private bounded(label: string, value: string): string {
    let values = this.values.get(label)
    if (values === undefined) {
      values = new Values(VALUES, true)
      this.values.set(label, values)
    }
    const shown = /^[\p{L}\p{N}\p{P}\p{S}]+(?: [\p{L}\p{N}\p{P}\p{S}]+)*$/u.test(value) ? value : 'other'
    return values.textOf(values.idOf(shown, true, this.now))
  }

  private countsOf(i: number, rule: Requests, labels: Record<string, string>): Counts | null {
    const id = `${i} ${JSON.stringify(Object.entries(labels).sort())}`
    let counts = this.counts.get(id)
    if (counts === undefined) {
      if (this.counts.size >= SERIES) return null
      counts = { rule, labels, total: 0, bad: 0, timed: 0, slow: 0 }
      this.counts.set(id, counts)
    }
    return counts
  }

  private levelOf(i: number, rule: GaugeRule, name: string, labels: Record<string, string>): Level | null {
    const id = `${i} ${name} ${JSON.stringify(Object.entries(labels).sort())}`
    let level = this.levels.get(id)
    if (level === undefined) {
      if (this.levels.size >= SERIES) return null
      level = { rule, name, labels, value: 0, samples: null, members: null, heard: false }
      this.levels.set(id, level)
    }
    return level
  }

  /** The signals of this round, which ends at `at`; and begins the next. */
  end(at: number, id: (place: number) => string): object[] {
    this.now = at
    const signals: object[] = []
    const { windowMs } = this.rules
    for (const counts of this.counts.values()) {
      const said = countsOf(counts)
      if (said === null) continue
      const { service } = counts.rule
      const { labels } = counts
      signals.push({
        type: 'observation',
        via: 'metric',
        id: id(signals.length),
        service,
        at,
        windowMs,
        labels,
        ...said,
      })
    }
    for (const level of this.levels.values()) {
      if (!level.heard) continue
      const { rule, labels, name } = level
      signals.push({
        type: 'observation',
        via: 'gauge',
        id: id(signals.length),
        service: rule.service,
        at,
        labels,
        name: (rule.as ?? name).slice(0, 100),
        value: valueOf(level),
        ...(rule.unit === null ? {} : { unit: rule.unit }),
        ...(rule.capacity === null ? {} : { capacity: rule.capacity }),
        ...(rule.measures === null ? {} : { measures: rule.measures }),
      })
    }
    this.begin()
    return signals
  }

  private begin(): void {
    // Label sets that were full may be others in the next round; gauges stay, unless they are too many.
    const full = this.counts.size >= SERIES || this.levels.size >= SERIES
    this.counts = new Map()
    this.targets = new Map()
    if (full) this.levels = new Map()
    for (const level of this.levels.values()) Object.assign(level, { heard: false, samples: null, members: null })
    for (const values of this.values.values()) values.settle(this.now)
    this.lines = 0
    this.strange = 0
    this.unasked = 0
  }
}

function put(level: Level, kind: Kind, text: string, value: number): void {
  level.heard = true
  if (kind === 'set') {
    level.members ??= new Set()
    if (level.members.size < SERIES) level.members.add(text)
  } else if (kind === 'timer') {
    level.samples ??= []
    if (level.samples.length < SAMPLES) level.samples.push(value)
  } else if (/^[+-]/.test(text)) level.value += value
  else level.value = value
}

/** Of a timer seconds, of a set how many different ones. */
function valueOf({ samples, members, value, rule }: Level): number {
  if (members !== null) return members.size
  if (samples === null) return value
  const sorted = samples.toSorted((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.ceil(rule.quantile * sorted.length) - 1)] ?? 0) / 1_000
}

/** Whole numbers that fit each other: what was lost on the way may have been either. Null: nothing came. */
function countsOf({ rule, total, bad, timed, slow }: Counts): { total: number; bad: number; slow?: number } | null {
  const failed = Math.round(bad)
  const all = Math.max(Math.round(rule.total === null ? timed : total), failed)
  if (all === 0) return null
  if (rule.timer === null) return { total: all, bad: failed }
  // Where both are counted, the share of the timed ones that were slow is one of those that did not fail.
  const part = timed === 0 ? 0 : slow / timed
  const slowly = rule.total === null ? Math.round(slow) : Math.round(part * all)
  return { total: all, bad: failed, slow: Math.min(slowly, all - failed) }
}
