import { Command } from 'commander'

export function checkCommand(): Command {
  return new Command('check')
    .summary('look for errors in a configuration file or a data folder')
    .description(
      'Reads a configuration file as `serve` does and prints each error: where it is, what was expected, what is there. ' +
        'Tries the files that it names, the data folder, the keys and the port. ' +
        'With --data it checks every page and every row of a data folder, also of a running server, and changes nothing.',
    )
    .argument('[config]', 'configuration file (YAML)')
    .option('--data <folder>', 'data folder')
    .addHelpText('after', '\nExit codes: 0 no problems · 1 problems found · 2 it cannot be read')
    .action(async (file: string | undefined, { data }: { data?: string }, command: Command) => {
      if (file === undefined && data === undefined) command.error('error: give a configuration file, --data, or both')
      const { runCheck } = await import('./run.js')
      const { runCheckData } = await import('./data.js')
      const codes = [file === undefined ? 0 : await runCheck(file), data === undefined ? 0 : await runCheckData(data)]
      process.exitCode = Math.max(...codes)
    })
}
