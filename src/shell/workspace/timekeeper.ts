import { TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import type { Log } from '../../contract/ports.js'
import type { Signal } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Clock, Turn } from './clock.js'
import type { Committer } from './committer.js'
import type { Gate } from './gate.js'

/** What a `clock` entry of the log holds. `held`: the entry from which signals wait for this answer; 0: none do. */
export interface ClockEntry {
  verdict: Turn['verdict']
  /** How far the other time was ahead of the one believed. */
  lead: number
  from: EpochMs
  to: EpochMs
  held: number
}

export const clockEntryOf = (body: Uint8Array): ClockEntry => JSON.parse(Buffer.from(body).toString('utf8'))

interface Charge {
  clock: Clock
  gate: Gate
  committer: Committer
  /** Brings back fingerprints that were let go over a leap. */
  recall: (now: EpochMs) => Promise<void>
  wall: () => EpochMs
}

/** Sees to it, on the `wall` clock, that log time follows the time that is believed, and that the log tells why. */
export class Timekeeper {
  /** The newest `clock` entry; after `takeUp` the one that waits for its answer; 0: none. */
  clockAt = 0
  /** A turn that is not durable yet: the clock is not asked again before it is. */
  private turning = false

  constructor(private readonly charge: Charge) {}

  /** At the start: the clock against the end of the log, and what an answer was awaited for when the process ended. */
  async takeUp(log: Pick<Log, 'read'>): Promise<void> {
    const { clock, gate } = this.charge
    const end = gate.now
    const [row] = this.clockAt > 0 ? await log.read(this.clockAt - 1, 1) : []
    const open = row?.kind === 'clock' ? clockEntryOf(row.body) : null
    if (open?.verdict !== 'doubted') this.clockAt = 0
    if (Number.isFinite(end)) clock.begin(end, this.clockAt > 0)
    await this.look()
    if (this.clockAt === 0 || open === null || clock.doubt !== null) return
    // Nothing is in question any more: the wall has come to one of the two times.
    const verdict = Math.abs(clock.now() - end - open.lead) < Math.abs(clock.now() - end) ? 'believed' : 'refused'
    await this.write({ verdict, lead: open.lead, from: end, to: Math.max(end, clock.now()), undo: () => {} })
  }

  /** Moves log time on to what is believed; what the clock did meanwhile goes on the log first. @throws TransientError */
  stamp(): void {
    const { clock, gate, wall } = this.charge
    void this.look()
    if (clock.unset)
      throw new TransientError(
        `the clock of this machine says ${new Date(wall()).toISOString()}: it has to be set first`,
        5 * RETRY_AFTER_MS,
      )
    gate.stamp(clock.now())
  }

  /** What the clock did goes on the log. Resolves when it is there; time has moved before that. */
  look(): Promise<void> {
    const { clock, gate } = this.charge
    const turn = this.turning ? null : clock.look()
    const written = turn === null ? Promise.resolve() : this.write(turn)
    gate.hear = clock.listens ? at => this.hear(at) : null
    return written
  }

  private hear(at: EpochMs): void {
    const { clock, gate } = this.charge
    clock.hear(at)
    const turn = clock.doubt !== null && gate.doubt === null ? clock.look() : null
    if (turn !== null) void this.write(turn)
  }

  /** Puts a turn of the clock on the log, before anything that goes by it. */
  private write(turn: Turn): Promise<void> {
    const { verdict, lead, from, to } = turn
    const { gate, committer, recall } = this.charge
    const before = gate.now
    const goesBack = verdict === 'believed' && to < before
    // What came before is sealed with the time before; the entry itself carries the new one.
    committer.seal()
    if (goesBack) gate.rewind(to)
    else gate.stamp(to)
    gate.doubt = verdict === 'doubted' ? lead : null
    this.turning = true
    const entry: ClockEntry = { verdict, lead, from, to, held: verdict === 'doubted' ? 0 : this.clockAt }
    return committer.entry('clock', Buffer.from(JSON.stringify(entry))).then(
      position => {
        this.turning = false
        if (verdict !== 'doubted') this.clockAt = 0
        else if (this.clockAt === 0) this.clockAt = position
        if (goesBack) recall(to).catch(() => {})
      },
      () => {
        // Nothing that came after it was made durable either.
        this.turning = false
        gate.doubt = verdict === 'doubted' ? null : lead
        gate.now = before
        turn.undo()
      },
    )
  }
}

/** What somebody stamped whose clock was `offMs` ahead. */
export const putRight = (signal: Signal, offMs: number): Signal => ({
  ...signal,
  at: signal.at - offMs,
  ...(signal.seenAt === undefined ? {} : { seenAt: signal.seenAt - offMs }),
})
