import { describe, expect, it } from 'vitest'
import type { Observation } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { learnRates } from '../rates/learn.js'
import { rateState, takeRate, type RateState } from '../rates/state.js'
import { tickRates } from '../rates/rise-detector.js'
import {
  learnMentions,
  noteEdges,
  noteMention,
  mentionState,
  readMentions,
  takeBackMentions,
  type Books,
  type MentionState,
} from './mentions.js'

const T = Date.UTC(2031, 4, 9, 12)
const at = (m: number): number => T + m * MINUTE
const blind: Books = { metric: null, check: null }

/** Cells of so many requests a minute, for two hours. */
function served(cells: Record<string, number>, label = 'cell'): RateState {
  const state = rateState()
  for (let m = -120; m < 0; m++) {
    for (const [cell, total] of Object.entries(cells)) takeRate(state, at(m), { [label]: cell }, total, 0, 0)
    tickRates(state, at(m + 1))
    learnRates(state, at(m + 1), { bad: null, slow: null })
  }
  return state
}
const cells = { 'eu-1': 80, 'eu-2': 320, 'us-1': 400, 'us-2': 200 }
const seeing = (metric: RateState): Books => ({ metric, check: null })

let serial = 0
function say(q: MentionState, books: Books, minute: number, more: Partial<Observation>, who = `u${serial++}`): void {
  const signal: Observation = {
    type: 'observation',
    via: 'report',
    id: `r${serial++}`,
    service: 'shop',
    at: at(minute),
    total: 1,
    bad: 1,
    labels: {},
    ...more,
  }
  noteMention(q, books, signal, who)
}
const read = (q: MentionState, books: Books = blind, countries: string[] | null = null) =>
  readMentions(q, books, at(0), at(15), countries)
/** A quiet day's quotes, learned. */
function past(q: MentionState, codes: Record<string, number>, country = ''): void {
  for (const [pop, n] of Object.entries(codes))
    for (let i = 0; i < n; i++) say(q, blind, -300 + (i % 200), { labels: { pop, ...(country ? { country } : {}) } })
  q.recent.sort((x, y) => x.at - y.at)
  learnMentions(q, at(-60), null)
}

describe('with request counts', () => {
  const books = seeing(served(cells))
  it('names the cell that 7 of 9 quote and that serves 8 % of the traffic', () => {
    const q = mentionState()
    for (let i = 0; i < 7; i++) say(q, books, i, { text: `error 502 in cell eu-1, try ${i}` })
    say(q, books, 3, { text: 'cell us-1 does not load' })
    say(q, books, 3, { text: 'cell eu-2 does not load' })
    expect(read(q, books)).toMatchObject([{ label: 'cell', values: ['eu-1'], people: [7], of: 9 }])
    expect(read(q, books)[0]!.usual[0]).toBeCloseTo(0.08, 1)
  })
  it('names none where cells are quoted as they serve', () => {
    const q = mentionState()
    for (const [cell, n] of Object.entries(cells))
      for (let i = 0; i < n / 10; i++) say(q, books, i % 15, { labels: { cell } })
    expect(read(q, books)).toEqual([])
  })
  it('a code that the operator maps is its cell, in any letters; several codes of a cell add up', () => {
    const q = mentionState()
    noteEdges(q, [{ cell: 'eu-1', codes: ['LHR', 'man'] }])
    for (let i = 0; i < 4; i++) say(q, books, i, { labels: { pop: 'lhr' } })
    for (let i = 0; i < 4; i++) say(q, books, i, { text: `Ray ID: 8a1b2c3d4e5f607${i}-MAN` })
    say(q, books, 4, { labels: { cell: 'us-1' } })
    expect(read(q, books)).toMatchObject([{ label: 'cell', values: ['eu-1'], people: [8], of: 9 }])
  })
  it('a code that is the name of a cell, or a part of one cell alone, is that cell', () => {
    const own = seeing(served({ 'edge-lhr-1': 80, fra: 300, ams01: 300, ams02: 320 }))
    const q = mentionState()
    for (let i = 0; i < 8; i++) say(q, own, i, { labels: { pop: 'LHR' } })
    expect(read(q, own)).toMatchObject([{ label: 'cell', values: ['edge-lhr-1'] }])
    const r = mentionState()
    for (let i = 0; i < 40; i++) say(r, own, i / 4, { labels: { pop: 'AMS' } })
    for (let i = 0; i < 2; i++) say(r, own, i, { labels: { pop: 'FRA' } })
    // Which of the two is not known: no cell is named.
    expect(read(r, own).filter(f => f.label === 'cell')).toEqual([])
  })
  it('versions and networks are tallied by themselves', () => {
    const own = seeing(served({ 'v2.40.0': 700, 'v2.41.0': 100 }, 'version'))
    const q = mentionState()
    for (let i = 0; i < 8; i++) say(q, own, i, { text: `crashes since v2.41.0 (${i})` })
    say(q, own, 1, { labels: { pop: 'LHR' } })
    expect(read(q, own)).toMatchObject([{ label: 'version', values: ['v2.41.0'], of: 8 }])
  })
})

