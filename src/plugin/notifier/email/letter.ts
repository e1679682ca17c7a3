import { createHash } from 'node:crypto'
import type { Delivery, Message } from '../../../contract/notifier.js'
import { bounded, cut, escaped, factsFor, linksOf, plainText } from '../../shared/message.js'

/** What a letter is made of, beside who gets it. */
export interface LetterSettings {
  /** Its mailbox, as `status@example.com` or `Shop <status@example.com>`. */
  from: string
  team: boolean
  /** For a list: where one of its readers is taken off it, for this reader; null where it is none. */
  unsubscribe: string | null
  /** Where this reader chooses what they hear of. */
  manage?: { words: string; url: string } | null
}

export interface Letter {
  subject: string
  text: string
  html: string
  messageId: string
  /** Of a letter about one incident. */
  inReplyTo?: string
  references?: string[]
  date: Date
  headers: Record<string, string>
  /** Parts are divided by the same line each time that it is sent. */
  baseBoundary: string
}

/** Characters and counts: of a letter beyond about 100 KB some mail programs show the beginning alone. */
const MOST = { plain: 12_000, facts: 12, fact: 400, steps: 12, incidents: 20 }

/** The domain of a mailbox: ids of letters are under it. */
export const domainOf = (from: string): string => /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1] ?? 'localhost'

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24)

/** An id of RFC 5322: letters that are sent again have the same, so that mail programs show them once. */
function idOf(text: string, domain: string): string {
  const plain = /^[A-Za-z0-9][A-Za-z0-9._-]{0,150}$/.test(text) && !/\.\.|\.$/.test(text)
  return `<${plain ? text : `${text.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 60)}-${short(text)}`}@${domain}>`
}

/**
 * A letter about one event. All letters of an incident refer to one id that is made from the incident's, and have the subject of
 * the first, which is what mail programs make threads of.
 */
export function letterOf(delivery: Delivery, settings: LetterSettings): Letter {
  const { id, event, thread } = delivery
  const message = fitting(delivery.message)
  const root = idOf(`incident-${short(event.incident)}`, domainOf(settings.from))
  const critical = message.severity === 'critical' && message.state !== 'resolved'
  return {
    ...letter([message], id, event.at, settings),
    subject: thread === undefined ? message.subject : `Re: ${thread}`,
    references: [root],
    inReplyTo: root,
    headers: {
      ...headersOf(message, settings),
      'X-Epicenter-State': message.state,
      'X-Epicenter-Severity': message.severity,
      ...(critical ? { Importance: 'high' } : {}),
    },
  }
}

/** One letter about all that was gathered: of each incident the newest message, which tells the steps before it. */
export function digestOf(deliveries: readonly Delivery[], settings: LetterSettings): Letter {
  const newest = new Map(deliveries.map(each => [each.event.incident, each]))
  const messages = [...newest.values()].slice(-MOST.incidents).map(each => fitting(each.message))
  const last = deliveries.at(-1) as Delivery
  const { words } = last.message
  const names = cut(messages.map(each => each.name).join(' · '), MOST.fact)
  return {
    ...letter(messages, `digest-${deliveries.map(each => each.id).join(' ')}`, last.event.at, settings),
    subject: `${words.digest} (${deliveries.length}): ${names}`,
    headers: headersOf(last.message, settings),
  }
}

type Bare = Omit<Letter, 'subject' | 'headers'>
function letter(messages: readonly Message[], id: string, at: string, settings: LetterSettings): Bare {
  const { from, team } = settings
  const foot = footOf(messages[0] as Message, settings)
  return {
    text: [
      ...messages.map(each => plainSection(each, team)),
      ...foot.flatMap(({ words, url }) => [`${words}: ${url}`, '']),
    ].join('\n'),
    html: htmlLetter(messages, team, foot),
    messageId: idOf(id, domainOf(from)),
    date: new Date(at),
    baseBoundary: short(id),
  }
}

type Link = { words: string; url: string }
/** What stands below a letter to a list. */
const footOf = ({ words }: Message, { unsubscribe, manage = null }: LetterSettings): Link[] => [
  ...(manage === null ? [] : [manage]),
  ...(unsubscribe === null ? [] : [{ words: words.unsubscribe, url: unsubscribe }]),
]

