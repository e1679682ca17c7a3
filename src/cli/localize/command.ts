import { Command, InvalidArgumentError, Option } from 'commander'
import type { Kind } from '../../core/localize/index.js'

export interface LocalizeCliOptions {
  kind?: Kind
  candidates?: number
  depth?: number
  explain: boolean
}

/** `epicenter localize TABLE.csv[.gz]`: one line of JSON for each root cause, best first. */
export function localizeCommand(): Command {
  return new Command('localize')
    .summary('find the label sets that explain the excess in a table')
    .description(
      'Reads a CSV table (gzip too) with one row a leaf and prints the fewest label sets that explain the difference between ' +
        'real and predict, one line each, best first.',
    )
    .argument('<table>', 'CSV file: attribute columns, then real, predict and optionally total')
    .addOption(
      new Option(
        '--kind <kind>',
        'what the numbers are (default: rates with a total, counts if all whole, else measure)',
      ).choices(['counts', 'rates', 'measure']),
    )
    .option('--candidates <number>', 'print the best alternatives for a single cause instead', whole(1, 1000))
    .option('--depth <number>', 'and-ed labels of a cause, at most', whole(1, 12))
    .option('--explain', 'add the figures, the interval, what is tied, and a sentence', false)
    .addHelpText('after', HELP)
    .action(async (path: string, options: LocalizeCliOptions) => {
      const { runLocalize } = await import('./run.js')
      process.exitCode = runLocalize(path, options)
    })
}

const HELP = `
Columns named real, predict and total are numbers; every other column is an attribute, and an empty cell says that the leaf
does not carry that label. counts: real and predict are numbers of events, zero or more. rates: real of total failed and predict
of total usually do. measure: any large additive quantity, such as turnover.

A line is {"where","share","bits"}: labels in where are and-ed, their values or-ed; share is the part of total failing beyond the
expected, null without a total; bits is the surprise left after paying for the search (10 bits: chance alone once in 2^10 tables).
The time of the search goes to stderr as {"ms":…}.

Bad rows are told on stderr by line, rule and value; then nothing is printed, because a table with holes misleads.
Exit codes: 0 done (also with no cause found) · 2 the file cannot be read or holds a bad row

Examples:
  $ epicenter localize orders.csv
  $ epicenter localize failures.csv.gz --candidates 3 --explain`

function whole(low: number, high: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}, not "${text}".`)
    return value
  }
}
