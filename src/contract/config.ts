import { type Static, Type } from '@sinclair/typebox'
import { LABEL_VALUE_CHARS, SERVICE_CHARS, TITLE_CHARS } from './limits.js'

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

const Service = Type.Object(
  {
    id: Id(SERVICE_CHARS),
    title: Type.Optional(Title),
    components: Type.Optional(Type.Array(Component)),
    dependsOn: Type.Optional(Type.Array(Dependency)),
  },
  { additionalProperties: false },
)

const Webhook = Type.Object(
  {
    kind: Type.Literal('webhook'),
    url: Type.String({ pattern: '^https?://' }),
    /** `whsec_` and base64, as Standard Webhooks writes secrets. */
    secret: Type.String({ pattern: '^(whsec_)?[A-Za-z0-9+/=]{24,}$' }),
  },
  { additionalProperties: false },
)

export const ConfigSchema = Type.Object(
  {
    title: Type.Optional(Title),
    clock: Type.Optional(Type.Union([Type.Literal('wall'), Type.Literal('signals')])),
    data: Type.Optional(Type.String({ minLength: 1 })),
    host: Type.Optional(Type.String({ minLength: 1 })),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    /** Take the sender's address from X-Forwarded-For: only behind a proxy that sets it. */
    trustProxy: Type.Optional(Type.Boolean()),
    falseAlarmsPerMonth: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000 })),
    services: Type.Optional(Type.Array(Service)),
    notifiers: Type.Optional(Type.Array(Webhook, { maxItems: 20 })),
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
export type NotifierConfig = Static<typeof Webhook>

/** What the server runs on: the file with every default filled in. */
export interface Config {
  title: string
  clock: 'wall' | 'signals'
  data: string
  host: string
  port: number
  trustProxy: boolean
  falseAlarmsPerMonth: number
  services: {
    id: string
    title: string
    components: Static<typeof Component>[]
    dependsOn: Static<typeof Dependency>[]
  }[]
  notifiers: NotifierConfig[]
  keep: { logMs: number; rollupsMs: number; factsMs: number }
  /** The built-in demonstration. */
  demo: boolean
}
