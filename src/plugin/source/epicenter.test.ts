import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Notice } from '../../contract/signal.js'
import { fakeOutside, type Said } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import epicenter, { type EpicenterConfig } from './epicenter.js'

const settings: EpicenterConfig = {
  url: 'https://inside.example/',
  services: [{ service: 'chat', theirs: 'messages' }],
  read: ['findings'],
  kinds: ['check', 'metric'],
  relayed: false,
  everySeconds: 60,
}
const at = (minute: number) => `2026-02-03T11:${String(minute).padStart(2, '0')}:00.000Z`
const event = (seq: number, minute: number, name: string, more: object = {}) => ({
  at: at(minute),
  event: name,
  incident: 'i1',
  seq,
  service: 'messages',
  ...more,
})
const opened = event(0, 5, 'opened', {
  title: 'Messages failing',
  severity: 'major',
  components: ['send'],
  segments: [{ where: { region: ['eu', 'us'] }, share: 0.4, interval: null }],
  says: [{ text: '40 % of requests fail.', refs: [] }],
})
const incident = (...events: object[]) => ({ id: 'i1', service: 'messages', title: 'Messages failing', events })
const stories = [incident(opened), { ...incident({ ...opened, incident: 'i2' }), id: 'i2', service: 'other' }]
const later = [
  incident(
    opened,
    event(1, 30, 'recovering'),
    event(2, 50, 'resolved'),
    event(3, 55, 'note', { says: [{ text: 'Sorry.' }] }),
  ),
]
const running = { aborted: false, addEventListener() {} }
const open = async (answer: () => Said, more: Partial<EpicenterConfig> = {}) => {
  const outside = fakeOutside(answer)
  const source = await epicenter.open({ ...settings, ...more }, outside.env)
  return { outside, poll: async (state?: unknown) => source.poll!(state, running) }
}
const json = (value: unknown): Said => ({ body: JSON.stringify(value) })

let said: object[] = []
testSource('epicenter', {
  plugin: epicenter,
  settings,
  world: () => {
    said = stories
    return fakeOutside(() => json(said))
  },
  more: () => {
    said = later
  },
  counts: [1, 4],
})

describe('another instance', () => {
  it('is told event by event, in its words, with its parts, its segments and how bad it calls it', async () => {
    const { outside, poll } = await open(() => json(stories))
    const { signals } = await poll()
    expect(outside.asked[0]?.url).toBe('https://inside.example/api/v1/incidents?limit=200')
    expect(signals).toEqual([
      {
        type: 'fact',
        via: 'notice',
        id: expect.any(String),
        thread: expect.any(String),
        service: 'chat',
        at: Date.parse(at(5)),
        seenAt: Date.UTC(2026, 1, 3, 12),
        title: 'Messages failing',
        href: 'https://inside.example/i/i1',
        source: 'inside.example',
        status: 'investigating',
        impact: 'major',
        parts: [{ name: 'send' }],
        text: '40 % of requests fail.',
        labels: { exchange: 'inside.example' },
        scope: { component: ['send'], region: ['eu', 'us'] },
      },
    ])
  })

  it('goes through the states of an incident, and stays resolved whatever is said afterwards', async () => {
    const { poll } = await open(() => json(later))
    const { signals } = await poll()
    expect((signals as Notice[]).map(each => each.status)).toEqual([
      'investigating',
      'monitoring',
      'resolved',
      'resolved',
    ])
  })

  it('is taken whole, under the ids it has there, where no services are named', async () => {
    const { poll } = await open(() => json(stories), { services: undefined as never })
    expect(((await poll()).signals as Notice[]).map(each => each.service)).toEqual(['messages', 'other'])
  })

  it('is unknown where it answers something else, and asks for a token where it wants one', async () => {
    for (const body of ['<!doctype html>', '{"incidents":[]}', ''])
      await expect((await open(() => ({ body }))).poll(), body).rejects.toThrow(TransientError)
    await expect((await open(() => ({ status: 500 }))).poll()).rejects.toThrow(TransientError)
    await expect((await open(() => ({ status: 401 }))).poll()).rejects.toThrow(PermanentError)
    const { outside, poll } = await open(() => json([]), { token: 'abc' })
    await poll()
    expect(outside.asked[0]?.headers?.['authorization']).toBe('Bearer abc')
  })

  it('passes over what is no event and what was only noted', async () => {
    const odd = [
      null,
      7,
      { id: 'x' },
      incident(event(0, 5, 'note', { title: 'a thought' })),
      { ...incident({ seq: 'a' }, { seq: 1, at: 'never' }), id: 'i9' },
    ]
    expect((await (await open(() => json(odd))).poll()).signals).toEqual([])
  })
})

const end = (next: number, more = false) => ({ type: 'end', next, more, at: Date.parse(at(1)), instance: 'inside' })
const check = (id: string, more: object = {}) => ({
  origin: 'inside',
  id,
  ...{ type: 'observation', via: 'check', service: 'messages', at: Date.parse(at(5)), total: 1, bad: 1 },
  ...more,
})
const ndjson = (...lines: object[]): Said => ({ body: lines.map(each => `${JSON.stringify(each)}\n`).join('') })

