import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import {
  addGroups,
  addRow,
  codeColumns,
  fit,
  groupCount,
  groupName,
  groupSums,
  leafBook,
  leafCount,
  leafFor,
  MAX_ATTRIBUTES,
  RING_SLOTS,
  rowsAt,
  slotRing,
  sumLeaves,
} from './label-sets.js'

const T = Date.UTC(2031, 4, 9, 12)
const label = fc.constantFrom('cell', 'tier', 'country')
const labels = fc.dictionary(label, fc.constantFrom('a', 'b', '1', ''))

describe('label sets', () => {
  it('the same labels in any order are one leaf, other labels another', () => {
    const book = leafBook()
    const leaf = leafFor(book, { cell: 'a', tier: 'x' })
    expect(leafFor(book, { tier: 'x', cell: 'a' })).toBe(leaf)
    expect(leafFor(book, { cell: 'a' })).not.toBe(leaf)
    expect(leafFor(book, { cell: 'x', tier: 'a' })).not.toBe(leaf)
    expect(leafCount(book)).toBe(3)
  })

  it('a leaf belongs to everything and to each of its label values', () => {
    fc.assert(
      fc.property(fc.array(labels, { maxLength: 20 }), sets => {
        const book = leafBook()
        for (const set of sets) {
          const groups = book.groups[leafFor(book, set)]!
          expect(groups[0]).toBe(0)
          const named = groups.slice(1).map(g => groupName(book, g)!)
          expect(Object.fromEntries(named.map(n => [n.label, n.value]))).toEqual({ ...set })
        }
        expect(groupCount(book)).toBe(1 + new Set(sets.flatMap(s => Object.entries(s).map(e => e.join('=')))).size)
      }),
      { seed: 1 },
    )
  })

  it('does not confuse a value with a separator in it with two labels', () => {
    const book = leafBook()
    expect(leafFor(book, { a: 'x=y', b: 'z' })).not.toBe(leafFor(book, { a: 'x', 'y,b': 'z' }))
  })

  it('labels beyond the limit of names do not split what is counted', () => {
    const book = leafBook()
    for (let i = 0; i < MAX_ATTRIBUTES; i++) leafFor(book, { [`l${i}`]: 'v' })
    const leaf = leafFor(book, { l0: 'v', extra: 'w' })
    expect(book.groups[leaf]!.map(g => groupName(book, g))).toEqual([null, { label: 'l0', value: 'v' }])
    expect(leafFor(book, { l0: 'v', extra: 'w' })).toBe(leaf)
  })
})

describe('rows by minute', () => {
  it('one row a leaf and minute, in whatever order counts arrive', () => {
    const arrivals = fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 3 }), fc.nat({ max: 9 })), { maxLength: 60 })
    fc.assert(
      fc.property(arrivals, list => {
        const ring = slotRing()
        const truth = new Map<string, number>()
        for (const [minute, leaf, n] of list) {
          addRow(ring, T + minute * MINUTE, leaf, n, 1, 0)
          truth.set(`${minute} ${leaf}`, (truth.get(`${minute} ${leaf}`) ?? 0) + n)
        }
        const seen = new Map<string, number>()
        for (let minute = 0; minute <= 20; minute++) {
          const rows = rowsAt(ring, T + minute * MINUTE)
          rows?.leaf.forEach((leaf, i) => {
            expect(seen.has(`${minute} ${leaf}`)).toBe(false)
            seen.set(`${minute} ${leaf}`, rows.a[i]!)
          })
        }
        expect(seen).toEqual(truth)
      }),
      { seed: 2 },
    )
  })

  it('a minute that has left the ring is gone, and cannot come back over a newer one', () => {
    const ring = slotRing()
    addRow(ring, T, 0, 1, 0, 0)
    addRow(ring, T + RING_SLOTS * MINUTE, 0, 2, 0, 0)
    expect(rowsAt(ring, T)).toBeNull()
    addRow(ring, T, 0, 5, 0, 0)
    expect(rowsAt(ring, T)).toBeNull()
    expect(rowsAt(ring, T + RING_SLOTS * MINUTE)!.a).toEqual([2])
  })

  it('sums by leaf take in the first minute and leave out the last', () => {
    const ring = slotRing()
    for (let m = 0; m < 5; m++) addRow(ring, T + m * MINUTE, 1, 1, 2, 3)
    const { a, b, c } = sumLeaves(ring, 2, T + MINUTE, T + 4 * MINUTE)
    expect([[...a], [...b], [...c]]).toEqual([
      [0, 3],
      [0, 6],
      [0, 9],
    ])
  })
})

it('group sums grow and keep what they hold', () => {
  const sums = groupSums(1)
  addGroups(sums, [0], 1, 2, 3)
  fit(sums, 9)
  addGroups(sums, [0, 8], 1, 0, 0)
  expect([sums.a[0], sums.a[8], sums.b[0], sums.c[0]]).toEqual([2, 1, 2, 3])
})

describe('codes by attribute', () => {
  const plain = (book: ReturnType<typeof leafBook>, leaves: readonly number[]) =>
    book.attributes.map((_, a) => leaves.map(leaf => book.codes[leaf]![a] ?? -1))
  it('are what the leaves say, whenever they are read', () => {
    const label = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y', 'z'), { maxKeys: 4 })
    fc.assert(
      fc.property(fc.array(fc.tuple(label, fc.boolean(), fc.nat(3)), { maxLength: 40 }), steps => {
        const book = leafBook()
        for (const [labels, reads, skip] of steps) {
          leafFor(book, labels)
          if (!reads) continue
          const leaves = Array.from({ length: leafCount(book) }, (_, i) => i).filter(i => skip === 0 || i % 4 !== skip)
          expect(codeColumns(book, Int32Array.from(leaves)).map(c => [...c])).toEqual(plain(book, leaves))
        }
      }),
    )
  })
})
