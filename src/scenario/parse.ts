import { CHANGE_KINDS } from '../contract/signal.js'
import { MINUTE, SECOND } from '../contract/time.js'
import {
  fail,
  type Fields,
  fields,
  flag,
  list,
  map,
  number,
  oneOf,
  optional,
  required,
  share,
  text,
  time,
} from './door.js'
import type {
  AlsoWatched,
  Fault,
  Scenario,
  ScenarioChange,
  ScenarioComponent,
  Steps,
  Surge,
  Truth,
  World,
} from './model.js'
import { noise, official, probes, reportsOf, social, telemetry } from './parse-signals.js'

/** Thirty-one days; a longer file is a mistake in a unit far more often than a wish. */
const MAX_MINUTES = 31 * 24 * 60
/** Seconds of a tick: an hour; the truth of coarser ones says nothing. */
const MAX_TICK_S = 3600
/** Greater numbers are typing errors. */
const BIG = 1e9
/** Routing shares are written by hand: within 2 % of one is taken as meant, traffic lost on the way is a mistake. */
const ROUTING_SLACK = 0.02

/**
 * Reads an outage-scenario/1 file (already JSON-parsed).
 * @throws ScenarioError with the path, the rule and the value of the first mistake.
 */
export function parseScenario(json: unknown): Scenario {
  const file = fields(json, 'scenario')
  required(file, 'format', '', oneOf('outage-scenario/1'))
  const clock = required(file, 'clock', '', fields)
  const timeline = optional(file, 'timeline', '', fields, {})
  const signals = optional(file, 'signals', '', fields, {})
  const id = required(file, 'id', '', text)
  const truth = truthOf(optional(file, 'ground_truth', '', fields, {}))
  const t0 = required(clock, 't0', 'clock', time)
  const minutes = required(clock, 'duration_min', 'clock', number(1, MAX_MINUTES))
  const world = worldOf(required(file, 'world', '', fields), truth.startedAt ?? t0, t0 + minutes * MINUTE)
  const changes: (ScenarioChange | null)[] = optional(timeline, 'changes', 'timeline', list(change), [])
  const scenario: Scenario = {
    id,
    title: optional(file, 'title', '', text, id),
    clock: {
      t0,
      minutes,
      tickMin: Math.max(1, Math.round(optional(clock, 'tick_s', 'clock', number(1, MAX_TICK_S), 60) / 60)),
      seed: optional(clock, 'seed', 'clock', number(0, Number.MAX_SAFE_INTEGER), 1),
    },
    world,
    changes: changes.filter(it => it !== null),
    surges: optional(timeline, 'surges', 'timeline', list(surge), []),
    faults: optional(timeline, 'faults', 'timeline', list(fault), []),
    reports: reportsOf(optional(signals, 'reports', 'signals', fields, {}), 'signals.reports'),
    social: optional(signals, 'social', 'signals', social, null),
    noise: optional(signals, 'noise_events', 'signals', list(noise), []),
    probes: optional(signals, 'probes', 'signals', probes, null),
    telemetry: optional(signals, 'telemetry', 'signals', telemetry, null),
    official: optional(signals, 'official', 'signals', list(official), []),
    truth,
  }
  checkReferences(scenario, changeIds(timeline))
  return scenario
}

/** Ids of all changes, also of those without a time. */
function changeIds(timeline: Fields): Set<string> {
  const ids: string[] = optional(timeline, 'changes', 'timeline', list(idOf), [])
  ids.forEach((id, i) => {
    if (ids.indexOf(id) < i) fail(`timeline.changes[${i}].id`, 'must be unique', id)
  })
  return new Set(ids)
}

const idOf = (value: unknown, path: string): string => required(fields(value, path), 'id', path, text)

