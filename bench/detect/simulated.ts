/**
 * Calibration and power of the spike detector on simulated series whose truth is known.
 *   node --import ./scripts/ts.mjs bench/detect/simulated.ts (bench/detect/simulated.ts) [--series 320] [--history-days 14] [--days 7] [--seed 1] [--false-alarms-per-day 0.25]
 *
 * Each series has a bin of 1, 5 or 15 minutes, a mean of 0.05–500 a bin, variance/mean of 1–4, a daily and a weekly rhythm and a drift.
 * Half of them carry one outage a judged day, of ×1.5–×10 for 30 min to 3 h. Beside ours runs an oracle: one NB-CUSUM that knows the true
 * mean and dispersion of every slot and, by turns, aims at ×2 or at the very size of the outage; its threshold is set so that on the quiet
 * series of the same run it raises exactly as many false alarms as ours (at least as many as asked).
 */
import { costOf, gainOf } from '../../src/core/stat/multiple.js'
import { CountSeries } from '../../src/core/series/count-series.js'
import { negativeBinomial, type Random, sfc32 } from '../../src/core/stat/random.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const BINS = [60_000, 300_000, 900_000]

export interface Simulated {
  slotMs: number
  start: number
  mean: Float64Array
  dispersion: number
  counts: Float64Array
  outages: { from: number; to: number; multiple: number }[]
  typical: number
}

/** Draws one series: `history` quiet days, then `days` judged ones with an outage each if `planted`. */
export function simulate(random: Random, history: number, days: number, planted: boolean): Simulated {
  const slotMs = BINS[Math.floor(random() * BINS.length)]!
  const perDay = DAY / slotMs
  const slots = (history + days) * perDay
  const start = Date.UTC(2026, 0, 5) + Math.floor(random() * 7 * 24) * HOUR
  const typical = 0.05 * 10_000 ** random()
  const dispersion = 1 + 3 * random()
  const swing = random()
  const second = 0.3 * random()
  const phase = random() * 2 * Math.PI
  const weekend = 0.4 + 0.6 * random()
  const drift = (random() - 0.5) * 0.4
  const mean = new Float64Array(slots)
  for (let i = 0; i < slots; i++) {
    const at = start + (i + 0.5) * slotMs
    const angle = (2 * Math.PI * (at % DAY)) / DAY
    const weekday = new Date(at).getUTCDay()
    const rhythm = swing * Math.sin(angle + phase) + second * Math.sin(2 * angle + 2.3 * phase)
    mean[i] =
      typical *
      Math.exp(rhythm) *
      (weekday === 0 || weekday === 6 ? weekend : 1) *
      Math.exp((drift * i * slotMs) / (7 * DAY))
  }
  const outages: Simulated['outages'] = []
  for (let d = 0; planted && d < days; d++) {
    const length = Math.max(2, Math.round(((0.5 + 2.5 * random()) * HOUR) / slotMs))
    const from = (history + d) * perDay + Math.floor((0.2 + 0.5 * random()) * perDay)
    outages.push({ from, to: from + length, multiple: 1.5 * (10 / 1.5) ** random() })
  }
  const counts = new Float64Array(slots)
  for (let i = 0; i < slots; i++) {
    const outage = outages.find(o => i >= o.from && i < o.to)
    counts[i] = negativeBinomial(random, mean[i]! * (outage?.multiple ?? 1), dispersion)
  }
  return { slotMs, start, mean, dispersion, counts, outages, typical }
}

interface Raise {
  index: number
  onset: number
  first: number
  last: number
}

function ours(series: Simulated, falseAlarmsPerDay: number): Raise[] {
  const watched = new CountSeries({ slotMs: series.slotMs, falseAlarmsPerDay })
  const raises: Raise[] = []
  const indexOf = (at: number) => Math.round((at - series.start) / series.slotMs)
  for (let i = 0; i < series.counts.length; i++) {
    const reading = watched.step(series.start + i * series.slotMs, series.counts[i]!)
    if (reading.change !== 'raised') continue
    const [first, last] = reading.onsetInterval!
    raises.push({ index: i, onset: indexOf(reading.onset!), first: indexOf(first), last: indexOf(last) - 1 })
  }
  return raises
}

