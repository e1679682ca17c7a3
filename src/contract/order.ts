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

/** Who says a claim. */
export const CLAIM_SOURCES = ['press', 'rumour', 'vendor', 'staff'] as const
export type ClaimSource = (typeof CLAIM_SOURCES)[number]
/** What the record says of a claim. */
export const VERDICTS = ['supported', 'contradicted', 'not-known'] as const
export type ClaimVerdict = (typeof VERDICTS)[number]

/** What a command may carry for its verb. `chars`: at most so many; `option`: as the command line asks for it; `words`: one of these. */
export const COMMAND_FIELDS = {
  subject: {
    chars: 300,
    option: '--subject <id>',
    help: 'id of a cause that the incident lists, of a change that was sent, or `security`',
  },
  words: { chars: 300, option: '--cause-text <words>', help: 'a cause that is not listed, in your own words' },
  text: {
    chars: 2_000,
    option: '--text <sentence>',
    help: 'the words: what everybody reads, or for the team alone with note and hand-over',
  },
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
  source: {
    chars: 20,
    option: '--source <kind>',
    help: 'who says it: press, rumour, vendor or staff',
    words: CLAIM_SOURCES,
  },
  about: {
    chars: 1_000,
    option: '--about <what>',
    help: 'what it comes to, as the record can be asked: `cause ID`, `no-link ID`, `breach`, `no-breach`, `where cell=a,b`, `uneven country=x`, `components a,b`, `over`, `recovering`, `noticed 10m`, `identified`; several with semicolons between',
  },
  claim: { chars: 60, option: '--claim <id>', help: 'id of the claim' },
  verdict: { chars: 20, option: '--verdict <verdict>', help: 'supported, contradicted or not-known', words: VERDICTS },
  body: { chars: 20_000, option: '--body <markdown>', help: 'the whole text of the post-mortem, as Markdown' },
  action: { chars: 60, option: '--action <id>', help: 'id of the action' },
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
  /** It is kept with the incident and shown in public, but decides nothing about it: it may come long after the end. */
  record?: true
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
  advise: {
    summary: 'say what people can do while an incident lasts',
    more: 'Its page and the drafts of updates say it until another one takes its place',
    needs: ['text'],
    lacks: 'advise needs what people can do, in text',
    record: true,
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
  claim: {
    summary: 'write down what somebody says about an incident',
    more: 'Its page says whether the record bears it out',
    needs: ['text'],
    lacks: 'claim needs what is said, in text',
    may: ['source', 'person', 'about'],
    record: true,
  },
  judge: {
    summary: 'decide whether a claim holds',
    needs: ['verdict'],
    lacks: 'judge needs supported, contradicted or not-known in verdict',
    may: ['claim'],
    record: true,
  },
  publish: {
    summary: 'publish the post-mortem of an incident, or amend the one that is published',
    needs: ['body'],
    lacks: 'publish needs the text in body',
    record: true,
  },
  withdraw: { summary: 'take the post-mortem back from the public page', needs: [], record: true },
  action: {
    summary: 'write down what shall be done so that it does not happen again',
    needs: ['text'],
    lacks: 'action needs what shall be done, in text',
    may: ['person', 'until', 'timeZone'],
    record: true,
  },
  done: {
    summary: 'say that an action is done',
    needs: ['action'],
    lacks: 'done needs its id in action',
    record: true,
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
  source?: string
  about?: string
  claim?: string
  verdict?: string
  body?: string
  action?: string
  said?: string
  /** say: the same words in other languages, by tag. */
  translations?: Record<string, string>
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
