import { readFile } from 'node:fs/promises'
import { ScenarioError } from './door.js'
import type { Scenario } from './model.js'
import { parseScenario } from './parse.js'

export { ScenarioError } from './door.js'
export { Expectation, along } from './expect.js'
export type { Fault, Scenario, ScenarioChange, Truth } from './model.js'
export { parseScenario } from './parse.js'
export type { PlayOptions, Via } from './play.js'
export { play } from './play.js'
export type { TruthLine } from './truth.js'
export { expectedReports, proveFaults, truthLines } from './truth.js'
export { wireLine } from './wire.js'

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
