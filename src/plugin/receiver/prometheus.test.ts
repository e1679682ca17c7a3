import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { house, settings, sums, T0 } from './prometheus/fixtures/house.js'
import { bytesOf, packed, STALE, type Written, written } from './prometheus/fixtures/written.js'
import prometheus from './prometheus.js'

const secret = 'a-secret-of-20-chars'
const shown = { authorization: `Bearer ${secret}` }
const bent = (bytes: Uint8Array, headers: Record<string, string> = {}) => ({
  ...written([], { ...shown, ...headers }),
  body: bytes,
})

testReceiver('prometheus', {
  plugin: prometheus,
  settings: { ...settings, secret },
  outside: fakeOutside(),
  good: [[written([[{ __name__: 'other', job: 'shop' }, [T0, 1]]], shown), 0]],
  bad: [
    [bent(new Uint8Array([1, 2])), /^prometheus\.snappy$/],
    [bent(packed(new Uint8Array([7, 7]))), /^prometheus\.protobuf$/],
    [bent(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f])), /^prometheus\.size$/],
    [bent(bytesOf([]), { 'content-encoding': 'gzip' }), /^prometheus\.encoding$/],
    [
      bent(packed(bytesOf([])), { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' }),
      /\.type$/,
    ],
    [someRequest({}), /^prometheus\.type$/],
  ],
  strangers: [written([]), written([], { authorization: `Bearer ${secret}x` })],
})

type House = Awaited<ReturnType<typeof house>>
const SCRAPE = 15_000
const requests = (code: string, more: Record<string, string> = {}) => ({
  __name__: 'http_requests_total',
  job: 'shop',
  instance: 'a:9090',
  handler: '/pay',
  code,
  ...more,
})
/** Scrapes one after the other; each tells its series, with values as they are then. */
function scrapes(h: House, n: number, series: (i: number, at: number) => Written[]) {
  for (let i = 0; i < n; i++) {
    expect(h.send(...series(i, h.now))).toBe(204)
    h.move(SCRAPE)
  }
}
/** Ten scrapes of 100 requests each, 3 of which fail. */
const usual = (h: House, more: Record<string, string> = {}, from = 0) =>
  scrapes(h, 10, (i, at) => [
    [requests('200', more), [at, 1_000 + 97 * (from + i)]],
    [requests('500', more), [at, 50 + 3 * (from + i)]],
  ])
const nine = { total: 900, bad: 27, slow: 0 }

