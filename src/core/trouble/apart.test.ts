import { describe, expect, it } from 'vitest'
import type { Where } from '../../contract/incident.js'
import { isApart } from './apart.js'

const x = { component: ['x'] }
const y = { component: ['y'] }
const a = { cell: ['a'] }
const b = { cell: ['b'] }
const ab = { cell: ['a', 'b'] }

describe('another trouble', () => {
  const rows: [string, Where, Where][] = [
    ['a component everywhere beside another one in a cell', { ...a, ...x }, y],
    ['and the other way round', x, { ...a, ...y }],
    ['a component everywhere beside a cell as a whole', a, x],
    ['a cell as a whole beside a component', x, a],
    ['another component in another cell', { ...a, ...x }, { ...b, ...y }],
    ['another component in more cells', { ...a, ...x }, { ...ab, ...y }],
    ['a tier everywhere beside a cell', a, { tier: ['free'] }],
    ['another component of one tier beside one of all', x, { ...y, tier: ['free'] }],
  ]
  it.each(rows)('is %s', (_, first, second) => {
    expect(isApart(first, second)).toBe(true)
  })
})

describe('growth of the first', () => {
  const rows: [string, Where, Where][] = [
    ['the same place', { ...a, ...x }, { ...a, ...x }],
    ['everything', { ...a, ...x }, {}],
    ['anything after everything', {}, { ...a, ...x }],
    ['another cell', a, b],
    ['another cell of the same component', { ...a, ...x }, { ...b, ...x }],
    ['another cell as a whole', { ...a, ...x }, b],
    ['a component of another cell, after a cell', a, { ...b, ...x }],
    ['another component of the same cell', { ...a, ...x }, { ...a, ...y }],
    ['another component of some of its cells', { ...ab, ...x }, { ...a, ...y }],
    ['the cell as a whole', { ...a, ...x }, a],
    ['the component everywhere', { ...a, ...x }, x],
    ['another component, both everywhere', x, y],
    ['the component with another, everywhere', { ...a, ...x }, { component: ['x', 'y'] }],
    ['another tier', { tier: ['free'] }, { tier: ['paid'] }],
    ['the region of a cell, for nobody knows how they lie', { ...a, ...x }, { region: ['eu'], ...y }],
    ['a region after a cell', a, { region: ['eu'] }],
    ['a tier of the component', { ...a, ...x }, { ...x, tier: ['free'] }],
  ]
  it.each(rows)('is %s', (_, first, second) => {
    expect(isApart(first, second)).toBe(false)
  })
  it('is a component that stands on the first one, or the first on it, by however many steps', () => {
    const components = [
      { id: 'y', name: 'y', dependsOn: ['m'] },
      { id: 'm', name: 'm', dependsOn: ['x'] },
      { id: 'x', name: 'x' },
    ]
    expect(isApart({ ...a, ...x }, y, components)).toBe(false)
    expect(isApart(y, { ...a, ...x }, components)).toBe(false)
    expect(isApart({ ...a, ...x }, { component: ['z'] }, components)).toBe(true)
  })
})
