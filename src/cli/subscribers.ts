import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { ask, ASK_HELP, type Asking } from './ask.js'

/** Subscribers that are asked for, or handed over, at once. */
const HANDED_OVER = 1_000
/** Of what could not be delivered so many are shown. */
const FAILED_SHOWN = 20

interface Row {
  id: string
  channel: string
  address: string
  page: string
  components: string[]
  labels: Record<string, string>
  language: string
  state: string
  confirmedAt: number | null
  why: string | null
}
interface Wanted extends Asking {
  page?: string
  channel?: string
  state?: string
  component?: string[]
  language?: string
  json?: true
}
interface Status {
  counts: { page: string; channel: string; state: string; count: number }[]
  told: Record<string, number>
  waiting: number
  failing: { queue: string; failures: number; why: string }[]
  undelivered: { at: number; channel: string; address: string; message: string; tries: number; why: string }[]
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)
const asking = (command: Command): Command =>
  command
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)

/** `epicenter subscribers`: who subscribed to the status pages of a running server. */
export function subscribersCommand(): Command {
  const root = new Command('subscribers')
    .summary('list, add, remove, export and import subscribers of status pages')
    .description('Who subscribed to the status pages of a running server, and what could not be delivered to them.')
    .addHelpText('after', ASK_HELP)
  const list = (name: string, summary: string, one: (row: Row) => string) =>
    asking(new Command(name).summary(summary).description(`${summary}.`.replace(/^./, first => first.toUpperCase())))
      .option('--page <id>', 'of this status page alone')
      .option('--channel <channel>', 'email, webhook, slack or push')
      .option('--state <state>', 'asked, active or ended')
      .action(async (options: Wanted) => {
        process.exitCode = (await eachRow(options, row => print(one(row)))) ? 0 : 1
      })
  root.addCommand(list('list', 'list subscribers, a line each', lineOf))
  root.addCommand(
    list('export', 'print all subscribers as JSON, a line each, as `import` reads them', row => JSON.stringify(row)),
  )
  root.addCommand(
    asking(new Command('status').summary('count subscribers, and say what could not be delivered'))
      .description('Counts subscribers by page, and says what waits and what could not be delivered and why.')
      .option('--json', 'the answer as it came')
      .action(async (options: Wanted) => {
        const status = (await ask('subscribers', '/api/v1/subscribers/status', null, options)) as Status | null
        if (status === null) process.exitCode = 1
        else print(options.json ? JSON.stringify(status) : statusOf(status))
      }),
  )
  giving(root)
  return root
}

/** The commands that change something. */
function giving(root: Command): void {
  root.addCommand(
    asking(new Command('add').summary('add people who agreed to be told'))
      .description('Adds people who agreed to be told, without asking them to confirm.')
      .argument('<address...>', 'mail addresses, or addresses of webhooks')
      .option('--page <id>', 'the status page; the first, if not given')
      .option('--channel <channel>', 'email, webhook or slack', 'email')
      .option('--component <id...>', 'ids of components as the API has them; everything, if not given')
      .option('--language <tag>', 'of their messages')
      .action(async (addresses: string[], { page, channel, component, language, ...options }: Wanted) => {
        const more = {
          channel,
          ...(page && { page }),
          ...(component && { components: component }),
          ...(language && { language }),
        }
        const rows = addresses.map(address => ({ address, ...more }))
        process.exitCode = await giveSubscribers('subscribers', rows, options)
      }),
  )
  root.addCommand(
    asking(new Command('remove').summary('forget subscribers'))
      .description('Forgets subscribers on every page, with all that is known of them.')
      .argument('<address...>', 'their addresses or ids')
      .action(async (addresses: string[], options: Asking) => {
        const answer = (await ask('subscribers', '/api/v1/subscribers/remove', { addresses }, options)) as {
          removed: number
        } | null
        if (answer === null) process.exitCode = 1
        else print(`${answer.removed} removed`)
      }),
  )
  root.addCommand(
    asking(new Command('import').summary('add subscribers from a file'))
      .description(
        'Adds those of a file who agreed to be told: JSON, a line each, as `export` prints it. Others are left out.',
      )
      .argument('<file>', 'the file; - for the standard input')
      .action(async (file: string, options: Asking) => {
        const text = readFileSync(file === '-' ? 0 : file, 'utf8')
        const rows = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [readRow(line, i + 1)]))
        const agreed = rows.filter(each => each.state === undefined || each.state === 'active')
        if (agreed.length < rows.length) say(`${rows.length - agreed.length} left out: not confirmed, or ended`)
        process.exitCode = await giveSubscribers('subscribers', agreed.map(wishOf), options)
      }),
  )
  root.addCommand(
    asking(new Command('bounce').summary('take a mail that came back'))
      .description(
        'Reads a mail that reports that a letter could not be delivered (RFC 3464) from the standard input, as a mail server ' +
          'pipes what comes to the address that letters are from. Exits with 0 whatever mail it is.',
      )
      .action(async (options: Asking) => {
        const message = readFileSync(0, 'utf8').slice(0, 256 * 1024)
        const answer = (await ask('subscribers', '/api/v1/subscribers/bounces', { message }, options)) as {
          taken: boolean
        } | null
        if (answer === null) process.exitCode = 1
        else print(answer.taken ? 'taken: a subscriber could not be reached' : 'of no subscriber')
      }),
  )
}

