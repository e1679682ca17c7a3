import ICAL from 'ical.js'
import { describe, expect, it } from 'vitest'
import { HOUR } from '../../contract/time.js'
import { onCallCalendar } from './calendar.js'
import { fairShare } from './report.js'

const MONDAY = Date.UTC(2026, 0, 5)
const shift = (from: number, until: number, person: string | null) => ({
  ...{ from: MONDAY + from * HOUR, until: MONDAY + until * HOUR, person, by: 0 },
})

describe('fairShare()', () => {
  it('counts hours, those of nights and weekends apart, and holds them against an even share', () => {
    const shares = fairShare(
      [shift(0, 24, 'ana'), shift(24, 32, 'ben'), shift(32, 40, null), shift(120, 128, 'ben')],
      ['ana', 'ben', 'cem'],
      'UTC',
    )
    expect(shares).toEqual([
      { person: 'ana', hours: 24, nights: 9, weekends: 0, ofEven: expect.closeTo(1.8) },
      { person: 'ben', hours: 16, nights: 14, weekends: 8, ofEven: expect.closeTo(1.2) },
      { person: 'cem', hours: 0, nights: 0, weekends: 0, ofEven: 0 },
    ])
  })
  it('is even where nobody was on call', () => expect(fairShare([], ['ana'], 'UTC')[0]!.ofEven).toBe(1))
})

describe('onCallCalendar()', () => {
  it('is what a reader of calendars reads, with long and odd names', () => {
    const name = 'Ána; "the, night" \\ owl '.repeat(6).trim()
    const file = onCallCalendar(
      { id: 'first', title: 'First, line' },
      [shift(0, 24, 'ana'), shift(24, 25, null)],
      () => name,
      MONDAY,
    )
    const events = new ICAL.Component(ICAL.parse(file)).getAllSubcomponents('vevent').map(each => new ICAL.Event(each))
    expect(
      events.map(each => [each.summary, each.startDate.toJSDate().getTime(), each.endDate.toJSDate().getTime()]),
    ).toEqual([
      [`First, line: ${name}`, MONDAY, MONDAY + 24 * HOUR],
      ['First, line: nobody', MONDAY + 24 * HOUR, MONDAY + 25 * HOUR],
    ])
    expect(file.split('\r\n').every(line => Buffer.byteLength(line) <= 75)).toBe(true)
  })
})
