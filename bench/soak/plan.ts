import { DAY, HOUR, MINUTE, SECOND } from '../../src/contract/time.js'
import { type Random, sfc32 } from '../../src/core/stat/random.js'

/**
 * What goes wrong. `kill`: SIGKILL, started again; `full`: no room on the disk; `leap`: the clock goes wrong and comes back
 * within the minute in which it is doubted; `wrong`: it stays wrong until it is refused; `step`: less than a minute, which
 * is followed; `kill-full` and `kill-leap`: killed and started again while the disk is full, or the clock wrong.
 */
export const KINDS = ['kill', 'full', 'leap', 'wrong', 'step', 'kill-full', 'kill-leap'] as const
export type Kind = (typeof KINDS)[number]

export interface Fault {
  kind: Kind
  /** Since the start of the load. */
  fromMs: number
  untilMs: number
  /** How far the clock goes wrong; 0: it does not. */
  leadMs: number
}

/** Trouble of a service that senders tell of, so that there is something to find, to show and to send. */
export interface Outage {
  service: number
  fromMs: number
  untilMs: number
}

export interface Plan {
  faults: Fault[]
  outages: Outage[]
}

/** How often each comes in half an hour. */
const DECK: Record<Kind, number> = { kill: 4, full: 3, leap: 3, wrong: 1, step: 2, 'kill-full': 1, 'kill-leap': 2 }
/** Of the run, without kills at its end: one life long enough to see whether memory is flat. */
const LAST_LIFE = 0.45
const KILLS: ReadonlySet<Kind> = new Set(['kill', 'kill-full', 'kill-leap'])
/** What senders can tell apart from the right time; a server that was started with less is in doubt for ten minutes. */
const PLAIN_LEAPS = [20 * MINUTE, HOUR].flatMap(ms => [ms, -ms])
const LEAPS = [3 * MINUTE, 20 * MINUTE, HOUR, 3 * DAY].flatMap(ms => [ms, -ms])
const STEPS = [15 * SECOND, 40 * SECOND].flatMap(ms => [ms, -ms])
/** A refusal takes a minute of doubt; senders take another one to speak against a clock that was started with. */
const LASTS: Record<Kind, [number, number]> = {
  kill: [0, 0],
  full: [12 * SECOND, 30 * SECOND],
  leap: [8 * SECOND, 40 * SECOND],
  wrong: [75 * SECOND, 100 * SECOND],
  step: [20 * SECOND, 40 * SECOND],
  'kill-full': [15 * SECOND, 25 * SECOND],
  'kill-leap': [20 * SECOND, 40 * SECOND],
}

/** Before the next one begins. */
const SETTLE_MS = 25 * SECOND
const SETTLES: Partial<Record<Kind, number>> = { 'kill-leap': 100 * SECOND }

const between = (random: Random, [low, high]: [number, number]) => low + random() * (high - low)
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!

function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const all = [...from]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[all[i], all[j]] = [all[j]!, all[i]!]
  }
  return all
}

/**
 * Faults of a run of so many milliseconds, one after the other with calm between, the same for the same seed. A run below
 * five minutes has one of each kind but those that need a minute, as short as they can be.
 */
export function planOf(seed: number, totalMs: number, services: number): Plan {
  const random = sfc32(seed)
  const brief = totalMs < 5 * MINUTE
  const scale = totalMs / (30 * MINUTE)
  const deck = KINDS.flatMap(kind => {
    const many = brief ? Number(kind !== 'wrong' && kind !== 'kill-leap') : Math.max(1, Math.round(DECK[kind] * scale))
    return Array.from({ length: many }, () => kind)
  })
  const kills = shuffled(
    random,
    deck.filter(kind => KILLS.has(kind)),
  )
  const others = shuffled(
    random,
    deck.filter(kind => !KILLS.has(kind)),
  )
  // Kills share the first part with as many others as there is room for; a brief run has no long life anyway.
  const early = brief ? others.length : Math.round(deck.length * (1 - LAST_LIFE)) - kills.length
  const order = [
    ...shuffled(random, [...kills, ...others.slice(0, Math.max(0, early))]),
    ...others.slice(Math.max(0, early)),
  ]
  const calmMs = brief ? totalMs * 0.1 : 1.5 * MINUTE
  const drawn = order.map(kind => ({
    kind,
    lastsMs: brief ? 1_000 : between(random, LASTS[kind]),
    leadMs: leadOf(random, kind),
  }))
  const needMs = ({ kind, lastsMs }: (typeof drawn)[number]) => lastsMs + (brief ? 0 : (SETTLES[kind] ?? SETTLE_MS))
  const freeMs = Math.max(0, totalMs - 2 * calmMs - drawn.reduce((sum, each) => sum + needMs(each), 0))
  let at = calmMs
  const faults = drawn.map(each => {
    const fromMs = at + ((random() * freeMs) / drawn.length) * 0.9
    at += needMs(each) + freeMs / drawn.length
    return { kind: each.kind, fromMs, untilMs: fromMs + each.lastsMs, leadMs: each.leadMs }
  })
  return { faults, outages: outagesOf(random, totalMs, services) }
}

const leadOf = (random: Random, kind: Kind): number =>
  kind === 'step'
    ? pick(random, STEPS)
    : kind === 'kill-leap'
      ? pick(random, PLAIN_LEAPS)
      : kind === 'leap' || kind === 'wrong'
        ? pick(random, LEAPS)
        : 0

/** Every three minutes another service is in trouble for a minute and a half to four. */
function outagesOf(random: Random, totalMs: number, services: number): Outage[] {
  const outages: Outage[] = []
  for (let at = 3 * MINUTE, i = 0; at < totalMs - 2 * MINUTE; at += 3 * MINUTE, i++) {
    const fromMs = at + random() * MINUTE
    outages.push({ service: i % services, fromMs, untilMs: fromMs + between(random, [1.5 * MINUTE, 4 * MINUTE]) })
  }
  return outages
}
