import { describe, expect, it } from 'vitest'
import { TROUBLED } from '../src/core/evidence/people.js'
import { classify } from '../src/core/text/classify.js'
import { play, readScenario } from '../src/scenario/scenario.js'

/** How the phrases of the scenario begin that nobody may count, and those that everybody must (src/scenario/phrases.ts). */
const NEVER =
  /^BREAKING:|^people say|that would explain .* today|VPN deal|earn from home|giveaway live|follow for follow/
const JEST = /think for myself|took the afternoon off|suddenly talks|is my cardio|^RIP my/
const ALWAYS =
  /just stopped working|not loading|on every attempt|fails on all|^error 503|no funciona|ne marche plus|lädt nicht|が使えない/

describe('the posts of the founding replay', () => {
  it('count where somebody complains, and never where they repeat news, guess at a cause, jest or sell', async () => {
    const scenario = await readScenario(new URL('../scenarios/feature-gate-cache.json', import.meta.url).pathname)
    const texts = new Set<string>()
    for (const signal of play(scenario, { historyHours: 0 }))
      if (signal.via === 'post' && signal.text !== undefined) texts.add(signal.text)
    const counted = (text: string): boolean => TROUBLED.has(classify(text))
    const of = (pattern: RegExp): string[] => [...texts].filter(text => pattern.test(text))
    for (const pattern of [NEVER, JEST]) {
      expect(of(pattern).length).toBeGreaterThan(5)
      expect(of(pattern).filter(counted)).toEqual([])
    }
    expect(of(ALWAYS).length).toBeGreaterThan(10)
    expect(of(ALWAYS).filter(text => !counted(text))).toEqual([])
  })
})
