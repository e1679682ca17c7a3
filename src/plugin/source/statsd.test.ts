import { describe, expect, it } from 'vitest'
import type { Source } from '../../contract/plugin.js'
import { fakeOutside } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import { labelsIn, patternOf } from './statsd/match.js'
import { nameAndTags, parse } from './statsd/parse.js'
import statsd, { type StatsdConfig } from './statsd.js'

const defaults: StatsdConfig = { service: 'shop', listen: 'udp://127.0.0.1:8125', windowSeconds: 10 }
const heard = (...lines: string[]) => ({ from: 0, bytes: Buffer.from(lines.join('\n')) })

testSource('statsd', {
  plugin: statsd,
  settings: defaults,
  world: () => {
    const outside = fakeOutside()
    outside.heard.push(heard('checkout.requests:10|c', 'checkout.errors:1|c', 'search.requests:1|c'))
    return outside
  },
  more: world => void world.heard.push(heard('a.requests:1|c')),
  counts: [2, 3],
})

async function round(source: Source): Promise<Record<string, unknown>[]> {
  for await (const { signals } of source.read!({ aborted: false, addEventListener() {} }, undefined))
    return signals.map(each => {
      const { type: _, id: __, at: ___, windowMs: ____, ...rest } = each as Record<string, unknown>
      return rest
    })
  return []
}
async function counted(lines: string[], more: Partial<StatsdConfig> = {}) {
  const outside = fakeOutside()
  outside.heard.push(heard(...lines))
  await using source = await statsd.open({ ...defaults, ...more }, outside.env)
  return { signals: await round(source), said: outside.said }
}
const metric = (labels: object, total: number, bad: number, more: object = {}) => ({
  via: 'metric',
  service: 'shop',
  labels,
  total,
  bad,
  ...more,
})

