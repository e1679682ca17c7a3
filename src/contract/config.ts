import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from './one-of.js'
import { CLOCKS, type Clock } from './view.js'
import { LABEL_VALUE_CHARS, SCOPE_VALUES, SERVICE_CHARS, TITLE_CHARS, TOKENS, TOPOLOGY_NODES } from './limits.js'

// The configuration file, once: this schema checks it, types it and is what `epicenter check` explains.

const Id = (chars: number) => Type.String({ minLength: 1, maxLength: chars })
const Title = Type.String({ minLength: 1, maxLength: TITLE_CHARS })

const Component = Type.Object(
  { id: Id(LABEL_VALUE_CHARS), name: Title, dependsOn: Type.Optional(Type.Array(Id(LABEL_VALUE_CHARS))) },
  { additionalProperties: false },
)

const Dependency = Type.Object(
  {
    id: Id(LABEL_VALUE_CHARS),
    name: Title,
    service: Type.Optional(Id(SERVICE_CHARS)),
    dependsOn: Type.Optional(Type.Array(Id(LABEL_VALUE_CHARS))),
  },
  { additionalProperties: false },
)

/** Codes that people quote from error pages (`LHR`), with the cell that serves them. */
const Edge = Type.Object(
  {
    cell: Id(LABEL_VALUE_CHARS),
    codes: Type.Array(Id(LABEL_VALUE_CHARS), { minItems: 1, maxItems: SCOPE_VALUES }),
  },
  { additionalProperties: false },
)

const Service = Type.Object(
  {
    id: Id(SERVICE_CHARS),
    title: Type.Optional(Title),
    components: Type.Optional(Type.Array(Component)),
    dependsOn: Type.Optional(Type.Array(Dependency)),
    edges: Type.Optional(Type.Array(Edge, { maxItems: TOPOLOGY_NODES })),
  },
  { additionalProperties: false },
)

/** Where readers find it: a site, or a path under one. */
const PublicUrl = Type.String({ pattern: '^https?://[^\\s/?#@]+(?:/[^\\s?#]*)?$', maxLength: 300 })
/** What a token allows: sending signals, giving orders, reading where reading needs one. */
export const TOKEN_SCOPES = ['signals', 'commands', 'read'] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]

/** A token beside those of `epicenter token`, for who keeps secrets elsewhere. */
const Token = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$' }),
    secret: Type.String({ pattern: '^\\S{20,200}$' }),
    scopes: Type.Array(oneOf(TOKEN_SCOPES), { minItems: 1, maxItems: TOKEN_SCOPES.length }),
    /** Whose ids it sends; its own name, if not given. */
    namespace: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$' })),
    /** The only services it may speak of. */
    services: Type.Optional(Type.Array(Id(SERVICE_CHARS), { minItems: 1, maxItems: 500 })),
  },
  { additionalProperties: false },
)

/** Statuspage's words that may stand for `unknown` where clients do not know it. */
export const UNKNOWN_AS = ['degraded_performance', 'operational'] as const
/** When a proof of work is asked for: while a service is under attack, or never. */
export const CHALLENGES = ['auto', 'off'] as const

/** `statuspage`: for subscribers who read the webhooks of Statuspage. */
const Webhook = Type.Object(
  {
    kind: Type.Union([Type.Literal('webhook'), Type.Literal('statuspage')]),
    url: Type.String({ pattern: '^https?://' }),
    /** `whsec_` and base64, as Standard Webhooks writes secrets. */
    secret: Type.String({ pattern: '^(whsec_)?[A-Za-z0-9+/=]{24,}$' }),
    /** statuspage: the page they read; the first, if not given. */
    page: Type.Optional(Id(50)),
  },
  { additionalProperties: false },
)

/** A service, or `service/component`. */
const Ref = Type.String({ minLength: 1, maxLength: SERVICE_CHARS + 1 + LABEL_VALUE_CHARS })
/** Part of an address. */
const Slug = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$' })
const TimeZone = Type.String({ minLength: 1, maxLength: 60 })
const Text = Type.String({ maxLength: 4_000 })

const Group = Type.Object(
  {
    name: Title,
    description: Type.Optional(Text),
    components: Type.Array(Ref, { minItems: 1, maxItems: 500 }),
  },
  { additionalProperties: false },
)

const StatusPage = Type.Object(
  {
    id: Slug,
    title: Type.Optional(Title),
    description: Type.Optional(Text),
    /** Where readers find it; this address shows this page first. */
    url: Type.Optional(PublicUrl),
    /** A picture beside this file, served from here. */
    logo: Type.Optional(Type.String({ pattern: '\\.(svg|png|webp|jpg|jpeg)$', maxLength: 500 })),
    timeZone: Type.Optional(TimeZone),
    services: Type.Optional(Type.Array(Id(SERVICE_CHARS), { minItems: 1, maxItems: 500 })),
    groups: Type.Optional(Type.Array(Group, { minItems: 1, maxItems: 200 })),
    /** What clients that do not know `unknown` are told. */
    unknownAs: Type.Optional(oneOf(UNKNOWN_AS)),
  },
  { additionalProperties: false },
)

