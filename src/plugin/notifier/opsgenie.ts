import { createHash } from 'node:crypto'
import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { bounded, cut, linksOf, plainText } from '../shared/message.js'
import { byStatus, fieldOf, JSON_HEADERS, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings {
  /** Of an API integration; keys of the account cannot close alerts. */
  key: string
  url: string
  /** Names of teams that are woken; as the integration has it, if not given. */
  teams: string[]
}

/** Characters and counts that Opsgenie takes; all keys and values of details together 8,000. */
const MOST = {
  message: 130,
  alias: 512,
  description: 15_000,
  note: 25_000,
  source: 100,
  entity: 512,
  tag: 50,
  detail: 300,
  details: 10,
}

const PRIORITIES: Record<Message['severity'], 'P1' | 'P2' | 'P3'> = { minor: 'P3', major: 'P2', critical: 'P1' }

function judge(answer: PostAnswer): Judgement {
  return { is: byStatus(answer), why: fieldOf(answer.json, 'message') }
}

/** The same for all messages of an incident. */
export function aliasOf(incident: string): string {
  const alias = `epicenter/${incident}`
  return alias.length <= MOST.alias ? alias : `epicenter/${createHash('sha256').update(incident).digest('hex')}`
}

/** A new alert; one that is open under the same alias counts it and stays one. */
export function opsgenieAlert(delivery: Pick<Delivery, 'message' | 'event' | 'title'>, teams: readonly string[]) {
  const { event, title } = delivery
  const message = bounded(delivery.message)
  const details = [
    ...message.facts.slice(0, MOST.details).map(({ label, text }) => [label, cut(text, MOST.detail)] as const),
    ...linksOf(message).map(({ words, url }) => [words, cut(url, MOST.detail)] as const),
  ]
  return {
    message: cut(message.subject, MOST.message),
    alias: aliasOf(event.incident),
    description: plainText(message, MOST.description),
    priority: PRIORITIES[message.severity],
    source: 'Epicenter',
    entity: cut(title, MOST.entity),
    tags: [cut(event.service, MOST.tag), message.severity, message.kind],
    details: Object.fromEntries(details),
    ...(teams.length === 0 ? {} : { responders: teams.map(name => ({ name, type: 'team' as const })) }),
  }
}

class Opsgenie implements Notifier {
  constructor(
    private readonly post: Post,
    private readonly settings: Settings,
  ) {}

  async tell(delivery: Delivery): Promise<Answered> {
    const { state, acknowledged } = delivery.message
    if (state === 'resolved') return said(await this.act(delivery, 'close'))
    const answer = await this.send('', opsgenieAlert(delivery, this.settings.teams))
    if (delivery.test === true) await this.act(delivery, 'close')
    else if (acknowledged !== null && state !== 'reopened') await this.act(delivery, 'acknowledge')
    return said(answer)
  }

  private act({ message, event }: Delivery, action: 'close' | 'acknowledge'): Promise<PostAnswer> {
    const note = cut(`${cut(message.subject, 500)}\n${plainText(bounded(message), MOST.note - 1_000)}`, MOST.note)
    const source = cut('Epicenter', MOST.source)
    return this.send(`/${encodeURIComponent(aliasOf(event.incident))}/${action}?identifierType=alias`, { note, source })
  }

  private send(path: string, body: object): Promise<PostAnswer> {
    const { url, key } = this.settings
    const headers = { ...JSON_HEADERS, authorization: `GenieKey ${key}` }
    return this.post.send(`${url}/v2/alerts${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const said = (answer: PostAnswer): Answered => ({ said: saidOf(answer, fieldOf(answer.json, 'requestId')) })

const opsgenie: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'opsgenie',
  summary: 'an alert of Opsgenie that is opened, acknowledged and closed with our incident',
  config: {
    type: 'object',
    required: ['key'],
    additionalProperties: false,
    properties: {
      key: { type: 'string', minLength: 20, maxLength: 100, writeOnly: true },
      url: { type: 'string', pattern: '^https?://[^?#]*[^/?#]$', default: 'https://api.opsgenie.com' },
      teams: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 100 }, maxItems: 50, default: [] },
    },
  },
  async open(settings, env): Promise<Notifier> {
    return new Opsgenie(new Post({ receiver: 'Opsgenie', env, secrets: [settings.key], judge }), settings)
  },
})
export default opsgenie
