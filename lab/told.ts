import type { IncidentEvent } from '../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../src/contract/time.js'
import { type Postmortem, postmortemOf } from '../src/core/words/postmortem.js'
import type { Line, Say, Slot } from '../src/core/words/says.js'
import type { Scenario } from '../src/scenario/scenario.js'
import {
  beforeMending,
  CLAIMED_SHARE,
  f1,
  mainStory,
  ONSET_WITHIN_MIN,
  onsetOf,
  rankedCauses,
  type Raw,
  RESOLVE_HONEST_MIN,
  RESOLVE_WITHIN_MIN,
  trueCauses,
} from './oracle.js'
import type { Played } from './run.js'

/**
 * What a reader learns of an incident, whether from its events or from its post-mortem: so that both can be asked the same
 * questions, and what is lost in words is seen.
 */
export interface Told {
  startedAt: EpochMs | null
  /** Cells that are named as failing. */
  cells: ReadonlySet<string>
  /** Whether anybody is named as hit, by whatever label. */
  who: boolean
  /** Likeliest first, without those ruled out. */
  causes: { subject: string; probability: number }[]
  /** Whether it is said that the cause is none of those, more likely than not. */
  causeUnknown: boolean
  /** Parts of the trouble that were called gone, and when. */
  gone: { at: EpochMs; share: number }[]
  /** Parts that were called behind. */
  behind: { at: EpochMs; cells: string[]; share: number }[]
  overAt: EpochMs | null
}

export const QUESTIONS = ['onset', 'segments', 'cause', 'recovery'] as const
/** Whether what was told agrees with the truth; null: the scenario does not ask, or the kinds of signals cannot tell. */
export type Answers = Record<(typeof QUESTIONS)[number], boolean | null>

/** A cause that leads is more likely than not: that is the rule by which words name it. */
const LEADS = 0.5

/**
 * What the events of the scenario's own incident tell; null: there is none.
 *
 * @param atEnd causes as they stand at the end of the record, as a write-up reads them; if not, at the end of the true trouble, which
 *   only a judge knows
 */
export function toldByEvents(scenario: Scenario, { events }: Pick<Played, 'events'>, atEnd = false): Told | null {
  const story = mainStory(scenario, events)
  if (story === null) return null
  const mending = beforeMending(scenario, scenario.truth.raw)
  const peak = story.events.findLast(each => Date.parse(each.at) <= mending && each.segments?.length)
  const { causes, unexplained } = rankedCauses(scenario, story.events, atEnd)
  const startedAt = story.events.findLast(each => each.startedAt)?.startedAt
  const recovering = story.events.filter(each => each.recovery && each.event !== 'resolved')
  return {
    startedAt: startedAt === undefined ? null : Date.parse(startedAt),
    cells: new Set(
      (peak?.segments ?? []).flatMap(({ share, where }) =>
        share === null || share >= CLAIMED_SHARE ? (where.cell ?? []) : [],
      ),
    ),
    // Everybody, by an unknown share, is no place.
    who: story.events.some(each => each.segments?.some(s => s.share !== null || Object.keys(s.where).length > 0)),
    causes: causes.map(({ subject, probability }) => ({ subject, probability })),
    causeUnknown: (unexplained ?? 0) >= LEADS,
    gone: recovering.map(each => ({ at: Date.parse(each.at), share: sureOf(each) })),
    behind: recovering.flatMap(each =>
      each.recovery!.segments.flatMap(({ where, recovered }) =>
        where.cell === undefined ? [] : [{ at: Date.parse(each.at), cells: where.cell, share: recovered }],
      ),
    ),
    overAt: story.closedAt,
  }
}

const sureOf = ({ recovery }: IncidentEvent): number => recovery!.interval?.[0] ?? recovery!.recovered

/** The post-mortem of the scenario's own incident, as the record stands at the end of the play; null: there is none. */
export function postmortemOfPlay(scenario: Scenario, { events, facts }: Pick<Played, 'events' | 'facts'>) {
  const story = mainStory(scenario, events)
  if (story === null) return null
  const { service, title, components } = scenario.world
  const now = scenario.clock.t0 + scenario.clock.minutes * MINUTE
  // A fact is put anew when more becomes known of it.
  const known = new Map(facts.filter(each => each.service === service).map(each => [each.id, each]))
  return postmortemOf({
    ...{ incident: story.id, title, components, events: story.events, orders: [] },
    facts: [...known.values()],
    now: Math.max(now, ...story.events.map(each => Date.parse(each.at))),
  })
}

/** What the sentences of a post-mortem tell, by their facts alone. */
export function toldByPostmortem({ sections, timeline }: Postmortem): Told {
  const { summary, impact, causes, ruledOut, recovery } = sections
  const whole = summary.find(each => each.say === 'was-over' || each.say === 'was-open')
  const named = of([...impact, ...summary], 'impact', 'worst', 'impact-reports')
  const lead = of(summary, 'cause-suspected', 'cause-confirmed')
  return {
    startedAt: value(whole, 'start', 'time'),
    cells: new Set(named.filter(isClaimed).flatMap(each => value(each, 'where', 'where')?.['cell'] ?? [])),
    who: named.length > 0,
    causes: [
      ...lead.map(({ refs }) => ({ subject: refs[0]!, probability: LEADS })),
      ...of([...causes, ...ruledOut], 'also-suspected', 'unlikely')
        .map(each => ({ subject: each.refs[0]!, probability: value(each, 'share', 'share')! }))
        .sort((a, b) => b.probability - a.probability),
    ],
    causeUnknown: of(summary, 'cause-unknown').length > 0,
    gone: [
      ...of(recovery, 'gone-at').map(each => ({
        at: value(each, 'at', 'time')!,
        share: value(each, 'share', 'share')!,
      })),
      ...timeline.flatMap(({ at, line }) =>
        line.say === 'gone' ? [{ at, share: value(line, 'share', 'share')! }] : [],
      ),
    ],
    behind: of(recovery, 'slowest').map(each => ({
      at: value(each, 'at', 'time')!,
      cells: value(each, 'where', 'where')!['cell'] ?? [],
      share: value(each, 'share', 'share')!,
    })),
    overAt: value(whole, 'until', 'time'),
  }
}

