/**
 * The first day: what is found, and falsely told, where hardly anything has been learned.
 *   npm run bench -- cold [--seed 1] [--seeds 20] [--shared ../shared] [--part live,scenarios,first]   (bench/cold.ts)
 *
 * live: real report curves around moments at which a problem was declared (`downdetector/events.jsonl`), played as people's reports through
 * the whole engine, by year, without history and after one drawn quiet day; draws and rules of counting are those of the referee's
 * `score-live.mjs`. scenarios: sc01 and sc05 as reports only after 0 and 2 hours of history, drawn by the referee's player. first: crowds that
 * are the first signals a service ever had, and quiet first days of many sizes and rhythms. Parts whose data are absent are left out by name.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FALSE_ALARMS_PER_MONTH } from '../src/contract/limits.js'
import type { Observation } from '../src/contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../src/contract/time.js'
import { emptyOutcome, Fold } from '../src/core/fold/fold.js'
import { negativeBinomial, poisson, sfc32 } from '../src/core/stat/random.js'
import { Replay } from '../src/shell/replay.js'
import { report } from '../src/testing/stream.js'
import { option, setting, writePage } from './machine.js'

const text = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]!
}
const shared = text('shared', '../shared')
const [seed, seeds] = [option('seed', 1), option('seeds', 20)]
const parts = new Set(text('part', 'live,scenarios,first').split(','))
const cases = process.argv.includes('--cases')
const tell = (of: object): void => void (cases && process.stderr.write(`${JSON.stringify(of)}\n`))
const percent = (part: number, of: number): string => (of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`)

/** When incidents were opened in a stream that is in order. */
function openedIn(stream: Iterable<Observation>): EpochMs[] {
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: FALSE_ALARMS_PER_MONTH, services: [] })
  const outcome = emptyOutcome()
  const opened: EpochMs[] = []
  let position = 0
  for (const signal of stream) {
    fold.signal(signal, ++position, outcome)
    for (const event of outcome.events) if (event.event === 'opened') opened.push(Date.parse(event.at))
    for (const part of Object.values(outcome)) part.length = 0
  }
  return opened
}

// ---- real curves -----------------------------------------------------------------------------------------------------

interface Curve {
  provider: string
  id: string
  declaredProblemSince: string
  windowStart: string
  binSeconds: number
  cleanPreWindow: boolean
  counts: number[]
}

interface Live {
  curves: number
  found: number
  atOrBefore: number
  delaysMin: number[]
  falseIncidents: number
  cleanDays: number
}

const COUNTRIES = Object.entries({ US: 46, GB: 7, CA: 6, IN: 3, BR: 5, DE: 5, FR: 4, IT: 4, JP: 3, AU: 3 }).flatMap(
  ([country, n]) => Array<string>(n).fill(country),
)

/** The referee's draws, bit for bit, so that both tell the same of one seed. */
function refereeChance(from: number) {
  let state = from >>> 0
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const gammaOf = (k: number): number => {
    if (k < 1) return gammaOf(k + 1) * random() ** (1 / k)
    const d = k - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - random()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v
    }
  }
  const poissonOf = (m: number): number => {
    if (m > 60) return Math.max(0, Math.round(m + Math.sqrt(m) * normal()))
    const l = Math.exp(-m)
    for (let k = 0, p = 1; ; k++) if ((p *= random()) < l) return k
  }
  return { random, clumped: (mean: number): number => poissonOf(gammaOf(mean)) }
}

