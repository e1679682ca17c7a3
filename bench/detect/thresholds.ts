/**
 * Solves the alarm thresholds of the spike detector by simulation and prints the table that src/core/stat/threshold-table.ts holds.
 *   node --import ./scripts/ts.mjs bench/detect/thresholds.ts > src/core/stat/threshold-table.ts        (some minutes; seeded, so it prints the same again)
 *
 * For each mean and variance/mean the known-baseline detector (four CUSUMs) runs over negative-binomial noise and
 * starts anew after each alarm. Down to one alarm in 10,000 slots the threshold is found by bisection of such runs. For rarer ones, cycles
 * between moments at which all CUSUMs are zero are counted: alarms at threshold g come at the rate (cycles whose best evidence is g) / slots.
 */
import { costOf, gainOf } from '../../src/core/stat/multiple.js'
import { HANDICAPS, MIN_REPORTS, MULTIPLES } from '../../src/core/series/spike-detector.js'
import { sfc32 } from '../../src/core/stat/random.js'
import { negativeBinomialSurvival } from '../../src/core/stat/tails.js'
import { DISPERSIONS, MEANS, RATES } from '../../src/core/stat/threshold.js'

/** Runs long enough for this many alarms, and at least this long. */
const ALARMS = 400
const SLOTS_MIN = 200_000
/** Rarer than this by cycles, in one run of this length. */
const RARE = 9e-5
const RARE_SLOTS = 10_000_000
/** Evidence is binned at a hundredth of a nat, up to 40. */
const BIN = 0.01
const BINS = 4000

interface Noise {
  gain: number[]
  cost: number[]
  draw: (random: () => number) => number
}

function noise(mean: number, dispersion: number): Noise {
  const most = Math.ceil(mean + 40 * Math.sqrt(mean * dispersion) + 60)
  const tail = Float64Array.from({ length: most + 1 }, (_, y) => negativeBinomialSurvival(y, mean, dispersion))
  return {
    gain: MULTIPLES.map(rho => gainOf(rho, dispersion)),
    cost: MULTIPLES.map(rho => costOf(rho, dispersion) * mean),
    draw: sampler(tail),
  }
}

/** Steps the detector's bank over noise; `best` gets the best evidence of each slot and whether all CUSUMs are zero, and may ask for a fresh start. */
function play(
  { gain, cost, draw }: Noise,
  slots: number,
  seed: number,
  best: (evidence: number, idle: boolean) => boolean,
): void {
  const random = sfc32(seed)
  const evidence = new Float64Array(gain.length)
  const reports = new Float64Array(gain.length)
  for (let i = 0; i < slots; i++) {
    const y = draw(random)
    let top = 0
    let idle = true
    for (let k = 0; k < evidence.length; k++) {
      const e = evidence[k]! + gain[k]! * y - cost[k]!
      if (e <= 0) {
        evidence[k] = 0
        reports[k] = 0
        continue
      }
      idle = false
      evidence[k] = e
      reports[k]! += y
      if (reports[k]! >= MIN_REPORTS && e - HANDICAPS[k]! > top) top = e - HANDICAPS[k]!
    }
    if (best(top, idle)) {
      evidence.fill(0)
      reports.fill(0)
    }
  }
}

/** Thresholds of the rarer rates from the best evidence of each cycle. */
function rareThresholds(source: Noise, rates: readonly number[], seed: number): number[] {
  const counts = new Float64Array(BINS)
  let top = 0
  play(source, RARE_SLOTS, seed, (evidence, idle) => {
    if (evidence > top) top = evidence
    if (!idle) return false
    if (top > 0) counts[Math.min(BINS - 1, Math.floor(top / BIN))]!++
    top = 0
    return false
  })
  return rates.map(rate => {
    let over = 0
    let bin = BINS - 1
    while (bin > 0 && over + counts[bin]! <= rate * RARE_SLOTS) over += counts[bin--]!
    return (bin + 1) * BIN
  })
}

/** Threshold at which runs with a fresh start after each alarm raise at `rate`. */
function threshold(source: Noise, rate: number, seed: number): number {
  const slots = Math.max(SLOTS_MIN, ALARMS / rate)
  let low = 0
  let high = 2 - Math.log(rate)
  for (let n = 0; n < 11; n++) {
    const middle = (low + high) / 2
    let alarms = 0
    play(source, slots, seed, evidence => {
      if (evidence < middle || evidence === 0) return false
      alarms++
      return true
    })
    if (alarms > rate * slots) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Inverse-cdf sampler with a guide table of 4096 entries. */
function sampler(tail: Float64Array): (random: () => number) => number {
  const guide = new Uint32Array(4097)
  let y = 0
  for (let i = 0; i <= 4096; i++) {
    const u = i / 4096
    while (y + 1 < tail.length && 1 - tail[y + 1]! < u) y++
    guide[i] = y
  }
  return random => {
    const u = random()
    let k = guide[Math.floor(u * 4096)]!
    while (k + 1 < tail.length && 1 - tail[k + 1]! <= u) k++
    return k
  }
}

function thresholds(mean: number, dispersion: number, seed: number): string {
  const source = noise(mean, dispersion)
  const common = RATES.filter(rate => rate >= RARE).map((rate, i) => threshold(source, rate, seed + i))
  const rare = rareThresholds(
    source,
    RATES.filter(rate => rate < RARE),
    seed + RATES.length,
  )
  return [...common, ...rare].map(nats => Number(nats.toFixed(2))).join(', ')
}

const rows: string[] = []
MEANS.forEach((mean, i) => {
  DISPERSIONS.forEach((dispersion, j) => {
    rows.push(`  ${thresholds(mean, dispersion, 1000 * (10 * i + j))},`)
  })
})
console.log(`/** Printed by bench/detect/thresholds.ts: nats of evidence for each mean, variance/mean and rate a slot, in the order of threshold.ts. */
export const THRESHOLD_TABLE: readonly number[] = [
${rows.join('\n')}
]`)