function worldOf(world: Fields, from: number, until: number): World {
  const curves = required(world, 'diurnal_curves', 'world', map(list(number(0, BIG))))
  for (const [name, curve] of Object.entries(curves))
    if (curve.length !== 24 || !curve.some(x => x > 0))
      fail(`world.diurnal_curves.${name}`, 'must be 24 factors, not all zero', curve)
  const cells = required(
    world,
    'cells',
    'world',
    list((value, path) => {
      const it = fields(value, path)
      return { id: required(it, 'id', path, text), pops: optional(it, 'edge_pops', path, list(text), []) }
    }),
  )
  const routing = required(world, 'routing', 'world', list(route))
  const tiers = optional(world, 'tiers', 'world', list(tier), [])
  const service = required(world, 'service', 'world', text)
  const regions = required(
    world,
    'regions',
    'world',
    list((value, path) => {
      const it = fields(value, path)
      const id = required(it, 'id', path, text)
      const diurnal = required(it, 'diurnal', path, text)
      const at = routing.findIndex(r => r.region === id)
      const countries = required(it, 'countries', path, list(text))
      if (countries.length === 0) fail(`${path}.countries`, 'must name at least one', countries)
      return {
        id,
        countries,
        utcOffsetMin: optional(it, 'utc_offset_min', path, number(-14 * 60, 14 * 60), 0),
        activePeak: required(it, 'active_users_peak', path, number(0, BIG)),
        curve: curves[diurnal] ?? fail(`${path}.diurnal`, 'must name a curve of world.diurnal_curves', diurnal),
        routes:
          routing[at]?.cells ??
          fail(
            'world.routing',
            `must route region ${id}`,
            routing.map(r => r.region),
          ),
      }
    }),
  )
  if (regions.length === 0) fail('world.regions', 'must name at least one', regions)
  return {
    service,
    title: optional(world, 'title', 'world', text, service),
    components: required(world, 'components', 'world', list(component)),
    regions,
    tiers: tiers.length > 0 ? tiers : [{ id: null, share: 1 }],
    cells: new Map(cells.map(cell => [cell.id, cell])),
    dependencies: optional(world, 'dependencies', 'world', list(dependency), []),
    alsoWatched: optional(
      world,
      'also_watched',
      'world',
      list((value, path) => alsoWatched(value, path, from, until)),
      [],
    ),
  }
}

function route(value: unknown, path: string) {
  const it = fields(value, path)
  const cells = required(it, 'cells', path, map(share))
  const sum = Object.values(cells).reduce((a, b) => a + b, 0)
  if (Math.abs(sum - 1) > ROUTING_SLACK) fail(`${path}.cells`, 'shares must add up to 1', cells)
  return {
    region: required(it, 'region', path, text),
    cells: Object.entries(cells).map(([cell, share]) => ({ cell, share })),
  }
}

function component(value: unknown, path: string): ScenarioComponent {
  const it = fields(value, path)
  const id = required(it, 'id', path, text)
  const dependsOn = optional(it, 'depends_on', path, list(text), null)
  return {
    id,
    name: optional(it, 'name', path, text, id),
    useShare: required(it, 'use_share', path, share),
    ...(dependsOn ? { dependsOn } : {}),
  }
}

function tier(value: unknown, path: string) {
  const it = fields(value, path)
  return { id: required(it, 'id', path, text), share: required(it, 'share', path, share) }
}

function dependency(value: unknown, path: string) {
  const it = fields(value, path)
  const id = required(it, 'id', path, text)
  const service = optional(it, 'service', path, text, null)
  const dependsOn = optional(it, 'depends_on', path, list(text), [])
  return {
    id,
    name: optional(it, 'name', path, text, id),
    ...(service ? { service } : {}),
    ...(dependsOn.length > 0 ? { dependsOn } : {}),
  }
}

function alsoWatched(value: unknown, path: string, from: number, until: number): AlsoWatched {
  const it = fields(value, path)
  return {
    service: required(it, 'service', path, text),
    title: optional(it, 'title', path, text, null),
    truth: optional(it, 'truth', path, text, ''),
    from: optional(it, 'from', path, time, from),
    until: optional(it, 'until', path, time, until),
    reportsPerMinPeak: optional(it, 'reports_per_min_peak', path, number(0, BIG), 0),
  }
}

const changeKind = oneOf(...CHANGE_KINDS)

/** A change without a time was never carried out within the replay: it is left out, as it cannot be told of. */
function change(value: unknown, path: string): ScenarioChange | null {
  const it = fields(value, path)
  const at = optional(it, 'at', path, time, null)
  if (at === null) return null
  const id = required(it, 'id', path, text)
  return {
    id,
    at,
    kind: required(it, 'kind', path, changeKind),
    title: optional(it, 'title', path, text, id),
    components: optional(it, 'components', path, list(text), null),
    cells: optional(it, 'cells', path, list(text), null),
    rollout: optional(it, 'rollout', path, steps, null),
    reverts: optional(it, 'reverts', path, text, null),
    role: optional(it, 'role', path, oneOf('cause', 'contributing', 'decoy', 'mitigation'), null),
    inFeed: optional(it, 'in_feed', path, flag, true),
    feedLagMs: optional(it, 'feed_lag_s', path, number(0, 86_400), 0) * SECOND,
  }
}

