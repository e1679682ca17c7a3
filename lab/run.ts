// Plays scenarios and drawn worlds through the engine in virtual time and judges what it said:
//   node --import ./scripts/ts.mjs lab/run.ts [--worlds N] [--seed S] [--unlisted-share U] [--scenarios] [--twins] [--draws K] [--only KINDS]
//     [--ask all|honest|detect] [--history-hours H] [--file SCENARIO.json] [--write DIR] [--json] [--quick]
//     [--changes N: so many changes are told of a world; 1 with --unlisted-share 1: a lone innocent one]
//     [--kinds tuned|kept|manner: N worlds of each family instead of worlds of any]
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { IncidentEvent } from '../src/contract/incident.js'
import { FALSE_ALARMS_PER_MONTH } from '../src/contract/limits.js'
import type { Outcome } from '../src/contract/outcome.js'
import { emptyOutcome, Fold } from '../src/core/fold/fold.js'
import { parseScenario, play, type PlayOptions, type Scenario, type Via } from '../src/scenario/scenario.js'
import { hold, merge, reliability, type Held } from './calibration.js'
import { drawKind, FAMILIES } from './kinds.js'
import { judge, type JudgeOptions, type Verdict } from './oracle.js'
import { drawWorld, type Json, type WorldOptions } from './world.js'

export interface Result {
  id: string
  verdict: Verdict
  held: Held
  signals: number
  ms: number
}

/** Quiet hours before each play. */
export const HISTORY_HOURS = 24

/** What a fresh engine made of a play. */
export interface Played {
  events: IncidentEvent[]
  /** Changes and notices as they were committed, oldest first. */
  facts: Outcome['facts']
  signals: number
  ms: number
}

/** One play through a fresh engine; the same calls as `replay` makes, without the wire. */
export function playThrough(scenario: Scenario, options: PlayOptions = {}): Played {
  const [events, facts]: [Played['events'], Played['facts']] = [[], []]
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: FALSE_ALARMS_PER_MONTH, services: [] })
  const began = performance.now()
  let signals = 0
  let outcome = emptyOutcome()
  const keep = () => {
    events.push(...outcome.events)
    facts.push(...outcome.facts)
    outcome = emptyOutcome()
  }
  for (const signal of play(scenario, { historyHours: HISTORY_HOURS, ...options })) {
    fold.signal(signal, ++signals, outcome)
    if (signals % 1000 === 0) keep()
  }
  keep()
  return { events, facts, signals, ms: performance.now() - began }
}

/** One play, judged. */
export function runOnce(scenario: Scenario, options: PlayOptions = {}, ask: JudgeOptions['ask'] = 'all'): Result {
  const { events, signals, ms } = playThrough(scenario, options)
  const quiet = options.quiet ?? false
  return {
    id: `${scenario.id}${quiet ? ' (twin)' : ''}`,
    verdict: judge(scenario, events, { quiet, ask }),
    held: quiet ? merge([]) : hold(scenario, events),
    signals,
    ms,
  }
}

export function scenariosOf(folder: string): Scenario[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => readScenarioFile(join(folder, name)))
}

const readScenarioFile = (path: string) => parseScenario(JSON.parse(readFileSync(path, 'utf8')))

const cell = (value: unknown, width: number) => String(value ?? '–').padStart(width)

function row({ id, verdict: v, signals, ms }: Result): string {
  return [
    id.padEnd(34),
    v.ok ? 'ok  ' : 'FAIL',
    cell(v.incidents, 3),
    cell(v.falseIncidents, 5),
    cell(v.detectMin, 7),
    cell(v.onsetErrorMin, 6),
    cell(v.severity, 9),
    cell(v.cellsF1?.toFixed(2), 6),
    cell(v.causeRank, 5),
    cell(v.causeProbability?.toFixed(2), 5),
    cell(v.resolveDelayMin, 7),
    cell(Math.round(signals / 1000), 6),
    cell((ms / 1000).toFixed(1), 5),
    ` ${v.failures.join('; ')}`,
  ].join(' ')
}

const HEAD = [
  'scenario'.padEnd(34),
  '    ',
  'inc',
  'false',
  ' detect',
  ' onset',
  ' severity',
  ' cells',
  'cause',
  '    p',
  'resolve',
  'signal',
  'sec',
].join(' ')

const share = (some: readonly boolean[]) =>
  some.length === 0 ? '–' : `${((100 * some.filter(Boolean).length) / some.length).toFixed(1)} % of ${some.length}`