describe('with reports alone', () => {
  it('names a code that is quoted far oftener than in quiet times, and none without a past', () => {
    const q = mentionState()
    for (let i = 0; i < 8; i++) say(q, blind, i, { labels: { pop: 'LHR' } })
    expect(read(q)).toEqual([])
    const r = mentionState()
    past(r, { LHR: 4, FRA: 20, AMS: 16, CDG: 12 })
    for (let i = 0; i < 8; i++) say(r, blind, i, { labels: { pop: 'LHR' } })
    expect(read(r)).toMatchObject([{ label: 'pop', values: ['LHR'], people: [8], of: 8 }])
  })
  it('what is quoted in trouble is not learned as usual', () => {
    const q = mentionState()
    past(q, { LHR: 4, FRA: 20, AMS: 16, CDG: 12 })
    const before = q.usualAll
    for (let i = 0; i < 100; i++) say(q, blind, i / 10, { labels: { pop: 'LHR' } })
    learnMentions(q, at(60), at(0))
    expect(q.usualAll).toBe(before)
    expect(q.recent).toEqual([])
  })
  it('within a country, only by what is quoted there', () => {
    const q = mentionState()
    past(q, { LHR: 30, MAN: 20 }, 'GB')
    past(q, { FRA: 30 }, 'DE')
    for (let i = 0; i < 14; i++) say(q, blind, i, { labels: { pop: 'LHR', country: 'GB' } })
    for (let i = 0; i < 9; i++) say(q, blind, i, { labels: { pop: 'MAN', country: 'GB' } })
    // All of Britain fails: its codes stand out in the world, and neither does at home.
    expect(read(q)[0]?.values.sort()).toEqual(['LHR', 'MAN'])
    expect(read(q, blind, ['GB'])).toEqual([])
  })
})

describe('who is heard', () => {
  const books = seeing(served(cells))
  const quiet = () => {
    const q = mentionState()
    for (let i = 0; i < 2; i++) say(q, books, 1, { labels: { cell: 'us-1' } })
    return q
  }
  it('one person is one, however often he says it', () => {
    const q = quiet()
    for (let i = 0; i < 50; i++) say(q, books, i / 10, { text: `error at eu-1 ${i}` }, 'bot')
    expect(read(q, books)).toEqual([])
  })
  it('one request is one, and one long text is, whoever repeats it', () => {
    const q = quiet()
    for (let i = 0; i < 50; i++) say(q, books, i / 10, { text: `look: 8a1b2c3d4e5f6071-LHR ${i}` })
    for (let i = 0; i < 50; i++) say(q, books, i / 10, { text: 'everybody in cell eu-1 gets a 502 since noon!' })
    expect(q.recent).toHaveLength(4)
    expect(read(q, books)).toEqual([])
  })
  it('a word that strangers agree on is no place unless something knows it', () => {
    const q = quiet()
    for (let i = 0; i < 50; i++) say(q, books, i / 10, { text: `FOO is broken at BAR and cell-99 is ${i}` })
    expect(q.recent).toHaveLength(2)
  })
  it('what a flood had counted is taken back', () => {
    const q = mentionState()
    for (let i = 0; i < 9; i++) say(q, books, i, { labels: { cell: 'eu-1' } }, `f${i}`)
    expect(read(q, books)).toHaveLength(1)
    for (let i = 0; i < 9; i++) takeBackMentions(q, `f${i}`)
    expect(read(q, books)).toEqual([])
  })
  it('memory is bounded, and the codes that were heard longest ago go first', () => {
    const q = mentionState()
    for (let i = 0; i < 3_000; i++) {
      say(q, blind, -100, { labels: { pop: `X${i}` } })
      say(q, blind, -100, { text: `Ray ID: 8a1b2c3d4e5f${1_000 + i}-LHR` })
    }
    expect(q.recent.length).toBe(4_096)
    expect(q.copies.size).toBe(1_024)
    learnMentions(q, at(0), null)
    expect(q.usual.size).toBe(1_024)
    expect([...q.usual.keys()].at(-1)).toContain('LHR')
    expect(q.usualAll).toBeCloseTo(
      [...q.usual.values()].reduce((a, b) => a + b, 0),
      6,
    )
  })
})
