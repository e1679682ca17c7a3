import { gamma, negativeBinomial, normal, sfc32, type Random } from '../../src/core/stat/random.js'
import type { LeafTable } from '../../src/core/localize/table.js'

/** A table with known root causes, each written `a=a1&b=b2` with sorted attributes. */
export interface Instance {
  name: string
  table: LeafTable
  truth: string[]
  /** What only the maker of a table of measures knows: its noise, and how each cause changes its leaves. */
  made?: { noise: number; causes: Map<string, { severity: number; deviation: number }> }
}

type Range = readonly [low: number, high: number]

export interface MeasureSettings {
  dimensions: Record<string, number>
  noise: Range
  severity: Range
  deviation: Range
  anomalies: Range
  elements: Range
  lastLayerOnly: boolean
  /** Shape of the noise, of the same median; `small`: relative noise that falls with the root of a leaf's size. */
  shape?: 'normal' | 'laplace' | 'heavy' | 'small'
}

/**
 * Settings in the ranges published with RiskLoc (Kalander, "RiskLoc: Localization of Multi-dimensional Root Causes by
 * Weighted Risk", arXiv 2205.10004, section on semi-synthetic data): S and H share all but the dimensions, L puts single
 * leaves wrong.
 */
export const MEASURES: Record<string, MeasureSettings> = {
  S: {
    dimensions: { a: 10, b: 12, c: 10, d: 8, e: 5 },
    noise: [0, 0.25],
    severity: [0.2, 1],
    deviation: [0, 0.1],
    anomalies: [1, 3],
    elements: [1, 3],
    lastLayerOnly: false,
  },
  L: {
    dimensions: { a: 10, b: 24, c: 10, d: 15 },
    noise: [0, 0.1],
    severity: [0.5, 1],
    deviation: [0, 0],
    anomalies: [1, 5],
    elements: [1, 1],
    lastLayerOnly: true,
  },
  Hs: {
    dimensions: { a: 6, b: 5, c: 40, d: 8, e: 5, f: 6 },
    noise: [0, 0.25],
    severity: [0.2, 1],
    deviation: [0, 0.1],
    anomalies: [1, 3],
    elements: [1, 3],
    lastLayerOnly: false,
  },
}

/** Departures from S that nothing was chosen on. */
const WIDER: Record<string, Partial<MeasureSettings>> = {
  'few labels': { dimensions: { a: 6, b: 5, c: 8 } },
  'three wide dimensions': { dimensions: { a: 40, b: 30, c: 20 } },
  'seven dimensions': { dimensions: { a: 4, b: 3, c: 5, d: 3, e: 4, f: 3, g: 4 } },
  'noise 25–40 %': { noise: [0.25, 0.4] },
  'four to six causes': { anomalies: [4, 6], elements: [1, 2] },
  'Laplace noise': { shape: 'laplace', noise: [0.02, 0.2] },
  'heavy noise': { shape: 'heavy', noise: [0.02, 0.15] },
  'small leaves noisier': { shape: 'small', noise: [0.02, 0.15] },
  'no cause': { anomalies: [0, 0] },
  'no cause, heavy noise': { anomalies: [0, 0], shape: 'heavy' },
  'no cause, small leaves noisier': { anomalies: [0, 0], shape: 'small' },
}
export const MEASURES_WIDER = Object.fromEntries(
  Object.entries(WIDER).map(([name, changed]) => [name, { ...MEASURES.S!, ...changed }]),
)

export interface CrowdSettings {
  dimensions?: Record<string, number>
  causes?: Range
  expected: Range
  times: Range
  /** Probability that only a part of a segment's leaves is hit, and that part. */
  partly: number
  part: Range
  /** Relative variance of a leaf's true rate around its mean (gamma), and lognormal error of `predict`. */
  spread: number
  mistaken: number
}

/** Sparse report counts over 7,200 leaves: C is plain, CH weaker, partial, overdispersed and with a wrong expectation. */
export const CROWDS: Record<string, CrowdSettings> = {
  C: { expected: [300, 10_000], times: [3, 30], partly: 0.25, part: [0.5, 1], spread: 0.1, mistaken: 0 },
  CH: { expected: [300, 10_000], times: [1.8, 12], partly: 0.5, part: [0.25, 0.95], spread: 0.12, mistaken: 0.25 },
}

