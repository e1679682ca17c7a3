import { execFile, execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serve, type Served } from '../src/testing/served.js'
import { filled, freePort, nginx, recipe, root, started } from './recipes.js'

// docs/first-hour.md with the real programs: nginx before two backends, Prometheus, the SDK of OpenTelemetry, and three of us, each of
// which knows one of the three and was configured by `epicenter init` alone.

const page = (language: string, name: string) => recipe(language, name, 'docs/first-hour.md')
const folder = mkdtempSync(join(tmpdir(), 'epicenter-first-hour-'))
const stops: (() => unknown)[] = []
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  rmSync(folder, { recursive: true, force: true })
})

const A_SECOND = 60
/** So much fails always. */
const USUAL = 0.01
const BREAKS = 0.3
/** Until then it is waited for; how long it took is printed, for a machine that others use says little by its clock. */
const WAIT_MS = 360_000
const MINUTE = 60_000

/** A backend of which a share fails, counted for Prometheus and told to OpenTelemetry. */
async function backend() {
  const port = await freePort()
  const it = {
    ...{ port, share: USUAL, owed: 0, since: [0, 0] as [number, number] },
    counts: new Map<number, number>([[200, 0]]),
    told: (_status: number): void => {},
  }
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      const lines = [...it.counts].map(([code, n]) => `http_requests_total{code="${code}"} ${n}`)
      return response.end(`# TYPE http_requests_total counter\n${lines.join('\n')}\n`)
    }
    it.owed += it.share
    const status = it.owed >= 1 ? 500 : 200
    if (status === 500) it.owed--
    it.since[0]++
    if (status === 500) it.since[1]++
    it.counts.set(status, (it.counts.get(status) ?? 0) + 1)
    it.told(status)
    return response.writeHead(status).end('ok')
  })
  await new Promise<void>(done => server.listen(port, '127.0.0.1', done))
  stops.push(() => (server.closeAllConnections(), server.close()))
  return it
}
let backends: Awaited<ReturnType<typeof backend>>[]

/** `epicenter …` in the folder; resolves with what it says, whatever its exit code. */
async function cli(...args: string[]): Promise<{ code: number; out: string }> {
  const run = promisify(execFile)(join(root, 'bin/epicenter'), args, { cwd: folder })
  return run.then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout + error.stderr,
    }),
  )
}

/** A file by `init --with` these, and a server on it. */
async function begun(name: string, ...words: string[]): Promise<{ served: Served; said: string; file: string }> {
  const file = join(folder, `${name}.yaml`)
  const { code, out } = await cli('init', file, '--with', ...words)
  expect([code, out]).toEqual([0, expect.stringContaining('is written')])
  const served = await serve(root, ['--config', file, '--data', join(folder, name)])
  stops.push(() => served.stop('SIGTERM'))
  return { served, said: out, file }
}

/** A day of history, as if Prometheus had scraped both backends each minute. */
function history(end: number): string {
  const text = ['# TYPE http_requests counter']
  for (const { port } of backends)
    for (const [code, share] of [
      ['200', 1 - USUAL],
      ['500', USUAL],
    ] as const)
      for (let minute = 0; minute < 1_440; minute++) {
        const count = Math.round(minute * 30 * A_SECOND * share)
        const at = Math.round(end / 1_000) - (1_440 - minute) * 60
        text.push(`http_requests_total{job="shop",instance="127.0.0.1:${port}",code="${code}"} ${count} ${at}`)
      }
  return `${text.join('\n')}\n# EOF\n`
}

