import { randomBytes } from 'node:crypto'
import type { Reply } from '../net.js'
import { sleep } from '../net.js'
import { type Product, shareOf } from '../plan.js'

// What each product answers, in the shape that such a product has. All of it is made from the question: the same to the same.

const WORDS = 'the quick answer to that is a short one and here it comes word by word as it was asked for'.split(' ')
/** Between two tokens of an answer. */
const TOKEN_MS = 8

/** What a model would say: the same to the same question. */
export function* tokens(text: string): Generator<string> {
  const n = 4 + Math.floor(shareOf(text) * 12)
  for (let i = 0; i < n; i++) yield `${i === 0 ? '' : ' '}${WORDS[Math.floor(shareOf(`${text}${i}`) * WORDS.length)]}`
}

interface ChatRequest {
  model: string
  stream: boolean
  messages: { role: string; content: string }[]
}

/** A request to `POST /v1/chat/completions`, or what is wrong with it. */
export function chatRequest(body: string): ChatRequest | string {
  let asked: Partial<ChatRequest>
  try {
    asked = JSON.parse(body) as Partial<ChatRequest>
  } catch {
    return 'the body is no JSON'
  }
  const { model, messages, stream = false } = asked
  if (typeof model !== 'string') return 'model: a name is expected'
  if (!Array.isArray(messages) || messages.some(each => typeof each?.content !== 'string'))
    return 'messages: a list of { role, content } is expected'
  return { model, messages, stream }
}

const error = (status: number, message: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: { message, type: status === 400 ? 'invalid_request_error' : 'server_error' } }),
})

/** As OpenAI's API answers: one object, or chunks as events that come token by token. */
export function chat(body: string, tokenMs = TOKEN_MS): Reply {
  const asked = chatRequest(body)
  if (typeof asked === 'string') return error(400, asked)
  const text = asked.messages.map(each => each.content).join('\n')
  const said = [...tokens(text)]
  const head = { id: `chatcmpl-${Math.floor(shareOf(text) * 2 ** 32).toString(36)}`, created: 0, model: asked.model }
  if (!asked.stream) {
    const message = { role: 'assistant', content: said.join('') }
    const usage = { prompt_tokens: text.split(' ').length, completion_tokens: said.length }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    return json({ ...head, object: 'chat.completion', choices, usage })
  }
  const chunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  async function* pieces() {
    yield chunk({ role: 'assistant', content: '' }, null)
    for (const content of said) {
      if (tokenMs > 0) await sleep(tokenMs)
      yield chunk({ content }, null)
    }
    yield chunk({}, 'stop')
    yield 'data: [DONE]\n\n'
  }
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, pieces: pieces() }
}

const json = (value: object): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
const few = (body: string, what: string): string[] =>
  Array.from({ length: 3 }, (_, i) => `${what} ${Math.floor(shareOf(`${body}${what}${i}`) * 1_000)}`)

/** A second of silence, as a WAV of eight bits. */
function wav(): string {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0).toString()
  head.writeUInt32LE(36 + 800, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(8_000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(800, 40)
  return Buffer.concat([head, Buffer.alloc(800, 128)]).toString('base64')
}

const ANSWERS: Record<string, (body: string) => Reply> = {
  conversations: body => chat(body),
  login: () => json({ access_token: randomBytes(16).toString('hex'), token_type: 'Bearer', expires_in: 600 }),
  'file-uploads': body => json({ id: `file-${Math.floor(shareOf(body) * 1e9)}`, object: 'file', bytes: body.length }),
  search: body => json({ results: few(body, 'page').map(title => ({ title, url: `https://example.org/${title}` })) }),
  voice: () => json({ format: 'wav', audio: wav() }),
  images: body => {
    const hue = Math.floor(shareOf(body) * 360)
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="hsl(${hue} 50% 50%)"/></svg>`
    return json({ data: [{ b64_json: Buffer.from(svg).toString('base64'), mime: 'image/svg+xml' }] })
  },
  atlas: body => json({ page: 'about:blank', summary: [...tokens(body)].join('') }),
  'deep-research': body =>
    json({ report: [...tokens(body), ...tokens(`${body}2`)].join(''), sources: few(body, 'source') }),
  agent: body => json({ steps: few(body, 'step').map(action => ({ action, done: true })) }),
  connectors: () => json({ connectors: ['mail', 'calendar', 'drive'].map(id => ({ id, connected: true })) }),
  codex: body =>
    json({
      patch: few(body, 'line')
        .map(line => `+ // ${line}`)
        .join('\n'),
    }),
}

export const answerOf = ({ id }: Product, body: string): Reply => ANSWERS[id]!(body)
export const PRODUCTS_ANSWERED = Object.keys(ANSWERS)
