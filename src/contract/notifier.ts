import type { EventName, IncidentEvent, IncidentKind, Severity } from './incident.js'
import type { Language } from './people.js'
import type { Verb } from './order.js'
import type { Received } from './received.js'

/** How an incident stands at a message. */
export type MessageState = Exclude<EventName, 'updated'>

/** One thing that is known of an incident, in the words of the reader. */
export interface MessageFact {
  /** What it is about, as `Affected`. */
  label: string
  text: string
  /** For the team alone: suspects, and who has it. Nobody else is sent such a fact. */
  team?: true
}

/** One step of an incident, as it was told. */
export interface MessageStep {
  /** ISO 8601 UTC. */
  at: string
  text: string
}

/**
 * What people are told of an incident at one of its events: all words, in one language, as plain text. A notifier puts them into
 * its receiver's shape and invents none.
 */
export interface Message {
  language: Language
  direction: 'ltr' | 'rtl'
  /** The incident's one name, as pages have it; one line. */
  name: string
  /** How it stands and what fails; one line, with no full stop. */
  subject: string
  /** Whole sentences that are fit for everybody; of what a machine or a person said last. */
  says: readonly string[]
  /** What, where, since when, who is fine, suspects with their state, who has it. */
  facts: readonly MessageFact[]
  /** Sentences and facts as one text for the team, a line each, without links. */
  text: string
  /** Null where it leads nowhere: a page nobody has. */
  links: { page: string | null; room: string | null }
  /** What the links are called. */
  words: { page: string; room: string; soFar: string; unsubscribe: string; digest: string; ack: string }
  severity: Severity
  kind: IncidentKind
  state: MessageState
  /** ISO 8601 UTC. */
  startedAt: string
  /** Who said last that they look at it and who has it, by its time; null: nobody. */
  acknowledged: string | null
  assignee: string | null
  /** Steps up to this one, oldest first, the newest MESSAGE_STEPS. */
  soFar: readonly MessageStep[]
}

/** What a notifier is told: one committed event of an incident, with what holds at it. */
export interface Delivery {
  /** The same for every attempt, so that a receiver can count it once. */
  id: string
  event: IncidentEvent
  /** Title of the service. */
  title: string
  message: Message
  /** What was {@link Answered.thread} for an earlier message of this incident; absent: none was, or it is no longer known. */
  thread?: string
  /** Nothing has happened: somebody tries whether messages come through. */
  test?: true
  /** The same in the shape of Statuspage's webhooks, one message each, for a notifier of that kind. */
  status?: readonly object[]
}

/** What a receiver answered to a message that it took. */
export interface Answered {
  /** What it calls the conversation of this incident, THREAD_CHARS at most: given back with later messages of it, also after a restart. */
  thread?: string
  /** In its own words, for somebody who tries it; without secrets. */
  said?: string
}

/** Tells somebody outside. @throws TransientError to be tried again, RefusedError when it is this message that is not taken, PermanentError to give this one up. */
export interface Notifier extends AsyncDisposable {
  tell(delivery: Delivery): Promise<Answered | void>
  /** Present where messages are gathered: then they are told by this, and {@link Notifier.tell} is for tests alone. */
  gathering?: Gathering | undefined
  /** Tells one subscriber of one thing or several, oldest first, in one message. @throws like {@link Notifier.tell}; AddressError when it is about their address */
  tellOne?(to: ToSubscriber, deliveries: readonly Delivery[]): Promise<Answered | void>
  /** Present where its readers answer by buttons: what its receiver sends to `/api/v1/notifiers/ID/pressed`. It knows its sender by a secret of its own. */
  hears?: ((request: Received) => Heard) | undefined
}

/**
 * What a notifier made of what its receiver sent. `nothing`: understood, and no wish; `refused`: not from the receiver, too old, known
 * already, or not understood. That is no answer to a person, for nobody can tell whose it would be.
 */
export type Heard =
  | { pressed: Pressed }
  | { nothing: string }
  | { refused: { status: number; rule: string; message: string; value?: string } }

/** A person pressed a button of a message. Both ways of answering try once and never fail: the command stands without them. */
export interface Pressed {
  verb: Verb
  incident: string
  /** The name by which they sign in here; null: the settings name nobody for them. */
  person: string | null
  /** What the receiver calls them. */
  who: string
  /** Goes on record as the reason of the command. */
  why: string
  /** Tells it to them alone. */
  tell(text: string): Promise<void>
  /** Shows it to all who read the message, in place of the button. */
  show(text: string): Promise<void>
}

/** Tells of several messages at once. @throws like {@link Notifier.tell} */
export interface Gathering {
  /** What comes within so long of the first is told with it. */
  forMs: number
  /** Oldest first, at least one; the same again where it was not taken. */
  tell(deliveries: readonly Delivery[]): Promise<Answered | void>
}

/** A subscriber, as a notifier is given one who stands in no configuration. */
export interface ToSubscriber {
  address: string
  /** Where they leave by one click (RFC 8058); null in what asks them to confirm. */
  leave: string | null
  /** Where they choose what they hear of. */
  manage: { words: string; url: string } | null
}
