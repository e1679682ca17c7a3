/**
 * The scoreboard: every table of what Epicenter must show, from one command.
 *   npm run bench:truth -- [--quick] [--data ../shared/data] [--scenarios ../shared/scenarios --scenarios scenarios] [--referee ../shared/bench]
 *     [--seed 1] [--draws 20] [--more-draws 20: of files beyond the first folder] [--work tmp/truth] [--any-commit] [--part NAME …]   (bench/truth/truth.ts)
 *
 * Measurements are kept in the work folder with the commit they were made at; a run that is ended goes on where it was, and with --any-commit
 * takes over what other commits measured (the page names them). --quick takes under five minutes: fewer series, seeds, worlds and days.
 * Parts whose data are absent are skipped, and the page says so. Writes results/truth.md and the calibration plots beside it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { parseArgs } from 'node:util'
import { merge, reliability } from '../../lab/calibration.js'
import { binned, calibrationChart, type Dot } from '../chart.js'
import { setting, writePage } from '../machine.js'
import { Store, root } from './store.js'
import type { Context, Part } from './context.js'
import { calibrationAndPower, cost, crowdSeries, localization, nab, quiet, spikes } from './parts.js'
import { kinds } from './kinds.js'
import { type Played, scenarios, type World, worlds } from './plays.js'

const PARTS = { spikes, calibrationAndPower, crowdSeries, nab, localization, quiet, cost, worlds, kinds, scenarios }

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    data: { type: 'string', default: '../shared/data' },
    scenarios: { type: 'string', multiple: true, default: ['../shared/scenarios', 'scenarios'] },
    referee: { type: 'string', default: '../shared/bench' },
    seed: { type: 'string', default: '1' },
    draws: { type: 'string' },
    'more-draws': { type: 'string' },
    work: { type: 'string', default: 'tmp/truth' },
    'any-commit': { type: 'boolean', default: false },
    part: { type: 'string', multiple: true, default: Object.keys(PARTS) },
  },
})

const work = isAbsolute(values.work) ? values.work : join(root, values.work)
mkdirSync(work, { recursive: true })
const store = new Store(work, values['any-commit'])
const { data, referee, quick } = values
const draws = Number(values.draws ?? (quick ? 1 : 20))
const moreDraws = Number(values['more-draws'] ?? draws)
const context: Context = {
  data,
  scenarios: values.scenarios,
  referee,
  work,
  seed: Number(values.seed),
  draws,
  moreDraws,
  quick,
  store,
}

function main(): void {
  const began = performance.now()
  const parts: Part[] = []
  let played: Played[] = []
  let drawn: World[] = []
  for (const [name, measure] of Object.entries(PARTS)) {
    if (!values.part.includes(name)) continue
    const part: Part & { played?: Played[]; worlds?: World[] } = measure(context)
    parts.push(part)
    played = part.played ?? played
    drawn = part.worlds ?? drawn
  }
  const minutes = (performance.now() - began) / 60_000
  writePage('truth', page(parts, played, drawn, minutes))
}

function page(parts: readonly Part[], played: readonly Played[], drawn: readonly World[], minutes: number): string {
  const skippedParts = parts.filter(p => p.skipped !== undefined)
  const left = Object.keys(PARTS).filter(name => !values.part.includes(name))
  const told = quick ? 'quick: fewer series, seeds, worlds and days than the bars ask for' : 'in full'
  const args = process.argv.slice(2).join(' ')
  return [
    '# Truth',
    '',
    `Every bar from one command, ${told}; seeds for each scenario file: ${draws}${moreDraws === draws ? '' : ` and ${moreDraws} for those beyond the first folder`}. ${store.measured} measurements made in ${minutes.toFixed(1)} min, ${store.reused} taken over${store.used.size === 0 ? '' : `; of commit ${[...store.used].join(', ')}`}.`,
    ...(skippedParts.length === 0 ? [] : ['', ...skippedParts.map(p => `Skipped: ${p.title} (${p.skipped}).`)]),
    ...(left.length === 0 ? [] : ['', `Not asked for: ${left.join(', ')}.`]),
    '',
    '| what | wanted | measured | holds |',
    '|---|---|---|---|',
    ...parts
      .flatMap(p => p.bars)
      .map(b => `| ${b.what} | ${b.wanted} | ${b.got} | ${b.holds === null ? '–' : b.holds ? 'yes' : '**no**'} |`),
    '',
    ...record(played, drawn),
    ...plots(drawn),
    ...parts
      .filter(p => p.skipped === undefined)
      .flatMap(p => [`## ${p.title}`, '', `\`${p.command}\``, '', p.text, '']),
    setting(`npm run bench:truth${args === '' ? '' : ` -- ${args}`}`),
  ].join('\n')
}

const DAYS_A_MONTH = 30

/** Our own record, as a user would see it. */
function record(played: readonly Played[], drawn: readonly World[]): string[] {
  const asPlayed = drawn.map(w => ({
    mode: 'drawn worlds, all signals',
    incident: w.incident,
    detectMin: w.verdict.detectMin,
    falseIncidents: w.verdict.falseIncidents,
    hours: w.hours,
  }))
  const all = [...asPlayed, ...played.map(p => ({ ...p, mode: `scenarios, ${p.mode}` }))]
  if (all.length === 0) return []
  const rows = [...new Set(all.map(p => p.mode))].map(mode => {
    const some = all.filter(p => p.mode === mode)
    const real = some.filter(p => p.incident)
    const times = real.flatMap(p => (p.detectMin === null ? [] : [p.detectMin])).sort((a, b) => a - b)
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? '–'
    const months = some.reduce((n, p) => n + p.hours, 0) / (24 * DAYS_A_MONTH)
    const wrong = some.reduce((n, p) => n + p.falseIncidents, 0)
    return `| ${mode} | ${real.length} | ${real.length - times.length} | ${at(0.1)} | ${at(0.5)} | ${at(0.9)} | ${times.at(-1) ?? '–'} | ${wrong} | ${months.toFixed(1)} | ${(wrong / months).toFixed(2)} |`
  })
  return [
    '## Our own record',
    '',
    'Minutes from the true start to the first word, where something was wrong; negative: a fault bit before the official start.',
    '',
    '| plays | real | missed | 10 % within | median | 90 % within | latest | false incidents | service-months | a service and month |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ]
}

const percentOf = (value: number) => `${Math.round(100 * value)} %`
const minutesOf = (value: number) => (value < 120 ? `${Math.round(value)} min` : `${(value / 60).toFixed(1)} h`)

/** Draws the calibration plots and returns the lines that show them, figures beside. */
function plots(drawn: readonly World[]): string[] {
  if (drawn.length === 0) return []
  const held = merge(drawn.map(w => w.held))
  const tenths = Array.from({ length: 11 }, (_, i) => i / 10)
  const causes: Dot[] = reliability(held.causes).filter(b => b.count > 0)
  const shares = binned(held.sharePairs, tenths)
  const etas = binned(held.etaPairs, [0, 5, 10, 20, 40, 80, 160, 320, 640])
  const of = { from: 0, until: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], format: percentOf }
  const draw = (name: string, svg: string) => writeFileSync(new URL(`../results/${name}.svg`, import.meta.url), svg)
  const draws = `${drawn.length} drawn worlds`
  draw(
    'truth-causes',
    calibrationChart({
      ...of,
      title: `Causes, ${draws}`,
      said: 'probability given',
      was: 'share that was so',
      dots: causes,
    }),
  )
  draw(
    'truth-shares',
    calibrationChart({
      ...of,
      title: `Shares, ${draws}`,
      said: 'failing share given',
      was: 'true share (median, middle 80 %)',
      dots: shares,
    }),
  )
  draw(
    'truth-etas',
    calibrationChart({
      title: `Forecasts, ${draws}`,
      said: 'minutes to normal given (middle of the interval)',
      was: 'minutes it took (median, middle 80 %)',
      dots: etas,
      from: 2,
      until: 640,
      ticks: [2, 5, 10, 20, 40, 80, 160, 320, 640],
      format: value => String(Math.round(value)),
      log: true,
    }),
  )
  const table = (what: string, dots: readonly Dot[], format: (v: number) => string) => [
    `| ${what} | ${dots.map(d => format(d.said)).join(' | ')} |`,
    `|---|${'---|'.repeat(dots.length)}`,
    `| was | ${dots.map(d => format(d.was)).join(' | ')} |`,
    `| number | ${dots.map(d => d.count).join(' | ')} |`,
    '',
  ]
  return [
    '## Said and was',
    '',
    ...['causes', 'shares', 'etas'].map(name => `![Calibration of ${name}](truth-${name}.svg)`),
    '',
    ...table('cause, said', causes, percentOf),
    ...table('share, said', shares, percentOf),
    ...table('forecast, said', etas, minutesOf),
  ]
}

const unknown = values.part.filter(name => !(name in PARTS))
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; parts: ${Object.keys(PARTS).join(', ')}`)
  process.exitCode = 64
} else main()
