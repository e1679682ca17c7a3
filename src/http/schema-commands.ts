import { type TBoolean, type TOptional, type TString, Type } from '@sinclair/typebox'
import { SERVICE_CHARS } from '../contract/limits.js'
import { oneOf } from '../contract/one-of.js'
import {
  COMMAND_FIELDS,
  COMMAND_SENDER,
  type CommandField,
  type CommandRule,
  COMMANDS,
  VERBS,
} from '../contract/order.js'
import { Incident, Ms, Nullable } from './schema.js'

// What people may ask of incidents, and what they are answered.

const Words = (chars: number, description: string) => Type.String({ minLength: 1, maxLength: chars, description })
const SENDER = {
  by: Words(COMMAND_SENDER.by.chars, COMMAND_SENDER.by.help),
  why: Words(COMMAND_SENDER.why.chars, COMMAND_SENDER.why.help),
}
/** Fields of commands, each with the verbs that it is for. */
const CARRIED = Object.fromEntries(
  Object.entries(COMMAND_FIELDS).map(([field, { chars, help }]) => {
    const verbs = VERBS.filter(verb => {
      const { needs, may = [] }: CommandRule = COMMANDS[verb]
      return [...needs, ...may].includes(field as CommandField)
    })
    return [field, Type.Optional(Words(chars, `${verbs.join(', ')}: ${help}`))]
  }),
) as Record<CommandField, TOptional<TString>>

const NOTIFY = Type.Boolean({
  description: 'false: nobody is sent a message about what follows from it; by default true',
})

export const Command = Type.Object(
  {
    verb: oneOf(VERBS),
    ...SENDER,
    ...CARRIED,
    seen: Type.Optional(
      Type.String({
        maxLength: 60,
        description:
          'Id of the newest command on the incident that its sender knew of, empty for none: where there is a newer one, nothing is done (409)',
      }),
    ),
    notify: Type.Optional(NOTIFY),
    href: Type.Optional(
      Type.String({
        pattern: '^https?://',
        maxLength: 2_000,
        description: 'Statement or record that the command cites',
      }),
    ),
  },
  { $id: 'Command', additionalProperties: false },
)

/** A command that begins an incident says at which service. */
export const Begin = Type.Object(
  {
    service: Type.String({ minLength: 1, maxLength: SERVICE_CHARS }),
    ...SENDER,
    notify: Type.Optional(NOTIFY),
    ...Object.fromEntries(COMMANDS.open.may.map(field => [field, CARRIED[field]] as const)),
  } as { service: TString; notify: TOptional<TBoolean> } & typeof SENDER &
    Pick<typeof CARRIED, (typeof COMMANDS.open.may)[number]>,
  { $id: 'Begin', additionalProperties: false },
)

export const PlacedOrder = Type.Object(
  {
    order: Type.Object({
      type: Type.Literal('order'),
      id: Type.String(),
      at: Ms('Log time'),
      incident: Type.String(),
      verb: oneOf(VERBS),
      ...SENDER,
      token: Type.Optional(Type.String({ description: 'Name of the token that it came with' })),
    }),
    incident: Nullable(Type.Composite([Incident])),
    public: Type.Object(
      {
        headline: Type.String({ description: 'Of the page of its service' }),
        state: Type.String(),
        says: Type.Array(Type.String(), { description: 'What the page of the incident says, in order' }),
        page: Type.String({ description: 'Path of that page' }),
      },
      { description: 'What everybody reads now' },
    ),
    notes: Type.Array(Type.String(), { description: 'What follows from the command, for who gave it' }),
  },
  { $id: 'PlacedOrder' },
)

export const IncidentResponse = Type.Object(
  {
    acknowledged: Nullable(Type.Object({ by: Type.String(), at: Ms('Log time') })),
    assignee: Nullable(Type.String()),
    newest: Type.String({ description: 'Id of the newest command, for `seen`; empty where there is none' }),
    commands: Type.Array(
      Type.Object({
        id: Type.String(),
        at: Ms('Log time'),
        verb: oneOf(VERBS),
        ...SENDER,
        token: Type.Optional(Type.String()),
        person: Type.Optional(Type.String()),
        text: Type.Optional(Type.String()),
      }),
    ),
  },
  { $id: 'IncidentResponse' },
)