const WIDER_CROWDS: Record<string, Partial<CrowdSettings>> = {
  'few labels': { dimensions: { region: 5, component: 4, platform: 3 } },
  'many values': { dimensions: { country: 60, component: 12, platform: 5, version: 20 } },
  'seven dimensions': { dimensions: { region: 5, component: 4, platform: 3, version: 4, isp: 5, tier: 3, cell: 4 } },
  'three or four causes': { causes: [3, 4] },
  'predict twice as wrong': { mistaken: 0.5 },
  'leaves three times as spread': { spread: 0.36 },
  'hundred thousand reports': { expected: [50_000, 200_000] },
  'no cause': { causes: [0, 0] },
  'no cause, predict twice as wrong': { causes: [0, 0], mistaken: 0.5 },
}
export const CROWDS_WIDER = Object.fromEntries(
  Object.entries(WIDER_CROWDS).map(([name, changed]) => [name, { ...CROWDS.CH!, ...changed }]),
)

const CROWD_DIMENSIONS = { region: 10, component: 6, platform: 4, version: 5, isp: 6 }
/** A cause must bring this many reports to be one: fewer cannot be told from chance by anybody. */
const MIN_EXCESS = 60

export function measureInstance(kind: string, seed: number, settings = MEASURES[kind]!): Instance {
  const random = sfc32(seed)
  const { table, names, sizes, leaves } = grid(settings.dimensions)
  const noise = uniform(random, settings.noise)
  const zeros = uniform(random, [0, 0.25])
  const shape = uniform(random, [0.5, 1])
  const { real, predict } = table
  for (let i = 0; i < leaves; i++) {
    const value = random() < zeros ? 0 : 100 * (-Math.log(1 - random())) ** (1 / shape)
    const other = value * (1 + noise * drawNoise(random, settings.shape, value))
    const swap = random() < 0.5
    real[i] = swap ? other : value
    predict[i] = Math.max(0, swap ? value : other)
  }
  const taken = new Map<number, Set<number>>()
  const used = new Set<string>()
  const direction = sum(real) > sum(predict)
  const causes = new Map<string, { severity: number; deviation: number }>()
  const count = whole(random, settings.anomalies)
  for (let n = 0; n < count; n++) {
    const layer = settings.lastLayerOnly ? names.length : whole(random, [1, names.length])
    const elements = whole(random, settings.elements)
    const severity = uniform(random, settings.severity) + noise
    const deviation = uniform(random, settings.deviation)
    const drawn = drawElements(random, sizes, layer, elements, taken, used, table)
    if (!drawn) continue
    for (const element of drawn) {
      for (const i of leavesAt(table, element)) {
        const factor = Math.max(0, 1 - (severity + deviation * normal(random)))
        if (direction) predict[i] = real[i]! * factor
        else real[i] = predict[i]! * factor
      }
      causes.set(write(names, table, element), { severity, deviation })
    }
  }
  for (let i = 0; i < leaves; i++) {
    real[i] = fourDigits(real[i]!)
    predict[i] = fourDigits(predict[i]!)
  }
  return { name: `${kind}-${seed}`, table, truth: [...causes.keys()], made: { noise, causes } }
}

export function crowdInstance(kind: string, seed: number, settings = CROWDS[kind]!): Instance {
  const random = sfc32(seed)
  const { table, names, sizes, leaves } = grid(settings.dimensions ?? CROWD_DIMENSIONS)
  const expected = logUniform(random, settings.expected)
  const weights = sizes.map(size => {
    const raw = Array.from({ length: size }, () => gamma(random, 1) + 0.05)
    const all = raw.reduce((x, y) => x + y)
    return raw.map(x => x / all)
  })
  const mean = new Float64Array(leaves)
  for (let i = 0; i < leaves; i++) {
    mean[i] = Math.exp(0.5 * normal(random))
    for (let a = 0; a < names.length; a++) mean[i]! *= weights[a]![table.codes[a]![i]!]!
  }
  const scale = expected / sum(mean)
  for (let i = 0; i < leaves; i++) mean[i]! *= scale
  const times = new Float64Array(leaves).fill(1)
  const truth: string[] = []
  const count = settings.causes ? whole(random, settings.causes) : random() < 0.85 ? 1 : 2
  while (truth.length < count) {
    const layer = [1, 1, 1, 2, 2, 3][Math.floor(random() * 6)]!
    const element = drawElement(random, sizes, layer, new Map())!
    const times1 = logUniform(random, settings.times)
    const part = random() < settings.partly ? uniform(random, settings.part) : 1
    const hit = leavesAt(table, element)
    const excess = part * (times1 - 1) * hit.reduce((x, i) => x + mean[i]!, 0)
    const name = write(names, table, element)
    if (excess < MIN_EXCESS || truth.includes(name)) continue
    for (const i of hit) if (random() < part) times[i]! *= times1
    truth.push(name)
  }
  for (let i = 0; i < leaves; i++) {
    const rate = mean[i]! * times[i]! * gamma(random, 1 / settings.spread) * settings.spread
    table.real[i] = negativeBinomial(random, rate, 1)
    table.predict[i] = fourDigits(mean[i]! * Math.exp(settings.mistaken * normal(random)))
  }
  return { name: `${kind}-${seed}`, table, truth }
}

