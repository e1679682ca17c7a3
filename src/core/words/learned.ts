import type { IncidentEvent } from '../../contract/incident.js'
import { MINUTE } from '../../contract/time.js'
import { type Line, line, place, type Slot, span, time } from './says.js'
import { type Stage, worstOf } from './stages.js'
import { phase, publicWords, type Story } from './story.js'

/** So soon after the beginning is quick: the first report of a person takes some minutes by itself. */
const NOTICED_SOON_MS = 5 * MINUTE
/** So soon after it was noticed it was known where. */
const LOCATED_SOON_MS = 10 * MINUTE
/** Longer without a word from anybody in charge, and people look elsewhere. */
const WORD_LATE_MS = 15 * MINUTE
/** A part that is so much longer in coming back is its own story. */
const ENDED_LATE_MS = 60 * MINUTE

/** What went well, what went badly and where it was luck, as far as the record can tell by rule. People add the rest. */
export function learned(
  story: Story,
  e: IncidentEvent,
  stages: readonly Stage[],
): Record<'well' | 'badly' | 'lucky', Line[]> {
  const refs = [e.incident]
  const [well, badly, lucky]: [Line[], Line[], Line[]] = [[], [], []]
  const start = Date.parse(e.startedAt!)
  const stage = (is: Stage['is']) => stages.find(each => each.is === is)
  const opened = stage('noticed')!
  if (opened.at - start <= NOTICED_SOON_MS) well.push(opened.line)
  const located = story.events.find(each =>
    (each.segments ?? []).some(s => s.share !== null && Object.keys(s.where).length > 0),
  )
  if (located && Date.parse(located.at) - opened.at <= LOCATED_SOON_MS) {
    const at = Date.parse(located.at)
    const { where } = located.segments!.find(each => Object.keys(each.where).length > 0)!
    well.push(line('located', { where: place(where), at: time(at), span: span(at - opened.at) }, refs, ['segments']))
  }
  const suspect = stage('suspect')
  if (suspect && suspect.at - opened.at <= LOCATED_SOON_MS) well.push(suspect.line)
  const word = publicWords(story)[0]?.order.at
  const over = phase(story) === 'resolved'
  if (word === undefined && (over || story.now - opened.at >= WORD_LATE_MS))
    badly.push(line('nobody-spoke', {}, refs, []))
  if (word !== undefined && word - opened.at >= WORD_LATE_MS) badly.push(stage('person-spoke')!.line)
  if (over && !e.causes?.some(each => each.state === 'confirmed')) badly.push(line('unconfirmed', {}, refs, []))
  const [gone, ended] = [stages.findLast(each => each.is === 'gone-at'), stage('ended')]
  if (gone && ended && ended.at - gone.at >= ENDED_LATE_MS) {
    const { at, share } = gone.line.slots as { at: Slot; share: Slot }
    badly.push(line('tail', { at, share, span: span(ended.at - gone.at) }, refs, ['recovery', 'end']))
  }
  for (const each of story.events)
    if (each.event === 'reopened') badly.push(line('came-back', { at: time(each.at) }, refs, ['reopened']))
  const fine = worstOf(story)?.unaffected ?? {}
  if (Object.keys(fine).length > 0) lucky.push(line('fine', { where: place(fine) }, refs, ['unaffected', 'segments']))
  const or = (found: Line[], none: 'none-well' | 'none-badly' | 'none-lucky') =>
    found.length > 0 ? found : [line(none, {}, refs, [])]
  return { well: or(well, 'none-well'), badly: or(badly, 'none-badly'), lucky: or(lucky, 'none-lucky') }
}
