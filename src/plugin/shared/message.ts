import type { Message, MessageFact } from '../../contract/notifier.js'
import { withoutEnd } from './text.js'

// How notifiers cut words to what their receivers take. Cuts fall between characters, never within one, and are seen: "…".

/** Facts that are shown to somebody: those for the team only to the team. */
export const factsFor = ({ facts }: Message, team: boolean): readonly MessageFact[] =>
  team ? facts : facts.filter(each => each.team !== true)

/**
 * The beginning of a text, so many UTF-16 units at most, as most receivers count.
 *
 * @example
 * cut('a long sentence', 7) // => 'a long…'
 */
export function cut(text: string, chars: number): string {
  if (text.length <= chars) return text
  return `${wellFormed(text.slice(0, chars - 1)).trimEnd()}…`
}

/** The beginning of a text, so many bytes of UTF-8 at most. */
export function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const room = bytes - Buffer.byteLength('…')
  // At most three bytes of a character that was cut stand at its end.
  const whole = withoutEnd(Buffer.from(text).subarray(0, room).toString('utf8'), '\uFFFD')
  return `${whole.trimEnd()}…`
}

const wellFormed = (text: string): string => (/[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text)

/** Lines up to a length: what does not fit is left out with all that follows. */
export function linesWithin(lines: readonly string[], chars: number): string {
  let text = ''
  for (const line of lines) {
    const next = text === '' ? line : `${text}\n${line}`
    if (next.length > chars) return text === '' ? cut(line, chars) : text.length + 2 <= chars ? `${text}\n…` : text
    text = next
  }
  return text
}

/** Sentences, facts and links as plain text, a line each; the links stay whatever is cut. */
export function plainText(message: Message, chars: number, team = true): string {
  const links = linksOf(message, team).map(({ words, url }) => `${words}: ${url}`)
  const room = chars - links.reduce((sum, each) => sum + each.length + 1, 0)
  const facts = factsFor(message, team).map(({ label, text }) => `${label}: ${text}`)
  return [linesWithin([...message.says, ...facts], room), ...links].join('\n')
}

/** Where to look: the team first at its room. */
export function linksOf({ links, words }: Message, team = true): { words: string; url: string }[] {
  const { page, room } = links
  return [
    ...(team && room !== null ? [{ words: words.room, url: room }] : []),
    ...(page === null ? [] : [{ words: words.page, url: page }]),
  ]
}

/** Text within HTML or XML, and within the markup of Slack and Telegram. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Characters and counts of a message that goes to a receiver without limits of its own. */
export const CUTS = { name: 300, subject: 400, sentence: 1_000, sentences: 10, label: 100, facts: 20, text: 8_000 }

/** A message that is bounded whatever somebody wrote. */
export function bounded(message: Message): Message {
  const { name, subject, says, facts, text, soFar } = message
  return {
    ...message,
    name: cut(name, CUTS.name),
    subject: cut(subject, CUTS.subject),
    says: says.slice(0, CUTS.sentences).map(each => cut(each, CUTS.sentence)),
    facts: facts
      .slice(0, CUTS.facts)
      .map(each => ({ ...each, label: cut(each.label, CUTS.label), text: cut(each.text, CUTS.sentence) })),
    text: cut(text, CUTS.text),
    soFar: soFar.map(each => ({ ...each, text: cut(each.text, CUTS.sentence) })),
  }
}

/** Setting of those that people read: for the team, or for everybody, who see no suspects, no names and no link to the room. */
export const AUDIENCE = {
  audience: { type: 'string', enum: ['team', 'public'], default: 'team' },
} as const
export interface ForWhom {
  audience: 'team' | 'public'
}
export const isTeam = ({ audience }: ForWhom): boolean => audience !== 'public'
