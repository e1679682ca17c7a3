import { type EpochMs, HOUR, MINUTE } from '../../src/contract/time.js'
import { Jetstream, type JetEvent, postEvent } from '../../src/plugin/source/bluesky/fixtures/jetstream.js'
import type { WorldClock } from './clock.js'
import { type Fate, isBroken, summaryOf } from './schedule.js'
import { json, type Page, Web } from './web.js'

/** The world goes on by so much at once. */
export const STEP_MS = MINUTE
/** Posts of a minute about nothing of ours; ten times as many in a rush of half an hour. */
const [TALK, RUSH] = [20, 200]

export interface Service {
  id: string
  name: string
  fate: Fate
}

const COMPLAINTS = [
  '{} is down',
  '{} geht nicht, bei euch auch?',
  '{} no funciona',
  'is {} down for anyone else? keeps failing',
  '{} 打不开',
]
const MEMES = [
  '{} is down so I finally met my family lol',
  '{} went down and I had to use my own brain 😂',
  'me when {} is down: *stares at wall* lmao',
]
const CHATTER = [
  'which plan of {} should I buy?',
  'reading about {} today',
  '{} just released a new model',
  'how do people use {} at work?',
]

/** One world: what is true, and all that tells of it. */
export class World implements AsyncDisposable {
  readonly jetstream = new Jetstream()
  readonly statuses: { id: string; at: EpochMs; text: string }[] = []
  readonly web: Web
  sent = 0
  private n = 0

  constructor(
    readonly services: readonly Service[],
    readonly clock: WorldClock,
    private readonly began: EpochMs,
  ) {
    this.web = new Web(url => this.page(url))
  }

  private page({ host, pathname, searchParams }: URL): Page | 'broken' {
    const { at } = this.clock
    if (host === 'social.example') return this.timeline(searchParams)
    const service = this.services.find(each => host.startsWith(`${each.id}.`))!
    const { fate, id } = service
    if (pathname === '/') return isBroken(fate, at) ? { status: 503, type: 'text/plain', body: 'no' } : json('{}')
    if (fate.kind === 'unreadable' && at >= fate.from && at < fate.until)
      return this.services.indexOf(service) % 2 === 0
        ? { status: 200, type: 'text/html', body: '<!doctype html><title>We moved</title><p>All Systems Operational' }
        : 'broken'
    return json(summaryOf(fate.kind === 'lied about' ? { ...fate, kind: 'quiet' } : fate, id, at))
  }

  /** A Mastodon server's timeline, newest first; a tag finds nothing that it is not in, which no reader of ours relies on. */
  private timeline(asked: URLSearchParams): Page {
    const since = asked.get('min_id') ?? ''
    const later = this.statuses.filter(each => each.id > since)
    const limit = Number(asked.get('limit'))
    const shown = since === '' ? later.slice(-limit) : later.slice(0, limit)
    return json(
      JSON.stringify(
        shown.toReversed().map(({ id, at, text }) => ({
          ...{
            id,
            uri: `https://social.example/${id}`,
            created_at: new Date(at).toISOString(),
            content: `<p>${text}</p>`,
          },
          ...{
            language: 'en',
            visibility: 'public',
            account: { acct: `a${id}`, url: `https://social.example/@a${id}`, bot: false },
          },
        })),
      ),
    )
  }

  /** A step of posts. */
  posts(): void {
    const { at } = this.clock
    const rush = at - this.began > 3 * HOUR && at - this.began < 3.5 * HOUR
    const out: JetEvent[] = []
    const say = (text: string, about: boolean) => {
      const n = this.n++
      if (about) this.sent++
      // Spread over the step that has just gone by.
      const us = (at - STEP_MS + (n % 997) * 30) * 1_000
      out.push(postEvent(us, text, { did: `did:plc:${n}`, rkey: `${n}` }))
    }
    for (let i = 0; i < (rush ? RUSH : TALK); i++) say(`lunch number ${this.n} was fine`, false)
    for (const { name, fate } of this.services) {
      if (at < fate.from || at >= fate.until) continue
      const lines = isBroken(fate, at)
        ? COMPLAINTS
        : fate.kind === 'meme'
          ? MEMES
          : fate.kind === 'talked about'
            ? CHATTER
            : []
      if (lines.length === 0) continue
      for (let i = 0; i < 4; i++) say(`${lines[this.n % lines.length]!.replace('{}', name)} ${this.n}`, true)
      // The same is said on Mastodon by others.
      if (fate.kind !== 'talked about')
        this.statuses.push({
          id: `1150000000${String(this.statuses.length).padStart(8, '0')}`,
          at,
          text: `${lines[0]!.replace('{}', name)} ${this.n}`,
        })
    }
    out.sort((a, b) => a.time_us - b.time_us)
    this.jetstream.tell(...out)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.jetstream.hangUp()
    await this.web[Symbol.asyncDispose]()
  }
}
