import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { ROLLUP_MS, type Rollup } from '../../contract/view.js'
import { Bytes, chooseEncoding, matches, PageCache } from './cache.js'
import { area } from './chart/chart.js'
import { makeFormat } from './format.js'
import { worldMap } from './chart/geo.js'
import { countryRows, usualByCountry } from './chart/map.js'
import { gapsOf, ticks, timeTicks, toSeries } from './chart/series.js'
import { together } from './incident/who.js'

const f = makeFormat('en-GB')
const START = Date.parse('2026-02-03T00:00:00Z')

function rollup(bin: number, more: Partial<Rollup> = {}): Rollup {
  return {
    service: 's',
    bin,
    position: 1,
    reports: { bad: 1, ok: 0, expected: 1, high: 4 },
    posts: { total: 0, complaints: 0, expected: 0 },
    checks: { total: 0, bad: 0 },
    metrics: { total: 0, bad: 0, slow: 0 },
    reportsBy: {},
    ratesBy: {},
    ...more,
  }
}

describe('format', () => {
  it('shows no share as 0% that is not zero, none as 100% that is not all', () => {
    expect([0, 0.0004, 0.004, 0.5, 0.996, 1].map(f.share)).toEqual(['0%', '0.1%', '0.4%', '50%', '99%', '100%'])
  })
  it('names spans with two units at most, rounded down', () => {
    expect([0, 59_999, 61_000, 3_599_000, 3_660_000, 26 * HOUR].map(f.span)).toEqual([
      '0 secs',
      '59 secs',
      '1 min',
      '59 mins',
      '1 hr 1 min',
      '1 day 2 hrs',
    ])
  })
  it('adds the day only where it is not the same', () => {
    expect(f.moment(START + HOUR, START)).toBe('01:00 UTC')
    expect(f.moment(START - HOUR, START)).toBe('2 Feb, 23:00 UTC')
  })
})

describe('several incidents of one service', () => {
  const incident = (component: string, where: Record<string, string[]>, unaffected: Record<string, string[]>) => ({
    latest: {
      at: '2026-02-03T00:00:00Z',
      event: 'updated' as const,
      incident: component,
      seq: 0,
      service: 's',
      title: '',
      components: [component],
      segments: [{ where, share: 0.5, interval: null }],
      unaffected,
    },
  })
  const video = incident(
    'video',
    { cell: ['a'], component: ['video'] },
    { cell: ['b', 'c'], component: ['search', 'pay'] },
  )
  const pay = incident('pay', { component: ['pay'] }, { component: ['search', 'video'] })
  it('are affected together, and what any of them hits is not fine', () => {
    const all = together([video, pay])
    expect(all.segments!.map(s => s.where.component)).toEqual([['video'], ['pay']])
    expect(all.components).toEqual(['video', 'pay'])
    expect(all.unaffected).toEqual({ component: ['search'] })
  })
  it('one alone is told as it is, also beside one that does not say where', () => {
    expect(together([video])).toBe(video.latest)
    expect(together([video, { latest: { ...pay.latest, segments: [] } }])).toBe(video.latest)
  })
})

