import { Command, Option } from 'commander'
import {
  COMMAND_FIELDS,
  COMMAND_SENDER,
  COMMANDS,
  type CommandField,
  type CommandRule,
  type Verb,
  VERBS,
} from '../contract/order.js'
import { ask, ASK_HELP } from './ask.js'

interface CommandOptions extends Partial<Record<string, string | boolean>> {
  notify?: boolean
  by: string
  why: string
  url: string
  data: string
  href?: string
  seen?: string
}

/** Which attribute of the parsed options holds a field; null: the command line does not ask for it. */
const attributeOf = (field: CommandField): string | null => {
  const { option } = COMMAND_FIELDS[field]
  return option === null ? null : new Option(option).attributeName()
}

/** One command for each verb: it goes on the log, with who and why. */
export function orderCommands(): Command[] {
  return VERBS.map(verb => {
    const { summary, more, needs, may = [], begins }: CommandRule = COMMANDS[verb]
    const command = new Command(verb)
      .summary(summary)
      .description(
        `${[summary, more ?? []].flat().map(capital).join('. ')}. Goes to a running server, which puts it on its log with who and why, and answers with what is public now.`,
      )
      .argument(begins ? '<service>' : '<incident>', begins ? 'id of the service' : 'id of the incident')
    for (const field of [...needs, ...may]) {
      const { option, help } = COMMAND_FIELDS[field]
      if (option === null) continue
      const says = TIMES.includes(field) ? `${help}, by the clock of this machine` : help
      // Where one of several will do, the server says when there is none.
      command.addOption(new Option(option, says).makeOptionMandatory(needs.length === 1 && needs[0] === field))
    }
    return command
      .requiredOption('--why <reason>', COMMAND_SENDER.why.help)
      .addOption(
        new Option('--by <person>', COMMAND_SENDER.by.help).default(
          process.env['USER'] ?? 'unknown',
          'the user of this shell',
        ),
      )
      .option(
        '--seen <order>',
        'do nothing where a newer command than this is known (`epicenter incident ID` names it)',
      )
      .option('--no-notify', 'send nobody a message about what follows from it')
      .option('--href <url>', 'statement or record that the command cites')
      .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
      .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
      .option('--data <dir>', 'data folder of a server on this machine', './data')
      .addHelpText('after', ASK_HELP)
      .action(async (about: string, options: CommandOptions) => {
        process.exitCode = await send(verb, about, options)
      })
  })
}

const TIMES: readonly CommandField[] = ['until', 'startedAt', 'endedAt']

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`

/** What is public after an order. */
interface Answer {
  incident?: { id: string; open: boolean; title: string } | null
  public?: { headline: string; state: string; says: string[]; page: string }
  notes?: string[]
}

async function send(verb: Verb, about: string, options: CommandOptions): Promise<number> {
  const { by, why, url, href, seen } = options
  const { begins }: CommandRule = COMMANDS[verb]
  // What was given goes along, empty or not: the server says what is wrong with it.
  const carried = (Object.keys(COMMAND_FIELDS) as CommandField[]).flatMap(field => {
    const name = attributeOf(field)
    return name === null || options[name] === undefined ? [] : [[field, options[name]]]
  })
  const body = {
    ...(begins ? { service: about } : { verb }),
    by,
    why,
    ...Object.fromEntries(carried),
    ...(TIMES.some(field => options[attributeOf(field) ?? ''] !== undefined) && {
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
    ...(href !== undefined && { href }),
    ...(seen !== undefined && { seen }),
    ...(options.notify === false && { notify: false }),
  }
  const path = begins ? '/api/v1/incidents' : `/api/v1/incidents/${encodeURIComponent(about)}/commands`
  const answer = (await ask(verb, path, body, options)) as Answer | null
  if (answer === null) return 1
  const { public: shown, notes = [] } = answer
  const lines = [
    `${answer.incident?.id ?? about} ${answer.incident?.open === false ? 'resolved' : 'open'}: ${answer.incident?.title ?? ''}`,
    ...(shown ? [`public now: ${shown.headline} (${shown.state})`, ...shown.says.map(each => `  ${each}`)] : []),
    ...notes,
    ...(shown ? [new URL(shown.page, url).href] : []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}
