import gammaln from '@stdlib/math-base-special-gammaln'
import type { Evidence } from '../../contract/incident.js'
import type { Change, Scope } from '../../contract/signal.js'
import { list, plural, type Question } from './question.js'

/**
 * Does the scope of a change and what fails coincide more than chance would have it? For each label a Bayes factor of how the
 * scope was drawn. By chance: each value is touched with one unknown rate, whether it fails or not. As the cause: failing values
 * are touched at a high rate and fine ones at a low rate. With the rates integrated out over Beta priors both are
 * Beta-binomial, so scopes of a thousand values cost three logarithms of the gamma function:
 *
 *   bits = log2  BB(k; F, high)·BB(j; G, low) / BB(k + j; F + G, any)      (k of F failing and j of G fine values are touched)
 *
 * The labels are what somebody typed, so a cause may also have a scope that is too wide, too narrow, or plain wrong.
 */

/** How the scope of a cause relates to what fails: weight, and Beta priors of the rates at failing and at fine values. */
interface Relation {
  weight: number
  failing: readonly [number, number]
  fine: readonly [number, number]
}
const HIGH = [9, 0.3] as const
const LOW = [0.3, 9] as const
const ANY = [1, 1] as const
/** Mostly the scope is what fails; some of what was touched may hold (a tolerant cell), or the failure spills over; one in 250 is wrong. */
const PLACES: readonly Relation[] = [
  { weight: 0.666, failing: HIGH, fine: LOW },
  { weight: 0.2, failing: HIGH, fine: ANY },
  { weight: 0.13, failing: ANY, fine: LOW },
]
/** A component breaks what stands on it, and a release touches several of which one breaks: both nearly as common as a fit. */
const PARTS: readonly Relation[] = [
  { weight: 0.4, failing: HIGH, fine: LOW },
  { weight: 0.25, failing: HIGH, fine: ANY },
  { weight: 0.3, failing: ANY, fine: LOW },
]
/**
 * A scope that leaves a label out touches all of it (so the wire format has it), or nobody filled it in. Where only some values
 * fail, a cause leaves the label out so much less often than others do; where all fail, so much less often names it.
 */
const LEFT_OUT_WHEN_CONFINED = 0.25
/** How much less often a cause names a label where all of its values fail. */
const NAMED_WHEN_EVERYWHERE = 0.5
/** Before any scope is seen: one label in two is named, with a third of its values; weighed like so many scopes. */
const HABIT_WEIGHT = 2
/** How many of the labels a scope names before any is seen. */
const HABIT_NAMED = 0.5
/** The part of a label’s values that it names then. */
const HABIT_RATE = 0.33
/** How alike the rates of scopes are: the sum of the Beta's parameters; 2 would be uniform. */
const HABIT_SPREAD = 4
/** Labels of place mean much the same (a region is its cells): each further one, best first, counts half of the one before. */
const ECHO = 0.5

/** Scopes come from templates and groups, so that two fit alike more often than values drawn one by one. */
const SCOPE_BITS_MAX = 8

/** The part of the failures that a scope holds says no more than this, for a small part may break all that stand on it. */
const MASS_BITS_MAX = 2

/** One label of the world as this incident shows it. */
export interface Label {
  name: string
  failing: ReadonlySet<string>
  fine: ReadonlySet<string>
  /** Part of all that fails which lies in each failing value, 0..1; empty where that is not known. */
  weights: ReadonlyMap<string, number>
  /** All known values fail alike. */
  everywhere: boolean
  /** Some listed scope names it: then to leave it out says something. */
  used: boolean
  /** How the listed scopes use it: the share that names it, and the Beta prior of the rate at which they touch its values. */
  habit: { named: number; rate: readonly [number, number] }
}

/** Every label that a listed scope or a segment names, with what fails in it and what is seen to be fine. */
export function labelsOf(q: Question, scopes: readonly Scope[]): Label[] {
  const names = new Set([
    ...scopes.flatMap(scope => Object.keys(scope)),
    ...q.segments.flatMap(s => Object.keys(s.where)),
    ...(q.components.length > 0 ? ['component'] : []),
  ])
  return [...names].sort().map(name => {
    const failing = new Set(q.segments.flatMap(s => s.where[name] ?? []))
    if (name === 'component') for (const v of q.components) failing.add(v)
    const fine = new Set((q.unaffected[name] ?? []).filter(v => !failing.has(v)))
    const everywhere = fine.size === 0
    // Nothing tells its values apart: what others' scopes name fails as the rest does.
    if (everywhere && failing.size === 0 && q.segments.length > 0 && name !== 'component')
      for (const scope of scopes) for (const v of scope[name] ?? []) failing.add(v)
    const used = scopes.some(scope => scope[name] !== undefined)
    const weights = weightsOf(name, q.segments)
    return { name, failing, fine, weights, everywhere, used, habit: habitOf(name, failing, fine, scopes) }
  })
}

/** How what fails is parted among the values of a label; a segment of several is taken to be of each alike. */
function weightsOf(name: string, segments: Question['segments']): Map<string, number> {
  const weights = new Map<string, number>()
  for (const { where, weight } of segments) {
    const values = where[name] ?? []
    for (const v of values) weights.set(v, (weights.get(v) ?? 0) + weight / values.length)
  }
  const all = [...weights.values()].reduce((a, b) => a + b, 0)
  return all > 0 ? new Map([...weights].map(([v, w]) => [v, w / all])) : new Map<string, number>()
}

