import { Command, InvalidArgumentError } from 'commander'

export function wholeNumber(text: string): number {
  const n = Number(text)
  if (!Number.isSafeInteger(n) || n < 1)
    throw new InvalidArgumentError(`Expected a whole number of at least 1, not "${text}".`)
  return n
}

export function replayCommand(): Command {
  return new Command('replay')
    .summary('turn a file of signals into incident events, in virtual time')
    .description(
      'Reads signals as NDJSON (gzip too), keeps virtual time by their own stamps and prints what a live instance would ' +
        'have decided: one incident event a line, in order, nothing else on stdout. The same input gives the same bytes. ' +
        'Lines that break a rule are summarised on stderr and the rest counts.',
    )
    .argument('<file>', 'NDJSON file of signals, or - for standard input')
    .option('--batch <n>', 'hand the input on in batches of n lines; changes nothing in the output', wholeNumber)
    .option('--quiet', 'no progress and no summary on stderr')
    .addHelpText('after', HELP)
    .action(async (file: string, options: { batch?: number; quiet?: boolean }) => {
      const { runReplay } = await import('./run.js')
      process.exitCode = await runReplay(file, options)
    })
}

const HELP = `
Exit codes: 0 done (also with rejected lines: they are counted on stderr) · 2 the file cannot be read, or holds no signal

Examples:
  $ epicenter replay signals.ndjson > events.ndjson
  $ epicenter simulate scenarios/feature-gate-cache.json | epicenter replay - | grep '"opened"'`
