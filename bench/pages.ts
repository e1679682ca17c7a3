/**
 * Requests for pages a second against nginx with the same bytes: calm, while components flap, and from a cold start.
 *   npm run bench -- pages (bench/pages.ts) [--seconds 3] [--rounds 5] [--cold-seconds 6]
 *
 * Our server and nginx (one worker, gzip_static) take turns on one core, `wrk -t1 -c50` runs on another; each round asks
 * both, in alternating order, so that a ratio is of two measurements some seconds apart. While components flap, each of
 * 100 sends a check a second, failing every other second, and nginx gets the bytes that our page has by then. A cold
 * start is a new process that is asked from the moment it listens. A round during which other processes took more than a
 * tenth of the machine is taken again, `--again 3` times at most, and the quietest one counts. Where others never are quiet,
 * the ratio of processor time for one request still says what the rates would be: both servers fill their core.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { grouped, option, setting, writePage } from './machine.js'
import {
  type Answer,
  ask,
  find,
  load,
  type Measured,
  pinSelf,
  putFiles,
  type Running,
  startNginx,
  startOurs,
} from './pages-servers.js'

const PORT = 20_000 + (process.pid % 20_000)
const SERVICES = 10
const PARTS = 10
/** Time for the flapping to be seen in the states before it is measured. */
const FLAP_FIRST_MS = 15_000

const seconds = option('seconds', 3)
const rounds = option('rounds', 5)
const coldSeconds = option('cold-seconds', 6)
const again = option('again', 3)
/** More than this, taken by others, and a rate is no longer the server's own. */
const OTHERS = 0.1

const PAGES = [
  { what: 'tracker page', path: '/s/shop-1', name: 'tracker.html' },
  { what: 'status page', path: '/status', name: 'status.html' },
  { what: 'summary.json', path: '/api/v2/summary.json', name: 'summary.json' },
]

const tools = { nginx: find('nginx'), wrk: find('wrk'), taskset: find('taskset') }
const missing = Object.keys(tools).filter(each => tools[each as keyof typeof tools] === null)
if (missing.length > 0 || cpus().length < 2) {
  console.log(`skipped: this needs ${missing.length > 0 ? missing.join(', ') : 'a second core'}`)
  process.exit(0)
}

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-pages-'))
// nginx gives its worker another user where it may.
chmodSync(scratch, 0o755)
const config = join(scratch, 'epicenter.yaml')
const services = Array.from({ length: SERVICES }, (_, s) => {
  const parts = Array.from({ length: PARTS }, (_, c) => `{ id: part-${c}, name: Part ${c} }`)
  return `  - { id: shop-${s}, title: Shop ${s}, components: [${parts.join(', ')}] }`
})
writeFileSync(config, `port: ${PORT}\ndata: ${join(scratch, 'data')}\nservices:\n${services.join('\n')}\n`)

interface Pair {
  ours: Measured
  theirs: Measured
}

const answersOf = () => Promise.all(PAGES.map(({ path, name }) => ask(PORT, path, name)))

const othersOf = ({ ours, theirs }: Pair) => Math.max(ours.others, theirs.others)

/** The quietest of some tries, the first that is quiet enough. */
async function quietly(measure: () => Promise<Pair>): Promise<Pair> {
  let best = await measure()
  for (let i = 0; i < again && othersOf(best) > OTHERS; i++) {
    const pair = await measure()
    if (othersOf(pair) < othersOf(best)) best = pair
  }
  return best
}

/** One round of a page: both, one after the other. */
async function round(page: (typeof PAGES)[number], ours: Running, nginx: Running, first: boolean): Promise<Pair> {
  const us = () => load(tools.wrk!, ours, page.path, seconds)
  const them = () => load(tools.wrk!, nginx, `/${page.name}`, seconds)
  if (first) return { ours: await us(), theirs: await them() }
  const theirs = await them()
  return { ours: await us(), theirs }
}

function tell(name: string, i: number, what: string, pair: Pair): void {
  const { ours, theirs } = pair
  console.error(
    `${name}, round ${i + 1}, ${what}: ${grouped(ours.perSecond)} against ${grouped(theirs.perSecond)}, others ${Math.round(othersOf(pair) * 100)} %`,
  )
}

async function phase(name: string, ours: Running, nginx: Running): Promise<Map<string, Pair[]>> {
  const found = new Map<string, Pair[]>(PAGES.map(({ what }) => [what, []]))
  for (let i = 0; i < rounds; i++)
    for (const page of PAGES) {
      putFiles(scratch, await answersOf())
      // Files that nginx holds open are looked at again after a second.
      await new Promise(next => setTimeout(next, 1_100))
      const pair = await quietly(() => round(page, ours, nginx, i % 2 === 0))
      found.get(page.what)!.push(pair)
      tell(name, i, page.what, pair)
    }
  return found
}

