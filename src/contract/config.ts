import { type Static, Type } from '@sinclair/typebox'
import type { Severity } from './incident.js'
import { LANGUAGE_TAGS, type Language } from './people.js'
import { oneOf } from './one-of.js'
import {
  type ResponderConfig,
  RespondersSchema,
  type RotaConfig,
  RotasSchema,
  type RouteConfig,
  RoutesSchema,
} from './oncall/routing.js'
import { type Rewording, UpdatesSchema } from './oncall/updates.js'
import { type Verb, VERBS } from './order.js'
import { AllowPrivate, type PagePrivate, PagePrivateSchema, type SignInConfig, SignInSchema } from './access/sign-in.js'
import { type TracingFile, TracingSchema } from './outside/tracing.js'
import { type SubscribersConfig, SubscribersSchema } from './subscribers/config.js'
import { type Exposure, ExposureSchema, type GeoipConfig, GeoipSchema } from './outside/where.js'
import { NODE_KINDS } from './topology.js'
import { CLOCKS, type Clock } from './view.js'
import {
  LABEL_VALUE_CHARS,
  PROBE_PLACES,
  PROBE_TARGETS,
  SCOPE_VALUES,
  SERVICE_CHARS,
  TITLE_CHARS,
  TOKENS,
  TOPOLOGY_NODES,
} from './limits.js'
import { type Brand, BrandSchema } from './page/look.js'

// The configuration file, once: this schema checks it, types it and is what `epicenter check` explains.

const Id = (chars: number) => Type.String({ minLength: 1, maxLength: chars })
const Title = Type.String({ minLength: 1, maxLength: TITLE_CHARS })

const Component = Type.Object(
  {
    id: Id(LABEL_VALUE_CHARS),
    name: Title,
    kind: Type.Optional(oneOf(NODE_KINDS)),
    dependsOn: Type.Optional(Type.Array(Id(LABEL_VALUE_CHARS))),
  },
  { additionalProperties: false },
)

const Dependency = Type.Object(
  {
    id: Id(LABEL_VALUE_CHARS),
    name: Title,
    kind: Type.Optional(oneOf(NODE_KINDS)),
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
    /** What it is called beside its name, for who looks for it in a long list. */
    tags: Type.Optional(Type.Array(Type.String({ pattern: '^[^\\p{Cc}]{1,40}$' }), { maxItems: 20 })),
    components: Type.Optional(Type.Array(Component)),
    dependsOn: Type.Optional(Type.Array(Dependency)),
    edges: Type.Optional(Type.Array(Edge, { maxItems: TOPOLOGY_NODES })),
    /** How many people use it. */
    exposure: Type.Optional(ExposureSchema),
  },
  { additionalProperties: false },
)

/** Where readers find it: a site, or a path under one. */
const PublicUrl = Type.String({ pattern: '^https?://[^\\s/?#@]+(?:/[^\\s?#]*)?$', maxLength: 300 })
/** What a token allows: sending signals, giving orders, reading, proposing, running probes of the place of its name, reading the public log. */
export const TOKEN_SCOPES = ['signals', 'commands', 'read', 'propose', 'agent', 'exchange'] as const
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

