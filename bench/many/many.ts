/**
 * What many machines cost: ingest through JetStream against a bare publisher, processor time of two that watch against one, a backlog.
 *   npm run bench -- many (bench/many/many.ts) [--signals 400000] [--services 240] [--rounds 3] [--seed 1]
 *
 * Three NATS servers (R3) and PostgreSQL on this machine, each round with a stream and a schema of its own. The bare publisher gives
 * a stream of the same kind the messages that ours holds, byte for byte, batch by batch, all of a batch in flight at once.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Ground, Houses } from '../../lab/houses.js'
import { tokenIn } from '../../src/testing/served.js'
import { lines } from '../load.js'
import { grouped, option, setting, writePage } from '../machine.js'

const signals = option('signals', 400_000)
const services = option('services', 240)
const rounds = option('rounds', 3)
const seed = option('seed', 1)

const SIGNALS_A_REQUEST = 500
const CONNECTIONS = 32
/** Messages read at once before the bare publisher begins. */
const ASKED = 64
/** As a byte: the head of a message ends with it. */
const NEWLINE = 10
/** Clock ticks a second in /proc: USER_HZ, the same on every Linux. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK']))

const bodies: Buffer[] = []
let block: string[] = []
// A day of log time for as many signals: ticks are a part of the work, and no more than in a busy day.
for (const line of lines(signals, seed, { services, stepMs: 20 })) {
  block.push(line)
  if (block.length < SIGNALS_A_REQUEST) continue
  bodies.push(Buffer.from(block.join('')))
  block = []
}
const sent = bodies.length * SIGNALS_A_REQUEST

/** Seconds of processor time of a process; zero of one that has ended. */
function cpuOf(pid: number): number {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return 0
  }
  const fields = stat.split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}
/** What they took since `before`; of those that ended meanwhile it is not known. */
const since = (before: ReadonlyMap<number, number>): number =>
  [...before].reduce((sum, [pid, was]) => sum + Math.max(0, cpuOf(pid) - was), 0)
const nowOf = (pids: readonly number[]) => new Map(pids.map(pid => [pid, cpuOf(pid)]))
/** What serves beside ours: NATS, and each connection's process of PostgreSQL. */
const othersOf = (): number[] =>
  execFileSync('ps', ['-eo', 'pid,comm'], { encoding: 'utf8' })
    .split('\n')
    .filter(line => /nats-server|postgres/.test(line))
    .map(line => Number.parseInt(line, 10))

/** The health of one that stands by gives way to its pages: in between nothing listens. */
const isReady = (houses: Houses) =>
  fetch(`${houses.taker}/readyz`).then(
    answer => answer.ok,
    () => false,
  )

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1_000
}

/** Sends all bodies over connections that stay, one after the other on each. */
async function ingest(houses: Houses): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const url = new URL('/api/v1/signals', houses.taker)
  const authorization = `Bearer ${tokenIn(houses.settingsOf('front').data)}`
  const post = (body: Buffer) =>
    new Promise<number>((resolve, reject) => {
      const headers = { 'content-type': 'application/x-ndjson', 'content-length': body.length, authorization }
      const request = http.request(url, { method: 'POST', agent, headers }, response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode!))
      })
      request.on('error', reject)
      request.end(body)
    })
  let next = 0
  const work = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++])
      while ((await post(body)) !== 200) await new Promise(again => setTimeout(again, 100))
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  agent.destroy()
}

/** The messages of our stream once more, into one of the same kind, by nobody but a client of NATS. */
async function bare(ground: Ground, name: string): Promise<{ seconds: number; messages: number; batches: number }> {
  const connection = await connect({ servers: ground.three.map(each => `127.0.0.1:${each.port}`) })
  const manager = await jetstreamManager(connection)
  const { config, state } = await manager.streams.info(name)
  // As ours: a batch in flight at a time, all of its messages at once.
  const batches: Uint8Array[][] = []
  let newest = ''
  for (let from = state.first_seq; from <= state.last_seq; from += ASKED) {
    const seqs = Array.from({ length: Math.min(ASKED, state.last_seq - from + 1) }, (_, i) => from + i)
    for (const each of await Promise.all(seqs.map(seq => manager.streams.getMessage(name, { seq })))) {
      const { data } = each!
      const { batch } = JSON.parse(Buffer.from(data.subarray(0, data.indexOf(NEWLINE))).toString()) as { batch: string }
      if (batch !== newest) batches.push([])
      newest = batch
      batches.at(-1)!.push(data)
    }
  }
  const { subjects: _, mirror: __, sources: ___, ...kind } = config
  await manager.streams.add({ ...kind, name: `${name}-bare`, subjects: [`${name}-bare.*`] })
  const client = jetstream(connection)
  let id = 0
  const put = (bytes: Uint8Array) => client.publish(`${name}-bare.${id % 6}`, bytes, { msgID: `${id++}` })
  const seconds = await timed(async () => {
    for (const batch of batches) await Promise.all(batch.map(put))
  })
  await manager.streams.delete(`${name}-bare`)
  await connection.close()
  return { seconds, messages: id, batches: batches.length }
}

