import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { tokenIn } from '../src/testing/served.js'
import { type Daemon, Daemons } from './daemons.js'
import { root } from './recipes.js'
import { type Worker, work } from './workers.js'
import { Wire } from './crash/wire.js'

// What several processes of one workspace stand on, and these processes.

export const epicenter = (args: readonly string[], input?: string): string =>
  execFileSync(join(root, 'bin/epicenter'), args, { encoding: 'utf8', maxBuffer: 1 << 30, ...(input ? { input } : {}) })

export interface Course {
  lines: string[]
  /** Events of one process that nobody disturbs. */
  wanted: string[]
}

/** The founding evening, or its first part. */
export function courseOf(part = 1): Course {
  const all = epicenter(['simulate', 'scenarios/feature-gate-cache.json']).trimEnd().split('\n')
  const lines = all.slice(0, Math.floor(all.length * part))
  return {
    lines,
    wanted: epicenter(['replay', '-'], `${lines.join('\n')}\n`)
      .trimEnd()
      .split('\n'),
  }
}

/** Three NATS servers that are one cluster, and PostgreSQL with a database of ours. */
export class Ground {
  private constructor(
    readonly daemons: Daemons,
    readonly three: Daemon[],
    readonly database: Daemon,
  ) {}

  static async lay(connections: number): Promise<Ground> {
    const daemons = new Daemons()
    const three = await daemons.natsCluster()
    const ground = new Ground(daemons, three, await daemons.postgresql('-c', `max_connections=${connections}`))
    await ground.asked("CREATE DATABASE epicenter ENCODING 'UTF8' TEMPLATE template0", 'postgres')
    return ground
  }

  async asked<Row>(sql: string, name = 'epicenter'): Promise<Row[]> {
    const { port } = this.database
    const made = new pg.Client({ host: '127.0.0.1', port, user: 'watcher', password: 'hush', database: name })
    made.on('error', () => {})
    await made.connect()
    try {
      return (await made.query(sql)).rows as Row[]
    } finally {
      await made.end()
    }
  }

  /** The NATS server that leads a stream. */
  async leaderOf(stream: string): Promise<Daemon> {
    const connection = await connect({ servers: this.three.map(each => `127.0.0.1:${each.port}`) })
    try {
      const { cluster } = await (await jetstreamManager(connection)).streams.info(stream)
      return this.three.find(each => `n${each.port}` === cluster!.leader)!
    } finally {
      await connection.close()
    }
  }

  private readonly houses = new Map<string, Houses>()

  /** The name of some houses: a test that is tried again gets another, and whom its first try left behind is killed. */
  named(houses: Houses, name: string): string {
    let free = name
    for (let n = 2; this.houses.has(free); n++) {
      void this.houses.get(free)!.abandoned()
      free = `${name}_${n}`
    }
    this.houses.set(free, houses)
    return free
  }

  async stop(): Promise<void> {
    for (const each of this.houses.values()) await each.abandoned()
    await this.daemons.stop()
  }
}

/** Processes that share out one workspace. */
export class Houses {
  readonly workers = new Map<string, Worker>()

  /** Of its stream and its schema. */
  readonly name: string

  constructor(
    readonly ground: Ground,
    name: string,
    private readonly settings: object = { clock: 'signals' },
    /** What each process says to its servers goes through wires that can be held, and each has a clock that can be wrong. */
    private readonly gripped = false,
  ) {
    this.name = ground.named(this, name)
  }
  private readonly wires = new Map<string, Wire[]>()
  private readonly held = new Set<string>()
  private readonly folder = (who: string) => join(this.ground.daemons.folder, `${this.name}-${who}`)