/** Found: opened from 2 h before to 3 h after the moment at which the problem was declared. False: earlier, in clean windows. */
function playLive(curves: readonly Curve[], quietDays: number, from: number): Map<string, Live> {
  const byYear = new Map<string, Live>()
  const { random, clumped } = refereeChance(from)
  let n = 0
  for (const e of curves) {
    if (quietDays > 0 && !e.cleanPreWindow) continue
    const bin = e.binSeconds * 1000
    const declared = Date.parse(e.declaredProblemSince)
    const real = Date.parse(e.windowStart)
    const more = Math.round((quietDays * DAY) / bin)
    const mean = Math.max(0.05, e.counts.slice(0, 38).reduce((a, b) => a + b, 0) / 38)
    const counts = quietDays > 0 ? [...Array.from({ length: more }, () => clumped(mean)), ...e.counts] : e.counts
    const start = real - more * bin
    const service = `${e.provider}-${e.id}`
    const stream: Observation[] = []
    counts.forEach((count, i) => {
      const times = Array.from({ length: count }, () => start + (i + random()) * bin).sort((a, b) => a - b)
      for (const at of times) {
        const country = COUNTRIES[Math.floor(random() * COUNTRIES.length)]!
        stream.push(report({ service, at: Math.floor(at), labels: { country }, id: `r${++n}`, reporter: `u${n}` }))
      }
    })
    const opened = openedIn(stream)
    const hit = opened.find(t => t >= declared - 2 * HOUR && t <= declared + 3 * HOUR)
    tell({ service, found: hit !== undefined, opened: opened.map(t => Math.round((t - declared) / MINUTE)) })
    const year = e.windowStart.slice(0, 4)
    const live = byYear.get(year) ?? {
      curves: 0,
      found: 0,
      atOrBefore: 0,
      delaysMin: [],
      falseIncidents: 0,
      cleanDays: 0,
    }
    byYear.set(year, live)
    live.curves++
    if (hit !== undefined) {
      live.found++
      live.delaysMin.push((hit - declared) / MINUTE)
      if (hit <= declared) live.atOrBefore++
    }
    if (!e.cleanPreWindow) continue
    const [first, last] = quietDays > 0 ? [start + 6 * HOUR, real] : [start - 1, declared - 2 * HOUR]
    live.falseIncidents += opened.filter(t => t > first && t < last).length
    live.cleanDays += (last - first) / DAY
  }
  return byYear
}

