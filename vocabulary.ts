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

const keyOf = (words: readonly string[]): string => [...new Set(words)].sort().join(' ')

export interface Constant {
  line: number
  name: string
  /** As written, without blanks. */
  value: string
  /** Has a word of its own: a comment above it, or at the end of its line. */
  explained: boolean
}

/** A name in capitals for a number: digits, other names in capitals, arithmetic. */
const CONSTANT =
  /^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = ((?:[\d.eE_+\-*/ ()]|[A-Z][A-Z0-9_]*)+?)(?: as const)?[ ;]*(\/\/.*)?$/

/** The named numbers of a source that stand at its outermost level. A comment counts for the line below it alone. */
export function constantsIn(text: string): Constant[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    const found = CONSTANT.exec(line)
    if (found === null) return []
    const [, name = '', value = '', end] = found
    const explained = end !== undefined || /^\s*(?:\/\/|\*\/|\/\*\*.*\*\/)/.test(lines[i - 1] ?? '')
    return [{ line: i + 1, name, value: value.replaceAll(' ', ''), explained }]
  })
}

/** Names of `constants` (by path) that stand for two different values: `NAME: path = value, path = value`. */
export function twoValues(constants: ReadonlyMap<string, readonly Constant[]>): string[] {
  const uses = new Map<string, { path: string; value: string }[]>()
  for (const [path, all] of constants)
    for (const { name, value } of all) uses.set(name, [...(uses.get(name) ?? []), { path, value }])
  return [...uses]
    .filter(([, all]) => new Set(all.map(each => each.value)).size > 1)
    .map(([name, all]) => `${name}: ${all.map(each => `${each.path} = ${each.value}`).join(', ')}`)
}
