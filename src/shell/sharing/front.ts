import { Worker } from 'node:worker_threads'
import type { Config } from '../../contract/config.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import { SHOWN_LATE_MS } from '../../contract/thresholds.js'
import type { CommittedEvent, Store } from '../../contract/ports.js'
import type { Held, SharedStore, WorkRole } from '../../contract/sharing/sharing.js'
import type { Committed } from '../engine.js'
import type { Env } from '../env.js'
import { files } from '../folder/data-folder.js'
import { bringTogether } from '../folder/together.js'
import { type Keeping, keepingOf, openLog, openStore } from '../keep.js'
import type { Hooks, Parts } from '../standing.js'
import { connect } from '../rpc.js'
import { INGEST, JUDGE, laneName } from './membership.js'

/** What was committed elsewhere is looked for so often. */
const LOOK_FOR_MS = 250
/** and how far everybody's checkpoints are, so often. */
const CHECKPOINTS_MS = 30_000
/** Rows named to those who show them; of more, all are. */
const CHANGED_MOST = 2_000
/** Events read at once. */
const EVENTS_HEARD = 2_000

/** What this process does of the work that several share out. */
export interface Share {
  roles: ReadonlySet<WorkRole>
  /** The lease by which it takes signals; null: it only shows. */
  held: Held | null
  store: SharedStore
}

/** Where signals are taken, or only shown, while others watch and judge. */
export async function openFront(config: Config, env: Env, hooks: Hooks, share: Share): Promise<Parts> {
  return share.held === null ? openReading(config, env, hooks) : openTaking(config, env, hooks, share, share.held)
}

async function openTaking(config: Config, env: Env, hooks: Hooks, share: Share, held: Held): Promise<Parts> {
  const names = files(config.data)
  const keeping = keepingOf(config)
  const shared: { partitions?: number | undefined } = {}
  const from = () => oldest(share.store, shared.partitions)
  const { gaps, cut } = await bringTogether(config.data, env, null, keeping, { as: held, from })
  const worker = new Worker(new URL('../threads/log.js', import.meta.url))
  let closing = false
  const log = connect(
    worker,
    message => env.log(...((message as { say: Parameters<Env['log']> }).say ?? ['warn', 'a thread said nothing'])),
    error => {
      if (!closing) hooks.died(error)
    },
  )
  await log.ask('open', [keeping, { file: names.log }])
  const logHere = await openLog(keeping, env, { file: names.log, readonly: true })
  const store = await openStore(keeping, env, { file: names.store, as: held })
  shared.partitions = logHere.partitions
  const pending: { position: number; signals: number }[] = []
  const follower = await Follower.open(store, env, hooks, position => {
    let folded = 0
    while (pending.length > 0 && pending[0]!.position <= position) folded += pending.shift()!.signals
    return folded
  })
  const look = async () => {
    follower.snapshot = await from()
  }
  const timer = setInterval(() => void look().catch(() => {}), CHECKPOINTS_MS)
  await look()
  return {
    append: async entries => {
      const signals = entries.reduce((sum, each) => sum + each.count, 0)
      const transfer = entries.flatMap(e =>
        e.count > 0 ? [e.body.buffer as ArrayBuffer, e.keys.buffer as ArrayBuffer] : [],
      )
      const positions = await log.ask<number[]>('append', [entries], transfer)
      pending.push({ position: positions.at(-1)!, signals })
      return positions
    },
    trimLog: (before, upTo) => log.ask('trim', [before, upTo]),
    log: logHere,
    store,
    wake: () => {},
    // Those who fold read it when they begin.
    configure: async () => {},
    note: (key, value) => store.note(key, value),
    subscribe: change => store.subscribe(change),
    trimStore: before => store.trim(before),
    gaps,
    cut,
    lateMs: SHOWN_LATE_MS,
    [Symbol.asyncDispose]: async () => {
      closing = true
      clearInterval(timer)
      await follower[Symbol.asyncDispose]()
      await logHere[Symbol.asyncDispose]()
      await log.ask('close', []).catch(() => {})
      await worker.terminate()
      await store[Symbol.asyncDispose]()
    },
  }
}

