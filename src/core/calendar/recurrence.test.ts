import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR } from '../../contract/time.js'
import { occurrences, parseRule } from './recurrence.js'
import { fromLocal, isoIn, offsetMsAt, readMoment, toLocal } from './zone.js'

const at = (text: string) => Date.parse(`${text}Z`)
const list = (rule: string, start: string, from: string, until: string, zone = 'UTC') =>
  occurrences(parseRule(rule), at(start), zone, at(from), at(until)).map(each =>
    new Date(each).toISOString().slice(0, 16),
  )

describe('occurrences()', () => {
  it.each([
    [
      'every day',
      'FREQ=DAILY',
      '2026-01-01T02:00',
      '2026-01-10T00:00',
      '2026-01-12T00:00',
      ['2026-01-10T02:00', '2026-01-11T02:00'],
    ],
    [
      'every third day, counted from the first',
      'FREQ=DAILY;INTERVAL=3',
      '2026-01-01T02:00',
      '2026-01-08T00:00',
      '2026-01-14T00:00',
      ['2026-01-10T02:00', '2026-01-13T02:00'],
    ],
    [
      'workdays alone',
      'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR',
      '2026-01-02T02:00',
      '2026-01-02T00:00',
      '2026-01-06T00:00',
      ['2026-01-02T02:00', '2026-01-05T02:00'],
    ],
    [
      'the weekday of the start where none is named',
      'FREQ=WEEKLY',
      '2026-01-07T02:00',
      '2026-01-01T00:00',
      '2026-01-22T00:00',
      ['2026-01-07T02:00', '2026-01-14T02:00', '2026-01-21T02:00'],
    ],
    [
      'every other week by weeks from Monday',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO',
      '2026-01-04T02:00',
      '2026-01-01T00:00',
      '2026-01-20T00:00',
      ['2026-01-04T02:00', '2026-01-12T02:00', '2026-01-18T02:00'],
    ],
    [
      'the first Sunday of a month',
      'FREQ=MONTHLY;BYDAY=1SU',
      '2026-01-04T02:00',
      '2026-01-01T00:00',
      '2026-04-01T00:00',
      ['2026-01-04T02:00', '2026-02-01T02:00', '2026-03-01T02:00'],
    ],
    [
      'the last Friday of a month',
      'FREQ=MONTHLY;BYDAY=-1FR',
      '2026-01-30T02:00',
      '2026-01-01T00:00',
      '2026-04-01T00:00',
      ['2026-01-30T02:00', '2026-02-27T02:00', '2026-03-27T02:00'],
    ],
    [
      'no 31st in a month that has none',
      'FREQ=MONTHLY;BYMONTHDAY=31',
      '2026-01-31T02:00',
      '2026-01-01T00:00',
      '2026-06-01T00:00',
      ['2026-01-31T02:00', '2026-03-31T02:00', '2026-05-31T02:00'],
    ],
    [
      'the last day of a month',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      '2026-01-31T02:00',
      '2026-02-01T00:00',
      '2026-04-01T00:00',
      ['2026-02-28T02:00', '2026-03-31T02:00'],
    ],
    [
      'a Friday the 13th',
      'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
      '2026-02-13T02:00',
      '2026-01-01T00:00',
      '2026-12-31T00:00',
      ['2026-02-13T02:00', '2026-03-13T02:00', '2026-11-13T02:00'],
    ],
    [
      '29 February in leap years',
      'FREQ=YEARLY',
      '2024-02-29T02:00',
      '2025-01-01T00:00',
      '2033-01-01T00:00',
      ['2028-02-29T02:00', '2032-02-29T02:00'],
    ],
    [
      'as often as COUNT says, the first included',
      'FREQ=DAILY;COUNT=3',
      '2026-01-01T02:00',
      '2026-01-02T00:00',
      '2026-02-01T00:00',
      ['2026-01-02T02:00', '2026-01-03T02:00'],
    ],
    [
      'until a day, that day included',
      'FREQ=DAILY;UNTIL=20260103',
      '2026-01-01T02:00',
      '2026-01-01T00:00',
      '2026-02-01T00:00',
      ['2026-01-01T02:00', '2026-01-02T02:00', '2026-01-03T02:00'],
    ],
  ] as const)('finds %s', (_, rule, start, from, until, expected) => {
    expect(list(rule, start, from, until)).toEqual(expected)
  })

  it('keeps the wall clock when the clocks change', () => {
    // Berlin leaves winter time on 29 March 2026, 01:00 UTC.
    expect(list('FREQ=DAILY', '2026-03-27T02:00', '2026-03-27T00:00', '2026-03-31T00:00', 'Europe/Berlin')).toEqual([
      '2026-03-27T02:00',
      '2026-03-28T02:00',
      '2026-03-29T01:00',
      '2026-03-30T01:00',
    ])
  })

  it.each([
    // 1 December ends in Auckland at 11:00 UTC of that day, in Los Angeles at 08:00 UTC of the next.
    ['Pacific/Auckland', '2026-11-29T12:30', ['2026-11-29T12:30', '2026-11-30T12:30']],
    ['America/Los_Angeles', '2026-11-30T07:30', ['2026-11-30T07:30', '2026-12-01T07:30', '2026-12-02T07:30']],
  ] as const)('ends with a day of the plan’s own zone: %s', (zone, start, expected) => {
    expect(list('FREQ=DAILY;UNTIL=20261201', start, start, '2027-01-01T00:00', zone)).toEqual(expected)
    // The same as the moment at which that day ends.
    const end = zone === 'Pacific/Auckland' ? '20261201T105959Z' : '20261202T075959Z'
    expect(list(`FREQ=DAILY;UNTIL=${end}`, start, start, '2027-01-01T00:00', zone)).toEqual(expected)
  })

  it('refuses an end that no calendar has', () => {
    for (const until of ['20260230', '20261301', '20261201T250000Z', '2026-12-01', '20261201T1200'])
      expect(() => parseRule(`FREQ=DAILY;UNTIL=${until}`), until).toThrow('UNTIL must be a date')
  })

  it('moves the one window that falls into the gap of spring, and no other after it', () => {
    const { at: start, local } = readMoment('2026-03-29T02:30', 'Europe/Berlin')
    const found = occurrences(parseRule('FREQ=DAILY'), start, 'Europe/Berlin', start, start + 2.5 * DAY, local)
    expect(found.map(each => isoIn(each, 'Europe/Berlin').slice(0, 16))).toEqual([
      '2026-03-29T03:30',
      '2026-03-30T02:30',
      '2026-03-31T02:30',
    ])
  })

  it('says the same whichever piece of time is asked for', () => {
    const rules = [
      'FREQ=DAILY;INTERVAL=5',
      'FREQ=WEEKLY;BYDAY=TU,SA',
      'FREQ=MONTHLY;BYDAY=-2WE',
      'FREQ=YEARLY',
      'FREQ=WEEKLY;COUNT=40',
    ]
    const start = at('2019-05-14T23:30:00')
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.nat(4_000),
        fc.nat(400),
        fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata'),
        (rule, day, days, zone) => {
          const [from, until] = [start + day * DAY, start + (day + days) * DAY]
          const whole = occurrences(parseRule(rule), start, zone, start, start + 4_500 * DAY)
          expect(occurrences(parseRule(rule), start, zone, from, until)).toEqual(
            whole.filter(each => each >= from && each < until),
          )
        },
      ),
    )
  })
})

