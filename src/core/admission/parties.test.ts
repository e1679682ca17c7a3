import { describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../contract/time.js'
import { report } from '../../testing/stream.js'
import {
  ALLOCATIONS_LEAST,
  FAMILIAR_DAYS,
  FAMILIAR_PREFIXES,
  isFamiliar,
  learnParties,
  MIX_MS,
  noteParty,
  parties,
  PARTIES_LEAST,
  readIndependence,
  standsAlone,
} from './parties.js'

const T = Date.UTC(2031, 4, 9, 12)
const from = (network: string, prefix: string, allocation = `wide ${network}`) => ({
  ...report({ at: T }),
  prefix: `${network}.${prefix}`,
  network,
  allocation,
})
const heard = (counted: number, mean = 0, vouched = 0) => ({ ms: MIX_MS, counted, vouched, mean, dispersion: 1 })
const say = (p: ReturnType<typeof parties>, signals: ReturnType<typeof from>[], at = T) => {
  for (const signal of signals) noteParty(p, at, signal, 1)
  return signals.length
}
const many = (n: number, of: (i: number) => ReturnType<typeof from>) => Array.from({ length: n }, (_, i) => of(i))

describe('standsAlone()', () => {
  it.each<[sentence: string, signals: ReturnType<typeof from>[], stands: boolean]>([
    ['one network, whatever it holds', many(200, i => from('one', `${i}`)), false],
    ['two networks', many(200, i => from(`n${i % 2}`, `${i}`)), false],
    ['one network less than it takes', many(PARTIES_LEAST - 1, i => from(`n${i}`, '1')), false],
    ['as many as it takes, one report each', many(PARTIES_LEAST, i => from(`n${i}`, '1')), true],
    ['many networks of one allocation', many(64, i => from(`n${i}`, '1', 'wide')), false],
    [
      'many networks, one allocation less than it takes',
      many(64, i => from(`n${i}`, '1', `w${i % (ALLOCATIONS_LEAST - 1)}`)),
      false,
    ],
    ['a loud network and others', [...many(100, i => from('loud', `${i}`)), ...many(8, i => from(`n${i}`, '1'))], true],
    [
      'a loud network and hardly any others',
      [...many(100, i => from('loud', `${i}`)), ...many(3, i => from(`n${i}`, '1'))],
      false,
    ],
  ])('%s', (_, signals, stands) => {
    const p = parties()
    const counted = say(p, signals)
    expect(standsAlone(p, T + MINUTE, heard(counted), null)).toBe(stands)
  })

  it('what is always there agrees to nothing: the others must stand above their own usual level', () => {
    const p = parties()
    const usual = many(40, i => from(`n${i}`, '1'))
    const loud = many(60, i => from('loud', `${i}`))
    const counted = say(p, [...usual, ...loud])
    expect(standsAlone(p, T + MINUTE, heard(counted, 40), null)).toBe(false)
    const more =
      counted +
      say(
        p,
        many(60, i => from(`m${i}`, '1')),
      )
    expect(standsAlone(p, T + MINUTE, heard(more, 40), null)).toBe(true)
  })

  it('reports with a token are parties of their own', () => {
    const p = parties()
    const counted = say(
      p,
      many(50, i => from('loud', `${i}`)),
    )
    expect(standsAlone(p, T + MINUTE, heard(counted + 4, 0, 4), null)).toBe(false)
    expect(standsAlone(p, T + MINUTE, heard(counted + 10, 0, 10), null)).toBe(true)
  })

  it('a slow rise is asked of an hour, and of its last quarter', () => {
    const p = parties()
    const each = many(60, i => from(`n${i}`, '1'))
    for (let minute = 0; minute < 60; minute++) say(p, [each[minute]!], T - minute * MINUTE)
    const lately = { ...heard(15, 8) }
    expect(standsAlone(p, T + MINUTE, lately, null)).toBe(false)
    expect(standsAlone(p, T + MINUTE, lately, { ...heard(60, 24), ms: 60 * MINUTE })).toBe(true)
  })

  it('what was taken back does not count', () => {
    const p = parties()
    const signals = many(20, i => from(`n${i}`, '1'))
    say(p, signals)
    for (const signal of signals) noteParty(p, T, signal, -1)
    expect(standsAlone(p, T + MINUTE, heard(0), null)).toBe(false)
    expect(readIndependence(p, T + MINUTE, MIX_MS).parties).toBe(0)
  })
})

describe('a familiar network', () => {
  const learned = (days: number, prefixes: number, network = 'carrier') => {
    const p = parties()
    for (let day = 0; day < days; day++)
      for (let i = 0; i < prefixes; i++) {
        const at = T - (days - day) * DAY + i * MINUTE
        noteParty(p, at, from(network, `${i}`), 1)
        learnParties(p, at, 1)
      }
    return p
  }
  it.each<[sentence: string, days: number, prefixes: number, familiar: boolean]>([
    ['days and prefixes enough', FAMILIAR_DAYS, FAMILIAR_PREFIXES, true],
    ['a day less', FAMILIAR_DAYS - 1, FAMILIAR_PREFIXES, false],
    ['a prefix less', FAMILIAR_DAYS, FAMILIAR_PREFIXES - 1, false],
  ])('%s', (_, days, prefixes, familiar) => expect(isFamiliar(learned(days, prefixes), 'carrier')).toBe(familiar))
  it('is forgotten after ten days of silence', () => {
    const p = learned(FAMILIAR_DAYS, FAMILIAR_PREFIXES)
    const at = T + 20 * DAY
    noteParty(p, at, from('carrier', '1'), 1)
    learnParties(p, at, 1)
    expect(isFamiliar(p, 'carrier')).toBe(false)
  })
  it('is a crowd: each of its prefixes is a party', () => {
    const p = learned(FAMILIAR_DAYS, FAMILIAR_PREFIXES)
    const counted = say(
      p,
      many(30, i => from('carrier', `${i}`)),
    )
    expect(standsAlone(p, T + MINUTE, heard(counted), null)).toBe(true)
    // And yet what one network says alone is never the worst.
    expect(readIndependence(p, T + MINUTE, MIX_MS).parties).toBeLessThan(30)
  })
  it('lends nothing to another', () => {
    const p = learned(FAMILIAR_DAYS, FAMILIAR_PREFIXES)
    const counted = say(
      p,
      many(30, i => from('other', `${i}`)),
    )
    expect(standsAlone(p, T + MINUTE, heard(counted), null)).toBe(false)
  })
})

describe('bounded memory', () => {
  it('holds 1,024 prefixes a minute and as many habits', () => {
    const p = parties()
    for (let i = 0; i < 5_000; i++) noteParty(p, T, from(`n${i}`, '1'), 1)
    expect(p.minutes[(T / MINUTE) % p.minutes.length]!.from.size).toBe(1_024)
    for (let day = 0; day < 5; day++)
      for (let i = 0; i < 1_000; i++) {
        const at = T + day * DAY + i * MINUTE
        noteParty(p, at, from(`d${day}.${i}`, '1'), 1)
        learnParties(p, at, 1)
      }
    expect(p.habits.size).toBeLessThanOrEqual(1_024)
  })
})
