/**
 * Signals acknowledged a second over HTTP against a bare node:http server that parses and discards the same bodies.
 *   npm run bench -- ingest (bench/ingest.ts) [--seconds 8] [--connections 64] [--seed 1] [--rounds 5]
 *
 * The generator (this process) and the server under test are processes of their own on the same machine. Each request
 * carries 500 observations as NDJSON; ours answers after they are durable, the bare one after JSON.parse of each line.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lines } from './load.js'
import { grouped, option, setting, writePage } from './machine.js'

const SIGNALS_A_REQUEST = 500
const BODIES = 4_000
const PORT = 20_000 + (process.pid % 20_000)

const seconds = option('seconds', 8)
const connections = option('connections', 64)
const seed = option('seed', 1)
const rounds = option('rounds', 5)

const BARE = `
  import http from 'node:http'
  http.createServer((request, response) => {
    const pieces = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      let n = 0
      for (const line of Buffer.concat(pieces).toString('utf8').split('\\n')) if (line !== '') { JSON.parse(line); n++ }
      response.end(JSON.stringify({ accepted: n }))
    })
  }).listen(${PORT}, '127.0.0.1', () => console.log('listens'))`

interface Served {
  child: ChildProcess
  token: string
  stop(): Promise<void>
}

async function start(args: string[]): Promise<Served> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the server ended with ${code}`)))
    child.stdout!.on('data', (piece: Buffer) => {
      said += piece.toString()
      if (said.includes('listens')) setTimeout(resolve, 300)
    })
  })
  child.removeAllListeners('exit')
  const stop = () =>
    new Promise<void>(resolve => {
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    })
  return { child, token: /ept_\S+/.exec(said)?.[0] ?? '', stop }
}

interface Result {
  acknowledged: number
  ms: number
  refused: number
  p50: number
  p99: number
  sent: number
}

/** Sends bodies over keep-alive connections, one after the other on each, until the time is up or none is left. */
async function drive(bodies: readonly Buffer[], token: string): Promise<Result> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  let next = 0
  let acknowledged = 0
  let refused = 0
  const started = performance.now()
  const until = started + seconds * 1000
  const post = (body: Buffer) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-ndjson',
        'content-length': body.length,
        authorization: `Bearer ${token}`,
      }
      const request = http.request(
        { port: PORT, host: '127.0.0.1', path: '/api/v1/signals', method: 'POST', agent, headers },
        response => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', piece => (text += piece))
          response.on('end', () => resolve({ status: response.statusCode!, text }))
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  const work = async () => {
    while (performance.now() < until && next < bodies.length) {
      const body = bodies[next++]!
      const at = performance.now()
      for (;;) {
        const { status, text } = await post(body)
        if (status === 200) {
          acknowledged += (JSON.parse(text) as { accepted: number }).accepted
          break
        }
        refused++
        await new Promise(wait => setTimeout(wait, 200))
      }
      latencies.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  const ms = performance.now() - started
  agent.destroy()
  latencies.sort((a, b) => a - b)
  const q = (p: number) => latencies[Math.floor(p * (latencies.length - 1))] ?? Number.NaN
  return { acknowledged, ms, refused, p50: q(0.5), p99: q(0.99), sent: next }
}

const bodies: Buffer[] = []
let block = ''
let n = 0
for (const line of lines(BODIES * SIGNALS_A_REQUEST, seed)) {
  block += line
  if (++n % SIGNALS_A_REQUEST === 0) {
    bodies.push(Buffer.from(block))
    block = ''
  }
}

const rows: string[] = []
const ratios: number[] = []
const sustained: number[] = []
const median = (of: number[]) => of.toSorted((a, b) => a - b)[of.length >> 1]!.toFixed(2)
/** Signals that are durable and not folded yet. */
const backlog = async () =>
  ((await (await fetch(`http://127.0.0.1:${PORT}/readyz`)).json()) as { backlog: number }).backlog
const rate = (r: Result) => (r.acknowledged / r.ms) * 1000
for (let round = 1; round <= rounds; round++) {
  const scratch = mkdtempSync(join(tmpdir(), 'epicenter-ingest-'))
  writeFileSync(join(scratch, 'bare.mjs'), BARE)
  writeFileSync(join(scratch, 'epicenter.yaml'), `clock: signals\nport: ${PORT}\ndata: ${join(scratch, 'data')}\n`)
  const bare = await start([join(scratch, 'bare.mjs')])
  const reference = await drive(bodies, '')
  await bare.stop()
  const ours = await start(['dist/cli/main.js', 'serve', '--config', join(scratch, 'epicenter.yaml')])
  const measured = await drive(bodies, ours.token)
  const began = performance.now()
  const behind = await backlog()
  while ((await backlog()) > 0) await new Promise(next => setTimeout(next, 100))
  const folded = (measured.acknowledged / (measured.ms + performance.now() - began)) * 1000
  await ours.stop()
  rmSync(scratch, { recursive: true })
  const ratio = rate(measured) / rate(reference)
  ratios.push(ratio)
  sustained.push(folded / rate(reference))
  const row = (name: string, r: Result) =>
    `| ${round} | ${name} | ${grouped(rate(r))} | ${grouped(r.acknowledged)} | ${r.p50.toFixed(0)} ms | ${r.p99.toFixed(0)} ms | ${r.refused} |`
  rows.push(
    row('bare', reference),
    row('epicenter', measured),
    `| ${round} | ratio | **${ratio.toFixed(2)}** | backlog ${grouped(behind)} | | | |`,
    `| ${round} | folded too | ${grouped(folded)} | ratio **${sustained.at(-1)!.toFixed(2)}** | | | |`,
  )
}

writePage(
  'ingest',
  `# Ingest

NDJSON of ${SIGNALS_A_REQUEST} signals a request (${(bodies.reduce((s, b) => s + b.length, 0) / bodies.length / 1024).toFixed(0)} KB) over ${connections} loopback connections, up to ${seconds} s or ${grouped(BODIES * SIGNALS_A_REQUEST)} signals, seed ${seed}. \`bare\` is a node:http server that parses each line and forgets it; ours answers after the signals are durable. Both run beside the generator on the same cores.

| round | server | acknowledged a second | acknowledged | median | 99 % | told to come again |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Wanted: a ratio of at least 0.55 acknowledged, and 0.4 acknowledged and folded. Here: **${median(ratios)}** and **${median(sustained)}** in the median round. The backlog is durable and not yet folded when the last request was answered; \`folded too\` counts the time until it is.

${setting(`npm run bench -- ${['ingest', ...process.argv.slice(2)].join(' ')}`)}`,
)
