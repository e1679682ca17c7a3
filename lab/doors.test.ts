import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../src/contract/incident.js'
import type { PluginEnv, Receiver } from '../src/contract/plugin.js'
import type { Received } from '../src/contract/received.js'
import { MINUTE, SECOND } from '../src/contract/time.js'
import { sfc32 } from '../src/core/stat/random.js'
import { written } from '../src/plugin/receiver/prometheus/fixtures/written.js'
import { Registry } from '../src/plugin/registry.js'
import { parse } from '../src/shell/config/load.js'
import { Replay } from '../src/shell/replay.js'
import { fakeOutside } from '../src/testing/outside.js'

// A service that is well while its counters begin anew, a pod is replaced, nothing comes for ten minutes, what was held back comes at
// once, every export comes twice, and one clock is ten minutes off. Then it breaks for true. Through the doors for counters that
// only grow, and the whole fold.

const START = Date.UTC(2026, 1, 3)
const EVERY = 15 * SECOND
const A_MINUTE = 600
const USUAL = 0.01
const minutes =
  (from: number, to = Number.POSITIVE_INFINITY) =>
  (minute: number) =>
    minute >= from && minute < to
const RESET = 60
const REPLACED = 70
const isGap = minutes(80, 90)
const isHeld = minutes(100, 108)
const isTwice = minutes(110, 120)
const isOff = minutes(125, 140)
const BREAK = 150
const END = 156

/** What one process has counted since it began. */
interface Pod {
  name: string
  start: number
  counts: Record<number, number>
}

/** The export of a pod, stamped by its own clock. */
type Export = (pod: Pod, at: number) => Received

const prometheus: Export = ({ name, counts }, at) =>
  written(
    Object.entries(counts).map(([code, n]) => [
      { __name__: 'http_requests_total', job: 'shop', instance: name, code },
      [at, n],
    ]),
  )

const texts = (all: object) =>
  Object.entries(all).map(([key, value]) => ({ key, value: { stringValue: String(value) } }))
const otlp: Export = ({ name, start, counts }, at) => {
  const dataPoints = Object.entries(counts).map(([status, count]) => ({
    attributes: texts({ 'http.request.method': 'GET', 'http.route': '/', 'http.response.status_code': status }),
    ...{ startTimeUnixNano: `${start}000000`, timeUnixNano: `${at}000000` },
    ...{ count, sum: 1, explicitBounds: [1], bucketCounts: [count, 0] },
  }))
  const metric = {
    name: 'http.server.request.duration',
    unit: 's',
    histogram: { aggregationTemporality: 2, dataPoints },
  }
  const resource = { attributes: texts({ 'service.name': 'shop', 'service.instance.id': name }) }
  const body = Buffer.from(
    JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'lab' }, metrics: [metric] }] }] }),
  )
  return {
    ...{ method: 'POST', path: 'v1/metrics', query: {}, headers: { 'content-type': 'application/json' }, body },
    json: () => JSON.parse(body.toString()) as unknown,
  }
}

async function opened(name: string, settings: object, env: PluginEnv): Promise<Receiver> {
  const { registry } = await Registry.open()
  const { config } = await parse(JSON.stringify({ receivers: [{ use: name, ...settings }] }), {})
  return (await registry.get('receiver', name)).open(config!.receivers[0]!.settings as never, env)
}

/** Two hours and a half of it; `off`: how far the one clock is ahead. */
async function life(name: string, settings: object, exported: Export, off: number) {
  let now = START
  const receiver = await opened(name, settings, { ...fakeOutside().env, now: () => now })
  const events: IncidentEvent[] = []
  const ids = new Set<string>()
  const sums = { made: 0, counted: 0 }
  const replay = new Replay(event => events.push(event))
  const random = sfc32(7)
  const take = async (request: Received) => {
    const taken = await receiver.take(request)
    if ('refused' in taken) throw new Error(taken.refused.message)
    for (const signal of taken.signals as { id: string; service: string; total?: number }[]) {
      if (!ids.has(signal.id)) sums.counted += signal.total ?? 0
      ids.add(signal.id)
      replay.push(Buffer.from(`${JSON.stringify({ ...signal, seenAt: now })}\n`))
    }
    taken.answer?.({ accepted: taken.signals.length, duplicate: 0, rejectedCount: 0, rejected: [] })
  }
  const begin = (pod: string): Pod => ({ name: pod, start: now, counts: { 200: 0, 500: 0 } })
  let pods = [begin('a'), begin('b')]
  let held: Received[] = []
  for (; now < START + END * MINUTE; now += EVERY) {
    const minute = (now - START) / MINUTE
    if (minute === RESET) pods[0] = begin('a')
    if (minute === REPLACED) pods = [pods[0]!, begin('c')]
    for (const pod of pods) {
      const share = pod.name === 'c' && minute >= BREAK ? 0.3 : USUAL
      for (let i = 0; i < (A_MINUTE * EVERY) / MINUTE; i++) {
        sums.made++
        pod.counts[random() < share ? 500 : 200]!++
      }
      if (isGap(minute)) continue
      const request = exported(pod, pod.name === 'c' && isOff(minute) ? now + off : now)
      if (isHeld(minute)) {
        held.push(request)
        continue
      }
      for (const each of [...held, request, ...(isTwice(minute) ? [request] : [])]) await take(each)
      held = []
    }
  }
  replay.end()
  return { events, ...sums }
}

const begun = (events: readonly IncidentEvent[]) =>
  events.filter(({ event }) => event === 'opened').map(({ at }) => (Date.parse(at) - START) / MINUTE)

describe.each<[name: string, settings: object, exported: Export]>([
  ['prometheus', { service: 'shop' }, prometheus],
  ['otlp', { service: 'shop', labels: { instance: ['service.instance.id'] } }, otlp],
])('what only grows, by %s', (name, settings, exported) => {
  it.each([10 * MINUTE, -10 * MINUTE])(
    'makes no incident of resets, restarts, gaps, late and doubled exports and a clock %d ms off, and one of a break',
    async off => {
      const { events, made, counted } = await life(name, settings, exported, off)
      const opened = begun(events)
      expect(opened).toHaveLength(1)
      expect(opened[0]).toBeGreaterThanOrEqual(BREAK)
      expect(opened[0]).toBeLessThanOrEqual(BREAK + 3)
      const segments = events.flatMap(each => each.segments ?? [])
      expect(new Set(segments.flatMap(({ where }) => where['instance'] ?? []))).toEqual(new Set(['c']))
      // Nothing counts twice; what is lost are minutes of which nobody knows when they were.
      expect(counted).toBeLessThanOrEqual(made)
      expect(counted).toBeGreaterThanOrEqual(0.8 * made)
    },
  )
})
