import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packed } from './fixtures/written.js'
import { NotSnappy, unpacked } from './snappy.js'

const MOST = 100_000
const refusal = (block: number[] | Uint8Array, most = MOST) => {
  try {
    unpacked(new Uint8Array(block), most)
  } catch (error) {
    if (error instanceof NotSnappy) return error.rule
    throw error
  }
  return null
}

describe('snappy', () => {
  it('unpacks what others packed, whatever it was', () => {
    const texts = fc.string({ maxLength: 40 }).chain(word => fc.nat(400).map(n => `${word}${n % 7}`.repeat(n)))
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(texts).map(all => Buffer.from(all.join(''))),
    )
    fc.assert(
      fc.property(bytes, plain => {
        expect(Buffer.from(unpacked(packed(plain), 10_000_000)).equals(Buffer.from(plain))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
  it('has an end for every block there is, and writes nothing beyond what it says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), block => {
        expect([null, 'snappy', 'size']).toContain(refusal(block))
      }),
      { numRuns: 2_000 },
    )
  })
  it('reserves nothing for one that unpacks to too much', () => {
    // 4 GiB in five bytes.
    expect(refusal([0xff, 0xff, 0xff, 0xff, 0x0f])).toBe('size')
    expect(refusal(packed(new Uint8Array(MOST + 1)))).toBe('size')
    expect(refusal(packed(new Uint8Array(MOST)))).toBe(null)
  })
  it.each<[string, number[]]>([
    ['nothing', []],
    ['a length without an end', [0x80, 0x80]],
    ['a length of six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['fewer bytes than it says', [4, 0, 65]],
    ['more bytes than it says', [1, 4, 65, 66]],
    ['a literal behind its end', [4, 12, 65]],
    ['a literal whose length is negative as a signed number', [10, 0xfc, 0xfa, 0xff, 0xff, 0xff]],
    ['a copy of what is not there yet', [8, 0, 65, 1, 9]],
    ['a copy of nothing', [8, 0, 65, 1, 0]],
    ['a copy without its offset', [8, 0, 65, 2, 1]],
  ])('is refused: %s', (_, block) => {
    expect(refusal(block)).toBe('snappy')
  })
})
