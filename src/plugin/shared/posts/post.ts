import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Fetched } from '../../../contract/plugin.js'
import { DAY, type EpochMs, HOUR, MINUTE, SECOND } from '../../../contract/time.js'
import { Finder, type Named } from './finder.js'

/** A public post as its network tells it. */
export interface Post {
  /** Where it stands, the same each time that it is told. */
  id: string
  author: string
  text: string
  at: EpochMs
  /** As the writer or the network says it, `de` or `de-AT`. */
  lang?: string
}

/** What people are called by in what a source goes on from: a key that is thrown away. */
export interface AuthorKey {
  key: string
  since: EpochMs
}

/** A key lives as long as that of people who report. */
const KEY_MS = 7 * DAY
/** Characters of a text that are kept: whoever complains does so in fewer. */
const KEPT_CHARS = 1_000
/** A text of so many letters that comes twice is a copy: nobody writes the same by chance. */
const COPY_CHARS = 40
/** A post cannot be of the future; a little, for clocks that differ. */
const POST_AHEAD_MS = MINUTE
const LANG = /^[a-z]{2,3}/

/** What is older when it is read counts in no minute any more, so it is left out. */
export const OLD_POST_MS = HOUR
/** Pause before a server is asked again that gave no answer to work with, where it does not say. */
export const POSTS_RETRY_MS = MINUTE
/** The longest pause that a server may ask for. */
const POSTS_RETRY_MOST_MS = HOUR

/** How long a server wants to be left alone; a date is as good as no number. */
export function pauseOf({ headers }: Pick<Fetched, 'headers'>): number {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return seconds > 0 ? Math.min(seconds * SECOND, POSTS_RETRY_MOST_MS) : POSTS_RETRY_MS
}

/** Which posts are about a service, in the settings of every source of posts. */
export const NAMED_SCHEMA = {
  type: 'array',
  minItems: 1,
  maxItems: 1_000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['service'],
    properties: {
      service: { type: 'string', role: 'service' },
      names: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 80 }, maxItems: 60 },
      words: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 80 }, maxItems: 60 },
      tags: { type: 'array', items: { type: 'string', pattern: '^[^\\s#]+$', maxLength: 80 }, maxItems: 60 },
    },
  },
} as const

/** What is wrong with a list of services that a schema cannot say. */
export function faultsOf(services: readonly Named[]): { path: string; rule: string; value: string }[] {
  return services.flatMap(({ service, names = [], words = [], tags = [] }, n) =>
    names.length + words.length + tags.length > 0
      ? []
      : [{ path: `services[${n}]`, rule: 'names, words or tags to find it by', value: service }],
  )
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22)

/** Turns posts into signals: which services they are about, whose they are (hashed), copies once. */
export class Reader {
  private readonly finder: Finder

  /** `network`: as it is called in labels, `bluesky`. */
  constructor(
    services: readonly Named[],
    private readonly network: string,
  ) {
    this.finder = new Finder(services)
  }

  /** Services that a text is about. */
  about(text: string): string[] {
    return this.finder.servicesIn(text)
  }

  /** Signals of a post, one for each service; none, if it is about none. The door judges what it says. */
  signalsOf(post: Post, { key }: AuthorKey, now: EpochMs, services = this.about(post.text)): object[] {
    const lang = LANG.exec((post.lang ?? '').toLowerCase())?.[0]
    const text = post.text.slice(0, KEPT_CHARS).replaceAll(/\p{Surrogate}/gu, '')
    const author = createHmac('sha256', key).update(`author\n${post.author}`).digest('base64url').slice(0, 22)
    return services.map(service => ({
      type: 'observation',
      via: 'post',
      id: this.idOf(post, service),
      service,
      at: Math.min(post.at, now + POST_AHEAD_MS),
      labels: { network: this.network, ...(lang === undefined ? {} : { lang }) },
      total: 1,
      author,
      text,
      ...(lang === undefined ? {} : { lang }),
    }))
  }

  /** Of its place; a longer text has that of what it says, so that copies of it count once whoever sends them. */
  idOf({ id, text }: Post, service: string): string {
    const letters = text
      .toLowerCase()
      .replace(/https?:\/\/\S+|[^\p{L}\p{N}]/gu, '')
      .slice(0, KEPT_CHARS)
    return letters.length >= COPY_CHARS ? `c-${hash(`${service}\n${letters}`)}` : `p-${hash(`${service}\n${id}`)}`
  }
}

/** The key to hash authors with: the one that was kept, a new one after a week. */
export function authorKey(kept: AuthorKey | undefined, now: EpochMs): AuthorKey {
  const age = now - (kept?.since ?? 0)
  return kept !== undefined && age >= 0 && age < KEY_MS ? kept : { key: randomBytes(32).toString('base64'), since: now }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/**
 * The text of a piece of HTML, for rules that look at words: tags are taken out, breaks become blanks.
 *
 * @example
 * plainText('<p>It&#39;s <b>down</b><br>again</p>') // => "It's down again"
 */
export function plainText(html: string): string {
  return html
    .replaceAll(/<(?:br|\/p|\/div|\/li)\b[^<>]*>/gi, ' ')
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,5}));/gi, (whole, decimal, hex, name: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal)
      return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : ''
    })
    .replaceAll(/\s+/g, ' ')
    .trim()
}