describe('requests of remote-write', () => {
  it('count what counters rose by, where they were counted', async () => {
    const h = await house()
    usual(h, { region: 'eu', method: 'GET', trace: 'x' })
    h.move(60_000)
    const told = h.told()
    expect(sums(told)).toEqual(nine)
    expect(told[0]).toMatchObject({
      service: 'shop',
      windowMs: 15_000,
      labels: { region: 'eu', instance: 'a:9090', route: '/pay' },
      total: 100,
      bad: 3,
    })
    expect(told[0]!.at % 15_000).toBe(0)
    expect(h.dropped).toEqual({})
  })
  it('count once what is sent again, in whole or in part, in order or not', async () => {
    const h = await house()
    const sent: Written[][] = []
    scrapes(h, 10, (i, at) => {
      sent.push([
        [requests('200'), [at, 97 * i]],
        [requests('500'), [at, 3 * i]],
      ])
      return sent.at(-1)!
    })
    for (const series of sent) h.send(...series, ...series)
    for (const series of sent.reverse()) h.send(...series.reverse())
    h.move(60_000)
    expect(sums(h.told())).toEqual(nine)
  })
  it('come again where they could not be stored, and count once', async () => {
    const h = await house()
    usual(h)
    h.breaks(true)
    for (let i = 10; i < 15; i++) {
      expect(h.send([requests('200'), [h.now, 1_000 + 97 * i]])).toBe(null)
      h.move(SCRAPE)
    }
    h.breaks(false)
    h.move(60_000)
    expect(sums(h.told())).toEqual({ total: 900 + 97 * 5, bad: 27, slow: 0 })
    expect(h.duplicates).toBe(0)
  })
  it('lose one interval at a restart of ours, and count nothing twice', async () => {
    const h = await house()
    usual(h)
    await h.restart()
    // What was not acknowledged comes again, then everything else.
    h.send([requests('200'), [h.now - SCRAPE, 1_000 + 97 * 9]], [requests('500'), [h.now - SCRAPE, 50 + 27]])
    usual(h, {}, 10)
    h.move(60_000)
    const { total, bad } = sums(h.told())
    // Windows that were not told yet went with the process.
    expect(total).toBeGreaterThanOrEqual(1_600)
    expect(total).toBeLessThanOrEqual(1_900)
    expect(bad / total).toBeCloseTo(0.03, 5)
  })
  it('go on after a reset, with what was counted since', async () => {
    const h = await house()
    usual(h)
    scrapes(h, 5, (i, at) => [
      [requests('200'), [at, 40 + 97 * i]],
      [requests('500'), [at, 1 + 3 * i]],
    ])
    h.move(60_000)
    expect(sums(h.told())).toEqual({ total: 900 + 41 + 400, bad: 27 + 1 + 12, slow: 0 })
  })
  it('take a counter that goes back by a little for no new beginning', async () => {
    const h = await house()
    scrapes(h, 10, (i, at) => [[requests('500'), [at, 1e9 + 100 * i - (i % 2) * 150]]])
    h.move(60_000)
    expect(sums(h.told()).total).toBeLessThan(2_000)
  })
  it('count a series that is new from its beginning, where its target was known', async () => {
    const h = await house()
    const only =
      (from: number) =>
      (i: number, at: number): Written[] => [[requests('200'), [at, 100 * (from + i)]]]
    scrapes(h, 8, only(0))
    scrapes(h, 4, (i, at) => [...only(8)(i, at), [requests('500'), [at, 30 * (i + 1)]]])
    h.move(60_000)
    expect(sums(h.told())).toMatchObject({ bad: 120, total: 1_100 + 120 })
  })
  it('take the same counters under other labels for no new ones', async () => {
    const h = await house()
    usual(h)
    usual(h, { cluster: 'west' }, 10)
    h.move(60_000)
    // The first scrape under the new labels says nothing of how much it rose.
    expect(sums(h.told())).toMatchObject({ total: 1_800 })
  })
  it('leave out what is further apart than anybody would believe, and go on after it', async () => {
    const h = await house()
    usual(h)
    h.move(600_000)
    scrapes(h, 3, (i, at) => [[requests('500'), [at, 1_000_000 + 3 * i]]])
    h.move(60_000)
    expect(sums(h.told())).toEqual({ ...nine, total: 906, bad: 33 })
  })
  it('count nothing of a series that nothing else of its target goes on beside, however little it is', async () => {
    const h = await house()
    const values = [0, 1, 2, 3, 4, 5, 105]
    scrapes(h, values.length, (i, at) => [[requests('200'), [at, values[i]!]]])
    scrapes(h, 2, (i, at) => [[requests('200', { cluster: 'west' }), [at, 205 + 100 * i]]])
    h.move(60_000)
    expect(sums(h.told()).total).toBe(205)
  })
  it('know a series that went away from one that counts on', async () => {
    const h = await house()
    usual(h)
    h.send([requests('200'), [h.now, STALE]], [requests('500'), [h.now, Number.NaN]])
    h.move(SCRAPE)
    usual(h, {}, 10)
    h.move(60_000)
    // All that was between is there: two intervals in one.
    expect(sums(h.told())).toEqual({ total: 1_900, bad: 57, slow: 0 })
  })
  it('leave out what a clock ahead of ours says, and say so', async () => {
    const h = await house()
    usual(h)
    for (let i = 10; i < 15; i++) h.send([requests('500'), [h.now + 700_000, 1_000 * i]])
    usual(h, {}, 10)
    h.move(60_000)
    expect(sums(h.told())).toMatchObject({ total: 1_900, bad: 57 })
    expect(h.dropped).toEqual({ 'prometheus.ahead': 5 })
  })
  it('say nothing of requests of which nobody knows how they went', async () => {
    const h = await house()
    scrapes(h, 3, (i, at) => [[{ __name__: 'http_requests_total', job: 'shop' }, [at, 10 * i]]])
    h.move(60_000)
    expect(h.told()).toEqual([])
    expect(h.dropped).toEqual({ 'prometheus.status': 2 })
  })
})