function summary(results: readonly Result[], scenarios: ReadonlyMap<string, Scenario>): string {
  const told = results.map(r => ({ ...r, truth: scenarios.get(r.id)?.truth }))
  const listed = told.filter(r => r.verdict.causeProbability !== null)
  const hidden = told.filter(
    r =>
      r.truth?.isIncident &&
      r.truth.raw.cause &&
      (r.truth.raw.cause as { change_absent_from_feed?: boolean }).change_absent_from_feed,
  )
  const delays = told.flatMap(r => (r.verdict.detectMin === null ? [] : [r.verdict.detectMin])).sort((a, b) => a - b)
  const held = merge(results.map(r => r.held))
  const bins = reliability(held.causes).filter(b => b.count > 0)
  return [
    `all expectations hold:       ${share(results.map(r => r.verdict.ok))}`,
    `noticed:                     ${share(told.filter(r => r.truth?.isIncident).map(r => r.verdict.incidents > 0))}, median after ${delays[delays.length >> 1] ?? '–'} min, 90 % within ${delays[Math.floor(delays.length * 0.9)] ?? '–'} min`,
    `false incidents:             ${results.reduce((n, r) => n + r.verdict.falseIncidents, 0)} in ${results.length} plays`,
    `cause first when listed:     ${share(listed.map(r => r.verdict.causeRank === 1))}`,
    `false blame when it is not:  ${share(hidden.map(r => r.verdict.falseBlame))}`,
    `share intervals hold truth:  ${share(held.shares)}`,
    `ETA intervals hold truth:    ${share(held.etas)}`,
    `probabilities, said → was:   ${bins.map(b => `${b.said.toFixed(2)} → ${b.was.toFixed(2)} (${b.count})`).join('  ')}`,
  ].join('\n')
}

/** Worlds of any course, or `count` of each family of a half. */
function drawn(half: string | undefined, count: number, seed: number, drawing: WorldOptions): Json[] {
  const indices = Array.from({ length: count }, (_, i) => seed * 1_000_003 + i)
  if (half === undefined) return indices.map(i => drawWorld(i, drawing))
  if (half !== 'tuned' && half !== 'kept' && half !== 'manner')
    throw new Error(`kinds are tuned, kept or manner, not ${half}`)
  return Object.entries(FAMILIES[half]).flatMap(([name, family]) => indices.map(i => drawKind(name, family, i)))
}

function main(): void {
  const { values: given } = parseArgs({
    options: {
      worlds: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      'unlisted-share': { type: 'string' },
      changes: { type: 'string' },
      scenarios: { type: 'boolean', default: false },
      twins: { type: 'boolean', default: false },
      kinds: { type: 'string' },
      draws: { type: 'string', default: '1' },
      only: { type: 'string' },
      ask: { type: 'string', default: 'all' },
      'history-hours': { type: 'string', default: String(HISTORY_HOURS) },
      file: { type: 'string', multiple: true, default: [] },
      write: { type: 'string' },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  })
  const seed = Number(given.seed)
  const worlds = given.quick ? 8 : Number(given.worlds)
  const options: PlayOptions = {
    historyHours: Number(given['history-hours']),
    ...(given.only ? { only: given.only.split(',') as Via[] } : {}),
  }
  const unlisted = given['unlisted-share']
  const drawing: WorldOptions = {
    ...(unlisted === undefined ? {} : { unlistedShare: Number(unlisted) }),
    ...(given.changes === undefined ? {} : { changes: Number(given.changes) }),
  }
  const fixed = given.file.map(readScenarioFile)
  if (given.scenarios) fixed.push(...scenariosOf(fileURLToPath(new URL('../scenarios/', import.meta.url))))
  if (given.quick) fixed.push(readScenarioFile(fileURLToPath(new URL('../scenarios/slow-burn.json', import.meta.url))))
  const plays: [Scenario, PlayOptions][] = []
  for (const scenario of fixed) {
    for (let k = 0; k < Number(given.draws); k++)
      plays.push([scenario, k === 0 ? options : { ...options, seed: scenario.clock.seed + k }])
    if (given.twins) plays.push([scenario, { ...options, quiet: true }])
  }
  for (const file of drawn(given.kinds, worlds, seed, drawing)) {
    if (given.write) {
      mkdirSync(given.write, { recursive: true })
      writeFileSync(join(given.write, `${String(file.id)}.json`), `${JSON.stringify(file, null, 1)}\n`)
    }
    plays.push([parseScenario(file), options])
  }
  if (plays.length === 0) {
    console.log('nothing to play: ask for --worlds N, --scenarios, --file or --quick')
    process.exitCode = 2
    return
  }
  const ask = given.ask === 'detect' || given.ask === 'honest' ? given.ask : 'all'
  if (!given.json) console.log(HEAD)
  const results: Result[] = []
  const byId = new Map<string, Scenario>()
  for (const [scenario, how] of plays) {
    const result = runOnce(scenario, how, ask)
    results.push(result)
    if (!how.quiet) byId.set(result.id, scenario)
    console.log(given.json ? JSON.stringify(result) : row(result))
  }
  if (!given.json) console.log(`\n${summary(results, byId)}`)
  process.exitCode = results.every(r => r.verdict.ok) ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
