import type { IncidentEvent, Where } from '../../contract/incident.js'
import { SPEAKS_BITS } from '../../contract/thresholds.js'
import type { EpochMs } from '../../contract/time.js'
import { ofChecks } from '../incident/sentences.js'
import { goneOf, isMeasured } from '../incident/verdict.js'
import { adviceOf } from './advice.js'
import { claimLines, unanswered } from './claim.js'
import { type Line, line, name, parts, place, share, type Slot, term, time } from './says.js'
import { foldedOf, phase, type Story } from './story.js'

/** An update about an incident, ready to be looked at by a person. */
export interface Draft {
  lines: Line[]
  /** For a phone and a message. */
  short: Line[]
}

/** Segments that an update names; who wants all of them looks at the page. */
const SEGMENTS_TOLD = 3
/** Smaller shares are told by no number: what is left is in the noise. */
const TOLD_FROM = 0.01
/** From here on next to all is gone. */
const NEARLY_ALL = 0.995
/** A part is called slower when at least this much less of it is gone. */
const SLOWER_BY = 0.1

/**
 * The update that the record bears at the story's moment.
 *
 * @param nextAt when the next one is promised; null: nothing is promised
 * @param claims those that it answers: what was answered once is not answered in each update again
 */
export function draftOf(story: Story, nextAt: EpochMs | null, claims = unanswered(story)): Draft {
  const e = foldedOf(story)
  if (e === null) return { lines: [], short: [] }
  const over = phase(story) === 'resolved' || phase(story) === 'note'
  const what = headline(story, e)
  const who = over ? [] : hit(e)
  const next = over || nextAt === null ? [] : [line('next', { at: time(nextAt) }, [e.incident], ['promise'])]
  const lines = saidOnce([
    ...what,
    ...(over ? [] : [...partsOf(e), ...who, ...fineOf(e)]),
    ...since(e),
    ...(over ? [] : [...recoveryOf(e), ...endOf(e, story.now)]),
    causeOf(e),
    ...security(e),
    ...claimLines(claims),
    ...(over ? [] : [todo(story)]),
    ...next,
  ])
  return { lines, short: [...what, ...who.slice(0, 1), ...(over ? [causeOf(e)] : recoveryOf(e)), ...next] }
}

/** A claim may be answered by what is said anyway. */
const saidOnce = (lines: readonly Line[]): Line[] => [
  ...new Map(lines.map(each => [JSON.stringify([each.say, each.slots]), each])).values(),
]

/** What is the matter, in one sentence; none where nothing but people's sight of others' data is on record. */
function headline(story: Story, e: IncidentEvent): Line[] {
  const service = name(story.title)
  const refs = [e.incident]
  const state = phase(story)
  if (state === 'resolved') return [ended(story, e)]
  if (state === 'recovering' && e.recovery && e.pattern !== 'intermittent')
    return [line(isMeasured(e) ? 'easing' : 'easing-reports', { service }, refs, ['recovery'])]
  if (e.kind === 'security') return [line('exposed', { service }, refs, ['security'])]
  if (e.kind === 'quality') return [line('poor', { service }, refs, ['evidence'])]
  if (e.kind === 'upstream') return [line('below', { service }, refs, ['evidence'])]
  if (e.kind === 'displaced-load') return [line('moved', { service }, refs, ['evidence'])]
  const seen = (e.segments ?? []).some(each => each.share !== null) || bits(e, 'metric', 'check')
  if (!seen) return [line('reports', { service }, refs, ['segments', 'evidence'])]
  return [line(e.kind === 'degraded' ? 'slow' : 'failing', { service, of: ofWhat(e) }, refs, ['segments', 'evidence'])]
}

/** Whether one of these kinds of signal has something to say. */
const bits = ({ evidence }: IncidentEvent, ...kinds: string[]): boolean =>
  kinds.some(via => evidence !== undefined && Object.hasOwn(evidence, via) && (evidence[via] ?? 0) >= SPEAKS_BITS)

function ended(story: Story, e: IncidentEvent): Line {
  const last = story.events.findLast(each => each.event === 'resolved')!
  const slots = { service: name(story.title), at: time(last.at) }
  if (last.by !== undefined) return line('over-word', slots, [e.incident], ['end'])
  const unheard = (e.recovery?.recovered ?? 1) < 1 || (e.recovery?.segments ?? []).some(each => each.recovered < 1)
  if (unheard || e.kind === 'security') return line('over-unheard', slots, [e.incident], ['end'])
  return line(isMeasured(e) ? 'over-calm' : 'over-quiet', slots, [e.incident], ['end'])
}

