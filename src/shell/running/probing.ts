import type { ProbeUse } from '../../contract/config.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import { LATENCY_MAX_MS, TEXT_CHARS } from '../../contract/limits.js'
import {
  type Checked,
  type Look,
  PROBE_OUTCOMES,
  type Probe,
  type Receiver,
  type Stop,
  type Try,
} from '../../contract/plugin.js'
import { type EpochMs, SECOND } from '../../contract/time.js'
import { sleep } from '../outside/env.js'
import type { Space } from '../workspace/gate.js'
import type { Own } from '../workspace/intake.js'
import { Holding, type Hearing, keepState, keptState, limited, spaceOf, type TaskParts, TooSlow } from './tasks.js'

// A turn of a probe is one look, of one or more tries, and one check signal of what it found.

/** A look as it was made, before anybody counts it. */
export interface Looked {
  use: ProbeUse
  /** How long ago it began. */
  agoMs: number
  found: Checked
  tries: readonly Try[]
}

/** `elsewhere`: who is told of each look in place of the workspace, on a machine that has none. */
export type ProbeParts = TaskParts<Probe> & { use: ProbeUse; elsewhere?: (looked: Looked) => void }

export class ProbeTask extends Holding<Probe> implements Hearing {
  readonly space: Space
  receiver: Receiver | null = null
  /** It was opened, and hears nobody. */
  deaf = false
  private state: unknown
  /** As it was written last. */
  private stateText: string | undefined
  private restored = false
  /** When the next look begins. */
  private due: number | null = null

  constructor(protected override readonly parts: ProbeParts) {
    super(parts)
    this.space = spaceOf('probe', parts.use.id)
  }

  get use(): ProbeUse {
    return this.parts.use
  }

  async turn(stop: Stop): Promise<number | null> {
    const { use, pulse, taker } = this.parts
    const began = taker.even()
    this.due ??= began
    if (!this.restored) await this.restore()
    const probe = await this.opened()
    this.receiver = probe.hears ?? null
    this.deaf = this.receiver === null
    const asked = taker.even()
    const { found, tries } = await this.look(probe, stop)
    if (stop.aborted) return null
    pulse.looked(lookOf(found, tries), tries.at(-1)?.phases ?? null)
    const { elsewhere } = this.parts
    if (elsewhere !== undefined) {
      elsewhere({ use, agoMs: taker.even() - asked, found, tries })
      pulse.hear({ accepted: 1, duplicate: 0 })
    } else if (found.outcome !== 'unknown') {
      // Stamped when it was asked, by the clock as it is believed now.
      const own: Own = present => [signalOf(use, found, present - (taker.even() - asked))]
      pulse.hear(await taker.take(own, this.space))
    }
    if (found.outcome !== 'ok') pulse.fail(found.why ?? 'the check failed')
    await this.keep(found.state)
    return this.untilNext(began)
  }

  override async close(): Promise<void> {
    this.receiver = null
    await super.close()
  }

  /** An interval is an interval: looks begin at its multiples from the first on; those that a long one took the place of are left out. */
  private untilNext(began: number): number {
    const { even } = this.parts.taker
    const { everyMs } = this.parts.use
    const late = began - this.due!
    this.due! += everyMs * (1 + Math.floor(late / everyMs))
    const now = even()
    if (now > this.due!) this.due! += everyMs * Math.ceil((now - this.due!) / everyMs)
    return this.due! - now
  }

  /** As many tries as it takes, up to those that are allowed. What failed once and then did not is degraded, and says so. */
  private async look(probe: Probe, stop: Stop): Promise<{ found: Checked; tries: Try[] }> {
    const { tries: most, pauseMs, slowMs } = this.parts.use
    const tries: Try[] = []
    let found: Checked
    do {
      if (tries.length > 0) await sleep(pauseMs, stop)
      found = slower(await this.once(probe, stop), slowMs)
      tries.push({ outcome: found.outcome, why: found.why ?? null, phases: rounded(found.phases) })
      if (found.state !== undefined) this.state = found.state
    } while (!stop.aborted && tries.length < most && (found.outcome === 'bad' || found.outcome === 'unknown'))
    return { found: summed(found, tries), tries }
  }

