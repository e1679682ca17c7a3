import { MINUTE, type EpochMs } from '../src/contract/time.js'
import { sfc32 } from '../src/core/stat/random.js'
import { Dice, type Range } from './dice.js'
import { iso } from './stamp.js'
import { drawStages } from './world-stages.js'
import { drawSignals } from './world-signals.js'

/**
 * Draws a world and what goes wrong in it from ranges, as an outage-scenario/1 file: any player of the format can play it.
 * Ten changes lie close together in time; one of them may be the cause, or none that is told of.
 */
export interface WorldOptions {
  /** Draw this plot; any by default, in proportion to `PLOTS`. */
  plot?: Plot
  /** Of the worlds in which something breaks, those whose cause is not told; else as in `PLOTS`. */
  unlistedShare?: number
  /** How many changes are told; left out: ten. */
  changes?: number
}

/** `listed`: the cause is among the changes told. `hidden`: it is not. `calm`: nothing breaks. */
export type Plot = 'listed' | 'hidden' | 'calm'

const PLOTS: [Plot, number][] = [
  ['listed', 0.7],
  ['hidden', 0.2],
  ['calm', 0.1],
]
const CHANGES = 10
/** Changes crowd within this span around the onset. */
const CHANGES_BEFORE_MIN = 90
const CHANGES_AFTER_MIN = 15
/** Trouble begins after two to three hours, so that a cold start is over. */
const ONSET_MIN: Range = [120, 180]
/** Room for a tail of reports and for the end to be noticed. */
const AFTERMATH_MIN = 110
/** Metric lines a minute: a drawn world is to be played in a second. */
const MAX_LINES = 160

export type Json = Record<string, unknown>

const SERVICES = ['mail', 'chat', 'maps', 'music', 'ledger', 'tickets', 'photos', 'payments', 'games', 'learning']
const PARTS = ['sign-in', 'search', 'feed', 'uploads', 'messages', 'billing', 'calls', 'sync', 'export', 'settings']
const REGIONS: [id: string, countries: string[], utcOffsetMin: number][] = [
  ['us', ['US'], -300],
  ['br', ['BR'], -180],
  ['uk', ['GB'], 0],
  ['eu', ['DE', 'FR', 'ES', 'IT'], 60],
  ['ng', ['NG'], 60],
  ['in', ['IN'], 330],
  ['sea', ['ID', 'SG', 'PH'], 480],
  ['jp', ['JP'], 540],
  ['au', ['AU', 'NZ'], 600],
]
const TIERS = ['free', 'basic', 'plus', 'business']
const KINDS = ['deploy', 'config', 'flag', 'maintenance', 'migration', 'vendor', 'launch'] as const
/** A cause is a deploy or a configuration more often than a launch. */
const CAUSE_KINDS = ['deploy', 'deploy', 'config', 'config', 'flag', 'migration', 'maintenance', 'vendor'] as const
const TITLES: Record<(typeof KINDS)[number], string> = {
  deploy: 'New build',
  config: 'New configuration',
  flag: 'Experiment widened',
  maintenance: 'Scheduled maintenance',
  migration: 'Move to the new cluster',
  vendor: 'Change at a vendor',
  launch: 'Launch',
}

function plotsOf(unlistedShare: number | undefined): [Plot, number][] {
  if (unlistedShare === undefined) return PLOTS
  const calm = PLOTS.find(([plot]) => plot === 'calm')![1]
  return [
    ['listed', (1 - calm) * (1 - unlistedShare)],
    ['hidden', (1 - calm) * unlistedShare],
    ['calm', calm],
  ]
}

