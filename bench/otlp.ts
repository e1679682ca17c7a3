/**
 * What the receiver for OpenTelemetry makes of bodies a second against a bare decode of the same bytes.
 *   npm run bench -- otlp (bench/otlp.ts) [--rounds 9] [--series 5000] [--minutes 60]
 *
 * Bodies are as SDKs and the Collector send them: spans of 14 attributes, of which four are read; cumulative histograms of 15
 * buckets. The bare decode is protobufjs with the receiver's own descriptor, which builds only fields that are read: the
 * hardest to compare with. Both take turns in one process. Then an hour of a workspace's series, a minute an export.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Received } from '../src/contract/received.js'
import { MINUTE } from '../src/contract/time.js'
import { sfc32 } from '../src/core/stat/random.js'
import otlp from '../src/plugin/receiver/otlp.js'
import { openSchema } from '../src/plugin/receiver/otlp/schema.js'
import { fakeOutside } from '../src/testing/outside.js'
import { grouped, option, setting, writePage } from './machine.js'

const rounds = option('rounds', 9)
const series = option('series', 5_000)
const minutes = option('minutes', 60)

const schema = await openSchema()
const random = sfc32(1)
const START = Date.UTC(2026, 1, 3)
const outside = fakeOutside()
let now = START
outside.env.now = () => now
const open = () =>
  otlp.open(
    {
      services: {},
      labels: {},
      slowSeconds: 1,
      bad: ['5xx'],
      count: 'auto',
      metrics: [],
      quantile: 0.95,
      graph: true,
      maxValues: 200,
      maxSeries: 20_000,
    },
    outside.env,
  )

type Values = Record<string, string | number>
const attributes = (values: Values) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  }))
const resource = (name: string, pod: number) => ({
  attributes: attributes({
    'service.name': name,
    'service.version': '1.4.2',
    'service.instance.id': `${name}-${pod}`,
    'cloud.region': 'eu-central-1',
    'deployment.environment.name': 'production',
    'host.name': `node-${pod}`,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
  }),
})
const nanos = (ms: number) => ms * 1e6
const bytes = (n: number) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256))
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!

function spans(count: number, processes: number): Uint8Array {
  const resourceSpans = Array.from({ length: processes }, (_, pod) => ({
    resource: resource(pick(['cart', 'checkout', 'search']), pod),
    scopeSpans: [
      {
        scope: { name: '@opentelemetry/instrumentation-http' },
        spans: Array.from({ length: count / processes }, () => {
          const route = pick(['/cart/:id', '/orders', '/orders/:id', '/search', '/pay'])
          const status = random() < 0.02 ? 503 : 200
          const at = START + Math.floor(random() * 5_000)
          return {
            traceId: bytes(16),
            spanId: bytes(8),
            parentSpanId: bytes(8),
            name: `GET ${route}`,
            kind: pick([2, 2, 3, 1]),
            startTimeUnixNano: nanos(at - 40),
            endTimeUnixNano: nanos(at),
            status: { code: status === 503 ? 2 : 0 },
            attributes: attributes({
              'http.request.method': 'GET',
              'http.route': route,
              'http.response.status_code': status,
              'url.scheme': 'https',
              'url.path': `/orders/${Math.floor(random() * 1e6)}`,
              'server.address': 'shop.example.com',
              'server.port': 443,
              'client.address': '192.0.2.17',
              'network.protocol.version': '1.1',
              'network.peer.address': '192.0.2.1',
              'network.peer.port': 51_234,
              'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
              'thread.id': 17,
              'thread.name': 'worker-17',
            }),
          }
        }),
      },
    ],
  }))
  const type = schema.type('TraceRequest')
  return type.encode(type.fromObject({ resourceSpans })).finish()
}

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** One export of all series at a minute, by 50 processes. */
function metrics(minute: number): Uint8Array {
  const each = Math.ceil(series / 50)
  const resourceMetrics = Array.from({ length: 50 }, (_, pod) => ({
    resource: resource('cart', pod),
    scopeMetrics: [
      {
        scope: { name: 'http' },
        metrics: [
          {
            name: 'http.server.request.duration',
            unit: 's',
            histogram: {
              aggregationTemporality: 2,
              dataPoints: Array.from({ length: each }, (_, i) => ({
                startTimeUnixNano: nanos(START - MINUTE),
                timeUnixNano: nanos(START + minute * MINUTE),
                count: (minute + 1) * 150,
                bucketCounts: BOUNDS.map(() => (minute + 1) * 10).concat((minute + 1) * 10),
                explicitBounds: BOUNDS,
                attributes: attributes({
                  'http.request.method': 'GET',
                  'http.route': `/r${i % 50}`,
                  'http.response.status_code': i < 50 ? 200 : 500 + (i % 4),
                  'url.scheme': 'https',
                }),
              })),
            },
          },
        ],
      },
    ],
  }))
  const type = schema.type('MetricsRequest')
  return type.encode(type.fromObject({ resourceMetrics })).finish()
}

