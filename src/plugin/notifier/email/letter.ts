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
}

export interface Letter {
  subject: string
  text: string
  html: string
  messageId: string
  inReplyTo: string
  references: string[]
  date: Date
  headers: Record<string, string>
  /** Parts are divided by the same line each time that it is sent. */
  baseBoundary: string
}

/** Characters and counts: of a letter beyond about 100 KB some mail programs show the beginning alone. */
const MOST = { plain: 12_000, facts: 12, fact: 400, steps: 12 }

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
export function letterOf(delivery: Delivery, { from, team, unsubscribe }: LetterSettings): Letter {
  const { id, event, thread } = delivery
  const whole = bounded(delivery.message)
  const message = {
    ...whole,
    facts: whole.facts.slice(0, MOST.facts).map(each => ({ ...each, text: cut(each.text, MOST.fact) })),
    soFar: whole.soFar.slice(-MOST.steps).map(each => ({ ...each, text: cut(each.text, MOST.fact) })),
  }
  const domain = domainOf(from)
  const root = idOf(`incident-${short(event.incident)}`, domain)
  return {
    subject: thread === undefined ? message.subject : `Re: ${thread}`,
    text: plainLetter(message, team, unsubscribe),
    html: htmlLetter(message, team, unsubscribe),
    messageId: idOf(id, domain),
    inReplyTo: root,
    references: [root],
    date: new Date(event.at),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Epicenter-State': message.state,
      'X-Epicenter-Severity': message.severity,
      'Content-Language': message.language,
      ...(message.severity === 'critical' && message.state !== 'resolved' ? { Importance: 'high' } : {}),
      // RFC 8058: one click, without a page that asks again.
      ...(unsubscribe === null
        ? {}
        : { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
    },
    baseBoundary: short(id),
  }
}

function plainLetter(message: Message, team: boolean, unsubscribe: string | null): string {
  const { words, soFar } = message
  const steps = soFar.map(({ at, text }) => `  ${at}  ${text}`)
  return [
    message.subject,
    '',
    plainText(message, MOST.plain, team),
    ...(steps.length > 1 ? ['', `${words.soFar}:`, ...steps] : []),
    ...(unsubscribe === null ? [] : ['', `${words.unsubscribe}: ${unsubscribe}`]),
    '',
  ].join('\n')
}

const COLOURS: Record<Message['severity'], string> = { minor: '#8a6100', major: '#b3401b', critical: '#a3161c' }
const CALM = '#1c6b3f'

/** One column of plain markup: mail programs know little, and pictures are often not loaded. */
function htmlLetter(message: Message, team: boolean, unsubscribe: string | null): string {
  const { language, direction, subject, name, says, words, soFar, state, severity } = message
  const colour = state === 'resolved' || state === 'note' ? CALM : COLOURS[severity]
  const start = direction === 'rtl' ? 'right' : 'left'
  const facts = factsFor(message, team).map(
    ({ label, text }) =>
      `<tr><th scope="row" style="text-align:${start};vertical-align:top;padding:4px 0;padding-inline-end:16px;font-weight:600">${escaped(label)}</th><td style="padding:4px 0">${escaped(text)}</td></tr>`,
  )
  const links = linksOf(message, team).map(
    ({ words: to, url }) =>
      `<a href="${escaped(url)}" style="display:inline-block;padding:10px 16px;margin:4px 0;margin-inline-end:8px;border:1px solid ${colour};border-radius:6px;color:${colour};text-decoration:none">${escaped(to)}</a>`,
  )
  const steps = soFar.map(
    ({ at, text }) => `<li><time datetime="${escaped(at)}">${escaped(at)}</time> ${escaped(text)}</li>`,
  )
  return [
    `<!doctype html><html lang="${language}" dir="${direction}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>${escaped(subject)}</title></head>`,
    '<body style="margin:0;padding:16px;font:16px/1.5 system-ui,sans-serif">',
    `<div style="display:none;max-height:0;overflow:hidden">${escaped(cut(says[0] ?? '', 200))}</div>`,
    `<main style="max-width:640px;margin:0 auto;border-inline-start:4px solid ${colour};padding-inline-start:16px">`,
    `<h1 style="font-size:20px;margin:0 0 12px">${escaped(subject)}</h1>`,
    // The subject of a thread stays that of its first letter; the heading tells how it stands.
    ...(says.length === 0
      ? [`<p>${escaped(name)}</p>`]
      : says.map(each => `<p style="margin:0 0 8px">${escaped(each)}</p>`)),
    `<table role="presentation" style="border-collapse:collapse;margin:12px 0">${facts.join('')}</table>`,
    `<p>${links.join('')}</p>`,
    ...(steps.length > 1 ? [`<h2 style="font-size:16px">${escaped(words.soFar)}</h2><ol>${steps.join('')}</ol>`] : []),
    '</main>',
    ...(unsubscribe === null
      ? []
      : [
          `<p style="font-size:13px;text-align:center"><a href="${escaped(unsubscribe)}">${escaped(words.unsubscribe)}</a></p>`,
        ]),
    '</body></html>',
  ].join('\n')
}
