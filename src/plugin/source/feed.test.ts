import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Batch } from '../../contract/plugin.js'
import { type Asked, fakeOutside, type Said } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import feed, { type FeedConfig } from './feed.js'
import { timeIn } from './feed/entries.js'

const NOON = Date.UTC(2026, 1, 3, 12)
const at = (minutes: number) => new Date(NOON + minutes * 60_000)
const settings: FeedConfig = {
  url: 'https://forum.example/new?key=hidden',
  services: [{ service: 'chatgpt', names: ['ChatGPT'] }],
  everySeconds: 120,
}
interface Item {
  id: string
  title: string
  body: string
  by: string
  minutes: number
}
const items: Item[] = [
  { id: '1', title: 'ChatGPT down?', body: '<p>It does &quot;nothing&quot;.</p>', by: 'anna', minutes: -3 },
  { id: '2', title: 'Cooking', body: 'soup', by: 'ben', minutes: -2 },
  { id: '3', title: 'ChatGPT', body: 'ChatGPT gives me 502', by: 'carl', minutes: -1 },
  { id: '4', title: 'ChatGPT was down', body: 'last week', by: 'dora', minutes: -600 },
]
const escaped = (html: string) => html.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const FORMATS: Record<string, (of: readonly Item[]) => string> = {
  rss: of =>
    `<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>f</title><link>https://f</link><description>d</description>${of
      .map(
        ({ id, title, body, by, minutes }) =>
          `<item><title>${title}</title><guid>${id}</guid><dc:creator>${by}</dc:creator><description>${escaped(body)}</description><pubDate>${at(minutes).toUTCString()}</pubDate></item>`,
      )
      .join('')}</channel></rss>`,
  atom: of =>
    `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>f</title><id>f</id><updated>${at(0).toISOString()}</updated>${of
      .map(
        ({ id, title, body, by, minutes }) =>
          `<entry><title>${title}</title><id>${id}</id><author><name>${by}</name></author><content type="html">${escaped(body)}</content><published>${at(minutes).toISOString()}</published><updated>${at(5).toISOString()}</updated></entry>`,
      )
      .join('')}</feed>`,
  'json feed': of =>
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'f',
      items: of.map(({ id, title, body, by, minutes }) => ({
        id,
        title,
        content_html: body,
        authors: [{ name: by }],
        date_published: at(minutes).toISOString(),
      })),
    }),
}
const textsOf = (batch: Batch) => (batch.signals as { text: string }[]).map(each => each.text)
const running = { aborted: false, addEventListener() {} }

const tagged =
  (text: () => string) =>
  (asked: Asked): Said =>
    asked.headers?.['if-none-match'] === `"${text().length}"`
      ? { status: 304 }
      : { headers: { etag: `"${text().length}"`, 'last-modified': 'today' }, body: text() }
let told: Item[] = []
testSource('feed', {
  plugin: feed,
  settings,
  world: () => {
    told = [...items]
    return fakeOutside(tagged(() => FORMATS['rss']!(told)))
  },
  more: () => told.push({ id: '5', title: 'ChatGPT still down', body: '', by: 'emil', minutes: 0 }),
  counts: [2, 3],
})

