import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Override, RotaConfig } from '../../contract/oncall/routing.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { type Leaving, leavingOf, onCallNow, personAt, shifts } from './rota.js'

const at = (text: string): EpochMs => Date.parse(`${text}Z`)
const weekly = (timeZone: string, more: Partial<RotaConfig['layers'][number]> = {}): RotaConfig => ({
  id: 'first',
  timeZone,
  layers: [{ starts: '2026-01-05T09:00', people: ['ana', 'ben', 'cem'], ...more }],
})
const swap = (person: string, from: string, until: string, more: Partial<Override> = {}): Override => ({
  ...{
    id: `${person}${from}`,
    rota: 'first',
    person,
    from: at(from),
    until: at(until),
    by: 'ana',
    why: 'a swap',
    at: 0,
  },
  ...more,
})
const none: Leaving = new Map()

describe('a rota', () => {
  it('hands over at its hour of the day, whatever the clocks do', () => {
    // Berlin leaves winter time on 29 March 2026.
    const found = shifts(weekly('Europe/Berlin'), [], none, at('2026-03-16T08:00'), at('2026-04-06T07:00'))
    expect(found.map(each => [new Date(each.from).toISOString().slice(0, 16), each.person])).toEqual([
      ['2026-03-16T08:00', 'ben'],
      ['2026-03-23T08:00', 'cem'],
      ['2026-03-30T07:00', 'ana'],
    ])
  })
  it('is the next one’s from the moment of the handover on, and not before', () => {
    const whose = (text: string) => personAt(weekly('UTC'), [], none, at(text)).person
    expect(whose('2026-01-05T09:00')).toBe('ana')
    expect(whose('2026-01-12T08:59:59')).toBe('ana')
    expect(whose('2026-01-12T09:00')).toBe('ben')
  })
  it('has nobody before its first turn', () =>
    expect(personAt(weekly('UTC'), [], none, at('2026-01-05T08:59'))).toEqual({ person: null, by: null }))
  it('gives the turns of whoever leaves to the next one, from that moment on', () => {
    const leaving = leavingOf([{ id: 'ben', tell: ['x'], leaves: '2026-01-14T12:00' }])
    const found = shifts(weekly('UTC'), [], leaving, at('2026-01-12T09:00'), at('2026-01-19T09:00'))
    expect(found.map(each => each.person)).toEqual(['ben', 'cem'])
    expect(found[1]!.from).toBe(at('2026-01-14T12:00'))
  })
  it('lets the newest of overlapping overrides stand, and one that is for somebody only where they are', () => {
    const overrides = [
      swap('dan', '2026-01-06T00:00', '2026-01-08T00:00', { at: 1 }),
      swap('eva', '2026-01-07T00:00', '2026-01-09T00:00', { at: 2 }),
      swap('fay', '2026-01-05T09:00', '2026-01-26T09:00', { at: 0, instead: 'ben' }),
    ]
    const found = shifts(weekly('UTC'), overrides, none, at('2026-01-05T09:00'), at('2026-01-20T09:00'))
    expect(found.map(each => each.person)).toEqual(['ana', 'dan', 'eva', 'ana', 'fay', 'cem'])
  })
  it('has layers above one another, in hours of their own', () => {
    const rota = weekly('UTC')
    rota.layers.push({ starts: '2026-01-05', turns: 'days', people: ['day'], hours: { from: '09:00', until: '17:00' } })
    const who = (time: string) => personAt(rota, [], none, at(`2026-01-06T${time}`)).person
    expect([who('08:59'), who('09:00'), who('16:59'), who('17:00')]).toEqual(['ana', 'day', 'day', 'ana'])
  })
  it('says until when', () => {
    const rota = weekly('UTC', { people: ['ana', 'ana', 'ben'] })
    expect(onCallNow(rota, [], none, at('2026-01-06T00:00'))).toMatchObject({
      person: 'ana',
      until: at('2026-01-19T09:00'),
    })
  })
})

