import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { TransientError } from '../../contract/error.js'
import type { Batch, PluginEnv, Source } from '../../contract/plugin.js'
import { pluginEnv } from '../../shell/outside/env.js'
import { type Asked, fakeOutside, type Said } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import mastodon, { type MastodonConfig } from './mastodon.js'
import { Events, statusOf } from './mastodon/statuses.js'

const NOON = Date.UTC(2026, 1, 3, 12)
const settings: MastodonConfig = {
  server: 'https://social.example',
  timeline: 'tags',
  services: [{ service: 'chatgpt', names: ['ChatGPT'] }],
  everySeconds: 60,
  holdSeconds: 0,
}
const status = (n: number, content: string, more: object = {}) => ({
  id: `1150000000000000${String(n).padStart(3, '0')}`,
  uri: `https://social.example/users/a/statuses/${n}`,
  created_at: new Date(NOON - 60_000 + n * 1_000).toISOString(),
  content: `<p>${content}</p>`,
  language: 'de',
  visibility: 'public',
  account: { acct: 'someone', url: `https://social.example/@someone${n}`, bot: false },
  ...more,
})
type Status = ReturnType<typeof status>

/** A server's timelines: newest first, as they are asked for. */
class Timeline {
  readonly statuses: Status[] = []
  readonly outside = fakeOutside(asked => this.answer(asked))
  said: Said | null = null

  answer({ url }: Asked): Said {
    if (this.said !== null) return this.said
    const { searchParams } = new URL(url)
    const since = searchParams.get('min_id') ?? ''
    const later = this.statuses.filter(each => each.id > since)
    const limit = Number(searchParams.get('limit'))
    const page = since === '' ? later.slice(-limit) : later.slice(0, limit)
    return { body: JSON.stringify([...page].reverse()) }
  }
}

testSource('mastodon', {
  plugin: mastodon,
  settings,
  world: () => {
    const timeline = new Timeline()
    timeline.statuses.push(
      status(1, '#ChatGPTDown geht nicht'),
      status(2, 'schönes Wetter'),
      status(3, 'ChatGPT hängt'),
    )
    return Object.assign(timeline.outside, { timeline })
  },
  more: world => (world as unknown as { timeline: Timeline }).timeline.statuses.push(status(4, 'ChatGPT lädt nicht')),
  counts: [2, 3],
})

const running = { aborted: false, addEventListener() {} }
interface Signal {
  id: string
  text: string
  labels: Record<string, string>
}
const textsOf = (batch: Batch) => (batch.signals as Signal[]).map(each => each.text)

describe('mastodon by its timelines', () => {
  it('reads all that came meanwhile, page by page, and says so where that is too much', async () => {
    const timeline = new Timeline()
    timeline.statuses.push(status(0, 'ChatGPT 0'))
    const source = await mastodon.open(settings, timeline.outside.env)
    const first = await source.poll!(undefined, running)
    for (let n = 1; n <= 90; n++) timeline.statuses.push(status(n, `ChatGPT ${n}`))
    const second = await source.poll!(first.state, running)
    expect(second.signals.length).toBe(90)
    expect(timeline.outside.said).toEqual([])
    for (let n = 91; n <= 400; n++) timeline.statuses.push(status(n, `ChatGPT ${n}`))
    expect((await source.poll!(second.state, running)).signals.length).toBe(200)
    expect(timeline.outside.said).toEqual([expect.stringMatching(/posts are missing/)])
  })

  it('asks for one timeline a turn, five tags in each, all within the interval', async () => {
    const timeline = new Timeline()
    const services = Array.from({ length: 12 }, (_, i) => ({ service: `s${i}`, names: [`Name${i}x`] }))
    const source = await mastodon.open({ ...settings, services }, timeline.outside.env)
    expect(source.everyMs).toBe(20_000)
    for (let i = 0; i < 4; i++) await source.poll!(undefined, running)
    const asked = timeline.outside.asked.map(each => new URL(each.url))
    expect(asked.map(url => [url.pathname.split('/').at(-1), url.searchParams.getAll('any[]').length])).toEqual([
      ['name0xdown', 4],
      ['name5xdown', 4],
      ['name10xdown', 1],
      ['name0xdown', 4],
    ])
  })

  it.each<[Said, RegExp, number]>([
    [{ status: 429, headers: { 'retry-after': '300' } }, /answered 429$/, 300_000],
    [{ status: 422 }, /it may want a token/, 60_000],
    [{ body: '<html>' }, /no list of posts/, 60_000],
    [{ body: '{"error":"x"}' }, /no list of posts/, 60_000],
  ])('takes no answer for silence: %j', async (said, why, retryAfterMs) => {
    const timeline = new Timeline()
    timeline.said = said
    const source = await mastodon.open(settings, timeline.outside.env)
    const error = (await source.poll!(undefined, running).catch((each: unknown) => each)) as TransientError
    expect(error).toBeInstanceOf(TransientError)
    expect(error.message).toMatch(why)
    expect(error.retryAfterMs).toBe(retryAfterMs)
  })
})

