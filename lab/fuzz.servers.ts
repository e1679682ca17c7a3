import { describe, expect, it } from 'vitest'
import { ran, TARGETS } from './fuzz/round.js'

// Everything that reads what others wrote, for some hundred cases each; `npm run fuzz` goes on for as long as it is told to.

const CASES = 150

describe('whatever is written by others', () => {
  it.each(TARGETS.map(each => [each.name, each.about]))('%s: %s', async target => {
    let begun = 0
    const { cases, failure } = await ran({ target, seed: 1, runs: CASES, forMs: 60_000 }, () => begun++)
    expect(failure).toBeNull()
    expect(begun).toBeGreaterThanOrEqual(cases)
    expect(cases).toBeGreaterThan(CASES / 10)
  })
})