/** A check of each component, all in one request, failing every other second; returns what ends it. */
function flap(token: string): () => void {
  let second = 0
  const timer = setInterval(() => {
    second++
    const at = new Date().toISOString()
    const lines: string[] = []
    for (let s = 0; s < SERVICES; s++)
      for (let c = 0; c < PARTS; c++) {
        const labels = { component: `part-${c}`, vantage: `v${s % 3}` }
        const id = `flap-${second}-${s}-${c}`
        const bad = (second + c) % 2
        lines.push(
          JSON.stringify({ type: 'observation', via: 'check', id, service: `shop-${s}`, at, labels, total: 1, bad }),
        )
      }
    const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` }
    const request = http.request(
      { port: PORT, host: '127.0.0.1', path: '/api/v1/signals', method: 'POST', headers },
      r => r.resume(),
    )
    request.on('error', error => console.error(`a check was not sent: ${error.message}`))
    request.end(`${lines.join('\n')}\n`)
  }, 1_000)
  return () => clearInterval(timer)
}

/** Each page asked of a new process from the moment it listens, and nginx right after. */
async function cold(nginx: Running): Promise<Map<string, Pair[]>> {
  const found = new Map<string, Pair[]>(PAGES.map(({ what }) => [what, []]))
  for (let i = 0; i < rounds; i++)
    for (const page of PAGES) {
      const pair = await quietly(async () => {
        const ours = await startOurs(config, PORT)
        const us = await load(tools.wrk!, ours, page.path, coldSeconds)
        await ours.stop()
        return { ours: us, theirs: await load(tools.wrk!, nginx, `/${page.name}`, seconds) }
      })
      found.get(page.what)!.push(pair)
      tell('cold', i, page.what, pair)
    }
  return found
}

const started = performance.now()
pinSelf()
const ours = await startOurs(config, PORT)
const firstAt = performance.now()
const firstStatus = (await ask(PORT, PAGES[0]!.path)).status
const firstMs = performance.now() - firstAt
const token = readFileSync(join(scratch, 'data', 'token'), 'utf8').trim()
await new Promise(next => setTimeout(next, 3_000))
const bytes: Answer[] = await answersOf()
const nginx = await startNginx(tools.nginx!, scratch, PORT + 1, bytes)
const calm = await phase('calm', ours, nginx)
const stop = flap(token)
await new Promise(next => setTimeout(next, FLAP_FIRST_MS))
const flapping = await phase('flapping', ours, nginx)
const flapped: Answer[] = await answersOf()
stop()
await ours.stop()
const coldly = await cold(nginx)
await nginx.stop()
rmSync(scratch, { recursive: true })

const median = (values: number[]) => {
  const sorted = [...values].sort((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}
const ratioOf = (pairs: Pair[]) => median(pairs.map(each => each.ours.perSecond / each.theirs.perSecond))
const row = (what: string, when: string, pairs: Pair[]) => {
  const of = (side: 'ours' | 'theirs', value: keyof Measured) => median(pairs.map(each => each[side][value]))
  const p99 = median(pairs.map(each => each.ours.p99Ms / each.theirs.p99Ms))
  const cpu = median(pairs.map(each => each.theirs.cpuUs / each.ours.cpuUs))
  const spread = pairs.map(each => each.ours.perSecond / each.theirs.perSecond).sort((a, b) => a - b)
  return `| ${what} | ${when} | ${grouped(of('ours', 'perSecond'))} | ${grouped(of('theirs', 'perSecond'))} | **${ratioOf(pairs).toFixed(2)}** (${spread[0]!.toFixed(2)}–${spread.at(-1)!.toFixed(2)}) | ${of('ours', 'p99Ms').toFixed(2)} ms | ${of('theirs', 'p99Ms').toFixed(2)} ms | ${p99.toFixed(1)} | ${of('ours', 'cpuUs').toFixed(1)} | ${of('theirs', 'cpuUs').toFixed(1)} | ${cpu.toFixed(2)} |`
}
const phases = [
  ['calm', calm],
  ['flapping', flapping],
  ['cold start', coldly],
] as const
const shares = phases.flatMap(([, found]) => [...found.values()].flat().map(othersOf))
const rows = PAGES.flatMap(({ what }) => phases.map(([when, found]) => row(what, when, found.get(what)!)))
const beside = (found: Map<string, Pair[]>) =>
  PAGES.map(({ what }) => {
    const change =
      median(found.get(what)!.map(each => each.ours.perSecond)) /
      median(calm.get(what)!.map(each => each.ours.perSecond))
    return `${what} ${Math.round(change * 100)} % (ratio ${Math.round((ratioOf(found.get(what)!) / ratioOf(calm.get(what)!)) * 100)} %)`
  }).join(', ')
writePage(
  'pages',
  `# Pages against nginx

${SERVICES} services of ${PARTS} components. Bytes sent, gzip: ${PAGES.map(({ what }, i) => `${what} ${grouped(bytes[i]!.body.length)} (${grouped(flapped[i]!.body.length)} after flapping)`).join(', ')}. Medians of ${rounds} rounds of ${seconds} s (cold start: ${coldSeconds} s from the moment it listens), ratios within a round, their range in brackets. One core for both servers in turn, one for \`wrk -t1 -c50\`. Other processes took ${Math.round(median(shares) * 100)} % of the machine meanwhile (median; at most ${Math.round(Math.max(...shares) * 100)} %).

| page | | ours /s | nginx /s | ratio | our p99 | nginx p99 | ratio | our CPU µs | nginx CPU µs | ratio of CPU |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Beside the calm rate: flapping ${beside(flapping)}; cold start ${beside(coldly)}. The first request after a start was answered ${firstStatus} in ${firstMs.toFixed(0)} ms. ${Math.round((performance.now() - started) / 1_000)} s in all.

All questions of \`wrk\` are alike, byte for byte, and such are answered without being read again; those that differ from one another cost what they did before this was so.

${setting('npm run bench -- pages')}
`,
)
