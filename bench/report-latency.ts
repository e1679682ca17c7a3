/**
 * Time from a person's report to a page that another visitor is served with it.
 *   npm run bench -- report-latency (bench/report-latency.ts) [--rate 500] [--seconds 20] [--seed 1]
 *
 * The server is a process of its own on the same machine, with its log and store on disk. Reports are sent at a steady
 * rate as forms, each from an address of its own that a proxy tells. Another visitor fetches `/s/shop` over and over and
 * counts the reports in the page's own table; a report is there with the first page whose count is not below its place.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sfc32 } from '../src/core/stat/random.js'
import { grouped, option, setting, writePage } from './machine.js'

const PORT = 20_000 + (process.pid % 20_000)
const EVERY_MS = 50
const rate = option('rate', 500)
const seconds = option('seconds', 20)
const seed = option('seed', 1)

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-latency-'))
writeFileSync(
  join(scratch, 'epicenter.yaml'),
  `port: ${PORT}\ndata: ${join(scratch, 'data')}\nproxies: [127.0.0.1]\nservices: [{ id: shop, title: Shop }]\n`,
)
const child = spawn(process.execPath, ['dist/cli/main.js', 'serve', '--config', join(scratch, 'epicenter.yaml')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
await new Promise<void>((resolve, reject) => {
  child.once('exit', code => reject(new Error(`the server ended with ${code}`)))
  child.stdout.on('data', (piece: Buffer) => piece.toString().includes('listens') && setTimeout(resolve, 500))
})

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
const visitor = new http.Agent({ keepAlive: true, maxSockets: 1 })
function ask(options: http.RequestOptions, body = ''): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port: PORT, host: '127.0.0.1', ...options }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', piece => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

// A page is there from the first tick on.
while ((await ask({ path: '/s/shop', agent: visitor })).status !== 200) await new Promise(next => setTimeout(next, 250))

const random = sfc32(seed)
const byte = () => 1 + Math.floor(random() * 222)
const sentAt: number[] = []
const ackMs: number[] = []
const refused = new Map<number, number>()
async function send(): Promise<void> {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'text/html',
    'x-forwarded-for': `${byte()}.${byte()}.${byte()}.${byte()}`,
  }
  const at = performance.now()
  const { status } = await ask({ path: '/api/v1/report', method: 'POST', agent, headers }, 'service=shop&kind=bad')
  if (status !== 303) refused.set(status, (refused.get(status) ?? 0) + 1)
  else {
    // By when they were acknowledged: the order of the log, to a group.
    sentAt.push(at)
    ackMs.push(performance.now() - at)
  }
}

/** The page says what its chart shows once more as a table: the problem reports of 24 hours, row by row. */
function shown(page: string): number {
  const table = /<details id="numbers">.*?<tbody>(.*?)<\/tbody>/s.exec(page)?.[1]
  if (table === undefined) return 0
  let sum = 0
  for (const [, bad = ''] of table.matchAll(/<\/th><td>([\d,]+)<\/td>/g)) sum += Number(bad.replaceAll(',', ''))
  return sum
}

const seen: number[] = []
const fetchMs: number[] = []
const started = performance.now()
const until = started + seconds * 1000
let stopAt = Number.POSITIVE_INFINITY
const watching = (async () => {
  while (performance.now() < stopAt && performance.now() < until + 10_000) {
    const at = performance.now()
    const { text } = await ask({
      path: '/s/shop',
      agent: visitor,
      headers: { accept: 'text/html', 'accept-language': 'en' },
    })
    const now = performance.now()
    fetchMs.push(now - at)
    const count = shown(text)
    while (seen.length < count) seen.push(now)
    if (now > until && seen.length >= sentAt.length) break
    await new Promise(next => setTimeout(next, EVERY_MS))
  }
})()

let sent = 0
const flying: Promise<void>[] = []
while (performance.now() < until) {
  const due = Math.min(rate * seconds, Math.floor(((performance.now() - started) / 1000) * rate))
  while (sent < due) {
    sent++
    flying.push(send())
  }
  await new Promise(next => setTimeout(next, 5))
}
await Promise.all(flying)
stopAt = performance.now() + 5_000
await watching
await new Promise<void>(resolve => {
  child.removeAllListeners('exit')
  child.once('exit', () => resolve())
  child.kill('SIGTERM')
})
agent.destroy()
visitor.destroy()
rmSync(scratch, { recursive: true })

const inOrder = [...sentAt].sort((a, b) => a - b)
const delays = inOrder.flatMap((at, i) => (seen[i] === undefined ? [] : [seen[i]! - at]))
const q = (values: number[], p: number) => {
  const sorted = [...values].sort((a, b) => a - b)
  return `${(sorted[Math.ceil(p * sorted.length) - 1] ?? Number.NaN).toFixed(0)} ms`
}
const row = (name: string, values: number[]) =>
  `| ${name} | ${grouped(values.length)} | ${q(values, 0.5)} | ${q(values, 0.9)} | ${q(values, 0.99)} | ${q(values, 1)} |`
writePage(
  'report-latency',
  `# From a report to the page

${grouped(rate)} reports a second for ${seconds} s, each from an address of its own, and one visitor who fetches the page every ${EVERY_MS} ms after the last answer; server and generator on the same cores. Sent ${grouped(sent)}, acknowledged ${grouped(sentAt.length)}${refused.size > 0 ? `, refused ${JSON.stringify(Object.fromEntries(refused))}` : ''}, seen on the page ${grouped(delays.length)}.

| what | count | median | 90 % | 99 % | most |
| --- | --- | --- | --- | --- | --- |
${row('from sending a report to a page with it', delays)}
${row('answer to the report', ackMs)}
${row('answer to the page', fetchMs)}

${setting('npm run bench -- report-latency')}
`,
)