export function drawWorld(seed: number, options: WorldOptions = {}): Json {
  const dice = new Dice(sfc32(seed))
  const plot = options.plot ?? dice.weighted(plotsOf(options.unlistedShare))
  const t0 = Date.UTC(2026 + dice.whole([0, 4]), dice.whole([0, 11]), dice.whole([1, 28]), dice.whole([0, 23]))
  const onset = t0 + dice.whole(ONSET_MIN) * MINUTE
  const ground = drawGround(dice)
  const trouble = plot === 'calm' ? null : drawTrouble(dice, ground, onset)
  const changes = drawChanges(dice, ground, onset, plot, trouble, options.changes ?? CHANGES)
  const staged = drawStages(seed, changes, trouble, onset)
  const end = trouble?.end ?? onset + 60 * MINUTE
  const minutes = Math.ceil((end - t0) / MINUTE) + AFTERMATH_MIN
  return {
    format: 'outage-scenario/1',
    id: `world-${seed}`,
    title: `A drawn world (${plot})`,
    basis: { real_event: false, sources: [], grounded: [], assumed: ['everything, drawn from ranges'], conflicts: [] },
    clock: { t0: iso(t0), duration_min: minutes, tick_s: 60, seed },
    world: ground.world,
    timeline: {
      changes,
      surges: dice.flip(0.3) ? [drawSurge(dice, t0, minutes)] : [],
      faults: (trouble?.faults ?? []).map(fault => ({ ...fault, cause_change: 'cause' })),
    },
    signals: drawSignals(dice, ground, onset, end, plot),
    ground_truth: truthOf(ground, onset, plot, trouble, changes, staged),
  }
}

export interface Ground {
  world: Json & { cells: { id: string }[]; components: { id: string; use_share: number }[]; tiers: { id: string }[] }
  routing: { region: string; cells: Record<string, number> }[]
  regions: { id: string; active_users_peak: number }[]
}

function drawGround(dice: Dice): Ground {
  const regions = dice.some(REGIONS, dice.whole([2, 6])).map(([id, countries, utc_offset_min]) => ({
    id,
    countries,
    utc_offset_min,
    active_users_peak: Math.round(dice.scale([1e5, 5e6])),
    diurnal: 'day',
  }))
  const cells = Array.from({ length: dice.whole([3, 9]) }, (_, i) => ({
    id: `cell-${i + 1}`,
    site: `S${i + 1}`,
    edge_pops: dice.flip(0.7) ? [`P${i + 1}A`, `P${i + 1}B`] : [],
  }))
  const routing = regions.map((region, i) => {
    // Every cell serves somebody; most regions are served by two or three.
    const own = cells.filter((_, c) => c % regions.length === i)
    const others = dice.some(
      cells.filter(c => !own.includes(c)),
      dice.whole([1, 2]),
    )
    const ids = [...own, ...others].map(c => c.id)
    const shares = dice.shares(ids.length)
    return { region: region.id, cells: Object.fromEntries(ids.map((id, k) => [id, shares[k]!])) }
  })
  const routes = routing.reduce((n, r) => n + Object.keys(r.cells).length, 0)
  const tierCount = dice.pick([0, 2, 3, 4])
  const tierShares = dice.shares(tierCount)
  const tiers = TIERS.slice(0, tierCount).map((id, i) => ({ id, share: tierShares[i]! }))
  const most = Math.max(2, Math.floor(MAX_LINES / (routes * Math.max(1, tierCount))))
  const parts = dice.some(PARTS, Math.min(most, dice.whole([2, 7])))
  const components = parts.map((id, i) => ({
    id,
    name: id,
    use_share: Math.round(100 * (i === 0 ? dice.between([0.5, 0.85]) : dice.scale([0.03, 0.5]))) / 100,
  }))
  const day = Array.from(
    { length: 24 },
    (_, h) => 1 + dice.between([0.25, 0.4]) * Math.sin(((h - 9) / 24) * 2 * Math.PI),
  )
  const service = dice.pick(SERVICES)
  const world = {
    service,
    title: service[0]!.toUpperCase() + service.slice(1),
    diurnal_curves: { day: day.map(x => Math.round(1000 * x) / 1000) },
    components,
    regions,
    tiers,
    cells,
    routing,
    sticky: { by: dice.pick(['user', 'session', 'none']) },
    dependencies: [{ id: 'store', name: 'Object store', depends_on: [] }],
  }
  return { world, routing, regions }
}

export interface Trouble {
  cells: string[] | null
  components: string[] | null
  faults: Json[]
  /** When the last of it is over, and when the first part is mended. */
  end: EpochMs
  mending: EpochMs
  severity: number
  /** Share of all users that fails at the worst. */
  global: number
}

