import { Command } from 'commander'
import type { Verb } from '../contract/order.js'
import { ask, ASK_HELP } from './ask.js'

interface CommandOptions {
  by: string
  why: string
  url: string
  token?: string
  data: string
  subject?: string
  causeText?: string
  text?: string
  until?: string
  href?: string
}

interface Spoken {
  verb: Verb
  summary: string
  /** Flag, help. Required for this verb. */
  needs?: [string, string]
  /** Flag, help. */
  may?: [string, string][]
}

const LISTED: [string, string] = ['--subject <id>', 'id of a listed cause or of a change, or security']
const SPOKEN: readonly Spoken[] = [
  {
    verb: 'resolve',
    summary:
      'a person says: it is over. What is measured as failing is still shown; it opens again after 30 minutes of that',
  },
  {
    verb: 'confirm',
    summary: 'a person says: this is the cause',
    may: [LISTED, ['--cause-text <words>', 'a cause that is not listed, in your own words']],
  },
  { verb: 'rule-out', summary: 'a person says: this is not the cause', needs: LISTED },
  {
    verb: 'mute',
    summary: 'no messages about an incident until a time',
    needs: ['--until <time>', '2h, 90m, 18:00, "tomorrow 9:00", or ISO 8601; by the clock of this machine'],
  },
  { verb: 'unmute', summary: 'messages about an incident again' },
  {
    verb: 'say',
    summary: 'a sentence for the public on an incident',
    needs: ['--text <sentence>', 'what everybody reads'],
  },
]

/** One command for each verb: an order on the log, with who and why. */
export function orderCommands(): Command[] {
  return SPOKEN.map(({ verb, summary, needs, may = [] }) => {
    const command = new Command(verb)
      .summary(summary.split('.')[0]!)
      .description(
        `${summary[0]!.toUpperCase()}${summary.slice(1)}. Goes to a running server, which puts it on its log with who and why, and answers with what is public now.`,
      )
      .argument('<incident>', 'id of the incident')
    if (needs !== undefined) command.requiredOption(...needs)
    for (const option of may) command.option(...option)
    return command
      .requiredOption('--why <reason>', 'the reason, kept with the order')
      .option('--by <person>', 'who asks (default: the user of this shell)', process.env['USER'] ?? 'unknown')
      .option('--href <url>', 'statement or record that the order cites')
      .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
      .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
      .option('--data <dir>', 'data folder of a server on this machine', './data')
      .addHelpText('after', ASK_HELP)
      .action(async (incident: string, options: CommandOptions) => {
        process.exitCode = await send(verb, incident, options)
      })
  })
}

/** What is public after an order. */
interface Answer {
  incident?: { id: string; open: boolean; title: string } | null
  public?: { headline: string; state: string; says: string[]; page: string }
  notes?: string[]
}

async function send(verb: Verb, incident: string, options: CommandOptions): Promise<number> {
  const { by, why, url, subject, causeText, text, until, href } = options
  // What was given goes along, empty or not: the server says what is wrong with it.
  const body = {
    verb,
    by,
    why,
    ...(subject !== undefined && { subject }),
    ...(causeText !== undefined && { words: causeText }),
    ...(text !== undefined && { text }),
    ...(until !== undefined && { until, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
    ...(href !== undefined && { href }),
  }
  const path = `/api/v1/incidents/${encodeURIComponent(incident)}/commands`
  const answer = (await ask(verb, path, body, options)) as Answer | null
  if (answer === null) return 1
  const { public: told, notes = [] } = answer
  const lines = [
    `${incident} ${answer.incident?.open === false ? 'resolved' : 'open'}: ${answer.incident?.title ?? ''}`,
    ...(told ? [`public now: ${told.headline} (${told.state})`, ...told.says.map(each => `  ${each}`)] : []),
    ...notes,
    ...(told ? [new URL(told.page, url).href] : []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}
