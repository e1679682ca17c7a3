import { describe, expect, it } from 'vitest'
import { CountSeries, type SeriesReading, SNAPSHOT_VERSION } from './count-series.js'
import { negativeBinomial, poisson, type Random, sfc32 } from '../stat/random.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 26)

const minutes = (falseAlarmsPerDay = 0.03) => new CountSeries({ slotMs: MINUTE, falseAlarmsPerDay })

interface Told {
  change: 'raised' | 'ended'
  slot: number
  onset: number
  interval: [number, number]
  ended: SeriesReading['ended']
}

/** Steps through counts and notes what is raised and ended; times as slot numbers. */
function watch(
  series: CountSeries,
  slots: number,
  count: (slot: number) => number | null,
  from = 0,
  slotMs = MINUTE,
): Told[] {
  const told: Told[] = []
  for (let i = from; i < slots; i++) {
    const reading = series.step(START + i * slotMs, count(i))
    if (reading.change === null) continue
    const [first, last] = reading.onsetInterval!
    const slotOf = (at: number) => (at - START) / slotMs
    told.push({
      change: reading.change,
      slot: i,
      onset: slotOf(reading.onset!),
      interval: [slotOf(first), slotOf(last)],
      ended: reading.ended,
    })
  }
  return told
}

const noise =
  (random: Random, mean: (slot: number) => number, dispersion = 1.5) =>
  (slot: number) =>
    negativeBinomial(random, mean(slot), dispersion)

/** A day that swings by ×6. */
const daily = (slot: number) => Math.exp(0.9 * Math.sin((2 * Math.PI * slot * MINUTE) / DAY))

describe('CountSeries: a planted spike', () => {
  it('is found within minutes, with its onset, and is ended when it is over', () => {
    const from = 600
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    const errors = seeds.map(seed => {
      const told = watch(
        minutes(),
        900,
        noise(sfc32(seed), i => (i >= from && i < from + 60 ? 6 : 1)),
      )
      expect(told.map(t => t.change)).toEqual(['raised', 'ended'])
      expect(told[0]!.slot - from).toBeLessThan(8)
      expect(told[1]!.slot).toBeGreaterThan(from + 60)
      expect(told[1]!.slot).toBeLessThan(from + 100)
      expect(told[1]!.ended).toBe('baseline')
      return {
        slots: Math.abs(told[0]!.onset - from),
        held: told[0]!.interval[0] <= from && from <= told[0]!.interval[1],
      }
    })
    expect(errors.filter(e => e.slots <= 2).length).toBeGreaterThanOrEqual(6)
    expect(errors.filter(e => e.held).length).toBeGreaterThanOrEqual(8)
  })

  it('is found two hours after a cold start', () => {
    const told = watch(
      minutes(0.25),
      150,
      noise(sfc32(8), i => (i >= 130 ? 30 : 2)),
    )
    expect(told.map(t => t.change)).toEqual(['raised'])
    expect(told[0]!.slot).toBeLessThan(134)
  })

  it('is found in a series that never had a report', () => {
    const told = watch(minutes(), 3 * 1440 + 30, i => (i >= 3 * 1440 ? 2 : 0))
    expect(told[0]!.slot - 3 * 1440).toBeLessThan(8)
  })

  it('is raised anew when an open episode becomes far worse, not while it rises', () => {
    const told = watch(
      minutes(),
      900,
      noise(sfc32(4), i => (i < 500 ? 1 : i < 700 ? 6 : i < 760 ? 60 : 1)),
    )
    expect(told.filter(t => t.change === 'raised')).toHaveLength(2)
    expect(told[1]!.slot - 700).toBeLessThan(4)
    expect(told[1]!.onset).toBeGreaterThanOrEqual(698)
  })
})

