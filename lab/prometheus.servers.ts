import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, type Served, tokenIn } from '../src/testing/served.js'
import { filled, freePort, nginx, recipe, root, started } from './recipes.js'

// docs/prometheus.md with the programs that it is about: nginx before two backends, Prometheus, and Epicenter twice, once
// asking and once being sent. Scrapes are each second, where they are usually four a minute; nothing else is quicker than life.

const page = (language: string, name: string) => recipe(language, name, 'docs/prometheus.md')
const folder = mkdtempSync(join(tmpdir(), 'epicenter-prometheus-'))
const stops: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A backend that counts its requests, of which a share fails. */
class Backend {
  share = 0
  counts: Record<string, number> = { 200: 0 }
  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Backend> {
    const port = await freePort()
    const server = createServer((request, response) => {
      if (request.url === '/metrics') return response.end(backend.metrics())
      // Not by chance: of a hundred requests so many fail.
      const n = Object.values(backend.counts).reduce((a, b) => a + b, 0)
      const code = (n * 61) % 100 < backend.share * 100 ? 500 : 200
      backend.counts[code] = (backend.counts[code] ?? 0) + 1
      response.writeHead(code)
      return response.end('x')
    })
    const backend = new Backend(port, server)
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
    return backend
  }

  metrics(): string {
    const lines = Object.entries(this.counts).map(([code, n]) => `http_requests_total{code="${code}"} ${n}`)
    return `# TYPE http_requests_total counter\n${lines.join('\n')}\n`
  }

  stop = () => new Promise<void>(resolve => void this.server.close(() => resolve()).closeAllConnections())
}

const DAYS = 2
const BIN_MS = 15 * 60_000
/** So much of the past failed. */
const USUAL = 0.01

/** Two days of history, as if Prometheus had scraped both backends each minute. */
function history(ports: readonly number[], end: number): string {
  const text: string[] = ['# TYPE http_requests counter']
  for (const port of ports)
    for (const [code, share] of [
      ['200', 1 - USUAL],
      ['500', USUAL],
    ] as const)
      for (let minute = 0; minute < DAYS * 1_440; minute++) {
        const at = Math.round(end / 1000) - (DAYS * 1_440 - minute) * 60
        const labels = `job="shop",instance="127.0.0.1:${port}",code="${code}"`
        text.push(`http_requests_total{${labels}} ${Math.round(minute * 6_000 * share)} ${at}`)
      }
  return `${text.join('\n')}\n# EOF\n`
}

interface Incident {
  service: string
  latest: {
    segments: { where: Record<string, string[]>; interval: [number, number] }[]
    unaffected: Record<string, string[]>
  }
}

let backends: Backend[]
let asks: Served
let sent: Served
let brokeAt = 0

beforeAll(async () => {
  const [a, b] = (backends = [await Backend.start(), await Backend.start()]) as [Backend, Backend]
  stops.push(a.stop, b.stop)
  const ports = { 9101: `${a.port}`, 9102: `${b.port}` }
  const proxied = (text: string) =>
    filled(text, { '127.0.0.1:9101': `127.0.0.1:${ports[9101]}`, '127.0.0.1:9102': `127.0.0.1:${ports[9102]}` })
  const port = await freePort()
  const site = filled(proxied(page('nginx', 'shop')), { '127.0.0.1:8000': `127.0.0.1:${port}` })
  stops.push(await nginx({ folder, port, cert: '', key: '' }, site))

  // Receiving first: its address stands in Prometheus' configuration.
  const own = page('yaml', 'sent').replace(' }', ', windowSeconds: 5 }')
  writeFileSync(join(folder, 'sent.yaml'), own)
  sent = await serve(root, ['--config', join(folder, 'sent.yaml'), '--data', join(folder, 'sent')])
  stops.push(() => sent.stop('SIGTERM'))

  const prom = await freePort()
  const data = join(folder, 'tsdb')
  mkdirSync(data)
  writeFileSync(join(folder, 'history.om'), history([a.port, b.port], Date.now() - 10 * 60_000))
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.om'), data])
  const remote = filled(page('yaml', 'remote'), { 'http://127.0.0.1:8080': sent.url })
  const file = join(folder, 'prometheus.yml')
  writeFileSync(
    file,
    `global: { scrape_interval: 1s, scrape_timeout: 1s }\n${proxied(page('yaml', 'prometheus'))}${remote}`,
  )
  const listen = `--web.listen-address=127.0.0.1:${prom}`
  stops.push(await started('prometheus', [`--config.file=${file}`, `--storage.tsdb.path=${data}`, listen], prom))

  const asked = filled(page('yaml', 'asked'), {
    '127.0.0.1:9090': `127.0.0.1:${prom}`,
    'allowPrivate: true': 'allowPrivate: true\n    stepSeconds: 5\n    delaySeconds: 2\n    learnDays: 2',
  })
  writeFileSync(join(folder, 'asked.yaml'), asked)
  asks = await serve(root, ['--config', join(folder, 'asked.yaml'), '--data', join(folder, 'asked')])
  stops.push(() => asks.stop('SIGTERM'))
  await teach(sent)
  stops.push(traffic(port))
  await new Promise(resolve => setTimeout(resolve, 8_000))
  // A backend is started anew: its counters are at 0 again.
  a.counts = { 200: 0 }
  await new Promise(resolve => setTimeout(resolve, 4_000))
  b.share = 0.3
  brokeAt = Date.now()
})

