import type { PermanentError, RefusedError, TransientError } from './error.js'
import type { Following, FollowOptions, ListenAt, Listening, Stop } from './outside/listening.js'
import type { Notifier } from './notifier.js'
import type { Channel } from './subscribers/subscriber.js'
import type { Log, Store } from './ports.js'
import type { Self } from './outside/self.js'
import type { Held, SharedOf } from './sharing/sharing.js'
import type { Start } from './outside/start.js'
import type { Mapped, Received, Taken } from './received.js'
import type { EpochMs } from './time.js'

export type { Answers, Start } from './outside/start.js'
export type { Stop } from './outside/listening.js'
export type { Mapped } from './received.js'

/** What a plug-in can be. The folder `src/plugin/<kind>` is the registry: one file each, one default export. */
export const PLUGIN_KINDS = ['source', 'receiver', 'probe', 'notifier', 'bus', 'store'] as const
export type PluginKind = (typeof PLUGIN_KINDS)[number]

/**
 * A JSON Schema (TypeBox writes them, and so may anybody by hand): what the configuration file may say under the plug-in's
 * name. Beside the usual keywords: `writeOnly: true` marks a secret, which is never repeated; `default` is filled in;
 * `role` says what a text refers to (see {@link TextRole}).
 */
export type ConfigSchema = Readonly<Record<string, unknown>>

/**
 * `path`: a file, relative to the configuration file. `program`: one of this machine that is run, which no server names for another
 * machine. Both are named by that file alone, never by a form of the console. `page`, `service`: the id of one that stands in that file.
 */
export const TEXT_ROLES = ['path', 'program', 'page', 'service'] as const
export type TextRole = (typeof TEXT_ROLES)[number]

/** One thing wrong with settings that a schema cannot say. */
export interface Fault {
  /** Where in the settings, as in `headers[0].name`. */
  path: string
  /** What is asked. */
  rule: string
  /** What is there; nothing that may be a secret. */
  value: string
}

/** How long each part of a question to the network took, in milliseconds; what did not happen is absent. */
export interface Phases {
  /** The name was looked up. */
  lookup?: number
  /** The connection was made. */
  connect?: number
  /** TLS was agreed on. */
  tls?: number
  /** From the question sent to the first byte of the answer. */
  firstByte?: number
  /** Everything up to now; for `fetch` up to the head of the answer, and to its end once the body was read. */
  total: number
}

export interface FetchInit {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** `follow`: at most five redirects, each checked anew. `manual`, the default: a redirect is the answer. */
  redirect?: 'manual' | 'follow'
  signal?: Stop
  /** For the whole of it; 30 seconds, if not given. With `stream` for the head alone. */
  timeoutMs?: number
  /** Bytes of the answer at most, unpacked; 8 MiB, if not given. More is an error. */
  maxBytes?: number
  /** The body goes on for as long as it likes, read by `chunks()`. */
  stream?: boolean
  /** Certificates (PEM) that are believed instead of those that the machine believes. */
  ca?: string
}
export interface Fetched {
  ok: boolean
  status: number
  /** Of the last redirect that was followed. */
  url: string
  headers: { get(name: string): string | null }
  /** Filled in as it goes. */
  phases: Phases
  /** When the certificate of the other side ends; absent without TLS. */
  certificateUntil?: EpochMs
  text(): Promise<string>
  bytes(): Promise<Uint8Array>
  /** The body as it comes, unpacked. */
  chunks(): AsyncIterable<Uint8Array>
  /** Reads no more of it. */
  cancel(): Promise<void>
}

export interface ConnectTo {
  host: string
  port: number
  /** Speaks TLS from the first byte; `alpn`: protocols offered. `check: false` looks at a certificate without believing it. */
  tls?: { alpn?: string[]; check?: boolean } | true
  timeoutMs?: number
  signal?: Stop
}
/** What both sides agreed on, and the certificate of the other one; `problem`: why it is not believed. */
export interface Certified {
  protocol: string
  alpn: string | null
  certificateUntil: EpochMs
  subject: string
  problem: string | null
}
/** A connection that was made. */
export interface Connection extends AsyncDisposable {
  /** The address that the name stood for, as it was connected to. */
  address: string
  phases: Phases
  /** Present with TLS. */
  tls?: Certified
  write(bytes: Uint8Array | string): Promise<void>
  /** Speaks TLS from here on, as STARTTLS has it; only while nobody reads `chunks()`. Fills in `tls`. @throws like `connect` */
  secure(tls: Exclude<ConnectTo['tls'], undefined>): Promise<void>
  /** What the other side says, until it ends. */
  chunks(): AsyncIterable<Uint8Array>
}

