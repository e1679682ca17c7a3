import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SpanKind } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serve, type Served } from '../src/testing/served.js'
import { freePort, root } from './recipes.js'

// The OpenTelemetry SDK for Node as its users have it, with its own retries, against a server that is killed and started again.

const SECRET = 'a-secret-of-20-chars'
const KINDS = ['spans', 'deltas', 'sums'] as const
/** The SDK gives up where a starved server takes too long to start: another try counts what is its own. */
let tries = 0
const folder = mkdtempSync(join(tmpdir(), 'epicenter-otlp-'))
let port: number
let served: Served
const start = () =>
  serve(root, ['--config', join(folder, 'epicenter.yaml'), '--data', join(folder, 'data'), '--port', `${port}`])
beforeAll(async () => {
  const lines = [
    `services: [${[1, 2].flatMap(n => KINDS.map(kind => `{ id: ${kind}-${n} }`)).join(', ')}]`,
    `receivers: [{ use: otlp, secret: ${SECRET} }]`,
  ]
  writeFileSync(join(folder, 'epicenter.yaml'), lines.join('\n'))
  port = await freePort()
  served = await start()
})
afterAll(async () => {
  await served.stop('SIGTERM')
  rmSync(folder, { recursive: true })
})

const exporter = (path: string) => ({
  url: `http://127.0.0.1:${port}/in/otlp/${path}`,
  headers: { authorization: `Bearer ${SECRET}` },
  timeoutMillis: 30_000,
})
const resource = (name: string) =>
  resourceFromAttributes({ 'service.name': `${name}-${tries}`, 'cloud.region': 'eu-1' })

function meter(name: string, temporalityPreference: AggregationTemporality) {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ ...exporter('v1/metrics'), temporalityPreference }),
    exportIntervalMillis: 500,
    exportTimeoutMillis: 400,
  })
  const provider = new MeterProvider({ resource: resource(name), readers: [reader] })
  const histogram = provider.getMeter('lab').createHistogram('http.server.request.duration', { unit: 's' })
  return { provider, record: (status: number) => histogram.record(0.02, labels(status)) }
}
const labels = (status: number) => ({
  'http.request.method': 'GET',
  'http.route': '/cart/:id',
  'http.response.status_code': status,
})

interface Counted {
  total: number
  bad: number
}
async function counted(kind: string): Promise<Counted> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/services/${kind}-${tries}/rollups`)
  const rows = (await answer.json()) as { metrics: Counted }[]
  return rows.reduce((sum, { metrics }) => ({ total: sum.total + metrics.total, bad: sum.bad + metrics.bad }), {
    total: 0,
    bad: 0,
  })
}

it('sends spans and metrics through kills and restarts: what it sent is counted, once', async () => {
  tries++
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(exporter('v1/traces')),
    scheduledDelayMillis: 200,
    maxQueueSize: 20_000,
  })
  const tracing = new TracerProvider({ resource: resource('spans'), spanProcessors: [processor] })
  const tracer = tracing.getTracer('lab')
  const [deltas, sums] = [
    meter('deltas', AggregationTemporality.DELTA),
    meter('sums', AggregationTemporality.CUMULATIVE),
  ]
  const sent = { total: 0, bad: 0 }
  const work = setInterval(() => {
    for (let i = 0; i < 10; i++) {
      const bad = sent.total % 5 === 0
      const status = bad ? 503 : 200
      sent.total++
      if (bad) sent.bad++
      tracer.startSpan('GET /cart/:id', { kind: SpanKind.SERVER, attributes: labels(status) }).end()
      deltas.record(status)
      sums.record(status)
    }
  }, 20)
  const wait = (ms: number) => new Promise(done => setTimeout(done, ms))
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await wait(2_000)
    await served.stop(signal)
    await wait(500)
    served = await start()
  }
  await wait(2_000)
  clearInterval(work)
  await Promise.all([tracing.forceFlush(), deltas.provider.forceFlush(), sums.provider.forceFlush()])
  await Promise.all([tracing.shutdown(), deltas.provider.shutdown(), sums.provider.shutdown()])
  expect(sent.total).toBeGreaterThan(1_000)
  // Rows of metrics are written once their five minutes are over.
  await expect.poll(() => counted('spans'), { timeout: 360_000, interval: 500 }).toEqual(sent)
  // What could not be sent within its interval the reader of metrics drops; nothing is counted that was not recorded.
  for (const name of ['deltas', 'sums']) {
    const { total, bad } = await counted(name)
    expect(total).toBeGreaterThan(0)
    expect(total).toBeLessThanOrEqual(sent.total)
    expect(bad).toBeLessThanOrEqual(sent.bad)
    expect(bad / total).toBeCloseTo(0.2, 1)
  }
}, 420_000)
