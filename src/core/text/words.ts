const START = '(?<![\\p{L}\\p{N}])'
const LETTER = '[\\p{L}\\p{M}\\p{N}_]'
const END = '(?![\\p{L}\\p{N}])'

/**
 * Whole words in any alphabet: `\b` knows only ASCII letters. A leading or trailing `*` leaves that end open. One group for all
 * closed words, so that a boundary is looked at once a place. `\w` is a letter, mark or digit of any alphabet here too.
 */
export const words = (...plain: string[]): string => {
  const list = plain.map(word => word.replaceAll('\\w', LETTER))
  // A class that may be repeated is no open end.
  const isOpen = (word: string): boolean => word.startsWith('*') || /[^\])]\*$/.test(word)
  const open = list
    .filter(isOpen)
    .map(word => `${word.startsWith('*') ? '' : START}${word.replace(/^\*|\*$/g, '')}${word.endsWith('*') ? '' : END}`)
  const closed = list.filter(word => !isOpen(word))
  return [...open, ...(closed.length > 0 ? [`${START}(?:${closed.join('|')})${END}`] : [])].join('|')
}
/** What escapes stay as they are when a pattern is written in small letters. */
const CAPITALS = /\\[pP]\{[^{}]*\}|\\.|\p{Lu}/gu
/** Patterns as one, for texts in small letters: without the flag `i` engines compile and search classes of letters in half the time. */
export const any = (...patterns: string[]): RegExp =>
  new RegExp(
    patterns.join('|').replace(CAPITALS, part => (part.startsWith('\\') ? part : part.toLowerCase())),
    'u',
  )
/** A text as the rules read it. */
export const asRead = (text: string): string => text.toLowerCase().replaceAll('i\u0307', 'i')

export type Rule = Pick<RegExp, 'test'>

const LATIN = /\p{Script=Latin}/u
/** Letters and signs of other scripts, emoji among them; quotation marks, dashes and dots are nobody's. */
const OTHER_SCRIPT = /[\u0370-\u1fff\u2070-\u{10ffff}]/u
/** A backslash with what it escapes, and what is left of a group when that is gone. */
const ESCAPED = /\\[pP]\{[^{}]*\}|\\u\{?[\da-f]+\}?|\\./giu

/** What makes a group, or repeats what stands before it. */
const OPERATOR = /\(\?<?[:=!]|\{[\d,]+\}|(?<=[).\]\u0370-\u{10ffff}])[?*+]/gu

/** What a text must have some of for a pattern to hold; null: that is not known. */
function scriptOf(pattern: string): RegExp | null {
  const plain = pattern.replace(ESCAPED, '')
  if (pattern.startsWith(START) && !OTHER_SCRIPT.test(plain)) return LATIN
  return /[a-z\d?!+:;,=]/i.test(plain.replace(OPERATOR, '')) ? null : OTHER_SCRIPT
}

/**
 * Whether one of several patterns holds. Each stays by itself, a language or a script at a time: engines compile and search many small ones
 * in less time than a single large one, and so does the test that looks for what makes one slow. Those of a script that a text has nothing
 * of are left out.
 */
export function rule(...patterns: string[]): Rule {
  // Made when a text comes: who starts a command that reads none would wait for them a fifth of a second.
  let each: { one: RegExp; script: RegExp | null }[] | null = null
  return {
    test(text) {
      each ??= patterns.map(pattern => ({ one: any(pattern), script: scriptOf(pattern) }))
      return each.some(({ one, script }) => (script === null || script.test(text)) && one.test(text))
    },
  }
}

/**
 * What is said in one language, a list of patterns a meaning: `notYet` takes a recovery back, `jest` says what people do while it is down and
 * `laughter` only that they laugh; `elsewhen` is past, imagined or a habit; `harmless` looks like trouble and is none; `first` tells of the writer.
 */
export type Meaning =
  | 'trouble'
  | 'fine'
  | 'recovery'
  | 'notYet'
  | 'jest'
  | 'laughter'
  | 'hearsay'
  | 'news'
  | 'sale'
  | 'elsewhen'
  | 'harmless'
  | 'first'
export type Tongue = Partial<Record<Meaning, readonly string[]>>
