import { type EpochMs, MINUTE } from '../../contract/time.js'

/** What one setting raised: an episode of a series, or an incident. */
export interface Episode {
  service: string
  /** When it began, as told when it was raised. */
  from: EpochMs
  raised: EpochMs
  /** Null: still open at the end of the history. */
  until: EpochMs | null
  /** From raised to until, without what lies between resolved and reopened. */
  openMs: number
  /** Kind and severity of an incident. */
  what: string | null
  /** Sums since the onset, when raised; incidents have none. */
  expected: number | null
  observed: number | null
  bits: number | null
}

/** Something that is known to have happened. */
export interface Known {
  at: EpochMs
  until: EpochMs
  /** Null: at any service. */
  service: string | null
}

export type Side = 'a' | 'b'
export type BySide<T> = Record<Side, T>

export interface Difference {
  service: string
  /** The first of the raises. */
  at: EpochMs
  a: Episode | null
  b: Episode | null
}

export interface ServiceResult {
  service: string
  raised: BySide<number>
  openMs: BySide<number>
  /** Stories that both settings saw. */
  both: number
  only: BySide<number>
}

/** Of events known to have happened. */
export interface KnownResult {
  /** Null: the events that name no service. */
  service: string | null
  events: number
  found: BySide<number>
  unexplained: BySide<number>
  /** Minutes from an event to the first raise, ascending; negative: before it. */
  delaysMin: BySide<number[]>
}

export interface Comparison {
  services: ServiceResult[]
  differences: Difference[]
  known: KnownResult[] | null
}

/** An event is found by what is open from so long before it. */
const FOUND_BEFORE_MS = 3_600_000
const SIDES = ['a', 'b'] as const

const endOf = (e: Episode) => e.until ?? Number.POSITIVE_INFINITY

/** Where two settings agree and differ; `services` also names those at which nothing was raised. O(n log n). */
export function compare(
  episodes: BySide<readonly Episode[]>,
  services: readonly string[],
  known: readonly Known[] | null,
): Comparison {
  const names = [...new Set([...services, ...SIDES.flatMap(side => episodes[side].map(e => e.service))])].sort()
  const differences: Difference[] = []
  const results = names.map(service => {
    const own = bySide(side => episodes[side].filter(e => e.service === service))
    const result: ServiceResult = {
      service,
      raised: bySide(side => own[side].length),
      openMs: bySide(side => own[side].reduce((sum, e) => sum + e.openMs, 0)),
      both: 0,
      only: { a: 0, b: 0 },
    }
    for (const story of stories(own)) {
      const [a, b] = [story.a[0] ?? null, story.b[0] ?? null]
      if (a !== null && b !== null) {
        result.both++
        if (a.raised !== b.raised) differences.push({ service, at: Math.min(a.raised, b.raised), a, b })
        continue
      }
      for (const side of SIDES)
        for (const e of story[side]) {
          result.only[side]++
          differences.push({ service, at: e.raised, a: side === 'a' ? e : null, b: side === 'b' ? e : null })
        }
    }
    return result
  })
  // Sorting is stable and the services come by name: one order.
  differences.sort((x, y) => x.at - y.at)
  return { services: results, differences, known: known === null ? null : judgeKnown(names, episodes, known) }
}

const bySide = <T>(of: (side: Side) => T): BySide<T> => ({ a: of('a'), b: of('b') })

/** Episodes of both settings that hang together in time, each side in order of its raises. */
function stories(own: BySide<readonly Episode[]>): BySide<Episode[]>[] {
  const all = SIDES.flatMap(side => own[side].map(e => ({ side, e }))).sort((x, y) => x.e.from - y.e.from)
  const found: BySide<Episode[]>[] = []
  let until = Number.NEGATIVE_INFINITY
  for (const { side, e } of all) {
    if (e.from > until) found.push({ a: [], b: [] })
    found.at(-1)![side].push(e)
    until = Math.max(until, endOf(e))
  }
  for (const story of found) for (const side of SIDES) story[side].sort((x, y) => x.raised - y.raised)
  return found
}

const meets = (event: Known, e: Episode) =>
  (event.service === null || event.service === e.service) &&
  e.from <= event.until &&
  endOf(e) >= event.at - FOUND_BEFORE_MS

function judgeKnown(
  names: readonly string[],
  episodes: BySide<readonly Episode[]>,
  all: readonly Known[],
): KnownResult[] {
  const [only] = names
  // Where there is but one service, every event is its own.
  const known = names.length === 1 ? all.map(e => ({ ...e, service: e.service ?? only! })) : all
  const groups = [...names, ...(known.some(event => event.service === null) ? [null] : [])]
  return groups.map(service => {
    const events = known.filter(event => event.service === service)
    const first = bySide(side =>
      events.map(event =>
        episodes[side].filter(e => meets(event, e)).reduce((least, e) => Math.min(least, e.raised), Infinity),
      ),
    )
    const delays = (side: Side) =>
      first[side].flatMap((raised, i) => (raised === Infinity ? [] : [(raised - events[i]!.at) / MINUTE]))
    return {
      service,
      events: events.length,
      found: bySide(side => first[side].filter(raised => raised !== Infinity).length),
      unexplained: bySide(
        side => episodes[side].filter(e => e.service === service && !known.some(event => meets(event, e))).length,
      ),
      delaysMin: bySide(side => delays(side).sort((x, y) => x - y)),
    }
  })
}
