import { Command, InvalidArgumentError, Option } from 'commander'
import { ask, ASK_HELP } from './ask.js'

interface ForgetOptions {
  by: string
  why: string
  url: string
  token?: string
  data: string
  label?: { label: string; value?: string }
  component?: string
}

/** `epicenter forget`: like a command on an incident, it goes on the log with who and why. */
export function forgetCommand(): Command {
  return new Command('forget')
    .summary('forget a service, or one of its labels or components')
    .description(
      'Forgets a service with its page, incidents, charts and usual levels, or one of its labels or components. Goes to a ' +
        'running server, which puts it on its log with who and why. A service that sends again comes back as a new one.',
    )
    .argument('<service>', 'id of the service')
    .option(
      '--label <name[=value]>',
      'a label, or one of its values: what was counted under it still counts, without it',
      labelOf,
    )
    .option('--component <id>', 'a component that signals named')
    .requiredOption('--why <reason>', 'the reason, kept with the command')
    .addOption(
      new Option('--by <person>', 'who asks').default(process.env['USER'] ?? 'unknown', 'the user of this shell'),
    )
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (service: string, options: ForgetOptions) => {
      const { label, component, by, why } = options
      const path = `/api/v1/services/${encodeURIComponent(service)}/forget`
      const body = { by, why, ...label, ...(component === undefined ? {} : { component }) }
      const answer = await ask('forget', path, body, options)
      if (answer === null) {
        process.exitCode = 1
        return
      }
      const of =
        component !== undefined
          ? ` component ${component}`
          : label === undefined
            ? ''
            : ` label ${label.label}${label.value === undefined ? '' : `=${label.value}`}`
      process.stdout.write(`${service}${of} is forgotten\n`)
    })
}

function labelOf(text: string): { label: string; value?: string } {
  const cut = text.indexOf('=')
  const label = cut < 0 ? text : text.slice(0, cut)
  const value = cut < 0 ? undefined : text.slice(cut + 1)
  if (label === '' || value === '') throw new InvalidArgumentError('Expected a label, or label=value.')
  return { label, ...(value === undefined ? {} : { value }) }
}
