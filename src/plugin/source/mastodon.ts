import { TransientError } from '../../contract/error.js'
import {
  type Batch,
  type Fetched,
  type Plugin,
  type PluginEnv,
  plugin,
  type Source,
  type Stop,
} from '../../contract/plugin.js'
import { type EpochMs, MINUTE, SECOND } from '../../contract/time.js'
import type { Named } from '../shared/posts/finder.js'
import { tagsOf } from '../shared/posts/finder.js'
import { JUDGE_SCHEMA, type JudgeConfig, judging } from '../shared/posts/judge.js'
import { listen } from '../shared/posts/listen.js'
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
import { Events, type Status, statusOf } from './mastodon/statuses.js'

export interface MastodonConfig {
  server: string
  /** With one the public stream is read; without one timelines are asked for. */
  token?: string
  /** Without a token: tags of outages, or everything public. */
  timeline: 'tags' | 'public'
  services: Named[]
  everySeconds: number
  holdSeconds: number
  judge?: JudgeConfig
}

interface State {
  /** Of each timeline the newest id that was read. */
  newest: Record<string, string>
  key: AuthorKey
  seen: string[]
}

/** Statuses of one answer: the most that servers give. */
const PAGE_STATUSES = 40
/** Answers in a row for one timeline: what is beyond is left out, and said. */
const PAGES = 5
/** A tag timeline takes one tag and four others. */
const TAGS = 5
/** The shortest pause between two questions to one server. */
const PAUSE_MS = 2 * SECOND

class Timelines {
  private readonly reader: Reader
  private readonly paths: string[]
  private turn = 0
  private readonly origin: string
  readonly host: string

  constructor(
    private readonly config: MastodonConfig,
    private readonly env: PluginEnv,
  ) {
    this.reader = new Reader(config.services, 'mastodon')
    ;({ origin: this.origin, host: this.host } = new URL(config.server))
    this.paths = config.token === undefined && config.timeline === 'tags' ? tagPaths(config.services) : ['public']
  }

  /** One timeline a turn, so that a server is never asked for many at once. */
  get everyMs(): number {
    return Math.max(PAUSE_MS, (this.config.everySeconds * SECOND) / this.paths.length)
  }

  waiting(state: State | null, holdMs: number): Waiting {
    return new Waiting(this.reader, holdMs, state?.seen)
  }

  async poll(kept: unknown, stop: Stop): Promise<Batch> {
    const state = (kept ?? null) as State | null
    const path = this.paths[this.turn++ % this.paths.length]!
    const now = this.env.now()
    const key = authorKey(state?.key, now)
    const waiting = this.waiting(state, 0)
    // Of timelines that are asked for no more nothing is kept.
    const newest = Object.fromEntries(Object.entries(state?.newest ?? {}).filter(([each]) => this.paths.includes(each)))
    newest[path] = await this.catchUp(path, newest[path], stop, status => waiting.put(status.id, 0, status.post, now))
    const signals = waiting.ripe(now, key)
    return { signals, state: { newest, key, seen: waiting.ids } satisfies State }
  }

  /** Everything of a timeline since an id; returns the newest one. */
  async catchUp(path: string, since: string | undefined, stop: Stop, take: (status: Status) => void): Promise<string> {
    let newest = since ?? ''
    for (let page = 0; page < PAGES; page++) {
      const statuses = await this.page(path, newest, stop)
      const now = this.env.now()
      for (const each of statuses) {
        const status = statusOf(each)
        if (status !== null && now - status.post.at < OLD_POST_MS) take(status)
        const { id } = (each ?? {}) as { id?: unknown }
        if (typeof id === 'string' && isNewer(id, newest)) newest = id
      }
      if (since === undefined || statuses.length < PAGE_STATUSES) return newest
    }
    this.env.log('warn', 'posts are missing: more came than are asked for at once', { server: this.host, path })
    return newest
  }

  private async page(path: string, since: string, stop: Stop): Promise<unknown[]> {
    const url = new URL(`${this.origin}/api/v1/timelines/${path}`)
    url.searchParams.set('limit', String(PAGE_STATUSES))
    // The oldest ones after it, where since_id would give the newest ones and leave a hole.
    if (since !== '') url.searchParams.set('min_id', since)
    const answer = await this.env.fetch(url.href, { headers: this.headers(), redirect: 'follow', signal: stop })
    await this.mustBeOk(answer)
    const body = parsed(await answer.text())
    if (!Array.isArray(body)) throw new TransientError(`${this.host} answered no list of posts`, POSTS_RETRY_MS)
    return body
  }

  async mustBeOk(answer: Fetched): Promise<void> {
    if (answer.ok) return
    await answer.cancel()
    const why = answer.status === 401 || answer.status === 403 || answer.status === 422 ? '; it may want a token' : ''
    throw new TransientError(`${this.host} answered ${answer.status}${why}`, pauseOf(answer))
  }

