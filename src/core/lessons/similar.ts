import type { IncidentEvent, IncidentKind, Severity } from '../../contract/incident.js'
import type { HELPED_BY, Order } from '../../contract/order.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'

/** Past incidents that are like one: by its segments, its changes, the words that were said and its shape. */

/** What two incidents are held against each other by. Each list may be empty: what is not known speaks neither way. */
export interface Traits {
  id: string
  service: string
  at: EpochMs
  components: readonly string[]
  /** `label=value` of who was hit. */
  segments: readonly string[]
  /** What changes and causes that were not ruled out are called, word by word. */
  changes: readonly string[]
  /** What was said of it, word by word. */
  words: readonly string[]
  kind: IncidentKind | null
  severity: Severity | null
  /** Milliseconds; null while it is open. */
  lengthMs: number | null
}

/** How alike two incidents are, 0..1, and by which of their traits; the parts add up to the score. */
export interface Likeness {
  id: string
  score: number
  by: Partial<Record<keyof typeof WEIGHTS, number>>
}

/**
 * What each trait counts for. Where something broke and what was changed tell more than how it was put; kind, severity and length are
 * shared by far too many to tell much. Set by judgement: `bench/similar.ts` measures the words alone, all that its incidents have.
 */
const WEIGHTS = { components: 3, segments: 2, changes: 2, words: 3, shape: 1 } as const

/** What was done about an incident, in whose words, and where that is written. */
export interface Helped {
  by: string
  verb: (typeof HELPED_BY)[number]
  says: string
  at: EpochMs
  /** Id of the command, or of the incident and its event. */
  ref: string
}

/** Words of a text that may tell incidents apart: of three letters or more, small, without endings of number. */
export function wordsOf(text: string): string[] {
  const out: string[] = []
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}][\p{L}\p{N}._-]*/gu)) {
    const plain = unmarked(word).replace(/(?<=\p{L}{3})(?:es|s)$/u, '')
    if (plain.length >= 3 && !/^\d+$/.test(plain)) out.push(plain)
  }
  return out
}

/** Without marks at its end. */
function unmarked(word: string): string {
  let end = word.length
  while (end > 0 && '._-'.includes(word[end - 1]!)) end--
  return word.slice(0, end)
}

/** What an incident is held against others by. */
export function traitsOf({ id, service, startedAt, resolvedAt, latest, events, kind, severity }: IncidentView): Traits {
  const causes = (latest.causes ?? []).filter(each => each.state !== 'ruled_out' && each.probability >= PLAUSIBLE)
  const said = events
    .filter(each => each.by !== undefined)
    .flatMap(each => [each.says?.[0]?.text ?? '', each.why ?? ''])
  return {
    id,
    service,
    at: startedAt,
    components: worstOf(events, each => each.components).map(each => `${service}/${each}`),
    segments: [
      ...new Set(
        worstOf(events, each => each.segments).flatMap(({ where }) =>
          Object.entries(where).flatMap(([label, values]) => values.map(value => `${label}=${value}`)),
        ),
      ),
    ],
    changes: [...new Set(causes.flatMap(each => wordsOf(`${each.subject.split(':')[0]} ${each.title}`)))],
    words: [latest.named ?? '', ...said, ...(latest.says ?? []).map(each => each.text)].flatMap(wordsOf),
    kind,
    severity,
    lengthMs: resolvedAt === null ? null : Math.max(0, resolvedAt - startedAt),
  }
}

/** A cause that is less probable was never really suspected. */
const PLAUSIBLE = 0.1

/** The longest list that any of its events had: the last is of a time when most was mended. */
function worstOf<T>(events: readonly IncidentEvent[], of: (event: IncidentEvent) => readonly T[] | undefined) {
  let worst: readonly T[] = []
  for (const event of events) {
    const here = of(event) ?? []
    if (here.length > worst.length) worst = here
  }
  return worst
}

/**
 * Past incidents, made ready to be compared with: how rare each of their traits is. A trait that all share tells nothing
 * (inverse document frequency, Sparck Jones 1972).
 */
export class Past {
  private readonly entries: { traits: Traits; words: Map<string, number>; norm: number }[]
  private readonly seen = new Map<string, number>()
  private readonly count: number

  constructor(incidents: readonly Traits[]) {
    this.count = incidents.length
    for (const each of incidents)
      for (const trait of new Set([
        ...each.components.map(x => `c:${x}`),
        ...each.segments.map(x => `s:${x}`),
        ...each.changes.map(x => `h:${x}`),
        ...each.words.map(x => `w:${x}`),
      ]))
        this.seen.set(trait, (this.seen.get(trait) ?? 0) + 1)
    this.entries = incidents.map(traits => {
      const words = this.weighed(traits.words)
      return { traits, words, norm: normOf(words) }
    })
  }

