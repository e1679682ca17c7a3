import { Command } from 'commander'
import { ask, type Asking, ASK_HELP } from './ask.js'

/** As `/readyz` says it. */
interface Ready {
  ready: boolean
  why?: string
  backlog: number
  queueBytes: number
  durable: number
  folded: number
  /** Where several processes share out the work: what this one does of it. */
  roles?: string[]
}
interface Source {
  kind: string
  id: string
  use: string
  health: string
  state: string
  ageMs: number | null
  lagMs: number | null
  perMinute: number
  accepted: number
  rejected: Record<string, number>
  ignored: Record<string, number>
  lastError: { why: string } | null
  look: { outcome: string; why: string | null } | null
  of: string | null
}
/** As `/api/v1/work` says it. */
interface Work {
  ageMs: number | null
  durable: number
  members: {
    id: string
    roles: string[]
    url: string | null
    version: string
    agoMs: number
    doing: { lanes?: { partition: number; position: number }[]; judge?: { position: number } | null }
  }[]
  leases: { name: string; holder: string; leftMs: number; heldMs: number }[]
  checkpoints: { name: string; position: number; ageMs: number }[]
}
/** A process that was not heard of for longer is not named. */
const GONE_MS = 60_000
interface Notifier {
  name: string
  told: number
  waiting: number
  givenUp: number
  why: string | null
}

/** `epicenter status`: how a running server is, and those who bring it signals or are told by it. */
export function statusCommand(): Command {
  return new Command('status')
    .summary('how a running server is: health, sources, notifiers, lag')
    .description(
      'Asks a running server whether it is well, how far it is behind, which sources, receivers and probes are heard of, ' +
        'and whom it could not tell. A source that is not heard of is stale, then unknown: that says nothing of what it watches.',
    )
    .option('--json', 'as one JSON object')
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText(
      'after',
      ASK_HELP.replace('0 done', '0 it is well').replace('the server refused', 'it is not, refused'),
    )
    .action(async (options: Asking & { json?: true }) => {
      process.exitCode = await run(options)
    })
}

async function run(options: Asking & { json?: true }): Promise<number> {
  const ready = await readiness(options.url)
  if (ready === null) return 1
  const sources = (await ask('status', '/api/v1/sources', null, options)) as Source[] | null
  if (sources === null) return 1
  const notifiers = (await ask('status', '/api/v1/notifiers', null, options)) as Notifier[] | null
  const work = ready.roles === undefined ? null : ((await ask('status', '/api/v1/work', null, options)) as Work | null)
  const shared = work === null ? {} : { work }
  const lines = () => [...linesOf(ready), ...workLines(work), ...sourceLines(sources), ...notifierLines(notifiers)]
  if (options.json === true) process.stdout.write(`${JSON.stringify({ ...ready, ...shared, sources, notifiers })}\n`)
  else process.stdout.write(`${lines().join('\n')}\n`)
  return ready.ready ? 0 : 1
}

