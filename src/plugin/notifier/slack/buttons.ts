import { createHmac } from 'node:crypto'
import type { Heard, Pressed } from '../../../contract/notifier.js'
import type { PluginEnv } from '../../../contract/plugin.js'
import type { Received } from '../../../contract/received.js'
import { isSame, SECRET } from '../../shared/secret.js'

export interface Interactive {
  /** Of the app, on its page Basic Information. */
  signingSecret: string
  /** Who may press: ids of Slack's users with the names by which they sign in here. */
  people: Readonly<Record<string, string>>
}

export const INTERACTIVE = {
  type: 'object',
  additionalProperties: false,
  required: ['signingSecret', 'people'],
  properties: {
    signingSecret: SECRET,
    people: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1_000,
      propertyNames: { pattern: '^[UW][A-Z0-9]{1,30}$' },
      additionalProperties: { type: 'string', minLength: 1, maxLength: 60 },
    },
  },
} as const

/** `action_id` of the button that acknowledges. */
export const ACK = 'acknowledge'

/** A request that was signed longer ago, or so much later than now, is refused: Slack's own five minutes. */
const SIGNED_MS = 5 * 60_000
/** Requests of those minutes that are remembered, 100 bytes each; beyond, the eldest are forgotten and tell who presses no more than that it is acknowledged. */
const PRESSES_REMEMBERED = 10_000
/** Blocks that a message has at most. */
const BLOCKS_MOST = 50
/** An answer to who pressed is waited for so long. */
const ANSWER_MS = 10_000
/** Characters of a text of ours within a block. */
const SECTION_CHARS = 3_000

/** Where answers go: the signed request names it, and it is Slack's all the same. */
const ANSWERS_AT = /^https:\/\/hooks\.slack(?:-gov)?\.com\/actions\/[\w/%.-]{1,500}$/

type Fields = Record<string, unknown>
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const refused = (status: number, rule: string, message: string, value?: string): Heard => ({
  refused: { status, rule: `slack.${rule}`, message, ...(value === undefined ? {} : { value: value.slice(0, 80) }) },
})

