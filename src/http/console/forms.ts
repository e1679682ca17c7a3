import { COMMAND_FIELDS, type CommandField, type CommandRule, type Verb } from '../../contract/order.js'
import { attr, html, type Html } from '../pages/html.js'
import { field } from './layout.js'

/** What was filled in. */
export type Form = Partial<Record<string, string>>

/** What the forms of an incident's room need. */
export interface Room {
  id: string
  newest: string
  given: Form
}

/** A form that gives one command. */
export const give = (room: Room, verb: Verb, inside: Html | null, button: string, why = '', first = false): Html =>
  html`<form method="post" action="/console/i/${encodeURIComponent(room.id)}"><input type="hidden" name="verb" value="${verb}"><input type="hidden" name="seen" value="${room.newest}">${inside}${whyField(room.given['verb'] === verb ? room.given : {}, why)}<button class="${first ? 'first' : ''}">${button}</button></form>`

export const whyField = (given: Form, value = ''): Html =>
  field('Why', html`<input name="why" required maxlength="2000"${attr('value', given['why'] ?? value)}>`)

/** The fields of a verb, as the table of commands has them. */
export function inputs({ needs, may = [] }: CommandRule, given: Form): Html {
  const names = [...needs, ...may].filter(name => name !== 'timeZone')
  return html`${names.map(name => input(name, given[name], needs.length === 1 && needs[0] === name))}`
}

export function input(name: CommandField, value: string | undefined, required: boolean): Html {
  const { chars, help, words }: { chars: number; help: string; words?: readonly string[] } = COMMAND_FIELDS[name]
  const label = LABELS[name] ?? name
  const hint = help.replaceAll('`', '')
  if (words)
    return field(
      label,
      html`<select name="${name}"${attr('required', required)}>${required ? null : html`<option value=""></option>`}${words.map(word => html`<option${attr('selected', word === value)}>${word}</option>`)}</select>`,
    )
  if (name === 'text')
    return field(
      label,
      html`<textarea name="text" rows="3" maxlength="${chars}"${attr('required', required)} placeholder="${hint}">${value}</textarea>`,
    )
  return field(
    label,
    html`<input name="${name}" maxlength="${chars}"${attr('required', required)} placeholder="${hint}"${attr('value', value)}>`,
  )
}

const LABELS: Partial<Record<CommandField, string>> = {
  text: 'Words',
  words: 'A cause of your own words',
  subject: 'Cause',
  until: 'Until',
  person: 'Who',
  severity: 'Severity',
  title: 'Name',
  components: 'Components',
  where: 'Part of the users',
  into: 'Part of',
  startedAt: 'Began',
  endedAt: 'Ended',
  source: 'Who says it: what kind',
  about: 'What it comes to',
  verdict: 'Verdict',
}
