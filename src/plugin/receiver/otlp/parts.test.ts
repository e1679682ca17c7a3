import { describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../../contract/time.js'
import { Book, cleaned, OTHER } from './book.js'
import { type Histogram, readExplicit, readExponential, slowerThan } from './buckets.js'
import { Edges } from './edges.js'
import type { Origin } from './origin.js'
import { weightOf } from './spans.js'
import { addDurations, quantileOf } from './tally.js'
import { idOf, textOf } from './value.js'

describe('a value of a label', () => {
  it('is what can be seen of it, cut where it is too long', () => {
    expect(cleaned('eu-1')).toBe('eu-1')
    expect(cleaned(' a\u202eb\0c\u00a0')).toBe('a b c')
    expect(cleaned('e\u0301')).toBe('\u00e9')
    expect(cleaned('x'.repeat(500))?.length).toBe(200)
    for (const nothing of ['', '.', '..', '\u200b', ' \n']) expect(cleaned(nothing)).toBeUndefined()
  })
  it('is one of so many; a known one stays, and one that was not heard of for days makes room', () => {
    const book = new Book(2)
    book.turn(0)
    const values = (...texts: string[]) => texts.map(each => book.value('shop', 'version', each))
    expect(values('1', '2', '3', '1')).toEqual(['1', '2', OTHER, '1'])
    book.turn(3 * DAY)
    expect(values('3', '2')).toEqual([OTHER, '2'])
    book.turn(6 * DAY)
    expect(values('3', '1', '2')).toEqual(['3', OTHER, '2'])
    expect(book.value('bank', 'version', '9')).toBe('9')
  })
})

describe('buckets', () => {
  it('give how many took longer than the first bound that is at least so much', () => {
    const histogram = readExplicit({ explicitBounds: [100, 500, 2_000], bucketCounts: ['1', '2', '4', '8'] }, 0.001)!
    expect([0.1, 0.3, 0.5, 1, 2, 3].map(seconds => slowerThan(seconds, histogram.bounds, histogram.counts))).toEqual([
      14, 12, 12, 8, 8, 0,
    ])
  })
  it('of an exponential histogram lie where its bounds do, at each scale and unit', () => {
    // Scale 0: (1, 2], (2, 4], (4, 8]; scale 1 in milliseconds: by √2 from 724 ms.
    const plain = readExponential({ scale: 0, zeroCount: 3, positive: { offset: 0, bucketCounts: [1, 2, 4] } }, 1)!
    expect([0.5, 1, 2, 4, 8].map(seconds => slowerThan(seconds, plain.bounds, plain.counts))).toEqual([7, 7, 6, 4, 0])
    const fine = readExponential({ scale: 1, positive: { offset: 19, bucketCounts: ['5', '6'] } }, 0.001)!
    expect([0.5, 1, 1.5].map(seconds => slowerThan(seconds, fine.bounds, fine.counts))).toEqual([11, 11, 0])
  })
  it('that contradict each other are none', () => {
    for (const [explicitBounds, bucketCounts] of [
      [[1], [1]],
      [
        [2, 1],
        [1, 1, 1],
      ],
      [[1], [1, -1]],
      [[Number.NaN], [1, 1]],
      [
        [1, 1],
        [1, 1, 1],
      ],
    ])
      expect(readExplicit({ explicitBounds, bucketCounts }, 1)).toBeNull()
    for (const odd of [
      { scale: 99 },
      { zeroCount: -1 },
      { positive: { offset: 0.5 } },
      { positive: { bucketCounts: [-1] } },
    ])
      expect(readExponential(odd, 1)).toBeNull()
  })
  it('give a quantile, linear within one', () => {
    const one = { bounds: [1, 2], counts: [50, 50, 0] }
    expect(quantileOf([one], 0.75)).toBe(1.5)
    expect(quantileOf([one], 0.25)).toBe(0.5)
    expect(quantileOf([{ bounds: [1], counts: [1, 99] }], 0.95)).toBe(1)
    expect(quantileOf([], 0.95)).toBeNull()
    const all: Histogram[] = []
    for (const each of [one, { bounds: [1, 2], counts: [1, 1, 1] }, { bounds: [5], counts: [10, 0] }])
      addDurations(all, each.bounds, each.counts)
    expect(all).toEqual([
      { bounds: [1, 2], counts: [51, 51, 1] },
      { bounds: [5], counts: [10, 0] },
    ])
    expect(one.counts).toEqual([50, 50, 0])
  })
})

describe('a value as it came', () => {
  it('is text, whatever it was, and an id is two numbers', () => {
    const all = [
      { stringValue: 'a' },
      { intValue: '5' },
      { intValue: 5 },
      { boolValue: true },
      { doubleValue: 0.5 },
      {},
      null,
      7,
    ]
    expect(all.map(textOf)).toEqual(['a', '5', '5', 'true', '0.5', undefined, undefined, undefined])
    const hex = '0102030405060708'
    expect([idOf(hex), idOf(`${hex}${hex}`, 24), idOf('xyz'), idOf(7)]).toEqual([
      [0x01020304, 0x05060708],
      [0x05060708, 0],
      [0, 0],
      [0, 0],
    ])
  })
  it('of a span says how many it stands for', () => {
    expect(weightOf(undefined, undefined)).toBe(1)
    expect(weightOf('0.25', undefined)).toBe(4)
    expect(weightOf(undefined, 'a=b, ot=rv:1;th:c')).toBe(4)
    expect(weightOf(undefined, 'ot=p:3')).toBe(8)
    for (const odd of ['0', '-1', '2', 'x', '1e-300']) expect(weightOf(odd, undefined)).toBe(1)
    expect(weightOf(undefined, 'ot=th:0')).toBe(1)
    expect(weightOf(undefined, 'ot=th:ffffffffffffff')).toBe(1)
  })
})

describe('the graph', () => {
  const origin = (service: string, component?: string): Origin => ({
    name: component ?? service,
    service,
    component,
    key: [0, 0],
    labels: [],
    facets: new Map(),
    streams: new Map(),
  })
  const database = { id: 'mysql', name: 'mysql', kind: 'database' } as const
  it('has an edge of two spans, whichever came first, of two services and of components of one', () => {
    const edges = new Edges()
    edges.turn(0)
    edges.client(origin('a'), 1, null)
    edges.server(origin('b'), 1)
    edges.server(origin('c'), 2)
    edges.client(origin('b'), 2, null)
    edges.client(origin('shop', 'cart'), 3, null)
    edges.server(origin('shop', 'stock'), 3)
    edges.client(origin('a'), 4, null)
    edges.server(origin('a'), 4)
    edges.client(origin('shop', 'stock'), 5, database)
    expect(edges.facts(MINUTE)).toEqual([])
    const trace = (id: string) => ({ id, basis: 'trace' })
    expect(edges.facts(3 * MINUTE)).toMatchObject([
      { service: 'a', components: [], dependsOn: [{ id: 'b', kind: 'service', service: 'b' }] },
      { service: 'b', dependsOn: [{ id: 'c' }] },
      {
        service: 'shop',
        components: [
          { id: 'cart', dependsOn: [trace('stock')] },
          { id: 'stock', dependsOn: [trace('mysql')] },
        ],
        dependsOn: [database],
      },
    ])
    expect(edges.facts(60 * MINUTE)).toEqual([])
  })
  it('is told anew when something new was found, without what was not seen for a day, under an id of what it says', () => {
    const edges = new Edges()
    const told = (at: number) => edges.facts(at) as { id: string; dependsOn: { id: string }[] }[]
    edges.turn(0)
    edges.client(origin('a'), 1, database)
    const [first] = told(5 * MINUTE)
    edges.turn(DAY)
    edges.client(origin('a'), 2, { ...database, id: 'pg' })
    const [second] = told(DAY + 5 * MINUTE)
    expect([first!.dependsOn.length, second!.dependsOn.map(each => each.id)]).toEqual([1, ['pg']])
    const other = new Edges()
    other.client(origin('a'), 9, database)
    expect((other.facts(9 * MINUTE) as { id: string }[])[0]!.id).toBe(first!.id)
  })
  it('keeps no more spans than there is place for', () => {
    const edges = new Edges()
    for (let i = 1; i <= 30_000; i++) edges.server(origin(`s${i}`), i)
    edges.client(origin('a'), 29_999, null)
    edges.client(origin('a'), 5, null)
    expect(edges.facts(9 * MINUTE)).toMatchObject([{ dependsOn: [{ id: 's5' }] }])
  })
})
