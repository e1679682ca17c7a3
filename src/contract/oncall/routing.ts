import { type Static, Type } from '@sinclair/typebox'
import { INCIDENT_KINDS, type IncidentEvent, SEVERITIES } from '../incident.js'
import { LABEL_VALUE_CHARS, SERVICE_CHARS, TITLE_CHARS } from '../limits.js'
import { oneOf } from '../one-of.js'
import { ALERT_SEVERITIES } from '../signal.js'
import type { EpochMs } from '../time.js'

// Who is on call, and which message goes to whom: the parts of the configuration file and what is decided by them.

const Name = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$' })
const Service = Type.String({ minLength: 1, maxLength: SERVICE_CHARS })
const TimeOfDay = Type.String({ pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$' })
const TimeZone = Type.String({ minLength: 1, maxLength: 60 })
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
export type Weekday = (typeof WEEKDAYS)[number]
/** What a rota goes by: turns of so many weeks or days. */
export const TURNS = ['weeks', 'days'] as const

const Responder = Type.Object(
  {
    id: Name,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: TITLE_CHARS })),
    /** Notifiers that reach them. */
    tell: Type.Array(Name, { minItems: 1, maxItems: 10 }),
    /** From then on they are on call no more, and their turns go to the next one. */
    leaves: Type.Optional(Type.String({ minLength: 10, maxLength: 40 })),
  },
  { additionalProperties: false },
)

/** Hours of the week; without days all, without times the whole day. Past midnight where `until` is not after `from`. */
const Hours = Type.Object(
  {
    days: Type.Optional(Type.Array(oneOf(WEEKDAYS), { minItems: 1, maxItems: 7 })),
    from: Type.Optional(TimeOfDay),
    until: Type.Optional(TimeOfDay),
    timeZone: Type.Optional(TimeZone),
  },
  { additionalProperties: false },
)

const Layer = Type.Object(
  {
    /** First handover, by the wall clock of the rota's zone; the later ones are at the same time of day. */
    starts: Type.String({ minLength: 10, maxLength: 40 }),
    every: Type.Optional(Type.Integer({ minimum: 1, maximum: 52 })),
    turns: Type.Optional(oneOf(TURNS)),
    people: Type.Array(Name, { minItems: 1, maxItems: 200 }),
    /** On call in these hours alone, by the rota's zone. */
    hours: Type.Optional(Hours),
  },
  { additionalProperties: false },
)

const Rota = Type.Object(
  {
    id: Name,
    title: Type.Optional(Type.String({ minLength: 1, maxLength: TITLE_CHARS })),
    timeZone: Type.Optional(TimeZone),
    /** A later one stands above an earlier one. */
    layers: Type.Array(Layer, { minItems: 1, maxItems: 20 }),
  },
  { additionalProperties: false },
)

const Labels = Type.Record(
  Type.String({ minLength: 1, maxLength: 60 }),
  Type.Array(Type.String({ minLength: 1, maxLength: LABEL_VALUE_CHARS }), { minItems: 1, maxItems: 100 }),
)

const Match = Type.Object(
  {
    service: Type.Optional(Type.Array(Service, { minItems: 1, maxItems: 500 })),
    severity: Type.Optional(Type.Array(oneOf(SEVERITIES), { minItems: 1, maxItems: 3 })),
    kind: Type.Optional(Type.Array(oneOf(INCIDENT_KINDS), { minItems: 1, maxItems: 6 })),
    labels: Type.Optional(Labels),
    during: Type.Optional(Hours),
  },
  { additionalProperties: false },
)

const Step = Type.Object(
  {
    afterMinutes: Type.Integer({ minimum: 0, maximum: 1_440 }),
    rota: Type.Optional(Name),
    tell: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 20 })),
  },
  { additionalProperties: false },
)

const Route = Type.Object(
  {
    id: Type.Optional(Name),
    match: Type.Optional(Match),
    /** Notifiers that hear of it. */
    tell: Type.Optional(Type.Array(Name, { maxItems: 50 })),
    /** Who is told besides while nobody says that they look at it. */
    escalate: Type.Optional(Type.Array(Step, { minItems: 1, maxItems: 20 })),
    /** Tells again while nobody does. */
    repeatMinutes: Type.Optional(Type.Integer({ minimum: 5, maximum: 1_440 })),
    /** Milder incidents than this wait until these hours are over. */
    quiet: Type.Optional(
      Type.Composite(
        [Hours, Type.Object({ below: Type.Optional(oneOf(SEVERITIES)) }, { additionalProperties: false })],
        { additionalProperties: false },
      ),
    ),
    /** So long is waited for what stands behind it. */
    waitMinutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 30 })),
    /** Alerts of other rules than Epicenter's from this severity on, where nothing measured speaks for them. */
    alerts: Type.Optional(oneOf(ALERT_SEVERITIES)),
    /** Alerts that have these labels in common are one. */
    group: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 60 }), { maxItems: 10 })),
    /** Later routes hear of it as well. */
    goOn: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

export const RespondersSchema = Type.Array(Responder, { maxItems: 1_000 })
export const RotasSchema = Type.Array(Rota, { maxItems: 200 })
export const RoutesSchema = Type.Array(Route, { maxItems: 200 })
export type ResponderConfig = Static<typeof Responder>
export type HoursConfig = Static<typeof Hours>
export type RotaConfig = Static<typeof Rota>
export type RouteConfig = Static<typeof Route>
export type StepConfig = Static<typeof Step>

/** Somebody else is on call from one moment to another: a swap, or cover. The newest that holds stands above all. */
export interface Override {
  id: string
  rota: string
  person: string
  from: EpochMs
  until: EpochMs
  by: string
  why: string
  /** When it was said. */
  at: EpochMs
  /** Only instead of this person, where they would be on call. */
  instead?: string
  /** It counts no more, and stays on the record. */
  takenBack?: { by: string; at: EpochMs }
}

/** Why somebody is told, or is not. */
export const REASONS = [
  'news',
  'escalated',
  'repeated',
  'catch-up',
  'over',
  'evidence',
  'severity',
  'not-news',
  'muted',
  'planned',
  'no-route',
  'root',
  'waiting',
  'quiet-hours',
  'over-before',
  'nobody-told',
  'nobody-on-call',
  'acknowledged',
  'explained',
  'grouped',
  'flaps',
  'healed',
  'deploy',
  'level',
  'mild',
] as const
export type Reason = (typeof REASONS)[number]

/** One decision of the router, with its reason. */
export interface Decision {
  at: EpochMs
  /** The incident; of an alert that no incident explains `alert:` and what groups it. */
  about: string
  service: string
  /** Which route decided; null: none was asked. */
  route: string | null
  /** Notifiers that are told, or would have been. */
  to: string[]
  told: boolean
  reason: Reason
  /** The same as a sentence. */
  because: string
  /** Event of the incident. */
  seq?: number
  /** Which alert, and when it began. */
  thread?: string
  since?: EpochMs
  /** Told within the message about this incident. */
  within?: string
}

/** What a notifier is to be told. */
export interface RoutedMessage {
  to: string
  /** Of messages about one event; they differ in it. Empty: the first. */
  suffix: string
  event: IncidentEvent
  /** Stands before the service's title. */
  title?: string
}
