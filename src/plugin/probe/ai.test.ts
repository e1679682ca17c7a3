import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TransientError } from '../../contract/error.js'
import type { Checked } from '../../contract/plugin.js'
import { DAY } from '../../contract/time.js'
import { BLIND, fakeOutside, REFUSING } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import ai, { type AiConfig } from './ai.js'

const settings: AiConfig = {
  model: 'm-1',
  url: 'https://api.example/v1/',
  api: 'chat',
  key: 'sk-hush',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
  language: 'en',
  firstTokenSeconds: 5,
  stallSeconds: 3,
  tokensPerSecond: 5,
  tokensPerDay: 1_000,
  moneyPerDay: 1,
  prices: { input: 1, output: 10 },
}
const stop = { aborted: false, addEventListener() {} }

/** A line of a stream, or so many milliseconds until the next, or an end that is none. */
type Line = object | string | number | Error
interface Answer {
  status?: number
  type?: string
  lines: Line[]
}
/** An endpoint that says what a test has it say; time goes by as the lines tell. */
function saying(answer: Answer | ((asked: Record<string, unknown>) => Answer)) {
  const outside = fakeOutside()
  const { fetch } = outside.env
  outside.env.fetch = async (url, init) => {
    const found = await fetch(url, init)
    const {
      status = 200,
      type = 'text/event-stream; charset=utf-8',
      lines,
    } = typeof answer === 'function' ? answer(JSON.parse(String(init?.body)) as Record<string, unknown>) : answer
    async function* chunks() {
      for (const line of lines) {
        if (typeof line === 'number') vi.advanceTimersByTime(line)
        else if (line instanceof Error) throw line
        else if (typeof line === 'string') yield Buffer.from(line)
        else {
          const bytes = Buffer.from(`data: ${JSON.stringify(line)}\n\n`)
          // Pieces of the network end where they like.
          yield bytes.subarray(0, 9)
          yield bytes.subarray(9)
        }
      }
    }
    const ok = status < 300
    return { ...found, status, ok, chunks, headers: { get: name => (name === 'content-type' ? type : null) } }
  }
  return outside
}
const says = (content: string) => ({ choices: [{ delta: { content } }] })
const ends = (reason: string) => ({ choices: [{ delta: {}, finish_reason: reason }] })
const usage = { choices: [], usage: { prompt_tokens: 8, completion_tokens: 40 } }
const DONE = 'data: [DONE]\n\n'
const SKY = ['The sky is blue because ', 'air scatters short waves of light ', 'more than it does the long ones.']
const well: Line[] = [300, says(SKY[0]!), 100, says(SKY[1]!), 100, says(SKY[2]!), ends('stop'), usage, DONE]
const stream =
  (...lines: Line[]) =>
  () =>
    saying({ lines })
const page =
  (status: number, body: string, type = 'application/json') =>
  () =>
    saying({ status, type, lines: [body] })

