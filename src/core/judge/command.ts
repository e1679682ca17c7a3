import {
  COMMAND_FIELDS,
  COMMANDS,
  type CommandField,
  type CommandFieldRule,
  type CommandRule,
  type Order,
  VERBS,
  type Verb,
} from '../../contract/order.js'
import type { EpochMs } from '../../contract/time.js'
import { readTime } from '../ingest/time.js'
import { readWhere } from '../ingest/where.js'
import { aboutFault } from '../words/about.js'

/** What a command carries for its verb, from the API or from the log. */
export type Carried = Partial<Record<CommandField, unknown>>

/** What is wrong with a command. `value`: what was given; undefined: nothing was, and something has to be. */
export interface CommandFault {
  field: CommandField
  detail: string
  value?: unknown
}

/** Whether a command has what its verb needs, and nothing that means nothing to it; null: it has. */
export function faultOf(verb: Verb, carried: Carried): CommandFault | null {
  const { needs, may = [], lacks = '' }: CommandRule = COMMANDS[verb]
  const given = (Object.keys(COMMAND_FIELDS) as CommandField[]).filter(field => carried[field] !== undefined)
  for (const field of given) {
    const value = carried[field]
    if (!needs.includes(field) && !may.includes(field)) return { field, detail: `${verb} takes no ${field}`, value }
    if (typeof value === 'string' && value.trim() === '') return { field, detail: `${field} is empty`, value }
    const detail = typeof value === 'string' ? formFault(field, value) : null
    if (detail !== null) return { field, detail, value }
  }
  const [first, second] = given.filter(field => needs.includes(field))
  if (second !== undefined)
    return { field: second, detail: `${verb} takes ${needs.join(' or ')}, not both`, value: carried[second] }
  return first === undefined && needs.length > 0 ? { field: needs[0]!, detail: lacks } : null
}

function formFault(field: CommandField, value: string): string | null {
  const { words }: CommandFieldRule = COMMAND_FIELDS[field]
  if (words && !words.includes(value)) return `${field} is one of ${words.join(', ')}`
  if (field === 'where' && readWhere(value) === null)
    return 'where is `label=value,value label=value`: each label once, with values that are not empty'
  if (field === 'about') return aboutFault(value)
  if (field === 'said' && readSaid(value) === null) return 'said is lines of an ISO 8601 time, a blank and a sentence'
  if (field === 'components' && value.split(',').some(each => each.trim() === ''))
    return 'components is a list of ids with commas between'
  return null
}

/** Lines of an ISO 8601 time and a sentence, oldest first; null where it is no such thing. */
export function readSaid(text: string): { at: EpochMs; text: string }[] | null {
  const out: { at: EpochMs; text: string }[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const [, stamp = '', words = ''] = /^(\S+)\s+(\S.*)$/.exec(line.trim()) ?? []
    const at = readTime(stamp)
    if (Number.isNaN(at)) return null
    out.push({ at, text: words })
  }
  return out.length === 0 ? null : out.sort((a, b) => a.at - b.at)
}

/** Ids of components in a list with commas. */
export const readComponents = (text: string): string[] => [...new Set(text.split(',').map(each => each.trim()))]

/** Whether an order of the log has what its verb needs; a newer program may have written a verb that this one does not know. */
export const isWhole = (order: Order): boolean => VERBS.includes(order.verb) && faultOf(order.verb, order) === null
