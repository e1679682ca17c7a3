import { Command } from 'commander'

export function checkCommand(): Command {
  return new Command('check')
    .summary('whether a configuration file is right')
    .description(
      'Reads a configuration file as `serve` does and says what is wrong with it: where, what is asked, what is there. ' +
        'Tries what can be tried: files that it names, the data folder, keys, the port.',
    )
    .argument('<config>', 'configuration file (YAML)')
    .addHelpText('after', '\nExit codes: 0 it is right · 1 something is wrong with it · 2 it cannot be read')
    .action(async (file: string) => {
      const { runCheck } = await import('./check-run.js')
      process.exitCode = await runCheck(file)
    })
}
