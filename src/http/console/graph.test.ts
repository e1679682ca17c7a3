import { expect, it } from 'vitest'
import { graphPicture, rowsOf } from './graph.js'

const edge = (from: string, to: string) => ({ from, to })
const origin = (node: string | null, path: { from: string; to: string }[], victims: string[]) => ({
  ...{ node, path, victims, probability: 0.9, candidates: [] },
  onset: ['2026-02-03T10:00:00.000Z', '2026-02-03T10:01:00.000Z'] as [string, string],
})

it('puts where it began first, and each node once, below the one that reached it', () => {
  const path = [
    edge('db', 'cart'),
    edge('db', 'search'),
    edge('cart', 'shop'),
    edge('search', 'shop'),
    edge('shop', 'db'),
  ]
  expect(rowsOf({ node: 'db', path, victims: ['cart', 'shop'] })).toEqual([
    { node: 'db', depth: 0, from: null, role: 'began' },
    { node: 'cart', depth: 1, from: 0, role: 'hit' },
    { node: 'shop', depth: 2, from: 1, role: 'hit' },
    { node: 'search', depth: 1, from: 0, role: 'way' },
  ])
  const { text } = graphPicture(origin('db', path, ['cart', 'shop']))!
  expect(text).toContain('aria-label="From db to 2 nodes that it hit"')
  expect(text.match(/<path d=/g)).toHaveLength(3)
  // The second way to the shop, and the way back.
  expect(text.match(/class="besides"/g)).toHaveLength(2)
})

it('is none where nothing of the way is known', () => {
  expect(graphPicture(origin(null, [], ['a']))).toBeNull()
  expect(graphPicture(origin('db', [], []))).toBeNull()
})

it('draws sixty of a thousand, says how many more there are, and no name breaks out of it', () => {
  const victims = Array.from({ length: 1_000 }, (_, i) => `v${i}`)
  const name = '</text><script>alert(1)</script>'
  const { text } = graphPicture(origin('db', [edge('db', name), ...victims.map(each => edge('db', each))], victims))!
  expect(text.match(/<text x/g)).toHaveLength(60)
  expect(text).toContain('And 942 more.')
  expect(text).not.toContain('<script>')
  expect(text).toContain('1000 nodes')
})