interface Fold {
  seconds: number
  /** Of those that watch, the one that judges, and what serves them. */
  watch: number
  judge: number
  others: number
}

/** A backlog that lies ready, folded by so many that watch. */
async function fold(ground: Ground, houses: Houses, workers: number): Promise<Fold> {
  await houses.start('judge-1', 'judge')
  const names = Array.from({ length: workers }, (_, k) => `watch-${k}`)
  await Promise.all(names.map(name => houses.start(name, 'watch')))
  // Not the start of a process is measured, nor how long a lease takes to be had.
  const holders = async () =>
    (await houses.leases()).filter(({ name, left }) => name.startsWith('watch.') && left > 0).map(each => each.holder)
  for (let held = await holders(); held.length < 6 || new Set(held).size < workers; held = await holders())
    await new Promise(next => setTimeout(next, 50))
  const pids = names.map(name => houses.workers.get(name)!.pid)
  const judge = [houses.workers.get('judge-1')!.pid]
  const [watched, judged, others] = [nowOf(pids), nowOf(judge), nowOf(othersOf())]
  const seconds = await timed(async () => void (await houses.events()))
  return { seconds, watch: since(watched), judge: since(judged), others: since(others) }
}

const ground = await Ground.lay(60)
const rows: string[] = []
const [ratios, costs, gains]: [number[], number[], number[]] = [[], [], []]
const median = (of: number[]) => of.toSorted((a, b) => a - b)[of.length >> 1]!
try {
  for (let round = 1; round <= rounds; round++) {
    const folds: Fold[] = []
    // Who is first has the colder caches: by turns.
    for (const workers of round % 2 === 1 ? [1, 2] : [2, 1]) {
      const houses = new Houses(ground, `m${round}w${workers}`)
      await houses.start('front', 'ingest,deliver,probe')
      // It listens before it holds its lease and has written its token.
      while (!existsSync(join(houses.settingsOf('front').data, 'token')) || !(await isReady(houses)))
        await new Promise(next => setTimeout(next, 200))
      const seconds = await timed(() => ingest(houses))
      const other = await bare(ground, houses.name)
      const ratio = other.seconds / seconds
      ratios.push(ratio)
      rows.push(
        `| ${round} | ingest | ${grouped(sent / seconds)} signals a second; bare ${grouped(sent / other.seconds)} (${grouped(other.messages)} messages in ${grouped(other.batches)} batches) | **${ratio.toFixed(2)}** |`,
      )
      const done = await fold(ground, houses, workers)
      folds[workers] = done
      const { seconds: took, watch, judge, others } = done
      rows.push(
        `| ${round} | ${workers} watch | ${took.toFixed(1)} s; processor time: watch ${watch.toFixed(1)} s, judge ${judge.toFixed(1)} s, NATS and PostgreSQL ${others.toFixed(1)} s | |`,
      )
      console.log(rows.slice(-2).join('\n'))
      await houses.stop()
    }
    costs.push(folds[2]!.watch / folds[1]!.watch)
    gains.push(folds[1]!.seconds / folds[2]!.seconds)
    rows.push(
      `| ${round} | two against one | processor time of those that watch ${costs.at(-1)!.toFixed(2)} times, as fast | **${gains.at(-1)!.toFixed(2)}** |`,
    )
    console.log(rows.at(-1))
  }
} finally {
  await ground.stop()
}

writePage(
  'many',
  `# Many machines

${grouped(sent)} signals of ${services} services, seed ${seed}, ${SIGNALS_A_REQUEST} a request over ${CONNECTIONS} connections; six partitions, three NATS servers (R3) and PostgreSQL,
all on this machine. \`bare\` publishes the messages of our stream once more, byte for byte. The backlog lies ready before anybody watches;
its time begins once all partitions are held.

| round | what | figures | ratio |
| --- | --- | --- | --- |
${rows.join('\n')}

| | here, median | wanted |
| --- | --- | --- |
| acknowledged ingest against a bare publisher of the same messages | ${median(ratios).toFixed(2)} | 0.7 |
| processor time of two that watch against one | ${median(costs).toFixed(2)} | at most 1.15 |
| a ready backlog, by two against by one | ${median(gains).toFixed(2)} | 1.6 |

${setting(`npm run bench -- ${['many', ...process.argv.slice(2)].join(' ')}`)}`,
)