describe('signals of another instance', () => {
  const more = { read: ['signals' as const], token: 'abc' }

  it('are read page by page from where it was reached, as what they are here', async () => {
    const pages = [ndjson(check('a'), end(7, true)), ndjson(check('b'), end(9)), ndjson(end(9))]
    const { outside, poll } = await open(() => pages.shift()!, more)
    const { signals, state } = await poll()
    expect(outside.asked.map(each => each.url)).toEqual([
      'https://inside.example/api/v1/exchange?kinds=check%2Cmetric',
      'https://inside.example/api/v1/exchange?kinds=check%2Cmetric&after=7',
    ])
    expect(outside.asked[0]?.headers?.['authorization']).toBe('Bearer abc')
    expect(signals).toEqual([check('a', { service: 'chat' }), check('b', { service: 'chat' })])
    expect(await poll(state)).toMatchObject({ signals: [], state })
    expect(outside.asked.at(-1)?.url).toContain('after=9')
  })

  it('are none that were not asked for, that tell no origin, or that are from here', async () => {
    const strange = [
      check('a', { via: 'report', reporter: 'x' }),
      check('b', { origin: undefined }),
      check('c', { origin: 'us' }),
      check('d', { service: 'other' }),
    ]
    const { outside } = await open(() => ndjson(...strange, end(1)), more)
    const source = await epicenter.open(
      { ...settings, ...more },
      { ...outside.env, self: { instance: 'us', url: null } },
    )
    expect((await source.poll!(undefined, running)).signals).toEqual([])
    expect(outside.asked[0]?.url).toContain('reader=us')
  })

  it('are none of a page that was cut short', async () => {
    for (const page of [ndjson(check('a')), { body: '{"type":"e' }, { body: '' }, ndjson(check('a'), { type: 'end' })])
      await expect((await open(() => page, more)).poll()).rejects.toThrow(TransientError)
  })
})

describe('a federation', () => {
  const none = { url: undefined as never, services: undefined as never }
  const hosts = (urls: readonly { url: string }[]) => urls.map(({ url }) => new URL(url).host)

  it('is read whole where one of it cannot be, and says which', async () => {
    const { poll } = await open(() => json(stories), {
      ...none,
      instances: [{ url: 'https://a.example', services: [{ service: 'chat', theirs: 'messages' }] }],
    })
    expect((await poll()).signals).toHaveLength(1)
    const broken = fakeOutside(({ url }) => (url.includes('//b.') ? { status: 500 } : json(stories)))
    const source = await epicenter.open(
      { ...settings, ...none, instances: ['a', 'b', 'c'].map(each => ({ url: `https://${each}.example/` })) },
      broken.env,
    )
    const batch = await source.poll!(undefined, running)
    expect((batch.signals as Notice[]).map(each => each.source)).toEqual([
      'a.example',
      'a.example',
      'c.example',
      'c.example',
    ])
    expect(batch.unread).toBe('b.example answered 500')
    expect((await source.poll!(batch.state, running)).signals).toEqual([])
    broken.break()
    await expect(source.poll!(batch.state, running)).rejects.toThrow('none of 3 instances')
  })

  it('is found by a list, each once, without ourselves, and no token goes to whom the list names', async () => {
    let list: Said = json({
      instances: ['https://a.example/', { url: 'https://b.example', name: 'B' }, 'https://us.example', 7],
    })
    const outside = fakeOutside(({ url }) => (url.includes('list') ? list : json(stories)))
    let now = Date.UTC(2026, 1, 3, 12)
    const env = { ...outside.env, now: () => now, self: { instance: 'us', url: 'https://us.example' } }
    const instances = [{ url: 'https://a.example', token: 'of-a' }]
    const source = await epicenter.open({ ...settings, ...none, instances, list: 'https://x.example/list' }, env)
    const { signals, state } = await source.poll!(undefined, running)
    expect(hosts(outside.asked)).toEqual(['x.example', 'a.example', 'b.example'])
    expect(outside.asked.map(each => each.headers?.['authorization'])).toEqual([undefined, 'Bearer of-a', undefined])
    expect(new Set((signals as Notice[]).map(each => each.source))).toEqual(new Set(['a.example', 'B']))
    // Where the list does not answer, those of before are read on.
    now += 3_600_000
    list = { status: 404 }
    expect(await source.poll!(state, running)).toMatchObject({ signals: [], unread: 'x.example answered 404' })
    expect(hosts(outside.asked).slice(3)).toEqual(['x.example', 'a.example', 'b.example'])
  })

  it('is one address, or several', () => {
    const faults = (more: object) =>
      epicenter.check!({ ...settings, url: undefined as never, ...more } as EpicenterConfig)
    expect(faults({})).toHaveLength(1)
    expect(faults({ url: 'https://a.example', list: 'https://b.example' })).toHaveLength(1)
    expect(faults({ list: 'https://b.example', token: 'a' })).toHaveLength(1)
    expect(faults({ list: 'https://b.example' })).toEqual([])
  })
})
