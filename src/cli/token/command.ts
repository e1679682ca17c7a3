import { Command } from 'commander'

export interface TokenOptions {
  scope: string
  services?: string
  namespace?: string
  expires?: string
  data?: string
  config?: string
}

const WHERE = [
  ['--data <dir>', 'data folder of the server (default: that of --config, or ./data)'],
  ['--config <file>', 'configuration that names the data folder'],
] as const

const CODES = '\nExit codes: 0 done · 1 it could not be done · 2 wrong usage'

/** A token for each source: who sends, what it may do, and whose ids it uses up. */
export function tokenCommand(): Command {
  const root = new Command('token')
    .summary('manage the tokens of sources: add, list, revoke')
    .description('Names tokens, so that each source has one of its own. A running server notices at once.')
    .addHelpText('after', CODES)
  const add = new Command('add')
    .summary('make a token and print it, once')
    .argument('<name>', 'who sends: letters, digits and . _ -')
    .option('--scope <scopes>', 'signals, commands, read, propose, agent, exchange', 'signals')
    .option('--services <ids>', 'the only services it may send signals and commands for')
    .option('--namespace <name>', 'whose ids it sends (default: its name); the same for a token that follows another')
    .option('--expires <when>', '90d, 12h, or an ISO 8601 time (default: never)')
  const list = new Command('list').summary('list names, scopes and expiry dates, never the tokens')
  const revoke = new Command('revoke').summary('revoke a token').argument('<name>', 'its name')
  for (const command of [add, list, revoke]) {
    for (const [flag, help] of WHERE) command.option(flag, help)
    command.addHelpText('after', CODES)
    root.addCommand(command)
  }
  add.action(async (name: string, options: TokenOptions) => {
    process.exitCode = await (await import('./run.js')).runAdd(name, options)
  })
  list.action(async (options: TokenOptions) => {
    process.exitCode = await (await import('./run.js')).runList(options)
  })
  revoke.action(async (name: string, options: TokenOptions) => {
    process.exitCode = await (await import('./run.js')).runRevoke(name, options)
  })
  return root
}