  headers(): Record<string, string> {
    const { token } = this.config
    return token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  /** The public stream, and before it what came while nobody listened. */
  async *read(stop: Stop, kept: unknown): AsyncGenerator<Batch> {
    const state = (kept ?? null) as State | null
    const key = authorKey(state?.key, this.env.now())
    const waiting = this.waiting(state, this.config.holdSeconds * SECOND)
    const answer = await this.env.fetch(`${this.origin}/api/v1/streaming/public`, {
      headers: { accept: 'text/event-stream', ...this.headers() },
      redirect: 'follow',
      stream: true,
      signal: stop,
    })
    await this.mustBeOk(answer)
    let [newest, newestAt]: [string, EpochMs | null] = [state?.newest['public'] ?? '', null]
    const take = ({ id, post }: Status): void => {
      waiting.put(id, Number(id) || 0, post, this.env.now())
      if (isNewer(id, newest)) newest = id
      newestAt = Math.max(newestAt ?? 0, post.at)
    }
    // The stream is open by now, so nothing falls between the two.
    if (newest !== '') newest = await this.catchUp('public', newest, stop, take)
    try {
      yield* listen({
        env: this.env,
        stop,
        host: this.host,
        pieces: eventsOf(answer),
        take: events => {
          for (const { event, data } of events) {
            if (event === 'delete') waiting.drop(data.trim())
            else if (event === 'update' || event === 'status.update') {
              const status = statusOf(parsed(data))
              if (status !== null) take(status)
            }
          }
        },
        batch: () => {
          const now = this.env.now()
          const signals = waiting.ripe(now, key)
          // What waits is read again after a restart.
          const from = waiting.first === null ? newest : before(waiting.first.key)
          return {
            signals,
            state: { newest: { public: from }, key, seen: waiting.ids } satisfies State,
            ...(newestAt === null ? {} : { lagMs: Math.max(0, now - newestAt) }),
          }
        },
      })
    } finally {
      await answer.cancel()
    }
  }
}

/** Ids are numbers that grow, longer than JavaScript's; others are compared as texts. */
const isNewer = (a: string, b: string): boolean => a.length > b.length || (a.length === b.length && a > b)

const before = (id: string): string => (/^\d{1,40}$/.test(id) ? String(BigInt(id) - 1n) : id)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function* eventsOf(answer: Fetched) {
  const events = new Events()
  const decoder = new TextDecoder()
  for await (const chunk of answer.chunks()) yield events.take(decoder.decode(chunk, { stream: true }))
}

/** Tag timelines, five tags each: the first tag of every service is asked for, all of them are understood. */
function tagPaths(services: readonly Named[]): string[] {
  const tags = services.flatMap(named => tagsOf(named).slice(0, 1))
  const paths: string[] = []
  for (let i = 0; i < tags.length; i += TAGS) {
    const [first = '', ...others] = tags.slice(i, i + TAGS).map(encodeURIComponent)
    paths.push(`tag/${first}${others.length > 0 ? `?${others.map(tag => `any[]=${tag}`).join('&')}` : ''}`)
  }
  return paths.length > 0 ? paths : ['public']
}

const mastodon: Plugin<'source', MastodonConfig, Source> = plugin({
  kind: 'source',
  name: 'mastodon',
  summary:
    'public posts on a Mastodon server that name a service, as they come or by its timelines, with authors hashed',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['services'],
    properties: {
      server: { type: 'string', pattern: '^https?://', default: 'https://mastodon.social' },
      token: { type: 'string', minLength: 1, writeOnly: true },
      timeline: { type: 'string', enum: ['tags', 'public'], default: 'tags' },
      services: NAMED_SCHEMA,
      everySeconds: { type: 'number', minimum: 10, maximum: 86_400, default: 60 },
      holdSeconds: { type: 'number', minimum: 0, maximum: 600, default: 10 },
      judge: JUDGE_SCHEMA,
    },
  },
  check: ({ server, services }) => [
    ...(URL.canParse(server) ? [] : [{ path: 'server', rule: 'a whole address, as https://HOST', value: server }]),
    ...faultsOf(services),
  ],
  async open(config, env): Promise<Source> {
    const timelines = new Timelines(config, env)
    let judge: ReturnType<typeof judging> | null = null
    return {
      everyMs: timelines.everyMs,
      staleMs: Math.max(5 * MINUTE, 3 * config.everySeconds * SECOND),
      ...(config.token === undefined
        ? {
            poll: async (state: unknown, stop: Stop) => {
              judge ??= judging(config.judge, env, state)
              return judge(await timelines.poll(state, stop), stop)
            },
          }
        : {
            read: async function* (stop: Stop, state: unknown) {
              const judge = judging(config.judge, env, state)
              for await (const batch of timelines.read(stop, state)) yield judge(batch, stop)
            },
          }),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default mastodon