describe('two replicas of one Prometheus', () => {
  const from = (replica: string, extra = {}) => requests('200', { __replica__: replica, cluster: 'eu', ...extra })
  it('count once, whichever of them sends', async () => {
    const h = await house()
    for (let i = 0; i < 10; i++) {
      h.send([from('a'), [h.now, 100 * i]])
      h.move(11_000)
      h.send([from('b'), [h.now, 100 * i + 73]])
      h.move(4_000)
    }
    h.move(60_000)
    expect(sums(h.told()).total).toBe(900)
  })
  it('take over where the other one stood, though its clock is behind', async () => {
    const h = await house()
    scrapes(h, 3, (i, at) => [[from('a'), [at, 100 * i]]])
    h.send([from('b'), [h.now, 0]])
    h.move(45_000)
    // Ten less than the other one said last: no new beginning of 190.
    scrapes(h, 3, (i, at) => [[from('b'), [at, 190 + 100 * i]]])
    h.move(60_000)
    expect(sums(h.told()).total).toBe(200 + 200)
  })
  it('take over from each other, and what the other is behind is no reset', async () => {
    const h = await house()
    scrapes(h, 6, (i, at) => [
      [from('a'), [at, 5_000 + 100 * i]],
      [from('b'), [at - 4_000, 5_000 + 100 * i - 27]],
    ])
    scrapes(h, 6, (i, at) => [[from('b'), [at - 4_000, 5_000 + 100 * (6 + i) - 27]]])
    h.move(60_000)
    const [told] = [h.told()]
    expect(sums(told).total).toBe(500 + 573)
    expect(told.every(({ labels }) => !('__replica__' in labels) && labels['cluster'] === 'eu')).toBe(true)
  })
})

describe('how long requests took', () => {
  const took = (part: string, code: string, more = {}) => ({
    __name__: `http_request_duration_seconds_${part}`,
    job: 'shop',
    instance: 'a:9090',
    code,
    ...more,
  })
  const histogram = (i: number, at: number): Written[] => [
    [took('count', '200'), [at, 100 * i]],
    [took('bucket', '200', { le: '0.5' }), [at, 50 * i]],
    [took('bucket', '200', { le: '1' }), [at, 80 * i]],
    [took('bucket', '200', { le: '+Inf' }), [at, 100 * i]],
    [took('count', '503'), [at, 10 * i]],
    [took('bucket', '503', { le: '1' }), [at, 10 * i]],
  ]
  it('is what a histogram counts beyond its bucket; alone, it counts the requests as well', async () => {
    const h = await house()
    scrapes(h, 10, histogram)
    h.move(60_000)
    expect(sums(h.told())).toEqual({ total: 990, bad: 90, slow: 180 })
  })
  it('beside a counter, it counts none a second time, however the two are sent', async () => {
    const h = await house()
    const counters = (i: number, at: number): Written[] => [
      [requests('200', { handler: '' }), [at, 100 * i]],
      [requests('503', { handler: '' }), [at, 10 * i]],
    ]
    scrapes(h, 10, (i, at) => {
      // As several shards do: each with a part of the scrape.
      for (const series of [...histogram(i, at).reverse(), ...counters(i, at)]) h.send(series)
      return []
    })
    h.move(60_000)
    expect(sums(h.told())).toEqual({ total: 990, bad: 90, slow: 180 })
  })
  it('is unknown, not slow, where a half of it does not come', async () => {
    const h = await house()
    // Each second time one of the two is missing: its next increment is of twice as long.
    for (const missing of [0, 2]) {
      scrapes(h, 10, (i, at) => histogram(i, at).filter((_, j) => j !== missing || i % 2 === 0))
      h.move(600_000)
      expect(sums(h.told()).slow).toBe(0)
    }
  })
})

describe('checks of remote-write', () => {
  const up = { __name__: 'up', job: 'shop', instance: 'a:9090' }
  it('are what the blackbox exporter found, with how long it took', async () => {
    const h = await house()
    const probe = { job: 'web', instance: 'https://shop.example' }
    h.send(
      [{ __name__: 'probe_duration_seconds', ...probe }, [h.now, 0.25]],
      [{ __name__: 'probe_success', ...probe }, [h.now, 1], [h.now + 1, 0], [h.now + 2, STALE]],
    )
    expect(h.told('check')).toMatchObject([
      { service: 'web', labels: { instance: 'https://shop.example' }, total: 1, bad: 0, latencyMs: 250 },
      { service: 'web', bad: 1 },
    ])
  })
  it('are whether a target could be scraped, of those alone whose requests are counted', async () => {
    const h = await house()
    h.send([up, [h.now, 1]], [{ ...up, job: 'node' }, [h.now, 0]])
    expect(h.told('check')).toEqual([])
    h.send([requests('200'), [h.now, 1]])
    h.move(SCRAPE)
    h.send([up, [h.now, 0]], [{ ...up, job: 'node' }, [h.now, 0]])
    const told = h.told('check')
    expect(told).toMatchObject([{ service: 'shop', bad: 1 }])
    // Of the target, not of one of its routes.
    expect(told[0]!.labels).toEqual({ instance: 'a:9090' })
  })
  it('are none where nobody wants them', async () => {
    const h = await house({ checks: { up: false, probes: false } })
    h.send([requests('200'), [h.now, 1]], [{ __name__: 'probe_success', job: 'web' }, [h.now, 0]])
    h.send([up, [h.now, 0]])
    expect(h.told('check')).toEqual([])
  })
})