/** Alarm slots of a CUSUM for ×multiple against the true mean; after an alarm it starts anew. */
function oracle(series: Simulated, threshold: number, multiple: number, from = 0, to = series.counts.length): number[] {
  const gain = gainOf(multiple, series.dispersion)
  const cost = costOf(multiple, series.dispersion)
  const alarms: number[] = []
  let evidence = 0
  for (let i = from; i < to; i++) {
    evidence = Math.max(0, evidence + gain * series.counts[i]! - cost * series.mean[i]!)
    if (evidence < threshold) continue
    alarms.push(i)
    evidence = 0
  }
  return alarms
}

/** Threshold over ln(slots a day / asked) at which the oracle raises `rate` a day on the quiet series. */
function solveOracle(
  quiet: readonly Simulated[],
  history: number,
  days: number,
  rate: number,
  multiple: number,
): number {
  let low = -6
  let high = 4
  for (let n = 0; n < 24; n++) {
    const offset = (low + high) / 2
    let alarms = 0
    for (const s of quiet) {
      const from = (history * DAY) / s.slotMs
      alarms += oracle(s, Math.max(0.05, Math.log(DAY / s.slotMs / rate) + offset), multiple, from).length
    }
    if (alarms > rate * quiet.length * days) low = offset
    else high = offset
  }
  return (low + high) / 2
}

interface Size {
  name: string
  below: number
  n: number
  found: number
  delayMs: number
  oracleTwo: number
  oracleSize: number
  oracleDelayMs: number
  onsetErrors: number[]
  covered: number
}

export interface RunOptions {
  series: number
  historyDays: number
  days: number
  seed: number
  falseAlarmsPerDay: number
}

export function run(options: RunOptions): string {
  const random = sfc32(options.seed)
  const all = Array.from({ length: options.series }, (_, i) =>
    simulate(random, options.historyDays, options.days, i % 2 === 1),
  )
  const quiet = all.filter(s => s.outages.length === 0)
  const { text, realised } = calibration(quiet, options)
  return `${text}\n\n${power(all, quiet, realised, options)}`
}

/** False alarms on the quiet series. */
function calibration(quiet: readonly Simulated[], options: RunOptions): { text: string; realised: number } {
  const { historyDays, days, falseAlarmsPerDay: asked } = options
  const cells = new Map<string, { alarms: number; days: number }>()
  let all = 0
  for (const s of quiet) {
    const alarms = ours(s, asked).filter(r => r.index * s.slotMs >= historyDays * DAY).length
    all += alarms
    for (const key of [band(s.typical), `${s.slotMs / 60_000}-min bins`]) {
      const cell = cells.get(key) ?? { alarms: 0, days: 0 }
      cell.alarms += alarms
      cell.days += days
      cells.set(key, cell)
    }
  }
  const realised = all / (quiet.length * days)
  const rows = [...cells]
    .sort((a, b) => order(a[0]) - order(b[0]))
    .map(([key, cell]) => `| ${key} | ${cell.days} | ${(cell.alarms / cell.days).toFixed(3)} |`)
  const text = [
    `Quiet series-days: ${quiet.length * days}. False alarms a day: asked ${asked}, realised ${realised.toFixed(3)} (${percent(realised / asked - 1)}).`,
    '',
    '| quiet series | days | false alarms a day |',
    '|---|---|---|',
    ...rows,
  ].join('\n')
  return { text, realised }
}

