import type { Writable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { parseScenario, play, readScenario, ScenarioError, truthLines, wireLine } from '../../scenario/scenario.js'
import type { Scenario } from '../../scenario/scenario.js'
import type { SimulateOptions } from './command.js'

/** Characters gathered before one write: a write a line costs more than drawing it. */
const CHUNK = 1 << 16

/** @returns the exit code. Stops quietly when `out` is closed by its reader. */
export async function runSimulate(file: string, options: SimulateOptions, out: Writable): Promise<number> {
  let scenario: Scenario
  try {
    scenario = await load(file)
  } catch (error) {
    process.stderr.write(`epicenter simulate: ${file}: ${(error as Error).message}\n`)
    return 2
  }
  await writeLines(options.truth ? truth(scenario, options.twin ?? false) : signals(scenario, options), out)
  return 0
}

async function load(file: string): Promise<Scenario> {
  if (file !== '-') return readScenario(file)
  const text = await textOf(process.stdin)
  try {
    return parseScenario(JSON.parse(text))
  } catch (error) {
    if (error instanceof ScenarioError) throw error
    throw new ScenarioError('standard input', `must be JSON (${(error as Error).message})`, text.slice(0, 40))
  }
}

function* signals(scenario: Scenario, { twin, truth: _, ...options }: SimulateOptions): Generator<string> {
  for (const signal of play(scenario, { ...options, ...(twin ? { quiet: true } : {}) })) yield wireLine(signal)
}

function* truth(scenario: Scenario, twin: boolean): Generator<string> {
  for (const line of truthLines(scenario, twin)) yield JSON.stringify({ ...line, at: new Date(line.at).toISOString() })
}

async function writeLines(lines: Iterable<string>, out: Writable): Promise<void> {
  let gone = false
  let wake = (): void => {}
  const onDrain = () => wake()
  const onGone = () => {
    gone = true
    wake()
  }
  out.on('drain', onDrain).on('error', onGone).on('close', onGone)
  let chunk = ''
  const flush = async () => {
    const full = chunk !== '' && !gone && !out.write(chunk)
    chunk = ''
    // `drain` never comes from a stream whose reader has gone.
    if (full && !gone)
      await new Promise<void>(resolve => {
        wake = resolve
      })
  }
  for (const line of lines) {
    if (gone) break
    chunk += `${line}\n`
    if (chunk.length >= CHUNK) await flush()
  }
  await flush()
  out.off('drain', onDrain).off('error', onGone).off('close', onGone)
}