/** Hands subscribers over, some at a time; the exit code. Those that are refused are named. */
export async function giveSubscribers(command: string, rows: readonly object[], options: Asking): Promise<number> {
  let [added, known, refused] = [0, 0, 0]
  for (let i = 0; i < rows.length; i += HANDED_OVER) {
    const piece = rows.slice(i, i + HANDED_OVER)
    const answer = (await ask(command, '/api/v1/subscribers', { subscribers: piece }, options)) as {
      added: number
      known: number
      refused: { at: number; why: string }[]
    } | null
    if (answer === null) {
      say(`epicenter ${command}: stopped after ${i}; those before are taken in, and taken in once`)
      return 1
    }
    for (const { at, why } of answer.refused) say(`${(piece[at] as { address: string }).address}: ${why}`)
    added += answer.added
    known += answer.known
    refused += answer.refused.length
  }
  print(`${added} added, ${known} were there already${refused === 0 ? '' : `, ${refused} refused`}`)
  return refused === 0 ? 0 : 1
}

async function eachRow({ page, channel, state, ...options }: Wanted, take: (row: Row) => void): Promise<boolean> {
  for (let after = ''; ; ) {
    const query = new URLSearchParams({ limit: String(HANDED_OVER), after })
    for (const [name, value] of Object.entries({ page, channel, state }))
      if (value !== undefined) query.set(name, value)
    const rows = (await ask('subscribers', `/api/v1/subscribers?${query}`, null, options)) as Row[] | null
    if (rows === null) return false
    rows.forEach(take)
    if (rows.length < HANDED_OVER) return true
    after = rows.at(-1)!.id
  }
}

/** @throws Error with the number of a line that is none */
function readRow(line: string, at: number): Partial<Row> & { address: string } {
  let row: Partial<Row> | null = null
  try {
    row = JSON.parse(line) as Partial<Row> | null
  } catch {
    // Told below.
  }
  if (typeof row !== 'object' || row === null || typeof row.address !== 'string')
    throw new Error(`line ${at} is no subscriber: JSON with an address is expected`)
  return row as Partial<Row> & { address: string }
}

const wishOf = ({ channel, address, page, components, labels, language, confirmedAt }: Partial<Row>) => ({
  ...{ channel, address, page, components, labels, language },
  ...(confirmedAt === null ? {} : { confirmedAt }),
})

const lineOf = ({ id, channel, address, page, components, language, state, why }: Row): string =>
  [
    id,
    state,
    page,
    channel,
    address,
    language,
    ...(components.length > 0 ? [components.join(',')] : []),
    ...(why ? [`(${why})`] : []),
  ].join('  ')

function statusOf({ counts, waiting, failing, undelivered }: Status): string {
  const time = (at: number) => new Date(at).toISOString().slice(0, 16)
  return [
    ...counts.map(each => `${each.page}  ${each.channel}  ${each.state}  ${each.count}`),
    `${waiting} messages wait`,
    ...failing.map(each => `${each.queue} takes nothing: ${each.why}`),
    ...undelivered
      .slice(0, FAILED_SHOWN)
      .map(
        each => `${time(each.at)}Z  ${each.address}  ${each.message}  given up after ${each.tries} tries: ${each.why}`,
      ),
  ].join('\n')
}
