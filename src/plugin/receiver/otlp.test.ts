import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Answer, Receipt, Received, Taken } from '../../contract/received.js'
import { MINUTE } from '../../contract/time.js'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import otlp, { type OtlpConfig } from './otlp.js'
import { durations, gauge, metricsOf, span, sum, tracesOf } from './otlp/fixtures/made.js'
import { openSchema } from './otlp/schema.js'

const DEFAULTS: OtlpConfig = {
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
}
const NOW = fakeOutside().env.now()
const fixture = (name: string) => readFileSync(new URL(`otlp/fixtures/${name}`, import.meta.url))
const json = (body: unknown, path: string, more: Partial<Received> = {}) => someRequest(body, { path, ...more })
const packed = (body: Uint8Array, path: string): Received => ({
  ...json({}, path),
  headers: { 'content-type': 'application/x-protobuf' },
  body,
})
const taken: Receipt = { accepted: 1, duplicate: 0, rejectedCount: 0, rejected: [] }

type Signal = Record<string, unknown> & { labels: Record<string, string> }
/** A receiver whose clock the test holds, and what it makes of requests once they are durable. */
async function receiver(settings: Partial<OtlpConfig> = {}, start = NOW) {
  const outside = fakeOutside()
  let now = start
  outside.env.now = () => now
  const opened = await otlp.open({ ...DEFAULTS, ...settings }, outside.env)
  const ask = async (request: Received, receipt: Receipt | null = taken) => {
    const answer: Taken = await opened.take(request)
    if (!('signals' in answer)) return { signals: [], answer: answer.refused.answer!, rules: {} }
    const said = receipt === null ? undefined : answer.answer?.(receipt)
    return { signals: answer.signals as Signal[], answer: said as Answer, rules: answer.dropped ?? {} }
  }
  return {
    outside,
    ask,
    metrics: (body: object, at = now) => ((now = at), ask(json(body, 'v1/metrics'))),
    traces: (body: object, at = now) => ((now = at), ask(json(body, 'v1/traces'))),
    go: (to: number) => (now = to),
  }
}
const counts = (signals: Signal[]) =>
  signals.filter(each => each['via'] === 'metric').map(({ total, bad, slow }) => [total, bad, slow ?? 0])

const CART = { 'service.name': 'cart', 'cloud.region': 'eu-1', 'service.version': '1.2' }
const MAIL = { 'service.name': 'mail' }
const ROUTE = { 'http.request.method': 'GET', 'http.route': '/cart/:id', 'http.response.status_code': 200 }
const FAILED = { ...ROUTE, 'http.response.status_code': 503 }

testReceiver('otlp', {
  plugin: otlp,
  settings: { ...DEFAULTS, secret: 'a-secret-of-20-chars', service: 'shop' },
  outside: fakeOutside(),
  good: [
    [
      json(tracesOf(CART, span(1, NOW, { labels: ROUTE }), span(2, NOW, { labels: FAILED })), 'v1/traces', {
        headers: { 'content-type': 'application/json; charset=utf-8', authorization: 'Bearer a-secret-of-20-chars' },
      }),
      1,
    ],
    [
      json(metricsOf(MAIL, durations([{ start: NOW - MINUTE, at: NOW, count: 9 }], { temporality: 1 })), 'v1/metrics', {
        query: { key: 'a-secret-of-20-chars' },
      }),
      1,
    ],
    [json({}, 'v1/metrics', { query: { key: 'a-secret-of-20-chars' } }), 0],
    [json({ resourceLogs: [] }, 'v1/logs', { query: { key: 'a-secret-of-20-chars' } }), 0],
  ],
  bad: [
    [json({}, ''), /^otlp\.path$/],
    [json({}, 'v1/profiles'), /^otlp\.path$/],
    [json({}, 'v1/traces', { headers: { 'content-type': 'text/plain' } }), /^otlp\.content-type$/],
    [json([], 'v1/traces'), /^otlp\.json$/],
    [json({ resourceSpans: {} }, 'v1/traces'), /^otlp\.json$/],
    [json({ resourceSpans: [{ scopeSpans: [7] }] }, 'v1/traces'), /^otlp\.json$/],
    [packed(Buffer.from([10, 200, 1]), 'v1/traces'), /^otlp\.protobuf$/],
    [packed(Buffer.from('what is this?'), 'v1/metrics'), /^otlp\.protobuf$/],
  ],
  strangers: [json({}, 'v1/traces'), json({}, 'v1/traces', { query: { key: 'a-secret-of-20-char' } })],
})

