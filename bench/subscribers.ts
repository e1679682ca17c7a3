/**
 * A hundred thousand subscribers by mail are told of one incident: letters a second, and what everybody else waits meanwhile.
 *   npm run bench -- subscribers (bench/subscribers.ts) [--people 100000] [--letters 20000] [--alone 10000] [--write]
 * Beside it nodemailer alone sends the same letter to the same server over as many connections. The mail server is smtp-server in a
 * process of its own, which reads each letter and throws it away.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { buildServer } from '../src/http/server.js'
import { letterOf } from '../src/plugin/notifier/email/letter.js'
import { App } from '../src/shell/app.js'
import { parse } from '../src/shell/config/load.js'
import { realEnv } from '../src/shell/env.js'
import { someDelivery } from '../src/testing/messages.js'
import { grouped, option, setting, writePage } from './machine.js'

const PEOPLE = option('people', 100_000)
const ALONE = option('alone', 10_000)
/** Letters after which it has seen enough. */
const LETTERS = Math.min(PEOPLE, option('letters', 20_000))
const CONNECTIONS = 4
/** From one question of a bystander to the next. */
const ASKED_MS = 50
const sleep = (ms: number) => new Promise<void>(done => setTimeout(done, ms))

/** In a process of its own: takes letters, and says how many when it is asked. */
function sink(): void {
  let taken = 0
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS'], disableReverseLookup: true },
    onData(stream, _, done) {
      stream.on('data', () => {})
      stream.on('end', () => {
        taken++
        done(null)
      })
    },
  })
  server.listen(0, '127.0.0.1', () => process.send!({ port: (server.server.address() as AddressInfo).port }))
  process.on('message', () => process.send!({ taken }))
}

