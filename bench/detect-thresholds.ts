/**
 * Solves the alarm thresholds of the spike detector by simulation and prints the table that src/core/stat/threshold-table.ts holds.
 *   npx tsx bench/detect-thresholds.ts > src/core/stat/threshold-table.ts        (about two minutes; seeded, so it prints the same again)
 *
 * For each mean and variance/mean the known-baseline detector (four CUSUMs and the one-slot tail) runs over negative-binomial noise. Between
 * two moments at which all CUSUMs are zero lies one cycle; alarms at threshold g come at the rate (cycles whose best evidence is at least g) / slots.
 */
import { costOf, gainOf, MIN_REPORTS, MULTIPLES } from '../src/core/detect.js'
import { sfc32 } from '../src/core/stat/random.js'
import { negativeBinomialSurvival } from '../src/core/stat/tails.js'
import { DISPERSIONS, MEANS, RATES } from '../src/core/stat/threshold.js'

const SLOTS = 12_000_000
/** Evidence is binned at a hundredth of a nat, up to 40. */
const BIN = 0.01
const BINS = 4000

function cycleMaxima(mean: number, dispersion: number, seed: number): { counts: Float64Array; slots: number } {
  const random = sfc32(seed)
  const bank = MULTIPLES.length
  const gain = MULTIPLES.map(rho => gainOf(rho, dispersion))
  const cost = MULTIPLES.map(rho => costOf(rho, dispersion) * mean)
  const most = Math.ceil(mean + 40 * Math.sqrt(mean * dispersion) + 60)
  const tail = Float64Array.from({ length: most + 1 }, (_, y) => negativeBinomialSurvival(y, mean, dispersion))
  const nats = tail.map((p, y) => (y >= MIN_REPORTS && y > mean ? -Math.log(Math.max(p, 1e-300)) : 0))
  const draw = sampler(tail)
  const evidence = new Float64Array(bank)
  const reports = new Float64Array(bank)
  const counts = new Float64Array(BINS)
  let best = 0
  let busy = false
  for (let i = 0; i < SLOTS; i++) {
    const y = draw(random)
    let any = false
    for (let k = 0; k < bank; k++) {
      const e = evidence[k]! + gain[k]! * y - cost[k]!
      if (e <= 0) {
        evidence[k] = 0
        reports[k] = 0
        continue
      }
      any = true
      evidence[k] = e
      reports[k]! += y
      if (reports[k]! >= MIN_REPORTS && e > best) best = e
    }
    if (nats[y]! > best) best = nats[y]!
    if (any) {
      busy = true
      continue
    }
    if (best > 0) counts[Math.min(BINS - 1, Math.floor(best / BIN))]!++
    busy = false
    best = 0
  }
  if (busy && best > 0) counts[Math.min(BINS - 1, Math.floor(best / BIN))]!++
  return { counts, slots: SLOTS }
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

function thresholds(mean: number, dispersion: number, seed: number): number[] {
  const { counts, slots } = cycleMaxima(mean, dispersion, seed)
  const out: number[] = []
  for (const rate of RATES) {
    let over = 0
    let bin = BINS - 1
    while (bin > 0 && over + counts[bin]! <= rate * slots) over += counts[bin--]!
    out.push(Number(((bin + 1) * BIN).toFixed(2)))
  }
  return out
}

const rows: string[] = []
MEANS.forEach((mean, i) => {
  DISPERSIONS.forEach((dispersion, j) => {
    rows.push(`  ${thresholds(mean, dispersion, 1000 + 10 * i + j).join(', ')}, // ×${dispersion} at ${mean}`)
  })
})
console.log(`/** Printed by bench/detect-thresholds.ts: nats of evidence for each mean, variance/mean and rate a slot, in the order of threshold.ts. */
export const THRESHOLD_TABLE: readonly number[] = [
${rows.join('\n')}
]`)
