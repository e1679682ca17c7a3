import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LINE_BYTES } from '../../contract/limits.js'
import { LineReader } from './lines.js'

/** [line, text or rule, the bytes it says it stands in] of a stream cut at the given sizes. */
function read(bytes: Uint8Array, sizes: number[] = []): [number, string, string][] {
  const seen: [number, string, string][] = []
  const reader = new LineReader((line, text, refusal, chunk, from, to) => {
    seen.push([line, text?.replace(/\r$/, '') ?? refusal!.rule, text === null ? '' : chunk.toString('utf8', from, to)])
  })
  let at = 0
  for (const size of sizes) {
    if (at < bytes.length) reader.push(bytes.subarray(at, at + size))
    at += size
  }
  if (at < bytes.length) reader.push(bytes.subarray(at))
  reader.end()
  return seen
}
const texts = (text: string | Buffer, sizes?: number[]) =>
  read(Buffer.from(text), sizes).map(([line, what]) => [line, what])

describe('LineReader', () => {
  it('cuts lines and numbers them as an editor does', () => {
    expect(texts('a\n\nb\r\n  \nc')).toEqual([
      [1, 'a'],
      [3, 'b'],
      [5, 'c'],
    ])
  })
  it('drops a byte order mark', () =>
    expect(texts('\ufeffa\nb')).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]))
  it('refuses a line of broken UTF-8 and goes on', () => {
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0x22, 0xff, 0xfe, 0x22]), Buffer.from('\nüb\n')])
    expect(texts(bytes)).toEqual([
      [1, 'a'],
      [2, 'line.utf8'],
      [3, 'üb'],
    ])
  })
  it('shows of a line of broken UTF-8 nothing of the next, however both arrive', () => {
    const bytes = Buffer.from([0xff, 10, 0x61, 10])
    for (const pieces of [[bytes], [bytes.subarray(0, 1), bytes.subarray(1)]]) {
      const shown: unknown[] = []
      const reader = new LineReader((_, __, refusal) => shown.push(refusal?.value))
      for (const piece of pieces) reader.push(piece)
      reader.end()
      expect(shown).toEqual(['\ufffd', undefined])
    }
  })
  it('keeps a character whole that the chunks cut', () => {
    for (let cut = 1; cut < 8; cut++)
      expect(texts('aü\n😀b\n', [cut])).toEqual([
        [1, 'aü'],
        [2, '😀b'],
      ])
  })
  it('passes over a line that is too long, however it arrives, and counts it as one', () => {
    const long = Buffer.concat([Buffer.from('a\n'), Buffer.alloc(3 * LINE_BYTES, 'x'), Buffer.from('\nb')])
    const expected = [
      [1, 'a'],
      [2, 'line.length'],
      [3, 'b'],
    ]
    expect(texts(long)).toEqual(expected)
    expect(texts(long, Array<number>(100).fill(64 * 1024))).toEqual(expected)
    expect(texts(long, [2 + LINE_BYTES, 1, 1, LINE_BYTES])).toEqual(expected)
  })
  it('takes a line of exactly the limit', () => {
    expect(read(Buffer.alloc(LINE_BYTES, 'x')).map(([, what]) => what.length)).toEqual([LINE_BYTES])
    expect(texts(Buffer.alloc(LINE_BYTES + 1, 'x'))).toEqual([[1, 'line.length']])
  })
  it('says the same whatever the cuts, and points at the bytes of each line', () => {
    const line = fc.oneof(
      fc.constant(''),
      fc.constant('\r'),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary-ascii' }),
    )
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 }), (lines, sizes) => {
        const bytes = Buffer.from(lines.join('\n'))
        const whole = read(bytes)
        expect(read(bytes, sizes)).toEqual(whole)
        for (const [, text, at] of whole) expect(at).toBe(text)
      }),
    )
  })
})
