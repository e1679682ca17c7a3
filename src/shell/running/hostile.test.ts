import { describe, expect, it, vi } from 'vitest'
import type { Use } from '../../contract/config.js'
import { TransientError } from '../../contract/error.js'
import type { Batch, PluginEnv, Receiver, Source } from '../../contract/plugin.js'
import type { Received } from '../../contract/received.js'
import { SOURCE_POLL_MS } from '../../contract/limits.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { readSignal, Refusal } from '../../core/ingest/door.js'
import { Registry } from '../../plugin/registry.js'
import { fakeOutside, type Said } from '../../testing/outside.js'
import { parse } from '../config/load.js'
import { Pulse } from './pulse.js'
import { SourceTask, type Taker } from './tasks.js'

// Every source and every receiver that there is, in a world that cuts them off, answers with HTML, lies, repeats itself and says a
// million things: what they then say is true or nothing, each refusal has a rule, and they go on by themselves.

const { registry } = await Registry.open()
const SECRET = 'a-secret-of-32-characters-at-all'
const url = 'https://outside.example'
const services = [{ service: 'shop', names: ['Shop'] }]
/** Of those that `init` does not offer, and where it would not ask an address. */
const SETTINGS: Record<string, object> = {
  'source bluesky': { url: 'wss://outside.example/subscribe', services, holdSeconds: 0 },
  'source epicenter': { url },
  'source feed': { url, services },
  'source mastodon': { server: url, services, holdSeconds: 0 },
  'source ndjson': { url },
  'source scenario': { file: '/x.json' },
  'source vendor-page': { platform: 'statuspage', url, services: [{ service: 'shop' }] },
  'receiver json': { secret: SECRET, map: { id: '/id', text: '/text' }, set: { type: 'observation', via: 'report' } },
  'receiver pagerduty-change': { routingKey: SECRET, service: 'shop' },
}

const uses = new Map<string, Use>()
/** Its settings as a file would have them, read once. */
async function useOf(kind: 'source' | 'receiver', name: string): Promise<Use> {
  const known = uses.get(`${kind} ${name}`)
  if (known !== undefined) return known
  const { start } = await registry.get(kind, name)
  const usual = Object.fromEntries((start?.asks ?? []).map(each => [each.name, each.usual]))
  const settings = SETTINGS[`${kind} ${name}`] ?? start?.settings({ ...usual, service: 'shop', secret: SECRET })
  const { config, findings } = await parse(JSON.stringify({ [`${kind}s`]: [{ use: name, ...settings }] }), {})
  expect(findings).toEqual([])
  const use = (kind === 'source' ? config!.sources : config!.receivers)[0]!
  uses.set(`${kind} ${name}`, use)
  return use
}

const openedSource = async (name: string, env: PluginEnv): Promise<Source> =>
  (await registry.get('source', name)).open((await useOf('source', name)).settings as never, env)
const openedReceiver = async (name: string, env: PluginEnv): Promise<Receiver> =>
  (await registry.get('receiver', name)).open((await useOf('receiver', name)).settings as never, env)

/** What a source says in its next few batches; an error is an answer too. */
async function said(source: Source, state?: unknown): Promise<Batch | Error> {
  const stop = new AbortController()
  try {
    if (source.poll !== undefined) return await source.poll(state, stop.signal)
    let empty = 0
    for await (const batch of source.read!(stop.signal, state)) {
      if (batch.signals.length > 0 || ++empty === 4) return batch
    }
    return { signals: [] }
  } catch (error) {
    return error as Error
  }
}

/** Lists in each other, as deep as it takes to end a reader that goes down by itself. */
const DEEP = '['.repeat(20_000)
const FAULTS: [what: string, answer: () => Said][] = [
  [
    'is cut off',
    () => {
      throw new TransientError('it hung up', 1)
    },
  ],
  ['is cut off in the middle', () => ({ body: '{"status":"success","data":{"resultType":"matrix","resu' })],
  [
    'answers with a page',
    () => ({ body: '<!doctype html><title>502</title>', headers: { 'content-type': 'text/html' } }),
  ],
  ['answers 503 with a page', () => ({ status: 503, body: '<!doctype html>' })],
  ['answers 200 with nothing', () => ({ body: '' })],
  ['redirects', () => ({ status: 302, headers: { location: 'http://169.254.169.254/' } })],
  ['says too often', () => ({ status: 429, headers: { 'retry-after': '9999999' } })],
  ['lies: null', () => ({ body: 'null' })],
  ['lies: a number', () => ({ body: '7' })],
  ['lies: a text', () => ({ body: '"shop"' })],
  ['lies: an empty list', () => ({ body: '[]' })],
  ['lies: an object', () => ({ body: '{}' })],
  ['lies: lists of nothing', () => ({ body: '[null,[null],{"a":[null]}]' })],
  [
    'lies: success without any',
    () => ({ body: '{"status":"success","data":null,"items":null,"incidents":7,"page":[]}' }),
  ],
  ['lies: one in the other', () => ({ body: DEEP })],
]

