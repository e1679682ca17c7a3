import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { constantsIn, spelledAgain, twoValues } from './vocabulary.js'

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
  'src/core/publish',
  'src/core/recover',
  'src/core/verdict',
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
