import { WEIGHED_BY } from '../contract/view.js'
import { Command } from 'commander'
import { SEVERITIES } from '../contract/incident.js'
import { HOUR, MINUTE } from '../contract/time.js'
import { ask, ASK_HELP, type Asking } from './ask.js'

interface Told {
  from: number
  until: number
  rows: {
    part: string
    availability: number | null
    downMs: number
    plannedMs: number
    leftMs: number
    met: boolean | null
    incidents: { id: string; downMs: number }[]
  }[]
}
type Options = Asking &
  Partial<Record<'from' | 'until' | 'parts' | 'where' | 'objective' | 'severity' | 'by', string>> & { json?: true }

const QUERY = ['from', 'until', 'parts', 'where', 'objective', 'severity', 'by'] as const

/** `epicenter report`: availability and error budgets of a period. */
export const reportCommand = (): Command =>
  new Command('report')
    .summary('availability and error budgets of a period')
    .description(
      'Asks a running server how much of a period its services, or some of their components, were available, for all ' +
        'customers or those of some labels, and what is left of the error budget. Planned work counts in neither.',
    )
    .option('--from <time>', 'since when; 30 days before its end, if not given')
    .option('--until <time>', 'until when; now, if not given')
    .option('--parts <ids>', 'services and service/component, with commas between; all services, if not given')
    .option('--where <customers>', '`tier=paid region=eu,us`; everybody, if not given')
    .option('--objective <percent>', 'what was promised; 99.9, if not given')
    .option(
      '--severity <severity>',
      `trouble of this severity or worse counts: ${SEVERITIES.join(', ')}; major, if not given`,
    )
    .option(
      '--by <how>',
      `${WEIGHED_BY.join(' or ')}: each minute whole, or as much as of these people failed; time, if not given`,
    )
    .option('--json', 'the answer as it came')
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (options: Options) => {
      const query = new URLSearchParams(
        QUERY.flatMap(name => (options[name] === undefined ? [] : [[name, options[name]!]])),
      )
      const told = (await ask('report', `/api/v1/report?${query}`, null, options)) as Told | null
      if (told === null) process.exitCode = 1
      else process.stdout.write(`${options.json ? JSON.stringify(told) : textOf(told)}\n`)
    })

const textOf = ({ from, until, rows }: Told): string =>
  [
    `${day(from)} to ${day(until)}`,
    ...rows.flatMap(({ part, availability, downMs, plannedMs, leftMs, met, incidents }) => [
      `${part}  ${availability === null ? 'not measured' : `${Math.floor(availability * 100_000 + 1e-6) / 1_000} %`}  down ${span(downMs)}  planned ${span(plannedMs)}  ${leftMs < 0 ? `overdrawn by ${span(-leftMs)}` : `left ${span(leftMs)}`}  ${met === null ? '' : met ? 'kept' : 'broken'}`.trimEnd(),
      ...incidents.map(each => `  ${span(each.downMs)}  ${each.id}`),
    ]),
  ].join('\n')

const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
const span = (ms: number): string =>
  ms < HOUR ? `${Math.round(ms / MINUTE)} min` : `${Math.floor(ms / HOUR)} h ${Math.round((ms % HOUR) / MINUTE)} min`
