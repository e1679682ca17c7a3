import {
  type Checked,
  type Fetched,
  type Plugin,
  plugin,
  type PluginEnv,
  type Probe,
  type Stop,
} from '../../contract/plugin.js'
import { SECOND } from '../../contract/time.js'
import { EXPECTED, Expectation, type Expected, faultsOf } from '../shared/expect.js'
import { quoted } from '../shared/talk.js'
import { whyUnreachable } from '../shared/unreachable.js'
import { Budget, type Caps } from './ai/budget.js'
import { LANGUAGES, languageOf } from './ai/language.js'
import { chatPieces, errorOf, eventsOf, type Piece, refuses, responsePieces } from './ai/stream.js'

export interface AiConfig extends Pick<Expected, 'contains' | 'matches'> {
  model: string
  /** Without what the interface adds: `https://api.example/v1`. */
  url: string
  api: 'chat' | 'responses'
  key?: string
  headers?: Record<string, string>
  prompt: string
  /** Tokens of an answer at most. */
  maxTokens: number
  /** What the answer has to be in. */
  language?: string
  /** Degraded beyond: to the first piece of an answer, between two of them, and fewer tokens a second. */
  firstTokenSeconds: number
  stallSeconds: number
  tokensPerSecond: number
  tokensPerDay: number
  moneyPerDay?: number
  prices?: { input: number; output: number }
}

/** A token is about four characters of English; said high rather than low. */
const TOKEN_CHARS = 3
/** Bytes of an answer that is no stream. */
const REFUSAL_BYTES = 64 * 1024
/** Answers that say something of our account, and nothing of the service. */
const OURS = new Set([401, 402, 403])
/** Too few tokens to tell how many come a second. */
const RATE_TOKENS = 10

const tokensOf = (text: string): number => Math.ceil(text.length / TOKEN_CHARS)

/** What came of one answer. */
interface Heard {
  text: string
  refused: boolean
  end: string | null
  usage: { input: number; output: number } | null
  error: Extract<Piece, { is: 'error' }> | null
  /** Milliseconds from the question to the first piece, between the two that are furthest apart, and from first to last. */
  firstMs: number | null
  gapMs: number
  spanMs: number
  stalls: number
  /** It broke off, with why. */
  broken: string | null
}

class AiProbe implements Probe {
  private readonly budget: Budget
  private readonly expectation: Expectation

  constructor(
    private readonly config: AiConfig,
    private readonly env: PluginEnv,
  ) {
    const { tokensPerDay, moneyPerDay = null, prices = null } = config
    this.budget = new Budget({ tokensPerDay, moneyPerDay, prices } satisfies Caps)
    this.expectation = new Expectation(config)
  }

  async check(stop: Stop, state?: unknown): Promise<Checked> {
    const { prompt, maxTokens, model } = this.config
    const input = tokensOf(prompt)
    const spent = this.budget.spent(this.env.now(), state)
    const why = this.budget.whyNot(spent, input, maxTokens)
    const labels = { model }
    if (why !== null) return { outcome: 'unknown', why, labels, figures: { tokensToday: spent.tokens }, state: spent }
    const began = performance.now()
    let answer: Fetched
    try {
      answer = await this.ask(stop)
    } catch (error) {
      return { outcome: 'bad', why: whyUnreachable(error), labels }
    }
    if (!answer.ok || !/^text\/event-stream\b/i.test(answer.headers.get('content-type') ?? ''))
      return { ...(await this.refusal(answer)), labels, phases: answer.phases, state: spent }
    const heard = await this.hear(answer, began)
    const used = heard.usage ?? { input, output: tokensOf(heard.text) }
    // Whatever was said is paid for, also where it broke off.
    const now = this.budget.spend(used.input, used.output)
    const figures = { ...figuresOf(heard, used.output), tokensToday: now.tokens, moneyToday: now.money }
    return {
      ...this.judged(heard, figures.tokensPerSecond ?? null),
      figures,
      labels,
      phases: answer.phases,
      state: now,
    }
  }