/** Up to where everybody's checkpoints are: the log is needed from there on. */
async function oldest(store: SharedStore, partitions: number | undefined): Promise<number> {
  const found = new Map((await store.checkpoints()).map(({ name, position }) => [name, position]))
  const names = [JUDGE, ...Array.from({ length: partitions ?? 0 }, (_, i) => laneName(i))]
  return partitions === undefined
    ? Math.min(...found.values(), Number.MAX_SAFE_INTEGER)
    : Math.min(...names.map(name => found.get(name) ?? 0))
}

async function openReading(config: Config, env: Env, hooks: Hooks): Promise<Parts> {
  const keeping: Keeping = keepingOf(config)
  const names = files(config.data)
  const store = await openStore(keeping, env, { file: names.store, readonly: true })
  const follower = await Follower.open(store, env, hooks, () => 0)
  const elsewhere = async (): Promise<never> => {
    throw new TransientError('this process only shows; signals and commands are taken by another', RETRY_AFTER_MS)
  }
  const nothing = { position: 0, at: 0 }
  return {
    append: elsewhere,
    trimLog: async () => 0,
    log: { read: async () => [], keys: async () => [], last: async () => nothing },
    store,
    wake: () => {},
    configure: async () => {},
    note: async () => {},
    subscribe: elsewhere,
    trimStore: async () => {},
    gaps: 0,
    cut: false,
    lateMs: SHOWN_LATE_MS,
    reading: true,
    [Symbol.asyncDispose]: async () => {
      await follower[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

type Followed = Pick<Store, 'committed' | 'eventsAfter' | 'changedSince'>

/** Hears of what another process committed, by asking. */
class Follower implements AsyncDisposable {
  snapshot = 0
  private position = -1
  private timer: NodeJS.Timeout | null = null
  private asking: Promise<void> | null = null

  private constructor(
    private readonly store: Followed,
    private readonly env: Pick<Env, 'log'>,
    private readonly hooks: Hooks,
    private readonly foldedAt: (position: number) => number,
    private cursor: number,
  ) {}

  static async open(
    store: Followed,
    env: Pick<Env, 'log'>,
    hooks: Hooks,
    foldedAt: (position: number) => number,
  ): Promise<Follower> {
    if (store.changedSince === undefined) throw new PermanentError('this store is none that several processes share')
    let cursor = 0
    for (let rows: CommittedEvent[]; (rows = await store.eventsAfter(cursor, EVENTS_HEARD)).length > 0; )
      cursor = rows.at(-1)!.cursor
    const follower = new Follower(store, env, hooks, foldedAt, cursor)
    follower.timer = setInterval(() => void follower.ask(), LOOK_FOR_MS)
    return follower
  }

  private ask(): Promise<void> {
    this.asking ??= this.look()
      // The pages say themselves how old they are.
      .catch(() => {})
      .finally(() => {
        this.asking = null
      })
    return this.asking
  }

  private async look(): Promise<void> {
    const { store } = this
    const { position, now } = await store.committed()
    if (position === this.position) return
    const services = await store.changedSince!(this.position, CHANGED_MOST)
    const events = await store.eventsAfter(this.cursor, EVENTS_HEARD)
    this.position = position
    this.cursor = events.at(-1)?.cursor ?? this.cursor
    const incidents = [...new Set(events.map(({ event }) => event.incident))]
    const folded = this.foldedAt(position)
    const what: Committed = {
      position,
      now,
      folded,
      late: 0,
      services,
      incidents,
      untaken: [],
      snapshot: this.snapshot,
    }
    this.hooks.committed(what)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer)
    await this.asking
  }
}

/** Who takes signals now, and where; null: nobody, or they do not say. */
export const takerOf = (seen: {
  members: { id: string; url: string | null }[]
  leases: { name: string; holder: string; leftMs: number }[]
}): string | null => {
  const lease = seen.leases.find(each => each.name === INGEST)
  return seen.members.find(each => each.id === lease?.holder)?.url ?? null
}