/**
 * Reads what Slack sends when somebody presses a button (`block_actions`) and answers it. Signatures are of version 0: HMAC over
 * time and body.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export class Buttons {
  /** Signatures that were taken, with when they are too old anyway; the eldest first. */
  private readonly seen = new Map<string, number>()
  private readonly answering = new Set<Promise<void>>()

  /** @param api another place of Slack's API, which answers are then sent to as well; null: Slack's own */
  constructor(
    private readonly settings: Interactive,
    private readonly env: Pick<PluginEnv, 'fetch' | 'now' | 'log'>,
    private readonly api: string | null,
  ) {}

  hears(request: Received): Heard {
    const fault = this.signed(request)
    if (fault !== null) return fault
    const payload = payloadOf(request.body)
    if (payload === null) return refused(400, 'payload', 'the form has a field `payload` with a JSON object')
    const action = listOf(payload['actions']).find(each => each['action_id'] === ACK)
    // A button that opens a page is told of as well, and so is all that others put under the app.
    if (payload['type'] !== 'block_actions' || action === undefined) return { nothing: 'no button of ours' }
    const user = textOf(fieldsOf(payload['user'])['id'])
    const [incident, answerTo] = [textOf(action['value']), textOf(payload['response_url'])]
    if (user === '' || incident === '')
      return refused(400, 'payload', 'it names who pressed, and an incident in `value`')
    if (!this.isSlacks(answerTo)) return refused(400, 'response_url', 'answers go to Slack alone', originOf(answerTo))
    const { people } = this.settings
    const say = (body: object): Promise<void> => this.answer(answerTo, body)
    const pressed: Pressed = {
      ...{ verb: 'ack', incident, who: `Slack's user ${user}`, why: `pressed in Slack by ${user}` },
      person: Object.hasOwn(people, user) ? (people[user] as string) : null,
      tell: text => say({ response_type: 'ephemeral', replace_original: false, text: escapedText(text) }),
      show: text => say(shown(fieldsOf(payload['message']), escapedText(text))),
    }
    return { pressed }
  }

  /** Resolves when nobody waits for an answer any more. */
  async idle(): Promise<void> {
    await Promise.all(this.answering)
  }

  /** Null where Slack signed it, lately and for the first time. */
  private signed({ headers, body }: Received): Heard | null {
    const [shown = '', stamp = ''] = [headers['x-slack-signature'], headers['x-slack-request-timestamp']]
    const hmac = createHmac('sha256', this.settings.signingSecret).update(`v0:${stamp}:`).update(body).digest('hex')
    if (!/^\d{1,12}$/.test(stamp) || !isSame(shown, `v0=${hmac}`))
      return refused(401, 'signature', 'X-Slack-Signature is not the one of this body and time')
    const now = this.env.now()
    if (Math.abs(now - Number(stamp) * 1_000) > SIGNED_MS)
      return refused(401, 'time', 'it was signed more than five minutes from now; is the clock right?', stamp)
    for (const [each, until] of this.seen) {
      if (until > now && this.seen.size < PRESSES_REMEMBERED) break
      this.seen.delete(each)
    }
    if (this.seen.has(shown)) return refused(409, 'replay', 'this request was here before')
    // What is ahead of our clock stays valid for longer.
    this.seen.set(shown, Math.max(now, Number(stamp) * 1_000) + SIGNED_MS)
    return null
  }

  private isSlacks(url: string): boolean {
    if (this.api === null) return ANSWERS_AT.test(url)
    return originOf(url) === originOf(this.api) && originOf(url) !== ''
  }

  private answer(url: string, body: object): Promise<void> {
    const work = this.send(url, body).finally(() => this.answering.delete(work))
    this.answering.add(work)
    return work
  }

  private async send(url: string, body: object): Promise<void> {
    try {
      const { status, ok } = await this.env.fetch(url, {
        ...{ method: 'POST', timeoutMs: ANSWER_MS, body: JSON.stringify(body) },
        headers: { 'content-type': 'application/json; charset=utf-8' },
      })
      if (!ok) this.env.log('warn', 'who pressed a button could not be answered', { status })
    } catch (error) {
      // The address is a key to the conversation: only the reason is said.
      const { name, code } = error as { name: string; code?: string }
      this.env.log('warn', 'who pressed a button could not be answered', { why: code ?? name })
    }
  }
}

function payloadOf(body: Uint8Array): Fields | null {
  try {
    const text = new URLSearchParams(Buffer.from(body).toString('utf8')).get('payload')
    const value: unknown = text === null ? null : JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
  } catch {
    return null
  }
}

function originOf(url: string): string {
  try {
    return new URL(url).origin
  } catch {
    return ''
  }
}

/** As Slack wants text: three characters that begin markup of its own. */
const escapedText = (text: string): string =>
  text
    .slice(0, SECTION_CHARS / 6)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

/** The message as it came, with who has it in place of the button. Without its blocks the thread is told. */
function shown(message: Fields, text: string): object {
  const blocks = listOf(message['blocks'])
  if (blocks.length === 0)
    return {
      ...{ response_type: 'in_channel', replace_original: false, text },
      ...(typeof message['ts'] === 'string' ? { thread_ts: message['thread_ts'] ?? message['ts'] } : {}),
    }
  const left = blocks.flatMap(block => {
    if (block['type'] !== 'actions') return [block]
    const elements = listOf(block['elements']).filter(each => each['action_id'] !== ACK)
    return elements.length === 0 ? [] : [{ ...block, elements }]
  })
  const says = { type: 'section', text: { type: 'mrkdwn', text } }
  return { replace_original: true, text: textOf(message['text']), blocks: [...left.slice(0, BLOCKS_MOST - 1), says] }
}
