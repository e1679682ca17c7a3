import { describe, expect, it } from 'vitest'
import { readUntil } from './until.js'

describe('until, as people type it', () => {
  const now = Date.parse('2026-03-28T17:30:00Z')
  const iso = (text: string, zone = 'Etc/UTC') => new Date(readUntil(text, now, zone)).toISOString()

  it.each([
    ['2h', '2026-03-28T19:30:00.000Z'],
    ['90m', '2026-03-28T19:00:00.000Z'],
    ['90 min', '2026-03-28T19:00:00.000Z'],
    ['1d 12h', '2026-03-30T05:30:00.000Z'],
    ['1h30m', '2026-03-28T19:00:00.000Z'],
    ['2 hours', '2026-03-28T19:30:00.000Z'],
    ['18:00', '2026-03-28T18:00:00.000Z'],
    // Over for today: the next one is meant.
    ['17:00', '2026-03-29T17:00:00.000Z'],
    ['6pm', '2026-03-28T18:00:00.000Z'],
    ['12:15 am', '2026-03-29T00:15:00.000Z'],
    ['tomorrow 9:00', '2026-03-29T09:00:00.000Z'],
    ['Tomorrow at 09:00', '2026-03-29T09:00:00.000Z'],
    ['2026-03-29 08:00', '2026-03-29T08:00:00.000Z'],
    ['2026-03-29T08:00:00+02:00', '2026-03-29T06:00:00.000Z'],
    ['2026-03-29T08:00Z', '2026-03-29T08:00:00.000Z'],
    // A day that is over stays in the past: who asks is told.
    ['today 9:00', '2026-03-28T09:00:00.000Z'],
  ])('%s', (text, expected) => expect(iso(text)).toBe(expected))

  it('goes by the clocks of a zone, over the change to summer time', () => {
    expect(iso('tomorrow 9:00', 'Europe/Berlin')).toBe('2026-03-29T07:00:00.000Z')
    expect(iso('18:00', 'Europe/Berlin')).toBe('2026-03-29T16:00:00.000Z')
    expect(iso('19:00', 'Europe/Berlin')).toBe('2026-03-28T18:00:00.000Z')
    expect(iso('2026-03-29T09:00', 'America/New_York')).toBe('2026-03-29T13:00:00.000Z')
  })

  it.each(['', ' ', 'soon', '25:00', '18:61', '13pm', '2026-02-30T10:00', '2 weeks from now', '-2h', '5'])(
    'refuses %j and says what may stand there',
    text => expect(() => readUntil(text, now, 'Etc/UTC')).toThrow(/tomorrow 9:00/),
  )
})
