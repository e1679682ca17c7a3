import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Batch } from '../../contract/plugin.js'
import { DAY, MINUTE } from '../../contract/time.js'
import { fakeOutside, type Said } from '../../testing/outside.js'
import { readable, readablePast, testSource } from '../../testing/plugin-contract.js'
import prometheusQuery, { type PrometheusQueryConfig } from './prometheus-query.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const running = { aborted: false, addEventListener() {} }
const total = 'sum by (region) (increase(http_requests_total[$step]))'
const bad = 'sum by (region) (increase(http_requests_total{code=~"5.."}[$step]))'
const config: PrometheusQueryConfig = {
  url: 'http://prom.example/base/',
  queries: [{ service: 'shop', total, bad }],
  stepSeconds: 60,
  delaySeconds: 20,
  learnDays: 0,
  partial: false,
}

type Series = [labels: Record<string, string>, value: (at: number) => string | number | null]

/** A Prometheus: what it has for the first words of a query that it knows. */
function server(series: (query: string) => Series[], more: (query: string) => object = () => ({})) {
  const odd: { said: Said | null } = { said: null }
  let now = NOW
  const outside = fakeOutside(({ url }) => {
    if (odd.said !== null) return odd.said
    const asked = new URL(url).searchParams
    const query = asked.get('query') ?? ''
    const [from, to, step] = ['start', 'end', 'step'].map(each => Number(asked.get(each))) as [number, number, number]
    const result = series(query).map(([metric, value]) => {
      const values: [number, string][] = []
      for (let at = from; at <= to; at += step) {
        const said = value(at * 1000)
        if (said !== null) values.push([at, String(said)])
      }
      return { metric, values }
    })
    return { body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result }, ...more(query) }) }
  })
  const { env } = outside
  env.now = () => now
  return { ...outside, odd, move: (ms: number) => (now += ms) }
}
type Server = ReturnType<typeof server>
const shop = (query: string): Series[] => {
  if (query.includes('code=~')) return [[{ region: 'eu' }, () => '3.2']]
  return [
    [{ region: 'eu' }, () => 100],
    [{ region: 'us' }, () => '50.4'],
  ]
}

async function poll(s: Server, state?: unknown, more: Partial<PrometheusQueryConfig> = {}): Promise<Batch> {
  await using source = await prometheusQuery.open({ ...config, ...more }, s.env)
  return source.poll!(state, running)
}
const told = ({ signals }: Batch) =>
  signals.map(each => readable(structuredClone(each))) as unknown as {
    id: string
    at: number
    via: string
    labels: object
    total: number
    bad: number
    slow?: number
    value?: number
  }[]

let world: Server
testSource('prometheus-query', {
  plugin: prometheusQuery,
  settings: config,
  world: () => (world = server(shop)),
  more: () => world.move(MINUTE),
  counts: [30, 32],
})

