import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf, WriteRequest, type Written } from './fixtures/written.js'
import { NotProtobuf, readWriteRequest } from './write-request.js'

const T = 1_770_120_000_000
type Read = { name: string; labels: Record<string, string>; samples: number[]; key: string }

function read(bytes: Uint8Array, wants = (_: string) => true): Read[] {
  const all: Read[] = []
  readWriteRequest(bytes, wants, sent => {
    const { name, key, samples } = sent
    all.push({ name, key, samples: [...samples], labels: Object.fromEntries(sent.labels()) })
  })
  return all
}

const label = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
const series: fc.Arbitrary<Written> = fc
  .tuple(
    fc.dictionary(label, fc.string({ maxLength: 12 }), { maxKeys: 6, noNullPrototype: true }),
    fc.constantFrom('a_total', 'b_total', 'c'),
    fc.array(fc.tuple(fc.integer({ min: 0, max: T }), fc.double({ noNaN: true })), { maxLength: 5 }),
  )
  .map(([labels, name, samples]) => [{ ...labels, __name__: name }, ...samples])

describe('a write request', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(series, { maxLength: 6 }), all => {
        expect(read(bytesOf(all)).map(each => [each.labels, each.samples])).toEqual(
          all.map(([labels, ...samples]) => [labels, samples.flat()]),
        )
      }),
      { numRuns: 200 },
    )
  })
  it('leaves out series that nobody wants, and what is no sample', () => {
    const extra = { metadata: [{ type: 1, metricFamilyName: 'a_total', help: 'h' }] }
    const bytes = bytesOf(
      [
        [{ __name__: 'a_total', job: 'x' }, [T, 1]],
        [{ __name__: 'other', job: 'x' }, [T, 2]],
        [{ __name__: 'a_total', job: 'y' }, [T, 3], [T + 1, 4]],
      ],
      extra,
    )
    const found = read(bytes, name => name === 'a_total')
    expect(found.map(({ labels, samples }) => [labels['job'], samples])).toEqual([
      ['x', [T, 1]],
      ['y', [T, 3, T + 1, 4]],
    ])
    expect(
      readWriteRequest(
        bytes,
        () => false,
        () => expect.unreachable(),
      ),
    ).toBe(3)
  })
  it('knows a series again by its labels, and no other for it', () => {
    const [a, b, c, again] = read(
      bytesOf([
        [{ __name__: 'a_total', job: 'x' }, [T, 1]],
        [{ __name__: 'a_total', job: 'xy' }, [T, 1]],
        [{ __name__: 'a_total', jobx: '' }, [T, 1]],
        [{ __name__: 'a_total', job: 'x' }, [T + 1, 9]],
      ]),
    )
    expect(new Set([a!.key, b!.key, c!.key]).size).toBe(3)
    expect(again!.key).toBe(a!.key)
  })
  it('reads labels wherever they stand', () => {
    // A series in two parts, as merging two messages makes it: samples between the labels.
    const first = bytesOf([[{ __name__: 'a_total' }, [T, 1]]])
    const more = bytesOf([[{ job: 'x' }, [T + 1, 2]]])
    const body = Buffer.concat([first.subarray(2), more.subarray(2)])
    const [both] = read(Buffer.concat([Buffer.from([10, body.length]), body]))
    expect(both).toMatchObject({
      name: 'a_total',
      labels: { __name__: 'a_total', job: 'x' },
      samples: [T, 1, T + 1, 2],
    })
  })
  it('has a word for every body there is', () => {
    const whole = bytesOf([[{ __name__: 'a_total', job: 'x' }, [T, 1]]])
    const bent = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => whole.with(at, byte))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), bent), bytes => {
        try {
          read(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(NotProtobuf)
        }
      }),
      { numRuns: 3_000 },
    )
    for (let end = 1; end < whole.length; end++) expect(() => read(whole.subarray(0, end))).toThrow(NotProtobuf)
    expect(WriteRequest.decode(whole)).toBeDefined()
  })
})
