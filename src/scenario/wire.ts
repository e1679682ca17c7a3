import type { Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'

const iso = (ms: EpochMs): string => new Date(ms).toISOString()

/** One signal as a line of NDJSON without its line end; times as ISO 8601 (SIGNALS.md, "In"). */
export function wireLine(signal: Signal): string {
  const { at, seenAt } = signal
  return JSON.stringify({
    ...signal,
    at: iso(at),
    ...(seenAt === undefined ? {} : { seenAt: iso(seenAt) }),
    ...(signal.via === 'change' ? changeTimes(signal) : {}),
  })
}

function changeTimes({ happenedAt, rollout }: Extract<Signal, { via: 'change' }>) {
  return {
    ...(happenedAt === undefined ? {} : { happenedAt: iso(happenedAt) }),
    ...(rollout ? { rollout: rollout.map(([at, share]) => [iso(at), share]) } : {}),
  }
}
