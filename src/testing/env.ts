import type { EpochMs } from '../contract/time.js'
import { sfc32 } from '../core/stat/random.js'

/** An outside that a test holds in its hand: a clock it moves, a seeded die, a log it reads. */
export function fakeEnv(start: EpochMs = Date.UTC(2026, 1, 3), seed = 1) {
  const random = sfc32(seed)
  const said: { level: string; what: string; detail?: Record<string, unknown> }[] = []
  let now = start
  let steady = 1_000_000
  return {
    said,
    /** Time goes by. */
    move: (ms: number) => {
      now += ms
      steady += ms
    },
    /** Somebody puts the clock on the wall to another time. */
    leap: (ms: number) => {
      now += ms
    },
    now: () => now,
    steady: () => steady,
    random: (bytes: number) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    fetch: (async () => {
      throw new Error('this test has no network')
    }) as typeof fetch,
    log: (level: string, what: string, detail?: Record<string, unknown>) => {
      said.push({ level, what, ...(detail === undefined ? {} : { detail }) })
    },
  }
}
