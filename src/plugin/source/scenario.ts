import { readFile } from 'node:fs/promises'
import type { PluginEnv, Source, Stop } from '../../contract/plugin.js'
import { plugin } from '../../contract/plugin.js'
import { type Signal, SIGNAL_VIAS } from '../../contract/signal.js'
import { PermanentError } from '../../contract/error.js'
import { ScenarioError } from './scenario/door.js'
import type { Scenario } from './scenario/model.js'
import { parseScenario } from './scenario/parse.js'
import type { Via } from './scenario/play.js'
import { play } from './scenario/play.js'

export { ScenarioError } from './scenario/door.js'
export { Expectation, along } from './scenario/expect.js'
export type { Fault, Scenario, ScenarioChange, Truth } from './scenario/model.js'
export { parseScenario } from './scenario/parse.js'
export type { PlayOptions, Via } from './scenario/play.js'
export { play } from './scenario/play.js'
export type { TruthLine } from './scenario/truth.js'
export { expectedReports, proveFaults, truthLines } from './scenario/truth.js'
export { wireLine } from './scenario/wire.js'

/** Signals handed over at once when nothing waits for the clock. */
const BATCH = 500

export interface ScenarioSourceConfig {
  /** Path of an outage-scenario/1 file. */
  file: string
  seed?: number
  historyHours?: number
  only?: Via[]
  quiet?: boolean
  /** Times faster than life; absent: as fast as they are taken. */
  pace?: number
}

/** Reads and parses a scenario file. @throws ScenarioError, or the reader's own error. */
export async function readScenario(
  path: string,
  readText: (path: string) => Promise<string> = file => readFile(file, 'utf8'),
): Promise<Scenario> {
  const text = await readText(path)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ScenarioError(path, `must be JSON (${(cause as Error).message})`, text.slice(0, 40))
  }
  return parseScenario(json)
}

async function open(config: ScenarioSourceConfig, env: PluginEnv): Promise<Source> {
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
): AsyncGenerator<Signal[]> {
  let batch: Signal[] = []
  let anchor: { wall: number; log: number } | null = null
  for (const signal of signals) {
    if (stop.aborted) return
    const seen = signal.seenAt ?? signal.at
    anchor ??= { wall: env.now(), log: seen }
    const waitMs = pace === null ? 0 : anchor.wall + (seen - anchor.log) / pace - env.now()
    if (batch.length >= BATCH || (waitMs > 0 && batch.length > 0)) {
      yield batch
      batch = []
    }
    if (waitMs > 0) await env.sleep(waitMs, stop)
    batch.push(signal)
  }
  if (batch.length > 0 && !stop.aborted) yield batch
}

export default plugin({
  kind: 'source',
  name: 'scenario',
  summary: 'Plays an outage from a scenario file: everything a product would have received, drawn from a seed.',
  config: {
    type: 'object',
    required: ['file'],
    additionalProperties: false,
    properties: {
      file: { type: 'string', minLength: 1 },
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