  /** The nearest, best first, never the incident itself; those that have nothing in common but their shape are left out. */
  like(asked: Traits, most: number): Likeness[] {
    const words = this.weighed(asked.words)
    const norm = normOf(words)
    const out: Likeness[] = []
    for (const { traits, words: theirs, norm: theirNorm } of this.entries) {
      if (traits.id === asked.id) continue
      const by = {
        components: this.shared('c', asked.components, traits.components),
        segments: this.shared('s', asked.segments, traits.segments),
        changes: this.shared('h', asked.changes, traits.changes),
        words: norm > 0 && theirNorm > 0 ? dot(words, theirs) / (norm * theirNorm) : null,
        shape: shapeOf(asked, traits),
      }
      const likeness = weigh(traits.id, by)
      if (likeness !== null) out.push(likeness)
    }
    return out.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, most)
  }

  /** Term frequency, dampened, by how rare the word is. */
  private weighed(words: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>()
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    for (const [word, count] of counts) counts.set(word, (1 + Math.log(count)) * this.rarity(`w:${word}`))
    return counts
  }

  private rarity(trait: string): number {
    return Math.log((1 + this.count) / (1 + (this.seen.get(trait) ?? 0))) + COMMON
  }

  /** Jaccard's share of what they have in common, each by how rare it is; null where one of them says nothing. */
  private shared(sort: string, a: readonly string[], b: readonly string[]): number | null {
    if (a.length === 0 || b.length === 0) return null
    const [left, right] = [new Set(a), new Set(b)]
    let [both, all] = [0, 0]
    for (const each of new Set([...left, ...right])) {
      const rarity = this.rarity(`${sort}:${each}`)
      all += rarity
      if (left.has(each) && right.has(each)) both += rarity
    }
    return all > 0 ? both / all : null
  }
}

/** What all share still is worth a little: it says that they are of one kind. */
const COMMON = 0.1

/** Weighed mean over what both know; null where nothing but the shape is shared. */
function weigh(id: string, by: Record<keyof typeof WEIGHTS, number | null>): Likeness | null {
  let weight = 0
  for (const name of NAMES) if (by[name] !== null) weight += WEIGHTS[name]
  const parts: Likeness['by'] = {}
  let score = 0
  for (const name of NAMES) {
    const part = ((by[name] ?? 0) * WEIGHTS[name]) / weight
    if (part === 0) continue
    parts[name] = part
    score += part
  }
  return score - (parts.shape ?? 0) > 0 ? { id, score, by: parts } : null
}

const NAMES = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]

const normOf = (words: ReadonlyMap<string, number>): number =>
  Math.sqrt([...words.values()].reduce((sum, each) => sum + each * each, 0))

function dot(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a]
  let sum = 0
  for (const [word, weight] of few) sum += weight * (many.get(word) ?? 0)
  return sum
}

/** Kind, severity and length, a third each of what both know. */
function shapeOf(a: Traits, b: Traits): number | null {
  const parts: number[] = []
  if (a.kind !== null && b.kind !== null) parts.push(a.kind === b.kind ? 1 : 0)
  if (a.severity !== null && b.severity !== null) parts.push(a.severity === b.severity ? 1 : 0)
  // Twice as long is half as like.
  if (a.lengthMs !== null && b.lengthMs !== null)
    parts.push(2 ** -Math.abs(Math.log2((a.lengthMs + MINUTE) / (b.lengthMs + MINUTE))))
  return parts.length === 0 ? null : parts.reduce((sum, each) => sum + each, 0) / parts.length
}

/** What helped in an incident that is over: what people confirmed, did and said last, newest first. */
export function helpedIn(incident: IncidentView, orders: readonly Order[]): Helped[] {
  if (incident.open) return []
  const done = orders
    .filter(each => TELLS.has(each.verb))
    .map(
      ({ by, verb, why, words, text, at, id }): Helped => ({
        by,
        verb,
        says: [words, text, why].filter(Boolean).join(' — '),
        at,
        ref: id,
      }),
    )
  // What was imported, or said before commands were kept, stands in the events alone.
  const events = incident.events
    .filter(each => each.by !== undefined && !done.some(one => one.at === Date.parse(each.at)))
    .flatMap((each): Helped[] => {
      const text = each.says?.[0]?.text
      return text === undefined
        ? []
        : [{ by: each.by!, verb: 'said', says: text, at: Date.parse(each.at), ref: `${incident.id}#${each.seq}` }]
    })
  return [...done, ...events].sort((a, b) => b.at - a.at).slice(0, HELPED_MOST)
}

const TELLS: ReadonlySet<string> = new Set<Order['verb']>([
  'confirm',
  'mitigated',
  'resolve',
  'note',
  'hand-over',
  'say',
  'advise',
])
/** Lines of what helped that are told for one incident. */
const HELPED_MOST = 5
