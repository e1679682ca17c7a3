import { SIGNAL_VIAS } from '../../contract/signal.js'
import { readInstant } from '../../core/stat/instant.js'
import { Command, InvalidArgumentError } from 'commander'

export type Kind = (typeof SIGNAL_VIAS)[number]

export interface SimulateOptions {
  seed?: number
  historyHours?: number
  historyKinds?: Kind[]
  only?: Kind[]
  from?: number
  until?: number
  twin?: boolean
  truth?: boolean
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .summary('play an outage from a scenario file as signals')
    .description(
      'Plays a scenario (an outage-scenario/1 file: a world, what went wrong in it and when) and prints what a product ' +
        'would have received: reports, posts, probe results, request metrics, changes and public notices, one signal a ' +
        'line, in the order of arrival. Everything random comes from the seed: the same seed gives the same bytes. What ' +
        'is true in the world never appears among the signals; --truth prints that instead.',
    )
    .argument('<scenario>', 'scenario file, or - for standard input')
    .option('--seed <n>', "another draw of the same world (default: the file's own)", wholeNumber)
    .option('--history-hours <h>', 'quiet hours before the file begins', positive)
    .option('--history-kinds <kinds>', 'what those hours hold (default: report,post)', kinds)
    .option('--only <kinds>', 'play these kinds alone; topology always comes', kinds)
    .option('--from <time>', 'leave out what arrives before', time)
    .option('--until <time>', 'leave out what arrives then or later', time)
    .option('--twin', 'the quiet twin: the same world and changes, but nothing goes wrong')
    .option('--truth', 'print the truth of each tick instead: who fails where, and the reports to expect')
    .addHelpText('after', HELP)
    .action(async (file: string, options: SimulateOptions) => {
      const { runSimulate } = await import('./run.js')
      process.exitCode = await runSimulate(file, options, process.stdout)
    })
}

function wholeNumber(text: string): number {
  const n = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(n) || n < 0)
    throw new InvalidArgumentError(`Expected a whole number of at least 0, not "${text}".`)
  return n
}

/** Five years of minutes, far more than any memory of the engine. */
const MAX_HISTORY_HOURS = 5 * 366 * 24

function positive(text: string): number {
  const n = Number(text)
  if (text.trim() === '' || !(n >= 0 && n <= MAX_HISTORY_HOURS))
    throw new InvalidArgumentError(`Expected hours from 0 to ${MAX_HISTORY_HOURS}, not "${text}".`)
  return n
}

function kinds(text: string): Kind[] {
  return text.split(',').map(word => {
    const kind = SIGNAL_VIAS.find(k => k === word.trim())
    if (!kind) throw new InvalidArgumentError(`Expected some of ${SIGNAL_VIAS.join(', ')}, not "${word}".`)
    return kind
  })
}

function time(text: string): number {
  const ms = readInstant(text)
  if (Number.isNaN(ms))
    throw new InvalidArgumentError(
      `Expected an ISO 8601 time with its offset, such as 2026-02-03T12:00:00Z, not "${text}".`,
    )
  return ms
}

const HELP = `
Exit codes: 0 done, or the reader stopped reading · 2 the scenario cannot be read or breaks the format

Examples:
  $ epicenter simulate scenarios/feature-gate-cache.json --history-hours 48 > signals.ndjson
  $ epicenter simulate scenarios/false-alarm-carrier.json --only report | epicenter replay -
  $ epicenter simulate scenarios/feature-gate-cache.json --truth | tail -1`
