import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tokenIn } from '../src/testing/served.js'
import { type Daemon, Daemons } from './daemons.js'
import { type Worker, work } from './workers.js'

// The founding replay through processes of their own: one that takes signals, two that watch, two that judge, one that shows; on
// three NATS servers and PostgreSQL. The incident events are those of the embedded run, also while each is killed in turn.

const root = fileURLToPath(new URL('..', import.meta.url))
const epicenter = (args: readonly string[], input?: string) =>
  execFileSync(join(root, 'bin/epicenter'), args, { encoding: 'utf8', maxBuffer: 1 << 30, ...(input ? { input } : {}) })
const LINES = 4_000

const daemons = new Daemons()
let three: Daemon[]
let database: Daemon
let lines: string[]
let embedded: string[]
let n = 0

async function asked<Row>(sql: string, name = 'epicenter'): Promise<Row[]> {
  const made = new pg.Client({
    host: '127.0.0.1',
    port: database.port,
    user: 'watcher',
    password: 'hush',
    database: name,
  })
  made.on('error', () => {})
  await made.connect()
  try {
    return (await made.query(sql)).rows as Row[]
  } finally {
    await made.end()
  }
}

beforeAll(async () => {
  three = await daemons.natsCluster()
  database = await daemons.postgresql('-c', 'max_connections=60')
  await asked("CREATE DATABASE epicenter ENCODING 'UTF8' TEMPLATE template0", 'postgres')
  const text = epicenter(['simulate', 'scenarios/feature-gate-cache.json'])
  lines = text.trimEnd().split('\n')
  embedded = epicenter(['replay', '-'], text).trimEnd().split('\n')
}, 600_000)
afterAll(() => daemons.stop())

/** Processes that share out one workspace. */
class Houses {
  readonly name = `r${++n}`
  readonly workers = new Map<string, Worker>()
  private readonly folder = (who: string) => join(daemons.folder, `${this.name}-${who}`)

  private file(who: string): string {
    const file = join(daemons.folder, `${this.name}-${who}.yaml`)
    const settings = {
      data: this.folder(who),
      clock: 'signals',
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
    mkdirSync(settings.data, { recursive: true })
    writeFileSync(file, JSON.stringify(settings))
    return file
  }
  async start(who: string, roles: string): Promise<void> {
    this.workers.set(who, await work(root, ['--config', this.file(who), '--roles', roles]))
  }
  async kill(who: string): Promise<void> {
    const worker = this.workers.get(who)!
    await worker.stop('SIGKILL')
    await this.start(who, worker.roles)
  }
  get taker(): string {
    return this.workers.get('front')!.url
  }
  async send(some: readonly string[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${this.taker}/api/v1/signals`, {
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
    const ready = async () =>
      (await (await fetch(`${this.taker}/readyz`)).json()) as { durable: number; folded: number }
    let { durable, folded } = await ready()
    for (let tries = 0; folded < durable && tries < 1_500; tries++) {
      await new Promise(next => setTimeout(next, 200))
      ;({ durable, folded } = await ready())
    }
    expect(folded).toBe(durable)
    return (await asked<{ body: string }>(`SELECT body FROM ${this.name}.event ORDER BY cursor`)).map(row => row.body)
  }
  leases = () =>
    asked<{ name: string; holder: string; left: number }>(
      `SELECT name, holder, extract(epoch FROM until - clock_timestamp())::float8 AS left FROM ${this.name}.lease`,
    )
  async stop(): Promise<void> {
    for (const each of this.workers.values()) expect(await each.stop('SIGTERM')).toBe(0)
  }
  said = () => [...this.workers].map(([who, each]) => `== ${who}\n${each.stderr().slice(-3_000)}`).join('\n')
}

describe('the founding replay, shared out', () => {
  it('gives the events of the embedded run', async () => {
    const houses = new Houses()
    await houses.start('front', 'ingest,deliver,probe')
    for (const who of ['watch-1', 'watch-2']) await houses.start(who, 'watch')
    for (const who of ['judge-1', 'judge-2']) await houses.start(who, 'judge')
    for (let at = 0; at < lines.length; at += LINES) await houses.send(lines.slice(at, at + LINES))
    const events = await houses.events().catch((error: Error) => {
      throw new Error(`${error.message}\n${houses.said()}`)
    })
    expect(events).toEqual(embedded)
    await houses.stop()
  }, 1_200_000)
})

describe('the founding replay, while each process is killed', () => {
  it('gives them too, and leases move within ten seconds', async () => {
    const houses = new Houses()
    await houses.start('front', 'ingest,deliver,probe')
    for (const who of ['watch-1', 'watch-2']) await houses.start(who, 'watch')
    for (const who of ['judge-1', 'judge-2']) await houses.start(who, 'judge')
    const rounds = Math.ceil(lines.length / LINES)
    const moved: number[] = []
    /** Kills whoever holds something, and waits until another does. */
    const moves = async (lease: string, who: (holder: string) => string) => {
      const [before] = (await houses.leases()).filter(each => each.name === lease)
      const name = who(before!.holder)
      const worker = houses.workers.get(name)!
      await worker.stop('SIGKILL')
      const killed = performance.now()
      for (;;) {
        const [now] = (await houses.leases()).filter(each => each.name === lease)
        if (now!.holder !== before!.holder && now!.left > 0) break
        if (performance.now() - killed > 30_000) throw new Error(`${lease} does not move\n${houses.said()}`)
        await new Promise(next => setTimeout(next, 100))
      }
      moved.push(performance.now() - killed)
      await houses.start(name, worker.roles)
    }
    const byPid = (holder: string) =>
      [...houses.workers].find(([, { pid }]) => holder.split('/')[0]!.endsWith(`:${pid}`))![0]
    const kills = new Map<number, () => Promise<void>>([
      [Math.floor(rounds * 0.15), () => moves('watch.0', byPid)],
      [Math.floor(rounds * 0.3), () => moves('judge', byPid)],
      [Math.floor(rounds * 0.45), () => houses.kill('front')],
      [Math.floor(rounds * 0.55), () => three[0]!.restart()],
      [Math.floor(rounds * 0.65), () => database.restart()],
      [Math.floor(rounds * 0.75), () => moves('watch.5', byPid)],
      [Math.floor(rounds * 0.85), () => moves('judge', byPid)],
    ])
    for (let round = 0; round < rounds; round++) {
      const sent = houses.send(lines.slice(round * LINES, (round + 1) * LINES))
      await kills.get(round)?.()
      await sent
    }
    const events = await houses.events().catch((error: Error) => {
      throw new Error(`${error.message}\n${houses.said()}`)
    })
    expect(events).toEqual(embedded)
    console.log(`leases moved within ${moved.map(each => (each / 1_000).toFixed(1)).join(', ')} s`)
    expect(Math.max(...moved)).toBeLessThan(10_000)
    await houses.stop()
  }, 1_200_000)
})
