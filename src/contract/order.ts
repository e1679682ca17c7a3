import { MINUTE, type EpochMs } from './time.js'

/** An incident that a person closed stays closed for so long; if it is still measured then, it opens again. */
export const CLOSED_BY_PERSON_MS = 30 * MINUTE

/** Who gives a command and why, with every verb. `chars`: at most so many. */
export const COMMAND_SENDER = {
  by: { chars: 200, help: 'who asks' },
  why: { chars: 2_000, help: 'the reason, kept with the command' },
} as const

/** What a command may carry for its verb. `chars`: at most so many; `option`: as the command line asks for it. */
export const COMMAND_FIELDS = {
  subject: {
    chars: 300,
    option: '--subject <id>',
    help: 'id of a cause that the incident lists, of a change that was sent, or `security`',
  },
  words: { chars: 300, option: '--cause-text <words>', help: 'a cause that is not listed, in your own words' },
  text: { chars: 2_000, option: '--text <sentence>', help: 'the sentence that everybody reads' },
  until: {
    chars: 60,
    option: '--until <time>',
    help: 'when it ends: 2h, 90m, 18:00, "tomorrow 9:00", or an ISO 8601 time',
  },
  timeZone: {
    chars: 60,
    option: null,
    help: 'time zone of `until` where that has no offset; if not given, that of the first page',
  },
} as const
export type CommandField = keyof typeof COMMAND_FIELDS

export interface CommandRule {
  /** One sentence for people, without its full stop. */
  summary: string
  /** More about it, likewise. */
  more?: string
  /** Of these fields exactly one is given; empty: it needs none. */
  needs: readonly CommandField[]
  /** What is said when none of them is. */
  lacks?: string
  /** It may carry these besides. */
  may?: readonly CommandField[]
}

/**
 * What a person may ask of an incident, and what each verb needs: the command line, the API with its document, and the judge
 * all go by this table.
 */
export const COMMANDS = {
  resolve: {
    summary: 'say that an incident is over',
    more: 'What is measured as failing is still shown; if that goes on for 30 minutes, the incident opens again',
    needs: [],
  },
  confirm: {
    summary: 'say that this is the cause of an incident',
    needs: ['subject', 'words'],
    lacks: 'confirm needs a cause: a listed one or `security` in subject, or one of your own in words',
  },
  'rule-out': {
    summary: 'say that this is not the cause of an incident',
    needs: ['subject'],
    lacks: 'rule-out needs a listed cause or `security` in subject',
  },
  mute: {
    summary: 'send no messages about an incident until a time',
    needs: ['until'],
    lacks: 'mute needs an end in until',
    may: ['timeZone'],
  },
  unmute: { summary: 'send messages about an incident again', needs: [] },
  say: {
    summary: 'publish a sentence about an incident',
    needs: ['text'],
    lacks: 'say needs the sentence in text',
  },
} as const satisfies Record<string, CommandRule>
export type Verb = keyof typeof COMMANDS
export const VERBS = Object.keys(COMMANDS) as readonly Verb[]

/** A person's command; it goes on the log like a signal, so a replay repeats it. */
export interface Order {
  type: 'order'
  id: string
  /** Log time at which it was given. */
  at: EpochMs
  incident: string
  verb: Verb
  by: string
  why: string
  /** Name of the token that it came with: `by` is what its sender says of themselves. */
  token?: string
  subject?: string
  words?: string
  text?: string
  /** mute: no messages before this time. */
  until?: EpochMs
  /** Statement or record that the command cites. */
  href?: string
}

/**
 * A person's wish that something be forgotten as if it had never been: a service with all that is stored of it, or one of its
 * labels (all values, or one), or one of its components. On the log like an order, so that a replay forgets it too.
 */
export interface Forget {
  type: 'forget'
  id: string
  /** Log time at which it was given. */
  at: EpochMs
  service: string
  label?: string
  /** With `label`: this value alone. */
  value?: string
  component?: string
  by: string
  why: string
}
