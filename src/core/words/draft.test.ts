import { describe, expect, it } from 'vitest'
import { draftOf } from './draft.js'
import { CLAIMS, foundingCase, order } from './fixtures/founding-case.js'

const says = (clock: string, ...more: Parameters<typeof order>[]) =>
  draftOf(foundingCase(clock, [...CLAIMS, ...more.map(each => order(...each))]), null).lines

describe('an update', () => {
  it('answers a claim once, and again where the record says something else of it', () => {
    const claims = (clock: string, ...more: Parameters<typeof order>[]) =>
      says(clock, ...more).flatMap(({ say, refs }) => (say === 'claim' ? [refs[0]] : []))
    const word = (clock: string): Parameters<typeof order> => [`s${clock}`, clock, { verb: 'say', text: 'We look.' }]
    expect(claims('20:40')).toEqual(['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'])
    expect(claims('20:40', word('20:21'))).toEqual(['c5', 'c6', 'c7'])
    // At 20:41 nobody knew whether it gets better; at 21:10 it does.
    expect(claims('21:10', word('20:41'))).toEqual(['c7'])
    expect(claims('21:15', word('21:11'))).toEqual([])
  })

  it('says what people can do in the words of who said so, the newest, and never takes an update for advice', () => {
    const advice = (...more: Parameters<typeof order>[]) =>
      says('21:10', ...more).find(each => each.say.startsWith('todo'))
    expect(advice(['s1', '20:21', { verb: 'say', text: 'We look.' }])?.say).toBe('todo-none')
    const said = advice(
      ['t1', '20:30', { verb: 'advise', text: 'Wait.' }],
      ['t2', '20:50', { verb: 'advise', text: 'Use the old address.', by: 'bo' }],
    )
    expect(said).toMatchObject({
      say: 'todo-said',
      refs: ['t2'],
      slots: { by: { value: 'bo' }, words: { value: 'Use the old address.' } },
    })
  })
})
