import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { foundingCase } from '../src/core/words/fixtures/founding-case.js'
import { postmortemOf } from '../src/core/words/postmortem.js'
import { parseScenario } from '../src/scenario/scenario.js'
import { answersOf, postmortemOfPlay, toldByEvents, toldByPostmortem } from './told.js'

// What the engine made of this scenario is kept as a fixture; `npm run bench -- postmortem` plays it, and all others.
const scenario = parseScenario(
  JSON.parse(readFileSync(new URL('../scenarios/feature-gate-cache.json', import.meta.url), 'utf8')),
)
const { events, facts } = foundingCase('23:30', [])
const played = { events: [...events], facts: [...facts] }
const AGREES = { onset: true, segments: true, cause: true, recovery: true }

describe('a post-mortem and the events it is made of', () => {
  it('agree with the truth of the founding case, question by question', () => {
    const written = postmortemOfPlay(scenario, played)!
    expect(answersOf(scenario, toldByEvents(scenario, played)!)).toEqual(AGREES)
    expect(answersOf(scenario, toldByPostmortem(written))).toEqual(AGREES)
    expect(written.sections).toEqual(postmortemOf(foundingCase('23:30', []))!.sections)
  })

  it.each<[string, (event: (typeof events)[number]) => object, object]>([
    ['an onset', () => ({ startedAt: '2026-02-03T19:00:00.000Z' }), { onset: false }],
    [
      'the parts',
      ({ segments }) => ({ segments: segments?.map(s => ({ ...s, where: { cell: ['us-west'] } })) }),
      { segments: false },
    ],
    [
      'the cause',
      ({ causes }) => ({ causes: causes?.filter(each => each.subject !== 'gate-cache-on') }),
      { cause: false },
    ],
    [
      'the slow part',
      ({ recovery }) => (recovery ? { recovery: { ...recovery, segments: [] } } : {}),
      { recovery: false },
    ],
  ])('fall together where the record has %s wrong', (_, wrong, falls) => {
    const spoilt = { facts, events: events.map(each => ({ ...each, ...wrong(each) })) as typeof events }
    const told = { ...played, ...spoilt, events: [...spoilt.events], facts: [...facts] }
    expect(answersOf(scenario, toldByEvents(scenario, told)!)).toMatchObject(falls)
    expect(answersOf(scenario, toldByPostmortem(postmortemOfPlay(scenario, told)!))).toMatchObject(falls)
  })

  it('ask less of what nobody counts requests of, and names of places are still told', () => {
    const reported = events.map(each => ({
      ...each,
      ...(each.segments ? { segments: [{ where: { cell: ['eu-west'] }, share: null, interval: null }] } : {}),
    }))
    const told = toldByPostmortem(postmortemOfPlay(scenario, { events: reported, facts: [...facts] })!)
    expect([told.who, [...told.cells]]).toEqual([true, ['eu-west']])
    expect(answersOf(scenario, told, true).segments).toBe(true)
    expect(answersOf(scenario, { ...told, cells: new Set(['us-west']) }, true).segments).toBe(false)
  })
})