/** Noise whose median size is that of a standard normal, 0.674. */
function drawNoise(random: Random, shape: MeasureSettings['shape'], value: number): number {
  if (shape === 'laplace') return (random() < 0.5 ? 0.973 : -0.973) * Math.log(1 - random())
  // Student's t with 4 degrees of freedom, its median brought down from 0.741.
  if (shape === 'heavy') return (0.91 * normal(random)) / Math.sqrt(gamma(random, 2) / 2)
  if (shape === 'small') return normal(random) * Math.min(4, Math.sqrt(60 / Math.max(value, 1)))
  return normal(random)
}

function grid(dimensions: Record<string, number>) {
  const names = Object.keys(dimensions)
  const sizes = Object.values(dimensions)
  const leaves = sizes.reduce((x, y) => x * y, 1)
  const codes = sizes.map(() => new Int32Array(leaves))
  for (let i = 0; i < leaves; i++) {
    let rest = i
    for (let a = sizes.length - 1; a >= 0; a--) {
      codes[a]![i] = rest % sizes[a]!
      rest = Math.floor(rest / sizes[a]!)
    }
  }
  const values = names.map((name, a) => Array.from({ length: sizes[a]! }, (_, v) => name[0]! + (v + 1)))
  const table: LeafTable = {
    attributes: names,
    values,
    codes,
    real: new Float64Array(leaves),
    predict: new Float64Array(leaves),
  }
  return { table, names, sizes, leaves }
}

/** `count` different elements over the same attributes, with values no earlier anomaly uses. */
function drawElements(
  random: Random,
  sizes: number[],
  layer: number,
  count: number,
  taken: Map<number, Set<number>>,
  used: Set<string>,
  table: LeafTable,
): Map<number, number>[] | null {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = drawElement(random, sizes, layer, taken)
    if (!first) return null
    const attributes = [...first.keys()]
    const key = attributes.toSorted().join()
    if (used.has(key) && layer < sizes.length) continue
    const drawn = [first]
    while (drawn.length < count) {
      const next = new Map<number, number>()
      for (const a of attributes) next.set(a, pickFree(random, sizes[a]!, taken.get(a))!)
      drawn.push(next)
    }
    const distinct = new Set(drawn.map(d => attributes.map(a => d.get(a)).join()))
    if (distinct.size < count) continue
    if (layer === sizes.length && drawn.some(d => leavesAt(table, d).some(i => table.real[i] === 0))) continue
    used.add(key)
    for (const d of drawn) for (const [a, v] of d) taken.set(a, (taken.get(a) ?? new Set()).add(v))
    return drawn
  }
  return null
}

function drawElement(
  random: Random,
  sizes: number[],
  layer: number,
  taken: Map<number, Set<number>>,
): Map<number, number> | null {
  const attributes = sizes.map((_, a) => a)
  for (let i = attributes.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[attributes[i], attributes[j]] = [attributes[j]!, attributes[i]!]
  }
  const element = new Map<number, number>()
  for (const a of attributes.slice(0, layer).sort((x, y) => x - y)) {
    const value = pickFree(random, sizes[a]!, taken.get(a))
    if (value === null) return null
    element.set(a, value)
  }
  return element
}

function pickFree(random: Random, size: number, taken: Set<number> | undefined): number | null {
  const free = Array.from({ length: size }, (_, v) => v).filter(v => !taken?.has(v))
  return free.length ? free[Math.floor(random() * free.length)]! : null
}

function leavesAt(table: LeafTable, element: Map<number, number>): number[] {
  const found: number[] = []
  next: for (let i = 0; i < table.real.length; i++) {
    for (const [a, v] of element) if (table.codes[a]![i] !== v) continue next
    found.push(i)
  }
  return found
}

function write(names: string[], table: LeafTable, element: Map<number, number>): string {
  return [...element]
    .map(([a, v]) => `${names[a]}=${table.values[a]![v]}`)
    .sort()
    .join('&')
}

const sum = (xs: Float64Array) => xs.reduce((x, y) => x + y, 0)
const uniform = (random: Random, [low, high]: Range) => low + (high - low) * random()
const logUniform = (random: Random, [low, high]: Range) => low * (high / low) ** random()
const whole = (random: Random, [low, high]: Range) => low + Math.floor(random() * (high - low + 1))
const fourDigits = (x: number) => Number(x.toPrecision(4))
