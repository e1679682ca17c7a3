import { Command } from 'commander'
import { DAY } from '../contract/time.js'
import { suggestEdges, type Suggestion } from '../core/graph/suggest.js'
import { ask, ASK_HELP, type Asking } from './ask.js'

interface Graph {
  nodes: { id: string; name: string; kind: string; state?: string }[]
  edges: { from: string; to: string; basis: string; used: boolean }[]
}
interface Incident {
  service: string
  startedAt: number
  openedAt: number
}
type Options = Asking & { json?: true }

/** Incidents that one answer of the server holds. */
const INCIDENTS_A_PAGE = 200
/** Answers that are asked for: ten thousand incidents say enough. */
const MOST_PAGES = 50

const asking = (command: Command): Command =>
  command
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .option('--json', 'one JSON object instead of text')
    .addHelpText('after', ASK_HELP)

/** What stands on what, which edges failing together suggests, and a person's word that one of them is there. */
export function graphCommand(): Command {
  const show = new Command('show')
    .summary('print what stands on what')
    .description('Prints the edges of the graph of a running server, and where each is known from.')
    .action(async (options: Options) => {
      const graph = await graphOf(options)
      if (graph) print(options.json ? JSON.stringify(graph) : graphText(graph))
    })
  const suggest = new Command('suggest')
    .summary('suggest edges from incidents that began together')
    .description(
      'Tests which services had incidents that began together more often than chance lets them, and are not connected yet. ' +
        'Nothing uses such an edge before a trace shows it or a person confirms it.',
    )
    .action(async (options: Options) => {
      const graph = await graphOf(options)
      const incidents = graph && (await incidentsOf(options))
      if (!graph || !incidents) return
      const found = suggested(graph, incidents)
      print(options.json ? JSON.stringify({ incidents: incidents.length, suggested: found }) : suggestedText(found))
    })
  const confirm = new Command('confirm')
    .summary('say that one node stands on another')
    .description('Confirms an edge: a topology signal of a source of its own goes on the log of a running server.')
    .argument('<from>', 'service that calls, or stands on the other')
    .argument('<to>', 'service or dependency that it stands on')
    .requiredOption('--why <reason>', 'why it is so')
    .option('--by <person>', 'who says it', process.env['USER'] ?? 'unknown')
    .action(async (from: string, to: string, options: Options & { why: string; by: string }) => {
      const answer = await ask(
        'graph confirm',
        '/api/v1/signals',
        [confirmation(from, to, options, Date.now())],
        options,
      )
      if (answer === null) process.exitCode = 1
      else print(options.json ? JSON.stringify(answer) : `${from} stands on ${to}: on the log, by ${options.by}`)
    })
  return new Command('graph')
    .summary('show, suggest and confirm what stands on what')
    .description(
      'Shows what stands on what, suggests edges from incidents that began together, and confirms one of them.',
    )
    .addHelpText('after', ASK_HELP)
    .addCommand(asking(show), { isDefault: true })
    .addCommand(asking(suggest))
    .addCommand(asking(confirm))
}

/** Of a source of its own, so that it adds to what others say and replaces only itself. */
export const confirmation = (
  from: string,
  to: string,
  { by, why }: { by: string; why: string },
  at: number,
): object => ({
  type: 'fact',
  via: 'topology',
  id: `confirmed/${to}/${at}`,
  service: from,
  at,
  source: `confirmed/${to}`,
  labels: { by, why },
  components: [],
  dependsOn: [{ id: to }],
})

/** Edges that the onsets of incidents suggest and that no way through the graph explains. */
export function suggested({ edges }: Graph, incidents: readonly Incident[]): Suggestion[] {
  const onsets = new Map<string, number[]>()
  for (const { service, startedAt } of incidents) onsets.set(service, [...(onsets.get(service) ?? []), startedAt])
  const times = incidents.map(each => each.startedAt)
  const near = new Map<string, Set<string>>()
  const meet = (a: string, b: string): Set<string> => (near.get(a) ?? new Set<string>()).add(b)
  for (const { from, to, used } of edges) if (used) near.set(from, meet(from, to)).set(to, meet(to, from))
  const known = (a: string, b: string): boolean =>
    near.get(a)?.has(b) === true || [...(near.get(a) ?? [])].some(each => near.get(b)?.has(each))
  return suggestEdges(onsets, [Math.min(...times), Math.max(...times) + DAY], known)
}

async function graphOf(options: Options): Promise<Graph | null> {
  const graph = (await ask('graph', '/api/v1/graph', null, options)) as Graph | null
  if (graph === null) process.exitCode = 1
  return graph
}

/** All that the server still knows, newest first, page by page. */
async function incidentsOf(options: Options): Promise<Incident[] | null> {
  const all: Incident[] = []
  for (let page = 0; page < MOST_PAGES; page++) {
    const before = all.at(-1)?.openedAt
    const query = new URLSearchParams({
      limit: String(INCIDENTS_A_PAGE),
      ...(before === undefined ? {} : { before: String(before) }),
    })
    const some = (await ask('graph suggest', `/api/v1/incidents?${query}`, null, options)) as Incident[] | null
    if (some === null) {
      process.exitCode = 1
      return null
    }
    all.push(...some)
    if (some.length < INCIDENTS_A_PAGE) break
  }
  return all
}

function graphText({ nodes, edges }: Graph): string {
  if (edges.length === 0) return 'nothing says what stands on what'
  const kind = new Map(nodes.map(each => [each.id, each.kind]))
  return edges
    .map(({ from, to, basis, used }) => `${from} → ${to} (${kind.get(to)}, ${basis}${used ? '' : ', not used'})`)
    .join('\n')
}

const suggestedText = (found: readonly Suggestion[]): string =>
  found.length === 0
    ? 'nothing fails together more often than chance lets it'
    : found
        .map(
          ({ from, to, together, of, p }) =>
            `${from} → ${to}: ${together} began together, of ${of[0]} and ${of[1]} (p ${p.toExponential(1)}); to use it: epicenter graph confirm ${from} ${to} --why …`,
        )
        .join('\n')

const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}
