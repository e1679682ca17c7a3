import type { Change, Notice, Scope, Topology } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'
import type { Arrival } from './emit.js'
import type { Scenario, ScenarioChange } from './model.js'

/** What stands on what: known beforehand, so it is told first, at `at`. Also names the other services watched. */
export function topologies({ world }: Scenario, at: EpochMs): Arrival[] {
  const edges = [...world.cells.values()]
    .filter(cell => cell.pops.length > 0)
    .map(({ id, pops }) => ({ cell: id, codes: pops }))
  const own: Topology = {
    type: 'fact',
    via: 'topology',
    id: `topology-${world.service}`,
    service: world.service,
    at,
    title: world.title,
    components: world.components.map(({ useShare: _, ...component }) => component),
    dependsOn: world.dependencies,
    ...(edges.length > 0 ? { edges } : {}),
  }
  const others = world.alsoWatched
    .filter(other => other.title !== null)
    .map(
      (other): Topology => ({
        type: 'fact',
        via: 'topology',
        id: `topology-${other.service}`,
        service: other.service,
        at,
        title: other.title!,
        components: [],
        dependsOn: [],
      }),
    )
  return [own, ...others].map(signal => ({ seen: at, signal }))
}

/**
 * Changes as the feed tells them. Roles stay behind. In a quiet world nothing is undone or mitigated, as there was
 * nothing to undo; every other change still happens, also the one that causes the trouble in the real one.
 */
export function changes(scenario: Scenario, quiet: boolean): Arrival[] {
  return scenario.changes
    .filter(change => change.inFeed && !(quiet && (change.role === 'mitigation' || change.reverts)))
    .map(change => {
      const seen = change.at + change.feedLagMs
      const signal: Change = {
        type: 'fact',
        via: 'change',
        id: change.id,
        service: scenario.world.service,
        at: seen,
        ...(seen > change.at ? { happenedAt: change.at } : {}),
        kind: change.kind,
        title: change.title,
        scope: scopeOf(change),
        ...(change.rollout ? { rollout: change.rollout } : {}),
        ...(change.reverts ? { reverts: change.reverts } : {}),
      }
      return { seen, signal }
    })
}

function scopeOf(change: ScenarioChange): Scope {
  return {
    ...(change.components ? { component: change.components } : {}),
    ...(change.cells ? { cell: change.cells } : {}),
  }
}

/** Public posts of the vendor; none in a quiet world. */
export function notices(scenario: Scenario, quiet: boolean): Arrival[] {
  if (quiet) return []
  return scenario.official.map((post, index) => {
    const signal: Notice = {
      type: 'fact',
      via: 'notice',
      id: `${scenario.id}-n${index}`,
      service: scenario.world.service,
      at: post.at,
      source: 'vendor-status-page',
      ...(post.status ? { status: post.status } : {}),
      title: post.text,
      scope: post.components ? { component: post.components } : {},
      ...(post.thread ? { thread: post.thread } : {}),
    }
    return { seen: post.at, signal }
  })
}