/** Name of a plug-in, and of one of its uses: part of paths and of ids. */
const Name = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$' })
/** What every use of a plug-in may say; the rest are the plug-in's own settings, which its own schema checks. */
const COMMON = { id: Type.Optional(Name), allowPrivate: Type.Optional(AllowPrivate) }
const Using = Type.Object({ use: Name, ...COMMON }, { additionalProperties: true })
/** `kind` is an older spelling of `use`. */
const Notifying = Type.Object(
  {
    use: Type.Optional(Name),
    kind: Type.Optional(Name),
    ...COMMON,
    /** In which its messages are written; that of the file, if not given. */
    language: Type.Optional(oneOf(LANGUAGE_TAGS)),
  },
  { additionalProperties: true },
)
/** Whom the checks of a probe are of. */
const OF = {
  service: Type.Optional(Id(SERVICE_CHARS)),
  component: Type.Optional(Id(LABEL_VALUE_CHARS)),
  labels: Type.Optional(Type.Record(Type.String(), Id(LABEL_VALUE_CHARS))),
}
/** One of many that a probe looks at in the same way: what differs, or its only required setting as a text. */
const Target = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Object({ id: Type.Optional(Name), ...OF }, { additionalProperties: true }),
])
const Probing = Type.Object(
  {
    use: Name,
    ...COMMON,
    ...OF,
    targets: Type.Optional(Type.Array(Target, { minItems: 1, maxItems: PROBE_TARGETS })),
    everySeconds: Type.Optional(Type.Number({ minimum: 1, maximum: 86_400 })),
    timeoutSeconds: Type.Optional(Type.Number({ minimum: 0.1, maximum: 300 })),
    slowSeconds: Type.Optional(Type.Number({ minimum: 0.001, maximum: 300 })),
    tries: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
    pauseSeconds: Type.Optional(Type.Number({ minimum: 0, maximum: 60 })),
    places: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: PROBE_PLACES, uniqueItems: true })),
  },
  { additionalProperties: true },
)
const Keeping = Type.Object({ use: Name }, { additionalProperties: true })

/** The place of this server itself, among those that a probe looks from. */
export const HERE = 'here'

/** The uses of plug-ins in the configuration file, by its keys. */
export const USES = { sources: 'source', receivers: 'receiver', probes: 'probe', notifiers: 'notifier' } as const
export const USES_MAX = { sources: 200, receivers: 100, probes: 1_000, notifiers: 100 } as const

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
    brand: Type.Optional(BrandSchema),
    timeZone: Type.Optional(TimeZone),
    services: Type.Optional(Type.Array(Id(SERVICE_CHARS), { minItems: 1, maxItems: 500 })),
    groups: Type.Optional(Type.Array(Group, { minItems: 1, maxItems: 200 })),
    /** What clients that do not know `unknown` are told. */
    unknownAs: Type.Optional(oneOf(UNKNOWN_AS)),
    private: Type.Optional(PagePrivateSchema),
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
    /** Of messages; pages speak what their reader asks for. */
    language: Type.Optional(oneOf(LANGUAGE_TAGS)),
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
    /** Databases in MaxMind's format that say where addresses are, relative to this file. */
    geoip: Type.Optional(GeoipSchema),
    /** How many people use each service that says nothing of its own. */
    exposure: Type.Optional(ExposureSchema),
    /** A proof of work for reports while they are under attack. */
    challenge: Type.Optional(oneOf(CHALLENGES)),
    /** Whom a push service may ask about messages to browsers. */
    contact: Type.Optional(Type.String({ pattern: '^(mailto:\\S+@\\S+|https://\\S+)$', maxLength: 200 })),
    falseAlarmsPerMonth: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000 })),
    services: Type.Optional(Type.Array(Service)),
    /** Modules of plug-ins beside those that come along, relative to this file. */
    plugins: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), { maxItems: 100 })),
    sources: Type.Optional(Type.Array(Using, { maxItems: USES_MAX.sources })),
    receivers: Type.Optional(Type.Array(Using, { maxItems: USES_MAX.receivers })),
    probes: Type.Optional(Type.Array(Probing, { maxItems: USES_MAX.probes })),
    notifiers: Type.Optional(Type.Array(Notifying, { maxItems: USES_MAX.notifiers })),
    /** Where the log is. */
    bus: Type.Optional(Keeping),
    /** Where everything is that was made of it. */
    store: Type.Optional(Keeping),
    /** Reading too needs a token, with the scope `read`. */
    private: Type.Optional(Type.Boolean()),
    tokens: Type.Optional(Type.Array(Token, { maxItems: TOKENS })),
    /** How people of the console may sign in beside a password. */
    signIn: Type.Optional(SignInSchema),
    pages: Type.Optional(Type.Array(StatusPage, { minItems: 1, maxItems: 50 })),
    maintenance: Type.Optional(Type.Array(Maintenance, { maxItems: 200 })),
    /** Who is on call: people, rotas, and which message goes to whom. */
    responders: Type.Optional(RespondersSchema),
    rotas: Type.Optional(RotasSchema),
    routes: Type.Optional(RoutesSchema),
    updates: Type.Optional(UpdatesSchema),
    subscribers: Type.Optional(SubscribersSchema),
    tracing: Type.Optional(TracingSchema),
    /** What programs that propose commands may do without a person's approval. */
    agents: Type.Optional(
      Type.Object(
        { alone: Type.Optional(Type.Array(oneOf(VERBS), { maxItems: VERBS.length })) },
        { additionalProperties: false },
      ),
    ),
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

