import { describe, expect, it } from 'vitest'
import { TransientError } from '../../contract/error.js'
import type { Batch } from '../../contract/plugin.js'
import { MINUTE } from '../../contract/time.js'
import { type Asked, fakeOutside, type Said } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import { MADE } from './vendor-page/fixtures/made.js'
import { type KindName, KINDS } from './vendor-page/kinds.js'
import vendorPage, { type VendorConfig } from './vendor-page.js'

const url = 'https://status.shop.example'
const settings: VendorConfig = { kind: 'statuspage', url, services: [{ service: 'shop' }], everySeconds: 60 }
const stop = { aborted: false, addEventListener() {} }

const incident = (id: string, ...words: string[]) => ({
  id,
  name: `Trouble ${id}`,
  status: 'investigating',
  impact: 'minor',
  created_at: '2026-02-03T11:00:00Z',
  updated_at: '2026-02-03T11:30:00Z',
  incident_updates: words.map((body, n) => ({
    id: `${id}-${n}`,
    status: 'investigating',
    body,
    created_at: `2026-02-03T11:0${n}:00Z`,
  })),
  components: [{ id: 'api', name: 'API', status: 'partial_outage' }],
})
const summary = (incidents: object[], indicator = 'minor') =>
  JSON.stringify({
    page: { id: 'p', name: 'Shop', url, updated_at: '2026-02-03T11:30:00Z' },
    status: { indicator, description: 'What it says of itself' },
    components: [
      { id: 'api', name: 'API', status: incidents.length > 0 ? 'partial_outage' : 'operational' },
      { id: 'web', name: 'Web', status: 'operational' },
    ],
    incidents,
    scheduled_maintenances: [],
  })

let said = ''
testSource('vendor-page', {
  plugin: vendorPage,
  settings,
  world: () => {
    said = summary([incident('a', 'First words.')])
    return fakeOutside(() => ({ body: said }))
  },
  more: () => {
    said = summary([incident('a', 'First words.', 'Second words.')])
  },
  counts: [2, 3],
})

type Poll = (state?: unknown) => Promise<Batch>
async function opened(answer: (asked: Asked) => Said, config: Partial<VendorConfig> = {}) {
  const outside = fakeOutside(answer)
  const source = await vendorPage.open({ ...settings, ...config }, outside.env)
  return { outside, poll: ((state?: unknown) => source.poll!(state, stop)) as Poll }
}
const errorOf = (poll: Poll) =>
  poll().then(
    () => null,
    (error: unknown) => error as TransientError,
  )

describe('vendor-page', () => {
  it.each(Object.keys(MADE) as KindName[])('reads %s from one address', async kind => {
    const page = 'needsPage' in KINDS[kind] ? { page: 'abc' } : {}
    const { outside, poll } = await opened(() => ({ body: MADE[kind].open }), { kind, ...page })
    const { signals } = await poll()
    expect(outside.asked.map(each => each.url)).toEqual([KINDS[kind].data(url, 'abc')])
    expect(signals.length).toBeGreaterThan(0)
    for (const signal of signals)
      expect(signal).toMatchObject({ via: 'notice', service: 'shop', source: 'status.shop.example' })
  })

  it('asks with the tags of the last answer, and takes 304 for nothing new', async () => {
    const tags = { etag: '"7"', 'last-modified': 'Tue, 03 Feb 2026 11:30:00 GMT' }
    const { outside, poll } = await opened(({ headers }) =>
      headers?.['if-none-match'] === '"7"' ? { status: 304 } : { body: summary([]), headers: tags },
    )
    const first = await poll()
    const second = await poll(JSON.parse(JSON.stringify(first.state)))
    expect(outside.asked[1]?.headers).toMatchObject({
      'if-none-match': '"7"',
      'if-modified-since': tags['last-modified'],
    })
    expect(second).toEqual({ signals: [], state: first.state })
  })

  it('goes on from nothing that another page said', async () => {
    const first = await (await opened(() => ({ body: summary([]), headers: { etag: '"7"' } }))).poll()
    const { outside, poll } = await opened(() => ({ body: summary([]) }), { url: 'https://status.new.example' })
    expect((await poll(first.state)).signals).toHaveLength(1)
    expect(outside.asked[0]?.headers).not.toHaveProperty('if-none-match')
    const services = [{ service: 'shop' }, { service: 'web' }]
    const wider = await opened(() => ({ body: summary([]) }), { services })
    expect((await wider.poll(first.state)).signals).toHaveLength(2)
  })

  it.each<[string, Said, RegExp]>([
    ['a web page', { body: '<!doctype html><title>Status</title>' }, /web page/],
    ['half an answer', { body: summary([]).slice(0, 80) }, /^status\.shop\.example: /],
    ['another kind of data', { body: '[]' }, /^status\.shop\.example: /],
    ['nothing', { body: '' }, /^status\.shop\.example: /],
    ['404', { status: 404, body: summary([]) }, /answered 404/],
    ['302', { status: 302 }, /answered 302/],
    ['304 to one that knows nothing', { status: 304 }, /answered 304/],
  ])('says of %s that it cannot be read, and nothing of the service', async (_what, answer, why) => {
    const error = await errorOf((await opened(() => answer)).poll)
    expect(error).toBeInstanceOf(TransientError)
    expect(error?.message).toMatch(why)
  })

  it.each<[string | undefined, number]>([
    ['120', 2 * MINUTE],
    ['86400000', 60 * MINUTE],
    ['Tue, 03 Feb 2026 11:30:00 GMT', MINUTE],
    ['-1', MINUTE],
    [undefined, MINUTE],
  ])('leaves a busy page alone for as long as it says: %s', async (after, ms) => {
    const headers = after === undefined ? {} : { 'retry-after': after }
    const error = await errorOf((await opened(() => ({ status: 429, headers }))).poll)
    expect(error?.retryAfterMs).toBe(ms)
  })

  it('tells each service what is its own, of one fetch', async () => {
    const services = [
      { service: 'shop' },
      { service: 'api', components: ['API'] },
      { service: 'web', components: ['Web'] },
    ]
    const { outside, poll } = await opened(() => ({ body: summary([incident('a', 'Words.')]) }), { services })
    const { signals } = (await poll()) as { signals: { service: string; text?: string; parts?: object[] }[] }
    expect(outside.asked).toHaveLength(1)
    const wordsOf = (service: string) => signals.filter(each => each.service === service && each.text === 'Words.')
    expect([wordsOf('shop').length, wordsOf('api').length, wordsOf('web').length]).toEqual([1, 1, 0])
    const whole = (service: string) => signals.findLast(each => each.service === service)?.parts?.[0]
    expect([whole('shop'), whole('api'), whole('web')]).toEqual([
      { name: 'Shop', state: 'partial' },
      { name: 'API', state: 'partial' },
      { name: 'Web', state: 'ok' },
    ])
  })

  it('is told a page that can be', () => {
    const faults = (config: Partial<VendorConfig>) =>
      vendorPage.check!({ ...settings, ...config }).map(({ path }) => path)
    expect(faults({})).toEqual([])
    expect(faults({ url: 'https://' })).toEqual(['url'])
    expect(faults({ kind: 'statusio' })).toEqual(['page'])
    expect(faults({ kind: 'statusio', page: 'abc' })).toEqual([])
    expect(faults({ page: 'abc' })).toEqual(['page'])
    expect(faults({ services: [{ service: 'a' }, { service: 'b' }, { service: 'a' }] })).toEqual([
      'services[2].service',
    ])
  })
})