async function mailServer() {
  const child = fork(import.meta.filename, ['--sink'], { execArgv: process.execArgv })
  const next = <T>() => new Promise<T>(done => child.once('message', message => done(message as T)))
  const { port } = await next<{ port: number }>()
  const taken = async () => {
    const answer = next<{ taken: number }>()
    child.send('how many')
    return (await answer).taken
  }
  return { port, taken, end: () => child.kill() }
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
const ms = (value: number) => `${value.toFixed(1)} ms`

/** What bystanders wait: a page that is read, and signals that are acknowledged, until they are told to stop. */
function bystanders(url: string) {
  const [pages, acks]: [number[], number[]] = [[], []]
  let go = true
  let n = 0
  const timed = async (into: number[], work: () => Promise<Response>) => {
    const began = performance.now()
    const response = await work()
    await response.text()
    if (!response.ok) throw new Error(`answered ${response.status}`)
    into.push(performance.now() - began)
  }
  const run = async () => {
    while (go) {
      await timed(pages, () => fetch(`${url}/status`))
      const lines = Array.from({ length: 20 }, () =>
        JSON.stringify({
          type: 'observation',
          via: 'check',
          id: `b${++n}`,
          service: 'other',
          at: Date.now(),
          labels: {},
          total: 1,
          bad: 0,
        }),
      )
      await timed(acks, () =>
        fetch(`${url}/api/v1/signals`, {
          ...{ method: 'POST', body: `${lines.join('\n')}\n` },
          headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` },
        }),
      )
      await sleep(ASKED_MS)
    }
  }
  const done = run()
  return async () => {
    go = false
    await done
    return [pages, acks].map(each => each.sort((a, b) => a - b)) as [number[], number[]]
  }
}

let token = ''
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-bench-'))
  const mail = await mailServer()
  const { config, findings } = await parse(
    `port: 0
services: [{ id: shop, title: Shop }, { id: other, title: Other }]
notifiers: [{ use: email, id: letters, host: 127.0.0.1, port: ${mail.port}, security: none, from: status@example.com, to: [] }]
subscribers: { mail: letters, perMinute: 600000 }
`,
    {},
  )
  if (config === null) throw new Error(JSON.stringify(findings))
  const app = await App.open({ ...config, data: folder }, realEnv())
  const server = await buildServer(app)
  token = app.token.token
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(await response.text())
    return response
  }
  for (let i = 0; i < PEOPLE; i += 1_000) {
    const subscribers = Array.from({ length: Math.min(1_000, PEOPLE - i) }, (_, j) => ({
      address: `reader${i + j}@example.com`,
    }))
    await post('/api/v1/subscribers', { subscribers })
  }
  const calm = bystanders(url)
  await sleep(5_000)
  const [pagesCalm, acksCalm] = await calm()

  const delay = monitorEventLoopDelay({ resolution: 5 })
  const waits = bystanders(url)
  const cpu = process.cpuUsage()
  delay.enable()
  const began = performance.now()
  await post('/api/v1/incidents', {
    service: 'shop',
    title: 'Carts fail',
    severity: 'major',
    text: 'We look into it.',
    by: 'ana',
    why: 'seen',
  })
  let queuedMs = 0
  for (let taken = 0; taken < LETTERS; taken = await mail.taken()) {
    if (queuedMs === 0 && taken > 0 && (await app.noted('subscribers told'))!.toString().includes('"now":null'))
      queuedMs = performance.now() - began
    await sleep(200)
  }
  const tookMs = performance.now() - began
  delay.disable()
  const used = process.cpuUsage(cpu)
  const [pages, acks] = await waits()
  const rss = process.memoryUsage().rss
  await server.close()
  await app[Symbol.asyncDispose]()

  const alone = await nodemailerAlone(mail.port)
  mail.end()
  rmSync(folder, { recursive: true })
  const text = report({ tookMs, queuedMs, used, rss, alone, delay, calm: [pagesCalm, acksCalm], busy: [pages, acks] })
  if (process.argv.includes('--write')) writePage('subscribers', text)
  else process.stdout.write(`${text}\n`)
}

interface Measured {
  tookMs: number
  queuedMs: number
  used: NodeJS.CpuUsage
  rss: number
  alone: number
  delay: ReturnType<typeof monitorEventLoopDelay>
  calm: [pages: number[], acks: number[]]
  busy: [pages: number[], acks: number[]]
}
function report({ tookMs, queuedMs, used, rss, alone, delay, calm, busy }: Measured): string {
  const [[pagesCalm, acksCalm], [pages, acks]] = [calm, busy]
  const rate = LETTERS / (tookMs / 1_000)
  return `# A hundred thousand subscribers

One incident opens, and ${grouped(PEOPLE)} subscribers by mail are told: each a letter of their own with their own link out, over ${CONNECTIONS} connections
to smtp-server in another process on the same machine, which also sends the bystanders' questions.

| | letters a second |
| --- | --- |
| Epicenter, from committed event to receipts in the store, the first ${grouped(LETTERS)} | ${grouped(rate)} |
| nodemailer alone, the same letter ${grouped(ALONE)} times to one reader each | ${grouped(alone)} |

All were in the queue ${queuedMs === 0 ? 'before the first look' : `after ${(queuedMs / 1_000).toFixed(1)} s`}. Processor time of the whole server: ${((used.user + used.system) / 1_000 / LETTERS).toFixed(2)} ms a letter. Memory at the end: ${grouped(rss / 2 ** 20)} MB.

| bystanders | before, median / 99 % | while letters go out, median / 99 % |
| --- | --- | --- |
| \`GET /status\` | ${ms(quantile(pagesCalm, 0.5))} / ${ms(quantile(pagesCalm, 0.99))} | ${ms(quantile(pages, 0.5))} / ${ms(quantile(pages, 0.99))} |
| 20 signals until they are durable | ${ms(quantile(acksCalm, 0.5))} / ${ms(quantile(acksCalm, 0.99))} | ${ms(quantile(acks, 0.5))} / ${ms(quantile(acks, 0.99))} |
| the main thread's loop, late | | ${ms(delay.percentile(50) / 1e6)} / ${ms(delay.percentile(99) / 1e6)}, at most ${ms(delay.max / 1e6)} |

${setting('npm run bench -- subscribers')}`
}

/** The same letter by the same package, with nothing around it. */
async function nodemailerAlone(port: number): Promise<number> {
  const letter = letterOf(someDelivery(), {
    from: 'status@example.com',
    team: false,
    unsubscribe: 'https://status.example.com/x',
  })
  const transport = createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: 100,
    host: '127.0.0.1',
    port,
    ignoreTLS: true,
  })
  let i = 0
  const send = async () => {
    while (i < ALONE) {
      const to = `reader${i++}@example.com`
      await transport.sendMail({ ...letter, from: 'status@example.com', to } as never)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  const took = performance.now() - began
  transport.close()
  return ALONE / (took / 1_000)
}

if (process.argv.includes('--sink')) sink()
else await main()
