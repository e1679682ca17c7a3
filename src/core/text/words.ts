const START = '(?<![\\p{L}\\p{N}])'
const LETTER = '[\\p{L}\\p{M}\\p{N}_]'
const END = '(?![\\p{L}\\p{N}])'

/**
 * Whole words in any alphabet: `\b` knows only ASCII letters. A leading or trailing `*` leaves that end open. One group for all
 * closed words, so that a boundary is looked at once a place. `\w` is a letter, mark or digit of any alphabet here too.
 */
export const words = (...plain: string[]): string => {
  const list = plain.map(word => word.replaceAll('\\w', LETTER))
  const isOpen = (word: string): boolean => word.startsWith('*') || word.endsWith('*')
  const open = list
    .filter(isOpen)
    .map(word => `${word.startsWith('*') ? '' : START}${word.replace(/^\*|\*$/g, '')}${word.endsWith('*') ? '' : END}`)
  const closed = list.filter(word => !isOpen(word))
  return [...open, ...(closed.length > 0 ? [`${START}(?:${closed.join('|')})${END}`] : [])].join('|')
}
export const any = (...patterns: string[]): RegExp => new RegExp(patterns.join('|'), 'iu')

export type Rule = Pick<RegExp, 'test'>
/**
 * Whether one of several patterns holds. Each stays by itself, a language or a script at a time: engines compile and search many small ones
 * in less time than a single large one, and so does the test that looks for what makes one slow.
 */
export function rule(...patterns: string[]): Rule {
  const each = patterns.map(pattern => any(pattern))
  return { test: text => each.some(one => one.test(text)) }
}