/** The wall clock of a zone at a moment, as Intl writes it: `2026-03-29T02:30`. */
const formats = new Map<string, Intl.DateTimeFormat>()
function wall(moment: EpochMs, zone: string): string {
  let format = formats.get(zone)
  if (!format) {
    const two = { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
    formats.set(zone, (format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', ...two })))
  }
  return format.format(moment).replace(' ', 'T')
}

/**
 * The slow, obvious way: handovers are found by looking at the clock on the wall at every quarter of an hour, and everybody's claim is
 * asked at each of these. A time that spring skips is looked for later by as much as it skips.
 */
class Oracle {
  private readonly shown = new Map<string, EpochMs>()

  constructor(
    private readonly rota: RotaConfig,
    private readonly overrides: readonly Override[],
    private readonly leaving: Leaving,
    from: EpochMs,
    until: EpochMs,
  ) {
    for (let moment = from; moment < until; moment += 15 * MINUTE) {
      const text = wall(moment, rota.timeZone!)
      if (!this.shown.has(text)) this.shown.set(text, moment)
    }
  }

  private handover(starts: string, days: number): EpochMs {
    for (const later of [0, this.rota.timeZone === 'Australia/Lord_Howe' ? 30 : 60]) {
      const text = new Date(at(starts) + days * DAY + later * MINUTE).toISOString().slice(0, 16)
      const moment = this.shown.get(text)
      // What spring skips comes after the gap, by as much as the gap is long.
      if (moment !== undefined) return moment
    }
    return Number.POSITIVE_INFINITY
  }

  at(moment: EpochMs): string | null {
    let person: string | null = null
    const there = (who: string) => moment < (this.leaving.get(who) ?? Number.POSITIVE_INFINITY)
    for (const { starts, every = 1, turns, people, hours } of this.rota.layers) {
      let turn = -1
      while (this.handover(starts, (turn + 1) * every * (turns === 'days' ? 1 : 7)) <= moment) turn++
      if (turn < 0) continue
      const time = wall(moment, this.rota.timeZone!).slice(11)
      if (
        hours &&
        !(hours.from! < hours.until!
          ? time >= hours.from! && time < hours.until!
          : time >= hours.from! || time < hours.until!)
      )
        continue
      person = [...people.slice(turn % people.length), ...people.slice(0, turn % people.length)].find(there) ?? person
    }
    for (const each of this.overrides.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)))
      if (moment >= each.from && moment < each.until && there(each.person))
        if (each.instead === undefined || each.instead === person) person = each.person
    return person
  }
}

describe('by a slow, obvious oracle', () => {
  // Each with both of its changes of the clocks; Lord Howe moves by half an hour.
  const ZONES = [
    ['Europe/Berlin', '2026-03-20', '2026-10-18'],
    ['America/New_York', '2026-03-01', '2026-10-25'],
    ['Australia/Lord_Howe', '2026-03-28', '2026-09-28'],
    ['America/Santiago', '2026-03-28', '2026-08-30'],
  ] as const
  const people = ['ana', 'ben', 'cem', 'dan']
  const time = fc.constantFrom('00:00', '00:30', '01:30', '02:00', '02:15', '02:30', '03:00', '09:00', '23:45')
  const arbitrary = fc.record({
    zone: fc.constantFrom(...ZONES),
    autumn: fc.boolean(),
    layers: fc.array(
      fc.record({
        back: fc.nat(9),
        time,
        turns: fc.constantFrom('days' as const, 'weeks' as const),
        every: fc.integer({ min: 1, max: 2 }),
        people: fc.shuffledSubarray(people, { minLength: 1 }),
        hours: fc.option(
          fc.tuple(time, time).filter(([a, b]) => a !== b),
          { nil: undefined },
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    overrides: fc.array(
      fc.record({
        person: fc.constantFrom(...people),
        from: fc.nat(1_300),
        long: fc.integer({ min: 1, max: 400 }),
        at: fc.nat(5),
        instead: fc.option(fc.constantFrom(...people), { nil: undefined }),
      }),
      { maxLength: 5 },
    ),
    leaves: fc.option(fc.tuple(fc.constantFrom(...people), fc.nat(1_300)), { nil: undefined }),
  })

  it('nobody is unpaged and nobody is paged twice, over both changes of the clocks', () => {
    fc.assert(
      fc.property(arbitrary, ({ zone: [timeZone, spring, fall], autumn, layers, overrides, leaves }) => {
        const from = at(`${autumn ? fall : spring}T00:00`)
        const until = from + 14 * DAY
        const starts = (back: number, hour: string) =>
          `${new Date(from - back * DAY).toISOString().slice(0, 10)}T${hour}`
        const rota: RotaConfig = {
          ...{ id: 'first', timeZone },
          layers: layers.map(({ back, time: hour, hours, ...rest }) => ({
            ...rest,
            starts: starts(back, hour),
            ...(hours === undefined ? {} : { hours: { from: hours[0], until: hours[1] } }),
          })),
        }
        const moved = overrides.map(({ from: quarter, long, ...rest }, i): Override => {
          const begins = from + quarter * 15 * MINUTE
          const { instead, ...plain } = rest
          const whole = {
            id: `o${i}`,
            rota: 'first',
            by: 'x',
            why: 'y',
            ...plain,
            from: begins,
            until: begins + long * 15 * MINUTE,
          }
          return instead === undefined ? whole : { ...whole, instead }
        })
        const leaving: Leaving = new Map(leaves === undefined ? [] : [[leaves[0], from + leaves[1] * 15 * MINUTE]])
        const oracle = new Oracle(rota, moved, leaving, from - 11 * DAY, until + DAY)
        const found = shifts(rota, moved, leaving, from, until)
        // One after the other, without a gap and without two at once.
        expect(found[0]!.from).toBe(from)
        expect(found.at(-1)!.until).toBe(until)
        for (let i = 1; i < found.length; i++) expect(found[i]!.from).toBe(found[i - 1]!.until)
        let shift = 0
        for (let moment = from; moment < until; moment += 15 * MINUTE) {
          while (found[shift]!.until <= moment) shift++
          const who = oracle.at(moment)
          if (found[shift]!.person !== who || personAt(rota, moved, leaving, moment).person !== who)
            throw new Error(
              `${new Date(moment).toISOString()}: ${found[shift]!.person}, not ${who}: ${JSON.stringify({ rota, moved })}`,
            )
        }
      }),
      { numRuns: 8 },
    )
  })
  it('hours of a year are as many as it has', () => {
    const found = shifts(weekly('Europe/Berlin'), [], none, at('2026-01-05T08:00'), at('2027-01-04T08:00'))
    expect(found.reduce((sum, each) => sum + each.until - each.from, 0)).toBe(364 * 24 * HOUR)
    expect(found).toHaveLength(52)
  })
})
