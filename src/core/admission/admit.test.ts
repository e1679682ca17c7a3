import { describe, expect, it } from 'vitest'
import { MINUTE, SECOND } from '../../contract/time.js'
import { report } from '../../testing/stream.js'
import { MIX_MS } from './parties.js'
import {
  ALONE,
  COPIES,
  isDoubtful,
  FLOOD,
  isFlooding,
  noteAdmitted,
  STRANGERS,
  admissionState,
  CROWD_MS,
  admit,
} from './admit.js'

const T = Date.UTC(2031, 4, 9, 12)
let n = 0
const from = (prefix: string, at = T, more: Partial<Parameters<typeof report>[0]> & object = {}) => ({
  ...report({ at, id: `r${n++}`, ...more }),
  prefix,
  network: prefix.split('.')[0]!,
})
const counted = (v: ReturnType<typeof admissionState>, tries: number, of: (i: number) => ReturnType<typeof from>) =>
  Array.from({ length: tries }, (_, i) => admit(v, of(i)).counts).filter(Boolean).length
/** Another prefix of another network each. */
const strangers = (v: ReturnType<typeof admissionState>, many: number, at = T) => {
  for (let i = 0; i < many; i++) {
    const signal = from(`s${i}.1`, at)
    if (admit(v, signal).counts) noteAdmitted(v, signal, { who: signal.id, at, slot: at, labels: {}, bad: 1, ok: 0 })
  }
}

