import { Command, Option } from 'commander'

/** What a workspace keeps, each as a file of rows. */
export const KEPT = ['signals', 'orders', 'past', 'services', 'rollups', 'incidents', 'facts', 'subscribers'] as const
export type Kept = (typeof KEPT)[number]
export const FORMATS = ['ndjson', 'parquet'] as const

export interface DumpOptions {
  config?: string
  data?: string
  only?: Kept[]
  format: (typeof FORMATS)[number]
}

export function dumpCommand(): Command {
  return new Command('dump')
    .summary('write everything that is kept as NDJSON or Parquet')
    .description(
      'Writes what log and store keep, a file for each kind: signals as they arrived, orders of people, past counts that were ' +
        'taught, services, rollups of five minutes, incidents with their events, changes and notices, subscribers. Reads ' +
        'a data folder, also while a server works in it, or the log and store that a configuration names. The files hold ' +
        'what people wrote and who subscribed: they are for the owner alone.',
    )
    .argument('<dir>', 'folder to write to; empty or new')
    .option('--config <file>', 'configuration file that names log, store and data folder')
    .option('--data <folder>', 'data folder (default: ./data)')
    .addOption(new Option('--only <kinds...>', 'these alone').choices(KEPT))
    .addOption(new Option('--format <format>', 'of the files').choices(FORMATS).default('ndjson'))
    .addHelpText(
      'after',
      `
Exit codes: 0 written · 1 it cannot be read or written · 2 wrong usage or configuration

Examples:
  $ epicenter dump everything --data /var/lib/epicenter
  $ epicenter dump tables --data /var/lib/epicenter --only rollups incidents --format parquet
  $ epicenter replay everything/signals.ndjson`,
    )
    .action(async (dir: string, options: DumpOptions) => {
      const { runDump } = await import('./run.js')
      process.exitCode = await runDump(dir, options)
    })
}
