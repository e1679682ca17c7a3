import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Received, Taken } from '../../../contract/received.js'
import { fakeOutside } from '../../../testing/outside.js'
import { readable, someRequest } from '../../../testing/plugin-contract.js'
import otlp, { type OtlpConfig } from '../otlp.js'
import { durations, metricsOf, span, tracesOf } from './fixtures/made.js'

// Whatever is sent: an answer, never a fault of ours, and no signal that the door would not know.

const SETTINGS: OtlpConfig = {
  services: {},
  labels: {},
  slowSeconds: 1,
  bad: ['5xx'],
  count: 'auto',
  metrics: [{ name: 'my.counter', as: 'requests' }],
  quantile: 0.95,
  graph: true,
  maxValues: 50,
  maxSeries: 100,
}
const outside = fakeOutside()
const NOW = outside.env.now()
const open = () => otlp.open(SETTINGS, outside.env)
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url))
const packed = (body: Uint8Array, path: string): Received => ({
  ...someRequest({}),
  path,
  headers: { 'content-type': 'application/x-protobuf' },
  body,
})
const json = (value: unknown, path: string): Received => ({ ...someRequest({}), path, json: () => value })

/** @throws where the answer is none, or the door knows a signal not */
function sound(taken: Taken): Taken {
  if ('refused' in taken) expect(taken.refused.answer?.status).toBe(400)
  else {
    for (const each of taken.signals) readable(each)
    const answer = taken.answer!({ accepted: 0, duplicate: 0, rejectedCount: 0, rejected: [] })
    expect(answer.status).toBe(200)
  }
  return taken
}

/** A number in seven bits a byte. */
function varint(n: number): number[] {
  const bytes = []
  for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) + 128)
  return [...bytes, n]
}

describe('a hostile sender', () => {
  it('of bytes that were cut, changed or doubled gets an answer', async () => {
    const bodies = ['metrics-1.bin', 'metrics-2.bin', 'traces-cart.bin'].map(fixture)
    const receiver = await open()
    const change = fc.record({
      body: fc.constantFrom(...bodies),
      path: fc.constantFrom('v1/metrics', 'v1/traces', 'v1/logs'),
      at: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(255)), {
        maxLength: 6,
      }),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ body, path, at, cut }) => {
        const bytes = Buffer.from(body)
        for (const [where, value] of at) bytes[Math.floor(where * bytes.length)] = value
        sound(await receiver.take(packed(cut < 0.5 ? bytes : bytes.subarray(0, Math.ceil(cut * bytes.length)), path)))
      }),
      { numRuns: 150 },
    )
  })
  it('of JSON of the right shape with anything in it gets an answer', async () => {
    const receiver = await open()
    const [trace, metrics] = ['trace.json', 'metrics.json'].map(name => JSON.parse(fixture(name).toString()) as unknown)
    const leaf = fc.oneof(
      fc.constantFrom(
        NaN,
        -1,
        2 ** 64,
        '18446744073709551615',
        'NaN',
        '-5',
        null,
        [],
        {},
        '',
        true,
        `${NOW}000000`,
        '\u202e',
        '\0',
      ),
      fc.jsonValue({ maxDepth: 1 }),
    )
    const paths = (value: unknown): (string | number)[][] =>
      typeof value !== 'object' || value === null
        ? [[]]
        : Object.entries(value).flatMap(([key, each]) => [[key], ...paths(each).map(rest => [key, ...rest])])
    const some = [
      ['v1/traces', trace],
      ['v1/metrics', metrics],
    ].map(([path, value]) => ({ path: path as string, value, places: paths(value) }))
    const changes = fc.array(fc.tuple(fc.nat(), leaf), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...some), changes, async ({ path, value, places }, list) => {
        const copy = structuredClone(value) as Record<string | number, unknown>
        for (const [n, put] of list) {
          const place = places[n % places.length]!
          let into: unknown = copy
          for (const key of place.slice(0, -1)) into = (into as Record<string, unknown> | undefined)?.[key as string]
          if (typeof into === 'object' && into !== null) (into as Record<string, unknown>)[place.at(-1) as string] = put
        }
        sound(await receiver.take(json(copy, path)))
      }),
      { numRuns: 200 },
    )
  })
  it('of a million series has as many as there is place for, and the others are named', async () => {
    const receiver = await open()
    const many = Array.from({ length: 3_000 }, (_, i) => ({
      start: 1,
      at: NOW,
      count: i,
      labels: { user: `u${i}`, 'http.route': `/${i}` },
    }))
    const body = metricsOf({ 'service.name': 'cart' }, durations(many))
    const taken = sound(await receiver.take(json(body, 'v1/metrics')))
    expect(taken).toMatchObject({ signals: [], dropped: { 'otlp.series': 2_900 } })
    const next = await receiver.take(json(metricsOf({ 'service.name': 'mail' }, durations(many)), 'v1/metrics'))
    expect(next).toMatchObject({ dropped: { 'otlp.series': 3_000 } })
  })
  it('of names without end makes no more label sets than are told apart', async () => {
    const receiver = await open()
    const spans = Array.from({ length: 2_000 }, (_, i) =>
      span(i + 1, NOW, { labels: { 'http.route': `/${i}`, 'service.version': `${i}` } }),
    )
    const taken = sound(await receiver.take(json(tracesOf({ 'service.name': 'cart' }, ...spans), 'v1/traces')))
    if (!('signals' in taken)) throw new Error('it was refused')
    expect(taken.signals.length).toBe(51)
  })
  it.each<[what: string, bytes: number[]]>([
    ['groups within groups without end', Array.from({ length: 50_000 }, () => 0x0b)],
    ['a length that is longer than the body', [0x0a, ...varint(2 ** 31 - 1), 1, 2]],
    ['a length of 64 bits', [0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
    ['a number without end', [0x0a, ...Array.from({ length: 20 }, () => 255)]],
    ['a message that is longer than what it is in', [0x0a, 4, 0x12, 9, 0x12, 0]],
    ['field zero', [0x00, 0x00]],
    ['another sort of field', [0x08, 1, 0x0d, 1, 2]],
  ])('of %s is refused', async (_, bytes) => {
    const receiver = await open()
    for (const path of ['v1/metrics', 'v1/traces', 'v1/logs'])
      expect(sound(await receiver.take(packed(Uint8Array.from(bytes), path)))).toMatchObject({
        refused: { rule: 'otlp.protobuf' },
      })
  })
})
