import { SEVERITIES, type IncidentEvent, type Where } from '../../../contract/incident.js'
import type { Component } from '../../../contract/topology.js'
import type { IncidentView } from '../../../contract/view.js'
import { addUp, partsNamed, phaseOf } from '../../../core/incident/verdict.js'
import { type Manner, mannerOf } from './manner.js'
import { isolated } from '../direction.js'
import type { Format } from '../format.js'
import { own } from '../standing.js'
import type { Strings } from '../strings.js'
import { valueName } from '../words.js'

/** So many components or values of a label are named; more say nothing in a name. */
const MOST_NAMED = 2

/** The incident as it stood when it was worst: that is what it was. */
export function worstOf(events: readonly IncidentEvent[]): IncidentEvent {
  let worst: IncidentEvent | null = null
  let folded: IncidentEvent | null = null
  const rankOf = (e: IncidentEvent) => SEVERITIES.indexOf(e.severity ?? 'minor')
  for (const event of events) {
    folded = addUp(folded, event)
    if (event.event === 'resolved' || event.event === 'note') continue
    if (worst === null || rankOf(folded) > rankOf(worst)) worst = folded
  }
  return worst ?? folded ?? ({} as IncidentEvent)
}

/** What the trouble of an incident is like: as at its worst, and on and off once it was seen to come and go. */
export function storyManner(events: readonly IncidentEvent[], kind: IncidentView['kind']): Manner | null {
  const worst = worstOf(events)
  const isOnOff = events.some(each => each.pattern === 'intermittent')
  return mannerOf(isOnOff ? { ...worst, pattern: 'intermittent' } : worst, worst.kind ?? kind)
}

/** What the name needs of an incident. */
type Named = Pick<IncidentView, 'events' | 'kind'>
/** What it needs of its service. */
interface Owner {
  title: string
  components: readonly Component[]
}

/**
 * The one name of an incident: what fails, and where, as it stood when it was worst: "Shop: Login on web-2 failing". Pages,
 * Statuspage's API, feeds and webhooks call it so, each in its language. Once a person has spoken of it, it keeps the name
 * that it had then: people who talk about it mean the same.
 */
export function incidentName({ events, kind }: Named, owner: Owner, { t, f }: { t: Strings; f: Format }): string {
  const title = isolated(owner.title)
  const named = events.findLast(each => each.named !== undefined)?.named
  if (named) return `${title}: ${isolated(named)}`
  if (phaseOf(events) === 'note') return `${title}: ${t.event.note}`
  const spoken = events.findIndex(each => each.by !== undefined && each.event !== 'resolved')
  const worst = worstOf(spoken < 0 ? events : events.slice(0, spoken + 1))
  const where = placeOf((worst.segments ?? []).map(each => each.where))
  const [label, values] = where ?? ['', []]
  const names = values.map(value => valueName(label, value, { f }))
  const what = whatOf(worst, owner, title, f)
  const place = names.length > 0 ? t.look.place(what, f.list(names), label) : what
  const manner = storyManner(spoken < 0 ? events : events.slice(0, spoken + 1), kind)
  if (manner === 'slow') return t.look.nameSlow(place)
  if (manner === 'intermittent') return t.look.nameOnOff(place)
  return t.look.name[worst.kind ?? kind](place)
}

/** The service, with the parts of it that fail where they are few. */
function whatOf(worst: IncidentEvent, { components }: Owner, title: string, f: Format): string {
  const declared = components.map(each => each.id)
  // Parts that nobody declared are called as signals call them.
  const parts = declared.length > 0 ? partsNamed(worst, declared) : (worst.components ?? [])
  if (parts.length === 0 || parts.length > MOST_NAMED || parts.length === declared.length) return title
  return `${title}: ${f.list(parts.map(id => valueName('component', id, { f }, components)))}`
}

/** One label, beside the component, whose few values every segment shares. */
function placeOf(places: readonly Where[]): [string, string[]] | null {
  const [first] = places
  if (!first) return null
  for (const [label, values] of Object.entries(first)) {
    if (label === 'component' || values.length === 0 || values.length > MOST_NAMED) continue
    const same = (other: readonly string[] | undefined) =>
      other?.length === values.length && values.every(each => other.includes(each))
    if (places.every(each => same(own(each, label)))) return [label, values]
  }
  return null
}
