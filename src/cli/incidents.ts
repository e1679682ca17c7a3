import { Command } from 'commander'
import type { IncidentEvent } from '../contract/incident.js'
import { ask, ASK_HELP, type Asking } from './ask.js'

/** Most incidents that a list shows. */
const LISTED = '20'

interface Row {
  id: string
  service: string
  title: string
  open: boolean
  severity: string
  startedAt: number
  resolvedAt: number | null
  latest: IncidentEvent
}
interface Told {
  acknowledged: { by: string; at: number } | null
  assignee: string | null
  newest: string
  commands: { id: string; at: number; verb: string; by: string; why: string; text?: string; person?: string }[]
}

const asking = (command: Command): Command =>
  command
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .option('--json', 'the answer as it came')
    .addHelpText('after', ASK_HELP)

/** What is open, and what was: their ids are what every verb asks for. */
export const incidentsCommand = (): Command =>
  asking(
    new Command('incidents')
      .summary('list the incidents of a running server')
      .description('Lists the open incidents of a running server, or with --all the latest ones, newest first.'),
  )
    .option('--all', 'those that are over as well')
    .option('--service <id>', 'of this service alone')
    .option('--limit <n>', 'most of them', LISTED)
    .action(async (options: Asking & { all?: true; service?: string; limit: string; json?: true }) => {
      const query = new URLSearchParams({ limit: options.limit })
      if (options.all !== true) query.set('open', 'true')
      if (options.service !== undefined) query.set('service', options.service)
      const rows = (await ask('incidents', `/api/v1/incidents?${query}`, null, options)) as Row[] | null
      if (rows === null) process.exitCode = 1
      else if (options.json) print(JSON.stringify(rows))
      else print(rows.length === 0 ? `no incident${options.all ? '' : ' is open'}` : rows.map(lineOf).join('\n'))
    })

/** One incident: what is known, and who does what. */
export const incidentCommand = (): Command =>
  asking(
    new Command('incident')
      .summary('show an incident, who has it and what was asked of it')
      .description('Shows an incident of a running server: what is known, who has it, and every command on it.')
      .argument('<incident>', 'id of the incident'),
  ).action(async (id: string, options: Asking & { json?: true }) => {
    const path = `/api/v1/incidents/${encodeURIComponent(id)}`
    const incident = (await ask('incident', path, null, options)) as Row | null
    const told = incident && ((await ask('incident', `${path}/response`, null, options)) as Told | null)
    if (incident === null || told === null) process.exitCode = 1
    else print(options.json ? JSON.stringify({ ...incident, response: told }) : storyOf(incident, told))
  })

interface WordsOptions extends Asking {
  lang?: string
  at?: string
  json?: true
}

/** What the record bears of it, for people to go on from: a post-mortem as Markdown, or the next update. */
const wordsCommand = (name: string, summary: string, more: string): Command =>
  asking(
    new Command(name)
      .summary(summary)
      .description(more)
      .argument('<incident>', 'id of the incident')
      .option('--lang <language>', 'language of the text, such as de')
      .option('--at <time>', 'as it stood then: an ISO 8601 time'),
  )

async function askWords(name: string, path: string, id: string, options: WordsOptions): Promise<unknown> {
  const query = new URLSearchParams()
  for (const field of ['lang', 'at'] as const) if (options[field] !== undefined) query.set(field, options[field])
  return ask(name, `/api/v1/incidents/${encodeURIComponent(id)}/${path}?${query}`, null, options)
}

export const postmortemCommand = (): Command =>
  wordsCommand(
    'postmortem',
    'print the post-mortem of an incident as Markdown, or write it as HTML or PDF',
    'Prints the post-mortem of an incident of a running server as its record bears it, or with --published as people published it: ' +
      'as Markdown, or as a document of its own with --html or --pdf. A PDF needs a Chromium on this machine (EPICENTER_CHROMIUM names one).',
  )
    .option('--published', 'the text that is published, in place of the draft')
    .option('--html <file>', 'write it as a page that needs nothing else')
    .option('--pdf <file>', 'write it as a PDF')
    .action(async (id: string, options: WordsOptions & { published?: true; html?: string; pdf?: string }) => {
      const answer = (await askWords('postmortem', 'post-mortem', id, options)) as Written | null
      if (answer === null) return void (process.exitCode = 1)
      if (options.json) return print(JSON.stringify(answer))
      const text = options.published ? (answer.published?.body ?? null) : answer.draft
      if (text === null) return fail(`${id} has no ${options.published ? 'published ' : ''}post-mortem`)
      if (options.html === undefined && options.pdf === undefined) return print(text.trimEnd())
      const { documentOf, writeDocument } = await import('./document.js')
      const { rendered } = await import('../http/words/rendered.js')
      const { LANGUAGE_TAGS } = await import('../contract/people.js')
      const title = /^# (.*)$/m.exec(text)?.[1] ?? id
      const language = LANGUAGE_TAGS.find(each => each === options.lang)
      try {
        await writeDocument(documentOf(title, rendered(text), language), options)
      } catch (error) {
        fail((error as Error).message)
      }
    })

interface Written {
  draft: string | null
  published: { body: string } | null
}

function fail(why: string): void {
  process.stderr.write(`epicenter postmortem: ${why}\n`)
  process.exitCode = 1
}

export const draftCommand = (): Command =>
  wordsCommand(
    'draft',
    'print the next update about an incident',
    'Prints an update about an incident of a running server as its record bears it. Nothing is sent: `epicenter say` does that.',
  )
    .option('--short', 'for a phone and a message')
    .action(async (id: string, options: WordsOptions & { short?: true }) => {
      const answer = (await askWords('draft', 'draft', id, options)) as { text: string; short: string } | null
      if (answer === null) process.exitCode = 1
      else print(options.json ? JSON.stringify(answer) : (options.short ? answer.short : answer.text).trimEnd())
    })

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const time = (at: number): string => new Date(at).toISOString().replace(/:\d\d\.\d{3}Z$/, 'Z')

const lineOf = ({ id, title, open, severity, startedAt, resolvedAt }: Row): string =>
  [id, open ? severity : 'over', `${time(startedAt)}${resolvedAt === null ? '' : `–${time(resolvedAt)}`}`, title].join(
    '  ',
  )

function storyOf(incident: Row, { acknowledged, assignee, newest, commands }: Told): string {
  const { latest } = incident
  const causes = (latest.causes ?? [])
    .slice(0, 5)
    .map(
      ({ subject, title, state, probability }) => `  ${state} ${Math.round(100 * probability)} %  ${subject}  ${title}`,
    )
  const asked = commands.map(each =>
    [`  ${time(each.at)}  ${each.by}: ${each.verb}`, each.person && `to ${each.person}`, each.text, `(${each.why})`]
      .filter(Boolean)
      .join(' '),
  )
  return [
    lineOf(incident),
    ...(latest.says ?? []).map(each => `  ${each.text}`),
    ...(causes.length > 0 ? ['suspects:', ...causes] : []),
    `acknowledged: ${acknowledged ? `${acknowledged.by}, ${time(acknowledged.at)}` : 'by nobody'}`,
    `assigned to: ${assignee ?? 'nobody'}`,
    ...(asked.length > 0 ? ['commands:', ...asked, `newest: ${newest}`] : []),
  ].join('\n')
}