export interface DatagramTo {
  host: string
  port: number
  bytes: Uint8Array
  /** Whether a datagram is the answer to it; anything else that comes is passed over. */
  answers(bytes: Uint8Array): boolean
  /** 5 seconds, if not given. */
  timeoutMs?: number
  signal?: Stop
}

/**
 * Everything a plug-in may reach of the outside. Names are looked up once, what they stand for is checked, and that
 * is what is connected to: a name cannot be one thing when asked and another when used. Addresses that are not public are
 * refused unless the configuration allows them (`allowPrivate`). Tests hand in their own.
 */
export interface PluginEnv {
  now(): EpochMs
  /** Resolves early when `stop` is aborted. */
  sleep(ms: number, stop?: Stop): Promise<void>
  /** Text of a file that the configuration names, 64 MiB at most. */
  readText(path: string): Promise<string>
  /** @throws TransientError without an answer, PermanentError for an address that is not allowed */
  fetch(url: string, init?: FetchInit): Promise<Fetched>
  /** A connection by TCP, or TLS. @throws like `fetch` */
  connect(to: ConnectTo): Promise<Connection>
  /** Sends one datagram (UDP) and gives what answers it. @throws like `fetch` */
  datagram(to: DatagramTo): Promise<{ bytes: Uint8Array; address: string; phases: Phases }>
  /** Addresses of a name that may be connected to. @throws like `fetch` */
  lookup(host: string): Promise<string[]>
  /** Lines of a file that grows and rotates, of a pipe, or of what is piped into this process (`-`). */
  follow(path: string, options?: FollowOptions): Promise<Following>
  /** Opens a port. @throws TransientError where it is taken, PermanentError for an address that this machine does not have */
  listen(at: ListenAt): Promise<Listening>
  /** Who this is among other instances; absent in trials. */
  self?: Self
  /** What a short public text says, by the rules that judge posts without `bad`: `complaint`, `question`, `other` and so on. */
  says(text: string): string
  /** For an operator: one line, now and then. */
  log(level: 'info' | 'warn' | 'error', what: string, detail?: Record<string, unknown>): void
  /** For modules that cannot import them from here. */
  errors: {
    PermanentError: typeof PermanentError
    TransientError: typeof TransientError
    RefusedError: typeof RefusedError
  }
}

export interface Plugin<Kind extends PluginKind, Config, Opened> {
  kind: Kind
  /** As the configuration file writes it; equals the file's name. */
  name: string
  /** One line for `--help` and the documentation. */
  summary: string
  config: ConfigSchema
  /** Rules that a schema cannot say, about settings that have passed it. Asks nothing of the outside. */
  check?(config: Config): readonly Fault[]
  /** Absent: `epicenter init` does not offer it. */
  start?: Start
  /**
   * What would become of a sample of what a source reads, for `epicenter map`; a receiver is asked itself. Keeps nothing, and asks
   * nothing of the outside. @throws TransientError, PermanentError as the source would
   */
  map?(config: Config, sample: Uint8Array, env: PluginEnv): Mapped | Promise<Mapped>
  /** Where nothing is said: whether it may connect to addresses that are not public. Absent: it may not. */
  allowPrivate?: boolean
  /** A source whose ids are of one space for all its uses: what comes by two ways counts once. */
  oneSpace?: boolean
  /** A notifier that is to be given {@link Delivery.status}; its settings may name a `page`. */
  wantsStatus?: boolean
  /** A notifier that subscribers may be told by. */
  subscribers?: Subscribing
  /** A bus or store: it ends with the process and is open once; for tests and trials, never for a server. */
  fleeting?: boolean
  /** A bus or store that several processes may share. */
  shared?(config: Config, env: PluginEnv): Promise<SharedOf<Kind>>
  /** A bus or store whose data are a file of the data folder. */
  files?: Files
  /** `config` has passed the schema. @throws PermanentError when it can never work, TransientError when later may do. */
  open(config: Config, env: PluginEnv, ...place: PlaceOf<Kind>): Promise<Opened>
}

