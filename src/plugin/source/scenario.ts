import { PermanentError } from '../../contract/error.js'
import { type Batch, type Plugin, type PluginEnv, plugin, type Source, type Stop } from '../../contract/plugin.js'
import { type Signal, SIGNAL_VIAS } from '../../contract/signal.js'
import type { Scenario, Via } from '../../scenario/scenario.js'

/** Signals handed over at once when nothing waits for the clock. */
const BATCH = 500

export interface ScenarioConfig {
  /** Path of an outage-scenario/1 file. */
  file: string
  seed?: number
  historyHours?: number
  only?: Via[]
  quiet?: boolean
  /** Times faster than life; absent: as fast as they are taken. */
  pace?: number
}

async function open(config: ScenarioConfig, env: PluginEnv): Promise<Source> {
  const { play, readScenario } = await import('../../scenario/scenario.js')
  let scenario: Scenario
  try {
    scenario = await readScenario(config.file, path => env.readText(path))
  } catch (cause) {
    throw new PermanentError(`scenario ${config.file} cannot be played: ${(cause as Error).message}`, { cause })
  }
  return {
    read: stop => paced(play(scenario, config), config.pace ?? null, env, stop),
    async [Symbol.asyncDispose]() {},
  }
}

/** Hands signals over in batches; with a pace, each when its time has come. */
async function* paced(
  signals: Iterable<Signal>,
  pace: number | null,
  env: PluginEnv,
  stop: Stop,
): AsyncGenerator<Batch> {
  let batch: Signal[] = []
  let anchor: { wall: number; log: number } | null = null
  for (const signal of signals) {
    if (stop.aborted) return
    const seen = signal.seenAt ?? signal.at
    anchor ??= { wall: env.now(), log: seen }
    const waitMs = pace === null ? 0 : anchor.wall + (seen - anchor.log) / pace - env.now()
    if (batch.length >= BATCH || (waitMs > 0 && batch.length > 0)) {
      yield { signals: batch }
      batch = []
    }
    if (waitMs > 0) await env.sleep(waitMs, stop)
    batch.push(signal)
  }
  if (!stop.aborted) yield { signals: batch, done: true }
}

const scenario: Plugin<'source', ScenarioConfig, Source> = plugin({
  kind: 'source',
  name: 'scenario',
  summary: 'plays an outage from a scenario file: everything a product would have received, drawn from a seed',
  config: {
    type: 'object',
    required: ['file'],
    additionalProperties: false,
    properties: {
      file: { type: 'string', minLength: 1, role: 'path' },
      seed: { type: 'number', minimum: 0 },
      historyHours: { type: 'number', minimum: 0 },
      only: {
        type: 'array',
        items: { enum: SIGNAL_VIAS },
      },
      quiet: { type: 'boolean' },
      pace: { type: 'number', exclusiveMinimum: 0 },
    },
  },
  open,
})
export default scenario
