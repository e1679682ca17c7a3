import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Registry } from '../../plugin/registry.js'
import { parse } from '../config/load.js'
import { mapSamples, type SampleOptions } from './sample.js'

const now = Date.UTC(2026, 1, 3, 12)
const { registry } = await Registry.open()

async function mapped(use: string, samples: (string | Uint8Array)[], options: Partial<SampleOptions> = {}) {
  const { config, findings } = await parse(use, {})
  expect(findings).toEqual([])
  const bytes = samples.map(each => (typeof each === 'string' ? Buffer.from(each) : each))
  const all = { now, path: '', headers: {}, ...options }
  const [source] = config!.sources
  if (source !== undefined) return mapSamples(await registry.get('source', source.use), source, bytes, all)
  const receiver = config!.receivers[0]!
  return mapSamples(await registry.get('receiver', receiver.use), receiver, bytes, all)
}
const line = (i: number, status = 200) =>
  `192.0.2.${i} - - [03/Feb/2026:11:00:${10 + (i % 10)} +0000] "GET /cart/${i} HTTP/1.1" ${status} 5 "-" "-" 0.1 10.0.0.${i % 2}:80`
const SECRET = 'secret: a-secret-of-20-chars'

describe('a sample of', () => {
  it('an access log: counts with labels, and the first line that is none', async () => {
    const lines = [...Array.from({ length: 60 }, (_, i) => line(i, i % 10 === 0 ? 503 : 200)), 'not a line of it']
    const { judged, dropped, signals } = await mapped('sources: [{ use: access-log, service: shop, file: x }]', [
      lines.join('\n'),
    ])
    const sum = (key: string) => signals.reduce<number>((n, each) => n + (each as Record<string, number>)[key]!, 0)
    expect([sum('total'), sum('bad')]).toEqual([60, 6])
    // An hour old, and judged as it was then.
    expect(judged).toMatchObject({ late: 0, refused: [], services: [{ service: 'shop' }] })
    expect(judged.services[0]!.labels['cell']).toEqual({ count: 2, values: ['10.0.0.0:80', '10.0.0.1:80'] })
    expect(dropped).toEqual([{ rule: 'access-log.format', count: 1, value: 'not a line of it' }])
  })

  it('StatsD: what is no line, and what nobody asked for', async () => {
    const { judged, dropped } = await mapped(
      "sources: [{ use: statsd, service: shop, listen: 'udp://127.0.0.1:8125' }]",
      ['cart.requests:5|c|#region:eu\ncart.errors:1|c|#region:eu\nother:1|c\nblah\n'],
    )
    expect(judged.services).toEqual([
      {
        service: 'shop',
        vias: { metric: 1 },
        labels: { component: { count: 1, values: ['cart'] }, region: { count: 1, values: ['eu'] } },
      },
    ])
    expect(dropped).toEqual([
      { rule: 'statsd.line', count: 1, value: 'blah' },
      { rule: 'statsd.name', count: 1, value: 'other:1|c' },
    ])
  })

  const QUERY = "sources: [{ use: prometheus-query, url: 'http://x', queries: [{ service: shop, total: a, bad: b }] }]"
  const answer = (values: [number, string][]) => ({
    status: 'success',
    data: { resultType: 'matrix', result: [{ metric: { instance: 'a' }, values }] },
  })
  it('Prometheus: an answer to the first question, or to each by its name', async () => {
    const at = now / 1000
    const total = answer([
      [at - 60, '50'],
      [at, '60'],
    ])
    const bad = answer([
      [at - 60, '5'],
      [at, 'NaN'],
    ])
    const alone = await mapped(QUERY, [JSON.stringify(total)])
    expect(alone.signals).toMatchObject([
      { total: 50, bad: 0, windowMs: 60_000, labels: { instance: 'a' } },
      { total: 60, bad: 0 },
    ])
    const both = await mapped(QUERY, [JSON.stringify({ total, bad })])
    expect(both.signals).toMatchObject([{ total: 50, bad: 5 }])
    expect(both.dropped).toEqual([{ rule: 'prometheus.number', count: 1, value: 'NaN' }])
  })
  it('Prometheus: what is no answer is said to be none', async () => {
    await expect(mapped(QUERY, ['{"status":"success","data":{"resultType":"vector"}}'])).rejects.toThrow(/no answer of/)
    await expect(mapped(QUERY, ['<html>'])).rejects.toThrow(/JSON/)
  })

  it('NDJSON: each line as the door reads it', async () => {
    const { judged } = await mapped('sources: [{ use: ndjson, file: x }]', ['{"type":"nothing"}\nnot json\n'])
    expect(judged.accepted).toBe(0)
    expect(judged.refused.map(({ rule, count }) => [rule, count])).toEqual([
      ['signal.type', 1],
      ['signal', 1],
    ])
  })

  it('what is posted: signals, with gzip too, and one after the other', async () => {
    const alert = (name: string) =>
      JSON.stringify([{ labels: { alertname: name, service: 'shop' }, startsAt: '2026-02-03T11:00:00Z' }])
    const receivers = `receivers: [{ use: alertmanager, ${SECRET} }]`
    const { judged } = await mapped(receivers, [gzipSync(alert('a')), alert('b')], { path: 'api/v2/alerts' })
    expect(judged).toMatchObject({ accepted: 2, services: [{ service: 'shop', vias: { alert: 2 } }] })
  })
  it('what is posted: what is refused, with the rule, and what is of no use', async () => {
    const refused = await mapped(`receivers: [{ use: alertmanager, ${SECRET} }]`, ['{}'], { path: 'nowhere' })
    expect(refused.refused).toMatchObject([{ rule: 'alertmanager.path', value: 'nowhere' }])
    const ping = await mapped(`receivers: [{ use: github, ${SECRET} }]`, ['{"zen":"x"}'], {
      headers: { 'x-github-event': 'ping' },
    })
    expect(ping.ignored).toEqual({ 'github.ping': 1 })
    const otlp = await mapped(`receivers: [{ use: otlp, ${SECRET} }]`, [new Uint8Array([1, 2, 3])], {
      path: 'v1/traces',
    })
    expect(otlp.refused).toMatchObject([{ rule: 'otlp.protobuf' }])
  })

  it('what asks for what it reads: that there can be none', async () => {
    await expect(mapped('sources: [{ use: kubernetes }]', ['{}'])).rejects.toThrow(/no sample to show it/)
  })
})
