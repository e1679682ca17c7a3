// Plays drawn worlds in which two troubles overlap, or one goes about so that it looks like two, and counts the stories told:
//   node --import ./scripts/ts.mjs lab/pairs.ts [--worlds N (of each kind)] [--seed S] [--kind KIND] [--json]
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { IncidentEvent } from '../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../src/contract/time.js'
import { emptyOutcome, Fold } from '../src/core/fold/fold.js'
import { sfc32 } from '../src/core/stat/random.js'
import { parseScenario, play } from '../src/scenario/scenario.js'
import { Dice } from './dice.js'
import { iso } from './stamp.js'
import { drawWorld, type Json } from './world.js'

/** What lies side by side, and how many stories it is. `close` and `shared` are told as one or as two: both are honest. */
export const KINDS = {
  /** Two causes: a component everywhere, and another one (or all) in some cells; minutes to hours apart. */
  crossing: { least: 2, most: 2 },
  /** Two causes: other components in other cells. */
  elsewhere: { least: 2, most: 2 },
  /** The same, but the second begins within seven minutes of the first. */
  close: { least: 1, most: 2 },
  /** Two causes that share a component or lie in cells of each other. */
  shared: { least: 1, most: 2 },
  /** One cause that takes cell after cell. */
  spreading: { least: 1, most: 1 },
  /** One push by stages: more cells, and with them more components. */
  stages: { least: 1, most: 1 },
  /** One cause that breaks two parts in two places at once. */
  places: { least: 1, most: 1 },
  /** One cause whose retries spill over to other components of its cells, later and less. */
  spilling: { least: 1, most: 1 },
  /** One cause that comes in waves, or goes on as a slow tail. */
  waves: { least: 1, most: 1 },
} as const
export type Kind = keyof typeof KINDS

interface Trouble {
  cells: string[] | null
  components: string[] | null
  severity: number
  /** Minutes since the first onset. */
  from: number
  until: number
  ramp: number
}

interface Drawn {
  kind: Kind
  file: Json
  onsets: EpochMs[]
  ends: EpochMs[]
  troubles: Trouble[]
}

interface World {
  service: string
  cells: { id: string }[]
  components: { id: string; use_share: number }[]
}

/** A world with enough in it, and what goes wrong in it. */
export function drawPair(kind: Kind, seed: number): Drawn {
  for (let salt = 0; ; salt++) {
    const file = drawWorld(seed * 1_009 + salt * 7_919, { plot: 'listed' }) as Json & { world: World }
    if (file.world.cells.length < 4 || file.world.components.length < 4) continue
    return lay(kind, file, new Dice(sfc32(seed ^ 0x9a125)))
  }
}

function lay(kind: Kind, file: Json & { world: World }, dice: Dice): Drawn {
  const truth = file.ground_truth as Json
  const clock = file.clock as { t0: string; duration_min: number }
  const onset = Date.parse(truth.started_at as string)
  const cells = dice.some(
    file.world.cells.map(c => c.id),
    4,
  )
  const components = dice.some(
    file.world.components.map(c => c.id),
    4,
  )
  const groups = troublesOf(kind, dice, cells, components)
  const at = (min: number): EpochMs => onset + min * MINUTE
  const faults = groups.flatMap((group, g) =>
    group.map((t, i) => ({
      id: `fault-${g + 1}-${i + 1}`,
      cause_change: `cause-${g + 1}`,
      effect: { type: 'http_error' },
      scope: { ...(t.cells ? { cells: t.cells } : {}), ...(t.components ? { components: t.components } : {}) },
      severity: [
        [iso(at(t.from)), 0],
        [iso(at(t.from + t.ramp)), t.severity],
        [iso(at(t.until)), t.severity],
        [iso(at(t.until + 5)), 0],
      ],
    })),
  )
  const causes = groups.map((group, g) => {
    const values = (key: 'cells' | 'components'): Json =>
      group.every(t => t[key]) ? { [key]: [...new Set(group.flatMap(t => t[key]!))] } : {}
    return {
      id: `cause-${g + 1}`,
      at: iso(at(group[0]!.from - dice.between([0, 3]))),
      kind: g === 0 ? 'deploy' : 'config',
      title: `Cause ${g + 1}`,
      ...values('cells'),
      ...values('components'),
      role: 'cause',
      in_feed: true,
      feed_lag_s: 30,
    }
  })
  const decoys = (file.timeline as { changes: Json[] }).changes.filter(c => c.role === 'decoy').slice(0, 4)
  const troubles = groups.flat()
  const end = Math.max(...troubles.map(t => t.until)) + 5
  const timeline = { changes: [...causes, ...decoys], surges: [], faults }
  const duration = Math.ceil((at(end) - Date.parse(clock.t0)) / MINUTE) + 110
  return {
    kind,
    file: { ...file, id: `${kind}-${String(file.id)}`, timeline, clock: { ...clock, duration_min: duration } },
    onsets: groups.map(g => at(Math.min(...g.map(t => t.from)))),
    ends: groups.map(g => at(Math.max(...g.map(t => t.until)) + 5)),
    troubles: groups.map(g => g[0]!),
  }
}

