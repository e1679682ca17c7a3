import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { MUTANTS } from './list.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

// Whether each is caught is `npm run mutants`; here, that each can still be planted.
describe.each(Object.entries(MUTANTS))('mutants of %s', (_, mutants) => {
  it.each(mutants)('$says', ({ file, from, to, caughtBy }) => {
    const parts = readFileSync(join(root, file), 'utf8').split(from)
    expect(parts, `${file}: ${from}`).toHaveLength(2)
    expect(to).not.toBe(from)
    expect(caughtBy.filter(each => !existsSync(join(root, each)))).toEqual([])
  })
})

it('has forty at least', () => expect(Object.values(MUTANTS).flat().length).toBeGreaterThanOrEqual(40))
