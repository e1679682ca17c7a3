import { Command } from 'commander'

export interface BackupOptions {
  data?: string
  config?: string
  force?: boolean
}

export interface RestoreOptions {
  data?: string
  config?: string
}

export function backupCommand(): Command {
  return new Command('backup')
    .summary('save a workspace as one file')
    .description(
      'Saves log, store, token and keys of a data folder in one file, also while the server runs: the copy is of one ' +
        'moment, is verified before it counts, and is written aside and renamed. The file is for the owner alone; it ' +
        'holds the token and what people wrote. Where the configuration names a log or a store in servers, all of it is read ' +
        'from there as of one moment, carried over to files and compared.',
    )
    .argument('<file>', 'where to, e.g. epicenter.tar.gz (any tar reads it)')
    .option('--data <folder>', 'data folder (default: ./data)')
    .option('--config <file>', 'configuration file that names the data folder, or the servers')
    .option('--force', 'also when the file exists')
    .addHelpText(
      'after',
      `
Exit codes: 0 saved · 1 it cannot be read, saved, or is damaged; then there is no new file · 2 wrong usage or configuration

Examples:
  $ epicenter backup /backup/epicenter-$(date +%F).tar.gz --data /var/lib/epicenter
  $ epicenter restore /backup/epicenter-2026-05-01.tar.gz --data /var/lib/epicenter`,
    )
    .action(async (file: string, options: BackupOptions) => {
      const { runBackup } = await import('./run.js')
      process.exitCode = await runBackup(file, options)
    })
}

export function restoreCommand(): Command {
  return new Command('restore')
    .summary('restore a backup into an empty or new folder')
    .description(
      'Unpacks what `backup` saved and verifies every file, page and row of it; only then is it put in its place. ' +
        'Nothing is ever written over: the folder has to be empty or not there, and nobody may work in it. Into servers it is ' +
        'carried over, read back and compared; it does not matter which form it was saved from.',
    )
    .argument('<file>', 'what `epicenter backup` wrote')
    .option('--data <folder>', 'folder to restore into')
    .option('--config <file>', 'configuration file that names the data folder, or servers where nothing is kept yet')
    .addHelpText(
      'after',
      `
Exit codes: 0 restored · 1 it is damaged or the folder cannot be taken; then the folder is as it was · 2 wrong usage

Examples:
  $ epicenter restore /backup/epicenter-2026-05-01.tar.gz --data /var/lib/epicenter
  $ epicenter restore /backup/epicenter-2026-05-01.tar.gz --config epicenter-many.yaml`,
    )
    .action(async (file: string, options: RestoreOptions) => {
      const { runRestore } = await import('./run.js')
      process.exitCode = await runRestore(file, options)
    })
}
