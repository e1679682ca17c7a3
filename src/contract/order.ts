import { MINUTE, type EpochMs } from './time.js'

/** A person's closing holds an incident closed for so long; if what it told of is measured on, it opens again then. */
export const CLOSED_BY_PERSON_MS = 30 * MINUTE

/** What a person may ask of an incident; an order goes on the log like a signal, so a replay repeats it. */
export const VERBS = ['resolve', 'confirm', 'rule-out', 'mute', 'unmute', 'say'] as const
export type Verb = (typeof VERBS)[number]

export interface Order {
  type: 'order'
  id: string
  /** Log time at which it was given. */
  at: EpochMs
  incident: string
  verb: Verb
  by: string
  why: string
  /** Name of the token that it came with: `by` is what its sender says of themselves. */
  token?: string
  /** confirm, rule-out: id of a cause, or `security`. */
  subject?: string
  /** confirm: a cause that is not listed, in the person's own words. */
  words?: string
  /** say: the public sentence. */
  text?: string
  /** mute: no messages before this time. */
  until?: EpochMs
  /** Statement or record that the order cites. */
  href?: string
}

/**
 * A person's wish that something be forgotten as if it had never been: a service with all that is stored of it, or one of its
 * labels (all values, or one), or one of its components. On the log like an order, so that a replay forgets it too.
 */
export interface Forget {
  type: 'forget'
  id: string
  /** Log time at which it was given. */
  at: EpochMs
  service: string
  label?: string
  /** With `label`: this value alone. */
  value?: string
  component?: string
  by: string
  why: string
}
