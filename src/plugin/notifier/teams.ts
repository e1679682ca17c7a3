import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { AUDIENCE, bounded, cut, factsFor, type ForWhom, isTeam, linesWithin, linksOf } from '../shared/message.js'
import { JSON_HEADERS, Post, saidOf } from '../shared/post.js'

interface Settings extends ForWhom {
  url: string
}

/** Bytes of a whole message, about 28 KB, and characters and counts of its parts, which are halved until it fits. */
const MOST = { bytes: 28_000, title: 300, says: 3_000, facts: 10, fact: 300 }

const COLOURS: Record<Message['severity'], 'Warning' | 'Attention'> = {
  minor: 'Warning',
  major: 'Attention',
  critical: 'Attention',
}

/** The card, cut by halves until the whole message fits. */
export function teamsMessage(delivery: Pick<Delivery, 'message'>, team: boolean) {
  for (let part = 1; ; part /= 2) {
    const made = { type: 'message' as const, attachments: [attachment(bounded(delivery.message), team, part)] }
    if (part < 0.1 || Buffer.byteLength(JSON.stringify(made)) <= MOST.bytes) return made
  }
}

const attachment = (message: Message, team: boolean, part: number) => ({
  contentType: 'application/vnd.microsoft.card.adaptive' as const,
  contentUrl: null,
  content: card(message, team, part),
})

function card(message: Message, team: boolean, part: number) {
  const said = linesWithin(message.says.map(plain), MOST.says * part)
  const facts = factsFor(message, team)
    .slice(0, MOST.facts)
    .map(({ label, text }) => ({ title: plain(label), value: cut(plain(text), MOST.fact * part) }))
  const over = message.state === 'resolved' || message.state === 'note'
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard' as const,
    version: '1.4',
    ...(message.direction === 'rtl' ? { rtl: true } : {}),
    msteams: { width: 'Full' },
    body: [
      {
        type: 'TextBlock' as const,
        size: 'Large' as const,
        weight: 'Bolder' as const,
        wrap: true,
        color: over ? ('Good' as const) : COLOURS[message.severity],
        text: plain(cut(message.subject, MOST.title * part)),
      },
      ...(said === '' ? [] : [{ type: 'TextBlock' as const, wrap: true, text: said.replaceAll('\n', '\n\n') }]),
      ...(facts.length === 0 ? [] : [{ type: 'FactSet' as const, facts }]),
    ],
    actions: linksOf(message, team).map(({ words, url }) => ({
      type: 'Action.OpenUrl' as const,
      title: words,
      url: cut(url, 1_000),
    })),
  }
}

/** A card's text is Markdown of a kind: names that others wrote make no links and no lists in it. */
const plain = (text: string): string => text.replace(/[\\*_[\]]/g, '\\$&').replace(/^(\d+)\. /, '$1\\. ')

const teams: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'teams',
  summary: 'an adaptive card in a channel or chat of Microsoft Teams, by a Workflows webhook',
  config: {
    type: 'object',
    required: ['url'],
    additionalProperties: false,
    properties: { url: { type: 'string', pattern: '^https://', writeOnly: true }, ...AUDIENCE },
  },
  async open(settings, env): Promise<Notifier> {
    const post = new Post({ receiver: 'Teams', env, secrets: [settings.url] })
    return {
      async tell(delivery: Delivery): Promise<Answered> {
        const body = JSON.stringify(teamsMessage(delivery, isTeam(settings)))
        return { said: saidOf(await post.send(settings.url, { method: 'POST', headers: JSON_HEADERS, body })) }
      },
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default teams
