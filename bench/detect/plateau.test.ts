import { describe, expect, it } from 'vitest'
import { SHAPES, told } from './plateau.js'

const MANY = 6
const ASKED = 0.25
/** Twenty-one judged days; three deviations of a Poisson count above what is asked. */
const asked = ASKED * MANY * 21
const bound = asked + 3 * Math.sqrt(asked)

describe('a plateau that comes each day', () => {
  const understood = SHAPES.filter(each => !each.name.includes('half past'))
  it.each(understood)('$name raises no more than noise is allowed to, and ×2 on top of it is found', shape => {
    const result = told(shape, MANY, 11, ASKED)
    expect(result.false).toBeLessThan(bound)
    expect(result.found).toBeGreaterThanOrEqual(MANY - 1)
  })
})
