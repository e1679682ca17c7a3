import type { Where } from '../../contract/incident.js'
import type { Component } from '../../contract/topology.js'

/**
 * Can two segments be one trouble? One that spreads, deepens or spills over stays near where it was: it takes further values of
 * a label it has, or hits more of what it touches. Only what no step of that kind leads to is another one. In doubt it is the same.
 */

/** Labels that say what serves; every other label is a place, and places are names of one another (a cell, its region, its codes). */
const MACHINERY: readonly string[] = ['component', 'tier', 'version', 'platform']

/** How the second segment lies to the first in one respect. */
type Lie =
  /** Neither is bound. */
  | 'free'
  /** No value in common. */
  | 'beside'
  /** Only the first is bound: the second is in all of its values, and beyond. */
  | 'wider'
  /** Only the second is bound. */
  | 'narrower'
  /** All its values are the first one's. */
  | 'within'
  /** Some are. */
  | 'beyond'

function lieOf(first: readonly string[] | undefined, second: readonly string[] | undefined): Lie {
  if (!first) return second ? 'narrower' : 'free'
  if (!second) return 'wider'
  const common = second.filter(v => first.includes(v)).length
  return common === 0 ? 'beside' : common === second.length ? 'within' : 'beyond'
}

const placesOf = (where: Where): string[] => Object.keys(where).filter(label => !MACHINERY.includes(label))

function lieOfPlaces(first: Where, second: Where): Lie {
  const [a, b] = [placesOf(first), placesOf(second)]
  if (a.length === 0 || b.length === 0) return lieOf(a.length ? [] : undefined, b.length ? [] : undefined)
  // Two names of places may be names of one: nobody knows how they lie.
  if (a.length > 1 || b.length > 1 || a[0] !== b[0]) return 'within'
  return lieOf(first[a[0]!], second[b[0]!])
}

const APART: ReadonlySet<Lie> = new Set(['beside', 'wider', 'narrower'])

/**
 * Is `second` clearly another trouble's place than `first`? Two ways lead there:
 * - they cross: one is bound where the other is not, and the other way round (a cell as a whole, a component everywhere);
 * - other components, in places that are not the first one's: elsewhere, or everywhere where the first was somewhere.
 */
export function isApart(first: Where, second: Where, components: readonly Component[] = []): boolean {
  const place = lieOfPlaces(first, second)
  const parts = MACHINERY.map(label => lieOf(first[label], second[label]))
  const all = [place, ...parts]
  if (stands(first.component, second.component, components)) return false
  const crossing = all.includes('wider') && all.includes('narrower') && !all.some(l => l === 'within' || l === 'beyond')
  if (crossing) return true
  const [component, ...rest] = parts
  if (component !== 'beside') return false
  return APART.has(place) || place === 'beyond' || (place === 'free' && rest.some(l => APART.has(l)))
}

/** Does a component of one stand on one of the other? Then its failing is no news. */
function stands(
  first: readonly string[] | undefined,
  second: readonly string[] | undefined,
  components: readonly Component[],
): boolean {
  if (!first || !second) return false
  return reaches(first, second, components) || reaches(second, first, components)
}

function reaches(from: readonly string[], to: readonly string[], components: readonly Component[]): boolean {
  const seen = new Set(from)
  for (const id of seen) for (const next of components.find(c => c.id === id)?.dependsOn ?? []) seen.add(next)
  return to.some(id => !from.includes(id) && seen.has(id))
}