const of = (lines: readonly Line[], ...says: Say[]): Line[] => lines.filter(each => says.includes(each.say))

type Values = { [S in Slot as S['is']]: S['value'] }

/** The fact of a slot; null where the sentence has none. */
function value<K extends keyof Values>(line: Line | undefined, slot: string, is: K): Values[K] | null {
  const found = line?.slots[slot]
  return found?.is === is ? (found.value as Values[K]) : null
}

/** A row of impact names who was hit on average by a share that is a claim, as segments do at a moment. */
function isClaimed(line: Line): boolean {
  const [minutes, from, until] = [
    value(line, 'minutes', 'minutes'),
    value(line, 'from', 'time'),
    value(line, 'until', 'time'),
  ]
  if (minutes === null || from === null || until === null) return true
  return minutes / ((until - from) / MINUTE) >= CLAIMED_SHARE
}

/** Holds what was told against the truth of the scenario. `thin`: no requests were counted, so less can be asked. */
export function answersOf(scenario: Scenario, told: Told, thin = false): Answers {
  const { raw } = scenario.truth
  return {
    onset: onset(scenario, told, raw),
    segments: segments(scenario, told, raw, thin),
    cause: cause(scenario, told, raw, thin),
    recovery: recovered(scenario, told, raw, thin),
  }
}

function onset(scenario: Scenario, { startedAt }: Told, raw: Raw): boolean | null {
  if (raw.expect?.detect_within_min === undefined) return null
  const [bit, began] = onsetOf(scenario)
  const slack = ONSET_WITHIN_MIN * MINUTE
  return startedAt !== null && startedAt >= bit - slack && startedAt <= began + slack
}

function segments(scenario: Scenario, { cells, who }: Told, raw: Raw, thin: boolean): boolean | null {
  const wanted = new Set(Object.keys(raw.affected?.cells ?? {}))
  if (wanted.size === 0 || scenario.world.cells.size < 2) return null
  // Who is hit is seen by few without counted requests: what is named must be right, and somebody must be named.
  if (thin) return who && (cells.size === 0 || [...cells].filter(each => wanted.has(each)).length >= cells.size / 2)
  const least = raw.expect?.localize?.cells_f1_min
  return least === undefined ? null : f1(cells, wanted) >= least
}

function cause(scenario: Scenario, { causes, causeUnknown }: Told, raw: Raw, thin: boolean): boolean | null {
  const { expect = {} } = raw
  const decoys: string[] = raw.decoys ?? []
  if (thin) return !causes.some(each => decoys.includes(each.subject) && each.probability >= LEADS)
  if (expect.must_say_change_unknown) return causeUnknown
  const change: string | undefined = raw.cause?.change
  if (change === undefined || !trueCauses(scenario).has(change) || !expect.cause_rank_max) return null
  const rank = causes.findIndex(each => each.subject === change) + 1
  const best = causes.findIndex(each => decoys.includes(each.subject)) + 1
  const blamed =
    expect.decoy_rank_min && best > 0 && best < expect.decoy_rank_min && causes[best - 1]!.probability >= 0.1
  const sure = rank > 0 && causes[rank - 1]!.probability >= (expect.cause_confidence_min ?? 0)
  return rank > 0 && rank <= expect.cause_rank_max && sure && !blamed
}

function recovered({ truth }: Scenario, told: Told, raw: Raw, thin: boolean): boolean | null {
  const { expect = {}, recovery = {} } = raw
  const late = thin ? RESOLVE_HONEST_MIN : RESOLVE_WITHIN_MIN
  const { overAt, gone, behind } = told
  const until = Math.max(truth.resolvedAt!, raw.second ? Date.parse(raw.second.resolved_at) : 0)
  if (overAt === null || (expect.detect_within_min !== undefined && overAt - until > late * MINUTE)) return false
  const notBefore = Date.parse(expect.declare_recovered_not_before)
  if (!thin && overAt < notBefore) return false
  const half = Date.parse(recovery.t50) - 20 * MINUTE
  if (gone.some(({ at, share }) => share > 0.5 && at < half)) return false
  if (thin) return true
  const by = Date.parse(expect.report_partial_recovery_by)
  if (!Number.isNaN(by) && !gone.some(({ at, share }) => share > 0.3 && share < 1 && at <= by)) return false
  const slow: string | undefined = recovery.slow_segment
  if (slow === undefined) return true
  const from = raw.mitigated_most_at ? Date.parse(raw.mitigated_most_at) : truth.startedAt!
  return behind.some(({ at, cells, share }) => at >= from && cells.includes(slow) && share < 0.9)
}
