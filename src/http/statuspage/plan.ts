import type { StatusPageConfig } from '../../contract/config.js'
import type { ServiceNow } from '../../contract/view.js'
import { idOf } from './ids.js'

/** A component of a status page: a part of a service, or a service as a whole. */
export interface Leaf {
  id: string
  service: string
  /** Null: the service as a whole. */
  component: string | null
  name: string
  group: Group | null
  /** From 1, within its group. */
  position: number
}

export interface Group {
  id: string
  name: string
  description: string | null
  position: number
  leaves: Leaf[]
}

/** What a page shows, before anything is known of its state. `rows` is the order of the page. */
export interface Plan {
  rows: (Leaf | Group)[]
  leaves: Leaf[]
  /** The services that it stands on, also those that were never heard of. */
  services: string[]
}

export const isGroup = (row: Leaf | Group): row is Group => 'leaves' in row

/** Groups as configured; else a group for each service with parts, and one flat list where there is one service alone. */
export function planOf(page: StatusPageConfig, services: readonly ServiceNow[]): Plan {
  const shown = page.services
    ? page.services.map(id => services.find(each => each.service === id) ?? unheard(id))
    : services
  const groups = page.groups ? configured(page, services, shown) : derived(shown)
  const rows: Plan['rows'] = []
  const seen = new Set<string>()
  for (const { group, leaves: named } of groups) {
    // Ids are unique on a page, some clients insist on it: a component that is named twice stands where it came first.
    const leaves = named.filter(({ id }) => !seen.has(id) && seen.add(id))
    if (leaves.length === 0) continue
    const position = rows.length + 1
    if (group === null) rows.push(...leaves.map((leaf, i) => ({ ...leaf, position: position + i })))
    else {
      const made: Group = { ...group, position, leaves: [] }
      made.leaves = leaves.map((leaf, i) => ({ ...leaf, group: made, position: i + 1 }))
      rows.push(made)
    }
  }
  const leaves = rows.flatMap(row => (isGroup(row) ? row.leaves : [row]))
  return { rows, leaves, services: [...new Set(leaves.map(each => each.service))] }
}

type Draft = { group: Omit<Group, 'position' | 'leaves'> | null; leaves: Leaf[] }

function derived(services: readonly ServiceNow[]): Draft[] {
  return services.map(service => {
    if (service.components.length === 0) return { group: null, leaves: [whole(service)] }
    const leaves = service.components.map(each => part(service, each))
    if (services.length === 1) return { group: null, leaves }
    return { group: { id: idOf('service', service.service), name: service.title, description: null }, leaves }
  })
}

function configured(page: StatusPageConfig, all: readonly ServiceNow[], shown: readonly ServiceNow[]): Draft[] {
  const groups: Draft[] = (page.groups ?? []).map(({ name, description, components }) => ({
    group: { id: idOf('group', page.id, name), name, description: description ?? null },
    leaves: components.map(ref => leafOf(ref, all)),
  }))
  if (page.services === null) return groups
  // Services that are named for the page and stand in no group follow on their own.
  const grouped = new Set(groups.flatMap(each => each.leaves.map(leaf => leaf.service)))
  return [...groups, ...derived(shown.filter(each => !grouped.has(each.service)))]
}

/** `service`, or `service/component`; either may hold a slash, so the longest service that is known wins. */
export function leafOf(ref: string, services: readonly ServiceNow[]): Leaf {
  const exact = services.find(each => each.service === ref)
  if (exact) return whole(exact)
  const owner = services
    .filter(each => ref.startsWith(`${each.service}/`))
    .sort((a, b) => b.service.length - a.service.length)[0]
  if (owner) {
    const id = ref.slice(owner.service.length + 1)
    return part(owner, owner.components.find(each => each.id === id) ?? { id, name: id })
  }
  const cut = ref.indexOf('/')
  if (cut < 0) return whole(unheard(ref))
  const id = ref.slice(cut + 1)
  return part(unheard(ref.slice(0, cut)), { id, name: id })
}

/** A service that the page names and nobody has heard of yet: unknown, not working. */
export function unheard(id: string): ServiceNow {
  return {
    service: id,
    title: id,
    components: [],
    dependsOn: [],
    state: 'unknown',
    at: 0,
    seen: {},
    recent: { bad: 0, ok: 0, expected: 0 },
    incidents: [],
  }
}

// A service keeps its id when it gets parts later and becomes a group.
const whole = (service: ServiceNow): Leaf => ({
  id: idOf('service', service.service),
  service: service.service,
  component: null,
  name: service.title,
  group: null,
  position: 1,
})

const part = (service: ServiceNow, { id, name }: { id: string; name: string }): Leaf => ({
  id: idOf('component', service.service, id),
  service: service.service,
  component: id,
  name,
  group: null,
  position: 1,
})
