import { type IncidentEvent, SEVERITIES, type Severity, type Where } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import type { WEIGHED_BY, IncidentView } from '../../contract/view.js'

/** How much of a period was promised, and how much of it was down: service levels and error budgets. */

/** A stretch in which a picture of an incident held. */
export interface Spell {
  incident: string
  service: string
  from: EpochMs
  until: EpochMs
  severity: Severity
  /** Empty: the service as a whole. */
  components: readonly string[]
  /** Who was hit, and how much of them failed; empty: not known who. */
  segments: readonly { where: Where; share: number | null }[]
}

/** What counts. */
export interface Asked {
  from: EpochMs
  until: EpochMs
  /** Trouble of this severity or worse. */
  severity: Severity
  /** Share of the time that was promised, 0..1. */
  objective: number
  /** A minute counts whole (`time`), or as much as of these people failed (`people`); where that is not known, whole. */
  by: (typeof WEIGHED_BY)[number]
  /** Customers of these labels alone; null: everybody. */
  where: Where | null
  /** `service/component` in which trouble counts, or a whole service; empty: all that is given. */
  parts: readonly string[]
}

/** Time that does not count, and neither does trouble in it: planned work, or time in which nothing was heard. */
export interface Window {
  from: EpochMs
  until: EpochMs
}

export interface Budget {
  /** The period without planned work and without time in which nothing was heard. */
  measuredMs: number
  plannedMs: number
  /** Not planned, and nothing was heard: neither up nor down. */
  unknownMs: number
  downMs: number
  /** 0..1; null where nothing was measured. */
  availability: number | null
  objective: number
  budgetMs: number
  leftMs: number
  /** Of the budget, spent; above 1: it was overdrawn. Null where there is none. */
  spent: number | null
  met: boolean | null
  /** When the budget was used up; null: it was not. */
  usedUpAt: EpochMs | null
  /** What each incident added where no other was worse, the most first. */
  incidents: { id: string; downMs: number }[]
}

/** The pictures of an incident one after the other, the last until its end or `now`; `Infinity` where that is to be cut later. */
export function spellsOf({ id, service, startedAt, events }: IncidentView, now: EpochMs): Spell[] {
  const out: Spell[] = []
  let from = startedAt
  let open = false
  let closedByPerson = false
  let picture: Pick<IncidentEvent, 'severity' | 'components' | 'segments'> = {}
  const close = (until: EpochMs): void => {
    if (open && until > from)
      out.push({
        ...{ incident: id, service, from, until, severity: picture.severity ?? 'minor' },
        components: picture.components ?? [],
        segments: (picture.segments ?? []).map(each => ({ where: each.where, share: each.share })),
      })
  }
  for (const event of events) {
    const at = Math.max(from, Date.parse(event.at))
    if (event.event === 'note') continue
    // Trouble began before anybody noticed; what was seen first held since then.
    if (event.event !== 'opened') {
      close(at)
      // What a person called over and came back had never stopped.
      if (event.event !== 'reopened' || !closedByPerson) from = at
    }
    const { severity, components, segments } = event
    picture = { ...picture, ...dropUndefined({ severity, components, segments }) }
    open = event.event !== 'resolved'
    closedByPerson = !open && event.by !== undefined
  }
  close(now)
  return out
}

const dropUndefined = <T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never

/** How much of a spell counts, 0..1: nothing where it is milder, of another part or of other people. */
export function weightOf(spell: Spell, { severity, parts, where, by }: Asked): number {
  if (SEVERITIES.indexOf(spell.severity) < SEVERITIES.indexOf(severity)) return 0
  const { service, components, segments } = spell
  const named = parts.length === 0 || parts.includes(service)
  if (
    !named &&
    !parts.some(
      part =>
        part.startsWith(`${service}/`) &&
        (components.length === 0 || components.includes(part.slice(service.length + 1))),
    )
  )
    return 0
  const met = where === null ? segments : segments.filter(each => meets(each.where, where))
  if (segments.length > 0 && met.length === 0) return 0
  if (by === 'time' || met.length === 0) return 1
  const shares = met.map(each => each.share ?? 1)
  return Math.min(1, Math.max(0, ...shares))
}

/** Whether some who are in one part are in the other too: no label says otherwise. */
const meets = (a: Where, b: Where): boolean =>
  Object.entries(b).every(([label, values]) => a[label] === undefined || a[label].some(each => values.includes(each)))

interface Counted extends Window {
  incident: string
  weight: number
}

