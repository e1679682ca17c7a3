import { describe, expect, it } from 'vitest'
import { binomial, poisson, sfc32 } from '../stat/random.js'
import { segment } from './segment.js'
import { TableBuilder, type LeafTable } from './table.js'

const HEALTHY = 0.0008
const PARTS = ['chat', 'search', 'voice', 'api', 'tuning', 'files', 'login']
/** Seven parts in three cells; `fail` gives the failing share, `users` the requests of a part in a cell. */
function cells(fail: (part: string, cell: string) => number, users: (part: string) => number): LeafTable {
  const random = sfc32(7)
  const builder = new TableBuilder()
  for (const cell of ['east', 'west', 'north'])
    for (const component of PARTS) {
      const total = poisson(random, users(component))
      const bad = binomial(random, total, Math.max(HEALTHY, fail(component, cell)))
      builder.add({ cell, component }, bad, total * HEALTHY, total)
    }
  return builder.table()
}
const worst = (part: string, cell: string) => (cell !== 'east' ? 0 : part === 'login' ? 1 : 0.7)
const wheres = (table: LeafTable) => segment(table, { kind: 'rates' }).segments.map(s => s.where)

describe('a list of nearly all values', () => {
  it('where all parts of a cell fail, and one of them worse, the cell is named and not the list of all parts but one', () => {
    const { segments } = segment(
      cells(worst, () => 2_000),
      { kind: 'rates' },
    )
    expect(segments.map(s => s.where)).toEqual([{ cell: ['east'] }, { cell: ['east'], component: ['login'] }])
    expect(segments[0]!.share).toBeCloseTo((6 * 0.7 + 1) / 7, 1)
  })

  it('names them one by one where the worst one would make their share another, or where one of them is fine', () => {
    const most = cells(worst, part => (part === 'login' ? 40_000 : 2_000))
    expect(wheres(most)).toContainEqual({ cell: ['east'], component: PARTS.filter(part => part !== 'login').sort() })
    const fine = cells(
      (part, cell) => (part === 'tuning' ? 0 : worst(part, cell)),
      () => 2_000,
    )
    expect(wheres(fine).every(where => where['component'] !== undefined)).toBe(true)
  })
})
