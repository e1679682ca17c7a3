import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Fault, type Plugin, plugin } from '../../contract/plugin.js'
import { AUDIENCE, cut, escaped, factsFor, type ForWhom, isTeam, linesWithin, linksOf } from '../shared/message.js'
import { ACK, Buttons, INTERACTIVE, type Interactive } from './slack/buttons.js'
import { fieldOf, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings extends ForWhom {
  /** An incoming webhook: no threads. */
  url?: string
  /** A bot token with the scope chat:write, and the channel that it was invited to: one thread an incident. */
  token?: string
  channel?: string
  /** Where Slack's API is; another for tests and proxies. */
  api: string
  /** Buttons under messages; absent: links alone. */
  interactive?: Interactive
}

const SLACK_API = 'https://slack.com/api'
/** Characters and counts that Slack’s Block Kit takes. */
const MOST = { header: 150, section: 3_000, field: 2_000, fields: 10, text: 3_000 }

/** Errors by which Slack will never take a message there again. Others of its words are about the message or pass. */
const GONE = new Set([
  'account_inactive',
  'channel_not_found',
  'is_archived',
  'channel_is_archived',
  'no_service',
  'no_team',
  'team_disabled',
  'token_revoked',
  'action_prohibited',
])
const WRONG = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_payload',
  'msg_too_long',
  'no_text',
  'too_many_attachments',
])
/** Its own trouble: to be tried again. */
const LATER = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'rollup_error',
])

/** The API answers 200 with `ok: false`, a webhook with a word as plain text. */
function judge({ status, json, text }: PostAnswer): Judgement | undefined {
  const why = fieldOf(json, 'error') ?? (json === undefined && /^[a-z_]{3,40}$/.test(text) ? text : undefined)
  if ((json as { ok?: boolean } | undefined)?.ok === true) return { is: 'taken' }
  if (why === undefined || status === 429 || status >= 500) return undefined
  if (GONE.has(why)) return { is: 'gone', why }
  if (WRONG.has(why)) return { is: 'wrong', why }
  // What is about token and scopes can be mended while the message waits.
  return { is: LATER.has(why) || status === 200 ? 'later' : 'wrong', why }
}

/** A message as blocks, with its text for notifications and readers of screens. */
export function slackMessage(
  { message, event, test }: Pick<Delivery, 'message' | 'event' | 'test'>,
  team: boolean,
  asks = false,
) {
  const { subject, says } = message
  // Escaping makes a character six at most.
  const said = linesWithin(
    says.map(each => escaped(cut(each, MOST.section / 6))),
    MOST.section,
  )
  const fields = factsFor(message, team).slice(0, MOST.fields)
  const links = linksOf(message, team)
  // Of what is over, has somebody, or is a trial there is nothing to take.
  const open = message.state !== 'resolved' && message.acknowledged === null && test !== true
  const elements = [...(asks && open ? [ackButton(message, event.incident)] : []), ...links.map(linkButton)]
  const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } })
  return {
    text: escaped(cut(subject, MOST.text / 6)),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      {
        type: 'header' as const,
        text: { type: 'plain_text' as const, text: cut(subject, MOST.header), emoji: false },
      },
      ...(said === '' ? [] : [section(said)]),
      ...(fields.length === 0
        ? []
        : [
            {
              type: 'section' as const,
              fields: fields.map(({ label, text }) => ({
                type: 'mrkdwn' as const,
                text: cutMarkup(`*${escaped(cut(label, 100))}*\n`, text),
              })),
            },
          ]),
      ...(elements.length === 0 ? [] : [{ type: 'actions' as const, elements }]),
      {
        type: 'context' as const,
        elements: [{ type: 'plain_text' as const, text: cut(`${event.incident} · ${event.at}`, 300), emoji: false }],
      },
    ],
  }
}

const linkButton = ({ words, url }: { words: string; url: string }, i: number) => ({
  type: 'button' as const,
  action_id: `open_${i}`,
  text: { type: 'plain_text' as const, text: cut(words, 75), emoji: false },
  url: cut(url, 3_000),
})