describe('prometheus-query', () => {
  it('counts the last quarter of an hour at first, then each step once', async () => {
    const s = server(shop)
    const first = await poll(s)
    // Asked 20 s after a step: the one that ends now is not over yet.
    expect(told(first).length).toBe(30)
    expect(told(first).at(-1)).toMatchObject({ at: NOW - MINUTE, labels: { region: 'us' }, total: 50, bad: 0 })
    expect(told(first)[0]).toMatchObject({
      via: 'metric',
      labels: { region: 'eu' },
      total: 100,
      bad: 3,
      windowMs: 60_000,
    })
    const { searchParams: asked, pathname } = new URL(s.asked[0]!.url)
    expect([pathname, asked.get('query'), asked.get('partial_response')]).toEqual([
      '/base/api/v1/query_range',
      total.replace('$step', '60s'),
      'false',
    ])
    expect((await poll(s, first.state)).signals).toEqual([])
    s.move(3 * MINUTE)
    const next = await poll(s, first.state)
    expect(told(next).length).toBe(6)
    expect(new Set([...told(first), ...told(next)].map(({ id }) => id)).size).toBe(36)
  })
  it.each([
    [0, 21_000],
    [19_999, 1_001],
    [20_000, 61_000],
    [21_000, 60_000],
    [59_000, 22_000],
  ])('asks again once the next step can be had: %i ms into a minute, after %i ms', async (intoMs, ms) => {
    const s = server(shop)
    await using source = await prometheusQuery.open(config, s.env)
    s.move(intoMs)
    expect(source.everyMs).toBe(ms)
    const { state } = await source.poll!(undefined, running)
    s.move(source.everyMs!)
    expect(told(await source.poll!(state, running)).length).toBe(2)
  })
  it('goes back as far as a minute still counts, after a pause of hours', async () => {
    const s = server(shop)
    const { state } = await poll(s)
    s.move(5 * 60 * MINUTE)
    const after = told(await poll(s, state))
    expect(after.length).toBe(2 * 25)
    expect(Math.min(...after.map(({ at }) => at))).toBe(NOW + 300 * MINUTE - 25 * MINUTE)
  })
  it('goes on where its clock was ahead', async () => {
    const s = server(shop)
    const { state } = await poll(s, { to: NOW + DAY, learned: '' })
    s.move(MINUTE)
    expect(told(await poll(s, state)).length).toBe(2)
  })
  it('takes what is not there for none, and what nobody knows for nothing', async () => {
    const at = NOW - MINUTE
    const s = server(query => {
      if (query.includes('code=~'))
        return [[{ region: 'eu' }, when => (when === at ? 'NaN' : when === at - MINUTE ? null : 3)]]
      return [
        [{ region: 'eu' }, () => 100],
        [{ region: 'us' }, when => (when >= at - MINUTE ? null : when < at - 3 * MINUTE ? '+Inf' : 'NaN')],
      ]
    })
    const all = told(await poll(s))
    expect(all.map(({ labels }) => (labels as { region: string }).region)).not.toContain('us')
    expect(all.find(each => each.at === at)).toBeUndefined()
    expect(all.find(each => each.at === at - MINUTE)).toMatchObject({ bad: 0, total: 100 })
    expect(all.find(each => each.at === at - 2 * MINUTE)).toMatchObject({ bad: 3 })
  })
  it('tells slow requests, shares, levels and demand in their own words', async () => {
    const s = server(query => {
      const value = { slow: 7, half: 0.5, used: 48, full: 50 }[query] ?? 60
      return [[query === 'full' ? {} : { pod: 'a' }, () => value]]
    })
    const queries = [
      { service: 'shop', total: 'all', bad: 'half', slow: 'slow', labels: { cell: 'x' } },
      { service: 'shop', share: 'half', of: 'slow' as const },
      { service: 'shop', gauge: 'used', capacity: 'full', name: 'db.pool.used', unit: '1' },
      { service: 'shop', total: 'all' },
    ]
    const newest = told(await poll(s, { to: NOW - 2 * MINUTE, learned: '' }, { queries }))
    expect(newest).toMatchObject([
      { via: 'metric', total: 60, bad: 1, slow: 7, labels: { pod: 'a', cell: 'x' } },
      { via: 'gauge', name: 'slow', value: 0.5, measures: 'slow' },
      { via: 'gauge', name: 'db.pool.used', value: 48, capacity: 50, unit: '1' },
      { via: 'gauge', name: 'requests', value: 60, measures: 'demand' },
    ])
  })
  it.each<[string, Partial<PrometheusQueryConfig>, string | undefined]>([
    ['a token', { token: 't' }, 'Bearer t'],
    ['a name and a password', { user: 'a', password: 'b:c' }, `Basic ${Buffer.from('a:b:c').toString('base64')}`],
    ['nothing', {}, undefined],
  ])('shows %s', async (_, more, header) => {
    const s = server(shop)
    await poll(s, undefined, { ...more, headers: { 'x-scope-orgid': 'z' } })
    expect(s.asked[0]!.headers).toMatchObject({ 'x-scope-orgid': 'z' })
    expect(s.asked[0]!.headers!['authorization']).toBe(header)
  })
})

