import type { Labels } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'

/** Answers that take longer are none; milliseconds. */
const LATENCY_MOST_MS = 3_600_000

export interface SaidCheck {
  id: string
  service: string | undefined
  at: EpochMs
  ok: boolean
  labels: Labels
  latencyMs?: number | undefined
}

/** The signal of one check that somebody else made. */
export function checkSignal({ id, service, at, ok, labels, latencyMs }: SaidCheck): object {
  const timed = latencyMs !== undefined && latencyMs >= 0 && latencyMs <= LATENCY_MOST_MS
  return {
    ...{ type: 'observation', via: 'check', id, at, total: 1, bad: ok ? 0 : 1, labels },
    ...(service === undefined ? {} : { service }),
    ...(timed ? { latencyMs } : {}),
  }
}
