import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Held, merge, reliability } from '../../lab/calibration.js'
import { HISTORY_HOURS as LAB_HISTORY_HOURS, type Result, runOnce } from '../../lab/run.js'
import { drawWorld } from '../../lab/world.js'
import { parseScenario, type Scenario } from '../../src/scenario/scenario.js'
import { type Bar, type Context, EPICENTER, type Part, percent, skipped, tool } from './context.js'
import { MODES } from './modes.js'
import { output } from './store.js'

/** Of quiet history before each play, by turns: a day is little to learn from, a week is long to stay quiet. */
const HISTORY_HOURS = [24, 168] as const

export interface Played {
  id: string
  mode: string
  ok: boolean
  failures: string[]
  incident: boolean
  detectMin: number | null
  falseIncidents: number
  hours: number
}

const filesOf = (folders: readonly string[]) =>
  folders.filter(existsSync).flatMap(folder =>
    readdirSync(folder)
      .filter(name => name.endsWith('.json'))
      .sort()
      .map(name => join(folder, name)),
  )

/** Plays of scenario files: by the referee's player and judge where they are there, else by the lab's. */
export function scenarios(context: Context): Part & { played: Played[] } {
  const title = 'Scenarios'
  const files = filesOf(context.scenarios)
  if (files.length === 0) return { ...skipped(title, `no scenario in ${context.scenarios.join(', ')}`), played: [] }
  const refereed = existsSync(tool(context, 'make-signals.mjs')) && existsSync(tool(context, 'score.mjs'))
  const firstCount = filesOf(context.scenarios.slice(0, 1)).length
  const played = files.flatMap((file, f) => {
    const scenario = parseScenario(JSON.parse(readFileSync(file, 'utf8')))
    // In haste the files of the first folder are played in every way, the others once, with all signals and by the lab.
    const first = f < firstCount
    const modes = context.quick && !first ? MODES.slice(0, 1) : MODES
    return modes.flatMap(mode =>
      Array.from({ length: first ? context.draws : context.moreDraws }, (_, k) => {
        const seed = k === 0 ? scenario.clock.seed : context.seed * 1000 + k
        const hours = HISTORY_HOURS[k % HISTORY_HOURS.length]!
        const byReferee = refereed && (first || !context.quick)
        const result = context.store.unit(
          `scenario-${byReferee ? 'referee' : 'lab'}-${scenario.id}-${mode.name}-${mode.ask}-${seed}-${hours}`,
          () =>
            byReferee ? playRefereed(context, file, scenario, mode, seed, hours) : playOwn(scenario, mode, seed, hours),
        )
        return { ...result, first }
      }),
    )
  })
  const bars = [true, false].flatMap(first => {
    const ofThese = played.filter(p => p.first === first)
    return MODES.flatMap((mode): Bar[] => {
      const some = ofThese.filter(p => p.mode === mode.name)
      if (some.length === 0) return []
      const holds = some.filter(p => p.ok).length / some.length
      const what = `${first ? 'scenarios' : 'further scenarios'}, ${mode.name}`
      return [{ what, wanted: '≥ 95 % hold', got: `${percent(holds)} of ${some.length}`, holds: holds >= 0.95 }]
    })
  })
  const command = refereed
    ? `node ${tool(context, 'make-signals.mjs')} FILE --seed N --history-hours ${HISTORY_HOURS.join('|')} [--only …] | ${EPICENTER} replay - | node ${tool(context, 'score.mjs')} FILE [--judge honest]`
    : 'npm run lab -- --scenarios --draws 20 [--only … --ask honest]'
  return { title, command, text: scenarioTable(played), bars, played }
}

function scenarioTable(played: readonly Played[]): string {
  const ids = [...new Set(played.map(p => p.id))]
  const cell = (id: string, mode: string) => {
    const some = played.filter(p => p.id === id && p.mode === mode)
    return some.length === 0 ? '–' : `${some.filter(p => p.ok).length} of ${some.length}`
  }
  const failures = new Map<string, number>()
  for (const p of played)
    for (const failure of p.failures) {
      // Times and figures differ from seed to seed.
      const kind = `${p.id}, ${p.mode}: ${failure.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…')}`
      failures.set(kind, (failures.get(kind) ?? 0) + 1)
    }
  return [
    `| scenario | ${MODES.map(m => m.name).join(' | ')} |`,
    '|---|---|---|---|',
    ...ids.map(id => `| ${id} | ${MODES.map(m => cell(id, m.name)).join(' | ')} |`),
    ...(failures.size === 0 ? [] : ['', 'What did not hold:', '']),
    ...[...failures]
      .sort((a, b) => b[1] - a[1])
      .slice(0, FAILURES_TOLD)
      .map(([kind, n]) => `- ${kind} (${n} ×)`),
  ].join('\n')
}

const FAILURES_TOLD = 30
const HOUR_MIN = 60

