import { WEIGHED_BY } from '../contract/view.js'
import { Command } from 'commander'
import { SEVERITIES } from '../contract/incident.js'
import { HOUR, MINUTE } from '../contract/time.js'
import type { Report } from '../http/lessons/report.js'
import { ask, ASK_HELP, type Asking } from './ask.js'

type Options = Asking &
  Partial<Record<'from' | 'until' | 'parts' | 'where' | 'objective' | 'severity' | 'by', string>> & {
    json?: true
    html?: string
    pdf?: string
  }

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
    .option('--html <file>', 'write it as a page that needs nothing else')
    .option('--pdf <file>', 'write it as a PDF, with the Chromium of this machine or the one in EPICENTER_CHROMIUM')
    .option('--json', 'the answer as it came')
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (options: Options) => {
      const query = new URLSearchParams(
        QUERY.flatMap(name => (options[name] === undefined ? [] : [[name, options[name]!]])),
      )
      const told = (await ask('report', `/api/v1/report?${query}`, null, options)) as Report | null
      if (told === null) process.exitCode = 1
      else if (options.html !== undefined || options.pdf !== undefined) await write(told, options)
      else process.stdout.write(`${options.json ? JSON.stringify(told) : textOf(told)}\n`)
    })

async function write(report: Report, options: Options): Promise<void> {
  const { documentOf, writeDocument } = await import('./document.js')
  const { reportPage } = await import('../http/console/report.js')
  const { html } = await import('../http/pages/html.js')
  try {
    await writeDocument(
      documentOf('Service levels', html`<h1>Service levels</h1>${reportPage(report, false)}`),
      options,
    )
  } catch (error) {
    process.stderr.write(`epicenter report: ${(error as Error).message}\n`)
    process.exitCode = 1
  }
}

const textOf = ({ from, until, rows }: Report): string =>
  [
    `${day(from)} to ${day(until)}`,
    ...rows.flatMap(({ part, availability, downMs, plannedMs, unknownMs, leftMs, met, incidents }) => [
      `${part}  ${availability === null ? 'not measured' : `${Math.floor(availability * 100_000 + 1e-6) / 1_000} %`}  down ${span(downMs)}  planned ${span(plannedMs)}  ${unknownMs > 0 ? `unknown ${span(unknownMs)}  ` : ''}${availability === null ? '' : leftMs < 0 ? `overdrawn by ${span(-leftMs)}` : `left ${span(leftMs)}`}  ${met === null ? '' : met ? 'kept' : 'broken'}`.trimEnd(),
      ...incidents.map(each => `  ${span(each.downMs)}  ${each.id}`),
    ]),
  ].join('\n')

const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
const span = (ms: number): string =>
  ms < HOUR ? `${Math.round(ms / MINUTE)} min` : `${Math.floor(ms / HOUR)} h ${Math.round((ms % HOUR) / MINUTE)} min`
