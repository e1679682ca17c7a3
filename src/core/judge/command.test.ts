import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMMAND_FIELDS, COMMANDS, type CommandField, type CommandRule, VERBS } from '../../contract/order.js'
import { type Carried, faultOf } from './command.js'

const FIELDS = Object.keys(COMMAND_FIELDS) as CommandField[]

describe('what a verb needs', () => {
  it('is what its line of the table says, for every verb and every choice of fields', () => {
    const carried = fc.record(Object.fromEntries(FIELDS.map(field => [field, fc.constant('something')])), {
      requiredKeys: [],
    })
    fc.assert(
      fc.property(fc.constantFrom(...VERBS), carried, (verb, fields: Carried) => {
        const { needs, may = [] }: CommandRule = COMMANDS[verb]
        const given = FIELDS.filter(field => fields[field] !== undefined)
        const belong = given.every(field => needs.includes(field) || may.includes(field))
        const whole = given.filter(field => needs.includes(field)).length === (needs.length > 0 ? 1 : 0)
        expect(faultOf(verb, fields) === null).toBe(belong && whole)
      }),
    )
  })

  it('names the field, what is wrong with it and the value', () => {
    expect(faultOf('say', {})).toEqual({ field: 'text', detail: 'say needs the sentence in text' })
    expect(faultOf('say', { text: ' ' })).toEqual({ field: 'text', detail: 'text is empty', value: ' ' })
    expect(faultOf('resolve', { text: 'x' })).toEqual({ field: 'text', detail: 'resolve takes no text', value: 'x' })
    expect(faultOf('confirm', { subject: 'a', words: 'b' })).toEqual({
      field: 'words',
      detail: 'confirm takes subject or words, not both',
      value: 'b',
    })
  })

  it('has a sentence for each verb that needs something', () => {
    for (const verb of VERBS) {
      const { needs, lacks }: CommandRule = COMMANDS[verb]
      expect(lacks !== undefined).toBe(needs.length > 0)
    }
  })
})
