import { Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { COMMAND_FIELDS, COMMANDS, type CommandField, type CommandRule, VERBS } from '../contract/order.js'
import { Command as Schema } from '../http/schema-commands.js'
import { orderCommands } from './commands.js'

const flagsOf = (fields: readonly CommandField[]): string[] =>
  fields.flatMap(field => COMMAND_FIELDS[field].option ?? []).map(flags => new Option(flags).long!)

describe('commands to an incident', () => {
  it('are the verbs of the contract, each asking for what its verb takes and no more', () => {
    const commands = orderCommands()
    expect(commands.map(each => each.name())).toEqual(VERBS)
    const all = new Set(flagsOf(Object.keys(COMMAND_FIELDS) as CommandField[]))
    for (const command of commands) {
      const { needs, may = [] }: CommandRule = COMMANDS[command.name() as (typeof VERBS)[number]]
      const own = command.options.filter(each => all.has(each.long!))
      expect(own.map(each => each.long)).toEqual(flagsOf([...needs, ...may]))
      expect(own.filter(each => each.mandatory).map(each => each.long)).toEqual(
        needs.length === 1 ? flagsOf(needs) : [],
      )
    }
  })

  it('carry the fields that the API takes', () => {
    const fields = Object.keys(Schema.properties).filter(
      name => !['verb', 'by', 'why', 'href', 'seen', 'notify'].includes(name),
    )
    expect(fields).toEqual(Object.keys(COMMAND_FIELDS))
    expect(Schema.properties.until.description).toMatch(/^mute, action: /)
  })
})
