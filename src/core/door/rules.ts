import {
  COUNT_MAX,
  ID_CHARS,
  LABEL_NAME_CHARS,
  LABEL_VALUE_CHARS,
  REJECT_VALUE_CHARS,
  SERVICE_CHARS,
} from '../../contract/limits.js'
import type { Labels } from '../../contract/signal.js'

export class Refusal {
  constructor(
    /** Dotted name of the rule, e.g. `observation.bad`. */
    readonly rule: string,
    readonly message: string,
    readonly value: string,
  ) {}
}

/** The value as a person can read it in an error, cut to 80 characters; long texts are never repeated whole. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  let text: string
  if (typeof value === 'string') text = value
  else if (typeof value !== 'object' || value === null) text = String(value)
  else
    text = Array.isArray(value)
      ? `a list of ${value.length}`
      : `an object of ${Object.keys(value).slice(0, 5).join(', ')}`
  return text.length > REJECT_VALUE_CHARS ? `${text.slice(0, REJECT_VALUE_CHARS - 1)}…` : text
}

export const refuse = (rule: string, message: string, value: unknown) => new Refusal(rule, message, shown(value))

export type Fields = Record<string, unknown>

export const NO_LABELS: Labels = Object.freeze({})
export const given = (value: unknown): boolean => value !== undefined && value !== null
export const isCount = (n: unknown): n is number =>
  typeof n === 'number' && n >= 0 && n <= COUNT_MAX && Math.floor(n) === n
export const isText = (value: unknown, chars: number): value is string =>
  typeof value === 'string' && value.length <= chars

/** Words that every object answers to: as a key of counts they would read an inherited function. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype))
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/

/** A string that becomes a key: bounded, no control characters, none of the words that objects inherit. */
export const isName = (value: unknown, chars: number): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= chars &&
  !CONTROL.test(value) &&
  !INHERITED.has(value)

export const LABEL_NAME_RULE = `a label name has 1 to ${LABEL_NAME_CHARS} letters, digits and _ . - / :, and starts with a letter`
export const LABEL_VALUE_RULE = `a label value is a string of 1 to ${LABEL_VALUE_CHARS} characters`
const LABEL_NAME = new RegExp(`^[A-Za-z][\\w./:-]{0,${LABEL_NAME_CHARS - 1}}$`)
export const isLabelName = (name: string): boolean => LABEL_NAME.test(name) && !INHERITED.has(name)

export const badId = (value: unknown) => refuse('signal.id', `id is a string of 1 to ${ID_CHARS} characters`, value)
export const badService = (value: unknown) =>
  refuse('signal.service', `service is a name of 1 to ${SERVICE_CHARS} characters`, value)
export const badTime = (rule: string, value: unknown) =>
  refuse(rule, 'a time is ISO 8601 UTC or milliseconds since 1970, between the years 2000 and 2070', value)
export const badText = (rule: string, name: string, chars: number, value: unknown) =>
  refuse(
    rule,
    `${name} is a string of at most ${chars} characters`,
    typeof value === 'string' ? `${value.length} characters` : value,
  )

/** Whose id it is, where not the owner's: written by the door into what it keeps. Anything else in this field is no such name. */
export const ID_SPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/

/** An id as it is known inside: two senders may use the same one. */
export const wholeId = (space: unknown, id: string): string =>
  typeof space === 'string' && ID_SPACE.test(space) ? `${space}/${id}` : id