  /** No answer within the time for it is a bad one; unless we slept meanwhile: then nobody can tell. */
  private async once(probe: Probe, stop: Stop): Promise<Checked> {
    const { timeoutMs } = this.parts.use
    const { even } = this.parts.taker
    const began = even()
    /** What it says although its time is over: how far it came. */
    let late: Checked | undefined
    try {
      const found = await limited(timeoutMs, stop, async signal => (late = await probe.check(signal, this.state)))
      if (!PROBE_OUTCOMES.includes(found.outcome))
        throw new PermanentError(`a look gives an outcome, one of ${PROBE_OUTCOMES.join(', ')}`)
      return found
    } catch (error) {
      if (!(error instanceof TransientError)) throw error
      if (!(error instanceof TooSlow)) return { outcome: 'unknown', why: error.message }
      if (even() - began > 2 * timeoutMs + SECOND)
        return { outcome: 'unknown', why: 'this machine was away while it looked' }
      const why = `no answer within ${timeoutMs / SECOND} s`
      return { ...late, outcome: 'bad', why: late?.outcome === 'bad' && late.why ? `${why}: ${late.why}` : why }
    }
  }

  private async restore(): Promise<void> {
    this.state = await keptState('probe', this.parts)
    this.stateText = JSON.stringify(this.state)
    this.restored = true
  }

  private async keep(state: unknown): Promise<void> {
    if (state === undefined) return
    const text = JSON.stringify(state)
    if (text === this.stateText) return
    await keepState('probe', this.parts, state)
    this.stateText = text
  }
}

function slower(found: Checked, slowMs: number | null): Checked {
  const ms = found.phases?.total
  if (slowMs === null || ms === undefined || ms <= slowMs || found.outcome !== 'ok') return found
  return { ...found, outcome: 'degraded', why: `it took ${Math.round(ms)} ms, more than ${slowMs}` }
}

/** What all tries say together: a failure is one when none was well, and nobody can tell where none could. */
function summed(last: Checked, tries: readonly Try[]): Checked {
  if (tries.length === 1) return last
  const failed = tries.filter(each => each.outcome === 'bad')
  const [first] = failed
  if (first === undefined) return last
  const of = `${failed.length} of ${tries.length} tries failed`
  if (last.outcome === 'ok' || last.outcome === 'degraded')
    return { ...last, outcome: 'degraded', why: [`${of} (${first.why})`, ...(last.why ? [last.why] : [])].join('; ') }
  return { ...last, outcome: 'bad', why: `${of}: ${failed.at(-1)!.why}` }
}

export const lookOf = ({ outcome, why, figures }: Checked, tries: readonly Try[]): Look => ({
  outcome,
  why: why ?? null,
  tries,
  figures: figures ?? null,
})

/** The check that a look counts as. */
export function signalOf(
  { service, labels }: ProbeUse,
  found: Omit<Checked, 'phases'> & { phases?: { total: number } },
  at: EpochMs,
  /** Tells two looks of the same probe apart. */
  id = at,
): object {
  const { outcome, why, phases, labels: more } = found
  const latencyMs = phases?.total
  return {
    type: 'observation',
    via: 'check',
    id: `${id}`,
    service,
    at,
    labels: { ...labels, ...more },
    total: 1,
    bad: outcome === 'bad' ? 1 : 0,
    ...(outcome === 'degraded' ? { slow: 1 } : {}),
    ...(latencyMs === undefined ? {} : { latencyMs: Math.min(latencyMs, LATENCY_MAX_MS) }),
    ...(outcome === 'ok' || why === undefined ? {} : { text: why.slice(0, TEXT_CHARS) }),
  }
}

const rounded = (phases: Checked['phases']): Record<string, number> | null =>
  phases === undefined
    ? null
    : Object.fromEntries(Object.entries(phases).map(([name, ms]) => [name, Math.round(ms * 10) / 10]))
