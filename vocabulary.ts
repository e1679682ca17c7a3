/**
 * One word for one thing: each list of words stands once, in the contract; no number has two names' worth of meaning; what the
 * glossary names is there. Pure functions over texts; `vocabulary.test.ts` runs them over the sources.
 */

/** Three words or more in a row, between commas or bars, in quotes: a list, a union, a set. */
const RUN = /'[\w-]+'(?:\s*[,|]\s*'[\w-]+')+/g

/** Comments blanked, line for line, so that what they quote is no code. */
export const codeOnly = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, found => found.replace(/[^\n]/g, ' '))

/** Lists of words in a source that are all of `lists` by their words, whatever their order: `line: name of the list`. */
export function spelledAgain(text: string, lists: ReadonlyMap<string, readonly string[]>): string[] {
  const known = new Map([...lists].map(([name, words]) => [keyOf(words), name]))
  const code = codeOnly(text)
  return [...code.matchAll(RUN)].flatMap(({ 0: run, index }) => {
    const words = [...run.matchAll(/'([\w-]+)'/g)].map(each => each[1]!)
    const name = words.length < 3 ? undefined : known.get(keyOf(words))
    return name === undefined ? [] : [`${code.slice(0, index).split('\n').length}: ${name}`]
  })
}

export const keyOf = (words: readonly string[]): string => [...new Set(words)].sort().join(' ')
