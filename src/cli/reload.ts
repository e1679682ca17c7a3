import { Command } from 'commander'
import { ask, type Asking, ASK_HELP } from './ask.js'

/** `epicenter reload`: the same as SIGHUP, with an answer. */
export function reloadCommand(): Command {
  return new Command('reload')
    .summary('make a running server read its configuration again')
    .description(
      'Asks a running server to read its configuration file again, as SIGHUP does. A wrong file changes nothing and is ' +
        'named with what is wrong; host, port, data and clock wait for a restart.',
    )
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (options: Asking) => {
      const answer = (await ask('reload', '/api/v1/reload', {}, options)) as {
        changed: string[]
        needsRestart: string[]
      } | null
      if (answer === null) {
        process.exitCode = 1
        return
      }
      const { changed, needsRestart } = answer
      process.stdout.write(changed.length === 0 ? 'nothing has changed\n' : `changed: ${changed.join(', ')}\n`)
      if (needsRestart.length > 0) process.stdout.write(`takes effect after a restart: ${needsRestart.join(', ')}\n`)
    })
}
