import {
  COUNT_MAX,
  ID_CHARS,
  LABEL_NAME_CHARS,
  LABEL_VALUE_CHARS,
  REJECT_VALUE_CHARS,
  SERVICE_CHARS,
  TITLE_CHARS,
} from '../../contract/limits.js'
import { FOLLOW_UP, PLATFORMS, PROBLEMS } from '../../contract/people.js'
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
  // What is cut may be half a character, and what cannot be seen is written out: the reader looks for it.
  return (text.length > REJECT_VALUE_CHARS ? `${text.slice(0, REJECT_VALUE_CHARS - 1)}…` : text).replace(
    UNSEEN,
    c => `\\u{${c.codePointAt(0)!.toString(16)}}`,
  )
}

/** Whether a JSON value has more levels than `most`; looks no deeper than that. */
export function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (most === 0) return true
  for (const each of Object.values(value)) if (isDeeper(each, most - 1)) return true
  return false
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

/**
 * Characters that nobody sees, or that move what stands around them: controls, halves of surrogate pairs, marks and
 * overrides of direction, fillers, private and forbidden code points. Two names that differ only in these look alike.
 */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{2800}\u{fff9}-\u{fffb}]/gu
/**
 * Of those the ones that writing needs: joiners within words of scripts that use them and within pictures, and the
 * selectors that make a picture of a sign.
 */
const NEEDED =
  /(?<=[\p{L}\p{M}\p{Emoji}\u{fe0f}])(?<![\x00-\x7f\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Hani}])[\u{200c}\u{200d}](?=[\p{L}\p{Extended_Pictographic}])(?![\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Hani}])|(?<=\p{Emoji})[\u{fe0e}\u{fe0f}]/gu
/** Printable ASCII that neither begins nor ends with a blank: what nearly every name is. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

const hasUnseen = (text: string): boolean => text.replace(NEEDED, '').search(UNSEEN) >= 0
/** Blanks at either end, nothing but blanks, or a mark that would sit on what stands before it. */
const RAGGED = /^[\p{Zs}\p{M}]|\p{Zs}$/u

/** Can be shown and told apart from every other: no blank at its ends, nothing unseen. */
const isSeen = (text: string): boolean => PLAIN.test(text) || (text !== '' && !RAGGED.test(text) && !hasUnseen(text))
/** Stands for a folder, as a whole or between slashes: browsers and proxies resolve it before they ask. */
const DOTS = /^\.\.?$/
const FOLDER = /(?:^|[/\\])\.\.?(?:$|[/\\])/

/** One spelling for what looks the same: composed characters (NFC). */
export const composed = (text: string): string => (PLAIN.test(text) ? text : text.normalize('NFC'))

/**
 * A string that becomes a key, part of an address and a word on a page: bounded, composed, nothing unseen, no blanks
 * around it, no folder, none of the words that objects inherit.
 */
export const isName = (value: unknown, chars: number): value is string =>
  typeof value === 'string' &&
  value.length <= chars &&
  isSeen(value) &&
  !DOTS.test(value) &&
  !INHERITED.has(value) &&
  composed(value) === value

const NAME_MORE = 'nothing invisible, no marks of direction and no blank at either end, other than . and ..'
export const NAME_RULE = `a name with ${NAME_MORE}`
export const LABEL_NAME_RULE = `a label name must have 1 to ${LABEL_NAME_CHARS} letters, digits and _ . - / :, and start with a letter`
export const LABEL_VALUE_RULE = `a label value must be a string of 1 to ${LABEL_VALUE_CHARS} characters with ${NAME_MORE}`
const LABEL_NAME = new RegExp(`^[A-Za-z][\\w./:-]{0,${LABEL_NAME_CHARS - 1}}$`)
export const isLabelName = (name: string): boolean => LABEL_NAME.test(name) && !INHERITED.has(name)

/** The name in its one spelling, or null where it is none. */
export function readName(value: unknown, chars: number): string | null {
  if (typeof value !== 'string' || value.length > NFC_GROWS * chars) return null
  const name = composed(value)
  return isName(name, chars) ? name : null
}
/** The same for a service, which has an address of its own. */
export function readService(value: unknown): string | null {
  const name = readName(value, SERVICE_CHARS)
  return name === null || FOLDER.test(name) ? null : name
}
/** Decomposed text is longer; nothing that is much longer than allowed is composed at all. */
const NFC_GROWS = 4

/** An id in its one spelling, or null. It is told apart and shown, but is no key of ours nor part of an address. */
export function readId(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > NFC_GROWS * ID_CHARS) return null
  const id = composed(value)
  return id.length <= ID_CHARS && isSeen(id) ? id : null
}

/** Marks that a line in a right-to-left script may need; pages isolate every foreign text. */
const MARKS = /[\u{200e}\u{200f}\u{61c}]/gu

/** A title in one line and its one spelling; null where nothing can be seen, or something unseen is in it. */
export function readTitle(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > TITLE_CHARS) return null
  if (PLAIN.test(value)) return value
  const title = value.normalize('NFC').replace(/\s+/gu, ' ').trim()
  return title.replace(MARKS, '').trim() === '' || hasUnseen(title.replace(MARKS, '')) ? null : title
}

export const badTitle = (rule: string, name: string, value: unknown) =>
  refuse(
    rule,
    `${name} must be a text of 1 to ${TITLE_CHARS} characters that can be seen, without marks that turn the direction around`,
    value,
  )

/** Label values in their one spelling; the same object where they already are. What is no text is left to the rules. */
export function composedLabels(labels: Labels): Labels {
  let changed: Labels | null = null
  for (const name in labels) {
    const value: unknown = labels[name]
    if (typeof value !== 'string' || PLAIN.test(value) || value.length > NFC_GROWS * LABEL_VALUE_CHARS) continue
    const next = value.normalize('NFC')
    if (next !== value) (changed ??= { ...labels })[name] = next
  }
  return changed ?? labels
}

const CHOICES: Record<string, ReadonlySet<string>> = {
  platform: new Set(PLATFORMS),
  problem: new Set(PROBLEMS),
  [FOLLOW_UP.label]: new Set([FOLLOW_UP.value]),
}
/** A value that people choose from a list: at most 700 for all labels together, whoever sends it. */
export const isChosen = (name: string, value: unknown): boolean =>
  typeof value === 'string' &&
  (name === 'country' ? /^[A-Z]{2}$/.test(value) : Object.hasOwn(CHOICES, name) && CHOICES[name]?.has(value) === true)

export const badId = (value: unknown) =>
  refuse(
    'signal.id',
    `id must be a string of 1 to ${ID_CHARS} characters with nothing invisible and no blank at either end`,
    value,
  )
export const badService = (value: unknown) =>
  refuse('signal.service', `service must be a name of 1 to ${SERVICE_CHARS} characters with ${NAME_MORE}`, value)
export const badTime = (rule: string, value: unknown) =>
  refuse(rule, 'a time must be ISO 8601 UTC or milliseconds since 1970, between the years 2000 and 2070', value)
export const badText = (rule: string, name: string, chars: number, value: unknown) =>
  refuse(
    rule,
    `${name} must be a string of at most ${chars} characters`,
    typeof value === 'string' ? `${value.length} characters` : value,
  )

/** Whose id it is, where not the owner's: written by the door into what it keeps. Anything else in this field is no such name. */
export const ID_SPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/

/** An id as it is known inside: two senders may use the same one. */
export const wholeId = (space: unknown, id: string): string =>
  typeof space === 'string' && ID_SPACE.test(space) ? `${space}/${id}` : id
