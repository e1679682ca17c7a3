import { Command, InvalidArgumentError } from 'commander'

export interface DetectOptions {
  falseAlarmsPerDay: number
  episodes: boolean
  explain: boolean
  /** Milliseconds. */
  slot?: number
}

/** `epicenter detect SERIES.csv[.gz]`: one line of JSON for each episode raised in each series of the file. */
export function detectCommand(): Command {
  return new Command('detect')
    .summary('find the moments at which a series of counts rises above its usual level')
    .description(
      'Reads counts from a CSV file (gzip too) and prints one line for each episode in which they rise above what is usual ' +
        'for the series, in order of time. The series is judged as it came: nothing said depends on what follows.',
    )
    .argument('<series>', 'CSV file with columns time,count and optionally service')
    .option(
      '--false-alarms-per-day <number>',
      'how many alarms without cause a day and series are all right',
      positive,
      0.25,
    )
    .option('--episodes', 'print the end of each episode too', false)
    .option('--explain', 'add the interval of the onset, the newest bin, the baseline and its uncertainty', false)
    .option(
      '--slot <duration>',
      'length of a bin, such as 60s, 15m or 1h (default: the commonest step at the start of the file)',
      duration,
    )
    .addHelpText('after', HELP)
    .action(async (path: string, options: DetectOptions) => {
      const { runDetect } = await import('./run.js')
      process.exitCode = runDetect(path, options)
    })
}

const HELP = `
A row is one bin and its time, ISO 8601 or milliseconds, is the start of the bin. The columns may also be called bin_start_utc,
timestamp, reports or value. A missing bin is unknown, not zero. Several series share a file by a column "service". A bin has one
row: one that repeats another counts once, rows that contradict each other leave their bin unknown, and each is told.

A line is {"at","service","onset","expected","observed","bits"}: at is the end of the bin in which the episode was raised, expected
and observed are sums since the onset, and 10 bits is what noise alone would show once in 2^10 days. With --episodes there is also
"change": raised (again while open: it became far worse) or ended, the latter with "ended": baseline, accepted (a level that stayed
for a day is the new normal) or unknown (a gap of hours).

Bad rows are told on stderr by line, rule and value, and the rest counts.
Exit codes: 0 done (also with bad rows) · 2 the file cannot be read, or holds no usable row

Examples:
  $ epicenter detect reports.csv
  $ epicenter detect reports.csv.gz --false-alarms-per-day 0.03 --episodes`

export function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1000))
    throw new InvalidArgumentError(`Expected a number above 0 and up to 1000, not "${text}".`)
  return value
}

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** Longest bin of a series: a week. What is counted more rarely has no rhythm to learn. */
const SLOT_MAX_MS = 7 * 86_400_000

export function duration(text: string): number {
  const match = /^(\d+)(s|m|h|d)$/.exec(text)
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNIT_MS[match[2] as string] as number)
  if (!(ms >= 1000 && ms <= SLOT_MAX_MS))
    throw new InvalidArgumentError(`Expected a duration from 1s to 7d, such as 60s or 15m, not "${text}".`)
  return ms
}