/** How a notifier tells subscribers, who stand in no configuration. */
export interface Subscribing {
  channel: Channel
  /** A text as an address of this kind, in the one form in which it is kept; null: it is none. */
  addressIn(text: string): string | null
  /** What it is opened with for one subscriber. Absent: it is configured, and opened it has `tellOne`. */
  settings?(to: { address: string; secret: string }): Record<string, unknown>
}

/** A bus and a store are told where they are; others have no use for it. */
export type PlaceOf<Kind extends PluginKind> = Kind extends 'bus' | 'store' ? [place: Place] : []

/** What of a bus or a store the configuration cannot know. */
export interface Place {
  /** Path of the one file in the data folder that it may keep, with others beside it under its name and an ending. */
  file: string
  /** A second one that only reads. */
  readonly?: boolean | undefined
  /** Of a store in a server, which only reads: all that is read is as of one moment, while others write. */
  atOnce?: boolean | undefined
  /** Of a store that is shared: by which lease this one writes. */
  as?: Held | undefined
  /** Pages of the file at most: tests of a full disk. */
  maxPages?: number | undefined
}

/** What backup, restore, check and the demonstration need of a bus or store in a file, beside opening it. */
export interface Files {
  /** The workspace that it says it belongs to; null for one that holds nothing yet, `unnamed` for one of before names. */
  workspaceIn(file: string): Promise<string | null>
  /** A copy as of one moment, whole in itself, also while others write. `copy` must not exist. */
  copy(file: string, copy: string): Promise<void>
  /**
   * Whether its schema is the present one, an older one that opening would bring forward, or none (`empty`); and of one
   * that is not the present, what is wrong with it as sentences. @throws PermanentError when it is newer
   */
  ageOf(file: string): Promise<{ age: 'present' | 'older' | 'empty'; faults: string[] }>
}

/** What a source hands over at once: signals as the wire has them (docs/signals.md). */
export interface Batch {
  /** As JSON values; each passes the same rules as everybody's. */
  signals: readonly unknown[]
  /**
   * Counts of the past, as `POST /api/v1/past` takes them, from which usual levels are learned before the signals are taken.
   * What breaks a rule or was known is passed over.
   */
  past?: readonly unknown[]
  /** Where to go on after a restart; kept once the signals are taken, at most SOURCE_STATE_BYTES as JSON. */
  state?: unknown
  /** How far behind the outside it is, of a stream; milliseconds. */
  lagMs?: number
  /** What of several could not be read, and why; told as its last error, while the rest is taken. */
  unread?: string
  /** There will be no more, ever. */
  done?: boolean
}

/**
 * Turns the outside into signals, for as long as it is let. It has one of two methods: `poll`, if it is to be asked again and
 * again, or `read`, if it listens.
 */
export interface Source extends AsyncDisposable {
  /** Until `poll` is asked again, read after each answer, so that it may change; milliseconds. A minute, if not given. */
  everyMs?: number
  /** Not heard of for so long, it is stale. Five minutes, or three times `everyMs`, if not given. */
  staleMs?: number
  /** `state`: of the last batch that was taken, in this life or an earlier one; undefined before the first. */
  poll?(state: unknown, stop: Stop): Promise<Batch>
  /**
   * Batches until it is stopped; an empty one says that it is alive. The next is asked for once the last was taken and is
   * durable, so what follows a `yield` may acknowledge it. Ending by itself, without `done`, counts as a failure.
   */
  read?(stop: Stop, state: unknown): AsyncIterable<Batch>
}

/** Turns what others send, in their own words, into signals. Mounted under a path of its own. */
export interface Receiver extends AsyncDisposable {
  /** Methods that it answers; `POST` alone, if not given. */
  methods?: readonly ('GET' | 'POST')[]
  /** Bytes of a body at most, unpacked; ARRAY_BYTES, if not given or more. */
  maxBytes?: number
  /** Content encodings that it unpacks itself, and bounds; in small letters. Others than gzip are refused for it. */
  unpacks?: readonly string[]
  /**
   * Present where it knows its senders by a secret of its own: whether this is one. Where it is absent a token with the
   * scope `signals` is asked for.
   */
  trusts?(request: Received): boolean | Promise<boolean>
  take(request: Received): Taken | Promise<Taken>
}