/** It answers without a token, and with a body also where it is not ready. */
async function readiness(url: string): Promise<Ready | null> {
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/readyz`, { signal: AbortSignal.timeout(30_000) })
    return (await response.json()) as Ready
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    process.stderr.write(`epicenter status: cannot reach ${url}: ${cause?.code ?? message}\n`)
    return null
  }
}

function linesOf({ ready, why, backlog, queueBytes, durable, folded }: Ready): string[] {
  const count = (n: number) => n.toLocaleString('en')
  return [
    ready ? 'ready' : `not ready: ${why ?? 'it does not say why'}`,
    `${count(backlog)} signals are not counted yet (log entry ${count(folded)} of ${count(durable)}), ${count(queueBytes)} bytes wait for the disk`,
  ]
}

/** A probe with more targets than these is one line, beside the targets that are not well. */
const TARGETS_SHOWN = 20

/** Targets that are well are counted where there are many. */
function shortened(sources: Source[]): { shown: Source[]; more: string[] } {
  const counts = new Map<string, number>()
  for (const { of } of sources) if (of !== null) counts.set(of, (counts.get(of) ?? 0) + 1)
  const many = (of: string | null): of is string => of !== null && counts.get(of)! > TARGETS_SHOWN
  const isWell = (each: Source) => each.health === 'ok' && each.look?.outcome === 'ok'
  const well = new Map<string, number>()
  for (const each of sources) if (many(each.of) && isWell(each)) well.set(each.of, (well.get(each.of) ?? 0) + 1)
  return {
    shown: sources.filter(each => !many(each.of) || !isWell(each)),
    more: [...well].map(([of, n]) => `and ${n} of the ${counts.get(of)} targets of ${of}, which are well`),
  }
}

function sourceLines(all: Source[]): string[] {
  if (all.length === 0) return []
  const { shown: sources, more } = shortened(all)
  return [...sourceTable(sources), ...more]
}

function sourceTable(sources: Source[]): string[] {
  return table(
    ['source', 'plug-in', 'health', 'heard', 'a minute', 'taken', 'refused', 'ignored', 'finds', 'last error'],
    sources.map(each => [
      `${each.kind} ${each.id}`,
      each.use,
      each.health + (['stopped', 'retrying', 'ended'].includes(each.state) ? ` (${each.state})` : ''),
      each.ageMs === null
        ? 'never'
        : `${ageOf(each.ageMs)} ago${each.lagMs === null ? '' : `, ${ageOf(each.lagMs)} behind`}`,
      each.perMinute.toFixed(1),
      String(each.accepted),
      countsOf(each.rejected),
      countsOf(each.ignored),
      each.look?.outcome ?? '',
      each.lastError?.why ?? '',
    ]),
  )
}

const countsOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, n]) => `${n} ${name}`)
    .join(', ') || '0'

function notifierLines(notifiers: Notifier[] | null): string[] {
  if (notifiers === null || notifiers.length === 0) return []
  return table(
    ['notifier', 'sent', 'waiting', 'given up', 'why it waits'],
    notifiers.map(({ name, told, waiting, givenUp, why }) => [name, `${told}`, `${waiting}`, `${givenUp}`, why ?? '']),
  )
}

/** Who does what, how far behind the log's end it is, and how old what it would go on from is. */
function workLines(work: Work | null): string[] {
  if (work === null) return []
  const { ageMs, durable, members, leases, checkpoints } = work
  const known = new Map(checkpoints.map(each => [each.name, each]))
  const lanes = new Map(members.flatMap(each => each.doing.lanes ?? []).map(each => [`watch.${each.partition}`, each]))
  const judged = members.map(each => each.doing.judge).find(each => each)
  const at = (name: string) => (name === 'judge' ? judged?.position : lanes.get(name)?.position)
  const rows = leases.map(({ name, holder, leftMs, heldMs }) => {
    const checkpoint = known.get(name)
    return [
      name,
      leftMs > 0 ? holder : 'nobody',
      leftMs > 0 ? ageOf(heldMs) : '',
      at(name) === undefined ? '' : String(Math.max(0, durable - at(name)!)),
      checkpoint === undefined ? '' : `${ageOf(checkpoint.ageMs)} (entry ${checkpoint.position})`,
    ]
  })
  const live = members.filter(each => each.agoMs < GONE_MS)
  return [
    ageMs === null ? '' : `what is shown is ${ageOf(ageMs)} old`,
    ...table(['work', 'owner', 'for', 'entries behind', 'checkpoint'], rows),
    ...table(
      ['process', 'roles', 'version', 'heard of', 'where'],
      live.map(each => [each.id, each.roles.join(', '), each.version, `${ageOf(each.agoMs)} ago`, each.url ?? '']),
    ),
  ].filter((line, i) => i > 0 || line !== '')
}

function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map(row => row[i]!.length)))
  return [
    '',
    ...[head, ...rows].map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    ),
  ]
}

/** The largest unit that fits. */
function ageOf(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1_000, 's']
  return `${Math.floor(ms / size)} ${unit}`
}