function steps(value: unknown, path: string): Steps {
  const all = list((entry, at): [number, number] => {
    const pair = list(x => x)(entry, at)
    if (pair.length !== 2) fail(at, 'must be [time, share]', entry)
    return [time(pair[0], `${at}[0]`), share(pair[1], `${at}[1]`)]
  })(value, path)
  if (all.length === 0) fail(path, 'must have at least one point', value)
  all.forEach(([at], i) => {
    if (i > 0 && at < all[i - 1]![0]) fail(`${path}[${i}]`, 'must not be earlier than the point before it', at)
  })
  return all
}

function surge(value: unknown, path: string): Surge {
  const it = fields(value, path)
  return {
    from: required(it, 'from', path, time),
    until: required(it, 'until', path, time),
    multiplier: required(it, 'multiplier', path, number(0, 1000)),
    regions: optional(it, 'regions', path, list(text), null),
  }
}

const effectType = oneOf(
  'http_error',
  'timeout',
  'dns_failure',
  'slow',
  'quality',
  'wrong_data',
  'feature_missing',
  'remote_party_unreachable',
)

function fault(value: unknown, path: string): Fault {
  const it = fields(value, path)
  const scope = optional(it, 'scope', path, fields, {})
  const scopePath = `${path}.scope`
  const retry = optional(it, 'retry', path, fields, {})
  return {
    id: required(it, 'id', path, text),
    causeChange: optional(it, 'cause_change', path, text, null),
    effect: required(required(it, 'effect', path, fields), 'type', `${path}.effect`, effectType),
    cells: optional(scope, 'cells', scopePath, list(text), null),
    regions: optional(scope, 'regions', scopePath, list(text), null),
    components: optional(scope, 'components', scopePath, list(text), null),
    tiers: optional(scope, 'tiers', scopePath, map(number(0, 1000)), null),
    userShare: optional(scope, 'user_share', scopePath, share, 1),
    severity: required(it, 'severity', path, steps),
    loadMultiplier: optional(retry, 'load_multiplier', `${path}.retry`, number(0, 1000), 1),
    propensityMultiplier: optional(it, 'propensity_multiplier', path, number(0, 1e6), 1),
    ownOutage: optional(it, 'counts_as_own_outage', path, flag, true),
  }
}

function truthOf(it: Fields): Truth {
  return {
    isIncident: optional(it, 'is_incident', 'ground_truth', flag, false),
    startedAt: optional(it, 'started_at', 'ground_truth', time, null),
    resolvedAt: optional(it, 'resolved_at', 'ground_truth', time, null),
    raw: it,
  }
}

/** Names that point at nothing are typing mistakes that would silently switch a fault off. */
function checkReferences({ world, faults }: Scenario, changeIds: ReadonlySet<string>): void {
  const regions = new Set(world.regions.map(r => r.id))
  const components = new Set(world.components.map(c => c.id))
  const tiers = new Set(world.tiers.map(t => t.id))
  for (const region of world.regions)
    for (const { cell } of region.routes)
      if (!world.cells.has(cell)) fail(`world.routing (${region.id})`, 'must name cells of the world', cell)
  /** A scope may name parts that this world leaves out, but not only such parts. */
  const bites = (known: { has(id: string): boolean }, names: string[] | null, path: string) => {
    if (names && !names.some(name => known.has(name))) fail(path, 'must name at least one that the world has', names)
  }
  faults.forEach((f, i) => {
    const path = `timeline.faults[${i}]`
    bites(world.cells, f.cells, `${path}.scope.cells`)
    bites(regions, f.regions, `${path}.scope.regions`)
    bites(components, f.components, `${path}.scope.components`)
    bites(tiers as Set<string>, f.tiers && Object.keys(f.tiers), `${path}.scope.tiers`)
    if (f.causeChange && !changeIds.has(f.causeChange))
      fail(`${path}.cause_change`, 'must name a change of the timeline', f.causeChange)
  })
}
