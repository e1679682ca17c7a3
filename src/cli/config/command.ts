import { Command } from 'commander'

const CODES = '\nExit codes: 0 done · 1 it cannot be exported · 2 the file cannot be read'

/** `epicenter config export`: the file and what is set in the console, as one. */
export function configCommand(): Command {
  const config = new Command('config')
    .summary('what a server runs on, the settings of its console included')
    .description('The configuration of a server: its file, and what is set in its console.')
    .addHelpText('after', CODES)
  config
    .command('export')
    .summary('write the configuration file and the settings of the console as one file')
    .description(
      'Prints a configuration file that says what the given one says and what is set in the console of its data folder. ' +
        'Secrets are left out: a reference to an environment variable stands in place of each, and the file begins with their ' +
        'names. --secrets writes them out. Asks no server.',
    )
    .argument('[file]', 'the configuration file', 'epicenter.yaml')
    .option('--data <dir>', 'data folder, where it is not what the file says')
    .option('--secrets', 'write secrets out')
    .addHelpText('after', `${CODES}\n\nExamples:\n  $ epicenter config export epicenter.yaml > one.yaml`)
    .action(async (file: string, options: { data?: string; secrets?: true }) => {
      const { runExport } = await import('./run.js')
      process.exitCode = await runExport(file, options)
    })
  return config
}