describe('what the SDK for Node sends', () => {
  const START = 1_796_045_384_125
  it('is counted as it was recorded: requests, failures, slow ones, a pool, orders', async () => {
    const { ask } = await receiver({ metrics: [{ name: 'app.orders', as: 'demand' }] }, START)
    const base = await ask(packed(fixture('metrics-1.bin'), 'v1/metrics'))
    expect(counts(base.signals)).toEqual([])
    const { signals, answer } = await ask(packed(fixture('metrics-2.bin'), 'v1/metrics'))
    const of = (name: string) => signals.find(each => each.labels['component'] === name || each['name'] === name)
    const labels = { region: 'eu-central-1', environment: 'production', version: '1.4.0' }
    expect(of('GET /cart/:id')).toMatchObject({ service: 'cart', labels, total: 100, bad: 4, slow: 6 })
    expect(of('shop.Cart/Get')).toMatchObject({ service: 'cart', labels, total: 40, bad: 2, slow: 20 })
    expect(of('db.client.connection.count')).toMatchObject({ value: 41, capacity: 50, measures: 'saturation' })
    expect(of('app.orders')).toMatchObject({ value: 10, measures: 'demand' })
    expect(of('rpc.server.duration.p95')).toMatchObject({ unit: 's', measures: 'latency' })
    expect([answer.status, answer.headers]).toEqual([200, { 'content-type': 'application/x-protobuf' }])
    expect(answer.body?.length).toBe(0)
  })
  it('is counted by its spans where it sends no metrics of the same requests, and gives the graph', async () => {
    const { ask, go } = await receiver({}, START)
    const front = await ask(packed(fixture('traces-frontend.bin'), 'v1/traces'))
    const cart = await ask(packed(fixture('traces-cart.bin'), 'v1/traces'))
    expect([...counts(front.signals), ...counts(cart.signals)]).toEqual([
      [20, 5, 0],
      [20, 5, 0],
    ])
    expect(cart.signals[0]).toMatchObject({ service: 'cart', labels: { component: 'GET /items/:id' } })
    go(START + 3 * MINUTE)
    const { signals } = await ask(json({}, 'v1/traces'))
    expect(signals).toMatchObject([
      { via: 'topology', service: 'cart', source: 'otlp', dependsOn: [{ id: 'postgresql/shop', kind: 'database' }] },
      { via: 'topology', service: 'frontend', dependsOn: [{ id: 'cart', kind: 'service', service: 'cart' }] },
    ])
    expect((await ask(json({}, 'v1/metrics'))).signals).toEqual([])
  })
  it('is read in the specification’s own examples', async () => {
    const old = await receiver({ metrics: [{ name: 'my.gauge', as: 'other' }] }, 1_544_712_661_500)
    const spans = await old.ask(json(fixture('trace.json').toString(), 'v1/traces'))
    expect(spans.signals).toMatchObject([
      { service: 'my.service', total: 1, bad: 0, labels: { component: "I'm a server span" } },
    ])
    const metrics = await old.ask(json(fixture('metrics.json').toString(), 'v1/metrics'))
    expect(metrics.signals).toMatchObject([{ name: 'my.gauge', value: 10, measures: 'other' }])
    const logs = await old.ask(json(fixture('logs.json').toString(), 'v1/logs'))
    expect([logs.signals, logs.rules]).toEqual([[], { 'otlp.logs': 1 }])
    expect(JSON.parse(logs.answer.body as string)).toEqual({
      partialSuccess: { rejectedLogRecords: '1', errorMessage: expect.stringContaining('logs are not read') },
    })
  })
})