describe('CountSeries: quiet', () => {
  it('raises about as many false alarms as asked, whatever mean and dispersion', () => {
    const random = sfc32(21)
    const asked = 1
    let raised = 0
    let days = 0
    for (const mean of [0.05, 0.5, 5, 50]) {
      for (const dispersion of [1, 2.5]) {
        const series = new CountSeries({ slotMs: 5 * MINUTE, falseAlarmsPerDay: asked })
        const told = watch(
          series,
          40 * 288,
          noise(random, () => mean, dispersion),
          0,
          5 * MINUTE,
        )
        raised += told.filter(t => t.change === 'raised' && t.slot > 5 * 288).length
        days += 35
      }
    }
    expect(raised / days).toBeGreaterThan(0.5 * asked)
    expect(raised / days).toBeLessThan(1.5 * asked)
  })

  it('says nothing about a series of zeros, single reports, or unknown slots', () => {
    expect(watch(minutes(0.25), 5000, () => 0)).toEqual([])
    expect(watch(minutes(), 5000, i => (i % 700 === 0 ? 1 : 0))).toEqual([])
    expect(watch(minutes(), 500, () => null)).toEqual([])
  })

  it('does not take the morning of a known day for an outage', () => {
    const told = watch(
      minutes(0.03),
      10 * 1440,
      noise(sfc32(3), i => 3 * daily(i)),
    )
    expect(told.filter(t => t.change === 'raised' && t.slot > 2 * 1440).length).toBeLessThanOrEqual(1)
  })
})

describe('CountSeries: what teaches the baseline', () => {
  it('an open alarm does not, nor does its onset in hindsight', () => {
    const random = sfc32(5)
    const quiet = minutes()
    const hit = minutes()
    const from = 2 * 1440
    for (let i = 0; i < from + 45; i++) {
      const count = poisson(random, 4)
      quiet.step(START + i * MINUTE, i < from ? count : poisson(sfc32(i), 4))
      hit.step(START + i * MINUTE, i < from ? count : count + 40)
    }
    const at = START + (from + 45) * MINUTE
    expect(hit.expect(at).mean / quiet.expect(at).mean).toBeLessThan(1.1)
  })

  it('the slow rise before a late alarm does not', () => {
    const random = sfc32(15)
    const series = minutes(1e-9)
    const from = 2 * 1440
    const told = watch(series, from + 115, i => poisson(random, i < from ? 20 : 34))
    const raised = told.find(t => t.change === 'raised')!
    expect(raised.slot - from).toBeGreaterThan(5)
    expect(series.expect(START + (from + 115) * MINUTE).mean / 20).toBeLessThan(1.06)
  })

  it('slots marked as not to be learned do not', () => {
    const taught = minutes()
    const spared = minutes()
    for (let i = 0; i < 1440; i++) {
      const learn = i < 720
      const count = learn ? i % 3 : i % 5 === 0 ? 1 : 0
      taught.step(START + i * MINUTE, count)
      spared.step(START + i * MINUTE, count, { learn })
    }
    const at = START + 1440 * MINUTE
    expect(spared.expect(at).mean).toBeGreaterThan(0.8)
    expect(taught.expect(at).mean).toBeLessThan(0.5)
  })

  it('a lasting shift is accepted after a day and then is normal', () => {
    const told = watch(
      minutes(),
      6 * 1440,
      noise(sfc32(6), i => (i < 3 * 1440 ? 5 : 20)),
    )
    const raised = told.filter(t => t.change === 'raised')
    expect(raised).toHaveLength(1)
    expect(told.at(-1)).toMatchObject({ change: 'ended', ended: 'accepted' })
    expect((told.at(-1)!.slot - raised[0]!.slot) / 60).toBeCloseTo(24, 0)
  })

  it('a tail of days is no new habit: three times the usual is trouble still where it began as thirty', () => {
    const told = watch(
      minutes(),
      6 * 1440,
      noise(sfc32(6), i => (i < 3 * 1440 ? 5 : i < 3 * 1440 + 600 ? 150 : 15)),
    )
    const raised = told.filter(t => t.change === 'raised')
    expect(told.filter(t => t.change === 'ended' && t.slot < raised[0]!.slot + 48 * 60)).toEqual([])
  })

  it('nor once it has lasted so long that the mean of outage and tail is that of a habit', () => {
    // After 36 hours it is six times the usual.
    const told = watch(
      minutes(),
      7 * 1440,
      noise(sfc32(6), i => (i < 3 * 1440 ? 5 : i < 3 * 1440 + 240 ? 150 : 15)),
    )
    const raised = told.filter(t => t.change === 'raised')
    expect(told.filter(t => t.change === 'ended' && t.slot < raised[0]!.slot + 70 * 60)).toEqual([])
  })

  it('nor is it where it rose once more and was raised anew', () => {
    const day = 1440
    const level = (i: number): number => (i < 2 * day ? 5 : i < 2 * day + 600 ? 150 : i < 2 * day + 900 ? 15 : 20)
    const bump = (i: number): boolean => i >= 2 * day + 900 && i < 2 * day + 930
    const told = watch(
      minutes(),
      5 * day,
      noise(sfc32(6), i => (bump(i) ? 90 : level(i))),
    )
    const raised = told.filter(t => t.change === 'raised')
    expect(raised).toHaveLength(2)
    expect(told.filter(t => t.change === 'ended' && t.slot < raised[1]!.slot + 30 * 60)).toEqual([])
  })

  it('a level twenty times the usual is an outage for days, however short the history', () => {
    const told = watch(
      minutes(),
      3 * 1440,
      noise(sfc32(6), i => (i < 180 ? 5 : 100)),
    )
    expect(told.filter(t => t.change === 'raised').length).toBeGreaterThan(0)
    expect(told.filter(t => t.change === 'ended')).toEqual([])
  })

  it('a flood in the second hour of a new series does not wait for the warm-up', () => {
    const told = watch(
      minutes(),
      140,
      noise(sfc32(3), i => (i < 90 ? 1.5 : 200)),
    )
    expect(told[0]).toMatchObject({ change: 'raised' })
    expect(told[0]!.slot).toBeLessThanOrEqual(91)
    const calm = watch(
      minutes(),
      140,
      noise(sfc32(3), () => 1.5),
    )
    expect(calm).toEqual([])
  })

  it('an unknown slot is not a zero', () => {
    const series = minutes()
    for (let i = 0; i < 2000; i++) series.step(START + i * MINUTE, i % 4 === 0 ? 8 : null)
    expect(series.expect(START + 2000 * MINUTE).mean).toBeGreaterThan(7)
  })

  it('skipped slots are the same as unknown ones', () => {
    const skipping = minutes()
    const saying = minutes()
    const random = sfc32(9)
    let last: [number, number] = [0, 0]
    for (let i = 0; i < 3000; i++) {
      const count = i % 7 < 5 ? poisson(random, 3) : null
      const said = saying.step(START + i * MINUTE, count)
      if (count === null) continue
      const skipped = skipping.step(START + i * MINUTE, count)
      last = [said.expected, skipped.expected]
      expect(skipped.expected).toBeCloseTo(said.expected, 9)
    }
    expect(last[0]).toBeGreaterThan(2)
  })
})

