import type { Pattern } from '../src/contract/incident.js'
import type { Dice } from './dice.js'

/** The course of a drawn trouble: how long, in which shape, for whom. */
export interface Course {
  /** [minute since onset, severity 0..1], ends with 0. */
  curve: [number, number][]
  /** Minute after which less than half of the worst is left for good, and the one in which all is over. */
  halfMin: number
  endMin: number
  /** Part of the users that it can hit, on no label; left out: all. */
  userShare?: number
  /** What fails answers wrongly, slowly or not at all; left out: with errors. */
  effect?: string
  /** How people tire: part of those hit who speak up anew each minute, and what is left of that once a status page has spoken. */
  turnover?: number
  damping?: number
  /** What is left of the users at night, against noon; left out: as drawn. */
  night?: number
  /** Minutes since onset from and until which no cell's requests are told of. */
  blind?: [number, number]
  /** What besides goes wrong. */
  besides?: { effect: string; curve: [number, number][] }[]
  /** What it must be called, five minutes after it became that. */
  manners?: { pattern: Pattern; fromMin: number; untilMin: number }[]
  /** What must be said of security: that something speaks for it, or that nothing does; left out: that nothing does. */
  security?: 'suspected' | 'no_evidence'
  /** What people write who are hit; part of the posts that claim an attack; how many times the usual requests. */
  texts?: string[]
  rumour?: number
  surge?: number
}

export type Family = (dice: Dice) => Course
