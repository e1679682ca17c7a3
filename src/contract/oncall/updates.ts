import { type Static, Type } from '@sinclair/typebox'
import { SEVERITIES } from '../incident.js'
import { oneOf } from '../one-of.js'

const Waits = Type.Optional(Type.Integer({ minimum: 5, maximum: 7 * 1_440 }))
const Reword = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', maxLength: 2_000 }),
    model: Type.String({ minLength: 1, maxLength: 200 }),
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    /** It may stand at an address that is not public. */
    allowPrivate: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
/** How often people are told about an open incident. */
export const UpdatesSchema = Type.Object(
  {
    /** Minutes from one update to the next, by severity: readers see when it is due. */
    everyMinutes: Type.Optional(
      Type.Object({ minor: Waits, major: Waits, critical: Waits }, { additionalProperties: false }),
    ),
    /** Severities at which the draft goes out by itself when an update is due. */
    send: Type.Optional(Type.Array(oneOf(SEVERITIES), { maxItems: SEVERITIES.length })),
    /** An endpoint that speaks OpenAI's chat completions, which a person may ask for another wording. */
    reword: Type.Optional(Reword),
  },
  { additionalProperties: false },
)

/** Where a draft may be worded anew. */
export type Rewording = Static<typeof Reword>