function liveTable(): string {
  const path = join(shared, 'data/downdetector/events.jsonl')
  if (!existsSync(path)) return `Left out: real curves (no ${path}).`
  const curves = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Curve)
  const rows = [0, 1].flatMap(quietDays =>
    [...playLive(curves, quietDays, seed)].map(([year, live]) => {
      const { delaysMin, cleanDays, falseIncidents } = live
      const delay = delaysMin.toSorted((a, b) => a - b)[delaysMin.length >> 1]?.toFixed(0) ?? '–'
      return `| ${quietDays} | ${year} | ${live.curves} | ${percent(live.found, live.curves)} | ${percent(live.atOrBefore, live.curves)} | ${delay} | ${falseIncidents} in ${cleanDays.toFixed(1)} |`
    }),
  )
  return [
    '| quiet days before | year | curves | found | at or before the declaration | median delay, min | false in clean days |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

// ---- the referee's worlds --------------------------------------------------------------------------------------------

const WITHIN_MIN = { sc01: 6, sc05: 12 } as const

function scenarioTable(): string {
  const [folder, player] = [join(shared, 'scenarios'), join(shared, 'bench/make-signals.mjs')]
  if (!existsSync(folder) || !existsSync(player)) return `Left out: the referee's worlds (no ${folder} or ${player}).`
  const rows: string[] = []
  for (const [name, withinMin] of Object.entries(WITHIN_MIN)) {
    const file = join(folder, readdirSync(folder).find(f => f.startsWith(`${name}-`))!)
    const truth = JSON.parse(readFileSync(file, 'utf8')).ground_truth as { started_at: string }
    const began = Date.parse(truth.started_at)
    for (const hours of [0, 2]) {
      let inTime = 0
      let early = 0
      for (let s = seed; s < seed + seeds; s++) {
        const args = [player, file, '--seed', String(s), '--only', 'report', '--history-hours', String(hours)]
        const { stdout } = spawnSync(process.execPath, args, { maxBuffer: 1 << 29 })
        const opened: EpochMs[] = []
        const replay = new Replay(e => void (e.event === 'opened' && opened.push(Date.parse(e.at))))
        for (let at = 0; at < stdout.length; at += 1 << 20) replay.push(stdout.subarray(at, at + (1 << 20)))
        replay.end()
        const afterMin = opened.map(t => Math.round((t - began) / MINUTE))
        if (afterMin.some(m => m >= -2 && m <= withinMin)) inTime++
        early += afterMin.filter(m => m < -2).length
        tell({ name, hours, seed: s, afterMin })
      }
      rows.push(`| ${name} | ${hours} | ${withinMin} | ${inTime} of ${seeds} | ${early} |`)
    }
  }
  return [
    '| world | hours of history | within, min | opened in time | before it began |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

// ---- first signals ever ----------------------------------------------------------------------------------------------

interface First {
  what: string
  /** Reports of a minute; by a seed. */
  level: (minute: number) => number
  minutes: number
  /** When it must have been told, in minutes; null: never. */
  told: [from: number, until: number] | null
}

/** A day that swings by this factor between its lowest and its highest hour, starting at hour `phase` after the lowest. */
const daily =
  (mean: number, swing: number, phase: number) =>
  (minute: number): number =>
    mean * swing ** (-0.5 * Math.cos((2 * Math.PI * (minute / 60 + phase)) / 24))

const FIRSTS: First[] = [
  ...[30, 300, 3000].map(n => ({
    what: `the first minute ever brings ${n}, and so it goes on`,
    level: () => n,
    minutes: 40,
    told: [0, 10] as [number, number],
  })),
  ...[30, 300, 3000].map(n => ({
    what: `${n} in the first minute, falling by half every ten`,
    level: (m: number) => n * 0.5 ** (m / 10),
    minutes: 60,
    told: [0, 10] as [number, number],
  })),
  {
    what: 'an hour with one report, then 10 a minute',
    level: m => (m < 60 ? (m === 0 ? 1 : 0.01) : 10),
    minutes: 100,
    told: [60, 66],
  },
  {
    what: 'ten minutes at 0.2, then 5 a minute',
    level: m => (m < 10 ? 0.2 : 5),
    minutes: 60,
    told: [10, 22],
  },
  { what: '3 in 15 min, then 1,400 in 15', level: m => (m < 90 ? 0.2 : 93), minutes: 140, told: [90, 93] },
  {
    what: '3 in 15 min, ramp to 1,400 in 15 within two hours',
    level: m => (m < 90 ? 0.2 : Math.min(93, 0.2 * 2 ** ((m - 90) / 14))),
    minutes: 260,
    told: [90, 160],
  },
  {
    what: 'waves of 10 minutes at 6 a minute, an hour apart, nothing between',
    level: m => (m % 60 >= 40 && m % 60 < 50 ? 6 : 0.02),
    minutes: 400,
    told: [0, 120],
  },
  { what: 'three complaints, then nothing', level: m => (m < 1 ? 3 : 0), minutes: 120, told: null },
  { what: 'a steady 0.3 a minute', level: () => 0.3, minutes: 1440, told: null },
  { what: 'a steady 3 a minute', level: () => 3, minutes: 1440, told: null },
  { what: 'a steady 10 a minute', level: () => 10, minutes: 1440, told: null },
  ...[1.4, 2.4, 6].flatMap(swing =>
    [0, 6, 12, 18].map(phase => ({
      what: `a first day at 0.5 a minute that swings by ×${swing}, from hour ${phase}`,
      level: daily(0.5, swing, phase),
      minutes: 2880,
      told: null,
    })),
  ),
]

function firstTable(): string {
  const rows = FIRSTS.map(({ what, level, minutes, told }) => {
    let right = 0
    const when: number[] = []
    for (let s = seed; s < seed + seeds; s++) {
      const random = sfc32(s)
      const opened = openedIn(
        firstStream(
          minutes,
          m => (level(m) > 200 ? poisson(random, level(m)) : negativeBinomial(random, level(m), 2)),
          s,
        ),
      )
      const afterMin = opened.map(t => (t - FIRST_AT) / MINUTE)
      tell({ what, seed: s, afterMin })
      const hit = told && afterMin.find(m => m >= told[0] && m <= told[1])
      if (told ? hit !== undefined : afterMin.length === 0) right++
      if (hit) when.push(hit - told[0])
      else if (!told) when.push(...afterMin)
    }
    const median = when.toSorted((a, b) => a - b)[when.length >> 1]?.toFixed(0) ?? '–'
    return `| ${what} | ${told ? `within ${told[1] - told[0]} min` : 'nothing'} | ${right} of ${seeds} | ${median} |`
  })
  return ['| first signals | to be told | right | median minute |', '|---|---|---|---|', ...rows].join('\n')
}

const FIRST_AT = Date.UTC(2031, 4, 9, 12)

function* firstStream(minutes: number, count: (minute: number) => number, s: number): Iterable<Observation> {
  let n = 0
  for (let m = 0; m < minutes; m++) {
    // Who stays silent for ever is not heard of: the first minute has a report.
    const k = Math.max(m === 0 ? 1 : 0, count(m))
    for (let i = 0; i < k; i++) {
      const who = `p${s}.${++n}`
      const net = (n * 7_919) % 60_000
      const place = { prefix: `10.${net >> 8}.${net & 255}`, network: `AS${net % 251}` }
      yield report({
        service: 'first',
        at: FIRST_AT + m * MINUTE + Math.floor((MINUTE * (i + 0.5)) / k),
        id: who,
        reporter: who,
        ...place,
      })
    }
  }
}

const tables = { live: liveTable, scenarios: scenarioTable, first: firstTable }
const page = Object.entries(tables).flatMap(([name, table]) => (parts.has(name) ? [table(), ''] : []))
const command = `npm run bench -- cold --seed ${seed} --seeds ${seeds}`
if (parts.size === 3) writePage('cold', ['# The first day', '', ...page, setting(command)].join('\n'))
else process.stdout.write(`${page.join('\n')}\n`)
