import type { Signal } from '../../../contract/signal.js'
import type { EpochMs } from '../../../contract/time.js'

const TIMES = new Set(['at', 'seenAt', 'happenedAt'])

const iso = (ms: EpochMs): string => new Date(ms).toISOString()

/** One signal as a line of NDJSON without its line end; times as ISO 8601 (SIGNALS.md, "In"). */
export function wireLine(signal: Signal): string {
  return JSON.stringify(signal, (key, value) => {
    if (typeof value === 'number' && TIMES.has(key)) return iso(value)
    if (key === 'rollout' && Array.isArray(value)) return value.map(([at, share]) => [iso(at), share])
    return value
  })
}
