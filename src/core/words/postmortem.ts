import { SEVERITIES, type IncidentEvent } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import { goneOf } from '../incident/verdict.js'
import { claimLines, claimsOf } from './claim.js'
import { leadOf, ofWhat } from './draft.js'
import { impactOf, reportedOf } from './impact.js'
import { learned } from './learned.js'
import { actionsOf } from './published.js'
import { count, type Line, line, minutes, name, parts, place, share, span, time, words } from './says.js'
import { highest, type Stage, stagesOf, worstOf } from './stages.js'
import { foldedEach, foldedOf, phase, type Story } from './story.js'

export const SECTIONS = [
  'summary',
  'impact',
  'detection',
  'causes',
  'ruledOut',
  'recovery',
  'claims',
  'well',
  'badly',
  'lucky',
  'actions',
  'timeline',
] as const
export type Section = (typeof SECTIONS)[number]

/** A step of the timeline. */
export interface Step {
  at: EpochMs
  line: Line
}

/** The draft of a write-up: sentences by section, the steps, and the course for its chart. */
export interface Postmortem {
  sections: Record<Exclude<Section, 'timeline'>, Line[]>
  timeline: Step[]
  /** Highest failing share of any segment as it was told, oldest first. */
  course: [at: EpochMs, share: number][]
}

/** An earlier incident of the same service. */
export interface Past {
  startedAt: EpochMs
  openedAt: EpochMs
  resolvedAt: EpochMs | null
}

/** Rows of a list; the JSON of the incident has all. */
const ROWS = 12
/** Characters of an update that the timeline quotes. */
const QUOTED_CHARS = 240
/** Steps of the timeline. */
const STEPS = 60
/** Steps of shares are told when they differ by so much. */
const STEP_SHARE = 0.15
/** Less than that is listed for completeness alone. */
const UNLIKELY = 0.05

/** The write-up that the record bears at the story's moment; null before the incident is on record. */
export function postmortemOf(story: Story, past: readonly Past[] = []): Postmortem | null {
  const e = foldedOf(story)
  if (e === null || e.startedAt === undefined) return null
  const stages = stagesOf(story, e)
  const { well, badly, lucky } = learned(story, e, stages)
  return {
    sections: {
      summary: summary(story, e),
      impact: impact(story, e),
      detection: detection(e, stages, past),
      causes: causes(story, e),
      ruledOut: ruledOut(story, e),
      recovery: recovery(story, e, stages),
      claims: claimLines(claimsOf(story)),
      well,
      badly,
      lucky,
      actions: actions(story),
    },
    timeline: timeline(story),
    course: story.events.flatMap((each): [EpochMs, number][] =>
      each.segments === undefined ? [] : [[Date.parse(each.at), highest(each)]],
    ),
  }
}

/** The beginning of what somebody said: the whole stands under its id. */
const shown = (text: string): string =>
  text.length <= QUOTED_CHARS ? text : `${text.slice(0, QUOTED_CHARS).replace(/\s+\S*$/u, '')} …`

const endOf = (story: Story): EpochMs | null =>
  phase(story) === 'resolved' ? Date.parse(story.events.findLast(each => each.event === 'resolved')!.at) : null

function summary(story: Story, e: IncidentEvent): Line[] {
  const service = name(story.title)
  const start = time(e.startedAt!)
  const end = endOf(story)
  const refs = [e.incident]
  const rests = ['startedAt', 'end']
  const out = [
    end === null
      ? line('was-open', { service, start }, refs, rests)
      : line('was-over', { service, start, until: time(end), span: span(end - Date.parse(e.startedAt!)) }, refs, rests),
  ]
  const worst = worstOf(story)
  const segment = worst?.segments?.find(each => each.share === highest(worst))
  if (worst && segment?.share && segment.interval) {
    const slots = {
      ...{ share: share(segment.share), shares: { is: 'shares' as const, value: segment.interval } },
      ...{ of: ofWhat(worst), where: place(segment.where), at: time(worst.at) },
    }
    out.push(line('worst', slots, refs, ['segments']))
  }
  if (Object.keys(worst?.unaffected ?? {}).length > 0)
    out.push(line('fine', { where: place(worst!.unaffected!) }, refs, ['unaffected', 'segments']))
  out.push(causeLine(story, e))
  const at = story.events.map(each => each.severity).filter(each => each !== undefined)
  const severity = SEVERITIES.toReversed().find(each => at.includes(each))
  if (severity) out.push(line('severity', { severity: { is: 'term', value: severity } }, refs, ['severity']))
  return out
}