function drawTrouble(dice: Dice, { world, routing, regions }: Ground, onset: EpochMs): Trouble {
  const byCells = dice.flip(0.7)
  const byComponents = !byCells || dice.flip(0.5)
  const cells = byCells
    ? dice.some(
        world.cells.map(c => c.id),
        dice.whole([1, Math.max(1, world.cells.length - 2)]),
      )
    : null
  const components = byComponents
    ? dice.some(
        world.components.map(c => c.id),
        dice.whole([1, Math.max(1, world.components.length - 1)]),
      )
    : null
  const tiers =
    world.tiers.length > 1 && dice.flip(0.35)
      ? Object.fromEntries(
          world.tiers.map((t, i) => [t.id, i === 0 ? 1 : Math.round(100 * dice.between([0, 0.7])) / 100]),
        )
      : null
  const severity = Math.round(100 * dice.scale([0.12, 0.95])) / 100
  const shape = dice.pick(['quick', 'tail', 'staircase', 'relapse'] as const)
  const ramp = dice.pick([1, 2, 3, 5, 10])
  const lasts = dice.whole([20, 90])
  const effect = { type: dice.pick(['http_error', 'http_error', 'timeout']) }
  const retry = { client_retries: 3, load_multiplier: Math.round(10 * dice.between([1, 2.5])) / 10 }
  const groups = shape === 'staircase' && cells && cells.length > 1 ? cells.map(c => [c]) : [cells]
  let end = onset
  let mending = Number.POSITIVE_INFINITY
  const faults = groups.map((group, i) => {
    const until = lasts + (groups.length > 1 ? i * 12 : 0)
    const curve = curveOf(dice, shape, severity, ramp, until)
    end = Math.max(end, onset + curve.at(-1)![0] * MINUTE)
    mending = Math.min(mending, onset + until * MINUTE)
    return {
      id: `fault-${i + 1}`,
      effect,
      scope: { ...(group ? { cells: group } : {}), ...(components ? { components } : {}), ...(tiers ? { tiers } : {}) },
      severity: curve.map(([min, value]) => [iso(onset + min * MINUTE), value]),
      retry,
    }
  })
  const reach = Math.min(
    1,
    world.components.reduce((n, c) => n + ((components?.includes(c.id) ?? true) ? c.use_share : 0), 0),
  )
  const users = regions.reduce((n, r) => n + r.active_users_peak, 0)
  const inCells = regions.reduce((n, r) => {
    const routes = Object.entries(routing.find(x => x.region === r.id)!.cells)
    return n + r.active_users_peak * routes.reduce((s, [c, x]) => s + ((cells?.includes(c) ?? true) ? x : 0), 0)
  }, 0)
  const tierWeight = tiers
    ? world.tiers.reduce((n, t) => n + (t as { share?: number }).share! * (tiers[t.id] ?? 0), 0)
    : 1
  const global = (severity * reach * inCells * tierWeight) / users
  return { cells, components, faults, end, mending, severity, global }
}

/** [minute since onset, severity] */
function curveOf(dice: Dice, shape: string, severity: number, ramp: number, until: number): [number, number][] {
  const r = (x: number) => Math.round(1000 * x) / 1000
  const rise: [number, number][] = [
    [0, 0],
    [ramp, severity],
    [until, r(severity * dice.between([0.8, 1]))],
  ]
  if (shape === 'tail')
    return [...rise, [until + 8, r(severity * 0.15)], [until + 25, r(severity * 0.05)], [until + 50, 0]]
  if (shape === 'relapse')
    return [
      ...rise,
      [until + 2, r(severity * 0.03)],
      [until + 10, r(severity * 0.03)],
      [until + 11, severity],
      [until + 22, severity],
      [until + 25, 0],
    ]
  return [...rise, [until + 3, r(severity * 0.02)], [until + 6, 0]]
}

