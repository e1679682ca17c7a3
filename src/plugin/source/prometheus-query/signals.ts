import { createHash } from 'node:crypto'
import { PermanentError } from '../../../contract/error.js'
import type { EpochMs } from '../../../contract/time.js'
import { SECOND } from '../../../contract/time.js'
import type { Answered } from './ask.js'

/** What is asked of one service: requests, a share whose denominator nobody tells, or a level. */
export interface Query {
  service: string
  /** Added to the labels of each series. */
  labels?: Record<string, string>
  /** How many requests in a step; `$step` stands for its length. Without `bad` it is demand alone. */
  total?: string
  bad?: string
  slow?: string
  /** A share from 0 to 1 of requests that fail, or of slow ones (`of`). */
  share?: string
  of?: 'failing' | 'slow'
  /** A level, and where it is full. */
  gauge?: string
  capacity?: string
  name?: string
  unit?: string
  measures?: string
}

/** The questions of a query. */
export const PARTS = ['total', 'bad', 'slow', 'share', 'gauge', 'capacity'] as const
export type Answers = Partial<Record<(typeof PARTS)[number], Answered[]>>

/** Characters of a label, as the door has them; longer ones are cut. */
const QUERY_LABEL_CHARS = 200

const keyOf = ({ labels }: Answered): string => JSON.stringify(labels)
const byLabels = (series: Answered[] = []) => new Map(series.map(each => [keyOf(each), each]))
const namesOf = (series: Answered[] = []) => series.map(({ labels }) => Object.keys(labels).join()).find(() => true)

/** Signals of one query: one for each label set and step. The same answers give the same ids. @throws PermanentError */
export function signalsOf(query: Query, answers: Answers, stepMs: number): object[] {
  const { total, share, gauge } = answers
  if (total !== undefined && query.bad !== undefined) return requests(query, answers, stepMs)
  const { of = 'failing' } = query
  if (share !== undefined) return levels(query, share, undefined, { name: query.name ?? of, measures: of }, stepMs)
  const { name = 'requests', unit, measures } = query
  if (total !== undefined) return levels(query, total, undefined, { name, measures: 'demand' }, stepMs)
  const said = { name, ...(unit === undefined ? {} : { unit }), ...(measures === undefined ? {} : { measures }) }
  return levels(query, gauge ?? [], answers.capacity, said, stepMs)
}

function requests(query: Query, { total = [], bad, slow }: Answers, stepMs: number): object[] {
  for (const [part, series] of Object.entries({ bad, slow })) {
    const [own, all] = [namesOf(series), namesOf(total)]
    // Counted by other labels, a failure would belong to nothing.
    if (own !== undefined && all !== undefined && own !== all)
      throw new PermanentError(`${part} of ${query.service} is summed by (${own}), its total by (${all})`)
  }
  const [failing, late] = [byLabels(bad), byLabels(slow)]
  return total.flatMap(series => {
    const base = baseOf('metric', query, series)
    return [...series.values].flatMap(([at, value]) => {
      const all = Math.round(value)
      const failed = partOf(failing, series, at)
      // What nobody knows is no zero.
      if (!(all > 0) || failed === null) return []
      const counts = { total: all, bad: Math.min(all, failed) }
      const slowly = slow === undefined ? null : partOf(late, series, at)
      const more = slowly === null ? {} : { slow: Math.min(all - counts.bad, slowly) }
      return [{ ...base, id: idOf(base.id, at), at, windowMs: stepMs, ...counts, ...more }]
    })
  })
}

/** A series that is not there has counted nothing; one that says NaN says that it does not know. */
function partOf(parts: ReadonlyMap<string, Answered>, series: Answered, at: EpochMs): number | null {
  const value = parts.get(keyOf(series))?.values.get(at)
  if (value === undefined) return 0
  return value >= 0 ? Math.round(value) : null
}

function levels(
  query: Query,
  series: Answered[],
  capacities: Answered[] | undefined,
  said: object,
  stepMs: number,
): object[] {
  const full = byLabels(capacities)
  // One capacity for all, where it has no labels.
  const common = capacities?.length === 1 && Object.keys(capacities[0]!.labels).length === 0 ? capacities[0] : undefined
  return series.flatMap(each => {
    const base = baseOf('gauge', query, each)
    return [...each.values].flatMap(([at, value]) => {
      if (Number.isNaN(value)) return []
      const capacity = (full.get(keyOf(each)) ?? common)?.values.get(at) ?? Number.NaN
      if (capacities !== undefined && !(capacity > 0)) return []
      const room = capacities === undefined ? {} : { capacity }
      return [{ ...base, id: idOf(base.id, at), at, windowMs: stepMs, ...said, value, ...room }]
    })
  })
}

function baseOf(via: string, query: Query, { labels }: Answered) {
  const { service } = query
  const own = Object.entries({ ...labels, ...query.labels }).map(([name, value]) => [
    name,
    value.slice(0, QUERY_LABEL_CHARS),
  ])
  const asked = PARTS.map(part => query[part] ?? '')
  const id = createHash('sha256')
    .update(JSON.stringify([asked, labels]))
    .digest('base64url')
    .slice(0, 22)
  return { type: 'observation', via, id, service, labels: Object.fromEntries(own) as Record<string, string> }
}
const idOf = (series: string, at: EpochMs): string => `${series}:${at / SECOND}`
