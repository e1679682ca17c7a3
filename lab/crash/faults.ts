import { DAY, HOUR, SECOND } from '../../src/contract/time.js'
import type { Dice } from '../dice.js'
import type { Ground, Houses } from '../houses.js'

// What is done to one of the processes and servers that a workspace stands on. One thing, and then it is over.

const PROCESSES = ['front', 'watch-1', 'watch-2', 'judge-1', 'judge-2'] as const
const SERVERS = ['nats-0', 'nats-1', 'nats-2'] as const

export type Victim = string
/**
 * - `kill`: ended with kill −9, begun anew after a while
 * - `freeze`: stopped (SIGSTOP), and later goes on as if nothing had been
 * - `delay`: what it says to NATS and PostgreSQL, and hears of them, is held for some seconds: answers are missed, what is said again comes twice
 * - `cut`: the same for so long that others take over; of a NATS server: it hears and says nothing (iptables; where that cannot be, SIGSTOP)
 * - `clock`: its wall clock is wrong for a while
 */
export type Kind = 'kill' | 'freeze' | 'delay' | 'cut' | 'clock'

export interface Fault {
  kind: Kind
  victim: Victim
  /** While this request is on its way. */
  round: number
  /** So long. */
  ms: number
  /** Of `clock`: by so much its clock is ahead. */
  aheadMs?: number
}

/** A frozen or cut off process misses its lease by far. */
export const LONG_MS = 20 * SECOND
/** Longer than NATS is waited for, shorter than a lease holds. */
const DELAY_MS: [number, number] = [2_500, 4_500]
const AHEAD_MS = [HOUR, -HOUR, 3 * DAY, -3 * DAY]

/** Half are kills, for they are what happens most. */
const KINDS: readonly Kind[] = ['kill', 'kill', 'kill', 'kill', 'freeze', 'delay', 'cut', 'clock']

export function drawFault(dice: Dice, rounds: number): Fault {
  const kind = dice.pick(KINDS)
  return faultOf(kind, dice.pick(victimsOf(kind)), dice, dice.whole([0, rounds - 1]))
}

function faultOf(kind: Kind, victim: Victim, dice: Dice, round: number): Fault {
  const ms = kind === 'kill' ? dice.whole([0, 3_000]) : kind === 'delay' ? dice.whole(DELAY_MS) : LONG_MS
  return { kind, victim, round, ms, ...(kind === 'clock' ? { aheadMs: dice.pick(AHEAD_MS) } : {}) }
}

export const victimsOf = (kind: Kind): readonly Victim[] =>
  kind === 'kill'
    ? [...PROCESSES, ...SERVERS, 'postgresql']
    : kind === 'freeze' || kind === 'cut'
      ? [...PROCESSES, ...SERVERS]
      : PROCESSES

/** Each thing that may be done, to each that it may be done to, once. */
export function allFaults(dice: Dice): Fault[] {
  return (['kill', 'freeze', 'delay', 'cut', 'clock'] as const).flatMap(kind =>
    victimsOf(kind).flatMap(victim => {
      const fault = faultOf(kind, victim, dice, 0)
      // Log time is stamped by whoever takes signals; nobody else's clock is asked.
      return kind === 'clock' && victim === 'front' ? AHEAD_MS.map(aheadMs => ({ ...fault, aheadMs })) : [fault]
    }),
  )
}

/** Does it, and resolves once it is over. */
export async function hurt(ground: Ground, houses: Houses, { kind, victim, ms, aheadMs = 0 }: Fault): Promise<void> {
  const over = () => new Promise<void>(next => setTimeout(next, ms))
  const daemon =
    victim === 'postgresql' ? ground.database : victim.startsWith('nats-') ? ground.three[Number(victim.at(-1))]! : null
  if (kind === 'kill') return daemon === null ? houses.kill(victim, ms) : daemon.restart(over)
  if (daemon !== null) {
    const undo = kind === 'cut' ? daemon.cut() : (daemon.hold(), daemon.release)
    return over().finally(undo)
  }
  const { hold, release } = houses.grips(victim, kind, aheadMs)
  hold()
  return over().finally(release)
}

export const faultSaid = ({ kind, victim, round, ms, aheadMs }: Fault): string =>
  `${kind} ${victim}${aheadMs === undefined ? '' : ` ${aheadMs > 0 ? '+' : '−'}${Math.abs(aheadMs) / HOUR} h`} (${round}, ${(ms / SECOND).toFixed(1)} s)`