describe('a status', () => {
  it('is what it boosts, in plain text, and of nobody by name', () => {
    const boosted = status(1, 'ChatGPT is <b>down</b>,<br>again &amp; again &#x1F600;')
    expect(statusOf({ ...status(2, ''), reblog: boosted })).toEqual(statusOf(boosted))
    expect(statusOf(boosted)!.post).toMatchObject({
      text: 'ChatGPT is down, again & again 😀',
      lang: 'de',
      id: boosted.uri,
    })
  })
  it.each([
    null,
    {},
    status(1, 'x', { visibility: 'private' }),
    status(1, 'x', { account: { acct: 'news', url: 'https://x.example/@news', bot: true } }),
    status(1, 'x', { created_at: 'yesterday' }),
    status(1, 'x', { account: null }),
  ])('is none for everybody: %j', value => expect(statusOf(value)).toBeNull())
})

describe('events of the stream', () => {
  const text = ':thump\n\nevent: update\ndata: {"a":\ndata: 1}\n\nevent:delete\r\ndata:42\r\n\r\n: hello\nid: 7\n\n'
  it('are the same however the network cuts them', () => {
    const whole = new Events().take(text)
    expect(whole).toEqual([
      { event: 'update', data: '{"a":\n1}' },
      { event: 'delete', data: '42' },
    ])
    for (const size of [1, 2, 5, 17]) {
      const events = new Events()
      const found = []
      for (let at = 0; at < text.length; at += size) found.push(...events.take(text.slice(at, at + size)))
      expect(found).toEqual(whole)
    }
  })
  it('end where a line has none', () => expect(() => new Events().take('x'.repeat(2 ** 21))).toThrow(RangeError))
})

/** A Mastodon of the test's own that streams; what is told before anybody listens is in its timeline. */
async function streaming() {
  const timeline = new Timeline()
  const clients = new Set<ServerResponse>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.headers.authorization} ${request.url}`)
    if (!request.url!.includes('/streaming/')) {
      const { body } = timeline.answer({ url: `http://x${request.url}` })
      return void response.end(body)
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(':)\n\n')
    clients.add(response)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const send = (event: string, data: unknown) => {
    for (const client of clients)
      client.write(`event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    timeline,
    asked,
    send,
    listened: async () => {
      while (clients.size === 0) await new Promise(done => setImmediate(done))
    },
    hangUp: () => {
      for (const client of clients) client.end()
      clients.clear()
    },
    close: () => new Promise<unknown>(done => (server.closeAllConnections(), server.close(done))),
  }
}

describe('mastodon by its stream', () => {
  let now = NOON
  const env: PluginEnv = {
    ...pluginEnv({ now: () => now, log: () => {} }, true),
    sleep: ms => new Promise(done => setImmediate(() => ((now += ms), done()))),
  }
  async function read(source: Source, state: unknown, count: number, act: () => void = () => {}) {
    const stop = new AbortController()
    const texts: string[] = []
    let acted = false
    for await (const batch of source.read!(stop.signal, state)) {
      texts.push(...textsOf(batch))
      if (!acted) act()
      acted = true
      if (texts.length < count) continue
      stop.abort()
      return { texts, state: batch.state }
    }
    throw new Error('it ended')
  }

  it('tells what came, what came while nobody listened, and nothing twice; what is deleted in time never', async () => {
    const server = await streaming()
    const source = await mastodon.open({ ...settings, server: server.url, token: 'secret', holdSeconds: 3 }, env)
    const edited = status(2, 'ChatGPT hängt')
    const first = read(source, undefined, 2)
    await server.listened()
    server.send('update', status(1, 'ChatGPT geht nicht'))
    server.send('update', edited)
    server.send('update', status(3, 'ChatGPT gelöscht'))
    server.send('delete', status(3, '').id)
    server.send('status.update', { ...edited, content: 'ChatGPT hängt nicht mehr' })
    server.send('update', 'no json')
    const before = await first
    expect(before.texts).toEqual(['ChatGPT geht nicht', 'ChatGPT hängt nicht mehr'])
    expect(server.asked[0]).toBe('Bearer secret /api/v1/streaming/public')

    server.timeline.statuses.push(status(2, 'ChatGPT hängt'), status(4, 'ChatGPT kaputt'), status(5, 'Kuchen'))
    const second = await read(source, before.state, 1)
    expect(second.texts).toEqual(['ChatGPT kaputt'])
    server.hangUp()
    await server.close()
  })

  it('goes on before what it still holds', async () => {
    const server = await streaming()
    const source = await mastodon.open({ ...settings, server: server.url, token: 'secret', holdSeconds: 600 }, env)
    const held = status(5, 'ChatGPT geht nicht')
    const stop = new AbortController()
    let newest: unknown
    for await (const { state } of source.read!(stop.signal, undefined)) {
      newest = (state as { newest: { public: string } }).newest.public
      if (newest !== '') break
      server.send('update', held)
      server.send('update', status(6, 'Kuchen'))
    }
    stop.abort()
    expect(newest).toBe('1150000000000000004')
    await server.close()
  })

  it('begins anew where the stream ends', async () => {
    const server = await streaming()
    const source = await mastodon.open({ ...settings, server: server.url, token: 'secret' }, env)
    const reading = read(source, undefined, 1)
    await server.listened()
    server.hangUp()
    await expect(reading).rejects.toThrow(/closed the stream/)
    await server.close()
  })
})
