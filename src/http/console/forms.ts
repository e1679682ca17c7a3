import { COMMAND_FIELDS, type CommandField, type CommandRule, COMMANDS, type Verb } from '../../contract/order.js'
import type { IncidentView, ServiceNow } from '../../contract/view.js'
import type { Response } from '../../core/incident/response.js'
import { attr, html, type Html } from '../pages/html.js'
import { field } from './layout.js'

/** What a form carried, by the name of its fields. */
export type Form = Partial<Record<string, string>>

export const whyField = (given: Form, value = ''): Html =>
  field('Why', html`<input name="why" required maxlength="2000"${attr('value', given['why'] ?? value)}>`)

/** The fields of a verb, as the table of commands has them. */
export function inputs({ needs, may = [] }: CommandRule, given: Form): Html {
  const names = [...needs, ...may].filter(name => name !== 'timeZone' && name !== 'said')
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

export interface Room {
  id: string
  newest: string
  given: Form
}

/** A form that gives one command. */
export const give = (room: Room, verb: Verb, inside: Html | null, button: string, why = '', first = false): Html =>
  html`<form method="post" action="/console/i/${encodeURIComponent(room.id)}"><input type="hidden" name="verb" value="${verb}"><input type="hidden" name="seen" value="${room.newest}">${inside}${whyField(room.given['verb'] === verb ? room.given : {}, why)}<button class="${first ? 'first' : ''}">${button}</button></form>`

/** What a decision on a cause rests on: a statement or a record that can be read. */
export const sourceField = (room: Room, verb: Verb): Html =>
  field(
    'Source, an address',
    html`<input name="href" type="url" maxlength="2000"${attr('value', room.given['verb'] === verb ? room.given['href'] : undefined)}>`,
  )

const BUTTONS: [verb: Verb, says: string, open: boolean | null][] = [
  ['say', 'Tell everybody', null],
  ['advise', 'What people can do', true],
  ['note', 'Note for the team', null],
  ['assign', 'Give it to somebody', null],
  ['hand-over', 'Hand it over', null],
  ['mitigated', 'The effect is stopped', true],
  ['severity', 'Set the severity', null],
  ['rename', 'Rename it', null],
  ['components', 'Set the components', null],
  ['segments', 'Set who is hit', null],
  ['mute', 'Send no messages', null],
  ['unmute', 'Send messages again', null],
  ['merge', 'It is part of another', true],
  ['split', 'A part is another incident', true],
  ['resolve', 'It is over', true],
  ['reopen', 'It is not over', false],
]

/** What whoever was woken does first. */
export const takeIt = ({ open }: IncidentView, { acknowledged }: Response, room: Room): Html | null =>
  open && acknowledged === null
    ? html`<div class="now" data-part="take">${give(room, 'ack', null, 'I am looking at it', 'looking into it', true)}</div>`
    : null

export function acts(incident: IncidentView, room: Room, service: ServiceNow | null): Html {
  const { given } = room
  const muted = incident.mutedUntil !== null
  const fits = ([verb, , open]: (typeof BUTTONS)[number]) =>
    (open === null || open === incident.open) && (verb !== 'mute' || !muted) && (verb !== 'unmute' || muted)
  return html`<section><h2>Do</h2><div class="acts">${BUTTONS.filter(fits).map(([verb, says]) => {
    const own = given['verb'] === verb
    return html`<details${attr('open', own)}><summary>${says}</summary>${give(room, verb, inputs(COMMANDS[verb], own ? given : {}), says)}</details>`
  })}</div>${service && service.components.length > 0 ? html`<p class="note">Components: ${service.components.map(each => each.id).join(', ')}</p>` : null}</section>`
}
