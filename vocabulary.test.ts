import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { constantsIn, namedIn, spelledAgain, twoValues } from './vocabulary.js'

const root = import.meta.dirname
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts') && !path.includes('fixture') && !path.endsWith('.test.ts'))
  .map(path => ({ path: `src/${path}`, text: readFileSync(join(root, 'src', path), 'utf8') }))

/** Lists of words that the contract exports, by name. */
async function listsOfWords(): Promise<Map<string, readonly string[]>> {
  const lists = new Map<string, readonly string[]>()
  for (const { path } of sources.filter(each => each.path.startsWith('src/contract/'))) {
    const all = (await import(join(root, path))) as Record<string, unknown>
    for (const [name, value] of Object.entries(all))
      if (Array.isArray(value) && value.every(each => typeof each === 'string')) lists.set(name, value)
  }
  return lists
}

describe('a list of words', () => {
  it('stands once, in the contract', async () => {
    const lists = await listsOfWords()
    expect(lists.size).toBeGreaterThan(15)
    const spelled = sources.flatMap(({ path, text }) => spelledAgain(text, lists).map(each => `${path}:${each}`))
    expect(spelled.filter(each => !each.startsWith('src/contract/'))).toEqual([])
    const names = spelled.map(each => each.split(' ')[1])
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  it('is found wherever it is spelled again, in any order and form', () => {
    const lists = new Map([['SEVERITIES', ['minor', 'major', 'critical']]])
    expect(spelledAgain("type A = 'minor' | 'critical' | 'major'\n", lists)).toEqual(['1: SEVERITIES'])
    expect(spelledAgain("\nconst a = new Set(['critical', 'major',\n 'minor'])", lists)).toEqual(['2: SEVERITIES'])
    expect(spelledAgain("// 'minor', 'major', 'critical'\nconst two = ['minor', 'major']", lists)).toEqual([])
  })
})

/** Rooms whose named numbers each have a word of their own and one value a name. Further ones are added as they get there. */
const ROOMS = [
  'src/cli/',
  'src/contract/',
  'src/core/explain',
  'src/core/incident',
  'src/core/judge/',
  'src/http/',
  'src/plugin/',
  'src/shell/',
  'src/web/',
]
/** Names that may stand for two values, with the reason. */
const TWICE: Record<string, string> = {}

const constants = new Map(
  sources
    .filter(each => ROOMS.some(room => each.path.startsWith(room)))
    .map(({ path, text }) => [path, constantsIn(text)]),
)

describe('a named number', () => {
  it('has a comment of its own: unit, reason, what happens', () => {
    expect([...constants.values()].flat().length).toBeGreaterThan(400)
    const silent = [...constants].flatMap(([path, all]) =>
      all.filter(each => !each.explained).map(({ line, name }) => `${path}:${line} ${name}`),
    )
    expect(silent).toEqual([])
  })

  it('has one value', () => {
    expect(twoValues(constants).filter(each => TWICE[each.split(':')[0]!] === undefined)).toEqual([])
    for (const name of Object.keys(TWICE)) expect(twoValues(constants).join('\n')).toContain(`${name}:`)
  })

  it('is found without a comment, under another value, and only where it is one', () => {
    const text =
      '/** Bits. */\nconst A_BITS = 3\nexport const B_MS = 2 * HOUR\nconst C = f(1)\n  const D = 4\nconst E = 5 // five'
    expect(constantsIn(text)).toEqual([
      { line: 2, name: 'A_BITS', value: '3', explained: true },
      { line: 3, name: 'B_MS', value: '2*HOUR', explained: false },
      { line: 6, name: 'E', value: '5', explained: true },
    ])
    const other = new Map([
      ['a.ts', constantsIn(text)],
      ['b.ts', constantsIn('const A_BITS = 4\nconst E = 5')],
    ])
    expect(twoValues(other)).toEqual(['A_BITS: a.ts = 3, b.ts = 4'])
  })
})

describe('the glossary', () => {
  const { paths, names } = namedIn(readFileSync(join(root, 'docs/glossary.md'), 'utf8'))

  it('names files that are there', () => {
    expect(paths.length).toBeGreaterThan(20)
    expect(paths.filter(path => !existsSync(join(root, path.startsWith('docs/') ? '' : 'src', path)))).toEqual([])
  })

  it('names what the code knows', () => {
    const words = new Set(sources.flatMap(({ text }) => text.match(/[A-Za-z_]\w*/g) ?? []))
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter(name => !words.has(name))).toEqual([])
  })

  it('is read by its third column', () => {
    expect(namedIn('| **a** | `x` | `A.b`, `c/d.ts` | `old` |\n| term | `y` | `z` | |')).toEqual({
      paths: ['c/d.ts'],
      names: ['A', 'b'],
    })
  })
})

describe('the walk through the house', () => {
  const page = readFileSync(join(root, 'docs/walk-through.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(src\/[^`]+)` \| `(\w+)` \| [^|]+ \|(?: `(\w+)`)? \|$/gm)]
  const texts = new Map(sources.map(({ path, text }) => [path, text]))
  /** Whether a file declares a function, method, property or class of that name. */
  const declares = (text: string, name: string) =>
    new RegExp(
      `^\\s*(?:export |private |async |static |readonly )*(?:function |const |class )?${name}\\b\\s*(?:[(<=:{]|implements)`,
      'm',
    ).test(text)
  const calls = (text: string, name: string) => new RegExp(`\\b${name}(?:\\?\\.)?\\(`).test(text)

  it('is read at all', () => expect(rows.length).toBe(page.split('\n').filter(line => line.startsWith('| `')).length))
  it.each(rows.map(([, path, name, next]) => [path, name, next]))(
    '%s has %s, which goes on to %s',
    (path, name, next) => {
      const text = texts.get(path!) ?? ''
      expect(text, 'the file').not.toBe('')
      expect(declares(text, name!), `${name} is declared`).toBe(true)
      if (next !== undefined) expect(calls(text, next), `${next} is called`).toBe(true)
    },
  )
})