describe.each(registry.names('source'))('%s', name => {
  it.each(FAULTS)('says nothing untrue where the other side %s', async (_, answer) => {
    // One who sleeps has its clock go on, so that nobody waits for ever.
    let now = Date.UTC(2026, 1, 3, 12)
    let text = ''
    try {
      text = answer().body ?? ''
    } catch {
      // Cut off: what follows a file has nothing then.
    }
    const outside = fakeOutside(answer, { '/x.json': text, '/var/log/nginx/access.log': `${text}\n` })
    const env = { ...outside.env, now: () => now, sleep: async (ms: number) => void (now += Math.max(ms, SECOND)) }
    outside.heard.push({ from: 0, bytes: Buffer.from(text) })
    const batch = await openedSource(name, env).then(
      async source => {
        await using held = source
        return said(held)
      },
      (error: Error) => error,
    )
    if (batch instanceof Error) {
      // In words for an operator, and no fault of ours that happened to be one.
      expect([batch.constructor.name, batch.message]).toEqual([
        expect.stringMatching(/Transient|Permanent|Unreachable|NotAllowed|^Error$|SyntaxError/),
        expect.stringMatching(/\S{3,}/),
      ])
      return
    }
    // What is handed on as it came is refused at the door.
    expect(batch.signals.filter(each => !(readSignal(each) instanceof Refusal))).toEqual([])
    expect(batch.past ?? []).toEqual([])
  })
})

const at = Date.UTC(2026, 1, 3, 12)
const matrix = (count: number) => ({
  status: 'success',
  data: {
    resultType: 'matrix',
    result: Array.from({ length: count }, (_, i) => ({
      metric: { instance: `i${i}` },
      values: [[at / 1000 - 120, '10']],
    })),
  },
})

describe('what was broken', () => {
  it.each<[name: string, good: string]>([
    ['prometheus-query', JSON.stringify(matrix(1))],
    ['ndjson', JSON.stringify({ type: 'observation', via: 'check', id: 'a', service: 'shop', at, total: 1, bad: 0 })],
  ])('is read again by itself: %s', async (name, good) => {
    let answer: () => Said = () => ({ body: '<html>' })
    const { env } = fakeOutside(() => answer())
    await using source = await openedSource(name, env)
    const bad = await said(source)
    expect(bad instanceof Error || bad.signals.every(each => readSignal(each) instanceof Refusal)).toBe(true)
    answer = () => ({ body: good })
    const batch = (await said(source)) as Batch
    expect(batch.signals.length).toBeGreaterThan(0)
    for (const each of batch.signals) expect(readSignal(each)).not.toBeInstanceOf(Refusal)
  })

  it('that never answers is given up in time, and asked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let hangs = true
      const poll: NonNullable<Source['poll']> = async (_, stop) => {
        if (hangs) await new Promise<void>(done => stop.addEventListener('abort', () => done()))
        return { signals: [{ id: 'a' }] }
      }
      const taken: unknown[] = []
      const taker: Taker = {
        take: async values => {
          taken.push(values)
          return { accepted: 1, duplicate: 0, rejectedCount: 0, rejected: [] }
        },
        ...{ teach: async () => null, note: async () => {}, noted: async () => null, even: () => 0 },
      }
      const pulse = new Pulse(
        { kind: 'source', id: 'slow', use: 'slow' },
        () => 0,
        () => at,
        MINUTE,
      )
      const open = async () => ({ poll, [Symbol.asyncDispose]: async () => {} })
      const use = { use: 'slow', id: 'slow', allowPrivate: null, settings: {} }
      const task = new SourceTask({ use, open, pulse, taker, random: () => 0.5 })
      const turn = expect(task.turn(new AbortController().signal)).rejects.toThrow(/took longer than \d+ s/)
      await vi.advanceTimersByTimeAsync(SOURCE_POLL_MS)
      await turn
      // What it says too late is no answer either.
      expect([taken.length, pulse.health]).toEqual([0, 'unknown'])
      hangs = false
      await task.turn(new AbortController().signal)
      expect([taken.length, pulse.health]).toEqual([1, 'ok'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('a million series are refused with a number and what to do', async () => {
    const { env } = fakeOutside(() => ({ body: JSON.stringify(matrix(3_000)) }))
    await using source = await openedSource('prometheus-query', env)
    expect(String(await said(source))).toMatch(/3000 series, at most 2000: sum by fewer labels/)
  })

  it('an access log of other lines is no service that is well', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `<p>line ${i}</p>`).join('\n')
    const { env } = fakeOutside(undefined, { '/var/log/nginx/access.log': `${lines}\n` })
    await using source = await openedSource('access-log', env)
    expect(String(await said(source))).toMatch(/none of 500 lines is in a format that is known/)
  })
})

const request = (body: Uint8Array | string, more: Partial<Received> = {}): Received => {
  const bytes = Buffer.from(body)
  return {
    ...{ method: 'POST', path: '', query: {}, headers: { 'content-type': 'application/json' }, body: bytes },
    json: () => JSON.parse(bytes.toString()) as unknown,
    ...more,
  }
}
/** Where senders of each post to, and with what. */
const PLACE: Record<string, Partial<Received>> = {
  alertmanager: { path: 'api/v2/alerts' },
  github: { headers: { 'x-github-event': 'deployment' } },
  gitlab: { headers: { 'x-gitlab-event': 'Deployment Hook' } },
  otlp: { path: 'v1/metrics', headers: { 'content-type': 'application/json' } },
  pagerduty: { path: 'v2/enqueue' },
  'pagerduty-change': { path: 'v2/change/enqueue' },
  prometheus: { headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' } },
}
/** Snappy that says it unpacks to four gigabytes. */
const BOMB = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0xfe, 0x01, 0x00])
const BODIES: [what: string, body: string | Uint8Array][] = [
  ['nothing', ''],
  ['a page', '<!doctype html><title>x</title>'],
  ['half of something', '{"alerts":[{"labels":{"alert'],
  ['null', 'null'],
  ['a number', '7'],
  ['a list of nothing', '[null,7,"x",[],{}]'],
  [
    'an object of other things',
    '{"alerts":{"0":1},"resourceMetrics":[{"scopeMetrics":7}],"action":[],"deployment":"x"}',
  ],
  ['what is no text', Uint8Array.from({ length: 1_000 }, (_, i) => (i * 37) % 256)],
  ['a bomb', BOMB],
  ['a prototype', '{"__proto__":{"status":"firing"},"constructor":{"prototype":{}}}'],
]

