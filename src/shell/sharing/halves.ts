import type { Held, Member, SharedBus, SharedStore, WorkRole } from '../../contract/sharing/sharing.js'
import type { EngineConfig } from '../../core/fold/fold.js'
import type { Env } from '../env.js'
import { type Keeping, openSharedBus, openSharedStore, openStore } from '../keep.js'
import { JudgeWorker } from './judge-worker.js'
import { LaneWorker } from './lane-worker.js'
import { JUDGE, laneName, Membership, partitionsFor } from './membership.js'

/** The bus is asked so often whether there is more. */
const MORE_MS = 100
/** A server that is near may be behind the one that leads for so long after something came. */
const NEARLY_MS = 3_000
/** and where it was behind for longer it is asked all the same. */
const ASK_ANYWAY_MS = 2_000

export interface HalvesOptions {
  keeping: Keeping
  config: EngineConfig
  /** `watch`, `judge` or both. */
  roles: WorkRole[]
  member: Pick<Member, 'id' | 'url' | 'version'>
}

/** How the workers of a process are, for its metrics and for whoever asks. */
export interface HalvesDoing extends Record<string, unknown> {
  lanes: { partition: number; position: number; now: number; folded: number }[]
  judge: { position: number; now: number; folded: number; late: number } | null
}

/** The halves that one process works at: partitions that it watches, and the judge where it is the one. */
export class Halves implements AsyncDisposable {
  private readonly lanes = new Map<number, LaneWorker>()
  private judge: JudgeWorker | null = null
  private readonly membership: Membership
  private timer: NodeJS.Timeout | null = null
  private looking = false
  private newest = -1
  private changedAt = 0
  private askedAt = 0
  private readonly failed = new WeakSet<object>()

  private constructor(
    private readonly options: HalvesOptions,
    private readonly bus: SharedBus,
    /** Checkpoints go through it. */
    private readonly store: SharedStore,
    /** A connection for leases alone: saying that they are held waits behind no checkpoint. */
    private readonly leases: SharedStore,
    private readonly env: Pick<Env, 'now' | 'log'>,
  ) {
    this.membership = new Membership(leases, {
      member: () => ({ ...options.member, roles: options.roles, doing: this.doing }),
      begin: held => this.begin(held),
      end: (name, lost) => this.end(name, lost),
      wanted: (seen, held) => [
        ...(options.roles.includes('watch') ? partitionsFor(options.member.id, seen, held, bus.partitions) : []),
        ...(options.roles.includes('judge') ? [JUDGE] : []),
      ],
      log: env.log,
    })
  }

  static async open(options: HalvesOptions, env: Pick<Env, 'now' | 'log'>): Promise<Halves> {
    const bus = await openSharedBus(options.keeping, env)
    const store = await openSharedStore(options.keeping, env)
    const halves = new Halves(options, bus, store, await openSharedStore(options.keeping, env), env)
    await halves.membership.start()
    halves.timer = setInterval(() => void halves.look(), MORE_MS)
    return halves
  }

  get doing(): HalvesDoing {
    const { judge } = this
    return {
      lanes: [...this.lanes].map(([partition, { position, now, folded }]) => ({ partition, position, now, folded })),
      judge:
        judge === null ? null : { position: judge.position, now: judge.now, folded: judge.folded, late: judge.late },
    }
  }

  private async begin(held: Held): Promise<void> {
    const { bus, store, options, env } = this
    const { config, keeping } = options
    if (held.name === JUDGE) {
      const writing = await openStore(keeping, env, { file: '', as: held })
      this.judge = await JudgeWorker.open({ bus, shared: store, store: writing, held, config, log: env.log })
    } else {
      const partition = Number(held.name.slice(laneName(0).length - 1))
      this.lanes.set(partition, await LaneWorker.open({ bus, store, config, held, partition, log: env.log }))
    }
    // It has not read anything yet.
    this.newest = -1
  }

  private async end(name: string, lost: boolean): Promise<void> {
    if (name === JUDGE) {
      const { judge } = this
      this.judge = null
      await judge?.stop(lost)
    } else {
      const partition = Number(name.slice(laneName(0).length - 1))
      const lane = this.lanes.get(partition)
      this.lanes.delete(partition)
      await lane?.stop(lost)
    }
  }

  /** Whether there is more. */
  private async look(): Promise<void> {
    if (this.looking) return
    this.looking = true
    try {
      if (this.lanes.size > 0) {
        const newest = await this.bus.newest()
        const now = performance.now()
        if (newest !== this.newest) this.changedAt = now
        // A server that is near may be behind for a moment: what it does not have yet is asked for again.
        if (now - this.changedAt < NEARLY_MS || now - this.askedAt > ASK_ANYWAY_MS) {
          this.askedAt = now
          for (const [partition, lane] of this.lanes) this.run(laneName(partition), lane)
        }
        this.newest = newest
      }
      if (this.judge !== null) this.run(JUDGE, this.judge)
    } catch (error) {
      this.env.log('warn', 'the bus does not answer', { why: (error as Error).message })
    } finally {
      this.looking = false
    }
  }

  /** Who cannot go on lets go, so that another may; where nobody can, that is tried again and again, and said. */
  private run(name: string, worker: { pump(): Promise<void> }): void {
    worker.pump().catch((error: Error) => {
      if (this.failed.has(worker)) return
      this.failed.add(worker)
      this.env.log('error', 'a part of the work has stopped', { lease: name, why: error.stack ?? error.message })
      void this.membership.giveUp(name)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer)
    await this.membership[Symbol.asyncDispose]()
    await this.bus[Symbol.asyncDispose]()
    await this.leases[Symbol.asyncDispose]()
    await this.store[Symbol.asyncDispose]()
  }
}