describe('series', () => {
  it('keeps a missing bin as a gap, apart from zero', () => {
    const busy = { ok: 0, expected: 15, high: 40 }
    const rows = [
      rollup(START, { reports: { bad: 1, ...busy } }),
      rollup(START + 2 * ROLLUP_MS, { reports: { bad: 0, ...busy } }),
    ]
    const series = toSeries(rows, 4 * ROLLUP_MS, ROLLUP_MS, START + 4 * ROLLUP_MS)
    expect(series.bars.map(bar => bar?.bad ?? null)).toEqual([1, null, 0, null])
    expect(gapsOf(series)).toEqual([
      [1, 1],
      [3, 3],
    ])
  })
  it('reads a short silence as zero and a surprising one as a gap', () => {
    const at = (i: number, expected: number) =>
      rollup(START + i * ROLLUP_MS, { reports: { bad: 1, ok: 0, expected, high: 9 } })
    const bars = (expected: number) =>
      toSeries([at(0, expected), at(6, expected)], 6 * ROLLUP_MS + HOUR, ROLLUP_MS, START + 7 * ROLLUP_MS).bars.slice(
        -7,
      )
    // Five empty bins at one expected report each are nothing special; at three each they are.
    expect(bars(1).map(bar => bar?.bad ?? null)).toEqual([1, 0, 0, 0, 0, 0, 1])
    expect(bars(1)[3]).toMatchObject({ expected: 1, high: 9 })
    expect(bars(3).map(bar => bar?.bad ?? null)).toEqual([1, null, null, null, null, null, 1])
    // Before the first row nothing is known, however quiet the service.
    expect(
      toSeries([at(0, 0.01)], HOUR, ROLLUP_MS, START + ROLLUP_MS)
        .bars.slice(0, -1)
        .every(bar => bar === null),
    ).toBe(true)
  })
  it('ends with the bar that is still filling, and says how full it is', () => {
    const series = toSeries([rollup(START)], HOUR, ROLLUP_MS, START + MINUTE)
    expect(series.bars.at(-1)).toMatchObject({ from: START, filled: 0.2 })
    expect(toSeries([rollup(START)], HOUR, ROLLUP_MS, START + ROLLUP_MS).bars.at(-1)?.filled).toBe(1)
  })
  it('says what is usual of the whole of a bar that is still filling', () => {
    const rows = [0, 1].map(i => rollup(START + i * ROLLUP_MS))
    expect(toSeries(rows, HOUR, 4 * ROLLUP_MS, START + 2 * ROLLUP_MS).bars.at(-1)).toMatchObject({
      bad: 2,
      expected: 4,
      filled: 0.5,
    })
  })
  it('has a level for a sum of bins: means add, distances add in squares', () => {
    const rows = [0, 1, 2, 3].map(i => rollup(START + i * ROLLUP_MS))
    expect(toSeries(rows, HOUR, 4 * ROLLUP_MS, START + 4 * ROLLUP_MS).bars.at(-1)).toMatchObject({
      bad: 4,
      expected: 4,
      high: 4 + Math.sqrt(4 * 9),
    })
  })
  it('has ticks from zero to at least the maximum, round, at most six', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), max => {
        const all = ticks(max)
        expect(all[0]).toBe(0)
        expect(all.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-9))
        expect(all.length).toBeLessThanOrEqual(6)
      }),
    )
    expect(timeTicks(START, START + DAY, 8)).toHaveLength(9)
  })
})

describe('the plot', () => {
  it('steps over the axis, lifts the pen at gaps, and keeps what is small visible', () => {
    expect(area([2, 2, null, 1, 0], 2)).toBe('M0 400V0h2V400zM3 400V200h1V400h1V400z')
    expect(area([1, 100_000], 100_000)).toContain('V399')
    expect(area([null], 1)).toBe('')
  })
})

