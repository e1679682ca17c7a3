import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { post, report } from '../../testing/stream.js'
import { crowdState, noteCrowd, readCrowd, takeBackReport } from './crowd.js'
import { noteAnswer, MAX_REPORTERS, reporters } from './answers.js'

const T = Date.UTC(2031, 4, 9, 12)
const WINDOW = 15 * MINUTE

describe('one person', () => {
  it('counts once in a rolling day for each answer', () => {
    const state = reporters()
    expect(noteAnswer(state, 'ana', true, T)).toBe(true)
    expect(noteAnswer(state, 'ana', true, T + MINUTE)).toBe(false)
    expect(noteAnswer(state, 'ana', false, T + MINUTE)).toBe(true)
    expect(noteAnswer(state, 'bo', true, T + MINUTE)).toBe(true)
    expect(noteAnswer(state, 'ana', true, T + DAY - 1)).toBe(false)
    expect(noteAnswer(state, 'ana', true, T + DAY)).toBe(true)
    expect(noteAnswer(state, 'ana', true, T + DAY + HOUR)).toBe(false)
  })
  it('is remembered over the change of generations, whenever in it the answer came', () => {
    const state = reporters()
    noteAnswer(state, 'first', true, T)
    noteAnswer(state, 'late', true, T + DAY - HOUR)
    noteAnswer(state, 'turn', true, T + DAY)
    expect(noteAnswer(state, 'late', true, T + DAY + HOUR)).toBe(false)
    expect(noteAnswer(state, 'late', true, T + 2 * DAY - HOUR)).toBe(true)
  })
  it('repeating does not move the day along', () => {
    const state = reporters()
    for (let h = 0; h < 24; h++) noteAnswer(state, 'ana', true, T + h * HOUR)
    expect(noteAnswer(state, 'ana', true, T + DAY)).toBe(true)
  })
  it('memory is bounded: a flood of names drops the oldest', () => {
    const state = reporters()
    for (let i = 0; i < 2 * MAX_REPORTERS + 10; i++) noteAnswer(state, `p${i}`, true, T)
    expect(state.bad.young.size + state.bad.old.size).toBeLessThanOrEqual(2 * MAX_REPORTERS)
  })
})

describe('the crowd of a quarter of an hour', () => {
  it('tells reports, repetitions, answers that it works, and what texts say', () => {
    const state = crowdState()
    noteCrowd(state, report({ at: T, text: 'it is down' }), true)
    noteCrowd(state, report({ at: T, text: 'it is down' }), false)
    noteCrowd(state, report({ at: T, bad: 0 }), true)
    noteCrowd(state, report({ at: T + MINUTE, text: 'was it hacked?' }), true)
    noteCrowd(state, post({ at: T + MINUTE, text: 'the answers are much worse' }), true)
    expect(readCrowd(state, T + 2 * MINUTE, WINDOW)).toMatchObject({
      reports: 3,
      reporters: 2,
      repeated: 1 / 3,
      worksForMe: 1,
      complaints: 1,
      rumours: 1,
      quality: 1,
      exposures: 0,
    })
  })
  it('forgets with the window', () => {
    const state = crowdState()
    noteCrowd(state, report({ at: T }), true)
    expect(readCrowd(state, T + 14 * MINUTE, WINDOW).reports).toBe(1)
    expect(readCrowd(state, T + 15 * MINUTE, WINDOW).reports).toBe(0)
    noteCrowd(state, report({ at: T + 60 * MINUTE }), true)
    expect(readCrowd(state, T + 61 * MINUTE, WINDOW).reports).toBe(1)
  })
})

describe('exposures', () => {
  const text = "I can see somebody else's chats"
  const by = (who: string, at: number) => report({ at, reporter: who, id: `${who}${at}`, text })
  it('count people, not texts, and also those whose answer was counted before', () => {
    const state = crowdState()
    for (const who of ['a', 'a', 'b']) noteCrowd(state, by(who, T), false)
    expect(readCrowd(state, T, WINDOW)).toMatchObject({ exposures: 2, exposureRefs: [`a${T}`, `b${T}`] })
  })
  it('fade, and a person who sees it again another day counts again', () => {
    const state = crowdState()
    noteCrowd(state, by('a', T), true)
    expect(readCrowd(state, T + 2 * HOUR, WINDOW).exposures).toBe(0)
    noteCrowd(state, by('a', T + DAY), true)
    expect(readCrowd(state, T + DAY + MINUTE, WINDOW).exposures).toBe(1)
  })
  it('refs are at most ten, the newest', () => {
    const state = crowdState()
    for (let i = 0; i < 500; i++) noteCrowd(state, by(`p${i}`, T), true)
    const { exposures, exposureRefs } = readCrowd(state, T, WINDOW)
    expect(exposures).toBe(200)
    expect(exposureRefs).toHaveLength(10)
    expect(exposureRefs.at(-1)).toBe(`p499${T}`)
  })
})

describe('accounts in other hands', () => {
  const lost = (who: string, at: number) =>
    report({ at, reporter: who, id: `${who}${at}`, text: 'somebody changed my password' })
  it('count when many at once are a surprise, and stand beside exposures', () => {
    const state = crowdState()
    for (let i = 0; i < 3; i++) noteCrowd(state, lost(`p${i}`, T + i * MINUTE), true)
    expect(readCrowd(state, T + 10 * MINUTE, WINDOW)).toMatchObject({ exposures: 0, takeovers: 0 })
    for (let i = 3; i < 8; i++) noteCrowd(state, lost(`p${i}`, T + i * MINUTE), true)
    expect(readCrowd(state, T + 10 * MINUTE, WINDOW)).toMatchObject({ exposures: 8, takeovers: 8 })
  })
  it('do not where a service hears of as many every day', () => {
    const state = crowdState()
    let now = T
    for (let i = 0; i < 60 * 20; i++) noteCrowd(state, lost(`p${i}`, (now = T + (i * DAY) / 60)), true)
    for (let i = 0; i < 6; i++) noteCrowd(state, lost(`q${i}`, now + i * MINUTE), true)
    expect(readCrowd(state, now + 10 * MINUTE, WINDOW)).toMatchObject({ exposures: 0, takeovers: 0 })
    for (let i = 0; i < 40; i++) noteCrowd(state, lost(`r${i}`, now + i * MINUTE), true)
    expect(readCrowd(state, now + 50 * MINUTE, WINDOW).takeovers).toBeGreaterThan(40)
  })
  it('are taken back with the flood that brought them', () => {
    const state = crowdState()
    for (let i = 0; i < 8; i++) noteCrowd(state, lost(`p${i}`, T), true)
    for (let i = 0; i < 8; i++) takeBackReport(state, T, true, `p${i}`)
    expect(readCrowd(state, T, WINDOW).exposures).toBe(0)
  })
})
