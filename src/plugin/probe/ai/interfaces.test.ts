import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Checked } from '../../../contract/plugin.js'
import { fakeOutside } from '../../../testing/outside.js'
import ai, { type AiConfig } from '../ai.js'

// Each thing that goes wrong with an assistant, told as the same by both of its interfaces.

const settings: Omit<AiConfig, 'api'> = {
  ...{ model: 'm-1', url: 'https://api.example/v1/', key: 'sk-hush', prompt: 'Why is the sky blue?', maxTokens: 100 },
  ...{ language: 'en', firstTokenSeconds: 5, stallSeconds: 3, tokensPerSecond: 5, tokensPerDay: 250, moneyPerDay: 1 },
  prices: { input: 1, output: 10 },
}
const stop = { aborted: false, addEventListener() {} }

/** What an endpoint does: words, milliseconds of silence, an end or an error in the middle; `hang up` without an end. */
type Act = string | number | { end: 'stop' | 'length' | 'filter' } | { error: string } | 'hang up'
type Say = (act: Exclude<Act, number | 'hang up'>) => object
const chat: Say = act => {
  if (typeof act === 'string') return { choices: [{ delta: { content: act } }] }
  if ('error' in act) return { error: { message: act.error, code: 'server_error' } }
  return { choices: [{ delta: {}, finish_reason: act.end === 'filter' ? 'content_filter' : act.end }] }
}
const REASONS = { length: 'max_output_tokens', filter: 'content_filter' }
const responses: Say = act => {
  if (typeof act === 'string') return { type: 'response.output_text.delta', delta: act }
  if ('error' in act) return { type: 'response.failed', response: { error: { message: act.error } } }
  if (act.end === 'stop') return { type: 'response.completed', response: {} }
  return { type: 'response.incomplete', response: { incomplete_details: { reason: REASONS[act.end] } } }
}

function endpoint(say: Say, acts: (model: string) => Act[]) {
  const outside = fakeOutside()
  const { fetch } = outside.env
  outside.env.fetch = async (url, init) => {
    const found = await fetch(url, init)
    const { model } = JSON.parse(String(init?.body)) as { model: string }
    async function* chunks() {
      for (const act of acts(model)) {
        if (typeof act === 'number') vi.advanceTimersByTime(act)
        else if (act === 'hang up') throw new Error('ECONNRESET')
        else yield Buffer.from(`data: ${JSON.stringify(say(act))}\n\n`)
      }
    }
    return { ...found, chunks, headers: { get: name => (name === 'content-type' ? 'text/event-stream' : null) } }
  }
  return outside
}

const SKY = ['The sky is blue because ', 'air scatters short waves of light ', 'more than it does the long ones.']
const END = { end: 'stop' } as const
const WELL: Act[] = [300, SKY[0]!, 100, SKY[1]!, 100, SKY[2]!, END]
const CASES: [what: string, acts: Act[], outcome: Checked['outcome'], why: RegExp][] = [
  ['stalls', [SKY[0]!, 3_500, SKY[1]!, END], 'degraded', /^it stalls: 3\.5 s without a word/],
  ['begins late', [6_000, ...WELL], 'degraded', /^6\.3 s to the first token/],
  ['crawls', [SKY[0]!, 2_900, SKY[1]!, 2_900, 'more.', END], 'degraded', /tokens a second, fewer than 5$/],
  ['is cut for want of room', [SKY[0]!, { end: 'length' }], 'degraded', /^truncated after 8/],
  ['ends without an end', [SKY[0]!, SKY[1]!], 'bad', /^cut off after \d+/],
  ['is hung up on', [SKY[0]!, 4_000, 'hang up'], 'bad', /^it said nothing for 4\.0 s and broke off, after 8/],
  [
    'errs in the middle',
    [SKY[0]!, { error: 'The server had an error' }],
    'bad',
    /^an error after 8 tokens.*The server/,
  ],
  ['errs at once', [{ error: 'Overloaded' }], 'bad', /^an error before it said anything.*Overloaded/],
  ['refuses', ['I’m sorry, but I can’t help with that.', END], 'bad', /^it refuses to answer$/],
  ['is stopped by a filter', ['The', { end: 'filter' }], 'bad', /^it refuses to answer$/],
  [
    'speaks another language',
    ['Der Himmel ist blau, weil die Luft das Licht nicht gleich streut und es sich bricht.', END],
    'bad',
    /^it answers in de, not in en$/,
  ],
  [
    'writes another script',
    ['空が青いのは、空気が短い波長の光をより多く散乱させるからです。', END],
    'bad',
    /^it answers in ja/,
  ],
  ['says nothing', [END], 'bad', /^an empty answer$/],
]

describe.each([
  ['chat', chat],
  ['responses', responses],
] as const)('an assistant asked by %s', (api, say) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())
  const look = async (outside: ReturnType<typeof endpoint>, model = 'm-1', state?: unknown) => {
    await using probe = await ai.open({ ...settings, api, model }, outside.env)
    return probe.check(stop, state)
  }

  it('is well when it is', async () => {
    expect(await look(endpoint(say, () => WELL))).toMatchObject({ outcome: 'ok', figures: { firstTokenMs: 300 } })
  })
  it.each(CASES)('%s', async (_, acts, outcome, why) => {
    const found = await look(endpoint(say, () => acts))
    expect(found).toMatchObject({ outcome, why: expect.stringMatching(why) })
    expect(JSON.stringify(found)).not.toContain('hush')
  })
  it('is slow for one model, and well for the others', async () => {
    const outside = endpoint(say, model => (model === 'slow' ? [9_000, ...WELL] : WELL))
    const outcomes = []
    for (const model of ['fast', 'slow', 'other']) outcomes.push((await look(outside, model)).outcome)
    expect(outcomes).toEqual(['ok', 'degraded', 'ok'])
  })
  it('is asked no more once the budget is spent, whatever it answers', async () => {
    for (const acts of [
      WELL,
      [SKY[0]!, 'hang up'],
      [{ error: 'no' }],
      ['x'.repeat(300), { end: 'length' }],
    ] as Act[][]) {
      const outside = endpoint(say, () => acts)
      let state: unknown
      for (let i = 0; i < 60; i++)
        ({ state } = await look(outside, 'm-1', JSON.parse(JSON.stringify(state ?? null)) ?? undefined))
      // Never beyond the cap, were each answer as long as it may.
      expect((state as { tokens: number }).tokens).toBeLessThanOrEqual(settings.tokensPerDay!)
      expect(outside.asked.length).toBeLessThan(60)
    }
  })
})