/** The past of whoever is sent to is taught by hand. */
async function teach({ url }: Served): Promise<void> {
  const end = Math.floor((Date.now() - 20 * 60_000) / BIN_MS) * BIN_MS
  const counts = Array.from({ length: DAYS * 96 }, (_, n) => {
    const total = 2 * 15 * 6_000
    return [end - (DAYS * 96 - n) * BIN_MS, total * USUAL, total]
  })
  const answer = await fetch(`${url}/api/v1/past`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenIn(join(folder, 'sent'))}` },
    body: JSON.stringify({ service: 'shop', via: 'metric', binMs: BIN_MS, counts }),
  })
  expect(await answer.json()).toMatchObject({ learned: true })
}

/** A hundred requests a second through nginx; ends when it is told to. */
function traffic(port: number): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  const timer = setInterval(() => {
    for (let i = 0; i < 5; i++) get({ port, host: '127.0.0.1', agent }, reply => reply.resume()).on('error', () => {})
  }, 50)
  return async () => {
    clearInterval(timer)
    agent.destroy()
  }
}

/** What was told first, with how long it took after the break. */
async function told({ url }: Served): Promise<Incident & { afterMs: number }> {
  for (;;) {
    const all = (await (await fetch(`${url}/api/v1/incidents`)).json()) as Incident[]
    if (all.length > 0) return { ...all[0]!, afterMs: Date.now() - brokeAt }
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

async function input({ url }: Served, data: string): Promise<object> {
  const headers = { authorization: `Bearer ${tokenIn(join(folder, data))}` }
  const [only] = (await (await fetch(`${url}/api/v1/sources`, { headers })).json()) as object[]
  return only ?? {}
}

function expectNamed({ latest, service }: Awaited<ReturnType<typeof told>>): void {
  const [healthy, broken] = backends.map(({ port }) => [`127.0.0.1:${port}`])
  expect(service).toBe('shop')
  expect(latest.segments.map(({ where }) => where)).toEqual([{ instance: broken }])
  expect(latest.unaffected).toEqual({ instance: healthy })
  const [low, high] = latest.segments[0]!.interval
  expect(low).toBeLessThanOrEqual(0.3)
  expect(high).toBeGreaterThanOrEqual(0.3)
}

describe('a backend that begins to fail at 30 %', () => {
  it('is named with its share, by whoever is sent and by whoever asks', async () => {
    const [bySent, byAsking] = await Promise.all([told(sent), told(asks)])
    console.log(`told ${bySent.afterMs} ms after the break where sent, ${byAsking.afterMs} ms where asked`)
    expectNamed(bySent)
    expectNamed(byAsking)
  }, 360_000)
  it('with nothing refused and nothing twice', async () => {
    const well = { health: 'ok', duplicate: 0, rejected: {}, failures: 0 }
    expect(await input(sent, 'sent')).toMatchObject({ use: 'prometheus', ...well })
    expect(await input(asks, 'asked')).toMatchObject({ use: 'prometheus-query', ...well })
  })
})
