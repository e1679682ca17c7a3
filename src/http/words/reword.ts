import { hedgeOf, type Line } from '../../core/words/says.js'
import type { FetchInit, Fetched } from '../../contract/plugin.js'
import type { Language } from '../pages/strings.js'
import { hedgeFault } from './hedges.js'
import { lineText, type Sayer, slotText } from './say.js'

/** An endpoint that speaks OpenAI's chat completions. */
export interface Endpoint {
  url: string
  model: string
  key?: string
}

/** Words that join and are polite, and say nothing of an incident. */
const JOINING: Partial<Record<Language, string>> = {
  en: 'a an the of for to at in on by with and as is are was were be been has have had it this that these those we our us you your there here now currently right since from until between around about roughly approximately please sorry apologise apologize thank thanks patience team what which where who',
}
/** Words that turn a sentence into its opposite. */
const TURNING: Partial<Record<Language, RegExp>> = {
  en: /\b(?:not|no|never|nobody|none|nothing|without|neither|nor|cannot)\b|n['’]t\b/gi,
}
/** A rewording may be longer than what it is of by this. */
const LONGER = 1.6

/**
 * What is wrong with another wording of a sentence; null: it says the same. It has to have every fact of it once, in order, and
 * nothing else that a sentence could say: its words are those of our own sentence and words that join, its hedge is there,
 * and it turns nothing around. So a wording may be refused that a person would let pass, and none passes that says more.
 */
export function rewordFault(line: Line, text: string, sayer: Sayer): string | null {
  const { language } = sayer
  const joining = JOINING[language]
  const turning = TURNING[language]
  if (joining === undefined || turning === undefined) return `nothing is known of rewording in ${language}`
  const own = lineText(line, sayer)
  if (text.length > LONGER * own.length + 40) return 'it is much longer'
  let rest = ''
  let left = text
  for (const fact of inOrder(line, own, sayer)) {
    const at = left.indexOf(fact)
    if (at < 0) return `it lacks, or has at another place: ${fact}`
    rest += `${left.slice(0, at)} `
    left = left.slice(at + fact.length)
  }
  rest += left
  if (/\p{N}/u.test(rest)) return `it has a number that the record has not: ${rest.match(/\S*\p{N}\S*/u)?.[0]}`
  const fault = hedgeFault(rest, hedgeOf(line.say), language)
  if (fault !== null) return fault
  const ours = sayer.words.say[line.say].replace(/\{\w+\}/g, ' ')
  const count = (words: string) => words.match(turning)?.length ?? 0
  if (count(rest) !== count(ours)) return 'it says no where the sentence says yes, or the other way round'
  const known = new Set([...wordsOf(joining), ...wordsOf(ours)])
  const strange = wordsOf(rest).find(each => !known.has(each))
  return strange === undefined ? null : `it has a word that the sentence has not: ${strange}`
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/\p{L}+/gu) ?? []

/** The facts of a sentence as they are written, in the order in which our own wording has them. */
function inOrder(line: Line, own: string, sayer: Sayer): string[] {
  const template = sayer.words.say[line.say]
  return [...template.matchAll(/\{(\w+)\}/g)]
    .map(each => slotText(line.slots[each[1]!]!, sayer))
    .filter(each => own.includes(each))
}

export interface Reworded {
  texts: string[]
  /** Why the wording of the endpoint was not taken, for a person; null: it was. */
  refused: string | null
}

const ASKED =
  'You get a JSON array of sentences of a status update. Answer with a JSON array of as many strings: the same sentences, calmer and easier to read. Keep every number, name, place, time, quotation and every "suspected, not confirmed" or "not known" as it is and in its order. Add nothing.'
/** An answer is a few sentences. */
const REWORD_BYTES = 64 * 1024
/** A person waits for it. */
const REWORD_MS = 20_000

/** Asks an endpoint for another wording; where one sentence of it says something else, all stay as they are. */
export async function reworded(
  lines: readonly Line[],
  sayer: Sayer,
  { url, model, key }: Endpoint,
  fetch: (url: string, init?: FetchInit) => Promise<Fetched>,
): Promise<Reworded> {
  const own = lines.map(each => lineText(each, sayer))
  const refuse = (why: string): Reworded => ({ texts: own, refused: why })
  let answer: unknown
  try {
    const reply = await fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({
        ...{ model, temperature: 0 },
        messages: [
          { role: 'system', content: ASKED },
          { role: 'user', content: JSON.stringify(own) },
        ],
      }),
      ...{ maxBytes: REWORD_BYTES, timeoutMs: REWORD_MS },
    })
    if (!reply.ok) return refuse(`it answered ${reply.status}`)
    const told = JSON.parse(await reply.text()) as { choices?: { message?: { content?: unknown } }[] }
    answer = JSON.parse(String(told.choices?.[0]?.message?.content))
  } catch (error) {
    return refuse(error instanceof SyntaxError ? 'its answer is no list of sentences' : 'it could not be reached')
  }
  if (!Array.isArray(answer) || answer.length !== lines.length || answer.some(each => typeof each !== 'string'))
    return refuse('its answer is no list of as many sentences')
  for (const [i, line] of lines.entries()) {
    const fault = rewordFault(line, answer[i] as string, sayer)
    if (fault !== null) return refuse(`sentence ${i + 1}: ${fault}`)
  }
  return { texts: answer as string[], refused: null }
}