describe('an assistant', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  testProbe('ai', {
    plugin: ai,
    settings,
    well: stream(...well),
    ill: [
      REFUSING,
      [
        'overload',
        page(529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'),
        /^status 529: "Overloaded"$/,
      ],
      ['a web page', page(200, '<!doctype html><title>Login</title>', 'text/html'), /^it answers with a web page$/],
      ['a proxy in between', page(502, '<html>Bad gateway</html>', 'text/html'), /^status 502$/],
      [
        'no model of the name',
        page(404, '{"error":{"message":"The model m-1 does not exist"}}'),
        /^status 404: "The model m-1/,
      ],
      [
        'an error in the middle',
        stream(says(SKY[0]!), { error: { message: 'The server had an error', code: 'server_error' } }),
        /^an error after 8 tokens or so: "The server had/,
      ],
      ['an error at once', stream({ error: { message: 'Overloaded' } }), /^an error before it said anything/],
      ['a cut', stream(says(SKY[0]!), says(SKY[1]!)), /^cut off after \d+ tokens or so$/],
      [
        'a line that breaks',
        stream(says(SKY[0]!), 4_000, new Error('ECONNRESET')),
        /^it said nothing for 4\.0 s and broke off, after 8 tokens/,
      ],
      ['half an event', stream(says(SKY[0]!), 'data: {"choices":[{"del'), /^cut off after 8/],
      ['no stream within the stream', stream(says(SKY[0]!), 'data: <html>\n\n'), /^its answer cannot be read, after 8/],
      [
        'a refusal in words',
        stream(says('I’m sorry, but I can’t help with that.'), ends('stop')),
        /^it refuses to answer$/,
      ],
      [
        'a refusal by its field',
        stream({ choices: [{ delta: { refusal: 'No.' } }] }, ends('stop')),
        /^it refuses to answer$/,
      ],
      ['a filter', stream(says('The'), ends('content_filter')), /^it refuses to answer$/],
      [
        'another language',
        stream(
          says('Der Himmel ist blau, weil die Luft das Licht nicht gleich streut und es sich bricht.'),
          ends('stop'),
        ),
        /^it answers in de, not in en$/,
      ],
      [
        'another script',
        stream(says('空が青いのは、空気が短い波長の光をより多く散乱させるからです。'), ends('stop')),
        /^it answers in ja, not in en$/,
      ],
      ['nothing', stream(ends('stop'), DONE), /^an empty answer$/],
    ],
    blind: [
      ...BLIND,
      ['a key that is not taken', page(401, '{"error":{"message":"Incorrect API key provided: sk-hu"}}')],
      [
        'an account without money',
        page(429, '{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}'),
      ],
    ],
  })

  const checked = async (lines: Line[], more: Partial<AiConfig> = {}): Promise<Checked> => {
    await using probe = await ai.open({ ...settings, ...more }, saying({ lines }).env)
    return probe.check(stop)
  }
  it('tells its speed', async () => {
    expect(await checked(well)).toMatchObject({
      outcome: 'ok',
      labels: { model: 'm-1' },
      figures: { firstTokenMs: 300, tokensPerSecond: 200, longestGapMs: 100, stalls: 0, tokens: 40 },
    })
  })
  it.each<[what: string, lines: Line[], why: string]>([
    ['a late beginning', [6_000, ...well], '6.3 s to the first token, more than 5'],
    [
      'a stall',
      [says(SKY[0]!), 3_500, says(SKY[1]!), ends('stop'), DONE],
      'it stalls: 3.5 s without a word, more than 3',
    ],
    [
      'a crawl',
      [says(SKY[0]!), 2_900, says(SKY[1]!), 2_900, says('more.'), ends('stop'), DONE],
      '3.6 tokens a second, fewer than 5',
    ],
    ['an end for want of room', [says(SKY[0]!), ends('length'), DONE], 'truncated after 8 tokens or so'],
  ])('calls %s degraded', async (_, lines, why) => {
    expect(await checked(lines)).toMatchObject({ outcome: 'degraded', why })
  })
  it('calls a wish for fewer questions degraded', async () => {
    await using probe = await ai.open(settings, page(429, '{"error":{"message":"Rate limit"}}')().env)
    expect(await probe.check(stop)).toMatchObject({
      outcome: 'degraded',
      why: 'it wants fewer questions (429): "Rate limit"',
    })
  })
  it('looks at what is said where it is told to', async () => {
    expect((await checked(well, { matches: 'scatters' })).outcome).toBe('ok')
    expect((await checked(well, { contains: 'ozone' })).why).toMatch(/does not contain/)
  })
  it('tells the slow model from the others', async () => {
    const outside = saying(({ model }) => ({ lines: model === 'slow' ? [9_000, ...well] : well }))
    const outcomes = []
    for (const model of ['fast', 'slow', 'other']) {
      await using probe = await ai.open({ ...settings, model }, outside.env)
      const { outcome, labels } = await probe.check(stop)
      outcomes.push([labels, outcome])
    }
    expect(outcomes).toEqual([
      [{ model: 'fast' }, 'ok'],
      [{ model: 'slow' }, 'degraded'],
      [{ model: 'other' }, 'ok'],
    ])
  })
  it('speaks the other interface as well', async () => {
    const event = (type: string, more: object = {}) => ({ type, ...more })
    const text = (delta: string) => event('response.output_text.delta', { delta })
    const done = event('response.completed', { response: { usage: { input_tokens: 8, output_tokens: 40 } } })
    const asking = { api: 'responses' } as const
    expect(await checked([text(SKY[0]!), 200, text(SKY[1]!), done], asking)).toMatchObject({
      outcome: 'ok',
      figures: { tokens: 40, tokensPerSecond: 200 },
    })
    const why = async (...lines: Line[]) => (await checked(lines, asking)).why
    expect(await why(text('No'), event('response.refusal.delta', { delta: 'No' }), done)).toBe('it refuses to answer')
    expect(await why(text('The'), event('response.failed', { response: { error: { message: 'oops' } } }))).toMatch(
      /oops/,
    )
    expect(await why(text('The'), event('error', { message: 'gone', code: 'x' }))).toMatch(
      /^an error after 1 tokens.*gone/,
    )
    const cut = { response: { incomplete_details: { reason: 'max_output_tokens' } } }
    expect(await why(text('The'), event('response.incomplete', cut))).toMatch(/^truncated/)
    expect(await why(text('The'))).toMatch(/^cut off/)
  })

  describe('costs no more than it may', () => {
    const costly = { tokensPerDay: 200, maxTokens: 100 }
    it('asks no more when the tokens of the day are spent, also in another life, and again on the next day', async () => {
      const outside = saying({ lines: well })
      const start = outside.env.now()
      let now = start
      outside.env.now = () => now
      let state: unknown
      const look = async () => {
        await using probe = await ai.open({ ...settings, ...costly }, outside.env)
        const found = await probe.check(stop, state)
        state = JSON.parse(JSON.stringify(found.state))
        return found
      }
      const outcomes = []
      for (let i = 0; i < 4; i++) outcomes.push((await look()).outcome)
      // 48 tokens each; a third would be within the cap, but not if it were as long as it may.
      expect(outcomes).toEqual(['ok', 'ok', 'unknown', 'unknown'])
      expect(outside.asked.length).toBe(2)
      expect(state).toMatchObject({ tokens: 96, money: (2 * (8 + 400)) / 1e6 })
      now = start + DAY
      expect((await look()).outcome).toBe('ok')
    })
    it('nor when the money is', async () => {
      const found = await checked(well, { moneyPerDay: 0.000_9 })
      expect(found).toMatchObject({ outcome: 'unknown', why: 'the money of today is spent: 0.0000 of 0.0009' })
    })
    it('counts what was said before it broke off, and without the numbers of the other side', async () => {
      await using probe = await ai.open(settings, stream(says('x'.repeat(300)), new TransientError('cut', 0))().env)
      const { state } = await probe.check(stop)
      expect(state).toMatchObject({ tokens: 100 + 7 })
    })
  })
  it('asks as both interfaces want it, and tells its key to nobody else', async () => {
    const outside = saying({ lines: well })
    await using probe = await ai.open(settings, outside.env)
    const found = await probe.check(stop)
    expect(outside.asked[0]).toMatchObject({ url: 'https://api.example/v1/chat/completions', method: 'POST' })
    expect(outside.asked[0]!.headers!['authorization']).toBe('Bearer sk-hush')
    expect(JSON.parse(outside.asked[0]!.body as string)).toEqual({
      model: 'm-1',
      stream: true,
      messages: [{ role: 'user', content: 'Why is the sky blue?' }],
      max_tokens: 100,
      stream_options: { include_usage: true },
    })
    expect(JSON.stringify(found)).not.toContain('hush')
    expect(ai.check!({ ...settings, prices: undefined as never }).map(each => each.path)).toEqual(['prices'])
  })
})