/**
 * How what is looked at is. `degraded`: it does what it should, too slowly, not at the first try, or with something lacking.
 * `unknown`: nobody could tell; no word on what is looked at.
 */
export const PROBE_OUTCOMES = ['ok', 'degraded', 'bad', 'unknown'] as const
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number]

/** What one look at something gave. */
export interface Checked {
  outcome: ProbeOutcome
  /** What was wrong, for people; without secrets. */
  why?: string
  phases?: Phases
  /** Further numbers for people, by names with their unit, such as `daysLeft`. */
  figures?: Readonly<Record<string, number>>
  /** Labels of the check signal, beside those of the configuration. */
  labels?: Record<string, string>
  /** What to go on from after a restart, at most SOURCE_STATE_BYTES as JSON; as it was, if not given. */
  state?: unknown
}

/**
 * Looks at one thing when it is asked. What it finds, good or bad, is its answer; an error means that it could not tell, and
 * is never taken for a failure of what it looks at.
 */
export interface Probe extends AsyncDisposable {
  /** `state`: what the last look that gave one left, in this life or an earlier one; undefined before the first. */
  check(stop: Stop, state?: unknown): Promise<Checked>
  /** Present where others call it: it is mounted like a receiver, at `/in/ID`. */
  hears?: Receiver
}

/** One try of a look. */
export interface Try {
  outcome: ProbeOutcome
  why: string | null
  /** Milliseconds of each part. */
  phases: Readonly<Record<string, number>> | null
}

/** The last look of a probe. */
export interface Look {
  outcome: ProbeOutcome
  why: string | null
  /** In their order; more than one where the first was not well. */
  tries: readonly Try[]
  figures: Readonly<Record<string, number>> | null
}

/** `stale`: not heard of for longer than usual. `unknown`: never, for much longer, or it has stopped. Never a word on what it watches. */
export const INPUT_HEALTHS = ['ok', 'stale', 'unknown'] as const
export type InputHealth = (typeof INPUT_HEALTHS)[number]

/** What brings signals by itself. */
export const INPUT_KINDS = ['source', 'receiver', 'probe'] as const satisfies readonly PluginKind[]

/** How a source, a receiver or a probe is. */
export interface InputStatus {
  kind: (typeof INPUT_KINDS)[number]
  /** Of this use of it, among those of its kind. */
  id: string
  /** Its plug-in. */
  use: string
  health: InputHealth
  /** `starting` before its first turn; `waiting` between two; `retrying` after a failure; `stopped` for good; `ended` by itself. */
  state: InputState
  /** When it was last heard of, and how long ago that is; null: never. */
  heardAt: EpochMs | null
  ageMs: number | null
  /** Signals taken a minute, over the last five. */
  perMinute: number
  accepted: number
  duplicate: number
  /** Signals that were refused, by the rule that they break. */
  rejected: Readonly<Record<string, number>>
  /** Messages that were understood and say nothing of use here, by the reason. */
  ignored: Readonly<Record<string, number>>
  failures: number
  lastError: { at: EpochMs; why: string } | null
  /** How far behind the outside a stream was when it was last heard of, milliseconds; null: it does not say. */
  lagMs: number | null
  /** How long each part of the last try took, of a probe; milliseconds. */
  phases: Readonly<Record<string, number>> | null
  /** The last look of a probe; null before it, and of others. */
  look: Look | null
  /** The use of the configuration whose target this is; null: it is none of several. */
  of: string | null
  /** Where a probe looks from; null: it is no probe, or no place is named. */
  place: string | null
}

export const INPUT_STATES = ['starting', 'running', 'waiting', 'retrying', 'stopped', 'ended'] as const
export type InputState = (typeof INPUT_STATES)[number]

/** What opening a plug-in gives, by kind. */
export type OpenedOf = { source: Source; receiver: Receiver; probe: Probe; notifier: Notifier; bus: Log; store: Store }

export type PluginOf<Kind extends PluginKind> = Plugin<Kind, never, OpenedOf[Kind]>

/** Names the types of a plug-in; returns it unchanged. */
export function plugin<Kind extends PluginKind, Config, Opened>(
  it: Plugin<Kind, Config, Opened>,
): Plugin<Kind, Config, Opened> {
  return it
}