const Maintenance = Type.Object(
  {
    id: Slug,
    title: Title,
    text: Type.Optional(Text),
    /** ISO 8601; without an offset it is the wall clock of `timeZone`. */
    starts: Type.String({ minLength: 10, maxLength: 40 }),
    minutes: Type.Integer({ minimum: 1, maximum: 20_160 }),
    rrule: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    timeZone: Type.Optional(TimeZone),
    /** How long before its start it is shown. */
    announceDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 366 })),
    components: Type.Array(Ref, { minItems: 1, maxItems: 500 }),
    /** Tell notifiers of trouble that begins inside the window too. */
    alarms: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

export const ConfigSchema = Type.Object(
  {
    title: Type.Optional(Title),
    clock: Type.Optional(oneOf(CLOCKS)),
    data: Type.Optional(Type.String({ minLength: 1 })),
    host: Type.Optional(Type.String({ minLength: 1 })),
    /** Where readers find this server, as proxies show it. */
    url: Type.Optional(PublicUrl),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    /** Addresses and ranges of proxies of ours: only what they say of the visitor's address is believed. */
    proxies: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { maxItems: 1_000 })),
    /** Header in which those proxies write the number of the visitor's network (ASN). */
    asnHeader: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]{1,60}$' })),
    /** Header in which they write the visitor's country, such as CF-IPCountry. */
    countryHeader: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]{1,60}$' })),
    /** A proof of work for reports while they are under attack. */
    challenge: Type.Optional(oneOf(CHALLENGES)),
    /** Whom a push service may ask about messages to browsers. */
    contact: Type.Optional(Type.String({ pattern: '^(mailto:\\S+@\\S+|https://\\S+)$', maxLength: 200 })),
    falseAlarmsPerMonth: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000 })),
    services: Type.Optional(Type.Array(Service)),
    notifiers: Type.Optional(Type.Array(Webhook, { maxItems: 20 })),
    /** Reading too needs a token, with the scope `read`. */
    private: Type.Optional(Type.Boolean()),
    tokens: Type.Optional(Type.Array(Token, { maxItems: TOKENS })),
    pages: Type.Optional(Type.Array(StatusPage, { minItems: 1, maxItems: 50 })),
    maintenance: Type.Optional(Type.Array(Maintenance, { maxItems: 200 })),
    keep: Type.Optional(
      Type.Object(
        {
          /** Below three days the log would not hold the de-duplication horizon. */
          logDays: Type.Optional(Type.Number({ minimum: 3 })),
          rollupDays: Type.Optional(Type.Number({ minimum: 1 })),
          factDays: Type.Optional(Type.Number({ minimum: 1 })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

/** One thing wrong with a configuration file. */
export interface Finding {
  /** Where, as in `services[0].id`; empty for the file as a whole. */
  path: string
  /** What is asked, as the end of a sentence that begins with "expected". */
  rule: string
  value: string
}

/** What the file says. */
export type ConfigFile = Static<typeof ConfigSchema>
export type TokenConfig = Static<typeof Token>
export type NotifierConfig = Static<typeof Webhook>
export type MaintenanceConfig = Static<typeof Maintenance>
/** A status page with its defaults; what was not given is null. */
export interface StatusPageConfig {
  id: string
  title: string
  description: string | null
  url: string | null
  logo: string | null
  timeZone: string
  /** Null: all. */
  services: string[] | null
  /** Null: one for each service. */
  groups: Static<typeof Group>[] | null
  unknownAs: (typeof UNKNOWN_AS)[number]
}

/** What the server runs on: the file with every default filled in. */
export interface Config {
  title: string
  clock: Clock
  data: string
  host: string
  port: number
  /** Where readers find this server, without a slash at its end; null: as they ask. */
  url: string | null
  /** Checked: each is an address or a range. */
  proxies: string[]
  asnHeader: string | null
  countryHeader: string | null
  contact: string | null
  challenge: (typeof CHALLENGES)[number]
  falseAlarmsPerMonth: number
  services: {
    id: string
    title: string
    components: Static<typeof Component>[]
    dependsOn: Static<typeof Dependency>[]
    edges?: Static<typeof Edge>[]
  }[]
  notifiers: NotifierConfig[]
  tokens: TokenConfig[]
  private: boolean
  /** At least one; the first is at `/status`. */
  pages: StatusPageConfig[]
  maintenance: MaintenanceConfig[]
  keep: { logMs: number; rollupsMs: number; factsMs: number }
  /** The built-in demonstration. */
  demo: boolean
}
