// What an assistant says, piece by piece: server-sent events of the two kinds of interfaces there are, as plain words.

export type Piece =
  | { is: 'text'; text: string }
  | { is: 'refusal' }
  /** `reason`: `stop`, `length`, `content_filter`, … */
  | { is: 'end'; reason: string }
  | { is: 'usage'; input: number; output: number }
  | { is: 'error'; message: string; code: string }

/** Characters of one event; more is no answer of an assistant. */
const EVENT_CHARS = 1024 * 1024

/** The data of each event (HTML, 9.2), as they come. @throws Error where an event has no end */
export async function* eventsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split(/\r\n|\n|\r(?=.)/)
    rest = lines.pop()!
    if (rest.length > EVENT_CHARS) throw new Error('an event of its answer does not end')
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
      } else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
    }
  }
  if (data.length > 0) yield data.join('\n')
}

type Json = Record<string, unknown>
const of = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const count = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : 0)

/** An error as either of them writes it; null: it is none. */
export function errorOf(event: unknown): Extract<Piece, { is: 'error' }> | null {
  const { error, type } = of(event)
  const inner = type === 'error' && error === undefined ? of(event) : of(error)
  const isError = type === 'error' || (error !== undefined && error !== null)
  if (!isError) return null
  const message = text(inner['message']) || text(error) || 'it does not say why'
  return { is: 'error', message, code: String(inner['code'] ?? inner['type'] ?? '') }
}

/** Of `chat/completions`, streamed. */
export function chatPieces(event: unknown): Piece[] {
  const error = errorOf(event)
  if (error !== null) return [error]
  const { choices, usage } = of(event)
  const pieces: Piece[] = []
  const choice = of(Array.isArray(choices) ? choices[0] : undefined)
  const delta = of(choice['delta'] ?? choice['message'])
  if (text(delta['refusal']) !== '') pieces.push({ is: 'refusal' })
  if (text(delta['content']) !== '') pieces.push({ is: 'text', text: text(delta['content']) })
  if (text(choice['finish_reason']) !== '') pieces.push({ is: 'end', reason: text(choice['finish_reason']) })
  const used = of(usage)
  if (used['completion_tokens'] !== undefined)
    pieces.push({ is: 'usage', input: count(used['prompt_tokens']), output: count(used['completion_tokens']) })
  return pieces
}

/** Of `responses`, streamed. */
export function responsePieces(event: unknown): Piece[] {
  const error = errorOf(event)
  if (error !== null) return [error]
  const { type, delta, response } = of(event)
  const whole = of(response)
  const pieces: Piece[] = []
  if (type === 'response.output_text.delta') pieces.push({ is: 'text', text: text(delta) })
  if (type === 'response.refusal.delta') pieces.push({ is: 'refusal' })
  const used = of(whole['usage'])
  if (used['output_tokens'] !== undefined)
    pieces.push({ is: 'usage', input: count(used['input_tokens']), output: count(used['output_tokens']) })
  if (type === 'response.completed') pieces.push({ is: 'end', reason: 'stop' })
  if (type === 'response.incomplete') {
    const reason = text(of(whole['incomplete_details'])['reason'])
    pieces.push({ is: 'end', reason: reason === 'max_output_tokens' ? 'length' : reason || 'incomplete' })
  }
  if (type === 'response.failed') {
    const failed = of(whole['error'])
    pieces.push({ is: 'error', message: text(failed['message']) || 'it does not say why', code: text(failed['code']) })
  }
  return pieces
}

/** How an assistant says that it will not, at the beginning of its answer; typographic apostrophes as plain ones. */
const REFUSALS = [
  "i'm sorry, but i can",
  'i am sorry, but i can',
  "i'm sorry, i can",
  "sorry, but i can't",
  "i can't help",
  'i cannot help',
  "i can't assist",
  'i cannot assist',
  "i'm unable to",
  'i am unable to',
  "i won't be able to",
  'as an ai language model, i can',
  'lo siento, pero no puedo',
  'desculpe, mas não posso',
  'je suis désolé, mais je ne peux pas',
  'je ne peux pas vous aider',
  'es tut mir leid, aber ich kann',
  'dabei kann ich nicht helfen',
  'maaf, saya tidak bisa',
  '申し訳ありませんが',
  '抱歉，我',
  '对不起，我',
  'عذرًا، لا أستطيع',
  'क्षमा करें, मैं',
]

/** Whether a text begins as a refusal does. */
export function refuses(said: string): boolean {
  const start = said.trimStart().toLowerCase().replaceAll('’', "'")
  return REFUSALS.some(each => start.startsWith(each))
}
