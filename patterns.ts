/**
 * The regular expressions of the sources, found by reading them, and texts made to slow each one down: whoever may send us
 * a text may choose the worst one. Pure functions; `patterns.test.ts` runs every pattern over its own worst texts.
 */

export interface Pattern {
  path: string
  source: string
  flags: string
}

/** Comments, strings, templates and regular expressions, in this order at each position, so that one within another is passed over. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=(?:[=(,:;!&|?{}[\n>]|=>|return)\s*)\/(?![/*])((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/g
/** The same in JSON schemas, whose reader compiles them with the flag u. */
const SCHEMA = /\bpattern:\s*'((?:[^'\\\n]|\\.)*)'/g
/** Patterns that are put together when they are needed: these places are listed, with what stands in for the parts. */
const MADE = /new RegExp\(/g

/** Patterns written out in this file, in their order. */
export function writtenIn(path: string, text: string): Pattern[] {
  const found: Pattern[] = []
  for (const match of text.matchAll(TOKEN)) {
    const [, source, flags = ''] = match
    if (source !== undefined) found.push({ path, source, flags })
  }
  for (const [, quoted = ''] of text.matchAll(SCHEMA))
    found.push({ path, source: quoted.replace(/\\([\s\S])/g, '$1'), flags: 'u' })
  return found
}

/** How many patterns this file puts together. */
export const madeIn = (text: string): number => [...text.matchAll(MADE)].length

/** What stands for a class of characters in a text. */
const CLASSES: Record<string, string> = {
  s: ' \t\n',
  S: 'x',
  d: '7',
  D: 'x',
  w: 'a_0',
  W: '-',
  b: '',
  B: '',
  p: 'aé中',
  P: '.',
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  v: '\v',
  '0': '\0',
}
const WORDS = /[\p{L}\p{N}' ]{2,40}/gu
const MOST_WORDS = 20
const MOST_LETTERS = 80

/** Characters that the pattern names or stands for, each once. */
function lettersOf({ source }: Pattern): string[] {
  const letters = new Set<string>()
  for (let i = 0; i < source.length; i++) {
    const c = source[i] as string
    if (c !== '\\') {
      letters.add(c)
      continue
    }
    const escaped = source[++i] ?? ''
    const code = /^(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2}))/i.exec(source.slice(i))
    if (code !== null) {
      letters.add(String.fromCodePoint(Number.parseInt(code[1] ?? code[2] ?? code[3] ?? '0', 16)))
      i += code[0].length - 1
    } else for (const each of CLASSES[escaped] ?? escaped) letters.add(each)
  }
  if (source.includes('.') || source.includes('[^')) letters.add('~')
  // A class stands for many: the ends of a-z are named, what lies between them is like them.
  if (letters.size <= MOST_LETTERS) return [...letters]
  // Of a list of a thousand words most letters are alike: those that are repeated count first.
  const repeated = [...source.matchAll(/([^\\])[+*{]/gu)].map(each => each[1] as string)
  return [...new Set([...repeated.filter(each => letters.has(each)), ...letters])].slice(0, MOST_LETTERS)
}

/**
 * Texts of about `size` characters: runs of what the pattern knows, alone and in pairs, after what it begins with, before what it
 * cannot end with. With `which`, only those of these indices are made.
 */
export function* worstTexts(
  pattern: Pattern,
  size: number,
  which: ReadonlySet<number> | null = null,
): Generator<string> {
  let i = 0
  for (const make of makersOf(pattern)) if (which === null || which.has(i++)) yield make(size)
}

function* makersOf(pattern: Pattern): Generator<(size: number) => string> {
  const letters = lettersOf(pattern)
  const words = [...new Set(pattern.source.match(WORDS) ?? [])].slice(0, MOST_WORDS)
  // What stands before the first repetition, as far as it is plain.
  const [start = ''] = /^\^?((?:[\w/<:"=; -]|\\[/.?-])*)/.exec(pattern.source) ?? []
  const head = start.replace(/^\^|\\/g, '').slice(0, 20)
  const ends = ['', '\u0001', 'b']
  const runs = [...letters, ...words]
  const few = letters.slice(0, 10)
  for (const a of few) for (const b of few) if (a !== b) runs.push(a + b)
  for (const run of runs) {
    if (run === '') continue
    const body = (size: number): string => run.repeat(Math.ceil(size / run.length)).slice(0, size)
    for (const end of run.length === 1 || words.includes(run) ? ends : ['\u0001']) {
      yield size => body(size) + end
      if (head !== '') yield size => head + body(size) + end
      // Not at the start, where an anchored alternative would take it.
      if (run.length === 1) yield size => `a${body(size)}${end}`
    }
  }
}