describe('spans', () => {
  it('count where a service answered or took a message, failed by status 5xx or by their own word', async () => {
    const { traces } = await receiver()
    const { signals } = await traces(
      tracesOf(
        CART,
        span(1, NOW, { labels: ROUTE }),
        span(2, NOW, { labels: { ...ROUTE, 'http.response.status_code': 404 }, code: 'STATUS_CODE_ERROR' }),
        span(3, NOW, { labels: FAILED }),
        span(4, NOW, { labels: ROUTE, code: 2, kind: 'SPAN_KIND_SERVER' }),
        span(5, NOW, { labels: ROUTE, ms: 1_001 }),
        span(6, NOW, { labels: ROUTE, kind: 3, code: 2 }),
        span(7, NOW, { labels: ROUTE, kind: 1, code: 2 }),
        span(8, NOW, { labels: { 'rpc.system': 'grpc', 'rpc.method': 'm', 'rpc.grpc.status_code': 5 } }),
        span(9, NOW, { labels: { 'rpc.system': 'grpc', 'rpc.method': 'm', 'rpc.grpc.status_code': 14 } }),
        span(10, NOW, {
          labels: { 'messaging.system': 'kafka', 'messaging.destination.name': 'mails' },
          kind: 5,
          code: 2,
        }),
      ),
    )
    expect(signals.map(({ labels, total, bad, slow }) => [labels['component'], total, bad, slow])).toEqual([
      ['GET /cart/:id', 5, 2, 1],
      ['m', 2, 1, 0],
      ['mails', 1, 1, 0],
    ])
  })
  it('and metrics too count as failed what the settings name', async () => {
    const of = [200, 404, 429, 503].map(status => ({ ...ROUTE, 'http.response.status_code': status }))
    const { traces } = await receiver({ bad: ['5xx', 429] })
    expect(
      counts((await traces(tracesOf(CART, ...of.map((labels, i) => span(1 + i, NOW, { labels }))))).signals),
    ).toEqual([[4, 2, 0]])
    const points = of.map(labels => ({ start: NOW - MINUTE, at: NOW, count: 10, labels }))
    const { metrics } = await receiver({ bad: ['4xx', '5xx'] })
    expect((await metrics(metricsOf(MAIL, durations(points, { temporality: 1 })))).signals[0]).toMatchObject({
      total: 40,
      bad: 30,
    })
  })
  it('have no label of which there are as many as requests', async () => {
    const { traces } = await receiver({ labels: { user: 'enduser.id' }, maxValues: 20 })
    const many = Array.from({ length: 300 }, (_, i) =>
      span(i + 1, NOW, { labels: { 'http.request.method': 'GET', 'url.path': `/cart/${i}`, 'enduser.id': `u${i}` } }),
    )
    const named = Array.from({ length: 50 }, (_, i) => span(i + 1_000, NOW, { name: `GET /orders/${i + 1_000}` }))
    const { signals } = await traces(tracesOf(CART, ...many, ...named))
    expect(signals.length).toBe(22)
    expect(signals.reduce((n, each) => n + (each['total'] as number), 0)).toBe(350)
    expect(new Set(signals.map(each => each.labels['component']))).toEqual(new Set([undefined]))
    expect(signals.find(each => each.labels['user'] === 'other')).toMatchObject({ total: 280 })
  })
  it('of a sample weigh as much as they are worth: shares right, no more evidence than there is', async () => {
    const { traces } = await receiver()
    // All failures were kept, and of the others one in 16.
    const kept = Array.from({ length: 100 }, (_, i) => span(i + 1, NOW, { labels: ROUTE, traceState: 'x=1,ot=th:f' }))
    const failed = Array.from({ length: 100 }, (_, i) => span(i + 500, NOW, { labels: FAILED, traceState: 'ot=p:0' }))
    const [signal] = (await traces(tracesOf(CART, ...kept, ...failed))).signals
    const { total, bad } = signal as unknown as { total: number; bad: number }
    expect([bad / total, total]).toEqual([expect.closeTo(100 / 1_700, 2), Math.round(1_700 ** 2 / (100 * 256 + 100))])
  })
  it('that come twice have the same id, in whatever order, and others have another', async () => {
    const { traces } = await receiver()
    const [a, b, c] = [1, 2, 3].map(id => span(id, NOW, { labels: ROUTE }))
    const id = async (...spans: object[]) => (await traces(tracesOf(CART, ...spans))).signals[0]!['id']
    expect(await id(a!, b!)).toBe(await id(b!, a!))
    expect(await id(a!, b!)).not.toBe(await id(a!, c!))
  })
})