  private ask(stop: Stop): Promise<Fetched> {
    const { url, api, key, headers = {}, model, prompt, maxTokens } = this.config
    const body =
      api === 'chat'
        ? {
            messages: [{ role: 'user', content: prompt }],
            max_tokens: maxTokens,
            stream_options: { include_usage: true },
          }
        : { input: prompt, max_output_tokens: maxTokens, store: false }
    return this.env.fetch(`${url.replace(/\/+$/, '')}/${api === 'chat' ? 'chat/completions' : 'responses'}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'accept-encoding': 'identity',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: JSON.stringify({ model, stream: true, ...body }),
      stream: true,
      signal: stop,
    })
  }

  /** An answer that is none of an assistant: a status, a page, or everything at once. */
  private async refusal(answer: Fetched): Promise<Checked> {
    let text = ''
    try {
      for await (const piece of answer.chunks()) {
        text += Buffer.from(piece).toString('utf8')
        if (text.length > REFUSAL_BYTES) break
      }
    } catch {
      // What there is of it says enough.
    }
    let error: ReturnType<typeof errorOf> = null
    try {
      error = errorOf(JSON.parse(text))
    } catch {
      // No JSON: a proxy's page, or half of it.
    }
    const said = error === null ? '' : `: ${quoted(error.message)}`
    const { status } = answer
    if (status === 429 && error?.code === 'insufficient_quota') return { outcome: 'unknown', why: `our account${said}` }
    if (OURS.has(status)) return { outcome: 'unknown', why: `it does not let us ask (${status})${said}` }
    if (status === 429) return { outcome: 'degraded', why: `it wants fewer questions (429)${said}` }
    if (!answer.ok) return { outcome: 'bad', why: `status ${status}${said}` }
    const isPage = /^\s*<(?:!doctype|html)/i.test(text)
    return { outcome: 'bad', why: isPage ? 'it answers with a web page' : `it answers, and not with a stream${said}` }
  }

  private async hear(answer: Fetched, began: number): Promise<Heard> {
    const heard: Heard = {
      text: '',
      refused: false,
      end: null,
      usage: null,
      error: null,
      firstMs: null,
      gapMs: 0,
      spanMs: 0,
      stalls: 0,
      broken: null,
    }
    const pieces = this.config.api === 'chat' ? chatPieces : responsePieces
    let last = began
    try {
      for await (const data of eventsOf(answer.chunks())) {
        if (data === '[DONE]') break
        for (const piece of pieces(JSON.parse(data))) {
          if (piece.is === 'text') last = this.note(heard, piece.text, began, last)
          else if (piece.is === 'refusal') heard.refused = true
          else if (piece.is === 'end') heard.end = piece.reason
          else if (piece.is === 'usage') heard.usage = piece
          else heard.error = piece
        }
        if (heard.error !== null) break
      }
    } catch (error) {
      // Stopped, or cut: what it had been doing until then is the better part of the answer.
      const waitedMs = performance.now() - last
      const seconds = (waitedMs / SECOND).toFixed(1)
      heard.broken =
        error instanceof SyntaxError ? 'its answer cannot be read' : `it said nothing for ${seconds} s and broke off`
    }
    return heard
  }

  /** A piece of text has come; gives the time of it. */
  private note(heard: Heard, text: string, began: number, last: number): number {
    const now = performance.now()
    if (heard.firstMs === null) heard.firstMs = now - began
    else {
      const gap = now - last
      heard.gapMs = Math.max(heard.gapMs, gap)
      heard.spanMs += gap
      if (gap > this.config.stallSeconds * SECOND) heard.stalls++
    }
    heard.text += text
    return now
  }

  private judged(heard: Heard, rate: number | null): Checked {
    const after = heard.text === '' ? 'before it said anything' : `after ${tokensOf(heard.text)} tokens or so`
    const bad = (why: string): Checked => ({ outcome: 'bad', why })
    const slow = (why: string): Checked => ({ outcome: 'degraded', why })
    if (heard.error !== null) return bad(`an error ${after}: ${quoted(heard.error.message)}`)
    if (heard.broken !== null) return bad(`${heard.broken}, ${after}`)
    if (heard.refused || heard.end === 'content_filter' || refuses(heard.text)) return bad('it refuses to answer')
    if (heard.end === null) return bad(`cut off ${after}`)
    if (heard.text.trim() === '') return bad('an empty answer')
    const language = this.config.language === undefined ? null : languageOf(heard.text)
    if (language !== null && language !== this.config.language)
      return bad(`it answers in ${language}, not in ${this.config.language}`)
    const why = this.expectation.whyNot(heard.text)
    if (why !== null) return bad(why)
    if (heard.end === 'length') return slow(`truncated ${after}`)
    const { firstTokenSeconds, stallSeconds, tokensPerSecond } = this.config
    if (heard.firstMs! > firstTokenSeconds * SECOND)
      return slow(`${(heard.firstMs! / SECOND).toFixed(1)} s to the first token, more than ${firstTokenSeconds}`)
    if (heard.stalls > 0)
      return slow(`it stalls: ${(heard.gapMs / SECOND).toFixed(1)} s without a word, more than ${stallSeconds}`)
    if (rate !== null && rate < tokensPerSecond)
      return slow(`${rate.toFixed(1)} tokens a second, fewer than ${tokensPerSecond}`)
    return { outcome: 'ok' }
  }

  async [Symbol.asyncDispose]() {}
}

function figuresOf(heard: Heard, output: number): Record<string, number> & { tokensPerSecond?: number } {
  const { firstMs, gapMs, spanMs, stalls } = heard
  return {
    tokens: output,
    stalls,
    longestGapMs: Math.round(gapMs),
    ...(firstMs === null ? {} : { firstTokenMs: Math.round(firstMs) }),
    // Some send everything at once: of that there is no rate.
    ...(output >= RATE_TOKENS && spanMs > 0 ? { tokensPerSecond: output / (spanMs / SECOND) } : {}),
  }
}

const ai: Plugin<'probe', AiConfig, Probe> = plugin({
  kind: 'probe',
  name: 'ai',
  summary:
    'asks an assistant by an interface like that of OpenAI, and looks at speed, stalls, cuts, refusals and language',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'url'],
    properties: {
      model: { type: 'string', minLength: 1, maxLength: 200 },
      url: { type: 'string', pattern: '^https?://' },
      api: { enum: ['chat', 'responses'], default: 'chat' },
      key: { type: 'string', minLength: 1, pattern: '^[!-~]+$', writeOnly: true },
      headers: { type: 'object', additionalProperties: { type: 'string', writeOnly: true } },
      prompt: {
        type: 'string',
        minLength: 1,
        maxLength: 10_000,
        default: 'In two short sentences: why is the sky blue? Answer in English.',
      },
      maxTokens: { type: 'integer', minimum: 16, maximum: 4_096, default: 200 },
      language: { enum: [...LANGUAGES] },
      contains: EXPECTED.contains,
      matches: EXPECTED.matches,
      firstTokenSeconds: { type: 'number', minimum: 0.05, maximum: 120, default: 5 },
      stallSeconds: { type: 'number', minimum: 0.05, maximum: 120, default: 3 },
      tokensPerSecond: { type: 'number', minimum: 0, maximum: 10_000, default: 5 },
      tokensPerDay: { type: 'integer', minimum: 1, default: 100_000 },
      moneyPerDay: { type: 'number', minimum: 0 },
      prices: {
        type: 'object',
        additionalProperties: false,
        required: ['input', 'output'],
        properties: { input: { type: 'number', minimum: 0 }, output: { type: 'number', minimum: 0 } },
      },
    },
  },
  check: config => [
    ...(URL.canParse(config.url)
      ? []
      : [{ path: 'url', rule: 'a whole address, such as https://api.example.org/v1', value: '(not shown)' }]),
    ...(config.moneyPerDay !== undefined && config.prices === undefined
      ? [{ path: 'prices', rule: 'prices, beside moneyPerDay', value: 'nothing' }]
      : []),
    ...faultsOf(config),
  ],
  open: async (config, env) => new AiProbe(config, env),
})
export default ai
