import { Command } from 'commander'

export interface MigrateOptions {
  from: string
  to: string
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .summary('carry a workspace over to another log and store')
    .description(
      'Carries everything that one configuration keeps over to the log and the store of another that are empty: from one process and ' +
        'its folder to NATS and PostgreSQL, or back. Entries of the log keep their positions, so that nothing counts twice and nothing has to ' +
        'be folded anew; incidents, counts, facts, subscribers and what waits for them come with it, and tokens and people with their keys ' +
        'where the two name different data folders. In the end all of it is read back and compared. No server may run on either. The source ' +
        'stays as it is. Ended in the middle and called again it goes on.',
    )
    .requiredOption('--from <file>', 'configuration of today')
    .requiredOption('--to <file>', 'configuration that names the new log, store or data folder')
    .addHelpText(
      'after',
      `
Exit codes: 0 carried over and compared · 1 it cannot be, or what arrived differs · 2 wrong usage or configuration

Example:
  $ epicenter migrate --from epicenter.yaml --to epicenter-many.yaml`,
    )
    .action(async (options: MigrateOptions) => {
      const { runMigrate } = await import('./run.js')
      process.exitCode = await runMigrate(options)
    })
}
