import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readInstant } from './instant.js'

describe('readInstant()', () => {
  it.each([
    ['2026-02-03T20:14:00Z', '2026-02-03T20:14:00.000Z'],
    ['2026-02-03t20:14:00z', '2026-02-03T20:14:00.000Z'],
    ['2026-02-03T21:14+01:00', '2026-02-03T20:14:00.000Z'],
    ['2026-02-03T20:14:00.123456789-0000', '2026-02-03T20:14:00.123Z'],
    ['2026-02-04T10:14:00+14:00', '2026-02-03T20:14:00.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('reads %s', (text, at) => expect(new Date(readInstant(text)).toISOString()).toBe(at))

  const impossible = [
    '2026-09-31T00:00:00',
    '2026-02-29T00:00:00',
    '2100-02-29T00:00:00',
    '2026-13-01T00:00:00',
    '2026-00-01T00:00:00',
    '2026-01-00T00:00:00',
    '2026-01-32T00:00:00',
    '2026-01-01T24:00:00',
    '2026-01-01T23:60:00',
    '2016-12-31T23:59:60',
  ]
  it.each(impossible)('refuses %s however its offset is written', text => {
    for (const offset of ['Z', 'z', '+00:00', '-00:00', '+0000', '+01:00', '-05:30'])
      expect(readInstant(text + offset)).toBeNaN()
  })

  it.each([
    '',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    ' 2026-01-01T00:00:00Z',
    '+002026-01-01T00:00:00Z',
  ])('refuses %j, which leaves something out or has something else', text => expect(readInstant(text)).toBeNaN())

  it.each(['+14:01', '-15:00', '+24:00', '+99:99', '+00:60'])('refuses the offset %s', offset =>
    expect(readInstant(`2026-01-01T00:00:00${offset}`)).toBeNaN(),
  )

  it('reads back every moment that a date writes, and the same with any offset', () => {
    const moment = fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2069-12-31T00:00:00Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
        expect(readInstant(date.toISOString())).toBe(date.getTime())
        const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
        const two = (n: number) => String(n).padStart(2, '0')
        const [h, m] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
        expect(readInstant(`${shifted}${offset < 0 ? '-' : '+'}${two(h)}:${two(m)}`)).toBe(date.getTime())
      }),
    )
  })
})
