import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { addRow, leafBook, leafFor, rowsAt, slotRing } from '../aggregate/label-sets.js'
import { negativeBinomial, sfc32 } from '../stat/random.js'
import { EVERYTHING, places, type Places } from './places.js'
import { takePlaces, whereOf } from './place-scan.js'

const T = Date.UTC(2031, 4, 9)
const NEEDED = 6.6
const COUNTRIES = { DE: 0.1, FR: 0.06, PL: 0.05, US: 0.4, CA: 0.1, BR: 0.15, AR: 0.1, SG: 0.08, ID: 0.12, PH: 0.06 }
type Extra = (minute: number, country: string) => number

/** Plays minutes [from, until); each continent's people come in clumps, by their own hours. */
function play(
  s: Places,
  from: number,
  until: number,
  extra: Extra,
  seed: number,
  told = (_: number): boolean => false,
): Alarm[] {
  const alarms: Alarm[] = []
  const random = sfc32(seed)
  const book = leafBook()
  const ring = slotRing()
  for (let m = from; m < until; m++) {
    const slot = T + m * MINUTE
    let k = 0
    for (const [country, mean] of Object.entries(COUNTRIES)) {
      const rhythm = 1 + 0.5 * Math.sin((2 * Math.PI * (m + 120 * k++)) / 1440)
      const n = negativeBinomial(random, mean * rhythm + extra(m, country), 2.5)
      if (n > 0) addRow(ring, slot, leafFor(book, { country, platform: random() < 0.6 ? 'web' : 'ios' }), n, 0, 0)
    }
    takePlaces(s, slot, { book, rows: rowsAt(ring, slot), known: true, alarmed: told(m) }, true, NEEDED)
    if (s.alarm >= 0) alarms.push({ m, place: s.alarm, where: whereOf(s) })
  }
  return alarms
}
interface Alarm {
  m: number
  place: number
  where: ReturnType<typeof whereOf>
}
const episodes = (alarms: Alarm[]): number => alarms.filter((a, i) => i === 0 || a.m - alarms[i - 1]!.m > 120).length
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1)
const START = 30 * 60
/** From the 30th hour on Europe's reports are three times as many: the total's are half as many again. */
const europe: Extra = (m, country) =>
  m >= START && ['DE', 'FR', 'PL'].includes(country) ? 2 * COUNTRIES[country as 'DE'] : 0

describe('a scan by place', () => {
  it('finds a continent that the total hides, on the second day already, and says which', () => {
    const found = SEEDS.map(seed => play(places(), 0, START + 240, europe, seed).find(a => a.m >= START))
    expect(found.filter(a => a).length).toBeGreaterThanOrEqual(8)
    const named = found.filter(a => a && a.place !== EVERYTHING)
    expect(named.length).toBeGreaterThanOrEqual(7)
    for (const a of named) expect(a!.where?.country ?? []).not.toContain('US')
    expect(named.filter(a => a!.where?.country?.includes('DE')).length).toBeGreaterThanOrEqual(5)
  })
  it('names no place when all of them rise alike', () => {
    const everywhere: Extra = (m, country) => (m >= START ? 2 * COUNTRIES[country as 'DE'] : 0)
    for (const seed of SEEDS.slice(0, 4)) {
      const alarms = play(places(), 0, START + 180, everywhere, seed).filter(a => a.m >= START)
      expect(alarms.length).toBeGreaterThan(0)
      expect(alarms.every(a => a.place === EVERYTHING)).toBe(true)
    }
  })
  it('is over when it is gone, and does not tell the same trouble again', () => {
    const over = START + 240
    for (const seed of SEEDS.slice(0, 4)) {
      const alarms = play(places(), 0, over + 600, (m, c) => (m < over ? 2 * europe(m, c) : 0), seed)
      expect(alarms.some(a => a.m >= START && a.m < over)).toBe(true)
      expect(alarms.filter(a => a.m > over + 90)).toEqual([])
    }
  })
  it('does not tell the remains of what was told elsewhere', () => {
    const flood: Extra = (m, c) => (m >= START && m < START + 240 && ['US', 'DE'].includes(c) ? 3 : 0)
    for (const seed of SEEDS.slice(0, 4)) {
      const elsewhere = (m: number) => m >= START && m < START + 240
      const alarms = play(places(), 0, START + 720, flood, seed, elsewhere)
      expect(alarms.filter(a => a.m > START + 250)).toEqual([])
    }
  })
  it('takes a change of mix without more reports for no trouble', () => {
    // As many fewer in one country as more in another.
    const moved: Extra = (m, c) => (m < START ? 0 : c === 'DE' ? 0.35 : c === 'US' ? -0.35 : 0)
    const added: Extra = (m, c) => Math.max(0, moved(m, c))
    const told = (extra: Extra) =>
      SEEDS.filter(seed =>
        play(places(), 0, START + 240, extra, seed).some(a => a.m >= START && a.where?.country?.includes('DE')),
      ).length
    expect(told(moved)).toBeLessThanOrEqual(told(added) / 2)
    expect(told(added)).toBeGreaterThanOrEqual(6)
  })
  it('sees in quiet weeks no more than is asked, however people clump', { timeout: 120_000 }, () => {
    const days = 20
    const told = SEEDS.slice(0, 2).reduce(
      (sum, seed) => sum + episodes(play(places(), 0, days * 1440, () => 0, 50 + seed)),
      0,
    )
    // 40 days at one in 97: 0.4 expected.
    expect(told).toBeLessThanOrEqual(3)
  })
  it('says nothing before it has seen a day', () => {
    const alarms = play(places(), 0, 18 * 60, (m, c) => (m > 900 && c === 'DE' ? 3 : 0), 1)
    expect(alarms).toEqual([])
  })
  it('goes on from a copy exactly as it would have gone on', () => {
    const s = places()
    play(s, 0, START, () => 0, 3)
    // A copy and the book that belongs to it: label sets come in the same order.
    const copy = structuredClone(s)
    copy.of = []
    s.of = []
    const a = play(s, START, START + 300, europe, 4)
    const b = play(copy, START, START + 300, europe, 4)
    expect(b).toEqual(a)
    expect(copy).toEqual(s)
  })
  it('does not bridge a gap', () => {
    const s = places()
    play(s, 0, START, () => 0, 5)
    s.of = []
    const after = play(s, START + 24 * 60, START + 24 * 60 + 100, europe, 6)
    expect(after).toEqual([])
  })
})
