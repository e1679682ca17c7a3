import { Command } from 'commander'

export function checkCommand(): Command {
  return new Command('check')
    .summary('whether a configuration file is right')
    .description(
      'Reads a configuration file as `serve` would and says what is wrong with it: where, what is asked, what is there.',
    )
    .argument('<config>', 'configuration file (YAML)')
    .addHelpText('after', '\nExit codes: 0 it is right · 1 something is wrong with it · 2 it cannot be read')
    .action(async (file: string) => {
      const { runCheck } = await import('./check-run.js')
      process.exitCode = runCheck(file)
    })
}
