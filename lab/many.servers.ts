import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import nats from '../src/plugin/bus/nats.js'
import { pluginEnv } from '../src/shell/outside/env.js'
import { type Served, serve, tokenIn } from '../src/testing/served.js'
import { courseOf, Ground } from './houses.js'
import { root } from './recipes.js'

// The founding replay through three NATS servers and PostgreSQL: the incident events are those of the embedded run, byte for
// byte, also while each of them and the server itself is killed in turn.

/** Lines of one request. */
const LINES = 4_000

let ground: Ground
let lines: string[]
let embedded: string[]
let n = 0

beforeAll(async () => {
  ground = await Ground.lay(30)
  ;({ lines, wanted: embedded } = courseOf())
}, 180_000)
afterAll(() => ground.stop())

/** A server of its own, kept on those. */
class House {
  readonly name = `h${++n}`
  readonly data = join(ground.daemons.folder, this.name)
  private readonly file = join(ground.daemons.folder, `${this.name}.yaml`)
  private readonly bus = {
    servers: ground.three.map(each => `127.0.0.1:${each.port}`),
    stream: this.name,
    replicas: 3,
    tls: 'off' as const,
  }
  private readonly store = {
    ...{
      host: '127.0.0.1',
      port: ground.database.port,
      user: 'watcher',
      password: 'hush',
      schema: this.name,
      tls: 'off',
    },
  }
  server: Served | undefined

  async start(): Promise<void> {
    mkdirSync(this.data, { recursive: true })
    const settings = {
      data: this.data,
      clock: 'signals',
      bus: { use: 'nats', ...this.bus },
      store: { use: 'postgres', ...this.store },
    }
    writeFileSync(this.file, JSON.stringify(settings))
    this.server = await serve(root, ['--config', this.file])
  }
  async kill(): Promise<void> {
    await this.server!.stop('SIGKILL')
    await this.start()
  }
  /** Sends lines until they are acknowledged; what is sent twice counts once. */
  async send(some: readonly string[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      const { url } = this.server!
      const answer = await fetch(`${url}/api/v1/signals`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokenIn(this.data)}` },
        body: some.join('\n'),
        signal: AbortSignal.timeout(60_000),
      }).catch((error: Error) => error)
      if (!(answer instanceof Error) && answer.status === 200) return void (await answer.text())
      if (tries > 60) throw new Error(answer instanceof Error ? answer.message : await answer.text())
      await new Promise(next => setTimeout(next, 500))
    }
  }
  /** Incident events once all that was acknowledged is folded, in the order in which they were committed. */
  async events(): Promise<string[]> {
    const env = pluginEnv({ now: () => Date.now(), log: () => {} }, true)
    const log = await nats.open(this.bus, env, { file: '', readonly: true })
    const { position } = await log.last()
    await log[Symbol.asyncDispose]()
    const folded = async () =>
      Number((await ground.asked<{ position: string }>(`SELECT position FROM ${this.name}.position`))[0]!.position)
    for (let tries = 0; (await folded()) < position && tries < 600; tries++)
      await new Promise(next => setTimeout(next, 200))
    expect(await folded()).toBe(position)
    return (await ground.asked<{ body: string }>(`SELECT body FROM ${this.name}.event ORDER BY cursor`)).map(
      row => row.body,
    )
  }
  async stop(): Promise<void> {
    expect(await this.server?.stop('SIGTERM')).toBe(0)
    rmSync(this.data, { recursive: true, force: true })
  }
}

describe('the founding replay, on NATS and PostgreSQL', () => {
  it('gives the events of the embedded run', async () => {
    const house = new House()
    await house.start()
    for (let at = 0; at < lines.length; at += LINES) await house.send(lines.slice(at, at + LINES))
    const events = await house.events()
    expect(events.length).toBeGreaterThan(20)
    expect(events).toEqual(embedded)
    await house.stop()
  }, 600_000)

  it('gives them too while the leader, the database and the server are killed in turn', async () => {
    const house = new House()
    await house.start()
    const rounds = Math.ceil(lines.length / LINES)
    /** By the part of all that was sent. */
    const kills = new Map<number, () => Promise<void>>([
      [Math.floor(rounds * 0.2), async () => (await ground.leaderOf(house.name)).restart()],
      [Math.floor(rounds * 0.4), () => ground.database.restart()],
      [Math.floor(rounds * 0.6), () => house.kill()],
      [Math.floor(rounds * 0.75), async () => (await ground.leaderOf(house.name)).restart()],
      [Math.floor(rounds * 0.8), () => house.kill()],
    ])
    for (let round = 0; round < rounds; round++) {
      // While it is on its way; what was not acknowledged is sent again.
      await Promise.all([house.send(lines.slice(round * LINES, (round + 1) * LINES)), kills.get(round)?.()])
    }
    expect(await house.events()).toEqual(embedded)
    await house.stop()
  }, 600_000)
})