describe.each(registry.names('receiver'))('%s', name => {
  it.each(BODIES)('says nothing untrue of %s, and which rule it breaks', async (_, body) => {
    const { env } = fakeOutside()
    await using receiver = await openedReceiver(name, env)
    for (const place of [{}, PLACE[name] ?? {}]) {
      const asked = request(body, place)
      const taken = await Promise.resolve()
        .then(() => receiver.take(asked))
        .catch((error: unknown) => error as Error)
      if (taken instanceof Error) {
        // What is no JSON is told so by whoever asked for it.
        expect(() => asked.json()).toThrow(SyntaxError)
        expect(taken).toBeInstanceOf(SyntaxError)
      } else if ('refused' in taken) {
        expect(taken.refused.rule).toMatch(/^[a-z][\w-]*(?:\.[\w-]+)+$/)
        expect(taken.refused.status ?? 400).toBeGreaterThanOrEqual(400)
        expect(taken.refused.status ?? 400).toBeLessThan(500)
        expect((taken.refused.value ?? '').length).toBeLessThanOrEqual(200)
      } else expect(taken.signals.filter(each => !(readSignal(each) instanceof Refusal))).toEqual([])
    }
    // Nobody is harmed who is not there.
    expect(({} as { status?: string }).status).toBeUndefined()
  })
})

describe('what is sent a hundred times', () => {
  const alert = [
    { labels: { alertname: 'A', service: 'shop' }, startsAt: '2026-02-03T11:00:00Z', endsAt: '2026-02-03T13:00:00Z' },
  ]
  const web = {
    status: 'firing',
    version: '4',
    groupKey: 'g',
    alerts: [{ ...alert[0], status: 'firing', fingerprint: 'f1' }],
  }
  const span = {
    ...{ traceId: '0123456789abcdef0123456789abcdef', spanId: '0123456789abcdef', kind: 2, name: 'GET /' },
    ...{ startTimeUnixNano: `${at - 20}000000`, endTimeUnixNano: `${at}000000` },
    attributes: [{ key: 'http.response.status_code', value: { intValue: '200' } }],
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  it.each<[name: string, body: unknown, place: Partial<Received>]>([
    ['alertmanager', alert, { path: 'api/v2/alerts' }],
    ['alertmanager', web, {}],
    ['grafana', web, {}],
    ['otlp', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }, { path: 'v1/traces' }],
    [
      'pagerduty',
      {
        routing_key: SECRET,
        event_action: 'trigger',
        dedup_key: 'k',
        payload: { summary: 's', source: 'shop', severity: 'error' },
      },
      { path: 'v2/enqueue' },
    ],
  ])('counts once within a minute: %s', async (name, body, place) => {
    let now = at
    const { env } = fakeOutside()
    await using receiver = await openedReceiver(name, { ...env, now: () => now })
    const ids = new Set<string>()
    for (let i = 0; i < 100; i++) {
      now = at + Math.floor((i / 100) * MINUTE)
      const taken = await receiver.take(request(JSON.stringify(body), place))
      if (!('signals' in taken)) throw new Error(JSON.stringify(taken))
      // An alert that is said again is the same alert.
      for (const { id, thread = id } of taken.signals as { id: string; thread?: string }[]) ids.add(thread)
    }
    expect(ids.size).toBe(1)
  })
})
