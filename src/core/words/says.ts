import type { Hedge, Where } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'

/**
 * What is said of an incident, apart from its words: a sentence is a key of `SAYS` with its slots filled from the record.
 * Languages bring a template for each key and nothing else, so none of them can say a fact that another does not.
 */

/** A fact in a sentence. */
export type Slot =
  /** Part of a whole, 0..1. */
  | { is: 'share'; value: number }
  /** 95 % interval of a share. */
  | { is: 'shares'; value: [number, number] }
  | { is: 'count'; value: number }
  /** Minutes, with one decimal below ten. */
  | { is: 'minutes'; value: number }
  | { is: 'time'; value: EpochMs }
  /** Milliseconds. */
  | { is: 'span'; value: number }
  | { is: 'where'; value: Where }
  /** Ids of components. */
  | { is: 'parts'; value: string[] }
  /** A name, as its owner wrote it: of a service, a change, a person. */
  | { is: 'name'; value: string }
  /** Words of somebody, as they were written. */
  | { is: 'words'; value: string }
  /** One of a list of ours, which each language names. */
  | { is: 'term'; value: Term }

export const TERMS = [
  'minor',
  'major',
  'critical',
  'supported',
  'contradicted',
  'not-known',
  'press',
  'rumour',
  'vendor',
  'staff',
  'requests',
  'checks',
] as const
export type Term = (typeof TERMS)[number]

/** Each sentence: its hedge, then the names of its slots. */
export const SAYS = {
  // What is the matter.
  failing: 'measured service of',
  slow: 'measured service of',
  poor: 'measured service',
  moved: 'suspected service',
  below: 'measured service',
  reports: 'unknown service',
  exposed: 'suspected service',
  easing: 'measured service',
  'easing-reports': 'unknown service',
  'over-calm': 'measured service at',
  'over-quiet': 'measured service at',
  'over-word': 'said service at',
  'over-unheard': 'unknown service at',
  // Who is hit, who is not.
  parts: 'measured parts',
  'share-failing': 'measured share of where',
  'share-slow': 'measured share of where',
  'share-unknown': 'unknown where',
  fine: 'measured where',
  since: 'measured start from until',
  // How far it is over.
  gone: 'measured share',
  'gone-nearly': 'measured',
  slower: 'measured where share',
  forecast: 'forecast from until',
  'end-unknown': 'unknown',
  // Why.
  'cause-suspected': 'suspected cause',
  'cause-confirmed': 'confirmed cause',
  'cause-unknown': 'unknown',
  'breach-none': 'unknown',
  'breach-suspected': 'suspected',
  'breach-confirmed': 'confirmed',
  'breach-ruled-out': 'said',
  // What to do, and what comes next.
  'todo-said': 'said by at words',
  'todo-none': 'unknown',
  next: 'plain at',
  unchanged: 'measured at',
  // What others say.
  claim: 'said source words verdict',
  'claim-confirmed': 'confirmed cause',
  'claim-ruled-out': 'said cause',
  'claim-other': 'confirmed cause',
  'claim-suspected': 'suspected cause share',
  'claim-unlikely': 'suspected cause share',
  'claim-unlisted': 'unknown',
  'claim-no-link': 'measured cause share count',
  'claim-hit': 'measured where',
  'claim-fine': 'measured where',
  'claim-unmeasured': 'unknown where',
  'claim-uneven': 'measured where share',
  'claim-even': 'unknown where',
  'claim-parts': 'measured parts',
  'claim-parts-unnamed': 'unknown parts',
  'claim-over': 'measured at',
  'claim-failing': 'measured at share of where',
  'claim-open': 'measured at',
  'claim-unturned': 'unknown',
  'claim-noticed': 'measured start at span',
  'claim-unnamed': 'unknown',
  'claim-nothing': 'unknown',
  'claim-person': 'said by words',
  // The write-up.
  'was-over': 'measured service start until span',
  'was-open': 'measured service start',
  worst: 'measured share shares of where at',
  impact: 'measured where minutes low high from until',
  'impact-reports': 'unknown where from until',
  'impact-unknown': 'unknown',
  'impact-users': 'unknown',
  'named-parts': 'measured parts from until',
  noticed: 'measured at span',
  'vendor-spoke': 'said name at span',
  'person-spoke': 'said by at span',
  suspect: 'suspected cause at span',
  turned: 'measured at span',
  'gone-at': 'measured share at span',
  ended: 'measured at span',
  tail: 'measured at share span',
  usually: 'measured count span',
  'no-past': 'unknown',
  trigger: 'suspected cause at',
  'trigger-confirmed': 'confirmed cause at',
  'trigger-unknown': 'unknown',
  'first-failing': 'measured where at',
  'first-unknown': 'unknown',
  root: 'confirmed cause by',
  'root-unknown': 'unknown',
  strained: 'measured name where since',
  'also-suspected': 'suspected cause share',
  'none-contributing': 'unknown',
  'ruled-out': 'said cause by words',
  unlikely: 'suspected cause share words',
  'none-ruled-out': 'unknown',
  'taken-back': 'measured cause at',
  slowest: 'measured where share at rest',
  change: 'measured name',
  notice: 'said name words',
  spoke: 'said by words',
  severity: 'measured severity',
  'came-back': 'measured at',
  located: 'measured where at span',
  'nobody-spoke': 'measured',
  unconfirmed: 'unknown',
  'none-well': 'unknown',
  'none-badly': 'unknown',
  'none-lucky': 'unknown',
  action: 'plain words by at',
  'action-undated': 'plain words by',
  'action-late': 'plain words by at',
  'action-done': 'said words by at',
  'no-actions': 'plain',
  amended: 'said by at words',
} as const satisfies Record<string, string>
export type Say = keyof typeof SAYS

export const hedgeOf = (say: Say): Hedge => SAYS[say].split(' ')[0] as Hedge
export const slotsOf = (say: Say): string[] => SAYS[say].split(' ').slice(1)

/** A part of the record: one of an event's parts, or with a colon one of several. */
export type Part = string

/** A sentence. */
export interface Line {
  say: Say
  slots: Record<string, Slot>
  /** What a reader can look up: ids of the incident, of changes, notices and commands, or addresses. */
  refs: string[]
  /** Without one of these the sentence would not stand, or would say less. */
  rests: Part[]
}

/** A sentence with its slots. @throws where the slots are not those of the table: that is a mistake of ours */
export function line(say: Say, slots: Record<string, Slot>, refs: readonly string[], rests: readonly Part[]): Line {
  const needs = slotsOf(say)
  if (Object.keys(slots).sort().join() !== needs.toSorted().join())
    throw new TypeError(`${say} has the slots ${needs.join(', ')}, not ${Object.keys(slots).join(', ')}`)
  return { say, slots, refs: [...new Set(refs)], rests: [...rests] }
}

export const share = (value: number): Slot => ({ is: 'share', value })
export const time = (value: EpochMs | string): Slot => ({
  is: 'time',
  value: typeof value === 'string' ? Date.parse(value) : value,
})
export const span = (value: number): Slot => ({ is: 'span', value })
export const place = (value: Where): Slot => ({ is: 'where', value })
export const name = (value: string): Slot => ({ is: 'name', value })
export const words = (value: string): Slot => ({ is: 'words', value })
export const count = (value: number): Slot => ({ is: 'count', value })
export const minutes = (value: number): Slot => ({ is: 'minutes', value })
export const term = (value: Term): Slot => ({ is: 'term', value })
export const parts = (value: readonly string[]): Slot => ({ is: 'parts', value: [...value] })