/** What is found of the planted outages, beside the oracle. */
function power(all: readonly Simulated[], quiet: readonly Simulated[], realised: number, options: RunOptions): string {
  const { historyDays, days, falseAlarmsPerDay: asked } = options
  const fair = Math.max(asked, realised)
  const offsets = new Map(AIMS.map(aim => [aim, solveOracle(quiet, historyDays, days, fair, aim)]))
  const sizes = [2, 3, 5, 10].map((below, i) => newSize(`×${[1.5, 2, 3, 5][i]}–${below}`, below))
  for (const s of all) {
    const raises = s.outages.length === 0 ? [] : ours(s, asked)
    const first = (outage: Simulated['outages'][number], aim: number) =>
      oracle(
        s,
        Math.max(0.05, Math.log(DAY / s.slotMs / fair) + offsets.get(aim)!),
        aim,
        Math.max(0, outage.from - Math.round(DAY / s.slotMs / 8)),
        outage.to,
      ).find(i => i >= outage.from)
    for (const outage of s.outages) {
      const size = sizes.find(z => outage.multiple < z.below) ?? sizes[3]!
      const aim = AIMS.reduce((a, b) =>
        Math.abs(Math.log(b / outage.multiple)) < Math.abs(Math.log(a / outage.multiple)) ? b : a,
      )
      count(
        size,
        s,
        outage,
        raises.find(r => r.index >= outage.from && r.index < outage.to),
        first(outage, 2),
        first(outage, aim),
      )
    }
  }
  return [
    `Outages: ${sizes.reduce((n, z) => n + z.n, 0)}. The oracle raises ${fair.toFixed(3)} false alarms a day on the same quiet series.`,
    '',
    '| size | n | found | oracle ×2 | oracle of the very size | delay, min | oracle delay | onset error, bins (median) | interval covers |',
    '|---|---|---|---|---|---|---|---|---|',
    ...sizes.map(sizeRow),
  ].join('\n')
}

const AIMS = [1.5, 2, 3, 5, 8]

function newSize(name: string, below: number): Size {
  return {
    name,
    below,
    n: 0,
    found: 0,
    delayMs: 0,
    oracleTwo: 0,
    oracleSize: 0,
    oracleDelayMs: 0,
    onsetErrors: [],
    covered: 0,
  }
}

function count(
  size: Size,
  s: Simulated,
  outage: Simulated['outages'][number],
  hit: Raise | undefined,
  two: number | undefined,
  very: number | undefined,
): void {
  size.n++
  if (hit !== undefined) {
    size.found++
    size.delayMs += (hit.index + 1 - outage.from) * s.slotMs
    size.onsetErrors.push(Math.abs(hit.onset - outage.from))
    if (outage.from >= hit.first && outage.from <= hit.last) size.covered++
  }
  if (two !== undefined) size.oracleTwo++
  if (very !== undefined) {
    size.oracleSize++
    size.oracleDelayMs += (very + 1 - outage.from) * s.slotMs
  }
}

function sizeRow(z: Size): string {
  z.onsetErrors.sort((a, b) => a - b)
  const minutes = (ms: number, n: number) => (ms / n / 60_000).toFixed(1)
  return `| ${z.name} | ${z.n} | ${percent(z.found / z.n)} | ${percent(z.oracleTwo / z.n)} | ${percent(z.oracleSize / z.n)} | ${minutes(z.delayMs, z.found)} | ${minutes(z.oracleDelayMs, z.oracleSize)} | ${z.onsetErrors[z.onsetErrors.length >> 1]} | ${percent(z.covered / z.found)} |`
}

const BANDS = [0.05, 0.5, 5, 50, 500]

function band(mean: number): string {
  const i = Math.min(
    BANDS.length - 2,
    BANDS.findIndex((_, n) => mean < (BANDS[n + 1] ?? Infinity)),
  )
  return `mean ${BANDS[i]}–${BANDS[i + 1]} a bin`
}

function order(key: string): number {
  return Number(/[\d.]+/.exec(key)![0]) + (key.startsWith('mean') ? 0 : 1000)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at > 0 ? Number(process.argv[at + 1]) : fallback
}

if (process.argv[1]?.endsWith('detect/simulated.ts')) {
  const began = performance.now()
  console.log(
    run({
      series: option('series', 320),
      historyDays: option('history-days', 14),
      days: option('days', 7),
      seed: option('seed', 1),
      falseAlarmsPerDay: option('false-alarms-per-day', 0.25),
    }),
  )
  console.error(`${((performance.now() - began) / 1000).toFixed(1)} s`)
}
