import type { IncidentEvent, Severity } from '../../contract/incident.js'
import type { Order } from '../../contract/order.js'
import type { Change, Notice } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import { addUp, type Phase, phaseOf } from '../incident/verdict.js'

/** All that may be said of an incident at a moment: what is not in here is in no sentence. */
export interface Story {
  incident: string
  /** Name of its service. */
  title: string
  components: readonly Component[]
  /** Oldest first, none after `now`. */
  events: readonly IncidentEvent[]
  /** What people asked of it, likewise. */
  orders: readonly Order[]
  /** Changes and notices, likewise. */
  facts: readonly (Change | Notice)[]
  now: EpochMs
}

/** How long people wait for the next word, where nothing else is set: a page that is looked at more often is answered sooner. */
export const UPDATE_EVERY_MS: Readonly<Record<Severity, number>> = {
  critical: 30 * MINUTE,
  major: HOUR,
  minor: 4 * HOUR,
}

/** When something was known: a fact may be told later than it took effect. */
export const knownAt = (fact: Change | Notice): EpochMs => Math.max(fact.at, fact.seenAt ?? fact.at)

/** The story as it stood at a moment. */
export const asOf = (story: Story, now: EpochMs): Story => ({
  ...story,
  events: story.events.filter(each => Date.parse(each.at) <= now),
  orders: story.orders.filter(each => each.at <= now),
  facts: story.facts.filter(each => knownAt(each) <= now),
  now,
})

/** The incident as its events add up; null before its first. */
export const foldedOf = ({ events }: Pick<Story, 'events'>): IncidentEvent | null =>
  events.reduce<IncidentEvent | null>((before, event) => addUp(before, event), null)

/** The same after each of its events. */
export const foldedEach = ({ events }: Pick<Story, 'events'>): IncidentEvent[] =>
  events.reduce<IncidentEvent[]>((all, event) => [...all, addUp(all.at(-1) ?? null, event)], [])

export const phase = ({ events }: Pick<Story, 'events'>): Phase => phaseOf(events)

/** A text that a person gave for everybody. */
export interface PublicWord {
  order: Order
  text: string
}

/** What people said for everybody, oldest first. */
export const publicWords = ({ orders }: Pick<Story, 'orders'>): PublicWord[] =>
  orders.flatMap(order => (order.verb === 'say' && order.text !== undefined ? [{ order, text: order.text }] : []))

/** How long a word holds, by severity. */
export type UpdateEvery = Readonly<Partial<Record<Severity, number>>>

/** How long a word holds now; null: it is over, or nothing is promised for its severity. */
function holds(story: Pick<Story, 'events'>, every: UpdateEvery): number | null {
  const folded = foldedOf(story)
  const state = phase(story)
  if (folded === null || state === 'resolved' || state === 'note') return null
  return every[folded.severity ?? 'minor'] ?? null
}

/** When the next word is due after the last, or after the beginning where there was none; null: none is. */
export function nextDue(story: Pick<Story, 'events' | 'orders'>, every: UpdateEvery = UPDATE_EVERY_MS): EpochMs | null {
  const waits = holds(story, every)
  return waits === null ? null : (publicWords(story).at(-1)?.order.at ?? Date.parse(story.events[0]!.at)) + waits
}

/** When the next word is due if one is said now. */
export function nextAfterNow(story: Story, every: UpdateEvery = UPDATE_EVERY_MS): EpochMs | null {
  const waits = holds(story, every)
  return waits === null ? null : story.now + waits
}