function causeLine(story: Story, e: IncidentEvent): Line {
  const lead = leadOf(e)
  if (lead === null) return line('cause-unknown', {}, [e.incident], [])
  const say = lead.state === 'confirmed' ? 'cause-confirmed' : 'cause-suspected'
  const refs = [lead.subject, ...lead.because.flatMap(each => each.refs), ...ruling(story, lead.subject)]
  return line(say, { cause: name(lead.title) }, refs, [`cause:${lead.subject}`])
}

/** Ids of the commands by which a person settled a cause, and what they cite. */
const ruling = ({ orders }: Story, subject: string): string[] =>
  orders
    .filter(each => (each.verb === 'confirm' || each.verb === 'rule-out') && each.subject === subject)
    .flatMap(each => [each.id, ...(each.href === undefined ? [] : [each.href])])

function impact(story: Story, e: IncidentEvent): Line[] {
  const refs = [e.incident]
  const end = endOf(story) ?? story.now
  const rows = impactOf(story, end).slice(0, ROWS)
  const out: Line[] = rows.map(row =>
    line(
      'impact',
      {
        ...{ where: place(row.where), minutes: minutes(row.minutes), from: time(row.from), until: time(row.until) },
        ...{ low: minutes(row.interval[0]), high: minutes(row.interval[1]) },
      },
      refs,
      ['segments'],
    ),
  )
  for (const { where, from, until } of reportedOf(story, end).slice(0, ROWS)) {
    const slots = { where: place(where), from: time(from), until: time(until) }
    out.push(line('impact-reports', slots, refs, ['segments']))
  }
  out.push(line(rows.length > 0 ? 'impact-users' : 'impact-unknown', {}, refs, []))
  return [...out, ...partTimes(story)]
}

/** For how long each component was named, those of the same time together. */
function partTimes(story: Story): Line[] {
  const spans = new Map<string, [EpochMs, EpochMs]>()
  const told = story.events.filter(each => each.components !== undefined && each.event !== 'resolved')
  const end = endOf(story) ?? story.now
  for (const [i, each] of told.entries())
    for (const id of each.components!) {
      const until = told[i + 1] ? Date.parse(told[i + 1]!.at) : end
      spans.set(id, [spans.get(id)?.[0] ?? Date.parse(each.at), until])
    }
  const groups = new Map<string, string[]>()
  for (const [id, when] of spans) groups.set(when.join(), [...(groups.get(when.join()) ?? []), id])
  return [...groups].slice(0, ROWS).map(([when, ids]) => {
    const [from, until] = when.split(',').map(Number) as [number, number]
    return line(
      'named-parts',
      { parts: parts(ids), from: time(from), until: time(until) },
      [story.incident],
      ['components'],
    )
  })
}

