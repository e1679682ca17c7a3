import type { Held, Lease, Member, MemberSeen, SharedStore } from '../../contract/sharing/sharing.js'
import type { Env } from '../env.js'

/** Who holds a lease says so this often. */
export const BEAT_MS = 1_000
/**
 * and holds it so long after they last did. Whoever dies is followed within LEASE_MS + BEAT_MS, less than ten seconds; a pause of
 * four seconds costs nobody anything.
 */
export const LEASE_MS = 5_000

export interface Seen {
  members: MemberSeen[]
  leases: Lease[]
}

export interface Work {
  /** As it is to be told of this process. */
  member: () => Member
  /** What it does: it has to begin, or to end before the lease goes to somebody else. */
  begin: (held: Held) => Promise<void>
  /** `lost`: somebody else has it already; nothing is to be saved. */
  end: (name: string, lost: boolean) => Promise<void>
  /** Names that this process should hold, of those that are there to be held, the most wanted first. */
  wanted: (seen: Seen, held: ReadonlySet<string>) => string[]
  log: Env['log']
}

/** What one process holds of what several share out: said again and again, taken where it is free, let go where others have less. */
export class Membership implements AsyncDisposable {
  private readonly holding = new Map<string, Held>()
  private readonly beginning = new Map<string, Promise<void>>()
  /** What it lets go: held until that is saved, which may take longer than a lease lasts. */
  private readonly ending = new Map<string, Promise<void>>()
  private timer: NodeJS.Timeout | null = null
  private beating: Promise<void> | null = null
  private closed = false
  seen: Seen = { members: [], leases: [] }

  constructor(
    private readonly store: SharedStore,
    private readonly work: Work,
    private readonly beatMs = BEAT_MS,
  ) {}

  get held(): ReadonlySet<string> {
    return new Set([...this.holding.keys()].filter(name => !this.ending.has(name)))
  }

  leaseOf = (name: string): Held | undefined => this.holding.get(name)

  async start(): Promise<void> {
    await this.beat()
    this.timer = setInterval(() => void this.beat(), this.beatMs)
  }

  /** One round. A store that does not answer changes nothing: the leases themselves tell, once it does. */
  beat(): Promise<void> {
    this.beating ??= this.round()
      .catch((error: Error) => this.work.log('warn', 'leases cannot be renewed now', { why: error.message }))
      .finally(() => {
        this.beating = null
      })
    return this.beating
  }

  private async round(): Promise<void> {
    const { store, work } = this
    const member = work.member()
    const asked = performance.now()
    this.seen = await store.beat(member, [...this.holding.values()], LEASE_MS)
    const waitedMs = performance.now() - asked
    for (const [name, held] of this.holding) {
      const lease = this.seen.leases.find(each => each.name === name)
      if (lease?.epoch === held.epoch && lease.holder === member.id) continue
      this.holding.delete(name)
      work.log('warn', 'another process has taken over', { lease: name })
      this.beside(name, this.stop(name, true))
    }
    if (this.closed) return
    const wanted = work.wanted(this.seen, this.held)
    for (const name of this.held) if (!wanted.includes(name)) this.beside(name, this.letGo(name))
    // The store was away for longer than leases hold: those who have them were kept from saying so, and are let speak first.
    if (waitedMs > LEASE_MS - BEAT_MS) return
    for (const name of wanted) {
      const lease = this.seen.leases.find(each => each.name === name)
      if (this.holding.has(name) || this.ending.has(name) || (lease !== undefined && lease.leftMs > 0)) continue
      const held = await store.take(name, member.id, LEASE_MS)
      if (held === null) continue
      this.holding.set(name, held)
      // It may take longer than a lease holds: meanwhile it goes on being renewed.
      this.beginning.set(name, this.take(held))
    }
  }

  private async take(held: Held): Promise<void> {
    const { name } = held
    const { work, store } = this
    try {
      await work.begin(held)
      work.log('info', 'this process has taken over', { lease: name })
    } catch (error) {
      work.log('error', 'what was taken over cannot begin', { lease: name, why: (error as Error).message })
      this.holding.delete(name)
      await store.release(held).catch(() => {})
    } finally {
      this.beginning.delete(name)
    }
  }

  private async stop(name: string, lost: boolean): Promise<void> {
    await this.beginning.get(name)
    await this.work.end(name, lost)
  }

  /** While something ends, all else goes on being held: a round never waits for it. */
  private beside(name: string, end: Promise<void>): void {
    const ended = Promise.all([this.ending.get(name), end])
      .then(
        () => {},
        error =>
          this.work.log('warn', 'a lease could not be given back; it ends by itself', {
            lease: name,
            why: String(error),
          }),
      )
      .finally(() => this.ending.get(name) === ended && this.ending.delete(name))
    this.ending.set(name, ended)
  }

  /** It cannot go on with something: others may. */
  async giveUp(name: string): Promise<void> {
    const held = this.holding.get(name)
    if (held === undefined) return
    this.holding.delete(name)
    await this.stop(name, true)
    await this.store.release(held).catch(() => {})
  }

  private async letGo(name: string): Promise<void> {
    const held = this.holding.get(name)!
    try {
      await this.stop(name, false)
    } finally {
      if (this.holding.get(name) === held) this.holding.delete(name)
    }
    await this.store.release(held)
    this.work.log('info', 'this process has let go', { lease: name })
  }

  /** Lets all go, each once it is saved; until then it goes on being renewed, for to save may take longer than a lease holds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
    await this.beating
    for (const name of this.held) this.beside(name, this.letGo(name))
    await Promise.all(this.ending.values())
    if (this.timer !== null) clearInterval(this.timer)
    await this.beating
    await this.store.leave(this.work.member().id).catch(() => {})
  }
}

/** Whether it was heard of lately. */
export const isLive = ({ agoMs }: MemberSeen): boolean => agoMs < LEASE_MS

export const laneName = (partition: number): string => `watch.${partition}`
export const JUDGE = 'judge'
export const INGEST = 'ingest'

/**
 * Partitions for one of several who watch: no more than an even share; what it has, and then what nobody has.
 *
 * @param me Its id.
 */
export function partitionsFor(
  me: string,
  { members, leases }: Seen,
  held: ReadonlySet<string>,
  partitions: number,
): string[] {
  const others = members.filter(each => each.id !== me && isLive(each) && each.roles.includes('watch')).length
  const share = Math.ceil(partitions / (others + 1))
  const names = Array.from({ length: partitions }, (_, i) => laneName(i))
  const mine = names.filter(name => held.has(name))
  const free = names.filter(name => !held.has(name) && (leases.find(each => each.name === name)?.leftMs ?? -1) <= 0)
  return [...mine, ...free].slice(0, share)
}
