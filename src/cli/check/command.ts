import { Command, InvalidArgumentError } from 'commander'

export function checkCommand(): Command {
  return new Command('check')
    .summary('look for errors in a configuration file or a data folder')
    .description(
      'Reads a configuration file as `serve` does and prints each error: where it is, what was expected, what is there. ' +
        'Tries the files that it names, the data folder, the keys and the port. ' +
        'With --try it opens each source, receiver, probe and notifier once, reads once without keeping anything, and says what came. ' +
        'With --data it checks every page and every row of a data folder, also of a running server, and changes nothing.',
    )
    .argument('[config]', 'configuration file (YAML)')
    .option('--data <folder>', 'data folder')
    .option('--try', 'ask the sources too')
    .option('--seconds <n>', 'how long each is waited for', seconds, 30)
    .addHelpText('after', '\nExit codes: 0 no problems · 1 problems found · 2 it cannot be read')
    .action(async (file: string | undefined, { data, try: asks, seconds }: CheckOptions, command: Command) => {
      if (file === undefined && data === undefined) command.error('error: give a configuration file, --data, or both')
      if (file === undefined && asks === true) command.error('error: --try wants a configuration file')
      const { runCheck } = await import('./run.js')
      const { runCheckData } = await import('./data.js')
      const codes = [file === undefined ? 0 : await runCheck(file), data === undefined ? 0 : await runCheckData(data)]
      if (file !== undefined && asks === true && codes[0] === 0)
        codes.push(await (await import('./try.js')).runTry(file, seconds))
      process.exitCode = Math.max(...codes)
    })
}

interface CheckOptions {
  data?: string
  try?: true
  seconds: number
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 3_600)) throw new InvalidArgumentError('seconds are more than 0, at most 3600')
  return value
}
