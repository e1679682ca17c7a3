import { Command } from 'commander'
import { wholeNumber } from '../replay/command.js'

export interface RouteOptions {
  config: string
  data?: string
  days: number
  explain: boolean
  json: boolean
}

/** `epicenter route [HISTORY]`: what would have been sent under a routing. */
export function routeCommand(): Command {
  return new Command('route')
    .summary('what would have been sent under another routing, and what kept back')
    .description(
      'Plays the past under the rotas and routes of a configuration file and counts what would have been sent and what kept ' +
        'back; with --explain every decision with its reason. Nothing is sent. The past is what a data folder holds, or a ' +
        'file of signals.',
    )
    .argument(
      '[history]',
      'NDJSON of signals as for replay, gzip too; `-` for standard input. Instead of a data folder',
    )
    .option('--config <file>', 'configuration file with the routing', 'epicenter.yaml')
    .option('--data <folder>', 'data folder; by default that of the configuration')
    .option('--days <number>', 'so many days, the last ones', wholeNumber, 7)
    .option('--explain', 'every decision, with its reason', false)
    .option('--json', 'decisions as JSON lines', false)
    .addHelpText('after', HELP)
    .action(async (history: string | undefined, options: RouteOptions) => {
      const { runRoute } = await import('./run.js')
      process.exitCode = await runRoute(history, options)
    })
}

const HELP = `
A data folder is read also while a server works in it. It holds incidents and what people did; of other rules' alerts it holds those
of now alone, so these are played from a file of signals, which in turn holds nothing of what people did.
Swaps and cover are left out: rotas are played as they stand in the file.

Exit codes: 0 done · 1 it cannot be read · 2 wrong usage, or a configuration file that is not right

Examples:
  $ epicenter route --config new.yaml --explain
  $ epicenter route signals.ndjson.gz --config new.yaml --days 30`