describe('feed', () => {
  it.each(Object.keys(FORMATS))('reads what is new and names a service in %s', async format => {
    const { env } = fakeOutside(() => ({ body: FORMATS[format]!(items) }))
    const source = await feed.open({ ...settings, network: 'forum', lang: 'en' }, env)
    const batch = await source.poll!(undefined, running)
    expect(textsOf(batch)).toEqual(['ChatGPT down? · It does "nothing".', 'ChatGPT gives me 502'])
    expect(batch.signals[0]).toMatchObject({ at: NOON - 180_000, labels: { network: 'forum', lang: 'en' } })
    expect(JSON.stringify(batch)).not.toMatch(/anna|carl/)
    expect(new Set((batch.signals as { author: string }[]).map(each => each.author)).size).toBe(2)
  })

  it('reads JSON by where in it things are', async () => {
    const body = JSON.stringify({
      hits: [
        { objectID: '9', title: null, comment_text: 'ChatGPT <i>fails</i>', author: 'x', created_at_i: NOON / 1_000 },
        { objectID: '10', title: 'Ask: ChatGPT down?', author: 'y', created_at_i: NOON / 1_000 - 60 },
      ],
    })
    const json = {
      list: '/hits',
      id: '/objectID',
      text: ['/title', '/comment_text'],
      author: '/author',
      at: '/created_at_i',
    }
    const source = await feed.open({ ...settings, json }, fakeOutside(() => ({ body })).env)
    expect(textsOf(await source.poll!(undefined, running))).toEqual(['ChatGPT fails', 'Ask: ChatGPT down?'])
  })

  it('asks with the tags of the last answer, and says who asks', async () => {
    const { env, asked } = fakeOutside(tagged(() => FORMATS['atom']!(items)))
    const source = await feed.open(settings, env)
    const first = await source.poll!(undefined, running)
    expect(await source.poll!(first.state, running)).toEqual({ signals: [], state: first.state })
    expect(asked[1]!.headers).toMatchObject({
      'if-modified-since': 'today',
      'user-agent': expect.stringMatching(/epicenter/),
    })
  })

  it.each<[Said, RegExp, number]>([
    [{ body: '<!doctype html><p>hello' }, /answered no feed: a web page/, 60_000],
    [{ body: '{"items": [' }, /answered no feed/, 60_000],
    [{ status: 503, headers: { 'retry-after': '9999999' } }, /answered 503/, 3_600_000],
    [{ status: 304 }, /answered 304/, 60_000],
  ])('says what it could not read, without its address: %j', async (said, why, retryAfterMs) => {
    const source = await feed.open(settings, fakeOutside(() => said).env)
    const error = (await source.poll!(undefined, running).catch((each: unknown) => each)) as TransientError
    expect(error).toBeInstanceOf(TransientError)
    expect(error).not.toBeInstanceOf(PermanentError)
    expect(error.message).toMatch(why)
    expect(error.message).not.toContain('hidden')
    expect(error.retryAfterMs).toBe(retryAfterMs)
  })

  it('asks a model about what the rules leave open, where one is configured, and goes on from what that cost', async () => {
    const judge = {
      url: 'https://models.example/v1',
      model: 'm',
      requestsPerDay: 9,
      tokensPerDay: 9_000,
      timeoutSeconds: 8,
    }
    const { env, asked } = fakeOutside(({ url }) => ({
      body: url.startsWith(judge.url)
        ? '{"choices":[{"message":{"content":"complaint"}}]}'
        : FORMATS['atom']!(items.slice(0, 1)),
    }))
    const source = await feed.open({ ...settings, judge }, env)
    const batch = await source.poll!(undefined, running)
    expect(batch.signals).toMatchObject([{ total: 1, bad: 1 }])
    expect(batch.state).toMatchObject({ judged: { requests: 1 } })
    await (await feed.open({ ...settings, judge }, env)).poll!(batch.state, running)
    expect(asked.map(({ url }) => new URL(url).host)).toEqual(['forum.example', 'models.example', 'forum.example'])
  })
  it('knows seconds from milliseconds from dates', () => {
    expect([NOON / 1_000, NOON, at(0).toISOString(), 'soon', null, -5].map(timeIn)).toEqual([
      NOON,
      NOON,
      NOON,
      null,
      null,
      null,
    ])
  })
  it('is told whom to look for', () => {
    expect(feed.check!({ ...settings, services: [{ service: 'x' }] }).map(each => each.path)).toEqual(['services[0]'])
    expect(feed.check!({ ...settings, url: 'https://' }).map(each => each.value)).toEqual(['(not shown)'])
  })
})