function drawChanges(
  dice: Dice,
  { world }: Ground,
  onset: EpochMs,
  plot: Plot,
  trouble: Trouble | null,
  count: number,
): Json[] {
  const changes: Json[] = []
  if (trouble) {
    const kind = dice.pick(CAUSE_KINDS)
    const at = onset - dice.between([0, 4]) * MINUTE
    changes.push({
      id: 'cause',
      at: iso(at),
      kind,
      title: `${TITLES[kind]} ${dice.whole([100, 999])}`,
      ...(trouble.components && dice.flip(0.85) ? { components: trouble.components } : {}),
      ...(trouble.cells && dice.flip(0.9) ? { cells: trouble.cells } : {}),
      role: 'cause',
      in_feed: plot === 'listed',
      feed_lag_s: dice.whole([10, 180]),
    })
  }
  const decoys = plot === 'listed' ? count - 1 : count
  for (let i = 0; i < decoys; i++) {
    const kind = dice.pick(KINDS)
    changes.push({
      id: `change-${i + 1}`,
      at: iso(onset - dice.between([-CHANGES_AFTER_MIN, CHANGES_BEFORE_MIN]) * MINUTE),
      kind,
      title: `${TITLES[kind]} ${dice.whole([100, 999])}`,
      ...(dice.flip(0.7) ? { components: someIds(dice, world.components) } : {}),
      ...(dice.flip(0.6) ? { cells: someIds(dice, world.cells) } : {}),
      role: 'decoy',
      in_feed: true,
      feed_lag_s: dice.whole([10, 180]),
    })
  }
  if (trouble && dice.flip(0.5))
    changes.push({
      id: 'mended',
      at: iso(trouble.mending - 2 * MINUTE),
      kind: plot === 'listed' ? 'deploy' : 'mitigation',
      title: plot === 'listed' ? 'Undone' : 'Traffic shifted',
      ...(trouble.cells ? { cells: trouble.cells } : {}),
      role: 'mitigation',
      in_feed: true,
      feed_lag_s: 30,
      ...(plot === 'listed' ? { reverts: 'cause' } : {}),
    })
  return changes.sort((a, b) => String(a.at).localeCompare(String(b.at)))
}

const someIds = (dice: Dice, items: { id: string }[]) =>
  dice.some(
    items.map(x => x.id),
    dice.whole([1, Math.max(1, Math.floor(items.length / 2))]),
  )

function drawSurge(dice: Dice, t0: EpochMs, minutes: number): Json {
  const from = dice.between([0, minutes * 0.7])
  return {
    id: 'surge',
    from: iso(t0 + from * MINUTE),
    until: iso(t0 + (from + dice.between([30, 120])) * MINUTE),
    multiplier: Math.round(100 * dice.between([0.8, 1.4])) / 100,
  }
}

function truthOf(
  ground: Ground,
  onset: EpochMs,
  plot: Plot,
  trouble: Trouble | null,
  changes: Json[],
  staged: boolean,
): Json {
  const decoys = changes.filter(c => c.role === 'decoy').map(c => c.id)
  if (!trouble)
    return {
      is_incident: false,
      incidents: 0,
      severity: 'none',
      cause: { class: 'none', not_security: true },
      decoys,
      affected: { cells: {}, components: [] },
      report_checks: [],
      expect: { declare_own_outage: false, false_incidents_max: 1, security_verdict: 'no_evidence' },
      also_allowed: [{ kind: 'displaced-load' }],
    }
  const all = ground.world.cells.map(c => c.id)
  return {
    is_incident: true,
    incidents: 1,
    started_at: iso(onset),
    resolved_at: iso(trouble.end),
    severity: trouble.global >= 0.3 ? 'critical' : trouble.global >= 0.05 ? 'major' : 'minor',
    cause: {
      class: 'change',
      change: 'cause',
      ...(plot === 'hidden' ? { change_absent_from_feed: true } : {}),
      not_security: true,
    },
    decoys,
    affected: {
      cells: trouble.cells ? Object.fromEntries(trouble.cells.map(c => [c, 1])) : {},
      unaffected_cells: trouble.cells ? all.filter(c => !trouble.cells!.includes(c)) : [],
      components: trouble.components ?? ground.world.components.map(c => c.id),
    },
    explained_by: trouble.cells ? ['cell'] : ['component'],
    recovery: { first_cell_back: iso(trouble.mending) },
    report_checks: [],
    expect: {
      // What fails of a first stage may be too little to be noticed.
      ...(staged ? {} : { detect_within_min: 12 }),
      false_incidents_max: 0,
      ...(trouble.cells ? { localize: { cells_f1_min: 0.8 } } : {}),
      ...(plot === 'hidden' ? { must_say_change_unknown: true } : { cause_rank_max: 1 }),
      security_verdict: 'no_evidence',
    },
  }
}
