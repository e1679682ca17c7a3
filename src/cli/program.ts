import { Command } from 'commander'
import { replayCommand } from './replay.js'
import { simulateCommand } from './simulate.js'

const VERSION = '0.1.0'

/** The whole command line. Actions import what they need, so that `--help` costs nothing. */
export function program(): Command {
  return new Command('epicenter')
    .description('Thousands feel an outage. Epicenter finds where it started.')
    .version(VERSION)
    .showHelpAfterError('(add --help for what it takes)')
    .addCommand(replayCommand())
    .addCommand(simulateCommand())
}

export async function main(argv: readonly string[]): Promise<void> {
  // `… | head` closes our output early: that is an end, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const root = program()
  for (const command of [root, ...root.commands]) command.exitOverride()
  try {
    await root.parseAsync(argv)
  } catch (error) {
    const e = error as { code?: string; exitCode?: number; message?: string; stack?: string }
    if (e.code?.startsWith('commander.') === true) {
      // Help and version are no failure; anything else that commander refuses is wrong usage.
      process.exitCode = e.exitCode === 0 ? 0 : 2
      return
    }
    process.stderr.write(`epicenter: ${e.message ?? String(error)}\n`)
    if (process.env['EPICENTER_DEBUG'] !== undefined) process.stderr.write(`${e.stack ?? ''}\n`)
    process.exitCode = 1
  }
}
