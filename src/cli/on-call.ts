import { Command } from 'commander'
import type { Override } from '../contract/oncall/routing.js'
import { COMMAND_SENDER } from '../contract/order.js'
import { ask, ASK_HELP, type Asking } from './ask.js'

interface Turn {
  rota?: string
  from: number
  until: number
  person: string | null
}
interface Share {
  person: string
  hours: number
  nights: number
  weekends: number
  ofEven: number
}

const asking = (command: Command): Command =>
  command
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)

type OnCallOptions = Asking & { rota?: string; days?: string; report?: true; overrides?: true; json?: true }

/** `epicenter oncall`: its options of where the server is hold for the commands below it. Who is on call, the turns to come, and how they were shared; `override` and `take-back` below it. */
export function onCallCommand(): Command {
  const command = asking(
    new Command('oncall')
      .summary('who is on call, and until when')
      .description('Shows who is on call now by each rota of a running server; with --rota the turns to come.'),
  )
    .option('--rota <id>', 'the turns of this rota')
    .option('--days <n>', 'so many days of it')
    .option('--report', 'with --rota: how it was shared over the days before')
    .option('--overrides', 'swaps and cover that were given, with their ids')
    .option('--json', 'the answer as it came')
    .action(async (options: OnCallOptions) => {
      const answer = await ask('oncall', pathOf(options), null, options)
      if (answer === null) process.exitCode = 1
      else print(options.json ? JSON.stringify(answer) : textOf(answer, options))
    })
  command.addCommand(overrideCommand())
  command.addCommand(takeBackCommand())
  return command
}

function pathOf({ rota, days, report, overrides }: OnCallOptions): string {
  if (overrides) return '/api/v1/overrides'
  if (rota === undefined) return '/api/v1/oncall'
  const query = days === undefined ? '' : `?${new URLSearchParams({ days })}`
  return `/api/v1/oncall/${encodeURIComponent(rota)}${report ? '/report' : ''}${query}`
}

function textOf(answer: unknown, { rota, report, overrides }: OnCallOptions): string {
  if (overrides) return (answer as Override[]).map(overrideLine).join('\n') || 'no override was given'
  if (rota === undefined)
    return (
      (answer as Turn[]).map(each => `${each.rota}  ${each.person ?? 'nobody'} until ${time(each.until)}`).join('\n') ||
      'no rota is configured'
    )
  if (report)
    return (answer as Share[])
      .map(
        ({ person, hours, nights, weekends, ofEven }) =>
          `${person}  ${Math.round(hours)} h, ${Math.round(nights)} at night, ${Math.round(weekends)} at weekends, ${ofEven.toFixed(2)} of an even share`,
      )
      .join('\n')
  return (answer as Turn[])
    .map(({ from, until, person }) => `${time(from)}–${time(until)}  ${person ?? 'nobody'}`)
    .join('\n')
}

const overrideCommand = (): Command =>
  new Command('override')
    .summary('somebody takes over for a while')
    .description('Gives an override to a running server: it stands above all turns, the newest above the others.')
    .addHelpText('after', ASK_HELP)
    .argument('<rota>', 'id of the rota')
    .requiredOption('--to <person>', 'who takes over')
    .requiredOption('--until <time>', 'when it ends: 2h, 18:00, "tomorrow 9:00", or an ISO 8601 time')
    .option('--from <time>', 'when it begins, likewise', 'now')
    .option('--instead <person>', 'only where this person would be on call')
    .requiredOption('--why <reason>', COMMAND_SENDER.why.help)
    .option('--by <person>', COMMAND_SENDER.by.help, process.env['USER'] ?? 'unknown')
    .action(async (rota: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<
        Asking & Record<'to' | 'until' | 'from' | 'why' | 'by', string> & { instead?: string }
      >()
      const { to: person, until, from, instead, why, by } = options
      const body = { rota, person, from, until, why, by, ...(instead === undefined ? {} : { instead }) }
      const answer = (await ask('oncall override', '/api/v1/overrides', body, options)) as Override | null
      if (answer === null) process.exitCode = 1
      else print(overrideLine(answer))
    })

const takeBackCommand = (): Command =>
  new Command('take-back')
    .summary('take an override back')
    .description('Takes an override back.')
    .addHelpText('after', ASK_HELP)
    .argument('<override>', 'its id (`epicenter oncall --overrides`)')
    .action(async (id: string, _: unknown, command: Command) => {
      const path = `/api/v1/overrides/${encodeURIComponent(id)}/take-back`
      const answer = (await ask('oncall take-back', path, {}, command.optsWithGlobals<Asking>())) as Override | null
      if (answer === null) process.exitCode = 1
      else print(`taken back: ${overrideLine(answer)}`)
    })

const overrideLine = ({ id, rota, person, from, until, instead, by, why, takenBack }: Override): string =>
  `${id}  ${rota}: ${person}${instead === undefined ? '' : ` instead of ${instead}`}, ${time(from)}–${time(until)}, by ${by} (${why})${takenBack === undefined ? '' : `; taken back by ${takenBack.by}, ${time(takenBack.at)}`}`

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const time = (at: number): string => new Date(at).toISOString().replace(/:\d\d\.\d{3}Z$/, 'Z')
