import { type Static, Type } from '@sinclair/typebox'

/** Where traces of this server itself go; nothing is traced where nothing is said. */
export const TracingSchema = Type.Object(
  {
    /** A collector's address for traces by OTLP/HTTP, in JSON; mostly it ends in `/v1/traces`. */
    url: Type.String({ pattern: '^https?://\\S+$', maxLength: 500 }),
    /** Sent along, such as a key of whoever collects. */
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]{1,100}$' }), Type.String({ maxLength: 4_000 })),
    ),
    /** Of requests and ticks that belong to no trace of somebody's own; 0: only those that do. */
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  },
  { additionalProperties: false },
)
export type TracingFile = Static<typeof TracingSchema>