const headersOf = ({ language }: Message, { unsubscribe }: LetterSettings): Record<string, string> => ({
  'Auto-Submitted': 'auto-generated',
  'X-Auto-Response-Suppress': 'All',
  'Content-Language': language,
  // RFC 8058: one click, without a page that asks again.
  ...(unsubscribe === null
    ? {}
    : { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
})

/** A message as long as a letter may be. */
function fitting(message: Message): Message {
  const { facts, soFar, ...rest } = bounded(message)
  return {
    ...rest,
    facts: facts.slice(0, MOST.facts).map(each => ({ ...each, text: cut(each.text, MOST.fact) })),
    soFar: soFar.slice(-MOST.steps).map(each => ({ ...each, text: cut(each.text, MOST.fact) })),
  }
}

function plainSection(message: Message, team: boolean): string {
  const { words, soFar } = message
  const steps = soFar.map(({ at, text }) => `  ${at}  ${text}`)
  return [
    message.subject,
    '',
    plainText(message, MOST.plain, team),
    ...(steps.length > 1 ? ['', `${words.soFar}:`, ...steps] : []),
    '',
  ].join('\n')
}

const COLOURS: Record<Message['severity'], string> = { minor: '#8a6100', major: '#b3401b', critical: '#a3161c' }
const CALM = '#1c6b3f'

/** One column of plain markup: mail programs know little, and pictures are often not loaded. */
function htmlLetter(messages: readonly Message[], team: boolean, foot: readonly Link[]): string {
  const { language, direction, subject, says } = messages[0] as Message
  return [
    `<!doctype html><html lang="${language}" dir="${direction}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>${escaped(subject)}</title></head>`,
    '<body style="margin:0;padding:16px;font:16px/1.5 system-ui,sans-serif">',
    // What lists of mail show beside the subject.
    `<div style="display:none;max-height:0;overflow:hidden">${escaped(cut(says[0] ?? '', MOST.fact))}</div>`,
    '<main style="max-width:640px;margin:0 auto">',
    ...messages.map(each => htmlSection(each, team)),
    '</main>',
    ...(foot.length === 0
      ? []
      : [
          `<p style="font-size:13px;text-align:center">${foot.map(each => `<a href="${escaped(each.url)}">${escaped(each.words)}</a>`).join(' · ')}</p>`,
        ]),
    '</body></html>',
  ].join('\n')
}

/** The subject of a thread stays that of its first letter; the heading tells how it stands. */
function htmlSection(message: Message, team: boolean): string {
  const { direction, subject, name, says, words, soFar, state, severity } = message
  const colour = state === 'resolved' || state === 'note' ? CALM : COLOURS[severity]
  const start = direction === 'rtl' ? 'right' : 'left'
  const head = `text-align:${start};vertical-align:top;padding:4px 0;padding-inline-end:16px;font-weight:600`
  const button = `display:inline-block;padding:10px 16px;margin:4px 0;margin-inline-end:8px;border:1px solid ${colour};border-radius:6px;color:${colour};text-decoration:none`
  const facts = factsFor(message, team).map(
    ({ label, text }) =>
      `<tr><th scope="row" style="${head}">${escaped(label)}</th><td style="padding:4px 0">${escaped(text)}</td></tr>`,
  )
  const links = linksOf(message, team).map(
    ({ words: to, url }) => `<a href="${escaped(url)}" style="${button}">${escaped(to)}</a>`,
  )
  const steps = soFar.map(
    ({ at, text }) => `<li><time datetime="${escaped(at)}">${escaped(at)}</time> ${escaped(text)}</li>`,
  )
  return [
    `<section style="border-inline-start:4px solid ${colour};padding-inline-start:16px;margin:0 0 24px">`,
    `<h1 style="font-size:20px;margin:0 0 12px">${escaped(subject)}</h1>`,
    ...(says.length === 0 ? [name] : says).map(each => `<p style="margin:0 0 8px">${escaped(each)}</p>`),
    `<table role="presentation" style="border-collapse:collapse;margin:12px 0">${facts.join('')}</table>`,
    `<p>${links.join('')}</p>`,
    ...(steps.length > 1 ? [`<h2 style="font-size:16px">${escaped(words.soFar)}</h2><ol>${steps.join('')}</ol>`] : []),
    '</section>',
  ].join('\n')
}
