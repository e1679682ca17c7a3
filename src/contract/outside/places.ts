import type { ProbeOutcome } from '../plugin.js'

/** How something is from one of the places that look at it; unknown: nobody could tell there, or nothing is heard from it. */
export interface PlaceNow {
  place: string
  outcome: ProbeOutcome
  /** What was found the last time, where that was not well. */
  why: string | null
  /** When it was last heard of; null: never. */
  ageMs: number | null
}

/** What is looked at from several places, with how many of them say what. */
export interface PlacesNow extends Record<ProbeOutcome, number> {
  probe: string
  service: string
  places: PlaceNow[]
}
