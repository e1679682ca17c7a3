import { join } from 'node:path'
import { CALM, type Fault, settingsOf, switchesOf } from './faults.js'
import { calmMinutes, FRONT, House, SECRET } from './house.js'
import { freePort } from '../recipes.js'
import { listen } from './net.js'
import { Processes } from './processes.js'
import { SERVICE } from './telemetry.js'
import type { Word } from './role.js'
import { Truth } from './truth.js'

export interface WorldOptions {
  seed: number
  /** Requests a second, and people. */
  rate: number
  users: number
  /** Port of Epicenter; 0 takes a free one. */
  port: number
  outside: boolean
  /** Teach what was usual; a calm run that measures it does without. */
  teach: boolean
}
export const USUAL: WorldOptions = { seed: 1, rate: 25, users: 3_000, port: 0, outside: false, teach: true }

interface Post {
  id: number
  author: string
  text: string
  at: string
}

/** The assistant, its people and Epicenter, together. */
export class World {
  readonly truth = new Truth()
  fault: Fault | null = null
  brokeAt: number | null = null
  mendedAt: number | null = null
  private readonly posts: Post[] = []
  private readonly counts = new Map<string, Record<string, number>>()
  private readonly processes = new Processes(word => this.hear(word))
  private version = 1
  private mastodon: Awaited<ReturnType<typeof listen>> | null = null
  house!: House
  readonly started: string[] = []

  private constructor(readonly options: WorldOptions) {}

  /** @throws where something does not start; then nothing of it goes on */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options)
    try {
      await world.start()
    } catch (error) {
      await world.stop()
      throw error
    }
    return world
  }

  private async start(): Promise<void> {
    const { seed, rate, users, outside, teach } = this.options
    const port = this.options.port === 0 ? await freePort() : this.options.port
    this.mastodon = await listen((request, body) => this.board(request.method ?? 'GET', request.url ?? '/', body))
    const place = {
      seed,
      rate,
      users,
      otlp: outside ? null : { url: `http://127.0.0.1:${port}/in/otlp`, secret: SECRET },
      report: `http://127.0.0.1:${port}/api/v1/report`,
      posts: `http://127.0.0.1:${this.mastodon.port}/`,
    }
    this.started.push(...(await this.processes.start(place)))
    const { ports, folder, log, hasLog } = this.processes
    const fronts = Object.fromEntries(
      ['us', 'eu', 'ap'].map(id => [id, ports[`front.${id}`] ?? ports[`edge.${id}`] ?? 0]),
    )
    this.house = await House.open({
      folder,
      port,
      log: hasLog ? log : null,
      posts: this.mastodon.port,
      outside,
      fronts,
    })
    this.started.push(`Epicenter at ${this.house.served.url}`, `${users} people who ask ${rate} times a second`)
    if (teach && !outside) await this.house.teach(hasLog ? [SERVICE, FRONT] : [SERVICE], calmMinutes())
    await this.processes.startPeople(place)
  }

  /** Holds all that it writes, until it ends. */
  get folder(): string {
    return this.processes.folder
  }

  /** Switches a fault on, and lets its maker tell of the change. */
  async break(fault: Fault): Promise<void> {
    this.fault = fault
    this.brokeAt = Date.now()
    this.mendedAt = null
    this.truth.firstFailure = null
    await this.apply(fault, fault.cause)
  }

  async mend(): Promise<void> {
    const { cause } = this.fault ?? {}
    this.mendedAt = Date.now()
    await this.apply(null, cause === undefined || cause.by === 'launch' ? undefined : { ...cause, back: true })
  }

  private async apply(fault: Fault | null, change: NonNullable<Fault['cause']> | undefined): Promise<void> {
    this.version++
    this.processes.order({ do: 'set', switches: fault === null ? CALM : switchesOf(fault) })
    this.processes.order({ do: 'settings', settings: settingsOf(fault, this.version) })
    if (change !== undefined && !this.options.outside) await this.house.tell(change, this.version)
  }

  /** Tells of a change that breaks nothing. */
  async decoy(name: string): Promise<void> {
    this.version++
    if (!this.options.outside) await this.house.tell({ by: 'launch', name }, this.version)
  }

  private hear(word: Word): void {
    if (word.says === 'fired') {
      for (const [name, count] of Object.entries(word.counts)) {
        const known = this.counts.get(name) ?? {}
        this.counts.set(name, known)
        known[word.by] = count
        this.truth.fired[name] = Object.values(known).reduce((sum, each) => sum + each, 0)
      }
    } else if (word.says === 'seen') this.truth.add(word.rows)
    else if (word.says === 'failed' && this.brokeAt !== null && word.at >= this.brokeAt)
      this.truth.firstFailure ??= word.at
  }

  /** A board as Mastodon's public API has it: newest first, or the oldest after one that is known. */
  private board(method: string, url: string, body: string) {
    if (method === 'POST') {
      const { author, text } = JSON.parse(body) as { author: string; text: string }
      this.posts.push({ id: 1_000_000 + this.posts.length, author, text, at: new Date().toISOString() })
      return { status: 200 }
    }
    const since = Number(new URL(url, 'http://board').searchParams.get('min_id') ?? 0)
    const found = this.posts.filter(post => post.id > since).slice(0, 40)
    const list = found.toReversed().map(({ id, author, text, at }) => ({
      id: String(id),
      uri: `http://board.example/${id}`,
      content: `<p>${text}</p>`,
      created_at: at,
      visibility: 'public',
      account: { url: `http://board.example/@${author}` },
    }))
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(list) }
  }

  /** @param keep Called with the data folder once Epicenter has ended, before it goes. */
  async stop(keep?: (data: string) => Promise<void> | void): Promise<void> {
    await this.processes.stopPeople()
    await this.house?.stop()
    await keep?.(join(this.processes.folder, 'data'))
    await this.processes.stop()
    this.mastodon?.server.closeAllConnections()
    this.mastodon?.server.close()
  }
}
