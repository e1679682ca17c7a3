import { createHash } from 'node:crypto'
import type { AgentAnswer, AgentResult, AgentTurn } from '../../contract/outside/agent.js'
import type { ProbeUse } from '../../contract/config.js'
import { AGENT_LEASE_MS } from '../../contract/limits.js'
import type { PlacesNow } from '../../contract/outside/places.js'
import type { Checked } from '../../contract/plugin.js'
import { type EpochMs, SECOND } from '../../contract/time.js'
import type { Env } from '../env.js'
import type { Space } from '../workspace/gate.js'
import { lookOf, signalOf } from './probing.js'
import { Pulse } from './pulse.js'
import { spaceOf, type Taker } from './tasks.js'

// Probes that agents run in other places: which are whose, what became of them, and whether each is still heard of.

interface Far {
  use: ProbeUse
  made: string
  pulse: Pulse
  space: Space
  /** When the newest look that was told began. */
  newestAt: EpochMs
}
/** Who works in a place: one process of those that show its token. By a clock that never leaps. */
interface Lease {
  instance: string
  until: number
  /** Results of others from then on would count twice; by the time that is believed. */
  since: EpochMs
}

export const probePulse = ({ id, use, of, place, everyMs }: ProbeUse, even: () => number, now: () => EpochMs): Pulse =>
  new Pulse({ kind: 'probe', id, use, of, place }, even, now, Math.max(10 * SECOND, 3 * everyMs))

/** The server's side of agents. */
export class Elsewhere {
  private readonly far = new Map<string, Far>()
  private readonly leases = new Map<string, Lease>()

  constructor(
    private readonly taker: Pick<Taker, 'take' | 'even'>,
    private readonly env: Pick<Env, 'now'>,
  ) {}

  configure(uses: readonly ProbeUse[]): void {
    const ids = new Set(uses.map(each => each.id))
    for (const id of this.far.keys()) if (!ids.has(id)) this.far.delete(id)
    for (const use of uses) {
      const made = JSON.stringify(use)
      if (this.far.get(use.id)?.made === made) continue
      const pulse = probePulse(use, this.taker.even, this.env.now)
      this.far.set(use.id, { use, made, pulse, space: spaceOf('probe', use.id), newestAt: 0 })
    }
  }

  get all(): readonly Pick<Far, 'use' | 'pulse'>[] {
    return [...this.far.values()]
  }

  get status() {
    return this.all.map(({ pulse }) => pulse.status)
  }

  /** Whether a probe is to be run in a place. */
  has(place: string): boolean {
    return this.all.some(({ use }) => use.place === place)
  }

  /**
   * One turn of the agent of a place. Resolves once what it hands in is durable; handed in again it counts once, by the time of
   * each look. @throws TransientError, CutShort
   */
  async turn(place: string, turn: AgentTurn): Promise<AgentAnswer> {
    const now = this.env.now()
    const { standby, lease } = this.leased(place, turn, now)
    const ignored: Record<string, number> = {}
    const taken = new Map<Far, AgentResult[]>()
    for (const result of turn.results) {
      const far = this.far.get(result.probe)
      const why =
        far?.use.place !== place
          ? 'no such probe'
          : standby && lease !== null && result.at >= lease.since
            ? 'another agent looked then'
            : result.outcome === 'unknown'
              ? 'nobody could tell'
              : null
      if (far?.use.place === place) this.see(far, result, now)
      if (why !== null) ignored[why] = (ignored[why] ?? 0) + 1
      else taken.set(far!, [...(taken.get(far!) ?? []), result])
    }
    if (turn.lost > 0) ignored['no room at the agent'] = turn.lost
    const receipts = await Promise.all([...taken].map(([far, results]) => this.take(far, results, now)))
    const sum = (of: 'accepted' | 'duplicate') => receipts.reduce((all, each) => all + each[of], 0)
    const work = this.work(place)
    return {
      place,
      now,
      standby,
      work: standby || work.version === turn.has ? null : work,
      accepted: sum('accepted'),
      duplicate: sum('duplicate'),
      ignored,
    }
  }

  /** Whether another of the same name has the place. Whoever asks first has it, and keeps it by asking. */
  private leased(
    place: string,
    { instance, leaving }: AgentTurn,
    now: EpochMs,
  ): { standby: boolean; lease: Lease | null } {
    const even = this.taker.even()
    const lease = this.leases.get(place)
    const isFree = lease === undefined || lease.until < even
    if (!isFree && lease.instance !== instance) return { standby: true, lease }
    if (leaving) this.leases.delete(place)
    else {
      const since = lease?.instance === instance ? lease.since : now
      this.leases.set(place, { instance, since, until: even + AGENT_LEASE_MS })
    }
    return { standby: false, lease: null }
  }

  /** What is known of a probe, by its newest look; one that is old makes nobody look well. */
  private see(far: Far, result: AgentResult, now: EpochMs): void {
    if (result.at < far.newestAt) return
    far.newestAt = Math.min(result.at, now)
    far.pulse.state = 'waiting'
    far.pulse.looked(lookOf(foundOf(result), result.tries), result.tries.at(-1)?.phases ?? null)
    if (result.outcome !== 'ok') far.pulse.fail(result.why ?? 'the check failed')
    if (result.outcome !== 'unknown') far.pulse.hear({ accepted: 0, duplicate: 0 }, Math.max(0, now - result.at))
  }

  private async take({ use, pulse, space }: Far, results: readonly AgentResult[], now: EpochMs) {
    const signals = results.map(each => signalOf(use, foundOf(each), Math.min(each.at, now), each.at))
    const receipt = await this.taker.take(signals, space)
    pulse.hear(receipt, null)
    return receipt
  }

  private work(place: string): { version: string; probes: ProbeUse[] } {
    const mine = this.all.filter(({ use }) => use.place === place).map(({ use }) => use)
    const version = createHash('sha256').update(JSON.stringify(mine)).digest('hex').slice(0, 32)
    return { version, probes: mine }
  }
}

const foundOf = ({
  outcome,
  why,
  latencyMs,
  labels,
  figures,
}: AgentResult): Omit<Checked, 'phases'> & {
  phases?: { total: number }
} => ({
  outcome,
  labels,
  ...(why === null ? {} : { why }),
  ...(latencyMs === null ? {} : { phases: { total: latencyMs } }),
  ...(figures === null ? {} : { figures }),
})

/** What is looked at from several places: how it is from each, and how many of them say what. */
export function placesOf(all: readonly Pick<Far, 'use' | 'pulse'>[]): PlacesNow[] {
  const found = new Map<string, PlacesNow>()
  for (const { use, pulse } of all) {
    if (use.place === null) continue
    const probe = use.id.slice(0, -use.place.length - 1)
    const { health, look, ageMs } = pulse.status
    const outcome = health === 'ok' && look !== null ? look.outcome : 'unknown'
    const now = found.get(probe) ?? { probe, service: use.service, ok: 0, degraded: 0, bad: 0, unknown: 0, places: [] }
    now[outcome]++
    now.places.push({ place: use.place, outcome, why: outcome === 'ok' ? null : (look?.why ?? null), ageMs })
    found.set(probe, now)
  }
  return [...found.values()].filter(each => each.places.length > 1)
}
