import { type Static, Type } from '@sinclair/typebox'
import type { ProbeUse } from '../config.js'
import { AGENT_RESULTS, LATENCY_MAX_MS, TEXT_CHARS } from '../limits.js'
import { oneOf } from '../one-of.js'
import { PROBE_OUTCOMES } from '../plugin.js'

// What an agent, which runs probes elsewhere, and its server tell each other: one request a turn.

const Numbers = Type.Record(Type.String({ maxLength: 60 }), Type.Number())
const Why = Type.Union([Type.String({ maxLength: TEXT_CHARS }), Type.Null()])

/** One look of one probe. */
export const AgentResultSchema = Type.Object(
  {
    probe: Type.String({ maxLength: 200, description: 'Its id' }),
    at: Type.Integer({ description: 'By the clock of the server, as the agent knows it from its answers' }),
    outcome: oneOf(PROBE_OUTCOMES),
    why: Why,
    latencyMs: Type.Union([Type.Number({ minimum: 0, maximum: LATENCY_MAX_MS }), Type.Null()]),
    labels: Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 300 }), {
      description: 'Beside those of the configuration',
    }),
    tries: Type.Array(
      Type.Object({ outcome: oneOf(PROBE_OUTCOMES), why: Why, phases: Type.Union([Numbers, Type.Null()]) }),
      { maxItems: 5 },
    ),
    figures: Type.Union([Numbers, Type.Null()]),
  },
  { additionalProperties: false },
)
export type AgentResult = Static<typeof AgentResultSchema>

export const AgentTurnSchema = Type.Object(
  {
    instance: Type.String({
      pattern: '^[0-9a-f]{16}$',
      examples: ['0123456789abcdef'],
      description: 'This process among agents of one name',
    }),
    has: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], { description: 'Which work it has; null: none' }),
    results: Type.Array(AgentResultSchema, { maxItems: AGENT_RESULTS }),
    lost: Type.Integer({ minimum: 0, description: 'Results that it had no room for since the last turn' }),
    leaving: Type.Boolean({ description: 'It stops: its place is free' }),
  },
  { additionalProperties: false },
)
export type AgentTurn = Static<typeof AgentTurnSchema>

/** What the server answers once the results are durable. */
export interface AgentAnswer {
  place: string
  now: number
  /** Another agent of this name works: this one stands by. */
  standby: boolean
  /** Null: as it has it. */
  work: { version: string; probes: ProbeUse[] } | null
  accepted: number
  duplicate: number
  /** Results that count nowhere, by the reason. */
  ignored: Record<string, number>
}
