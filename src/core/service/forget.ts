import type { Forget } from '../../contract/order.js'
import type { Outcome } from '../../contract/outcome.js'
import { movedSums, type Goes } from '../aggregate/relabel.js'
import { EVIDENCE } from '../evidence/kinds.js'
import { withoutParts } from '../trouble/rest.js'
import type { ServiceState } from './service.js'

/** A whole service, not a part of what is known of it. */
export const isWhole = (forget: Forget): boolean => forget.label === undefined && forget.component === undefined

/** What an outcome holds of it goes too: it was computed before and is put after. */
export function leaveOut(forget: Forget, into: Outcome): void {
  const { service, label, value, component } = forget
  ;(into.forgotten ??= []).push(forget)
  if (isWhole(forget)) {
    const other = (each: { service: string }) => each.service !== service
    into.events = into.events.filter(other)
    into.rollups = into.rollups.filter(other)
    into.services = into.services.filter(other)
    into.facts = into.facts.filter(other)
    return
  }
  const name = label ?? 'component'
  const only = label === undefined ? component : value
  for (const row of into.rollups) {
    if (row.service !== service) continue
    for (const by of [row.reportsBy, row.ratesBy] as Record<string, Record<string, unknown>>[]) {
      if (only !== undefined && by[name]) delete by[name][only]
      if (only === undefined || Object.keys(by[name] ?? {}).length === 0) delete by[name]
    }
  }
}

/** A component of the topology, and the label value of its name. */
export function forgetComponent(s: ServiceState, id: string): void {
  const without = <T extends { id: string; dependsOn?: string[] }>(nodes: T[]): T[] =>
    nodes
      .filter(each => each.id !== id)
      .map(each => (each.dependsOn ? { ...each, dependsOn: each.dependsOn.filter(other => other !== id) } : each))
  for (const [source, said] of Object.entries(s.sources))
    s.sources[source] = { components: without(said.components), dependsOn: without(said.dependsOn) }
  s.components = without(s.components)
  s.dependsOn = without(s.dependsOn)
  forgetLabel(s, 'component', id)
}

/** A label with all its values, or one of them. */
export function forgetLabel(s: ServiceState, label: string, value?: string): void {
  const goes: Goes = (name, each) => name === label && (value === undefined || each === value)
  for (const { kind, forget } of EVIDENCE) {
    const old = s.evidence[kind]
    if (!old) continue
    const [state, move] = forget(old, goes)
    s.evidence[kind] = state
    if (move === null) continue
    for (const bin of s.bins.values()) if (bin.sums[kind]) bin.sums[kind] = movedSums(bin.sums[kind], move)
  }
  for (const bin of s.bins.values()) bin.dirty = true
  for (const state of [s.troubles.bad, s.troubles.slow, ...s.branches])
    if (state) state.named = state.named.filter(each => !goes(each.label, each.value))
  if (s.named) s.named = withoutParts(s.named, id => goes('component', id))
  for (const id of [...s.heard.parts.keys()]) if (goes('component', id)) s.heard.parts.delete(id)
  s.changed = true
}
