import { describe, expect, it } from 'vitest'
import { classify } from './classify.js'
import { PROBLEM_TYPES } from '../../contract/people.js'
import { report } from '../../testing/stream.js'
import { symptomOf, tellsMore } from './symptoms.js'

const said = (labels: Record<string, string>, text?: string) =>
  report({ service: 'shop', at: 0, id: 'a', labels, ...(text === undefined ? {} : { text }) })
const of = (labels: Record<string, string>, text?: string) =>
  symptomOf(said(labels, text), text === undefined ? null : classify(text))

describe('a report says how it hurts', () => {
  it.each<[string, Record<string, string>, string | undefined, 'slow' | 'failing' | null]>([
    ['by its problem', { problem: 'buffering' }, undefined, 'slow'],
    ['by a problem of several words', { problem: 'slow_loading' }, undefined, 'slow'],
    ['by its problem before its text', { problem: 'Lagging' }, 'it is down for me', 'slow'],
    ['by a failing problem', { problem: 'error' }, undefined, 'failing'],
    ['by its text when the problem is a place', { problem: 'website' }, 'pages take forever, so slow', 'slow'],
    ['by a complaint', { problem: 'app' }, 'cannot log in, 500 error', 'failing'],
    ['in Spanish', {}, 'va muy lento hoy', 'slow'],
    ['in German', {}, 'alles dauert ewig, total langsam', 'slow'],
    ['not by a place', { problem: 'login' }, undefined, null],
    ['not by nothing', {}, undefined, null],
  ])('%s', (_, labels, text, want) => {
    expect(of(labels, text)).toBe(want)
  })
  it('reads of each problem type what the list says of it', () => {
    for (const [problem, { symptom }] of Object.entries(PROBLEM_TYPES))
      expect([problem, of({ problem })]).toEqual([problem, symptom])
  })
  it('tells more with a component, a problem or a text', () => {
    expect(tellsMore(said({}))).toBe(false)
    expect(tellsMore(said({ country: 'DE', platform: 'web' }))).toBe(false)
    for (const more of [said({ component: 'x' }), said({ problem: 'x' }), said({}, 'x')])
      expect(tellsMore(more)).toBe(true)
  })
})
