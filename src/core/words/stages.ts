import type { IncidentEvent } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import { goneOf, isMeasured } from '../incident/verdict.js'
import { leadOf } from './draft.js'
import { type Line, line, name, share, span, time } from './says.js'
import { foldedEach, knownAt, publicWords, type Story } from './story.js'

/** A stage of an incident, and how long after its beginning it was reached. */
export interface Stage {
  is: 'noticed' | 'vendor-spoke' | 'person-spoke' | 'suspect' | 'turned' | 'gone-at' | 'ended'
  of: 'detection' | 'recovery'
  at: EpochMs
  line: Line
}

/** Parts of the trouble whose going is told. */
const GONE = [0.5, 0.9]

/** The stages that the record holds, in the order of the life of an incident. */
export function stagesOf(story: Story, e: IncidentEvent): Stage[] {
  const start = Date.parse(e.startedAt!)
  const out: Stage[] = []
  const { events } = story
  const refs = [e.incident]
  const add = (is: Stage['is'], of: Stage['of'], at: EpochMs, made: Line) => out.push({ is, of, at, line: made })
  const after = (at: EpochMs) => ({ at: time(at), span: span(Math.max(0, at - start)) })
  const opened = Date.parse(events[0]!.at)
  add('noticed', 'detection', opened, line('noticed', after(opened), refs, ['startedAt']))
  const suspected = events.find(each => leadOf(each) !== null)
  const lead = suspected && leadOf(suspected)
  if (suspected && lead) {
    const at = Date.parse(suspected.at)
    const cause = name(lead.title)
    add('suspect', 'detection', at, line('suspect', { cause, ...after(at) }, [lead.subject], [`cause:${lead.subject}`]))
  }
  const notice = story.facts.find(each => each.via === 'notice' && each.at >= start)
  if (notice?.via === 'notice') {
    const at = knownAt(notice)
    const who = name(notice.source ?? notice.id)
    add(
      'vendor-spoke',
      'detection',
      at,
      line('vendor-spoke', { name: who, ...after(at) }, [notice.id], [`fact:${notice.id}`]),
    )
  }
  const word = publicWords(story)[0]?.order
  if (word)
    add(
      'person-spoke',
      'detection',
      word.at,
      line('person-spoke', { by: name(word.by), ...after(word.at) }, [word.id], [`order:${word.id}`]),
    )
  const turn = events.find(each => each.event === 'recovering' && each.recovery && isMeasured(each))
  if (turn) {
    const at = Date.parse(turn.at)
    add('turned', 'recovery', at, line('turned', after(at), refs, ['recovery']))
  }
  const before = foldedEach(story).filter(each => each.event !== 'resolved')
  for (const gone of GONE) {
    // What came back had not gone: it is the time from which on it stayed so.
    const found = before[before.findLastIndex(each => goneOf(each) < gone) + 1]
    if (found === undefined) continue
    const at = Date.parse(found.at)
    if (out.some(each => each.is === 'gone-at' && each.at === at)) continue
    add('gone-at', 'recovery', at, line('gone-at', { share: share(goneOf(found)), ...after(at) }, refs, ['recovery']))
  }
  const last = events.findLast(each => each.event === 'resolved')
  if (last) {
    const at = Date.parse(last.at)
    add('ended', 'recovery', at, line('ended', after(at), refs, ['end']))
  }
  return out
}

/** The highest failing share that an event tells of any segment; 0 where it tells none. */
export const highest = (e: IncidentEvent): number => Math.max(0, ...(e.segments ?? []).map(each => each.share ?? 0))

/** The event with the highest failing share that was told. */
export const worstOf = ({ events }: Story): IncidentEvent | null =>
  events.reduce<IncidentEvent | null>(
    (worst, each) => (highest(each) > (worst === null ? 0 : highest(worst)) ? each : worst),
    null,
  )
