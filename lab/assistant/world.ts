import { join } from 'node:path'
import { MINUTE } from '../../src/contract/time.js'
import { IDLE_COMPLAINTS } from './parts/clients.js'
import { CALM, type Fault, settingsOf, switchesOf } from './faults.js'
import { calmMinutes, FRONT, House, SECRET } from './house.js'
import { freePort } from '../recipes.js'
import { Public } from './doors/public.js'
import { VendorPage } from './doors/vendor.js'
import { operationOf, PRODUCTS } from './plan.js'
import { sfc32 } from '../../src/core/stat/random.js'
import { Processes } from './processes.js'
import { SERVICE } from './parts/telemetry.js'
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
  /** Probes ask without a plan. */
  anonymous: boolean
  /** Teach what was usual; a calm run that measures it does without. */
  teach: boolean
}
export const USUAL: WorldOptions = {
  seed: 1,
  rate: 25,
  users: 3_000,
  port: 0,
  outside: false,
  anonymous: false,
  teach: true,
}

/** Minutes of idle complaints that are drawn, and checks a minute: what a calm day has. */
const CALM_DAY = 24 * 60
const PROBED = 12
/** Of idle words how many are reports, and how many are posts that complain. */
const IDLE = [
  ['report', 0.5],
  ['post', 0.125],
] as const
/** Fewer requests than this say nothing of a share. */
const LEAST_SEEN = 20

/** The assistant, its people and Epicenter, together. */
export class World {
  readonly truth = new Truth()
  fault: Fault | null = null
  brokeAt: number | null = null
  mendedAt: number | null = null
  private readonly counts = new Map<string, Record<string, number>>()
  private readonly processes = new Processes(word => this.hear(word))
  private version = 1
  private places: Awaited<ReturnType<typeof Public.open>> | null = null
  vendor: Awaited<ReturnType<typeof VendorPage.open>> | null = null
  private counting: NodeJS.Timeout | null = null
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
    const { seed, rate, users, outside, anonymous, teach } = this.options
    const port = this.options.port === 0 ? await freePort() : this.options.port
    this.places = await Public.open()
    this.vendor = await VendorPage.open(
      PRODUCTS.map(({ title }) => title),
      () => this.seen(),
      sfc32(seed + 7),
    )
    const place = {
      seed,
      rate,
      users,
      otlp: outside ? null : { url: `http://127.0.0.1:${port}/in/otlp`, secret: SECRET },
      report: `http://127.0.0.1:${port}/api/v1/report`,
      posts: `http://127.0.0.1:${this.places.mastodon}/`,
    }
    const scraped = outside ? null : { url: `http://127.0.0.1:${port}/in/prometheus`, secret: SECRET }
    this.started.push(...(await this.processes.start(place, scraped)))
    const { ports, folder, log, hasLog, hasPrometheus } = this.processes
    const fronts = Object.fromEntries(
      ['us', 'eu', 'ap'].map(id => [id, ports[`front.${id}`] ?? ports[`edge.${id}`] ?? 0]),
    )
    this.house = await House.open({
      folder,
      port,
      log: hasLog ? log : null,
      prometheus: hasPrometheus,
      mastodon: this.places.mastodon,
      bluesky: this.places.bluesky,
      vendor: this.vendor.port,
      outside,
      anonymous,
      fronts,
    })
    this.processes.mind(this.house.served.pid)
    this.started.push('a Mastodon server, a Jetstream and a status page that a person keeps')
    this.started.push(`Epicenter at ${this.house.served.url}`, `${users} people who ask ${rate} times a second`)
    if (teach) await this.teach(hasLog)
    await this.processes.startPeople(place)
    this.counting = setInterval(() => void this.countLost(), 2_000)
  }

  /**
   * Three quiet days before: Epicenter has stood here for a while, as anywhere. While it knows hardly any quiet, a crowd beside
   * checks that pass is as likely how many report here, and is not told.
   */
  private async teach(hasLog: boolean): Promise<void> {
    const { house, options } = this
    if (!options.outside)
      for (const service of hasLog ? [SERVICE, FRONT] : [SERVICE]) await house.teach(service, 'metric', calmMinutes())
    const draw = sfc32(options.seed + 11)
    for (const [via, share] of IDLE) {
      const idle = Array.from({ length: CALM_DAY }, () => ({ bad: draw() < IDLE_COMPLAINTS * 60 * share ? 1 : 0 }))
      await house.teach(SERVICE, via, idle)
    }
    await house.teach(SERVICE, 'check', [{ bad: 0, total: PROBED }])
  }

  /** What others count: packets that were lost, by the kernel; words of the status page. */
  private async countLost(): Promise<void> {
    this.truth.vendor = (this.vendor?.stories ?? []).flatMap(({ updates }) => updates)
    const name = this.fault?.name
    if (this.fault?.switches?.lost === undefined || name === undefined || this.mendedAt !== null) return
    this.truth.fired[name] = await this.processes.lost().catch(() => 0)
  }

  /** What the ones who keep the status page have before them: the last minute, product by product. */
  private seen() {
    const now = Date.now()
    return PRODUCTS.map(product => {
      const counted = this.truth.count({ component: [operationOf(product)] }, now - MINUTE, now)!
      return { name: product.title, share: counted.bad / Math.max(LEAST_SEEN, counted.total) }
    })
  }

  /** Holds all that it writes, until it ends. */
  get folder(): string {
    return this.processes.folder
  }

  /** Whether this fault can be played on this machine. */
  canPlay = (fault: Fault): boolean => fault.switches?.lost === undefined || this.processes.canLose

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
    this.processes.lose(fault?.switches?.lost ?? 0)
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

  /** @param keep Called with the data folder once Epicenter has ended, before it goes. */
  async stop(keep?: (data: string) => Promise<void> | void): Promise<void> {
    await this.processes.stopPeople()
    await this.house?.stop()
    await keep?.(join(this.processes.folder, 'data'))
    await this.processes.stop()
    await this.places?.close()
    this.vendor?.close()
    if (this.counting !== null) clearInterval(this.counting)
  }
}
