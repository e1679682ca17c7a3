import { TransientError } from '../../contract/error.js'
import { type Batch, type Plugin, type PluginEnv, plugin, type Source, type Stop } from '../../contract/plugin.js'
import { SECOND } from '../../contract/time.js'
import type { Named } from '../shared/posts/finder.js'
import { JUDGE_SCHEMA, type JudgeConfig, judging } from '../shared/posts/judge.js'
import {
  type AuthorKey,
  authorKey,
  faultsOf,
  NAMED_SCHEMA,
  OLD_POST_MS,
  pauseOf,
  POSTS_RETRY_MS,
  Reader,
} from '../shared/posts/post.js'
import { Waiting } from '../shared/posts/waiting.js'
import { type Entry, ofFeed, ofJson, type Pointers } from './feed/entries.js'

export interface FeedConfig {
  url: string
  /** Where in JSON that is no JSON Feed things are. */
  json?: Pointers
  /** As it is called in the label `network`; the host, if not given. */
  network?: string
  /** Of all entries, where they do not say. */
  lang?: string
  services: Named[]
  everySeconds: number
  judge?: JudgeConfig
}

interface State {
  etag?: string
  modified?: string
  key: AuthorKey
  seen: string[]
}

const POINTER = { type: 'string', pattern: '^(?:/|$)' } as const

/** Entries, or why they cannot be read: a page for people, or cut off. */
function entriesOf(body: string, json: Pointers | undefined, host: string): Entry[] {
  try {
    return json === undefined ? ofFeed(body) : ofJson(JSON.parse(body), json)
  } catch (error) {
    const why = /^\s*<(?:!doctype html|html)/i.test(body) ? 'a web page' : (error as Error).message.slice(0, 200)
    throw new TransientError(`${host} answered no feed: ${why}`, POSTS_RETRY_MS)
  }
}

async function poll(config: FeedConfig, reader: Reader, env: PluginEnv, kept: unknown, stop: Stop): Promise<Batch> {
  const state = (kept ?? null) as State | null
  const { host } = new URL(config.url)
  const answer = await env.fetch(config.url, {
    headers: {
      accept: 'application/feed+json, application/atom+xml, application/rss+xml, application/json, */*;q=0.5',
      'user-agent': 'epicenter (reads this feed to notice outages)',
      ...(state?.etag === undefined ? {} : { 'if-none-match': state.etag }),
      ...(state?.modified === undefined ? {} : { 'if-modified-since': state.modified }),
    },
    redirect: 'follow',
    signal: stop,
  })
  if (answer.status === 304 && state !== null) {
    await answer.cancel()
    return { signals: [], state }
  }
  if (!answer.ok) {
    await answer.cancel()
    throw new TransientError(`${host} answered ${answer.status}`, pauseOf(answer))
  }
  const now = env.now()
  const key = authorKey(state?.key, now)
  const waiting = new Waiting(reader, 0, state?.seen)
  for (const { id, author, text, at } of entriesOf(await answer.text(), config.json, host)) {
    if (id === '' || text === '' || (at !== null && now - at > OLD_POST_MS)) continue
    const { lang } = config
    const post = { id, author: author || id, text, at: at ?? now, ...(lang === undefined ? {} : { lang }) }
    waiting.put(id, 0, post, now)
  }
  const signals = waiting.ripe(now, key)
  const [etag, modified] = [answer.headers.get('etag'), answer.headers.get('last-modified')]
  return {
    signals,
    state: {
      ...(etag === null ? {} : { etag }),
      ...(modified === null ? {} : { modified }),
      key,
      seen: waiting.ids,
    } satisfies State,
  }
}

const feed: Plugin<'source', FeedConfig, Source> = plugin({
  kind: 'source',
  name: 'feed',
  summary: 'posts of a forum or site that name a service, by its RSS, Atom, JSON Feed or JSON, with authors hashed',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['url', 'services'],
    properties: {
      url: { type: 'string', pattern: '^https?://' },
      json: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'text'],
        properties: {
          list: { ...POINTER, default: '' },
          id: POINTER,
          text: { type: 'array', items: POINTER, minItems: 1, maxItems: 10 },
          author: { ...POINTER, default: '/author' },
          at: { ...POINTER, default: '/created_at' },
        },
      },
      network: { type: 'string', minLength: 1, maxLength: 60 },
      lang: { type: 'string', pattern: '^[a-z]{2,3}$' },
      services: NAMED_SCHEMA,
      everySeconds: { type: 'number', minimum: 30, maximum: 86_400, default: 120 },
      judge: JUDGE_SCHEMA,
    },
  },
  check: ({ url, services }) => [
    ...(URL.canParse(url)
      ? []
      : [{ path: 'url', rule: 'a whole address, as https://HOST/feed', value: '(not shown)' }]),
    ...faultsOf(services),
  ],
  async open(config, env): Promise<Source> {
    const reader = new Reader(config.services, config.network ?? new URL(config.url).host)
    let judge: ReturnType<typeof judging> | null = null
    return {
      everyMs: config.everySeconds * SECOND,
      poll: async (state, stop) => {
        judge ??= judging(config.judge, env, state)
        return judge(await poll(config, reader, env, state, stop), stop)
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default feed
