import { CELLS, PLANS, ROUTING, SETTINGS, type Settings } from './plan.js'

/** What the processes of the assistant can be told to do wrong; each says how often it did. */
export interface Switches {
  /** Cell whose image jobs never give their worker back. */
  leak: string | null
  /** Cells forget whose session is whose, and remember nothing any more. */
  noSessionCache: boolean
  /** Milliseconds that the store of conversations takes longer. */
  slowStoreMs: number
  /** Cell whose name cannot be resolved. */
  noName: string | null
  /** Cell of which a quarter runs the broken build. */
  badBuild: string | null
  /** Times the usual demand, by product; `*` is all of them. */
  demand: Record<string, number>
  /** Part of people who complain of nothing they saw, a minute. */
  rumour: number
  /** Requests a second of machines with made-up sessions. */
  bots: number
}
export const CALM: Switches = {
  leak: null,
  noSessionCache: false,
  slowStoreMs: 0,
  noName: null,
  badBuild: null,
  demand: {},
  rumour: 0,
  bots: 0,
}

/** A change that its maker tells of, by the door that it has. */
export interface ToldChange {
  by: 'config' | 'launch' | 'deploy'
  name: string
  cells?: readonly string[]
  /** What it takes back, by name. */
  back?: boolean
}

export interface Fault {
  name: string
  title: string
  switches?: Partial<Switches>
  settings?: (settings: Settings) => Settings
  /** The change that breaks it; none: nobody tells of one. */
  cause?: ToldChange
  /** Nothing is wrong: nothing may be opened. */
  harmless?: true
  /** What the world knows by that name of where it fails. */
  cells: readonly string[]
}

const ALL = CELLS.map(cell => cell.id)
const GATED = ['us-east', 'eu-west', 'ap-south']
const without = <T>(record: Record<string, T>, key: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))

export const FAULTS: readonly Fault[] = [
  {
    name: 'founding',
    title: 'a gate whose segments are an object where a list must be; three cells, free and go worst',
    settings: settings => ({
      ...settings,
      gates: {
        'new-cache': {
          segments: { all: true },
          share: { free: 0.95, go: 0.9, plus: 0.5, business: 0.35, enterprise: 0.3 },
          cells: GATED,
        },
      },
    }),
    cause: { by: 'config', name: 'new caching path for gates', cells: GATED },
    cells: GATED,
  },
  {
    name: 'routing',
    title: 'the route to one cell is taken out of the table of a region that has no other',
    settings: settings => ({ ...settings, routing: without(ROUTING, 'ap') }),
    cause: { by: 'config', name: 'routes of ap removed' },
    cells: [],
  },
  {
    name: 'workers',
    title: 'image jobs of eu-north keep their workers until none is left',
    switches: { leak: 'eu-north' },
    cells: ['eu-north'],
  },
  {
    name: 'sessions',
    title: 'cells lose whose session is whose, and the store of identities is asked for every request',
    switches: { noSessionCache: true },
    cells: ALL,
  },
  {
    name: 'store',
    title: 'the store of conversations takes three seconds longer, and holds the workers for as long',
    switches: { slowStoreMs: 3_000 },
    cells: ALL,
  },
  { name: 'names', title: 'the name of us-west is not resolved', switches: { noName: 'us-west' }, cells: ['us-west'] },
  {
    name: 'deploy',
    title: 'a broken build on a quarter of us-east',
    switches: { badBuild: 'us-east' },
    cause: { by: 'deploy', name: 'build 42', cells: ['us-east'] },
    cells: ['us-east'],
  },
  {
    name: 'limits',
    title: 'a limit that is far too low: 429 for people on free',
    settings: settings => ({ ...settings, limits: { ...settings.limits, free: 0 } }),
    cause: { by: 'config', name: 'limits of free' },
    cells: ALL,
  },
  {
    name: 'overload',
    title: 'a launch that breaks capacity: forty times as many ask for deep research',
    switches: { demand: { 'deep-research': 40 } },
    cause: { by: 'launch', name: 'deep research for everybody' },
    cells: ALL,
  },
  {
    name: 'launch',
    title: 'a launch that doubles demand, and nothing breaks',
    switches: { demand: { '*': 2 } },
    cause: { by: 'launch', name: 'new models' },
    harmless: true,
    cells: [],
  },
  {
    name: 'rumour',
    title: 'people complain of what others say',
    switches: { rumour: 0.004 },
    harmless: true,
    cells: [],
  },
  { name: 'bots', title: 'machines with made-up sessions', switches: { bots: 20 }, harmless: true, cells: [] },
]

export const faultNamed = (name: string): Fault | undefined => FAULTS.find(each => each.name === name)

/** What the configuration service hands out while this is broken. */
export const settingsOf = (fault: Fault | null, version: number): Settings => ({
  ...(fault?.settings?.(SETTINGS) ?? SETTINGS),
  version,
})
export const switchesOf = (fault: Fault | null): Switches => ({ ...CALM, ...fault?.switches })

/** Plans of whose requests a fault takes more than others, as its settings have it. */
export const gatedShare = (settings: Settings, plan: string): number =>
  Math.max(0, ...Object.values(settings.gates).map(gate => gate.share[plan] ?? 0))
export const PLAN_IDS = PLANS.map(plan => plan.id)