function playRefereed(
  context: Context,
  file: string,
  scenario: Scenario,
  mode: (typeof MODES)[0],
  seed: number,
  hours: number,
): Played {
  const only = mode.only === null ? [] : ['--only', mode.only.join(',')]
  const made = [tool(context, 'make-signals.mjs'), file, '--seed', String(seed), '--history-hours', String(hours)]
  const signals = join(context.work, 'signals.ndjson')
  writeFileSync(signals, output(['node', ...made, ...only]).out)
  const events = output([EPICENTER, 'replay', '--quiet', signals], '', true).out
  const judge = mode.ask === 'all' ? [] : ['--judge', mode.ask]
  const verdict = JSON.parse(output(['node', tool(context, 'score.mjs'), file, ...judge], events, true).out) as {
    ok: boolean
    failures: string[]
    incidents: number
    falseIncidents: number
    detectMin?: number
  }
  const { ok, failures, falseIncidents, detectMin } = verdict
  return { ...about(scenario, mode, hours), ok, failures, detectMin: detectMin ?? null, falseIncidents }
}

function playOwn(scenario: Scenario, mode: (typeof MODES)[0], seed: number, hours: number): Played {
  const options = { seed, historyHours: hours, ...(mode.only === null ? {} : { only: mode.only }) }
  const { ok, failures, falseIncidents, detectMin } = runOnce(scenario, options, mode.ask).verdict
  return { ...about(scenario, mode, hours), ok, failures, detectMin, falseIncidents }
}

const about = (scenario: Scenario, mode: (typeof MODES)[0], history: number) => ({
  id: scenario.id,
  mode: mode.name,
  incident: scenario.truth.isIncident,
  hours: history + scenario.clock.minutes / HOUR_MIN,
})

export interface World extends Result {
  incident: boolean
  hidden: boolean
  hours: number
}

export function worlds(context: Context): Part & { worlds: World[] } {
  const count = context.quick ? 100 : 200
  const all = Array.from({ length: count }, (_, i) =>
    context.store.unit(`world-${context.seed}-${i}`, (): World => {
      const scenario = parseScenario(drawWorld(context.seed * 1_000_003 + i))
      const cause = scenario.truth.raw['cause'] as { change_absent_from_feed?: boolean } | undefined
      const hidden = scenario.truth.isIncident && cause?.change_absent_from_feed === true
      const hours = LAB_HISTORY_HOURS + scenario.clock.minutes / HOUR_MIN
      return { ...runOnce(scenario), incident: scenario.truth.isIncident, hidden, hours }
    }),
  )
  const share = (some: readonly boolean[]) => some.filter(Boolean).length / some.length
  const listed = all.filter(w => w.verdict.causeProbability !== null).map(w => w.verdict.causeRank === 1)
  const blamed = all.filter(w => w.hidden).map(w => w.verdict.falseBlame)
  const held = merge(all.map(w => w.held))
  const near = (some: readonly boolean[]) => share(some) >= 0.9 && share(some) <= 0.99
  const got = (some: readonly boolean[]) => (some.length === 0 ? '–' : `${percent(share(some))} of ${some.length}`)
  return {
    title: 'Random worlds',
    command: `npm run lab -- --worlds ${count} --seed ${context.seed}`,
    text: worldTable(all),
    bars: [
      { what: 'cause first when listed', wanted: '≥ 90 %', got: got(listed), holds: share(listed) >= 0.9 },
      { what: 'false blame when not', wanted: '≤ 5 %', got: got(blamed), holds: share(blamed) <= 0.05 },
      { what: 'share intervals hold the truth', wanted: '90–99 %', got: got(held.shares), holds: near(held.shares) },
      { what: 'ETA intervals hold the truth', wanted: '90–99 %', got: got(held.etas), holds: near(held.etas) },
      reliabilityBar(held.causes),
    ],
    worlds: all,
  }
}

/** Bins with fewer say more about chance than about the product: at a true half, 20 scatter by ±.22. */
const BIN_AT_LEAST = 20

function reliabilityBar(causes: Held['causes']): Bar {
  const bins = reliability(causes).filter(b => b.count >= BIN_AT_LEAST)
  const worst = Math.max(...bins.map(b => Math.abs(b.said - b.was)))
  const got = `${worst.toFixed(2)} at worst, in ${bins.length} bins of ${BIN_AT_LEAST} and more`
  return { what: 'reliability of causes', wanted: 'within .1', got, holds: worst <= 0.1 }
}

function worldTable(all: readonly World[]): string {
  const plots: [string, World[]][] = [
    ['cause among ten changes', all.filter(w => w.incident && !w.hidden)],
    ['cause not told', all.filter(w => w.hidden)],
    ['nothing wrong', all.filter(w => !w.incident)],
  ]
  const failures = new Map<string, number>()
  for (const w of all)
    for (const failure of w.verdict.failures) {
      const kind = failure.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…').replace(/-?\d+(\.\d+)?/g, '#')
      failures.set(kind, (failures.get(kind) ?? 0) + 1)
    }
  return [
    '| world | number | noticed | false incidents | every expectation holds |',
    '|---|---|---|---|---|',
    ...plots.map(
      ([name, some]) =>
        `| ${name} | ${some.length} | ${name === 'nothing wrong' ? '–' : some.filter(w => w.verdict.incidents > 0).length} | ${some.reduce((n, w) => n + w.verdict.falseIncidents, 0)} | ${some.filter(w => w.verdict.ok).length} |`,
    ),
    ...(failures.size === 0 ? [] : ['', 'What did not hold:', '']),
    ...[...failures]
      .sort((a, b) => b[1] - a[1])
      .slice(0, FAILURES_TOLD)
      .map(([kind, n]) => `- ${kind} (${n} ×)`),
  ].join('\n')
}