/** What scopes look like here by chance: learned from the listed ones, for some teams name one component and some name ten cells. */
function habitOf(
  name: string,
  failing: ReadonlySet<string>,
  fine: ReadonlySet<string>,
  scopes: readonly Scope[],
): Label['habit'] {
  let named = 0
  let rates = 0
  for (const scope of scopes) {
    const known = [...new Set(scope[name] ?? [])].filter(v => failing.has(v) || fine.has(v)).length
    if (known === 0) continue
    named++
    rates += known / (failing.size + fine.size)
  }
  const rate = (rates + HABIT_WEIGHT * HABIT_RATE) / (named + HABIT_WEIGHT)
  return {
    named: (named + HABIT_WEIGHT * HABIT_NAMED) / (scopes.length + HABIT_WEIGHT),
    rate: [rate * HABIT_SPREAD, (1 - rate) * HABIT_SPREAD],
  }
}

export function place(c: Change, labels: readonly Label[]): Evidence[] {
  const parts: Evidence[] = []
  const places: Evidence[] = []
  for (const label of labels) {
    const values = c.scope[label.name]
    const found = values ? named(c, label, [...new Set(values)]) : unnamed(c, label)
    if (found) (label.name === 'component' ? parts : places).push(found)
  }
  places.sort((a, b) => Math.abs(b.bits) - Math.abs(a.bits) || (a.says < b.says ? -1 : 1))
  return [...parts, ...places.map((e, i) => ({ ...e, bits: e.bits * ECHO ** i }))]
}

/** Is all that a change touched of some label seen to be fine, while others of that label fail? */
export const isFine = (c: Change, labels: readonly Label[]): boolean =>
  labels.some(({ name, failing, fine }) => {
    const values = c.scope[name] ?? []
    return failing.size > 0 && values.length > 0 && values.every(v => fine.has(v))
  })

/** A change that names no value of a label whose failing values are known. */
function unnamed(c: Change, label: Label): Evidence | null {
  if (label.failing.size === 0 || label.everywhere || !label.used) return null
  const bits = Math.log2(LEFT_OUT_WHEN_CONFINED)
  return { says: `names no ${label.name}; only some fail`, bits, refs: [c.id] }
}

function named(c: Change, label: Label, values: string[]): Evidence | null {
  const k = values.filter(v => label.failing.has(v)).length
  const j = values.filter(v => label.fine.has(v)).length
  // Neither failing nor fine: nobody looked there.
  if (k + j === 0)
    return label.failing.size > 0
      ? { says: `touched ${label.name} ${list(values)}, of which nothing is seen`, bits: -1, refs: [c.id] }
      : null
  const F = label.failing.size
  const G = label.fine.size
  const { named: usual, rate } = label.habit
  const asCause = label.everywhere ? NAMED_WHEN_EVERYWHERE * usual : 1 - LEFT_OUT_WHEN_CONFINED * (1 - usual)
  const scope = scopeBits(k, F, j, G, label.name === 'component' ? PARTS : PLACES, rate)
  const bits = Math.log2(asCause / usual) + Math.min(SCOPE_BITS_MAX, scope + massBits(label, values, k))
  return { says: words(label, values, k, j), bits, refs: [c.id] }
}

/**
 * Who is failing, not which labels exist: what spills over is mostly less than what it comes from, so a scope that holds most of the
 * failures fits better than one that holds as many values and few failures.
 */
function massBits(label: Label, values: readonly string[], k: number): number {
  if (k === 0 || label.failing.size < 2 || label.weights.size < label.failing.size) return 0
  const held = values.reduce((sum, v) => sum + (label.weights.get(v) ?? 0), 0)
  const bits = Math.log2(Math.max(1e-6, held) / (k / label.failing.size))
  return Math.max(-MASS_BITS_MAX, Math.min(MASS_BITS_MAX, bits))
}

function words(label: Label, values: readonly string[], k: number, j: number): string {
  const fine = j > 0 ? `, and ${j} that ${j > 1 ? 'are' : 'is'} fine` : ''
  if (label.failing.size === 0)
    return `touched only ${label.name} ${list(values)}, which ${values.length > 1 ? 'are' : 'is'} fine`
  if (k === 0) return `touched ${label.name} ${list(values)}, where nothing fails`
  if (label.everywhere && k < label.failing.size)
    return `touched only ${label.name} ${list(values)}; the trouble is not confined to it`
  return `touched ${k} of the ${label.failing.size} failing ${plural(label.name, label.failing.size)}${fine}`
}

/** log2 of the Bayes factor for k of F failing and j of G fine values touched. */
export function scopeBits(
  k: number,
  F: number,
  j: number,
  G: number,
  relations = PLACES,
  habit: readonly [number, number] = ANY,
): number {
  const wrong = 1 - relations.reduce((sum, r) => sum + r.weight, 0)
  const chance = someTouched(k + j, F + G, habit)
  let ratio = wrong
  // A scope that fits in any of these ways touches something that fails.
  if (k > 0)
    for (const { weight, failing, fine } of relations)
      ratio +=
        weight *
        2 **
          (someTouched(k, F, failing) +
            touched(j, G, fine) +
            choose(F + G, k + j) -
            chance -
            choose(F, k) -
            choose(G, j))
  return Math.min(SCOPE_BITS_MAX, Math.log2(ratio))
}

const LN2 = Math.LN2
const beta = (a: number, b: number): number => gammaln(a) + gammaln(b) - gammaln(a + b)
const choose = (n: number, r: number): number => (gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1)) / LN2

/** log2 P(k of n) of the Beta-binomial. */
const touched = (k: number, n: number, [a, b]: readonly [number, number]): number =>
  n === 0 ? 0 : choose(n, k) + (beta(a + k, b + n - k) - beta(a, b)) / LN2

/** The same, given that at least one is touched. */
const someTouched = (k: number, n: number, prior: readonly [number, number]): number =>
  touched(k, n, prior) - Math.log2(1 - 2 ** touched(0, n, prior))