describe('parseRule()', () => {
  it.each([
    ['', 'not supported'],
    ['INTERVAL=2', 'FREQ is missing'],
    ['FREQ=HOURLY', 'FREQ must be'],
    ['FREQ=DAILY;BYHOUR=3', 'BYHOUR is not supported'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL must be a whole number'],
    ['FREQ=DAILY;COUNT=1;UNTIL=20260101', 'cannot both be given'],
    ['FREQ=WEEKLY;BYDAY=1MO', 'needs FREQ=MONTHLY'],
    ['FREQ=WEEKLY;BYDAY=XX', 'BYDAY must be a list'],
    ['FREQ=MONTHLY;BYMONTHDAY=32', 'BYMONTHDAY must be a list'],
    ['FREQ=DAILY;FREQ=DAILY', 'may occur only once'],
    ['FREQ=DAILY;UNTIL=tomorrow', 'UNTIL must be'],
  ])('refuses %j and says why', (rule, why) => {
    expect(() => parseRule(rule)).toThrow(why)
  })
})

describe('zones', () => {
  it('turn a wall clock into a moment and back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('1990-01-01T00:00'), max: at('2050-01-01T00:00') }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/Tijuana', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        (ms, zone) => {
          const moment = Math.floor(ms / 1_000) * 1_000
          const back = fromLocal(toLocal(moment, zone), zone)
          // The hour that comes twice is the first one.
          expect([0, HOUR, HOUR / 2]).toContain(moment - back)
          expect(Date.parse(isoIn(ms, zone))).toBe(ms)
        },
      ),
    )
  })
  it('move a skipped time forward by what was skipped', () => {
    const skipped = { year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 }
    expect(new Date(fromLocal(skipped, 'Europe/Berlin')).toISOString()).toBe('2026-03-29T01:30:00.000Z')
    expect(offsetMsAt(at('2026-07-01T00:00'), 'Europe/Berlin')).toBe(2 * HOUR)
  })
  it('read a moment with an offset, or as the zone shows it, and nothing else', () => {
    expect(readMoment('2026-03-01T02:00', 'Europe/Berlin').at).toBe(at('2026-03-01T01:00'))
    expect(readMoment('2026-03-01T02:00:00+05:30', 'Europe/Berlin').at).toBe(at('2026-02-28T20:30'))
    for (const text of ['tomorrow', '2026-02-30T02:00', '2026-03-01T25:00', '2026-13-01T02:00Z', '20260301'])
      expect(() => readMoment(text, 'UTC').at, text).toThrow('a time such as')
  })
})