describe('CountSeries: laws', () => {
  it('restore-then-step equals step, bit for bit', () => {
    const random = sfc32(12)
    const counts = Array.from({ length: 12 * 1440 }, (_, i) =>
      i % 997 === 0 ? null : negativeBinomial(random, 2 * daily(i) * (i > 9000 && i < 9100 ? 5 : 1), 2),
    )
    const told = (readings: SeriesReading) => JSON.stringify(readings)
    const whole = minutes()
    const expected = counts.map((count, i) => told(whole.step(START + i * MINUTE, count)))
    for (const cut of [1, 59, 121, 1440 * 3 + 17, 997 * 5, 997 * 5 + 1, 9030, 9103]) {
      const first = minutes()
      for (let i = 0; i < cut; i++) first.step(START + i * MINUTE, counts[i]!)
      const second = CountSeries.open(structuredClone(first.snapshot()))
      for (let i = cut; i < Math.min(counts.length, cut + 2500); i++) {
        const again = told(second.step(START + i * MINUTE, counts[i]!))
        if (again !== expected[i]) expect(again).toBe(expected[i])
      }
    }
  })

  it('a burst of a kind that comes every other day is told no more after some weeks, a flood is; resumed midway just the same', () => {
    const slotMs = 20 * MINUTE
    const random = sfc32(8)
    const flood = 110 * 72
    const counts = Array.from({ length: 112 * 72 }, (_, i) => poisson(random, i % 150 < 2 ? 14 : 2))
    counts.splice(flood, 3, 90, 120, 80)
    let series = new CountSeries({ slotMs, falseAlarmsPerDay: 1 / 30 })
    const raises: number[] = []
    counts.forEach((count, i) => {
      if (series.step(START + i * slotMs, count).change === 'raised') raises.push(i)
      // Within a burst that is watched in silence.
      if (i % 150 === 1) series = CountSeries.open(structuredClone(series.snapshot()))
    })
    expect(raises.filter(i => i < 20 * 72).length).toBeGreaterThan(3)
    expect(raises.filter(i => i >= 50 * 72 && i < flood).length).toBeLessThanOrEqual(2)
    expect(raises.find(i => i >= flood)).toBeLessThanOrEqual(flood + 1)
  })

  it('a snapshot is small and of its own', () => {
    const series = minutes()
    for (let i = 0; i < 12 * 1440; i++) series.step(START + i * MINUTE, i % 5)
    const snapshot = series.snapshot()
    const bytes = [
      snapshot.baseline.scalars,
      snapshot.baseline.ring,
      snapshot.baseline.day,
      snapshot.baseline.week!,
      snapshot.detector,
      snapshot.onset,
    ]
    expect(bytes.reduce((n, part) => n + part.byteLength, 0)).toBeLessThanOrEqual(3.25 * 1024)
    const before = structuredClone(snapshot)
    for (let i = 12 * 1440; i < 12 * 1440 + 200; i++) series.step(START + i * MINUTE, 50)
    expect(snapshot).toEqual(before)
    expect(() => CountSeries.open({ ...snapshot, version: (SNAPSHOT_VERSION + 1) as typeof SNAPSHOT_VERSION })).toThrow(
      /version/,
    )
  })

  it('the past is never changed: readings do not depend on what comes later', () => {
    const random = sfc32(2)
    const counts = Array.from({ length: 2000 }, () => poisson(random, 1))
    const a = minutes()
    const b = minutes()
    const first = counts.map((count, i) => JSON.stringify(a.step(START + i * MINUTE, count)))
    counts.forEach((count, i) => {
      const reading = JSON.stringify(b.step(START + i * MINUTE, i < 1500 ? count : count + 30))
      if (i < 1500) expect(reading).toBe(first[i])
    })
  })

  it('late counts raise the evidence of their own slot, never a burst of now', () => {
    const lateSeries = minutes()
    const inTime = minutes()
    const burst = minutes()
    for (let i = 0; i < 1000; i++) {
      const count = i % 2
      lateSeries.step(START + i * MINUTE, count)
      burst.step(START + i * MINUTE, count)
      inTime.step(START + i * MINUTE, count + (i >= 980 ? 2 : 0))
    }
    for (let i = 980; i < 1000; i++) expect(lateSeries.revise(START + i * MINUTE, 2)).toBe(true)
    expect(lateSeries.revise(START + 100 * MINUTE, 1)).toBe(false)
    const at = START + 1000 * MINUTE
    const late = lateSeries.step(at, 0).bits
    const now = burst.step(at, 40).bits
    const want = inTime.step(at, 0).bits
    expect(late).toBeGreaterThan(0)
    expect(Math.abs(late - want)).toBeLessThan(0.25 * want + 0.5)
    expect(now).toBeGreaterThan(late + 10)
  })

  it('refuses slots that go backwards and settings without sense', () => {
    const series = minutes()
    series.step(START, 1)
    expect(() => series.step(START, 1)).toThrow(/forward/)
    expect(() => new CountSeries({ slotMs: 0, falseAlarmsPerDay: 1 })).toThrow(/slotMs/)
    expect(() => new CountSeries({ slotMs: MINUTE, falseAlarmsPerDay: 0 })).toThrow(/falseAlarmsPerDay/)
  })

  it('an episode does not bridge a long unknown stretch', () => {
    const series = minutes()
    watch(
      series,
      700,
      noise(sfc32(4), i => (i >= 600 ? 9 : 1)),
    )
    const reading = series.step(START + 700 * MINUTE + DAY, 1)
    expect(reading).toMatchObject({ change: 'ended', ended: 'unknown', alarm: false })
  })
})
