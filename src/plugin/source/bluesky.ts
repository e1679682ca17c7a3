import { PermanentError } from '../../contract/error.js'
import { type Batch, type Plugin, type PluginEnv, plugin, type Source, type Stop } from '../../contract/plugin.js'
import { type EpochMs, HOUR, MINUTE, SECOND } from '../../contract/time.js'
import type { Named } from '../shared/posts/finder.js'
import { JUDGE_SCHEMA, type JudgeConfig, judging } from '../shared/posts/judge.js'
import { listen } from '../shared/posts/listen.js'
import { type AuthorKey, authorKey, faultsOf, NAMED_SCHEMA, Reader } from '../shared/posts/post.js'
import { Waiting } from '../shared/posts/waiting.js'
import { eventOf, frameOf, V2_PATH } from './bluesky/events.js'
import { openSocket } from './bluesky/websocket.js'

export interface BlueskyConfig {
  /** A Jetstream server, its `subscribe`. */
  url: string
  services: Named[]
  /** A post that is deleted within so many seconds is never taken. */
  holdSeconds: number
  judge?: JudgeConfig
  /** Reads what was said since then, to where the stream is, and ends: for `epicenter backtest --posts`. */
  since?: EpochMs
}

/** Where it goes on. */
interface State {
  /** Of the stream: microseconds; all before it was handed over. */
  cursor: number
  key: AuthorKey
  /** Ids of what was handed over lately, for the overlap. */
  seen: string[]
}

/** So much is read again after an interruption: servers behind one name differ by some seconds. */
const OVERLAP_US = 5_000_000
/** A hole in the stream that is worth a word. */
const POSTS_GAP_MS = MINUTE
/** Older than this it begins anew: what is read would count in no minute any more. */
const RESUME_MS = HOUR
/** A replay ends where the stream is this near to the moment at which it was begun. */
const REPLAY_END_MS = 5 * SECOND

/** How far the stream was read, and what of it waits. */
class Stream {
  private readonly waiting: Waiting
  private readonly key: AuthorKey
  /** Of the newest event; 0: none yet. */
  private us = 0
  /** Of a replay: what was held for long enough, and until when that was looked at. */
  private readonly ready: object[] = []
  private readyAt: EpochMs = 0

  constructor(
    private readonly config: BlueskyConfig,
    private readonly env: PluginEnv,
    private readonly kept: State | null,
  ) {
    const { services, holdSeconds } = config
    this.waiting = new Waiting(new Reader(services, 'bluesky'), holdSeconds * SECOND, kept?.seen)
    this.key = authorKey(kept?.key, env.now())
  }

  /** Of a replay time is what the stream says, so that a post that was soon deleted is left out as it would have been. */
  private get now(): EpochMs {
    return this.config.since === undefined || this.us === 0 ? this.env.now() : Math.floor(this.us / 1_000)
  }

  /** Whether it was read as far as `until`. */
  reached(until: EpochMs): boolean {
    return this.us / 1_000 >= until
  }

  take(message: string): void {
    const event = isV2(this.config) ? frameOf(message) : eventOf(message)
    if (event === null) return
    if ('says' in event) {
      if (event.kind === 'error') throw new PermanentError(`the stream ended: ${event.says}`)
      return this.env.log('warn', 'the server keeps less', { says: event.says })
    }
    if (this.us === 0) this.begin(event.us)
    this.us = Math.max(this.us, event.us)
    if (this.config.since !== undefined && this.now - this.readyAt >= SECOND) {
      this.readyAt = this.now
      this.ready.push(...this.waiting.ripe(this.now, this.key))
    }
    if (event.kind === 'deleted') this.waiting.drop(event.key)
    else if (event.kind === 'gone') this.waiting.dropAuthor(event.did)
    else if (event.kind === 'post') this.waiting.put(event.key, event.us, event.post, this.now)
  }

  /** The first event after an interruption shows what is missing. */
  private begin(us: number): void {
    const gapMs = this.kept === null ? 0 : (us - this.kept.cursor) / 1_000
    if (gapMs > POSTS_GAP_MS) this.env.log('warn', 'posts of some time are missing', { gapMs: Math.round(gapMs) })
  }

  batch(): Batch & { state: State } {
    const signals = [...this.ready.splice(0), ...this.waiting.ripe(this.now, this.key)]
    const now = this.env.now()
    const lag = this.us === 0 ? {} : { lagMs: Math.max(0, now - this.us / 1_000) }
    const { first, ids } = this.waiting
    const cursor = first === null ? this.us || (this.kept?.cursor ?? now * 1_000) : first.place - 1
    return { signals, state: { cursor, key: this.key, seen: ids }, ...lag }
  }
}

const isV2 = ({ url }: BlueskyConfig): boolean => new URL(url).pathname === V2_PATH

/** Where from: a while before what was handed over last; live, where there is nothing to go on from or it is too old. */
function addressOf(config: BlueskyConfig, kept: State | null, now: EpochMs): string {
  const address = new URL(config.url)
  const posts = 'app.bsky.feed.post'
  if (isV2(config)) {
    for (const kind of ['commit', 'account']) address.searchParams.append('kinds', kind)
    address.searchParams.set('collections', posts)
  } else address.searchParams.set('wantedCollections', posts)
  const since = config.since === undefined ? null : config.since * 1_000
  const goesOn = kept !== null && (since !== null || now - kept.cursor / 1_000 < RESUME_MS)
  const cursor = goesOn ? Math.max(kept.cursor - OVERLAP_US, since ?? 0) : since
  if (cursor !== null) address.searchParams.set('cursor', String(Math.round(cursor)))
  return address.href
}

async function* read(config: BlueskyConfig, env: PluginEnv, stop: Stop, state: unknown): AsyncGenerator<Batch> {
  const kept = (state ?? null) as State | null
  const stream = new Stream(config, env, kept)
  const until = env.now() - REPLAY_END_MS
  await using socket = await openSocket(env, addressOf(config, kept, env.now()), stop)
  const batches = listen({
    env,
    stop,
    host: new URL(config.url).host,
    pieces: socket.messages(),
    take: messages => {
      for (const message of messages) stream.take(message)
    },
    batch: () => stream.batch(),
    ping: () => socket.ping(),
  })
  const judge = judging(config.judge, env, kept)
  for await (const heard of batches) {
    const batch = await judge(heard, stop)
    const done = config.since !== undefined && stream.reached(until)
    yield done ? { ...batch, done } : batch
    if (done) return
  }
}

const bluesky: Plugin<'source', BlueskyConfig, Source> = plugin({
  kind: 'source',
  name: 'bluesky',
  summary: 'public posts on Bluesky that name a service, by Jetstream, with authors hashed',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['services'],
    properties: {
      url: {
        type: 'string',
        pattern: '^wss?://',
        default: 'wss://jetstream2.us-east.bsky.network/subscribe',
      },
      services: NAMED_SCHEMA,
      holdSeconds: { type: 'number', minimum: 0, maximum: 600, default: 10 },
      judge: JUDGE_SCHEMA,
      since: { type: 'integer', minimum: 0, description: 'for epicenter backtest --posts' },
    },
  },
  check: ({ url, services }) => [
    ...(URL.canParse(url) ? [] : [{ path: 'url', rule: 'a whole address, as wss://HOST/subscribe', value: url }]),
    ...faultsOf(services),
  ],
  async open(config, env): Promise<Source> {
    return {
      staleMs: 5 * MINUTE,
      read: (stop, state) => read(config, env, stop, state),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default bluesky
