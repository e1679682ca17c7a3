import { Command } from 'commander'
import { duration } from '../detect/command.js'
import { wholeNumber } from '../replay/command.js'
import type { PostsOptions } from './posts.js'

export interface BacktestOptions {
  a: string
  b: string
  posts?: number
  known?: string
  first: number
  json: boolean
}

/** `epicenter backtest HISTORY`: what would have fired under two settings, side by side. */
export function backtestCommand(): Command {
  return new Command('backtest')
    .summary('compare what two settings would have raised on your own history')
    .description(
      'Replays a history under two settings and shows side by side what each would have raised: how often, for how long, where ' +
        'they agree and, in order of time, where they differ. The history is judged as it came, as detect and replay do.',
    )
    .argument('[history]', 'CSV of counts as for detect, or NDJSON of signals as for replay; gzip too')
    .option('--a <setting>', 'the one setting, such as false-alarms-per-day=0.25, or a configuration file')
    .option('--b <setting>', 'the other')
    .option('--posts <duration>', 'instead of a history: public posts of the last hours, 36h at most', duration)
    .option('--watch <names>', 'with --posts: groups or services of the catalogue')
    .option('--config <file>', 'with --posts: a configuration file with a source that uses bluesky')
    .option('--url <address>', 'with --posts: another Jetstream')
    .option('--keep <file>', 'with --posts: write the signals there, as NDJSON')
    .option('--known <events>', 'CSV of what really happened, to count found, missed and unexplained')
    .option('--first <number>', 'differences shown', wholeNumber, 20)
    .option('--json', 'one JSON object with everything, instead of tables', false)
    .addHelpText('after', HELP)
    .action(async (history: string | undefined, options: BacktestOptions & Partial<PostsOptions>, command: Command) => {
      const { posts } = options
      if (posts !== undefined && history === undefined && options.a === undefined && options.b === undefined) {
        const { runPosts } = await import('./posts.js')
        process.exitCode = await runPosts({ ...options, posts })
      } else if (posts === undefined && history !== undefined && options.a !== undefined && options.b !== undefined) {
        const { runBacktest } = await import('./run.js')
        process.exitCode = await runBacktest(history, options)
      } else command.error('error: give a history with --a and --b, or --posts alone', { exitCode: 2 })
    })
}

const HELP = `
A setting is one or more of these, joined by commas, or the path of a configuration file:
  false-alarms-per-day=N     alarms without cause a day and service that are all right
  false-alarms-per-month=N   the same for 30 days
  slot=15m                   length of a bin, for a CSV of counts
Of a configuration file falseAlarmsPerMonth and services count; for a CSV of counts only the former.

Known events are a CSV with columns time (or start) and optionally until (or end) and service. One without an end is taken to last
three hours, one without a service may show at any. An event is found if anything is open from an hour before it to its end; an
episode at which no event was is unexplained. That is no proof that it was false: lists of what happened have holes.

Two settings agree where what they raise overlaps in time. A difference is an episode that the other setting has no counterpart to,
or one that it raised at another time. Of signals, only services with an incident are listed.

--posts reads what was said on Bluesky from a Jetstream of version 2, which keeps 36 hours, judges it as a server that began then would have,
and prints how many posts and complaints named each service, and what would have been told, and when.

Bad rows are printed on stderr by line, rule and value, and the rest counts.
Exit codes: 0 done · 2 wrong usage, or a file that cannot be read or holds nothing usable

Examples:
  $ epicenter backtest reports.csv.gz --a false-alarms-per-day=0.25 --b false-alarms-per-day=1
  $ epicenter backtest signals.ndjson.gz --a epicenter.yaml --b false-alarms-per-month=1 --known outages.csv
  $ epicenter backtest --posts 36h --watch ai --keep posts.ndjson`