/** What the file says. */
export type ConfigFile = Static<typeof ConfigSchema>
export type TokenConfig = Static<typeof Token>
/** A plug-in in use. */
export interface Use {
  /** The plug-in's name. */
  use: string
  /** This use of it. */
  id: string
  /** Null: as the plug-in has it. */
  allowPrivate: boolean | string[] | null
  /** Checked by the plug-in's schema, its defaults filled in. */
  settings: Record<string, unknown>
}
export interface NotifierUse extends Use {
  /** Null: that of the file. */
  language: Language | null
}
export interface ProbeUse extends Use {
  /** The use that this is one target of; null: it has no others. */
  of: string | null
  service: string
  /** Of each check signal; `component` among them. */
  labels: Record<string, string>
  everyMs: number
  /** Of each try. */
  timeoutMs: number
  /** What takes longer is degraded; null: it is not asked. */
  slowMs: number | null
  /** Where it looks from: {@link HERE}, or an agent of this name. Null: from here, and no label says so. */
  place: string | null
  /** Looks that are made before one counts as failed, and what is waited between two. */
  tries: number
  pauseMs: number
}
export type MaintenanceConfig = Static<typeof Maintenance>
/** A status page with its defaults; what was not given is null. */
export interface StatusPageConfig {
  id: string
  title: string
  description: string | null
  url: string | null
  logo: string | null
  /** Absent: it looks as ours. */
  brand?: Brand
  timeZone: string
  /** Null: all. */
  services: string[] | null
  /** Null: one for each service. */
  groups: Static<typeof Group>[] | null
  unknownAs: (typeof UNKNOWN_AS)[number]
  /** Absent: for everybody. */
  private?: PagePrivate
}

/** What the server runs on: the file with every default filled in. */
export interface Config {
  title: string
  language: Language
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
  /** Null: where addresses are is not looked up. */
  geoip: GeoipConfig | null
  exposure?: Exposure
  contact: string | null
  challenge: (typeof CHALLENGES)[number]
  falseAlarmsPerMonth: number
  services: {
    id: string
    title: string
    tags?: string[]
    components: Static<typeof Component>[]
    dependsOn: Static<typeof Dependency>[]
    edges?: Static<typeof Edge>[]
    exposure?: Exposure
  }[]
  /** Paths of modules. */
  plugins: string[]
  sources: Use[]
  receivers: Use[]
  probes: ProbeUse[]
  notifiers: NotifierUse[]
  bus: Pick<Use, 'use' | 'settings'>
  store: Pick<Use, 'use' | 'settings'>
  tokens: TokenConfig[]
  private: boolean
  signIn: SignInConfig
  /** At least one; the first is at `/status`. */
  pages: StatusPageConfig[]
  maintenance: MaintenanceConfig[]
  responders: ResponderConfig[]
  rotas: RotaConfig[]
  /** Null: every notifier hears of all news. */
  routes: RouteConfig[] | null
  /** What was not given is not promised. */
  updates: { everyMs: Partial<Record<Severity, number>>; send: Severity[]; reword: Rewording | null }
  /** Null: nobody subscribes here. */
  subscribers: SubscribersConfig | null
  /** Verbs that a program's proposal needs no person for. */
  agents: { alone: Verb[] }
  /** Absent: nothing of this server itself is traced. */
  tracing?: TracingFile
  keep: { logMs: number; rollupsMs: number; factsMs: number }
  /** The built-in demonstration. */
  demo: boolean
}
