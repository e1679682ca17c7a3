import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { house, sums } from './fixtures/house.js'
import { WriteRequest, written } from './fixtures/written.js'
import { unpacked } from './snappy.js'
import { readWriteRequest } from './write-request.js'

const bodies = [0, 1, 2, 3].map(
  n => new Uint8Array(readFileSync(new URL(`./fixtures/captured/${n}.snappy`, import.meta.url))),
)
const MOST = 1_000_000

interface Decoded {
  timeseries: { labels: { name: string; value: string }[]; samples: { value: number; timestamp: unknown }[] }[]
}
const decoded = (body: Uint8Array): Decoded['timeseries'] =>
  (WriteRequest.toObject(WriteRequest.decode(unpacked(body, MOST)), { longs: Number, defaults: true }) as Decoded)
    .timeseries

describe('what Prometheus sent', () => {
  it('is read as another reader reads it', () => {
    for (const body of bodies) {
      const read: unknown[] = []
      readWriteRequest(
        unpacked(body, MOST),
        () => true,
        sent => read.push({ labels: Object.fromEntries(sent.labels()), samples: [...sent.samples] }),
      )
      expect(read).toEqual(
        decoded(body).map(({ labels, samples }) => ({
          labels: Object.fromEntries(labels.map(({ name, value }) => [name, value])),
          samples: samples.flatMap(({ timestamp, value }) => [timestamp, value]),
        })),
      )
    }
  })
  it('is counted: requests, slow ones, open files, and whether the target could be scraped', async () => {
    const newest = decoded(bodies[0]!)[0]!.samples.at(-1)!.timestamp as number
    const h = await house({ windowSeconds: 1 })
    h.move(newest - h.now)
    for (const body of bodies) {
      expect(h.give({ ...written([]), body })).toBe(204)
      h.move(5_000)
    }
    h.move(60_000)
    const told = h.told()
    const { total, bad, slow } = sums(told)
    const code = (of: string) =>
      bodies
        .flatMap(decoded)
        .filter(({ labels }) => labels.some(({ value }) => value === of))
        .flatMap(({ samples }) => samples.map(({ value }) => value))
    const rise = (values: number[]) => Math.max(...values) - Math.min(...values)
    expect({ total, bad }).toEqual({ total: rise(code('200')) + rise(code('500')), bad: rise(code('500')) })
    // The histogram has no route, as the counter has: how many of which requests were slow is not known, but the share is.
    expect(slow).toBe(0)
    const gauges = h.told('gauge')
    expect(gauges.filter(({ name }) => name === 'slow requests').map(({ value }) => value)).toContainEqual(
      expect.closeTo(0.1, 6),
    )
    expect(told.map(({ labels }) => labels['cluster'])).toEqual(told.map(() => 'eu-1'))
    expect(gauges.find(({ name }) => name !== 'slow requests')).toMatchObject({
      name: 'process.open_fds',
      value: 31,
      capacity: 1_024,
    })
    expect(h.told('check').length).toBeGreaterThan(3)
    expect(h.dropped).toEqual({})
  })
})