describe('metrics', () => {
  it('count with delta and cumulative temporality alike, and each export once', async () => {
    const exports = [0, 1, 2, 2, 1, 3].map(i => ({
      start: NOW - 10 * MINUTE,
      at: NOW + i * MINUTE,
      count: 100 + 10 * i,
      slow: i,
    }))
    const cumulative = await receiver()
    const came = []
    for (const each of exports) {
      const body = metricsOf(CART, durations([{ ...each, labels: ROUTE }]))
      came.push(counts((await cumulative.metrics(body, NOW + 3 * MINUTE)).signals))
    }
    expect(came).toEqual([[], [[10, 0, 1]], [[10, 0, 1]], [], [], [[10, 0, 1]]])
    const delta = await receiver()
    const point = { start: NOW - MINUTE, at: NOW, count: 40, slow: 3 }
    const body = metricsOf(
      CART,
      durations(
        [
          { ...point, labels: ROUTE },
          { ...point, count: 2, slow: 0, labels: FAILED },
        ],
        { temporality: 1 },
      ),
    )
    const [first, second] = [await delta.metrics(body), await delta.metrics(body)]
    expect(counts(first.signals)).toEqual([[42, 2, 3]])
    expect(second.signals.map(each => each['id'])).toEqual(first.signals.map(each => each['id']))
  })
  it('are told again until they are durable, with the same request or with the next', async () => {
    const { ask, go } = await receiver()
    const at = (i: number) =>
      json(metricsOf(CART, durations([{ start: 1, at: NOW + i * MINUTE, count: 100 + i }])), 'v1/metrics')
    go(NOW + 5 * MINUTE)
    await ask(at(0))
    const first = await ask(at(1), null)
    expect(counts(first.signals)).toEqual([[1, 0, 0]])
    expect((await ask(at(1), null)).signals).toEqual(first.signals)
    go(NOW + 6 * MINUTE)
    const next = await ask(at(2))
    expect(next.signals.map(each => each['id'])).toContain(first.signals[0]!['id'])
    expect(counts(next.signals)).toEqual([
      [1, 0, 0],
      [1, 0, 0],
    ])
    expect(counts((await ask(at(3))).signals)).toEqual([[1, 0, 0]])
  })
  it('take over from spans and from older names without counting a request twice', async () => {
    const { traces, metrics } = await receiver()
    const spans = (at: number) => tracesOf(CART, span(at % 1e9, at, { labels: ROUTE }))
    expect(counts((await traces(spans(NOW), NOW)).signals)).toEqual([[1, 0, 0]])
    const body = (from: number, at: number) => {
      const point = [{ start: from, at, count: 8, labels: ROUTE }]
      return metricsOf(
        CART,
        durations(point, { name: 'http.server.duration', temporality: 1 }),
        durations(point, { temporality: 1 }),
      )
    }
    const later = NOW + MINUTE / 2
    expect(counts((await metrics(body(NOW - MINUTE / 2, later), later)).signals)).toEqual([])
    expect(counts((await traces(spans(later + 1), later + 1)).signals)).toEqual([])
    expect(counts((await metrics(body(later, later + MINUTE), later + MINUTE)).signals)).toEqual([[8, 0, 0]])
    // Where they fall silent spans count again.
    expect(counts((await traces(spans(NOW + 30 * MINUTE), NOW + 30 * MINUTE)).signals)).toEqual([[1, 0, 0]])
  })
  it('say that nobody asked for anything, once a service', async () => {
    const { metrics } = await receiver()
    const body = (at: number) =>
      metricsOf(CART, durations([ROUTE, FAILED].map(labels => ({ start: NOW - 5 * MINUTE, at, count: 7, labels }))))
    await metrics(body(NOW))
    expect(counts((await metrics(body(NOW + MINUTE), NOW + MINUTE)).signals)).toEqual([[0, 0, 0]])
  })
  it('from a clock that is ahead count now, and an hour ahead not at all; from one behind in their own minute', async () => {
    const { metrics, outside } = await receiver()
    const point = (at: number) => metricsOf(CART, durations([{ start: at - MINUTE, at, count: 5 }], { temporality: 1 }))
    const ahead = await metrics(point(NOW + 10 * MINUTE))
    expect(ahead.signals).toMatchObject([{ at: NOW, total: 5, windowMs: MINUTE }])
    expect(outside.said).toEqual(["otlp: a sender's clock is 10 minutes ahead; what it says counts now"])
    expect((await metrics(point(NOW - 10 * MINUTE))).signals).toMatchObject([{ at: NOW - 10 * MINUTE, total: 5 }])
    const far = await metrics(point(NOW + 61 * MINUTE))
    expect([far.signals, far.rules]).toEqual([[], { 'otlp.time': 1 }])
  })
  it('are read as the settings say: a counter with an outcome, a hit ratio, a lag', async () => {
    const { metrics } = await receiver({
      metrics: [
        { name: 'jobs', as: 'requests', bad: { attribute: 'outcome', values: ['error', 'timeout'] } },
        { name: 'cache.hits', as: 'hit' },
        { name: 'queue.lag', as: 'saturation', capacity: 'queue.max' },
      ],
    })
    const body = (at: number, n: number) => {
      const job = (outcome: string) => ({ start: NOW - MINUTE, at, count: n, labels: { outcome } })
      const level = [
        gauge('cache.hits', at, 0.7),
        gauge('cache.hits', at, 0.4),
        gauge('queue.max', at, 90),
        gauge('queue.lag', at, 30),
      ]
      return metricsOf(CART, sum('jobs', [job('ok'), job('error'), job('timeout')]), ...level)
    }
    await metrics(body(NOW, 3))
    const { signals } = await metrics(body(NOW + MINUTE, 13), NOW + MINUTE)
    expect(counts(signals)).toEqual([[30, 20, 0]])
    expect(
      signals.filter(each => each['via'] === 'gauge').map(each => [each['name'], each['value'], each['capacity']]),
    ).toEqual([
      ['cache.hits', 0.4, undefined],
      ['queue.lag', 30, 90],
    ])
  })
  it('are of one service with its parts as components, where the settings say so', async () => {
    const { traces } = await receiver({ service: 'shop', services: { search: 'search', mail: 'post' } })
    const of = async (name: string) =>
      (await traces(tracesOf({ 'service.name': name }, span(1, NOW, { labels: ROUTE })))).signals[0]
    expect(await of('cart')).toMatchObject({
      service: 'shop',
      labels: { component: 'cart', operation: 'GET /cart/:id' },
    })
    expect(await of('search')).toMatchObject({ service: 'search', labels: { component: 'GET /cart/:id' } })
    expect(await of('mail')).toMatchObject({ service: 'post', labels: { component: 'mail' } })
  })
})

