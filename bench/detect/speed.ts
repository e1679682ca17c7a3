/**
 * What a step costs, in quiet and in an outage, and what a series weighs.
 *   node --expose-gc --import ./scripts/ts.mjs bench/detect/speed.ts        (without --expose-gc the memory column is rough)
 */
import { CountSeries } from '../../src/core/series/count-series.js'
import { negativeBinomial, sfc32 } from '../../src/core/stat/random.js'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 26)
const SERIES = 5_000
const SLOTS = 600

const random = sfc32(1)
const gc = (globalThis as { gc?: () => void }).gc

function bytes(): number {
  gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function time(mean: number, outage: boolean): { nanos: number; weight: number } {
  const counts = Array.from({ length: 8192 }, () => negativeBinomial(random, mean, 1.5))
  const before = bytes()
  const all = Array.from({ length: SERIES }, () => new CountSeries({ slotMs: MINUTE, falseAlarmsPerDay: 1 / 30 }))
  const weight = (bytes() - before) / SERIES
  const run = (from: number, to: number, times: number) => {
    let n = 0
    for (let i = from; i < to; i++)
      for (let k = 0; k < SERIES; k++)
        n += all[k]!.step(START + i * MINUTE, counts[(i * 31 + k * 17) & 8191]! * times).expected
    return n
  }
  let sink = run(0, 200, 1)
  if (outage) sink += run(200, 220, 10)
  const began = performance.now()
  sink += run(220, 220 + SLOTS, outage ? 10 : 1)
  const nanos = ((performance.now() - began) * 1e6) / (SERIES * SLOTS)
  return { nanos: sink > 0 ? nanos : 0, weight }
}

console.log('| mean a minute | state | ns a step | bytes a new series |\n|---|---|---|---|')
for (const [mean, outage] of [
  [0.02, false],
  [0.5, false],
  [20, false],
  [20, true],
] as const) {
  const { nanos, weight } = time(mean, outage)
  console.log(`| ${mean} | ${outage ? 'outage' : 'quiet'} | ${nanos.toFixed(0)} | ${weight.toFixed(0)} |`)
}
