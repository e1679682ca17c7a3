import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../../contract/incident.js'
import { sentences } from '../../../core/incident/sentences.js'
import { speechOf } from '../language.js'
import { saysLines, standingWord, wordOf } from './says.js'

const [EN, DE] = [speechOf('en'), speechOf('de')]

const event = (seq: number, more: Partial<IncidentEvent>): IncidentEvent => {
  const at = new Date(Date.UTC(2031, 4, 9, 12, seq)).toISOString()
  const e = { at, seq, event: 'updated', incident: 'i-1', service: 'chat', title: 'Chat', ...more } as IncidentEvent
  return { ...e, says: [...(more.says ?? []), ...sentences(e)] }
}
const word = (text: string) => [{ text, refs: ['order-1'] }]

describe('a person’s sentence', () => {
  const opened = event(0, { event: 'opened' })
  const said = event(1, { by: 'ana', says: word('We are rolling back.') })
  it('stands after the engine has spoken again', () => {
    expect(standingWord([opened, said, event(2, {}), event(3, {})], EN)).toMatchObject({
      text: 'We are rolling back.',
      event: { seq: 1, by: 'ana' },
    })
  })
  it('is told by its own event while that is the latest', () => {
    expect(standingWord([opened, said], EN)).toBeNull()
  })
  it('gives way to another person’s', () => {
    const later = event(3, { by: 'bo', says: word('Rolled back.') })
    expect(standingWord([opened, said, event(2, {}), later, event(4, {})], EN)?.text).toBe('Rolled back.')
  })
  it('is read in the language of the reader where it is there, and is found as it was written', () => {
    const both = event(1, { by: 'policy', says: [{ text: 'Back.', refs: ['o1'], translations: { de: 'Wieder da.' } }] })
    const all = [opened, both, event(2, {})]
    expect([standingWord(all, DE)?.text, standingWord(all, EN)?.text, wordOf(all)?.text]).toEqual([
      'Wieder da.',
      'Back.',
      'Back.',
    ])
    expect(standingWord(all, speechOf('fr'))?.text).toBe('Back.')
    const told = saysLines(both, [], { ...DE, now: 0 })[0]!
    expect([told.text, told.said]).toEqual(['Back.', 'Wieder da.'])
  })
  it('is not what the engine says when a person rules or resolves', () => {
    expect(standingWord([opened, event(1, { by: 'ana' }), event(2, {})], EN)).toBeNull()
    expect(standingWord([opened, event(2, {})], EN)).toBeNull()
  })
})