describe('admit()', () => {
  it('a report without a prefix came with a token and counts', () => {
    const v = admissionState()
    expect(Array.from({ length: 1_000 }, () => admit(v, report({ at: T })).counts)).not.toContain(false)
  })
  it('a report without a prefix that the door marked counts no more than any', () =>
    expect(admit(admissionState(), { ...report({ at: T }), limited: true }).counts).toBe(false))
  it('a network alone is counted a few times, however many prefixes it has, and so is who holds many networks', () => {
    expect(counted(admissionState(), 500, i => from(`net.${i}`))).toBeLessThan(50)
  })
  it('a prefix alone has two counted in ten minutes', () => {
    const v = admissionState()
    expect(counted(v, 10, () => from('a.1'))).toBe(ALONE)
    expect(counted(v, 10, () => from('a.1', T + CROWD_MS - 1))).toBe(0)
    expect(counted(v, 20, () => from('a.1', T + CROWD_MS))).toBe(ALONE)
  })
  it('forgets what is over, and a beat later, so that a busy month takes no more than some hours of it', () => {
    const v = admissionState()
    const held = () => [v.prefixes.size, v.spent.size, v.texts.size]
    const text = (i: number) => `nothing loads in the office of floor number ${i}`
    const at = (i: number) => T + i * 10 * SECOND
    for (let i = 0; i < 4_000; i++) {
      strangers(v, 1, at(i))
      admit(v, from(`p${i}.1`, at(i), { text: text(i) }))
    }
    // Eleven hours: beats of six and of a window that is not over yet, the rest of half an hour.
    expect(held().map(size => Math.floor(size / 100))).toEqual([22, 3, 1])
    admit(v, from('late.1', at(4_000) + 7 * 60 * MINUTE))
    expect(held()).toEqual([1, 2, 0])
  })
  it('strangers lend their voice: each beyond sixteen four reports more', () => {
    const v = admissionState()
    strangers(v, STRANGERS + 10)
    expect(counted(v, 200, () => from('a.1'))).toBeGreaterThanOrEqual(ALONE + 40)
  })
  it('a network is four strangers at most, however many prefixes it has', () => {
    const v = admissionState()
    for (let i = 0; i < 200; i++) admit(v, from(`net.${i}`))
    expect(v.strangers).toBe(4)
  })
  it('strangers are forgotten after twenty minutes', () => {
    const v = admissionState()
    strangers(v, 100)
    admit(v, from('a.1', T + CROWD_MS))
    expect(v.strangers).toBe(101)
    admit(v, from('b.1', T + 2 * CROWD_MS))
    expect(v.strangers).toBe(2)
    admit(v, from('c.1', T + 5 * CROWD_MS))
    expect(v.strangers).toBe(1)
  })
  it('a flood is told once what it had counted, and stays one as long as it goes on', () => {
    const v = admissionState()
    const taken: number[] = []
    for (let i = 0; i < 100; i++) {
      const signal = from('a.1')
      const { counts, takeBack } = admit(v, signal)
      if (counts) noteAdmitted(v, signal, { who: 'w', at: T, slot: T, labels: {}, bad: 1, ok: 0 })
      if (takeBack.length > 0) taken.push(i, takeBack.length)
    }
    expect(taken).toEqual([ALONE + FLOOD - 1, ALONE])
    expect(isFlooding(v, 'a.1')).toBe(true)
    expect(counted(v, 100, () => from('a.1', T + CROWD_MS))).toBe(0)
    expect(counted(v, 3, () => from('a.1', T + 5 * CROWD_MS))).toBe(ALONE)
  })
  it('reports like clockwork from one prefix are a machine', () => {
    const v = admissionState()
    for (let i = 0; i < 12; i++) admit(v, from('a.1', T + i * 59 * SECOND))
    expect(counted(v, 2, i => from('a.1', T + (12 + i) * 59 * SECOND))).toBe(0)
    const people = admissionState()
    for (let i = 0; i < 12; i++) admit(people, from('a.1', T + i * 59 * SECOND + ((i * 37) % 11) * SECOND))
    expect(counted(people, 2, i => from('a.1', T + (12 + i) * 59 * SECOND))).toBeGreaterThan(0)
  })
  it('one long text counts eight times in ten minutes, whoever sends it and however it is spaced; short ones are everybody’s', () => {
    const v = admissionState()
    const text = (i: number) =>
      `The checkout does not load${' '.repeat(1 + (i % 3))}since THIS morning${'!'.repeat(i % 5)}`
    expect(counted(v, 100, i => from(`n${i}.1`, T, { text: text(i) }))).toBe(COPIES)
    expect(counted(v, 100, i => from(`m${i}.1`, T, { text: 'it is down' }))).toBe(100)
  })
  it('what the door marked is never counted', () => {
    expect(admit(admissionState(), { ...from('a.1'), limited: true }).counts).toBe(false)
  })
  it('memory is bounded under a flood of prefixes, networks and texts', () => {
    const v = admissionState()
    for (let i = 0; i < 20_000; i++)
      admit(v, from(`n${i}.1`, T, { text: `a text of its own, number ${i}, long enough` }))
    expect(v.prefixes.size).toBeLessThanOrEqual(4_096)
    expect(v.networks.young.size).toBeLessThanOrEqual(1_024)
    expect(v.spent.size).toBeLessThanOrEqual(4_096)
    expect(v.texts.size).toBeLessThanOrEqual(512)
  })
})

describe('isDoubtful()', () => {
  const mix = { counted: 20, open: 20, openLately: 0, coordinated: 0 }
  it.each<[sentence: string, many: number, mix: typeof mix, doubt: boolean]>([
    ['few networks, no sign of coordination', 10, mix, false],
    ['few networks, too young to tell', 10, { ...mix, openLately: 15 }, true],
    ['few networks, most of it coordinated', 10, { ...mix, coordinated: 21 }, true],
    ['many networks, beside a flood', STRANGERS, { ...mix, openLately: 15, coordinated: 1_000 }, false],
    ['a crowd with tokens, beside a flood', 0, { ...mix, open: 0, coordinated: 1_000 }, false],
    ['the usual few with tokens, beside a flood', 0, { ...mix, counted: 2, open: 0, coordinated: 1_000 }, true],
    ['nothing through the door', 0, { ...mix, open: 0 }, false],
  ])('%s', (_, many, given, doubt) => {
    const v = admissionState()
    strangers(v, many)
    expect(
      isDoubtful(v, given, T + MINUTE, {
        ms: MIX_MS,
        counted: given.counted,
        vouched: given.counted - given.open,
        mean: 1,
        dispersion: 1,
      }),
    ).toBe(doubt)
  })
})
