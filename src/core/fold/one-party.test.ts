import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { CROWD_START, crowdStream, type CrowdStream, HOLDINGS, PLACES } from '../../testing/crowds.js'
import { report } from '../../testing/stream.js'
import { emptyOutcome, Fold } from './fold.js'
import { sfc32, type Random } from '../stat/random.js'

// bench/crowds.ts draws many more of each.

function told(options: CrowdStream, falseAlarmsPerMonth = 0.1): IncidentEvent[] {
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth, services: [] })
  const out = emptyOutcome()
  const signals = crowdStream(options)
  for (const signal of signals) fold.signal(signal, 1, out)
  fold.signal(report({ service: 'clock', at: signals.at(-1)!.at + 30 * MINUTE, id: 'end' }), 1, out)
  return out.events.filter(e => Date.parse(e.at) >= CROWD_START + options.quietMs)
}
const after = (quietMs: number, made: (random: Random) => Omit<CrowdStream, 'seed' | 'quietMs'>) =>
  [1, 2].map(seed => told({ seed, quietMs, ...made(sfc32(seed + 300)) }))
const grave = (events: readonly IncidentEvent[]) => events.some(e => e.severity !== undefined && e.severity !== 'minor')

describe('one party on people’s own door opens nothing', () => {
  const holders = ['threePrefixes', 'slash16', 'slash32', 'slash29', 'twoNumbers'] as const
  it.each(holders)('%s: a burst, in a quiet service and in a busy one', holder => {
    for (const usual of [0.2, 3])
      expect(
        after(DAY, random => ({
          from: PLACES.country(random, true),
          usual,
          comes: [{ from: HOLDINGS[holder](random), people: 1_000, minutes: 15 }],
        })),
      ).toEqual([[], []])
  })
  it.each(holders)('%s: slowly, for ten hours', holder => {
    const stories = after(DAY, random => ({
      from: PLACES.country(random, true),
      usual: 0.2,
      afterMs: 10 * HOUR,
      comes: [{ from: HOLDINGS[holder](random), people: 500, minutes: 600 }],
    }))
    expect(stories).toEqual([[], []])
  })
  it('three /24 of one /16, six reports in five minutes where hardly anybody ever reports', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = sfc32(seed + 300)
      const options = { seed, quietMs: 8 * DAY, from: PLACES.country(random, false), usual: 0.02 }
      expect(told({ ...options, comes: [{ from: HOLDINGS.threePrefixes(random), people: 6, minutes: 5 }] }, 1)).toEqual(
        [],
      )
    }
  })
  it('nor by words about what belongs to others', () => {
    const stories = after(6 * HOUR, random => ({
      from: PLACES.country(random, false),
      usual: 3,
      comes: [
        {
          from: HOLDINGS.slash32(random),
          people: 40,
          minutes: 60,
          text: (i: number) => `I can see somebody else's chats ${i}`,
        },
      ],
    }))
    expect(stories).toEqual([[], []])
  })
  it('nor keeps open what real people opened', () => {
    for (const events of after(DAY, random => {
      const from = PLACES.country(random, false)
      return {
        from,
        usual: 0.5,
        afterMs: 4 * HOUR,
        comes: [
          { from, people: 200, minutes: 20 },
          { from: HOLDINGS.slash16(random), people: 1_000, minutes: 180, after: 20 },
        ],
      }
    })) {
      const over = events.find(e => e.event === 'resolved')
      expect((Date.parse(over!.at) - CROWD_START - DAY) / MINUTE).toBeLessThan(90)
    }
  })
})

describe('real people on people’s own door are heard', () => {
  it.each(['country', 'world'] as const)(
    '100 people of %s after a day, with and without numbers of networks',
    place => {
      for (const asn of [false, true])
        for (const events of after(DAY, random => {
          const from = PLACES[place](random, asn)
          return { from, usual: 0.5, comes: [{ from, people: 100, minutes: 15 }] }
        }))
          expect(events[0]).toMatchObject({ event: 'opened' })
    },
  )
  it.each(['university', 'twoNetworks', 'oneCarrier6'] as const)(
    '100 people of %s once its network is familiar, and no word of one network is the worst',
    place => {
      for (const events of after(8 * DAY, random => {
        const from = PLACES[place](random, true)
        return { from, usual: 0.5, comes: [{ from, people: 100, minutes: 15 }] }
      })) {
        expect(events[0]).toMatchObject({ event: 'opened' })
        if (place === 'oneCarrier6') expect(grave(events)).toBe(false)
      }
    },
  )
  it('1,000 people of a country are a grave matter, 200 homes elsewhere are not', () => {
    const of = (homes: boolean) =>
      after(2 * DAY, random => {
        const from = PLACES.country(random, true)
        return {
          from,
          usual: 0.2,
          comes: [{ from: homes ? HOLDINGS.botnet200(random) : from, people: 1_000, minutes: 15 }],
        }
      })
    expect(of(false).map(grave)).toEqual([true, true])
    expect(of(true).map(grave)).toEqual([false, false])
  })
})
