import { Command } from 'commander'

export function checkCommand(): Command {
  return new Command('check')
    .summary('whether a configuration file is right, or a data folder whole')
    .description(
      'Reads a configuration file as `serve` does and says what is wrong with it: where, what is asked, what is there. ' +
        'Tries what can be tried: files that it names, the data folder, keys, the port. ' +
        'With --data it looks at every page and every row of a data folder, also of a running server, and changes nothing.',
    )
    .argument('[config]', 'configuration file (YAML)')
    .option('--data <folder>', 'data folder')
    .addHelpText('after', '\nExit codes: 0 all is right · 1 something is wrong · 2 it cannot be read')
    .action(async (file: string | undefined, { data }: { data?: string }, command: Command) => {
      if (file === undefined && data === undefined) command.error('error: give a configuration file, --data, or both')
      const { runCheck } = await import('./run.js')
      const { runCheckData } = await import('./data.js')
      const codes = [file === undefined ? 0 : await runCheck(file), data === undefined ? 0 : await runCheckData(data)]
      process.exitCode = Math.max(...codes)
    })
}
