import { Command, InvalidArgumentError } from 'commander'

export interface OriginCliOptions {
  since?: number
  json: boolean
}

/** `epicenter origin FILE|DIR`: where a trouble began, by signals of a file or of all files of a folder. */
export function originCommand(): Command {
  return new Command('origin')
    .summary('find where a trouble began, from a file of signals')
    .description(
      'Reads signals as NDJSON (- is standard input; of a folder all .ndjson files) and prints where each trouble began, the way it ' +
        'took, whom it hit, and what speaks for and against it.',
    )
    .argument('<signals>', 'NDJSON file, folder of such files, or -')
    .option('--since <time>', 'what was measured before is usual; ISO 8601 UTC (default: found in each series)', time)
    .option('--json', 'one JSON object instead of text', false)
    .addHelpText('after', HELP)
    .action(async (path: string, options: OriginCliOptions) => {
      const { runOrigin } = await import('./run.js')
      process.exitCode = await runOrigin(path, options)
    })
}

const HELP = `
Signals that are used: topologies (what stands on what), gauges, metrics, checks, alerts, and changes. An edge that is only
suggested is not used. An origin is a suspicion with a probability, "not in the graph" where nothing that is drawn explains it, and
nothing at all where nothing is wrong.

A line that is refused is named on stderr with rule and value, and left out.
Exit codes: 0 done (also with nothing wrong) · 2 the file cannot be read, or no line is a signal

Examples:
  $ epicenter origin outage.ndjson
  $ epicenter origin outage/ --json`

function time(text: string): number {
  const at = Date.parse(text)
  if (!Number.isFinite(at))
    throw new InvalidArgumentError(`Expected a time such as 2026-06-01T12:00:00Z, not "${text}".`)
  return at
}