type Draw = (more: Partial<Trouble>) => Trouble

/** One list of faults for each cause. */
function troublesOf(kind: Kind, dice: Dice, cells: string[], components: string[]): Trouble[][] {
  const one: Draw = more => ({
    cells: null,
    components: null,
    severity: dice.scale([0.12, 0.9]),
    from: 0,
    until: dice.whole([60, 120]),
    ramp: dice.pick([1, 2, 4]),
    ...more,
  })
  return ofTwo(kind, dice, one, cells, components) ?? [ofOne(kind, dice, one, cells, components)]
}

function ofTwo(kind: Kind, dice: Dice, one: Draw, cells: string[], components: string[]): Trouble[][] | null {
  const [a, b, c] = cells as [string, string, string]
  const [x, y, z] = components as [string, string, string]
  const gap = dice.whole([12, 90])
  const later = { from: gap, until: gap + dice.whole([30, 90]) }
  const long = { until: Math.max(70, gap + dice.whole([10, 60])) }
  const inCells = someOf(dice, cells, x)
  const everywhere = { components: dice.flip(0.7) ? [y] : [y, z] }
  if (kind === 'crossing')
    return dice.flip(0.5)
      ? [[one({ ...inCells, ...long })], [one({ ...everywhere, ...later })]]
      : [[one({ ...everywhere, ...long })], [one({ ...inCells, ...later })]]
  if (kind === 'elsewhere') {
    const other = { cells: dice.flip(0.5) ? [c] : [b, c], components: [y] }
    return [[one({ cells: [a, b], components: [x], ...long })], [one({ ...other, ...later })]]
  }
  if (kind === 'close') {
    const soon = dice.whole([0, 7])
    return [[one(inCells)], [one({ ...everywhere, from: soon, until: soon + dice.whole([30, 150]) })]]
  }
  if (kind === 'shared')
    return dice.flip(0.5)
      ? [[one({ cells: [a], components: [x, y], ...long })], [one({ components: [y, z], ...later })]]
      : [[one({ cells: [a, b], ...long })], [one({ cells: [b, c], components: [y], ...later })]]
  return null
}

const someOf = (dice: Dice, cells: string[], component: string): Partial<Trouble> => ({
  cells: cells.slice(0, dice.flip(0.5) ? 1 : 2),
  ...(dice.flip(0.6) ? { components: [component] } : {}),
})

function ofOne(kind: Kind, dice: Dice, one: Draw, cells: string[], components: string[]): Trouble[] {
  const [a, b, c, d] = cells as [string, string, string, string]
  const [x, y, z] = components as [string, string, string]
  const severity = dice.scale([0.12, 0.9])
  if (kind === 'spreading') {
    const parts = dice.flip(0.5) ? { components: [x] } : {}
    return [a, b, c].map((cell, i) => one({ cells: [cell], ...parts, severity, from: i * 15, until: 90 }))
  }
  if (kind === 'stages')
    return [
      one({ cells: [a], components: [x], severity, until: 80 }),
      one({ cells: [b], components: [x, y], severity, from: 15, until: 80 }),
      one({ cells: [c, d], severity, from: 32, until: 80 }),
    ]
  if (kind === 'places') {
    const until = dice.whole([40, 90])
    const later = until + dice.pick([0, 15])
    return [one({ cells: [a], components: [x], until }), one({ components: [y], until: later })]
  }
  if (kind === 'spilling')
    return [
      one({ cells: [a, b], components: [x], severity: dice.between([0.4, 0.9]), until: 70 }),
      one({
        cells: [a, b],
        components: [y, z],
        severity: dice.between([0.1, 0.3]),
        from: dice.whole([0, 29]),
        until: 70,
      }),
    ]
  const rest = dice.whole([15, 40])
  const where = someOf(dice, cells, x)
  return [
    one({ ...where, until: 30, severity: 0.5 }),
    one({ ...where, from: 35 + rest, until: 60 + rest, severity: 0.3 }),
    one({ ...where, from: 66 + rest, until: 100 + rest, severity: 0.04 }),
  ]
}

interface Told {
  id: string
  opened: EpochMs
  startedAt: EpochMs
  resolved: EpochMs | null
  cells: Set<string>
  components: Set<string>
  cause: string | null
}

