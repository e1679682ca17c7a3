import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as alerts from '../../src/plugin/shared/fixtures/alerts/made.js'
import { gauge, metricsOf, span, tracesOf } from '../../src/plugin/receiver/otlp/fixtures/made.js'
import { bytesOf, HEAD, packed } from '../../src/plugin/receiver/prometheus/fixtures/written.js'
import { parseScenario, play, wireLine } from '../../src/scenario/scenario.js'
import { tinyWorld } from '../../src/scenario/fixtures/tiny-world.js'
import { HOOK_SECRET } from '../../src/testing/webhooks.js'
import { root } from '../recipes.js'

// What is sent by those who mean well; the fuzz begins from it.

const AT = '2031-05-06T09:31:00.000Z'
const about = (via: string, more: object) => ({ type: 'fact', via, id: `f-${via}`, service: 'shop', at: AT, ...more })

/** One of each shape of line that a world plays, and what it does not play. */
function lines(): unknown[] {
  const shapes = new Map<string, unknown>()
  for (const signal of play(parseScenario(tinyWorld()), {})) {
    const value = JSON.parse(wireLine(signal)) as Record<string, unknown>
    const shape = `${String(value['via'])} ${Object.keys(value).join()}`
    if (!shapes.has(shape)) shapes.set(shape, value)
  }
  const reading = { type: 'observation', via: 'gauge', id: 'g', service: 'shop', at: AT, labels: { cell: 'a' } }
  return [
    ...shapes.values(),
    { ...reading, name: 'pool', value: 0.93, unit: '1', capacity: 1, measures: 'saturation', windowMs: 60_000 },
    about('alert', { title: 'HighErrorRate', status: 'firing', severity: 'critical', source: 'rules', thread: 't' }),
    about('notice', {
      title: 'We look into it',
      status: 'investigating',
      impact: 'major',
      source: 'vendor',
      text: 'until 18:00',
    }),
    about('change', {
      kind: 'deploy',
      scope: { cell: ['a'] },
      happenedAt: AT,
      rollout: [
        [AT, 0.5],
        [AT, 1],
      ],
      thread: 'c',
      text: 'pool',
    }),
  ]
}
export const LINES: readonly unknown[] = lines()

/** A message to a receiver. */
export interface Message {
  use: string
  path?: string
  headers?: Record<string, string>
  body: Uint8Array | object
}

const fixture = (name: string) => readFileSync(join(root, 'src/plugin', name))
const events = (name: string) =>
  Object.entries(
    (JSON.parse(fixture(`receiver/fixtures/${name}.json`).toString()) as { events: Record<string, object> }).events,
  )
const otlp = (path: string, body: object): Message => ({ use: 'otlp', path, body })
const T = Date.UTC(2026, 1, 3, 12)
const CART = { 'service.name': 'cart', 'cloud.region': 'eu-1' }
const POINT = { at: T, labels: { 'http.route': '/cart', 'http.response.status_code': 503 } }
const series: [Record<string, string>, [number, number]][] = [
  [{ __name__: 'up', job: 'shop', instance: 'a:80' }, [T, 1]],
  [{ __name__: 'http_requests_total', job: 'shop', code: '503' }, [T, 40]],
]

export const MESSAGES: readonly Message[] = [
  ...events('github').map(([event, body]) => ({ use: 'github', headers: { 'x-github-event': event }, body })),
  ...events('cdevents').map(([, body]) => ({ use: 'cdevents', body })),
  {
    use: 'alertmanager',
    body: JSON.parse(fixture('shared/fixtures/alerts/alertmanager-firing.json').toString()) as object,
  },
  { use: 'alertmanager', body: alerts.notified(3) },
  { use: 'alertmanager', path: 'api/v2/alerts', body: [alerts.posted(), alerts.posted({ endsAt: undefined })] },
  { use: 'grafana', body: alerts.grafana() },
  { use: 'uptime-kuma', body: alerts.kuma(0) },
  { use: 'pagerduty', path: 'v2/enqueue', body: alerts.pagerduty() },
  { use: 'json', body: { tickets: [{ number: '1', opened: { at: AT }, subject: 'down', from: { country: 'IN' } }] } },
  { use: 'flags', body: { flag: 'checkout', enabled: true, environment: 'production', at: AT, share: 0.5 } },
  otlp('v1/metrics', JSON.parse(fixture('receiver/otlp/fixtures/metrics.json').toString()) as object),
  otlp('v1/logs', JSON.parse(fixture('receiver/otlp/fixtures/logs.json').toString()) as object),
  otlp('v1/traces', JSON.parse(fixture('receiver/otlp/fixtures/trace.json').toString()) as object),
  otlp('v1/traces', tracesOf(CART, span(1, T, { labels: POINT.labels }))),
  otlp('v1/metrics', metricsOf(CART, gauge('pool', T, 3))),
  ...['metrics-1', 'metrics-2', 'traces-cart', 'traces-frontend'].map(name => ({
    ...{ use: 'otlp', path: `v1/${name.split('-')[0]!}`, headers: { 'content-type': 'application/x-protobuf' } },
    body: fixture(`receiver/otlp/fixtures/${name}.bin`),
  })),
  ...readdirSync(join(root, 'src/plugin/receiver/prometheus/fixtures/captured'))
    .filter(name => name.endsWith('.snappy'))
    .map(name => ({
      use: 'prometheus',
      headers: HEAD,
      body: fixture(`receiver/prometheus/fixtures/captured/${name}`),
    })),
  { use: 'prometheus', headers: HEAD, body: packed(bytesOf(series)) },
]

/** How each of them is opened. */
export const RECEIVERS = `
clock: signals
services: [{ id: shop }]
receivers:
  - { use: github, secret: ${HOOK_SECRET}, services: { '*': shop } }
  - { use: cdevents, secret: ${HOOK_SECRET}, service: shop, environments: ['*'] }
  - { use: alertmanager, secret: ${HOOK_SECRET}, service: shop }
  - { use: grafana, secret: ${HOOK_SECRET}, service: shop }
  - { use: uptime-kuma, secret: ${HOOK_SECRET}, service: shop }
  - { use: pagerduty, secret: ${alerts.pagerduty().routing_key}, service: shop }
  - { use: flags, secret: ${HOOK_SECRET}, service: shop }
  - { use: otlp, secret: ${HOOK_SECRET}, service: shop }
  - { use: prometheus, secret: ${HOOK_SECRET}, service: shop, requests: [{ total: http_requests_total }] }
  - use: json
    secret: ${HOOK_SECRET}
    list: /tickets
    map: { id: /number, at: /opened/at, text: /subject }
    labels: { country: /from/country }
    set: { type: observation, via: report, service: shop, bad: 1 }
`

/** Configurations as the documents and the recipes have them. */
export const CONFIGURATIONS: readonly string[] = [
  RECEIVERS,
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .flatMap(name =>
      readFileSync(join(root, 'docs', name), 'utf8')
        .split('```yaml\n')
        .slice(1),
    )
    .map(each => each.split('```')[0]!)
    .filter(each =>
      /^(services|receivers|sources|probes|notifiers|pages|tokens|clock|title|bus|store|onCall):/m.test(each),
    ),
  'a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\nservices: *b\n',
  'x-base: &base { title: T }\nservices:\n  - { <<: *base, id: shop }\n',
]