describe('a Prometheus that does not answer as it should', () => {
  const page = '<html><body>Sign in</body></html>'
  const error = (errorType: string) => JSON.stringify({ status: 'error', errorType, error: 'parse error at char 3' })
  it.each<[string, Said, typeof TransientError | typeof PermanentError, RegExp]>([
    ['a page', { body: page }, TransientError, /^prom\.example answered 200 with something that is no JSON$/],
    ['a page with an error', { status: 502, body: page }, TransientError, /502/],
    ['half an answer', { body: '{"status":"success","data":{"resultType":"mat' }, TransientError, /no JSON/],
    ['null', { body: 'null' }, TransientError, /no JSON/],
    [
      'a vector',
      { body: '{"status":"success","data":{"resultType":"vector","result":[]}}' },
      TransientError,
      /no matrix/,
    ],
    [
      'a bent series',
      { body: '{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1]]}]}}' },
      TransientError,
      /a series/,
    ],
    [
      'a warning',
      { body: '{"status":"success","warnings":["store 2 is away"],"data":{"resultType":"matrix","result":[]}}' },
      TransientError,
      /store 2 is away/,
    ],
    [
      'that it is busy',
      { status: 503, body: error('unavailable'), headers: { 'retry-after': '7' } },
      TransientError,
      /503/,
    ],
    ['no to our name', { status: 401, body: 'Unauthorized' }, TransientError, /401/],
    ['that the query is none', { status: 400, body: error('bad_data') }, PermanentError, /parse error/],
  ])('is a failure with its reason: %s', async (_, said, kind, why) => {
    const s = server(shop)
    s.odd.said = said
    const failure = await poll(s).catch((each: unknown) => each)
    expect(failure).toBeInstanceOf(kind)
    expect((failure as Error).message).toMatch(why)
    if (said.headers !== undefined) expect((failure as TransientError).retryAfterMs).toBe(7_000)
  })
  it('is one for all of it: nothing is taken of a part', async () => {
    const s = server(shop, query => (query.includes('code=~') ? { warnings: ['partial'] } : {}))
    await expect(poll(s)).rejects.toThrow(TransientError)
    expect((await poll(s, undefined, { partial: true })).signals.length).toBe(30)
  })
  it('brings no more series than so many, and none between the steps', async () => {
    const many = server(() => Array.from({ length: 2_001 }, (_, n): Series => [{ n: `${n}` }, () => 1]))
    await expect(poll(many)).rejects.toThrow(/2001 series, at most 2000/)
    const lying = server(shop)
    const at = (NOW - 5 * MINUTE) / 1000
    const values = [at, at + 1, at + 600, at - 86_400].map(time => [time, '9'])
    const body = { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } }
    lying.odd.said = { body: JSON.stringify(body) }
    expect(told(await poll(lying)).map(each => each.at)).toEqual([at * 1000])
  })
  it('is asked for nothing whose failures belong nowhere', async () => {
    const s = server(query => [[query.includes('code=~') ? {} : { region: 'eu' }, () => 1]])
    await expect(poll(s)).rejects.toThrow(PermanentError)
  })
})

describe('what was usual before the first start', () => {
  const days = { learnDays: 3 }
  it('is learned once, up to where signals begin, and again when other questions are asked', async () => {
    const s = server(query =>
      query.startsWith('sum(') ? [[{}, at => (query.includes('code=~') ? 2 : (at / 900_000) % 7)]] : shop(query),
    )
    const first = await poll(s, undefined, days)
    const [past] = first.past as [{ service: string; binMs: number; counts: [number, number, number][] }]
    expect(readablePast(past, NOW)).toMatchObject({ service: 'shop', via: 'metric', binMs: 15 * MINUTE })
    expect(past.counts.length).toBeGreaterThanOrEqual(3 * 96 - 1)
    expect(past.counts.at(-1)![0] + past.binMs).toBeLessThanOrEqual(
      Math.min(...told(first).map(({ at }) => at)) - MINUTE,
    )
    for (const [at, failed, all] of past.counts) {
      expect(all).toBe((at / 900_000 + 1) % 7)
      expect(failed).toBe(Math.min(all, 2))
    }
    expect((await poll(s, first.state, days)).past).toBeUndefined()
    const queries = [{ ...config.queries[0]!, total: 'x', bad: 'y' }]
    const other = await poll(s, first.state, { ...days, queries })
    // Their range is their own: a bin is a step.
    expect(other.past).toMatchObject([{ binMs: MINUTE }])
  })
  it('is no reason to be blind, where it cannot be had', async () => {
    const s = server(shop, query => (query.startsWith('sum(sum') ? { status: 'error', error: 'too many samples' } : {}))
    const batch = await poll(s, undefined, days)
    expect(batch.signals.length).toBe(30)
    expect(batch.past).toEqual([])
    expect(s.said).toEqual(['nothing was learned of the past'])
  })
})

describe('its settings', () => {
  it.each<[string, Partial<PrometheusQueryConfig>, string[]]>([
    ['as they should be', {}, []],
    ['an address with a password', { url: 'http://a:b@prom.example' }, ['url']],
    ['an address that is none', { url: 'http://' }, ['url']],
    ['two ways to say who asks', { token: 't', user: 'u' }, ['token']],
    ['nothing asked', { queries: [{ service: 'shop' }] }, ['queries[0]']],
    ['two things asked', { queries: [{ service: 'shop', total: 'a', share: 'b' }] }, ['queries[0]']],
    ['failures of nothing', { queries: [{ service: 'shop', share: 'a', bad: 'b' }] }, ['queries[0]']],
    ['slow ones alone', { queries: [{ service: 'shop', total: 'a', slow: 'b' }] }, ['queries[0]']],
    ['a level without a name', { queries: [{ service: 'shop', gauge: 'a' }] }, ['queries[0].name']],
    ['the room of nothing', { queries: [{ service: 'shop', total: 'a', capacity: 'b' }] }, ['queries[0].capacity']],
  ])('%s', (_, more, paths) => {
    const faults = prometheusQuery.check!({ ...config, ...more })
    expect(faults.map(({ path }) => path)).toEqual(paths)
    expect(JSON.stringify(faults)).not.toContain('a:b')
  })
})
