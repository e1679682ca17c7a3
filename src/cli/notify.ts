import { Command } from 'commander'
import { ask, type Asking, ASK_HELP } from './ask.js'

/** How long a receiver that is tried may take, beyond what the server gives it. */
const TRY_MS = 90_000

/** `epicenter notify NAME --test`: whether somebody can be told at all, before it matters. */
export function notifyCommand(): Command {
  return new Command('notify')
    .summary('send one notifier a test message')
    .description(
      'Asks a running server to send one of its notifiers a message that says it is a test, and prints what the receiver ' +
        'answered. Names are those of `epicenter status`: the `id` of the configuration, or the plug-in and its number, as `slack-1`.',
    )
    .argument('<name>', 'the notifier')
    .requiredOption('--test', 'send a test message')
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (name: string, options: Asking) => {
      const path = `/api/v1/notifiers/${encodeURIComponent(name)}/test`
      const tried = (await ask('notify', path, {}, { ...options, timeoutMs: TRY_MS })) as {
        taken: boolean
        said: string
        tookMs: number
      } | null
      if (tried === null) {
        process.exitCode = 1
        return
      }
      const { taken, said, tookMs } = tried
      process.stdout.write(`${name}: ${taken ? 'taken' : 'not taken'} after ${Math.round(tookMs)} ms: ${said}\n`)
      if (!taken) process.exitCode = 1
    })
}