function storiesOf(events: readonly IncidentEvent[], service: string): Told[] {
  const ids = [...new Set(events.filter(e => e.service === service).map(e => e.incident))]
  return ids.map(id => {
    const own = events.filter(e => e.incident === id)
    const last = own.at(-1)!
    // The picture of a story at its worst stands for where it was.
    const named = own.filter(e => e.segments?.length && Date.parse(e.at) - Date.parse(own[0]!.at) >= 5 * MINUTE)
    const told = named[Math.floor(named.length / 2)] ?? own.findLast(e => e.segments?.length)
    const segments = (told?.segments ?? []).filter(s => s.share === null || s.share >= 0.05)
    return {
      id,
      opened: Date.parse(own[0]!.at),
      startedAt: Date.parse(last.startedAt!),
      resolved: last.event === 'resolved' ? Date.parse(last.at) : null,
      cells: new Set(segments.flatMap(s => s.where.cell ?? [])),
      components: new Set(segments.flatMap(s => s.where.component ?? [])),
      cause: last.causes?.toSorted((p, q) => q.probability - p.probability)[0]?.subject ?? null,
    }
  })
}

const same = (found: ReadonlySet<string>, wanted: string[] | null): boolean =>
  found.size === (wanted?.length ?? 0) && (wanted ?? []).every(x => found.has(x))

export interface PairResult {
  kind: Kind
  seed: number
  count: number
  right: boolean
  /** One for each cause where two stories are told for two: its onset (minutes off), place, cause and end (minutes late). */
  stories: { onsetMin: number; place: boolean; cause: boolean; endMin: number | null; openedMin: number }[]
}

export function runPair(kind: Kind, seed: number, keep?: (events: IncidentEvent[]) => void): PairResult {
  const drawn = drawPair(kind, seed)
  const scenario = parseScenario(drawn.file)
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 1, services: [] })
  const outcome = emptyOutcome()
  let n = 0
  for (const signal of play(scenario, { historyHours: 3 })) fold.signal(signal, ++n, outcome)
  keep?.(outcome.events)
  const told = storiesOf(outcome.events, scenario.world.service)
  const { least, most } = KINDS[kind]
  const stories =
    told.length === 2 && drawn.onsets.length === 2
      ? told.map((t, i) => ({
          openedMin: (t.opened - drawn.onsets[i]!) / MINUTE,
          onsetMin: (t.startedAt - drawn.onsets[i]!) / MINUTE,
          place: same(t.cells, drawn.troubles[i]!.cells) && same(t.components, drawn.troubles[i]!.components),
          cause: t.cause === `cause-${i + 1}`,
          endMin: t.resolved === null ? null : (t.resolved - drawn.ends[i]!) / MINUTE,
        }))
      : []
  return { kind, seed, count: told.length, right: told.length >= least && told.length <= most, stories }
}

/** A markdown table, one row a kind. */
export function table(results: readonly PairResult[]): string {
  const rows = (Object.keys(KINDS) as Kind[]).flatMap(kind => {
    const some = results.filter(r => r.kind === kind)
    if (some.length === 0) return []
    const counts = [1, 2].map(n => some.filter(r => r.count === n).length)
    const stories = some.flatMap(r => r.stories)
    const part = (hold: (s: PairResult['stories'][number]) => boolean): string =>
      stories.length === 0 ? '–' : `${stories.filter(hold).length} of ${stories.length}`
    const { least, most } = KINDS[kind]
    const cells = [
      kind,
      least === most ? `${least}` : `${least} or ${most}`,
      `${some.filter(r => r.right).length} of ${some.length}`,
      ...counts,
      some.length - counts[0]! - counts[1]!,
      part(s => Math.abs(s.onsetMin) <= 5),
      part(s => s.place),
      part(s => s.cause),
      part(s => s.endMin !== null && s.endMin > -10 && s.endMin <= 40),
    ]
    return [`| ${cells.join(' | ')} |`]
  })
  return [
    '| kind | stories | as many | one | two | other | onset within 5 min | just its cells and components | its cause first | ended within 40 min |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function main(): void {
  const { values: given } = parseArgs({
    options: {
      worlds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      kind: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const results: PairResult[] = []
  for (const kind of Object.keys(KINDS) as Kind[]) {
    if (given.kind && given.kind !== kind) continue
    for (let i = 0; i < Number(given.worlds); i++) {
      const result = runPair(kind, Number(given.seed) * 100_003 + i)
      results.push(result)
      if (given.json) console.log(JSON.stringify(result))
    }
  }
  if (!given.json) console.log(table(results))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