/** What counts of a period, by its beginning. Pictures of an incident that cost the same one after the other are one. */
function countedOf(spells: readonly Spell[], asked: Asked): Counted[] {
  const out: Counted[] = []
  for (const each of spells) {
    const from = Math.max(asked.from, each.from)
    const until = Math.min(asked.until, each.until)
    if (until <= from) continue
    const weight = weightOf(each, asked)
    if (weight <= 0) continue
    const last = out.at(-1)
    if (last?.incident === each.incident && last.weight === weight && last.until === from) last.until = until
    else out.push({ incident: each.incident, from, until, weight })
  }
  return out.sort((a, b) => a.from - b.from)
}

/**
 * Down time of a period by a sweep over its edges: at each moment the worst counts, and planned work takes the moment out.
 *
 * @param spells of any order; they may overlap
 * @param unheard time in which nothing is known; it may overlap with planned work, which then counts as planned
 */
export function budgetOf(
  spells: readonly Spell[],
  planned: readonly Window[],
  asked: Asked,
  unheard: readonly Window[] = [],
): Budget {
  const { from, until, objective } = asked
  const work = clipped(planned, asked)
  const out = unheard.length === 0 ? work : [...work, ...clipped(unheard, asked)]
  const plannedMs = lengthOf(work)
  const outMs = out === work ? plannedMs : lengthOf(out)
  const periodMs = Math.max(0, until - from)
  const measuredMs = periodMs - outMs
  const budgetMs = (1 - objective) * measuredMs
  const counted = countedOf(spells, asked)
  // Most parts of many have no trouble at all.
  const { downMs, usedUpAt, incidents } = counted.length === 0 ? NOTHING : sweep(counted, out, asked, budgetMs)
  const none = measuredMs <= 0
  return {
    measuredMs,
    plannedMs,
    unknownMs: outMs - plannedMs,
    downMs,
    objective,
    budgetMs,
    leftMs: budgetMs - downMs,
    availability: none ? null : 1 - downMs / measuredMs,
    spent: budgetMs > 0 ? downMs / budgetMs : null,
    met: none ? null : downMs <= budgetMs,
    usedUpAt,
    incidents,
  }
}

type Down = Pick<Budget, 'downMs' | 'usedUpAt' | 'incidents'>
const NOTHING: Down = { downMs: 0, usedUpAt: null, incidents: [] }

function sweep(counted: readonly Counted[], out: readonly Window[], { from, until }: Window, budgetMs: number): Down {
  const edges = [...new Set([from, until, ...[...out, ...counted].flatMap(each => [each.from, each.until])])].sort(
    (a, b) => a - b,
  )
  const own = new Map<string, number>()
  let downMs = 0
  let usedUpAt: EpochMs | null = null
  let next = 0
  let here: Counted[] = []
  for (let i = 1; i < edges.length; i++) {
    const [begin, end] = [edges[i - 1]!, edges[i]!]
    here = here.filter(each => each.until > begin)
    while (next < counted.length && counted[next]!.from <= begin) here.push(counted[next++]!)
    if (here.length === 0 || out.some(each => each.from <= begin && each.until >= end)) continue
    const worst = here.reduce((a, b) =>
      b.weight > a.weight || (b.weight === a.weight && b.incident < a.incident) ? b : a,
    )
    const cost = worst.weight * (end - begin)
    if (usedUpAt === null && downMs + cost > budgetMs) usedUpAt = begin + (budgetMs - downMs) / worst.weight
    downMs += cost
    own.set(worst.incident, (own.get(worst.incident) ?? 0) + cost)
  }
  return {
    downMs,
    usedUpAt: usedUpAt === null ? null : Math.round(usedUpAt),
    incidents: [...own]
      .map(([id, ms]) => ({ id, downMs: ms }))
      .sort((a, b) => b.downMs - a.downMs || (a.id < b.id ? -1 : 1)),
  }
}

const clipped = (windows: readonly Window[], { from, until }: Window): Window[] =>
  windows
    .map(each => ({ from: Math.max(from, each.from), until: Math.min(until, each.until) }))
    .filter(each => each.until > each.from)

/** Length of what spans cover together. */
function lengthOf(spans: readonly Window[]): number {
  let [sum, end] = [0, Number.NEGATIVE_INFINITY]
  for (const { from, until } of [...spans].sort((a, b) => a.from - b.from)) {
    sum += Math.max(0, until - Math.max(from, end))
    end = Math.max(end, until)
  }
  return sum
}
