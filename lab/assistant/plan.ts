// What the assistant is made of: regions, cells, plans, products, and who uses them. No figure here is known to Epicenter.

export interface Cell {
  id: string
  region: string
}
export const CELLS: readonly Cell[] = [
  { id: 'us-east', region: 'us' },
  { id: 'us-west', region: 'us' },
  { id: 'eu-west', region: 'eu' },
  { id: 'eu-north', region: 'eu' },
  { id: 'ap-south', region: 'ap' },
]

/** Requests that a cell works on at once. */
export const WORKERS = 8

export interface Region {
  id: string
  countries: readonly string[]
  /** Of all users. */
  share: number
  /** Hours that its clocks are ahead of UTC. */
  utcHours: number
  /** How long its distributor of configuration takes for one answer, in milliseconds: the far one is slow. */
  distributeMs: number
}
export const REGIONS: readonly Region[] = [
  { id: 'us', countries: ['US', 'CA', 'BR'], share: 0.45, utcHours: -5, distributeMs: 5 },
  { id: 'eu', countries: ['DE', 'FR', 'GB', 'ES'], share: 0.35, utcHours: 1, distributeMs: 160 },
  { id: 'ap', countries: ['IN', 'JP', 'SG'], share: 0.2, utcHours: 6, distributeMs: 5 },
]

export type Routing = Record<string, Record<string, number>>
/** Region → cell → share of its sessions. */
export const ROUTING: Routing = {
  us: { 'us-east': 0.6, 'us-west': 0.4 },
  eu: { 'eu-west': 0.55, 'eu-north': 0.45 },
  ap: { 'ap-south': 0.8, 'us-west': 0.2 },
}

export const PLANS: readonly { id: string; share: number }[] = [
  { id: 'free', share: 0.66 },
  { id: 'go', share: 0.1 },
  { id: 'plus', share: 0.14 },
  { id: 'business', share: 0.06 },
  { id: 'enterprise', share: 0.04 },
]

export interface Product {
  id: string
  title: string
  method: 'GET' | 'POST'
  path: string
  /** Of all requests. */
  share: number
  /** How long a worker is busy with it, in milliseconds, beside its stores. */
  workMs: number
  store: StoreName
}
export const STORES = ['identity', 'conversations', 'files'] as const
export type StoreName = (typeof STORES)[number]

const product = (
  id: string,
  title: string,
  method: 'GET' | 'POST',
  path: string,
  share: number,
  workMs: number,
  store: StoreName,
): Product => ({ id, title, method, path, share, workMs, store })
export const PRODUCTS: readonly Product[] = [
  product('conversations', 'Conversations', 'POST', '/v1/chat/completions', 0.54, 60, 'conversations'),
  product('login', 'Login', 'POST', '/v1/login', 0.1, 20, 'identity'),
  product('file-uploads', 'File uploads', 'POST', '/v1/files', 0.07, 50, 'files'),
  product('search', 'Search', 'GET', '/v1/search', 0.08, 40, 'conversations'),
  product('voice', 'Voice', 'POST', '/v1/voice', 0.04, 50, 'conversations'),
  product('images', 'Images', 'POST', '/v1/images', 0.06, 120, 'files'),
  product('atlas', 'Atlas', 'GET', '/v1/atlas', 0.02, 30, 'conversations'),
  product('deep-research', 'Deep research', 'POST', '/v1/research', 0.02, 250, 'conversations'),
  product('agent', 'Agent', 'POST', '/v1/agent', 0.02, 150, 'conversations'),
  product('connectors', 'Connectors', 'GET', '/v1/connectors', 0.02, 30, 'files'),
  product('codex', 'Codex', 'POST', '/v1/codex', 0.03, 80, 'files'),
]
/** As its telemetry names an operation, which Epicenter takes for a component. */
export const operationOf = ({ method, path }: Product): string => `${method} ${path}`
export const productAt = (path: string): Product | undefined => PRODUCTS.find(each => each.path === path)

export interface Platform {
  id: 'web' | 'ios' | 'android' | 'desktop'
  version: string
  share: number
  /** Pauses before each further try, in milliseconds. Phones do not back off. */
  retriesMs: readonly number[]
}
export const PLATFORMS: readonly Platform[] = [
  { id: 'web', version: '2026.2', share: 0.5, retriesMs: [1_000, 3_000] },
  { id: 'ios', version: '1.41', share: 0.22, retriesMs: [300, 300, 300] },
  { id: 'android', version: '1.40', share: 0.22, retriesMs: [300, 300, 300] },
  { id: 'desktop', version: '0.9', share: 0.06, retriesMs: [] },
]

/** A gate of the configuration; `share` says for which part of each plan it is asked. */
export interface Gate {
  /** Segments that have it. The founding fault gives an object where a list must be. */
  segments: unknown
  share: Record<string, number>
  cells: readonly string[]
}
export interface Settings {
  version: number
  gates: Record<string, Gate>
  routing: Routing
  /** Requests a minute that one session may make, by plan. */
  limits: Record<string, number>
}
export const SETTINGS: Settings = {
  version: 1,
  gates: {},
  routing: ROUTING,
  limits: Object.fromEntries(PLANS.map(plan => [plan.id, 240])),
}

/** Same text, same number from 0 to 1 (FNV-1a with a final mix). */
export function shareOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}

/** The cell that serves a session of a region, by a routing table; null where it knows no way. */
export function cellOf(routing: Routing, region: string, session: string): string | null {
  const ways = Object.entries(routing[region] ?? {})
  let left = shareOf(`route ${session}`) * ways.reduce((sum, [, share]) => sum + share, 0)
  return ways.find(([, share]) => (left -= share) < 0)?.[0] ?? ways.at(-1)?.[0] ?? null
}

/** The entry in whose part of the whole x lies. */
export function pick<T extends { share: number }>(list: readonly T[], x: number): T {
  let left = x * list.reduce((sum, each) => sum + each.share, 0)
  return list.find(each => (left -= each.share) < 0) ?? list.at(-1)!
}