const ackButton = ({ words }: Message, incident: string) => ({
  ...{ type: 'button' as const, action_id: ACK, style: 'primary' as const, value: incident },
  text: { type: 'plain_text' as const, text: cut(words.ack, 75), emoji: false },
})

/** The longest beginning whose markup still fits. */
function cutMarkup(head: string, text: string): string {
  let room = MOST.field - head.length
  let body = escaped(cut(text, room))
  while (body.length + head.length > MOST.field)
    body = escaped(cut(text, (room -= body.length + head.length - MOST.field)))
  return head + body
}

/** What a channel is told although it stands in a thread. */
const LOUD: ReadonlySet<Message['state']> = new Set(['resolved', 'reopened'])

class Slack implements Notifier {
  constructor(
    private readonly post: Post,
    private readonly settings: Settings,
    private readonly buttons: Buttons | null,
  ) {}

  /** Present where there are buttons. */
  get hears(): Notifier['hears'] {
    const { buttons } = this
    return buttons === null ? undefined : request => buttons.hears(request)
  }

  async tell(delivery: Delivery): Promise<Answered> {
    const { url, token, channel, api } = this.settings
    const body = slackMessage(delivery, isTeam(this.settings), this.buttons !== null)
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    if (url !== undefined) {
      const answer = await this.post.send(url, { method: 'POST', headers, body: JSON.stringify(body) })
      return { said: saidOf(answer, this.post.clean(answer.text)) }
    }
    const { thread, message } = delivery
    const threaded = thread === undefined ? {} : { thread_ts: thread, reply_broadcast: LOUD.has(message.state) }
    const answer = await this.post.send(`${api}/chat.postMessage`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${token}` },
      body: JSON.stringify({ channel, ...body, ...threaded }),
    })
    const ts = fieldOf(answer.json, 'ts')
    return { said: saidOf(answer, ts), ...(thread === undefined && ts !== undefined ? { thread: ts } : {}) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.buttons?.idle()
  }
}

/** One of two ways, whole. */
function faultsOf({ url, token, channel, interactive, audience }: Settings): Fault[] {
  if (url !== undefined && (token !== undefined || channel !== undefined))
    return [{ path: 'url', rule: 'either url, or token and channel', value: 'both' }]
  if (url === undefined && (token === undefined || channel === undefined))
    return [{ path: token === undefined ? 'token' : 'channel', rule: 'url, or token and channel', value: 'nothing' }]
  if (interactive !== undefined && audience === 'public')
    return [{ path: 'interactive', rule: 'buttons are for the team: not with audience public', value: 'public' }]
  return []
}

const slack: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'slack',
  summary: 'a message in a Slack channel, one thread an incident',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      url: { type: 'string', pattern: '^https://', writeOnly: true },
      token: { type: 'string', pattern: '^xox[a-z]-', writeOnly: true },
      channel: { type: 'string', minLength: 1, maxLength: 100 },
      api: { type: 'string', pattern: '^https?://[^?#]*[^/?#]$', default: SLACK_API },
      interactive: INTERACTIVE,
      ...AUDIENCE,
    },
  },
  check: faultsOf,
  subscribers: {
    channel: 'slack',
    // Whoever has this address was given it by the channel's own people.
    addressIn: text =>
      /^https:\/\/hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[\w/-]{1,200}$/.test(text) ? text : null,
    settings: ({ address }) => ({ url: address, api: SLACK_API, audience: 'public' }),
  },
  async open(settings, env): Promise<Notifier> {
    const secrets = [settings.token ?? '', settings.url ?? '']
    const { interactive, api } = settings
    const buttons = interactive === undefined ? null : new Buttons(interactive, env, api === SLACK_API ? null : api)
    return new Slack(new Post({ receiver: 'Slack', env, secrets, judge }), settings, buttons)
  },
})
export default slack
