import { Command } from 'commander'
import type { Verb } from '../contract/order.js'

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
      .addHelpText('after', HELP)
      .action(async (incident: string, options: CommandOptions) => {
        process.exitCode = await send(verb, incident, options)
      })
  })
}

const HELP = '\nExit codes: 0 done · 1 the server refused, or cannot be reached · 2 wrong usage'
const TIMEOUT_MS = 30_000

async function send(verb: Verb, incident: string, options: CommandOptions): Promise<number> {
  const { by, why, url, data, subject, causeText, text, until, href } = options
  const token = options.token ?? process.env['EPICENTER_TOKEN'] ?? (await tokenIn(data))
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
  const say = (what: string) => process.stderr.write(`epicenter ${verb}: ${what}\n`)
  let response: Response
  try {
    response = await fetch(
      new URL(`${url.replace(/\/+$/, '')}/api/v1/incidents/${encodeURIComponent(incident)}/commands`),
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    )
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    say(`cannot reach ${url}: ${cause?.code ?? message}`)
    return 1
  }
  const answer = (await response.json().catch(() => ({}))) as {
    title?: string
    detail?: string
    value?: string
    incident?: { id: string; open: boolean; title: string } | null
    public?: { headline: string; state: string; says: string[]; page: string }
    notes?: string[]
  }
  if (!response.ok) {
    say(
      [
        answer.title ?? `the server answered ${response.status}`,
        answer.detail,
        answer.value && `received ${answer.value}`,
      ]
        .filter(Boolean)
        .join('; '),
    )
    return 1
  }
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

export async function tokenIn(data: string): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises')
  return readFile(`${data}/token`, 'utf8').then(
    text => text.trim(),
    () => undefined,
  )
}
