import { expect, it } from 'vitest'
import { drawPair, runPair } from './pairs.js'

it('the same seed draws the same pair, another one another', () => {
  expect(drawPair('crossing', 3)).toEqual(drawPair('crossing', 3))
  expect(drawPair('crossing', 3)).not.toEqual(drawPair('crossing', 4))
})
it('two causes are two stories, each with its own onset and cause', () => {
  const { count, stories } = runPair('crossing', 2)
  expect(count).toBe(2)
  expect(stories.map(s => s.cause)).toEqual([true, true])
  for (const s of stories) expect(Math.abs(s.onsetMin)).toBeLessThanOrEqual(5)
})
it('one cause that takes cell after cell is one', () => {
  expect(runPair('spreading', 1).count).toBe(1)
})
