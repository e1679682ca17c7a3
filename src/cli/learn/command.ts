import { OBSERVATION_VIAS } from '../../contract/signal.js'
import { Command, Option } from 'commander'
import { duration } from '../detect/command.js'

export interface LearnOptions {
  service?: string
  via?: string
  bin?: number
  url: string
  token?: string
  data: string
}

/** `epicenter learn HISTORY…`: counts of the past go to a running server, which learns from them what is usual. */
export function learnCommand(): Command {
  return new Command('learn')
    .summary('learn the usual levels from past counts')
    .description(
      'Reads counts of the past from CSV or NDJSON files (gzip too) and sends them to a running server, which learns from ' +
        'them what is usual: nobody starts from zero. Nothing is decided by them: no incident opens, and a service that was ' +
        'not heard of yet stays unknown. The same counts are taken once. They go on the log, so a rebuild learns them again.',
    )
    .argument('<history...>', 'files with time,count and optionally service, total, via; one row a bin')
    .option('--service <id>', 'the service of rows that name none')
    .addOption(
      new Option(
        '--via <kind>',
        'what was counted, of rows that do not say (default: metric with a total, else report)',
      ).choices(OBSERVATION_VIAS),
    )
    .option('--bin <duration>', 'length of a bin, such as 60s, 15m or 1h (default: the commonest step)', duration)
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: LearnOptions) => {
      const { runLearn } = await import('./run.js')
      process.exitCode = await runLearn(paths, options)
    })
}

const HELP = `
A bin that is missing is unknown, not zero. With \`total\` the counts are what failed of so many requests or checks.
Several files of one service belong together: give them in one command.

Exit codes: 0 learned, or already known · 1 the server refused, or cannot be reached · 2 a row breaks a rule: nothing was sent

Examples:
  $ epicenter learn reports-2025.csv.gz --service shop
  $ epicenter learn requests.ndjson --via metric --url https://status.example.com`
