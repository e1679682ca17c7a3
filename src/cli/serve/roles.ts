import { hostname } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Config } from '../../contract/config.js'
import type { Held, Member, SharedStore, WorkRole } from '../../contract/sharing/sharing.js'
import { type Door, openDoor } from '../../http/roles/door.js'
import { App } from '../../shell/app.js'
import type { Env } from '../../shell/env.js'
import { keepingOf, openSharedStore } from '../../shell/keep.js'
import { engineConfig } from '../../shell/parts.js'
import { connect, type Remote } from '../../shell/rpc.js'
import { VERSION } from '../../shell/version.js'
import { takerOf } from '../../shell/sharing/front.js'
import type { HalvesDoing, HalvesOptions } from '../../shell/sharing/halves.js'
import { INGEST, Membership } from '../../shell/sharing/membership.js'
import { openHouse, type Origin } from './house.js'

export interface Asked {
  config: Config
  env: Env
  roles: readonly WorkRole[]
  reach: string | undefined
  origin: Origin | undefined
  failed: (error: unknown) => number
  /** What is said to whoever started it, and what ends it. */
  greet: (app: App, port: number) => void
  untilStopped: () => Promise<void>
}

/** Why these roles cannot be alone in a process; null: they can. */
export function unfit(roles: readonly WorkRole[]): string | null {
  const alone = (['deliver', 'probe'] as const).find(each => roles.includes(each) && !roles.includes('ingest'))
  return alone === undefined
    ? null
    : `"${alone}" runs in the process that takes signals: give it the role "ingest" as well` +
        (alone === 'probe' ? '; from elsewhere, `epicenter agent` probes' : '')
}

/** Serves with some of the roles until it is told to stop; resolves with the exit code. */
export async function runRoles(asked: Asked): Promise<number> {
  const why = unfit(asked.roles)
  if (why !== null) {
    process.stderr.write(`epicenter serve: --roles ${asked.roles.join(',')}: ${why}\n`)
    return 2
  }
  const work = new Work(asked)
  try {
    await work.begin()
    await Promise.race([asked.untilStopped(), work.ended])
  } catch (error) {
    return asked.failed(error)
  } finally {
    await work.end()
  }
  return work.code
}

/** One process of several: a thread that watches and judges, a house that takes signals or shows, or a small door for health alone. */
class Work {
  code = 0
  readonly ended: Promise<void>
  private endIt!: () => void
  private halves: Remote | null = null
  private store: SharedStore | null = null
  private membership: Membership | null = null
  private app: App | null = null
  private house: Awaited<ReturnType<typeof openHouse>> | null = null
  private door: Door | null = null
  private url: string | null = null
  private thread: Worker | null = null
  private readonly id = `${hostname()}:${process.pid}`

  constructor(private readonly asked: Asked) {
    this.ended = new Promise(resolve => {
      this.endIt = resolve
    })
  }

  private has = (role: WorkRole): boolean => this.asked.roles.includes(role)

  async begin(): Promise<void> {
    const { config, env } = this.asked
    if (this.has('watch') || this.has('judge')) await this.beginHalves()
    if (!this.has('ingest') && !this.has('pages')) return this.openDoor()
    this.store = await openSharedStore(keepingOf(config), env)
    if (this.has('ingest')) await this.openDoor()
    else await this.openApp(null)
    this.membership = new Membership(this.store, {
      member: () => this.member(),
      begin: held => this.take(held),
      end: async (_, lost) => {
        // Whoever lost it may hold what is told to nobody any more: it begins anew.
        if (lost) this.fail(1)
        else await this.closeApp()
      },
      wanted: () => (this.has('ingest') ? [INGEST] : []),
      log: env.log,
    })
    await this.membership.start()
  }

  private member(): Member {
    const roles = this.asked.roles.filter(each => each !== 'watch' && each !== 'judge')
    const { app } = this
    const doing = app === null ? { standingBy: true } : { durable: app.health.durable, folded: app.health.folded }
    return { id: `${this.id}/front`, roles: [...roles], url: this.url, version: VERSION, doing }
  }

  private async take(held: Held): Promise<void> {
    await this.closeDoor()
    try {
      await this.openApp(held)
    } catch (error) {
      this.asked.failed(error)
      this.fail(1)
      throw error
    }
  }

  private async openApp(held: Held | null): Promise<void> {
    const { config, env, origin, roles } = this.asked
    const share = { roles: new Set(roles), held, store: this.store! }
    this.app = await App.open(config, env, { share })
    // Time goes on at once: what is shown is as old already as the taking over took. Where it cannot be said yet, it is in a second.
    if (held !== null) await this.app.beat().catch(() => {})
    const elsewhere = held === null ? () => this.taker() : undefined
    this.house = await openHouse(this.app, null, origin, elsewhere, held !== null)
    const port = await this.house.listen()
    this.url = this.reachedAt(port)
    this.asked.greet(this.app, port)
  }

  private taker(): string | null {
    return this.membership === null ? null : takerOf(this.membership.seen)
  }

  private reachedAt(port: number): string {
    const { config, reach } = this.asked
    const all = config.host === '0.0.0.0' || config.host === '::'
    const host = all ? hostname() : config.host.includes(':') ? `[${config.host}]` : config.host
    return reach ?? `http://${host}:${port}`
  }

  private async beginHalves(): Promise<void> {
    const { config, env, roles } = this.asked
    this.thread = new Worker(new URL('../../shell/threads/halves.js', import.meta.url))
    let closing = false
    const remote = connect(
      this.thread,
      message => env.log(...((message as { say?: Parameters<Env['log']> }).say ?? ['warn', 'a thread said nothing'])),
      error => {
        if (closing || this.code !== 0) return
        env.log('error', 'the thread that watches and judges has ended', { why: error.message })
        this.fail(1)
      },
    )
    const options: HalvesOptions = {
      keeping: keepingOf(config),
      config: engineConfig(config),
      roles: roles.filter(each => each === 'watch' || each === 'judge'),
      member: { id: `${this.id}/halves`, url: null, version: VERSION },
    }
    await remote.ask('open', [options])
    this.halves = {
      ask: (method, args) => {
        closing ||= method === 'close'
        return remote.ask(method, args)
      },
    }
  }

  private fail(code: number): void {
    this.code = code
    this.endIt()
  }

  /** Health and metrics, where there are no pages: as long as it stands by, or for good. */
  private async openDoor(): Promise<void> {
    const { roles, config } = this.asked
    this.door = await openDoor({ ...config, roles, doing: () => this.doing() })
    process.stdout.write(
      `Epicenter works as ${roles.join(', ')}; health at ${this.reachedAt(this.door.port)}/healthz\n`,
    )
  }

  private async closeDoor(): Promise<void> {
    const { door } = this
    this.door = null
    await door?.close()
  }

  private async closeApp(): Promise<void> {
    const { house, app } = this
    this.house = null
    this.app = null
    await house?.close()
    await app?.[Symbol.asyncDispose]()
  }

  private async doing(): Promise<HalvesDoing> {
    return (await this.halves?.ask<HalvesDoing>('doing', [])) ?? { lanes: [], judge: null }
  }

  /** What was begun is finished and saved, and others are told at once. */
  async end(): Promise<void> {
    // It waits for what is just being taken over, which nobody would close otherwise.
    await this.membership?.[Symbol.asyncDispose]()
    await this.closeApp()
    await this.store?.[Symbol.asyncDispose]()
    await this.halves?.ask('close', []).catch(() => {})
    await this.thread?.terminate()
    await this.closeDoor()
  }
}