describe('what is not taken', () => {
  it('is said in words beside what is: no name, no time, no sense, no place', async () => {
    const { metrics, traces } = await receiver({ maxSeries: 1 })
    const unnamed = await traces(tracesOf({ 'service.name': 'unknown_service:node' }, span(1, NOW), span(2, NOW)))
    expect(JSON.parse(unnamed.answer.body as string)).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: '2: its resource has no service.name (otlp.service)' },
    })
    expect((await traces(tracesOf(CART, span(1, 0), { ...span(2, NOW), spanId: 'xyz' }))).rules).toEqual({
      'otlp.time': 1,
      'otlp.span': 1,
    })
    const point = { start: NOW - MINUTE, at: NOW, count: 5 }
    const odd = [
      durations([{ ...point, count: -5 }], { temporality: 1 }),
      durations([{ ...point, count: Number.NaN }], { temporality: 1 }),
      durations([{ ...point, count: 2e9 }], { temporality: 1 }),
      durations([point], { temporality: 0 }),
      durations([{ ...point, start: NOW - 11 * MINUTE }], { temporality: 1 }),
      durations([point, { ...point, labels: ROUTE }]),
      gauge('system.memory.utilization', NOW, 'NaN', { state: 'used' }),
    ]
    const { signals, rules } = await metrics(metricsOf(CART, ...odd))
    expect([signals, rules]).toEqual([
      [],
      { 'otlp.point': 2, 'otlp.count': 1, 'otlp.temporality': 1, 'otlp.window': 1, 'otlp.series': 1, 'otlp.value': 1 },
    ])
  })
  it('by the door is answered as so many points, in protobuf too', async () => {
    const { ask } = await receiver()
    const refused = { line: 1, rule: 'signal.old', message: 'too old', value: 'x' }
    const spans = [1, 2, 3].map(id => span(id, NOW, { labels: ROUTE }))
    const receipt = { ...taken, accepted: 0, rejectedCount: 1, rejected: [refused] }
    const { answer } = await ask(json(tracesOf(CART, ...spans), 'v1/traces'), receipt)
    expect(JSON.parse(answer.body as string).partialSuccess.rejectedSpans).toBe('3')
    const schema = await openSchema()
    const body = schema
      .type('TraceRequest')
      .encode(schema.type('TraceRequest').fromObject({ resourceSpans: [{ scopeSpans: [{ spans: [{}] }] }] }))
    const binary = await ask(packed(body.finish(), 'v1/traces'))
    expect(schema.type('Response').decode(binary.answer.body as Uint8Array)).toMatchObject({
      partialSuccess: { rejected: 1, errorMessage: '1: its resource has no service.name (otlp.service)' },
    })
  })
  it('at all is answered with a Status, packed as the request', async () => {
    const { ask } = await receiver()
    const bad = await ask(packed(Buffer.from([10, 255, 1]), 'v1/traces'))
    expect([bad.answer.status, bad.answer.headers]).toEqual([400, { 'content-type': 'application/x-protobuf' }])
    const schema = await openSchema()
    expect(schema.type('RpcStatus').decode(bad.answer.body as Uint8Array)).toMatchObject({ code: 3 })
    const text = await ask({ ...json({}, 'v1/traces'), json: () => JSON.parse('{') as unknown })
    expect(JSON.parse(text.answer.body as string)).toMatchObject({ code: 3, message: expect.stringContaining('JSON') })
    expect((await ask(json({}, 'v1/traces', { headers: {} }))).answer.status).toBe(415)
  })
})
