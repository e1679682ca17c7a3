import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fakeOutside } from '../../../testing/outside.js'
import { someRequest } from '../../../testing/plugin-contract.js'
import otlp from '../otlp.js'
import { durations, metricsOf, span, tracesOf } from './fixtures/made.js'
import { openSchema } from './schema.js'

const outside = fakeOutside()
const NOW = outside.env.now()
const open = () =>
  otlp.open(
    {
      services: {},
      labels: { tier: 'tier', plan: ['plan', 'tier'] },
      slowSeconds: 1,
      bad: ['5xx'],
      count: 'auto',
      metrics: [],
      quantile: 0.5,
      graph: false,
      maxValues: 50,
      maxSeries: 100,
    },
    outside.env,
  )

const text = fc.oneof(
  fc.constantFrom('free', 'paid', 'größe', '\u{1f600}', 'x'.repeat(100)),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
)
const value = fc.oneof(text, fc.nat(999), fc.integer(), fc.boolean(), fc.double({ min: -1e6, max: 1e6, noNaN: true }))
const name = fc.constantFrom(
  'http.route',
  'http.method',
  'http.status_code',
  'error.type',
  'tier',
  'plan',
  'url.path',
  'messaging.system',
  'service.version',
)
const labels = fc.dictionary(name, value, { maxKeys: 6 })
const spans = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 2 ** 40 }),
    parent: fc.nat(3),
    kind: fc.constantFrom(1, 2, 3, 4, 5),
    code: fc.constantFrom(0, 2),
    ms: fc.nat(2_000),
    labels,
  }),
  { maxLength: 8 },
)

it('means the same packed and as JSON: spans, whose attributes are read where they lie', async () => {
  const schema = await openSchema()
  await fc.assert(
    fc.asyncProperty(labels, spans, async (resource, list) => {
      const body = tracesOf(
        { 'service.name': 'cart', ...resource },
        ...list.map(({ id, ...more }) => span(id, NOW, more)),
      )
      const type = schema.type('TraceRequest')
      const hex = (id: string | undefined) => Buffer.from(id ?? '', 'hex')
      const [{ resource: whose, scopeSpans }] = body.resourceSpans as unknown as [
        { resource: object; scopeSpans: [{ spans: ReturnType<typeof span>[] }] },
      ]
      const ids = scopeSpans[0].spans.map(each => ({
        ...each,
        traceId: hex(each.traceId),
        spanId: hex(each.spanId),
        parentSpanId: hex((each as { parentSpanId?: string }).parentSpanId),
      }))
      const packed = type
        .encode(type.fromObject({ resourceSpans: [{ resource: whose, scopeSpans: [{ spans: ids }] }] }))
        .finish()
      const [one, other] = [await open(), await open()]
      const asJson = await one.take({ ...someRequest(body), path: 'v1/traces' })
      const headers = { 'content-type': 'application/x-protobuf' }
      const asBytes = await other.take({ ...someRequest({}), path: 'v1/traces', headers, body: packed })
      if (!('signals' in asJson) || !('signals' in asBytes)) throw new Error('it was refused')
      expect([asBytes.signals, asBytes.dropped]).toEqual([asJson.signals, asJson.dropped])
    }),
    { numRuns: 60 },
  )
})

it('means the same packed and as JSON: metrics', async () => {
  const schema = await openSchema()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(labels, fc.nat(50), fc.nat(50)), { maxLength: 5 }), async list => {
      const points = list.map(([of, fast, slow]) => ({
        start: NOW - 60_000,
        at: NOW,
        count: fast + slow,
        slow,
        labels: of,
      }))
      const body = metricsOf({ 'service.name': 'cart' }, durations(points, { temporality: 1 }))
      const type = schema.type('MetricsRequest')
      const packed = type.encode(type.fromObject(body)).finish()
      const [one, other] = [await open(), await open()]
      const asJson = await one.take({ ...someRequest(body), path: 'v1/metrics' })
      const headers = { 'content-type': 'application/x-protobuf' }
      const asBytes = await other.take({ ...someRequest({}), path: 'v1/metrics', headers, body: packed })
      if (!('signals' in asJson) || !('signals' in asBytes)) throw new Error('it was refused')
      const counts = (signals: readonly unknown[]) => signals.map(each => ({ ...(each as object), id: '' }))
      expect(counts(asBytes.signals)).toEqual(counts(asJson.signals))
    }),
    { numRuns: 50 },
  )
})
