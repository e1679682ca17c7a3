import type { PlacesNow } from '../../../contract/outside/places.js'
import type { Exposure } from '../../../contract/outside/where.js'
import type { ProbeOutcome } from '../../../contract/plugin.js'
import { html, type Html } from '../html.js'
import type { Voice } from '../words.js'
import type { Heard } from './told.js'

/** What is known of those who look and read for us. */
export interface Outside {
  /** The sources that read what others say of a service, and when each was last read. */
  heard?: (service: string) => readonly Heard[]
  /** How a service is from the places that look at it. */
  places?: (service: string) => readonly PlacesNow[]
  /** How many people use a service, as its operator says. */
  exposure?: (service: string) => Exposure | undefined
}

/** Probes that are listed before "and 9 more". */
const PLACES_LISTED = 8

/** How many of its places say what, and which those are where it is not well. */
function sentences(now: PlacesNow, { t, f }: Voice): string[] {
  const all = f.number(now.places.length)
  const names = (outcome: ProbeOutcome) =>
    f.list(now.places.filter(each => each.outcome === outcome).map(each => each.place))
  return [
    ...(now.bad > 0 ? [t.watched.fails(f.number(now.bad), all, names('bad'))] : []),
    ...(now.degraded > 0 ? [t.watched.lacks(f.number(now.degraded), all, names('degraded'))] : []),
    ...(now.ok > 0 ? [t.watched.works(f.number(now.ok), all)] : []),
    ...(now.unknown > 0 ? [t.watched.unknownFrom(names('unknown'))] : []),
  ]
}

/** What is looked at from several places, worst first; null where nothing is. */
export function placesSection(places: readonly PlacesNow[], voice: Voice): Html | null {
  if (places.length === 0) return null
  const { t, f } = voice
  const sorted = [...places].sort((a, b) => b.bad - a.bad || b.degraded - a.degraded || b.unknown - a.unknown)
  const left = sorted.length - PLACES_LISTED
  const rows = sorted
    .slice(0, PLACES_LISTED)
    .map(each => html`<li><b><bdi>${each.probe}</bdi></b> ${sentences(each, voice).join(' ')}</li>`)
  return html`<section id="places"><h2>${t.watched.places}</h2><ul class="open">${rows}${left > 0 ? html`<li>${t.more(f.number(left))}</li>` : null}</ul></section>`
}