const median = (sorted: readonly number[]): number =>
  (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2

/** Each stage, and what it took in our own past. */
function detection(e: IncidentEvent, stages: readonly Stage[], past: readonly Past[]): Line[] {
  const refs = [e.incident]
  const [from, until] = e.startedAtInterval ?? [e.startedAt!, e.startedAt!]
  const out = [
    line('since', { start: time(e.startedAt!), from: time(from), until: time(until) }, refs, ['startedAt']),
    ...stages
      .filter(each => each.of === 'detection')
      .sort((a, b) => a.at - b.at)
      .map(each => each.line),
  ]
  const took = past.map(each => each.openedAt - each.startedAt).sort((a, b) => a - b)
  if (took.length === 0) return [...out, line('no-past', {}, refs, [])]
  return [...out, line('usually', { count: count(took.length), span: span(median(took)) }, refs, ['past'])]
}

/** Trigger, first failure, root cause and what contributed are four questions, each with an answer of its own. */
function causes(story: Story, e: IncidentEvent): Line[] {
  const refs = [e.incident]
  const lead = leadOf(e)
  const change = lead && story.facts.find(each => each.via === 'change' && each.id === lead.subject)
  const out: Line[] = []
  if (lead && change) {
    const say = lead.state === 'confirmed' ? 'trigger-confirmed' : 'trigger'
    const rests = [`cause:${lead.subject}`, `fact:${change.id}`]
    out.push(line(say, { cause: name(lead.title), at: time(change.at) }, [change.id], rests))
  } else out.push(line('trigger-unknown', {}, refs, []))
  const first = story.events.find(each => (each.segments ?? []).some(s => s.share !== null))
  const segment = first?.segments?.find(each => each.share !== null)
  out.push(
    first && segment
      ? line('first-failing', { where: place(segment.where), at: time(first.at) }, refs, ['segments'])
      : line('first-unknown', {}, refs, []),
  )
  const confirmed = story.events.findLast(
    each => each.by !== undefined && each.causes?.some(c => c.state === 'confirmed'),
  )
  out.push(
    lead?.state === 'confirmed' && confirmed?.by !== undefined
      ? line(
          'root',
          { cause: name(lead.title), by: name(confirmed.by) },
          [lead.subject, ...ruling(story, lead.subject)],
          [`cause:${lead.subject}`],
        )
      : line('root-unknown', {}, refs, []),
  )
  return [...out, ...contributing(story, e, lead?.subject ?? '')]
}

function contributing(story: Story, e: IncidentEvent, lead: string): Line[] {
  const refs = [e.incident]
  const full = new Map(
    story.events.flatMap(each => each.strained ?? []).map(each => [`${each.name}${each.since}`, each]),
  )
  const out = [...full.values()].slice(0, ROWS).map(each => {
    const where = Object.fromEntries(Object.entries(each.labels).map(([label, value]) => [label, [value]]))
    return line('strained', { name: name(each.name), where: place(where), since: time(each.since) }, refs, ['strained'])
  })
  for (const cause of e.causes ?? [])
    if (cause.subject !== lead && cause.state !== 'ruled_out' && cause.probability >= UNLIKELY)
      out.push(
        line(
          'also-suspected',
          { cause: name(cause.title), share: share(cause.probability) },
          [cause.subject],
          [`cause:${cause.subject}`],
        ),
      )
  return out.length > 0 ? out : [line('none-contributing', {}, refs, [])]
}

/** Ruled out by a person, and how; or weighed and unlikely, with what speaks against it. */
function ruledOut(story: Story, e: IncidentEvent): Line[] {
  const out = (e.causes ?? []).flatMap(cause => {
    const rests = [`cause:${cause.subject}`]
    const order = story.orders.findLast(each => each.verb === 'rule-out' && each.subject === cause.subject)
    if (cause.state === 'ruled_out' && order)
      return [
        line(
          'ruled-out',
          { cause: name(cause.title), by: name(order.by), words: words(order.why) },
          [cause.subject, ...ruling(story, cause.subject)],
          [...rests, `order:${order.id}`],
        ),
      ]
    const against = cause.because.filter(each => each.bits < 0).sort((a, b) => a.bits - b.bits)[0]
    if (cause.state !== 'suspected' || cause.probability >= UNLIKELY || !against) return []
    const slots = { cause: name(cause.title), share: share(cause.probability), words: words(against.says) }
    return [line('unlikely', slots, [cause.subject, ...against.refs], rests)]
  })
  const state = e.security?.state
  if (state === 'ruled_out') out.push(line('breach-ruled-out', {}, ruling(story, 'security'), ['security']))
  else if (state === 'no_evidence') out.push(line('breach-none', {}, [e.incident], ['security']))
  return out.length > 0 ? out.slice(0, ROWS) : [line('none-ruled-out', {}, [e.incident], [])]
}

function recovery(story: Story, e: IncidentEvent, stages: readonly Stage[]): Line[] {
  const lead = leadOf(e)?.subject
  const back = story.facts.filter(each => each.via === 'change' && each.reverts !== undefined && each.reverts === lead)
  const out: { at: EpochMs; line: Line }[] = back.map(fact => ({
    at: fact.at,
    line: line(
      'taken-back',
      { cause: name(fact.title ?? fact.id), at: time(fact.at) },
      [fact.id],
      [`fact:${fact.id}`, `cause:${lead}`],
    ),
  }))
  out.push(...stages.filter(each => each.of === 'recovery'))
  const slow = slowestOf(story)
  if (slow) out.push(slow)
  return out.sort((a, b) => a.at - b.at).map(each => each.line)
}

/** The part that was furthest behind the others, when it was. */
function slowestOf(story: Story): { at: EpochMs; line: Line } | null {
  let found: { at: EpochMs; line: Line } | null = null
  let most = 0.1
  for (const each of foldedEach(story)) {
    // Of the parts no more is known where nobody counts requests.
    if (!each.recovery || each.recovery.of !== undefined || each.event === 'resolved' || goneOf(each) === 0) continue
    const last = each.recovery.segments.reduce((a, b) => (b.recovered < a.recovered ? b : a), {
      where: {},
      recovered: 1,
      eta: null,
    } as (typeof each.recovery.segments)[number])
    const behind = each.recovery.recovered - last.recovered
    if (behind <= most) continue
    most = behind
    const slots = {
      ...{ where: place(last.where), share: share(last.recovered) },
      ...{ at: time(each.at), rest: share(each.recovery.recovered) },
    }
    found = { at: Date.parse(each.at), line: line('slowest', slots, [story.incident], ['recovery']) }
  }
  return found
}

/** What people wrote down to do; a machine plans nothing for them. */
function actions(story: Story): Line[] {
  const planned = actionsOf(story)
  if (planned.length === 0) return [line('no-actions', {}, [story.incident], [])]
  return planned.map(({ id, text, owner, due, done, late }) => {
    const rests = [`order:${id}`]
    const slots = { words: words(text), by: name(owner) }
    if (done) {
      const told = { ...slots, by: name(done.by), at: time(done.at) }
      return line('action-done', told, [id, done.id], [...rests, `order:${done.id}`])
    }
    if (due === null) return line('action-undated', slots, [id], rests)
    return line(late ? 'action-late' : 'action', { ...slots, at: time(due) }, [id], rests)
  })
}

/** Decisions, changes, notices and people's words in the order in which they were known. */
function timeline(story: Story): Step[] {
  const steps: Step[] = []
  let before = -1
  for (const each of foldedEach(story)) {
    const at = Date.parse(each.at)
    const refs = [`${each.incident}#${each.seq}`]
    const step = (made: Line) => steps.push({ at, line: made })
    if (each.event === 'reopened') step(line('came-back', { at: time(at) }, refs, ['reopened']))
    const worst = (each.segments ?? []).find(s => s.share !== null && s.share === highest(each))
    if (worst && Math.abs(worst.share! - before) >= STEP_SHARE) {
      step(
        line('share-failing', { share: share(worst.share!), of: ofWhat(each), where: place(worst.where) }, refs, [
          'segments',
        ]),
      )
      before = worst.share!
    } else if (each.event === 'opened') step(line('reports', { service: name(story.title) }, refs, ['segments']))
    if (each.event === 'recovering' && goneOf(each) > 0)
      step(line('gone', { share: share(goneOf(each)) }, refs, ['recovery']))
    if (each.event === 'resolved')
      step(
        line(
          each.by === undefined ? 'claim-over' : 'over-word',
          { ...(each.by === undefined ? {} : { service: name(story.title) }), at: time(at) },
          refs,
          ['end'],
        ),
      )
  }
  for (const fact of story.facts) {
    const rests = [`fact:${fact.id}`]
    const made =
      fact.via === 'change'
        ? line('change', { name: name(fact.title ?? fact.id) }, [fact.id], rests)
        : line(
            'notice',
            { name: name(fact.source ?? fact.id), words: words(fact.title ?? fact.text ?? '') },
            [fact.id],
            rests,
          )
    steps.push({ at: fact.at, line: made })
  }
  for (const order of story.orders)
    if ((order.verb === 'say' || order.verb === 'advise') && order.text !== undefined)
      steps.push({
        at: order.at,
        line: line('spoke', { by: name(order.by), words: words(shown(order.text)) }, [order.id], [`order:${order.id}`]),
      })
  return steps.sort((a, b) => a.at - b.at).slice(0, STEPS)
}
