import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../one-of.js'
import { CHANNELS, type Channel } from './subscriber.js'

/** Who may subscribe to status pages, and how they are told. */
export const SubscribersSchema = Type.Object(
  {
    /** Id of the notifier that letters go by; without one nobody subscribes by mail. */
    mail: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    /** Those that are offered; all that are possible, if not given. */
    channels: Type.Optional(Type.Array(oneOf(CHANNELS), { minItems: 1, maxItems: CHANNELS.length })),
    /** Letters that the mail server is given a minute. */
    perMinute: Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000 })),
    /** One letter about all that comes within so long. */
    digestMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_440 })),
    /** How long before planned work its subscribers are reminded. */
    remindMinutes: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 40_320 }), { maxItems: 5 })),
    /** Webhooks may stand at addresses that are not public: where strangers subscribe, that lets them ask servers of yours. */
    allowPrivate: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type SubscribersFile = Static<typeof SubscribersSchema>

/** The same with its defaults. */
export interface SubscribersConfig {
  mail: string | null
  channels: readonly Channel[]
  perMinute: number
  /** 0: each message alone. */
  digestMs: number
  remindMs: readonly number[]
  allowPrivate: boolean
}
