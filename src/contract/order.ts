import { SEVERITIES } from './incident.js'
import { MINUTE, type EpochMs } from './time.js'

/** An incident that a person closed stays closed for so long; if it is still measured then, it opens again. */
export const CLOSED_BY_PERSON_MS = 30 * MINUTE

/** Who gives a command and why, with every verb. `chars`: at most so many. */
export const COMMAND_SENDER = {
  by: { chars: 200, help: 'who asks' },
  why: { chars: 2_000, help: 'the reason, kept with the command' },
} as const

/** Gives back to the machine what a person had set. */
export const AS_MEASURED = 'auto'

/** What a command may carry for its verb. `chars`: at most so many; `option`: as the command line asks for it; `words`: one of these. */
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
    help: 'time zone of a time that has no offset; if not given, that of the first page',
  },
  person: { chars: 200, option: '--to <person>', help: 'who takes it' },
  severity: {
    chars: 20,
    option: '--severity <severity>',
    help: `${SEVERITIES.join(', ')}; or ${AS_MEASURED}: as it is measured`,
    words: [...SEVERITIES, AS_MEASURED],
  },
  title: { chars: 200, option: '--title <words>', help: `what everybody calls it; or ${AS_MEASURED}` },
  components: {
    chars: 2_000,
    option: '--components <ids>',
    help: `components that it touches, with commas between; or ${AS_MEASURED}`,
  },
  where: {
    chars: 2_000,
    option: '--where <segment>',
    help: 'the part that it touches: `cell=eu-1,eu-2 tier=free`, labels with blanks between and values with commas',
  },
  into: { chars: 300, option: '--into <incident>', help: 'the incident that it is part of' },
  startedAt: { chars: 60, option: '--started <time>', help: 'when it began: `25m ago` or an ISO 8601 time' },
  endedAt: { chars: 60, option: '--ended <time>', help: 'when it was over, for the record of something past' },
  said: {
    chars: 8_000,
    option: null,
    help: 'what was said of something past: lines of an ISO 8601 time, a blank and a sentence',
  },
} as const satisfies Record<string, CommandFieldRule>
/** What holds of a field of commands. */
export interface CommandFieldRule {
  chars: number
  option: string | null
  help: string
  words?: readonly string[]
}
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
  /** It is about who does what: kept with the incident for the team, and nothing public changes. */
  team?: true
  /** It begins an incident at a service. */
  begins?: true
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
  open: {
    summary: 'open an incident at a service by hand',
    more: 'It stays open until a person resolves it; with an end it is the record of something past',
    needs: [],
    may: ['title', 'severity', 'components', 'where', 'text', 'startedAt', 'endedAt', 'said', 'timeZone'],
    begins: true,
  },
  ack: { summary: 'say that you are looking at an incident', needs: [], team: true },
  assign: {
    summary: 'give an incident to somebody',
    needs: ['person'],
    lacks: 'assign needs who takes it in person',
    team: true,
  },
  'hand-over': {
    summary: 'hand an incident over, with what the next one has to know',
    needs: ['person'],
    lacks: 'hand-over needs who takes it in person',
    may: ['text'],
    team: true,
  },
  note: { summary: 'write something down for the team', needs: ['text'], lacks: 'note needs text', team: true },
  severity: {
    summary: 'say how bad an incident is',
    needs: ['severity'],
    lacks: 'severity needs one of its words in severity',
  },
  rename: { summary: 'say what an incident is called', needs: ['title'], lacks: 'rename needs the name in title' },
  components: {
    summary: 'say which components an incident touches',
    needs: ['components'],
    lacks: 'components needs their ids in components',
  },
  segments: {
    summary: 'say which part of the users an incident touches',
    needs: ['where'],
    lacks: 'segments needs the part in where',
  },
  mitigated: {
    summary: 'say that the effect is stopped though the cause is not mended',
    more: 'Pages say that it is watched',
    needs: [],
  },
  reopen: { summary: 'say that an incident that was called over is not', needs: [] },
  merge: {
    summary: 'say that an incident is part of another one of its service',
    needs: ['into'],
    lacks: 'merge needs the other incident in into',
  },
  split: {
    summary: 'open an incident of its own for a part of one',
    needs: ['where'],
    lacks: 'split needs the part in where',
    may: ['title', 'severity'],
  },
} as const satisfies Record<string, CommandRule>
export type Verb = keyof typeof COMMANDS
export const VERBS = Object.keys(COMMANDS) as readonly Verb[]
/** What helped in an incident that is over: a command, or a sentence that stands in its events alone. */
export const HELPED_BY = [...VERBS, 'said'] as readonly (Verb | 'said')[]
/** What became of a command that a program proposed; `alone`: it was done at once, as the configuration allows. */
export const PROPOSAL_STATES = ['waiting', 'approved', 'refused', 'expired', 'alone'] as const

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
  /** open, split: the service, and for split the incident that is begun. */
  service?: string
  begins?: string
  person?: string
  severity?: string
  title?: string
  components?: string
  where?: string
  into?: string
  startedAt?: EpochMs
  endedAt?: EpochMs
  said?: string
  /** False: nobody is sent a message about what follows from it; pages and feeds show it all the same. */
  notify?: boolean
  /** Statement or record that the command cites. */
  href?: string
  /** Where it stands on the log, as the store keeps it: what orders those of one moment. */
  position?: number
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