describe('statsd', () => {
  it('counts requests and errors by component and well-known tags, with what a sample stands for', async () => {
    const { signals } = await counted([
      'shop.checkout.requests:3|c|@0.1|#region:eu,user:carol',
      'shop.checkout.requests:1:2|c|#region:eu',
      'shop.checkout.errors:1|c|@0.5|#region:eu',
      'search.requests,region=us:5|c',
      'search.errors;region=us:9|c',
      'jobs.done:7|c',
    ])
    expect(signals).toEqual([
      metric({ component: 'shop.checkout', region: 'eu' }, 33, 2),
      // More failed than came: what was lost on the way were requests.
      metric({ component: 'search', region: 'us' }, 9, 9),
    ])
  })

  it('counts by the settings: names, a tag with the status, timers, a service of its own', async () => {
    const { signals } = await counted(
      [
        'http.hits:8|c|#status:200,cell:a',
        'http.hits:2|c|#status:503,cell:a',
        'api.eu1.rt:100|ms',
        'api.eu1.rt:2500:3000|ms|@0.5',
        'web.rt:1|h',
        'web.rt:5|h',
        'web.all:200|c',
        'web.ko:100|c',
      ],
      {
        requests: [
          { total: 'http.hits' },
          { timer: 'api.{cell}.rt', service: 'api' },
          { total: 'web.all', bad: 'web.ko', timer: 'web.rt', slowSeconds: 0.005 },
        ],
        statusTag: 'status',
        labels: { tier: 'a' },
      },
    )
    expect(signals).toEqual([
      metric({ cell: 'a', tier: 'a' }, 10, 2),
      metric({ cell: 'eu1', tier: 'a' }, 5, 0, { service: 'api', slow: 4 }),
      metric({ tier: 'a' }, 200, 100, { slow: 100 }),
    ])
  })

  it('hands on gauges as they stand, quantiles of timers in seconds, and how many a set has', async () => {
    const { signals } = await counted(
      [
        'db.pool:40|g',
        'db.pool:+5|g',
        'db.pool:-3|g',
        ...Array.from({ length: 100 }, (_, i) => `rt:${i + 1}|d`),
        'who:a|s',
        'who:b|s',
        'who:a|s',
        'queue:7|g',
      ],
      {
        gauges: [
          { name: 'db.pool', as: 'db.pool.used', capacity: 50 },
          { name: 'rt', measures: 'latency', unit: 's' },
          { name: 'who', measures: 'demand' },
        ],
      },
    )
    const gauge = (name: string, value: number, more: object) => ({
      via: 'gauge',
      service: 'shop',
      labels: {},
      name,
      value,
      ...more,
    })
    expect(signals).toEqual([
      gauge('db.pool.used', 42, { capacity: 50 }),
      gauge('rt', 0.095, { measures: 'latency', unit: 's' }),
      gauge('who', 2, { measures: 'demand' }),
    ])
    expect(JSON.stringify(signals)).not.toContain('"a"')
  })

  it('keeps to its bounds whatever comes, and counts what it knows all the same', async () => {
    const flood = Array.from({ length: 30_000 }, (_, i) => `c${i}.requests:1|c|#region:r${i % 500}`)
    const { signals, said } = await counted(['known.requests:5|c', ...flood, 'known.requests:5|c'])
    expect(signals[0]).toEqual(metric({ component: 'known' }, 10, 0))
    expect(signals.length).toBeLessThanOrEqual(5_000)
    expect(
      new Set(signals.map(each => (each['labels'] as Record<string, string>)['component'])).size,
    ).toBeLessThanOrEqual(101)
    expect(said).toEqual([])
  })

  it('is a failure where nothing of all that comes is StatsD, and says what was left out', async () => {
    const outside = fakeOutside()
    outside.heard.push(heard(...Array.from({ length: 20 }, () => '<190>nginx: GET / HTTP/1.1')))
    await using source = await statsd.open(defaults, outside.env)
    await expect(round(source)).rejects.toThrow(/none of 20 lines/)
    const { said } = await counted(['a.requests:1|c', 'what?', 'b.other:1|c', 'a.requests:x|c', 'a.requests:|c'])
    expect(said).toEqual(['statsd: not everything was counted'])
  })

  it('reads lines of connections whole, wherever they are cut', async () => {
    const outside = fakeOutside()
    const text = Buffer.from('a.requests:1|c\na.requests:2|c\na.requests:4|c')
    for (let i = 0; i < text.length; i += 7) outside.heard.push({ from: 3, bytes: text.subarray(i, i + 7) })
    outside.heard.push({ from: 3, bytes: Buffer.alloc(0) })
    await using source = await statsd.open({ ...defaults, listen: 'tcp://127.0.0.1:8125' }, outside.env)
    expect(await round(source)).toEqual([metric({ component: 'a' }, 7, 0)])
  })

  it.each<[string, string | null, string[], number]>([
    ['a.b:1|c', 'a.b', ['1'], 1],
    ['a:1:2:3|ms|@0.25|#x:y,z', 'a#x:y,z', ['1', '2', '3'], 4],
    ['a[x=y:z]:1|g', 'a[x=y:z]', ['1'], 1],
    ['a:1|c|#url:http://x', 'a#url:http://x', ['1'], 1],
    ['_e{5,4}:title|text', null, [], 0],
    ['a:1', null, [], 0],
    ['a:1|q', null, [], 0],
    ['a:1|c|@0', null, [], 0],
    [':1|c', null, [], 0],
    ['', null, [], 0],
  ])('reads %j', (line, key, values, weight) => {
    const read = parse(line)
    if (key === null) expect(read).toBeNull()
    else expect(read).toMatchObject({ key, values, weight })
  })

  it.each([
    ['a,x=1,y=2', 'a'],
    ['a;x=1;y=2', 'a'],
    ['a#x:1,y:2', 'a'],
    ['a#x=1,y=2', 'a'],
    ['a[x=1,y=2].b', 'a.b'],
  ])('finds name and tags in %s', (key, name) => {
    const found = nameAndTags(key)
    expect([found.name, [...found.tags]]).toEqual([
      name,
      [
        ['x', '1'],
        ['y', '2'],
      ],
    ])
  })

  it('knows names by their parts', () => {
    expect(labelsIn('a.b.requests', patternOf('{component}.requests'))).toEqual({ component: 'a.b' })
    expect(labelsIn('requests', patternOf('{component}.requests'))).toBeNull()
    expect(labelsIn('x.y.eu.errors', patternOf('*.{cell}.errors'))).toEqual({ cell: 'eu' })
    expect(labelsIn('a.b.c', patternOf('a.{x}'))).toBeNull()
    for (const text of ['', 'a..b', 'a*', '{a b}', 'x{a}']) expect(() => patternOf(text)).toThrow(RangeError)
  })

  it.each<[Partial<StatsdConfig>, string]>([
    [{ listen: '8125' }, 'listen'],
    [{ requests: [{ total: 'a*' }] }, 'requests[0].total'],
    [{ requests: [{ bad: 'a' }] }, 'requests[0]'],
    [{ gauges: [{ name: '' }] }, 'gauges[0].name'],
  ])('finds what is wrong with settings: %j', (more, path) => {
    expect(statsd.check!({ ...defaults, ...more }).map(each => each.path)).toEqual([path])
  })
})