async function startPrometheus(): Promise<number> {
  const port = await freePort()
  const data = join(folder, 'tsdb')
  mkdirSync(data)
  writeFileSync(join(folder, 'history.om'), history(Date.now() - 10 * MINUTE))
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.om'), data])
  const file = join(folder, 'prometheus.yml')
  const [a, b] = backends
  const targets = { '127.0.0.1:9101': `127.0.0.1:${a!.port}`, '127.0.0.1:9102': `127.0.0.1:${b!.port}` }
  writeFileSync(file, `global: { scrape_interval: 5s }\n${filled(page('yaml', 'prometheus'), targets)}`)
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${data}`, `--web.listen-address=127.0.0.1:${port}`]
  stops.push(await started('prometheus', args, port))
  return port
}

const log = join(folder, 'shop.log')
/** The log has been written for 25 minutes. */
function pastOfLog(): void {
  const lines: string[] = []
  for (let ms = Date.now() - 25 * MINUTE, i = 0; ms < Date.now(); ms += 100, i++) {
    const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(new Date(ms).toUTCString()) ?? []
    const { port } = backends[i % 2]!
    const status = i % 200 < 2 ? 500 : 200
    lines.push(
      `127.0.0.1 - - [${day}/${month}/${year}:${time} +0000] "GET / HTTP/1.1" ${status} 2 "-" "-" 0.001 127.0.0.1:${port}`,
    )
  }
  appendFileSync(log, `${lines.join('\n')}\n`)
}

const resourceOf = (port: number) => ({ 'service.name': 'shop', 'service.instance.id': `127.0.0.1:${port}` })
const METRIC = 'http.server.request.duration'

/** What a Collector held back while nobody took it: 25 minutes of one request in a hundred failing. */
async function pastOfOtlp(endpoint: string, headers: Record<string, string>): Promise<void> {
  const texts = (all: object) =>
    Object.entries(all).map(([key, value]) => ({ key, value: { stringValue: String(value) } }))
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  for (let minute = 25; minute > 0; minute--) {
    const [from, to] = [now - minute * MINUTE, now - (minute - 1) * MINUTE - 1]
    const resourceMetrics = backends.map(({ port }) => ({
      resource: { attributes: texts(resourceOf(port)) },
      scopeMetrics: [
        {
          scope: { name: 'lab' },
          metrics: [
            {
              ...{ name: METRIC, unit: 's' },
              histogram: {
                aggregationTemporality: 1,
                dataPoints: [200, 500].map(status => ({
                  ...{ startTimeUnixNano: `${from}000000`, timeUnixNano: `${to}000000` },
                  attributes: texts({
                    'http.request.method': 'GET',
                    'http.route': '/',
                    'http.response.status_code': status,
                  }),
                  ...{ count: status === 500 ? 18 : 1_782, sum: 1, explicitBounds: [1] },
                  bucketCounts: [status === 500 ? 18 : 1_782, 0],
                })),
              },
            },
          ],
        },
      ],
    }))
    const answer = await fetch(`${endpoint}/v1/metrics`, {
      ...{ method: 'POST', body: JSON.stringify({ resourceMetrics }) },
      headers: { ...headers, 'content-type': 'application/json' },
    })
    expect([answer.status, await answer.text()]).toEqual([200, '{}'])
  }
}

/** Each backend as its SDK tells of it, told by what `init` said. */
async function startOtlp(said: string, served: Served): Promise<void> {
  const found = (name: string) => new RegExp(`${name}=(\\S+)`).exec(said)![1]!
  const endpoint = found('OTEL_EXPORTER_OTLP_ENDPOINT').replace('http://127.0.0.1:8080', served.url)
  const [header, value] = found('OTEL_EXPORTER_OTLP_HEADERS').split('=') as [string, string]
  const headers = { [header.toLowerCase()]: decodeURIComponent(value) }
  await pastOfOtlp(endpoint, headers)
  for (const each of backends) {
    const exporter = new OTLPMetricExporter({
      ...{ url: `${endpoint}/v1/metrics`, headers },
      temporalityPreference: AggregationTemporality.CUMULATIVE,
    })
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 })
    const provider = new MeterProvider({ resource: resourceFromAttributes(resourceOf(each.port)), readers: [reader] })
    const histogram = provider.getMeter('lab').createHistogram(METRIC, { unit: 's' })
    each.told = status =>
      histogram.record(0.02, {
        ...{ 'http.request.method': 'GET', 'http.route': '/', 'http.response.status_code': status },
      })
    stops.push(() => provider.shutdown())
  }
}

function traffic(port: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const began = Date.now()
  let asked = 0
  const timer = setInterval(() => {
    // What a busy machine is behind is caught up with.
    for (; asked < ((Date.now() - began) / 1_000) * A_SECOND; asked++)
      get({ port, host: '127.0.0.1', agent }, reply => reply.resume()).on('error', () => {})
  }, 50)
  stops.push(() => (clearInterval(timer), agent.destroy()))
}

let us: Record<'prometheus' | 'otlp' | 'log', Served>
let brokeAt = 0
beforeAll(async () => {
  backends = [await backend(), await backend()]
  const port = await freePort()
  const servers = backends.map(each => `server 127.0.0.1:${each.port};`).join(' ')
  pastOfLog()
  const http = page('nginx', 'log').replaceAll('/var/log/nginx/shop.log', log)
  const site = `upstream shop { ${servers} }\nserver { listen 127.0.0.1:${port}; access_log ${log} epicenter; location / { proxy_pass http://shop; } }`
  stops.push(await nginx({ folder, port, cert: '', key: '' }, `${http}\n${site}`))
  const prometheus = await startPrometheus()
  const [asks, sent, reads] = [
    await begun('asks', `prometheus=http://127.0.0.1:${prometheus}`),
    await begun('sent', 'otlp'),
    await begun('reads', `nginx=${log}`),
  ]
  us = { prometheus: asks.served, otlp: sent.served, log: reads.served }
  await startOtlp(sent.said, sent.served)
  traffic(port)
  // Until a whole minute of it has been scraped.
  await new Promise(done => setTimeout(done, 100_000))
  // What they are configured with is heard, as `check --try` says too: of the live sources, beside the servers that run.
  const tries = await Promise.all([asks, sent, reads].map(({ file }) => cli('check', file, '--try')))
  console.log(tries.map(({ out }) => out).join(''))
  expect(tries.map(({ code }) => code)).toEqual([0, 0, 0])
  expect(tries[0]!.out).toMatch(/source prometheus-query: ok: \d+ signals\n {2}shop: \d+ metric\n {4}instance: 127/)
  expect(tries[1]!.out).toContain('receiver otlp: waits')
  expect(tries[2]!.out).toMatch(/source access-log: ok: \d+ signals\n {2}shop: \d+ metric/)
  Object.assign(backends[1]!, { share: BREAKS, since: [0, 0] })
  brokeAt = Date.now()
}, 300_000)

interface Segment {
  where: Record<string, string[]>
  share: number | null
  interval: [number, number] | null
}

it.concurrent.each(['prometheus', 'otlp', 'log'] as const)(
  'names a backend that breaks at 30 percent, with nothing but %s, and says after how long',
  async name => {
    const place = `127.0.0.1:${backends[1]!.port}`
    let segments: Segment[] = []
    const named = () => segments.find(({ where }) => Object.values(where).flat().join() === place)
    while (named() === undefined && Date.now() - brokeAt < WAIT_MS) {
      await new Promise(done => setTimeout(done, 1_000))
      const answer = await fetch(`${us[name].url}/api/v1/incidents`)
      const incidents = (await answer.json()) as { latest: { segments?: Segment[] } }[]
      segments = incidents.flatMap(each => each.latest.segments ?? [])
    }
    const seconds = Math.round((Date.now() - brokeAt) / 1_000)
    const found = named()
    expect(found, JSON.stringify(segments)).toBeDefined()
    const [asked, failed] = backends[1]!.since
    console.log(
      `${name}: ${seconds} s after the break, ${JSON.stringify(found)}; it fails at ${(failed / asked).toFixed(3)}`,
    )
    expect(failed / asked).toBeGreaterThanOrEqual(found!.interval![0])
    expect(failed / asked).toBeLessThanOrEqual(found!.interval![1])
    expect(segments.length).toBe(1)
  },
  400_000,
)