  /** The configuration of one of them. */
  settingsOf(who: string): { data: string } & Record<string, unknown> {
    const wires = this.wires.get(who)
    const database = wires?.[0] ?? this.ground.database
    const three = wires?.slice(1) ?? this.ground.three
    return {
      data: this.folder(who),
      ...this.settings,
      bus: {
        use: 'nats',
        servers: three.map(each => `127.0.0.1:${each.port}`),
        ...{ stream: this.name, replicas: 3, tls: 'off', partitions: 6 },
      },
      store: {
        ...{ use: 'postgres', host: '127.0.0.1', port: database.port, user: 'watcher', password: 'hush' },
        ...{ schema: this.name, tls: 'off' },
      },
    }
  }
  private file(who: string): string {
    const file = join(this.ground.daemons.folder, `${this.name}-${who}.yaml`)
    const settings = this.settingsOf(who)
    mkdirSync(settings.data, { recursive: true })
    writeFileSync(file, JSON.stringify(settings))
    return file
  }
  async start(who: string, roles: string): Promise<void> {
    const { database, three } = this.ground
    if (this.gripped && !this.wires.has(who))
      this.wires.set(who, await Promise.all([database, ...three].map(each => Wire.to(each.port))))
    this.workers.set(who, await work(this.rootOf(who), ['--config', this.file(who), '--roles', roles], this.env(who)))
  }
  /** Whose program it runs. */
  rootOf: (who: string) => string = () => root
  private readonly clock = (who: string) => join(this.ground.daemons.folder, `${this.name}-${who}.clock`)
  private env(who: string): NodeJS.ProcessEnv {
    if (!this.gripped) return {}
    const preload = pathToFileURL(join(root, 'lab/crash/clock.mjs')).href
    return { NODE_OPTIONS: `--import ${preload}`, LAB_CLOCK_FILE: this.clock(who) }
  }
  /** How it is hindered, and let go again. */
  grips(who: string, kind: 'freeze' | 'delay' | 'cut' | 'clock', aheadMs: number): { hold(): void; release(): void } {
    const worker = this.workers.get(who)!
    const wires = this.wires.get(who) ?? []
    const { hold, release } =
      kind === 'clock'
        ? {
            hold: () => writeFileSync(this.clock(who), String(aheadMs)),
            release: () => writeFileSync(this.clock(who), '0'),
          }
        : kind === 'freeze'
          ? { hold: () => worker.signal('SIGSTOP'), release: () => worker.signal('SIGCONT') }
          : { hold: () => wires.forEach(each => each.hold()), release: () => wires.forEach(each => each.release()) }
    return {
      hold: () => (kind !== 'clock' && this.held.add(who), hold()),
      release: () => (this.held.delete(who), release()),
    }
  }
  /** Whether somebody is there, and not hindered, who could hold this lease. */
  isAble = (lease: string): boolean =>
    [...this.workers].some(
      ([who, { roles, isAlive }]) =>
        isAlive() &&
        !this.held.has(who) &&
        roles.split(',').includes(lease === 'judge' || lease === 'ingest' ? lease : 'watch'),
    )
  /** Keys of the front for another one, as an operator copies them. */
  async copyKeys(who: string): Promise<void> {
    const [from, to] = [this.folder('front'), this.folder(who)]
    // It stands by for a moment before it takes, and makes them then.
    while (!existsSync(join(from, 'tokens.json')) || !existsSync(join(from, 'token')))
      await new Promise(next => setTimeout(next, 100))
    mkdirSync(to, { recursive: true })
    for (const file of ['token', 'tokens.json']) copyFileSync(join(from, file), join(to, file))
  }
  /** Nobody waits for them any more. */
  async abandoned(): Promise<void> {
    for (const each of this.workers.values()) await each.stop('SIGKILL')
  }
  /** Told to end, and begun anew. */
  async replace(who: string): Promise<void> {
    const worker = this.workers.get(who)!
    const code = await worker.stop('SIGTERM')
    if (code !== 0) throw new Error(`${who} ended with ${code}\n${worker.stderr()}`)
    await this.start(who, worker.roles)
  }
  async startAll(): Promise<void> {
    await this.start('front', 'ingest,deliver,probe')
    for (const role of ['watch', 'judge']) for (const k of [1, 2]) await this.start(`${role}-${k}`, role)
  }
  /** Killed, and begun anew after a while. */
  async kill(who: string, downMs = 0): Promise<void> {
    const worker = this.workers.get(who)!
    await worker.stop('SIGKILL')
    await new Promise(next => setTimeout(next, downMs))
    await this.start(who, worker.roles)
  }
  /** Whether the process that holds a lease still runs. */
  isAlive = (holder: string): boolean =>
    [...this.workers.values()].some(({ pid, isAlive }) => isAlive() && holder.split('/')[0]!.endsWith(`:${pid}`))
  /** Who holds a lease, by the name that it was started under. */
  whoIs = (holder: string): string =>
    [...this.workers].find(([, { pid }]) => holder.split('/')[0]!.endsWith(`:${pid}`))![0]
  get taker(): string {
    return this.workers.get('front')!.url
  }
  /** Who takes over from it, where somebody does. */
  private get otherTaker(): string {
    return this.workers.get('front-2')?.url ?? this.taker
  }
  async send(some: readonly string[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${tries % 2 === 0 ? this.taker : this.otherTaker}/api/v1/signals`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokenIn(this.folder('front'))}` },
        body: some.join('\n'),
        signal: AbortSignal.timeout(60_000),
      }).catch((error: Error) => error)
      if (!(answer instanceof Error) && answer.status === 200) return void (await answer.text())
      if (tries > 400)
        throw new Error(`${answer instanceof Error ? answer.message : await answer.text()}\n${this.said()}`)
      await new Promise(next => setTimeout(next, 500))
    }
  }
  /** Incident events once the judge has followed all that was acknowledged. */
  async events(): Promise<string[]> {
    const ready = async () => {
      for (const url of [this.taker, this.otherTaker]) {
        const { durable, folded } = (await (await fetch(`${url}/readyz`)).json()) as {
          durable?: number
          folded: number
        }
        if (durable !== undefined) return { durable, folded }
      }
      throw new Error(`nobody takes signals\n${this.said()}`)
    }
    let { durable, folded } = await ready()
    for (let tries = 0; folded < durable && tries < 1_500; tries++) {
      await new Promise(next => setTimeout(next, 200))
      ;({ durable, folded } = await ready())
    }
    if (folded !== durable) throw new Error(`folded ${folded} of ${durable}\n${this.said()}`)
    return (await this.ground.asked<{ body: string }>(`SELECT body FROM ${this.name}.event ORDER BY cursor`)).map(
      row => row.body,
    )
  }
  leases = () =>
    this.ground.asked<{ name: string; holder: string; left: number }>(
      `SELECT name, holder, extract(epoch FROM until - clock_timestamp())::float8 AS left FROM ${this.name}.lease`,
    )
  async stop(): Promise<void> {
    for (const each of [...this.wires.values()].flat()) each.release()
    for (const [who, each] of this.workers) {
      const code = await each.stop('SIGTERM')
      if (code !== 0) throw new Error(`${who} ended with ${code}\n${each.stderr()}`)
    }
    for (const each of [...this.wires.values()].flat()) each.close()
  }
  said = () => [...this.workers].map(([who, each]) => `== ${who}\n${each.stderr().slice(-3_000)}`).join('\n')
}
