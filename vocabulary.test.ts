import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spelledAgain } from './vocabulary.js'

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