/** What an event's shares are parts of. */
export const ofWhat = (e: IncidentEvent): Slot => term(ofChecks(e) ? 'checks' : 'requests')

const partsOf = (e: IncidentEvent): Line[] =>
  e.components?.length ? [line('parts', { parts: parts(e.components) }, [e.incident], ['components'])] : []

const EVERYWHERE = (where: Where): boolean => Object.keys(where).length === 0

function hit(e: IncidentEvent): Line[] {
  const rests = ['segments']
  return (e.segments ?? []).slice(0, SEGMENTS_TOLD).flatMap(segment => {
    const where = place(segment.where)
    if (segment.share === null) return [line('share-unknown', { where }, [e.incident], rests)]
    if (segment.share < TOLD_FROM && !EVERYWHERE(segment.where)) return []
    const say = e.kind === 'degraded' ? 'share-slow' : 'share-failing'
    return [line(say, { share: share(segment.share), of: ofWhat(e), where }, [e.incident], rests)]
  })
}

const fineOf = (e: IncidentEvent): Line[] =>
  Object.keys(e.unaffected ?? {}).length > 0
    ? [line('fine', { where: place(e.unaffected!) }, [e.incident], ['unaffected'])]
    : []

function since(e: IncidentEvent): Line[] {
  if (e.startedAt === undefined) return []
  const [from, until] = e.startedAtInterval ?? [e.startedAt, e.startedAt]
  return [
    line('since', { start: time(e.startedAt), from: time(from), until: time(until) }, [e.incident], ['startedAt']),
  ]
}

/** How much is gone, where enough of it is. */
export function recoveryOf(e: IncidentEvent): Line[] {
  const { recovery } = e
  const gone = goneOf(e)
  if (!recovery || gone < SLOWER_BY) return []
  const refs = [e.incident]
  const rests = ['recovery']
  const whole =
    gone >= NEARLY_ALL ? line('gone-nearly', {}, refs, rests) : line('gone', { share: share(gone) }, refs, rests)
  // Of the parts no more is known than a few checks with luck in them.
  if (recovery.of !== undefined) return [whole]
  const last = [...recovery.segments].sort((a, b) => a.recovered - b.recovered)[0]
  if (!last || gone - last.recovered < SLOWER_BY) return [whole]
  return [whole, line('slower', { where: place(last.where), share: share(last.recovered) }, refs, rests)]
}

/** A forecast is told while it lies ahead; without one it is said that nobody knows. */
function endOf(e: IncidentEvent, now: EpochMs): Line[] {
  const eta = e.recovery?.eta
  const refs = [e.incident]
  if (!eta || Date.parse(eta[1]) <= now) return [line('end-unknown', {}, refs, [])]
  const from = Math.max(now, Date.parse(eta[0]))
  return [line('forecast', { from: time(from), until: time(eta[1]) }, refs, ['recovery'])]
}

/** The cause that leads; null: none does. Correlation is never sold as cause. */
export function leadOf(e: IncidentEvent) {
  const confirmed = e.causes?.find(each => each.state === 'confirmed')
  if (confirmed) return confirmed
  const first = e.causes?.find(each => each.state === 'suspected')
  return first && first.probability >= 0.5 && first.probability > (e.unexplained ?? 0) ? first : null
}

function causeOf(e: IncidentEvent): Line {
  const lead = leadOf(e)
  if (lead === null) return line('cause-unknown', {}, [e.incident], [])
  const refs = [lead.subject, ...lead.because.flatMap(each => each.refs)]
  const say = lead.state === 'confirmed' ? 'cause-confirmed' : 'cause-suspected'
  return line(say, { cause: name(lead.title) }, refs, [`cause:${lead.subject}`])
}

/** The question of data in other hands is answered where somebody asked it. */
function security(e: IncidentEvent): Line[] {
  const { state, because } = e.security ?? { state: 'no_evidence' as const, because: [] }
  const refs = [e.incident, ...because.flatMap(each => each.refs)]
  switch (state) {
    case 'no_evidence':
      return because.length > 0 ? [line('breach-none', {}, refs, ['security'])] : []
    case 'suspected':
      return [line('breach-suspected', {}, refs, ['security'])]
    case 'confirmed':
      return [line('breach-confirmed', {}, refs, ['security'])]
    case 'ruled_out':
      return [line('breach-ruled-out', {}, refs, ['security'])]
  }
  return state satisfies never
}

/** Advice is a person's; a machine gives none. */
const todo = (story: Story): Line => adviceOf(story) ?? line('todo-none', {}, [story.incident], [])

/** Who speaks where the configuration lets drafts go out by themselves. */
export const POLICY = 'policy'