const request = (path: string, body: Uint8Array): Received => ({
  method: 'POST',
  path,
  query: {},
  headers: { 'content-type': 'application/x-protobuf' },
  body,
  json: () => null,
})
const receipt = { accepted: 1, duplicate: 0, rejectedCount: 0, rejected: [] }
async function take(receiver: Awaited<ReturnType<typeof open>>, path: string, body: Uint8Array): Promise<number> {
  const taken = await receiver.take(request(path, body))
  if (!('signals' in taken)) throw new Error(taken.refused.message)
  taken.answer!(receipt)
  return taken.signals.length
}
function bare(type: string, body: Uint8Array): void {
  const reader = schema.Reader.create(body)
  reader.discardUnknown = true
  schema.type(type).decode(reader)
}
/** Of processor time, of all threads: others use the machine too. */
function msSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1000
}
const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!

interface Row {
  what: string
  bytes: number
  items: number
  ours: number
  bare: number
  ratio: number
}
async function compare(what: string, path: string, type: string, bodies: Uint8Array[], items: number): Promise<Row> {
  const [ours, reference, ratios]: [number[], number[], number[]] = [[], [], []]
  const total = bodies.reduce((sum, each) => sum + each.length, 0)
  for (let round = -2; round < rounds; round++) {
    const receiver = await open()
    let from = process.cpuUsage()
    for (const body of bodies) bare(type, body)
    const bareMs = msSince(from)
    from = process.cpuUsage()
    for (const body of bodies) await take(receiver, path, body)
    const ms = msSince(from)
    if (round < 0) continue
    ours.push(ms)
    reference.push(bareMs)
    ratios.push(bareMs / ms)
  }
  return {
    what,
    bytes: total,
    items: items * bodies.length,
    ours: median(ours),
    bare: median(reference),
    ratio: median(ratios),
  }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** Megabytes in use after each of the exports, whatever could be let go gone. */
async function hour(): Promise<number[]> {
  const receiver = await open()
  const held: number[] = []
  for (let minute = 0; minute < minutes; minute++) {
    now = START + minute * MINUTE
    await take(receiver, 'v1/metrics', metrics(minute))
    if (minute % 5 !== 4) continue
    collect()
    held.push(process.memoryUsage().heapUsed / 2 ** 20)
  }
  return held
}

now = START + 10_000
const small = Array.from({ length: 60 }, () => spans(512, 1))
const traces = Array.from({ length: 8 }, () => spans(4_096, 8))
const exports = Array.from({ length: 30 }, (_, minute) => metrics(minute))
const rows = [
  await compare('512 spans, as an SDK sends', 'v1/traces', 'TraceRequest', small, 512),
  await compare('4,096 spans of 8 processes, as a Collector sends', 'v1/traces', 'TraceRequest', traces, 4_096),
  await compare(
    `${grouped(series)} cumulative histograms of 50 processes`,
    'v1/metrics',
    'MetricsRequest',
    exports,
    series,
  ),
]
const held = process.argv.includes('--quick') ? [] : await hour()

const line = ({ what, bytes: size, items, ours, bare: reference, ratio }: Row) =>
  `| ${what} | ${grouped((size / ours) * 1e-3)} | ${grouped((size / reference) * 1e-3)} | ${grouped((items / ours) * 1000)} | ${ratio.toFixed(2)} |`
writePage(
  'otlp',
  `# OpenTelemetry

${setting('npm run bench -- otlp')}

What the receiver makes of bodies (decode, count, name signals) against a bare decode of the same bytes with protobufjs and the same descriptor;
medians of ${rounds} rounds of processor time, in turns. The bar is 0.7.

| body | MB/s | bare decode, MB/s | spans or points/s | ratio |
| --- | --- | --- | --- | --- |
${rows.map(line).join('\n')}

${grouped(minutes)} exports of ${grouped(series)} cumulative series, one a minute: heap after collection at every fifth, in MB:
${held.map(each => each.toFixed(0)).join(', ')}.
`,
)
