import type { IncidentEvent } from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import type { Component } from '../../../contract/topology.js'
import { factLine } from '../facts.js'
import { iso } from '../format.js'
import { attr, html, type Html } from '../html.js'
import { saysLines } from './says.js'
import { scaleOf } from './why.js'
import { whereText, type Voice } from '../words.js'

/** Entries shown; the JSON has all. */
const ENTRIES_SHOWN = 80

/** The decisions of an incident and the facts that reached us between them, newest first. */
export function timeline(
  events: readonly IncidentEvent[],
  facts: readonly (Change | Notice)[],
  components: readonly Component[],
  path: string,
  voice: Voice,
): Html {
  const { t, f, now } = voice
  // One date for all of them needs no date on each.
  const sameDay =
    new Set([...events.map(each => each.at.slice(0, 10)), ...facts.map(each => iso(each.at).slice(0, 10))]).size === 1
  const stamp = (at: number, link: boolean) => {
    const words = html`<time datetime="${iso(at)}">${f.moment(at, sameDay ? at : now).replace(' UTC', '')}</time>`
    return link
      ? html`<a href="${path}?at=${iso(at)}" aria-label="${f.moment(at, now)}: ${t.incident.known}">${words}</a>`
      : words
  }
  const decisions = foldUpdates(events).map(({ all, before }) => {
    const [first, last] = [all[0] as IncidentEvent, all.at(-1) as IncidentEvent]
    const [from, at] = [Date.parse(first.at), Date.parse(last.at)]
    const count = all.length
    const range = count > 1 ? html`<span class="soft"> ×${count}${sharesText(all, voice)}</span>` : null
    const body = html`<b>${t.event[last.event]}</b>${range}${changes(last, before, components, voice)}`
    const stamps = count > 1 ? html`<span>${stamp(from, true)}–${stamp(at, true)}</span>` : stamp(at, true)
    return {
      at,
      order: last.seq,
      row: html`<li${attr('class', last.by === undefined ? null : 'person')}>${stamps}<div>${body}</div></li>`,
    }
  })
  const told = facts.map(fact => {
    const at = Math.max(fact.at, fact.seenAt ?? fact.at)
    return { at, order: -1, row: html`<li class="soft">${stamp(at, false)}<div>${factLine(fact, voice)}</div></li>` }
  })
  const all = [...decisions, ...told].sort((a, b) => b.at - a.at || b.order - a.order)
  return html`<ol class="line">${all.slice(0, ENTRIES_SHOWN).map(each => each.row)}</ol>${all.length > ENTRIES_SHOWN ? html`<p class="note">${t.incident.earlier(f.count(all.length - ENTRIES_SHOWN))}</p>` : null}`
}

export interface Folded {
  /** At least one. */
  all: IncidentEvent[]
  /** Events before the first of them. */
  before: readonly IncidentEvent[]
}

/** Updates of a machine that say the same with other numbers are one line: a reader would act alike on each of them. */
export function foldUpdates(events: readonly IncidentEvent[]): Folded[] {
  const out: Folded[] = []
  for (const [i, event] of events.entries()) {
    const held = out.at(-1)
    if (held && isAlike(held.all.at(-1) as IncidentEvent, event)) held.all.push(event)
    else out.push({ all: [event], before: events.slice(0, i) })
  }
  return out
}

const skeleton = ({ says }: IncidentEvent) => (says ?? []).map(({ text }) => text.replace(/\d+/g, '#')).join(' ')

/** Parts of an event that a reader would act on, beside its sentences. */
function isAlike(a: IncidentEvent, b: IncidentEvent): boolean {
  if (a.event !== 'updated' || b.event !== 'updated' || a.by !== undefined || b.by !== undefined) return false
  if (!a.says?.length || skeleton(a) !== skeleton(b)) return false
  const settled = ({ causes }: IncidentEvent) => (causes ?? []).map(({ subject, state }) => [subject, state])
  const same = (x: unknown, y: unknown) => y === undefined || JSON.stringify(x) === JSON.stringify(y)
  return (
    same(a.severity, b.severity) &&
    same(a.components, b.components) &&
    (b.causes === undefined || same(settled(a), settled(b))) &&
    (b.security === undefined || same(a.security?.state, b.security.state))
  )
}

/** ", 90–93%": the ends of what such updates told of the same share. */
function sharesText(all: readonly IncidentEvent[], { t, f }: Voice): string {
  const shares = all.flatMap(({ says = [] }) => /(?<!\d)(\d{1,3}) %/.exec(says[0]?.text ?? '')?.[1] ?? []).map(Number)
  const [low, high] = [Math.min(...shares), Math.max(...shares)]
  return shares.length === all.length && low < high ? `${t.comma}${f.shares([low / 100, high / 100])}` : ''
}

/** What this event changed against the ones before it, in words. */
function changes(
  event: IncidentEvent,
  before: readonly IncidentEvent[],
  components: readonly Component[],
  voice: Voice,
): Html {
  const { t, f } = voice
  const { changed } = t.incident
  const earlier = Object.assign({}, ...before) as Partial<IncidentEvent>
  const lines: (string | Html)[] = []
  if (event.severity && event.severity !== earlier.severity) lines.push(changed.severity(t.severity[event.severity]))
  // A sentence that was written for the public says where and why; the parts are told only without one.
  const says = saysLines(event, components, voice)
  const said = (earlier.says ?? []).map(each => each.text)
  lines.push(...says.filter(each => !said.includes(each.text)).map(each => each.line))
  if (event.segments && !says.length) {
    const now = event.segments.map(
      each => `${whereText(each.where, voice, components)}${each.share === null ? '' : ` (${f.share(each.share)})`}`,
    )
    if (now.length || earlier.segments?.length)
      lines.push(`${changed.segments}: ${now.length ? now.slice(0, 4).join(t.semicolon) : changed.nobody}`)
  }
  if (event.components && event.components.length !== earlier.components?.length)
    lines.push(`${t.who.components}: ${f.number(event.components.length)}`)
  for (const cause of event.causes ?? []) {
    const was = earlier.causes?.find(each => each.subject === cause.subject)
    if (cause.state !== 'suspected' && was?.state !== cause.state)
      lines.push(changed.causeState(cause.title, t.causeState[cause.state]))
  }
  const lead = leader(event)
  const led = leader(earlier)
  const named = lead !== undefined && says.some(each => each.text.includes(lead.title))
  if (lead?.state === 'suspected' && !named && (lead.subject !== led?.subject || scaleOf(lead) !== scaleOf(led)))
    lines.push(`${changed.lead}: ${lead.title} (${t.look.evidence(t.look.scale[scaleOf(lead)])})`)
  if (event.security && event.security.state !== earlier.security?.state && event.security.state !== 'no_evidence')
    lines.push(t.security[event.security.state])
  if (event.recovery && !says.length && Math.abs(event.recovery.recovered - (earlier.recovery?.recovered ?? 0)) >= 0.05)
    lines.push(changed.recovered(f.share(event.recovery.recovered)))
  if (event.by)
    lines.push(`${t.incident.by(event.by)}${event.why ? `${t.comma}${t.incident.because}: ${event.why}` : ''}`)
  return html`${lines.map(line => html`<p><bdi>${line}</bdi></p>`)}`
}

function leader(event: Partial<IncidentEvent>) {
  return [...(event.causes ?? [])]
    .filter(each => each.state !== 'ruled_out')
    .sort((a, b) => b.probability - a.probability)[0]
}