describe('the map', () => {
  it('draws land in a few kilobytes and knows countries by their code', () => {
    const world = worldMap()
    expect(world.land.length + world.borders.length).toBeLessThan(16_000)
    expect(`${world.land}${world.borders}`).toMatch(/^[Mlz\d\s-]+$/)
    for (const code of ['US', 'IN', 'GB', 'BR', 'RU', 'FJ']) expect(world.shape(code)).toMatch(/^M/)
    expect(world.dot('SG')).toHaveLength(2)
    for (const code of ['constructor', '__proto__', 'XX', ''])
      expect([world.shape(code), world.dot(code)]).toEqual([null, null])
  })
  it('has no line that crosses the picture: nothing is torn at the antimeridian', () => {
    const world = worldMap()
    for (const path of [world.land, world.borders])
      for (const [, dx] of path.matchAll(/(?:l| )(-?\d+)(?: |(?=-))-?\d+/g))
        expect(Math.abs(Number(dx))).toBeLessThan(120)
  })
  it('measures a country by its own usual level and colours none below three reports', () => {
    const now = START + 8 * DAY
    const quiet = Array.from({ length: (7 * DAY) / ROLLUP_MS }, (_, i) =>
      rollup(START + i * ROLLUP_MS, { reportsBy: { country: { US: [10, 0], IN: [Number(i % 12 === 0), 0] } } }),
    )
    const usual = usualByCountry(quiet, [])
    const hot = [
      rollup(now - 2 * ROLLUP_MS, {
        reportsBy: { country: { US: [240, 0], IN: [30, 0], FR: [2, 0], constructor: [9, 0] as never } },
      }),
    ]
    const rows = countryRows(hot, usual, now)
    const by = Object.fromEntries(rows.map(row => [row.code, row]))
    // 240 of the usual 120 an hour; 30 of the usual one.
    expect(by.US).toMatchObject({ usual: 120, step: 0 })
    expect(by.IN?.usual).toBeCloseTo(1)
    expect(by.IN?.step).toBe(3)
    expect(by.FR?.step).toBe(0)
    expect(rows[0]?.ratio).toBeGreaterThanOrEqual(by.IN?.ratio ?? 0)
    expect(
      countryRows(hot, usualByCountry(quiet.slice(0, 10), []), now).every(row => row.usual === null && row.step === 0),
    ).toBe(true)
  })
  it('learns what is usual outside incidents', () => {
    const rows = Array.from({ length: 600 }, (_, i) =>
      rollup(START + i * ROLLUP_MS, { reportsBy: { country: { US: [i < 300 ? 1 : 100, 0] } } }),
    )
    const usual = usualByCountry(rows, [{ from: START + 300 * ROLLUP_MS, until: START + 600 * ROLLUP_MS }])
    expect(usual.counts.get('US')?.[0]).toBe(298)
    expect(usual.knownMs).toBe(298 * ROLLUP_MS)
  })
})

describe('the cache', () => {
  it('renders once for a version, however many ask, and again when it changes', async () => {
    let version = 'a'
    let rendered = 0
    const cache = new PageCache(async () => version)
    const get = () =>
      cache.get('/', async () => {
        rendered++
        return new Bytes(200, 'text/html', `page ${rendered}`)
      })
    await Promise.all(Array.from({ length: 50 }, get))
    await Promise.all(Array.from({ length: 50 }, get))
    expect(rendered).toBe(1)
    version = 'b'
    expect((await get()).encoded('identity').toString()).toBe('page 2')
  })
  it('keeps at most so many, and neither failures nor pages that are not there', async () => {
    const cache = new PageCache(() => 'v', 2)
    let rendered = 0
    const get = (key: string, status = 200) =>
      cache.get(key, async () => {
        rendered++
        if (status === 500) throw new Error('x')
        return new Bytes(status, 't', key)
      })
    await get('a')
    await get('b')
    await get('a')
    await get('c')
    expect(rendered).toBe(3)
    await get('a')
    expect(rendered).toBe(3)
    await get('b')
    expect(rendered).toBe(4)
    for (const status of [404, 500]) {
      await get(`x${status}`, status).catch(() => {})
      await get(`x${status}`, status).catch(() => {})
    }
    expect(rendered).toBe(8)
  })
  it('reads Accept-Encoding and If-None-Match', () => {
    expect(['gzip, br', 'br;q=0, gzip', 'identity', undefined, 'GZIP;q=0.5', '*'].map(chooseEncoding)).toEqual([
      'br',
      'gzip',
      'identity',
      'identity',
      'gzip',
      'identity',
    ])
    expect([
      matches('"a"', 'a'),
      matches('W/"a"', 'a'),
      matches('*', 'a'),
      matches('"b"', 'a'),
      matches(undefined, 'a'),
    ]).toEqual([true, true, true, false, false])
  })
})
