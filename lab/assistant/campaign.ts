import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { MINUTE } from '../../src/contract/time.js'
import { FAULTS, type Fault, faultNamed } from './faults.js'
import { judge, type Verdict } from './judge.js'
import { type Phases, playOnce, SHORT } from './play.js'
import { playedAs, type Recording } from './recorded.js'
import { Truth } from './truth.js'

/** One play of a campaign, as it is kept: a line of JSON. */
export interface Row {
  fault: string
  seed: number
  twin: boolean
  at: string
  commit: string
  /** Processors, and how many wanted one on the mean of the last five minutes. */
  cpus: number
  load: number
  verdict: Verdict
}

const file = (name: string): string => fileURLToPath(new URL(`../../bench/results/${name}`, import.meta.url))
const ROWS = file('assistant.jsonl')

export const keyOf = ({ fault, seed, twin }: Pick<Row, 'fault' | 'seed' | 'twin'>): string =>
  `${fault} ${seed}${twin ? ' twin' : ''}`

export const rowsOf = (text: string): Row[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Row)

/** Plays that are asked for and were not played: seed by seed, so that an early end has each fault. */
export function missing(faults: readonly Fault[], seeds: number, twins: boolean, done: readonly Row[]) {
  const known = new Set(done.map(keyOf))
  const wanted: { fault: Fault; seed: number; twin: boolean }[] = []
  for (let seed = 1; seed <= seeds; seed++)
    // What is harmless is its own quiet twin.
    for (const twin of twins ? [false, true] : [false])
      for (const fault of faults) if (!twin || !fault.harmless) wanted.push({ fault, seed, twin })
  return wanted.filter(({ fault, seed, twin }) => !known.has(keyOf({ fault: fault.name, seed, twin })))
}

/** Plays what is missing, one after another, and keeps each as it ends: ended and called again it goes on where it was. */
export async function campaign(
  names: readonly string[],
  seeds: number,
  twins: boolean,
  record?: string,
  phases: Phases = SHORT,
): Promise<void> {
  let stopped = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (stopped = true))
  const faults = FAULTS.filter(({ name }) => names.length === 0 || names.includes(name))
  const done = existsSync(ROWS) ? rowsOf(readFileSync(ROWS, 'utf8')) : []
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()
  for (const { fault, seed, twin } of missing(faults, seeds, twins, done)) {
    console.log(`${keyOf({ fault: fault.name, seed, twin })}:`)
    const key = keyOf({ fault: fault.name, seed, twin }).replaceAll(' ', '-')
    const kept = record === undefined ? {} : { record: join(record, key), film: join(record, `${key}.svg`) }
    const played = await playOnce(fault, phases, { seed }, { twin, stop: () => stopped, ...kept }).catch(
      (error: unknown) => String(error),
    )
    if (stopped) break
    // One that cannot be played here, or that did not come up, is no end of the others; it stays missing.
    if (typeof played === 'string') {
      console.log(`  not played: ${played}`)
      continue
    }
    const { verdict, text } = played
    console.log(text)
    const [, load = 0] = loadavg()
    const at = new Date().toISOString()
    const row: Row = { fault: fault.name, seed, twin, at, commit, cpus: cpus().length, load, verdict }
    appendFileSync(ROWS, `${JSON.stringify(row)}\n`)
    done.push(row)
    writeFileSync(file('assistant.md'), page(done))
  }
  console.log(table(done).join('\n'))
}

/** Judges anew what is kept in a folder of recordings, as the judge is today. */
export function rejudge(record: string): void {
  const rows = rowsOf(readFileSync(ROWS, 'utf8')).map(row => {
    const name = `${row.fault}${row.twin ? '-twin' : ''}`
    const kept = join(record, keyOf(row).replaceAll(' ', '-'), `${name}.json.gz`)
    if (!existsSync(kept)) return row
    const { truth, play, events } = JSON.parse(gunzipSync(readFileSync(kept)).toString()) as Recording
    return { ...row, verdict: judge(Truth.from(truth), { ...play, fault: playedAs(name) }, events) }
  })
  writeFileSync(ROWS, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
  writeFileSync(file('assistant.md'), page(rows))
  console.log(table(rows).join('\n'))
}

const number = (value: number | null | undefined, digits = 1): string => (value == null ? '–' : value.toFixed(digits))

/** One line for each play. */
export function table(rows: readonly Row[]): string[] {
  const lines = rows.map(row => {
    const { verdict: v } = row
    const right = v.claims.filter(claim => claim.holds).length
    const known = faultNamed(row.fault)
    const found =
      row.twin || known?.harmless
        ? '–'
        : v.openedAt !== null
          ? 'yes'
          : v.elsewhere
            ? `at ${v.elsewhere.service}`
            : '**no**'
    return `| ${row.fault}${row.twin ? ' (twin)' : ''} | ${row.seed} | ${v.fired} | ${(100 * v.wishesFailed).toFixed(1)} % | ${found} | ${number(v.foundMinutes ?? v.elsewhere?.minutes)} | ${number(v.places?.f1, 2)} | ${right} of ${v.claims.length} | ${known?.cause === undefined || row.twin || known.harmless ? '–' : (v.causeRank ?? '**not listed**')} | ${v.falseIncidents} | ${v.reports} + ${v.posts} | ${v.vendorAt === null || v.firstFailure === null ? '–' : number((v.vendorAt - v.firstFailure) / MINUTE)} | ${number(row.load)} |`
  })
  return [
    '| played | seed | fired | wishes that failed | found | minutes | F1 of places | shares right | rank of the cause | false incidents | reports + posts | status page, min | load |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ]
}

/** Longer plays, as their reports were printed. */
const STORIES = existsSync(file('assistant-plays.txt'))
  ? `\n## Longer plays\n\n\`\`\`text\n${readFileSync(file('assistant-plays.txt'), 'utf8').trim()}\n\`\`\`\n`
  : ''

function page(rows: readonly Row[]): string {
  return `# The assistant that really breaks

\`npm run assistant -- campaign\` · ${rows.length} plays · commits ${[...new Set(rows.map(row => row.commit))].join(', ')}

Real processes, requests, retries and queues in real time, 25 wishes a second of 3,000 made-up people. Minutes are from the first request that
failed to the incident. *Shares right*: of the segments last told while it was broken, those whose interval meets the true share of one of the
six minutes before. *Load* is how many processes wanted one of the machine's processors, in the mean of five minutes: where it is far above
their number, processes are late for reasons of their own. What was usual was taught from a calm run (\`lab/assistant/calm.json\`).

${table(rows).join('\n')}

*Found*: at the service itself, or at another part of the world that has a row of its own (its front door by nginx's log). \`limits\` answers 429, which
OpenTelemetry's conventions call no failure of the server: the receiver is told that it is one here (\`bad: [5xx, 429]\`). Without that setting half of all
requests were refused and the front door alone counted them as bad, after 1.6 minutes.
*F1 of places*: by the label that tells where it fails (cells, a region, a plan, a build). Which build answered them people do not know, so
of \`deploy\` the build is what the switch breaks. A fault that no change is told of has no rank. *Status page*: minutes until the person who
keeps it wrote their first word, where the play was long enough for one.

![The founding case, minute by minute: above what people saw, below what was said of it](assistant-founding.svg)

The founding case of 15 minutes, drawn by \`npm run assistant -- replay founding --film FILE\`.
${STORIES}`
}
