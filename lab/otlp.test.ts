import { expect, it, vi } from 'vitest'
import { MINUTE } from '../src/contract/time.js'
import { durations, metricsOf } from '../src/plugin/receiver/otlp/fixtures/made.js'
import { App } from '../src/shell/app.js'
import { parse } from '../src/shell/config/load.js'
import { fakeEnv } from '../src/testing/env.js'
import { someRequest } from '../src/testing/plugin-contract.js'

// A workspace of a service and a receiver, and two lines of configuration, fed by OpenTelemetry alone.

const MINUTES = 66
const BREAKS_AT = 60
const SHARE = 0.3

it('names the region that fails and how much of it, within three minutes, from metrics of OpenTelemetry alone', async () => {
  const { config } = await parse(
    'clock: signals\nservices: [{ id: shop }]\nreceivers: [{ use: otlp, service: shop }]\n',
    {},
    '.',
  )
  const env = fakeEnv()
  const start = env.now()
  await using app = await App.open(config!, env, { run: 'memory' })
  await vi.waitFor(() => expect(app.inputs.receiver('otlp')?.task.receiver).not.toBeNull())
  const sums = new Map<string, number>()
  const send = async (minute: number) => {
    for (const region of ['eu-1', 'us-1', 'ap-1']) {
      const points = ['GET /cart', 'POST /pay'].flatMap(route =>
        [200, 503].map(status => {
          const broken = region === 'eu-1' && minute > BREAKS_AT
          // Of 200 a minute, some more and some fewer.
          const requests = 200 + ((minute * 37 + route.length * 11) % 23)
          const bad = Math.round(requests * (broken ? SHARE : 0.005))
          const key = `${region} ${route} ${status}`
          const count = (sums.get(key) ?? 0) + (status === 503 ? bad : requests - bad)
          sums.set(key, count)
          const labels = { 'http.route': route, 'http.response.status_code': status }
          return { start, at: start + minute * MINUTE, count, labels }
        }),
      )
      const body = metricsOf(
        { 'service.name': 'cart', 'cloud.region': region, 'service.instance.id': region },
        durations(points),
      )
      const answer = await app.receive('otlp', { ...someRequest(body), path: 'v1/metrics' }, null)
      if (!('receipt' in answer)) throw new Error('it was refused')
      expect(answer.receipt.rejectedCount).toBe(0)
    }
  }
  for (let minute = 1; minute <= MINUTES; minute++) {
    env.move(MINUTE)
    await send(minute)
  }
  await app.caughtUp()
  const incidents = await app.reader.incidents({ limit: 10 })
  expect(incidents).toHaveLength(1)
  const { events } = (await app.reader.incident(incidents[0]!.id))!
  const opened = events.find(({ event }) => event === 'opened')!
  expect((Date.parse(opened.at) - start) / MINUTE - BREAKS_AT).toBeLessThanOrEqual(3)
  const segments = events.at(-1)!.segments!
  expect(segments.map(({ where }) => where['region'])).toEqual([['eu-1']])
  const [low, high] = segments[0]!.interval!
  expect(low).toBeLessThanOrEqual(SHARE)
  expect(high).toBeGreaterThanOrEqual(SHARE)
})
