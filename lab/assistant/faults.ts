import { ROUTING, SETTINGS, type Settings } from './plan.js'

/** What the processes of the assistant can be told to do wrong; each says how often it did. */
export interface Switches {
  /** Cell whose image jobs never give their worker back. */
  leak: string | null
  /** Cells forget whose session is whose, and remember nothing any more. */
  noSessionCache: boolean
  /** They forget a part of them once, and learn them again. */
  forgetful: boolean
  /** Milliseconds that the store of conversations takes longer. */
  slowStoreMs: number
  /** Cell whose name cannot be resolved. */
  noName: string | null
  /** Cell whose name is resolved late, and is. */
  lateName: string | null
  /** Cell of which a quarter runs the broken build, or another one that works. */
  badBuild: string | null
  goodBuild: string | null
  /** Times the usual demand, by product; `*` is all of them. */
  demand: Record<string, number>
  /** Milliseconds that a worker is busy longer with a question of deep research. */
  deeperMs: number
  /** Part of people who complain of nothing they saw, a minute. */
  rumour: number
  /** Requests a second of machines with made-up sessions. */
  bots: number
  /** Share of the packets to eu-north that are lost on their way. */
  lost: number
}
export const CALM: Switches = {
  leak: null,
  noSessionCache: false,
  forgetful: false,
  slowStoreMs: 0,
  noName: null,
  lateName: null,
  badBuild: null,
  goodBuild: null,
  demand: {},
  deeperMs: 0,
  rumour: 0,
  bots: 0,
  lost: 0,
}

/** A change that its maker tells of, by the door that it has. */
export interface ToldChange {
  by: 'config' | 'launch' | 'deploy'
  name: string
  cells?: readonly string[]
  /** What it takes back, by name. */
  back?: boolean
}

interface Breaks {
  switches?: Partial<Switches>
  settings?: (settings: Settings) => Settings
}

export interface Fault extends Breaks {
  name: string
  title: string
  /** Its quiet twin: the same change is told and made, or the same part is touched, and nothing breaks of it. */
  quiet: Breaks & { title: string }
  /** The change that breaks it; none: nobody tells of one. */
  cause?: ToldChange
  /** Nothing is wrong: nothing may be opened. */
  harmless?: true
  /** By which label one can tell where it fails; which values those are is read from the world. */
  by?: 'cell' | 'region' | 'tier'
  /** Of a broken build its name: no person knows which build answered them, so it is no truth of the world's. */
  build?: string
}

const GATED = ['us-east', 'eu-west', 'ap-south']
const gate = (segments: unknown) => (settings: Settings) => ({
  ...settings,
  gates: {
    'new-cache': { segments, share: { free: 0.95, go: 0.9, plus: 0.5, business: 0.35, enterprise: 0.3 }, cells: GATED },
  },
})
const free = (limit: number) => (settings: Settings) => ({ ...settings, limits: { ...settings.limits, free: limit } })
const without = <T>(record: Record<string, T>, key: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))

export const FAULTS: readonly Fault[] = [
  {
    name: 'founding',
    title: 'a gate whose segments are an object where a list must be; three cells, free and go worst',
    settings: gate({ all: true }),
    quiet: { title: 'the same gate, with a list', settings: gate(['all']) },
    cause: { by: 'config', name: 'new caching path for gates', cells: GATED },
  },
  {
    name: 'routing',
    title: 'the route to one cell is taken out of the table of a region that has no other',
    settings: settings => ({ ...settings, routing: without(ROUTING, 'ap') }),
    quiet: {
      title: 'the routes of ap are written anew, with other shares',
      settings: settings => ({ ...settings, routing: { ...ROUTING, ap: { 'ap-south': 0.75, 'us-west': 0.25 } } }),
    },
    cause: { by: 'config', name: 'routes of ap removed' },
    by: 'region',
  },
  {
    name: 'workers',
    title: 'image jobs of eu-north keep their workers until none is left',
    switches: { leak: 'eu-north' },
    quiet: { title: 'half again as many images', switches: { demand: { images: 1.5 } } },
  },
  {
    name: 'sessions',
    title: 'cells lose whose session is whose, and the store of identities is asked for every request',
    switches: { noSessionCache: true },
    quiet: { title: 'cells know fewer sessions and learn them again', switches: { forgetful: true } },
  },
  {
    name: 'store',
    title: 'the store of conversations takes three seconds longer, and holds the workers for as long',
    switches: { slowStoreMs: 3_000 },
    quiet: { title: 'the store of conversations takes forty milliseconds longer', switches: { slowStoreMs: 40 } },
  },
  {
    name: 'names',
    title: 'the name of us-west is not resolved',
    switches: { noName: 'us-west' },
    quiet: { title: 'the name of us-west is resolved, a little late', switches: { lateName: 'us-west' } },
  },
  {
    name: 'packets',
    title: 'two thirds of the packets to eu-north are lost between two network namespaces',
    switches: { lost: 0.65 },
    quiet: { title: 'one packet of two hundred to eu-north is lost', switches: { lost: 0.005 } },
  },
  {
    name: 'deploy',
    title: 'a broken build on a quarter of us-east',
    switches: { badBuild: 'us-east' },
    quiet: { title: 'a sound build on a quarter of us-east', switches: { goodBuild: 'us-east' } },
    cause: { by: 'deploy', name: 'build 42', cells: ['us-east'] },
    build: 'b42',
  },
  {
    name: 'limits',
    title: 'a limit that is far too low: 429 for people on free',
    settings: free(0),
    quiet: { title: 'another limit for people on free that nobody reaches', settings: free(180) },
    cause: { by: 'config', name: 'limits of free' },
    by: 'tier',
  },
  {
    name: 'overload',
    title: 'a launch that breaks capacity: forty times as many ask for deep research, which thinks for four seconds now',
    switches: { demand: { 'deep-research': 40 }, deeperMs: 3_500 },
    quiet: {
      title: 'the same launch, and half again as many ask',
      switches: { demand: { 'deep-research': 1.5 }, deeperMs: 350 },
    },
    cause: { by: 'launch', name: 'deep research for everybody' },
  },
  {
    name: 'launch',
    title: 'a launch that doubles demand, and nothing breaks',
    switches: { demand: { '*': 2 } },
    quiet: { title: 'the same launch, and nobody comes' },
    cause: { by: 'launch', name: 'new models' },
    harmless: true,
  },
  {
    name: 'rumour',
    title: 'people complain of what others say',
    switches: { rumour: 0.004 },
    quiet: { title: 'nobody says anything' },
    harmless: true,
  },
  {
    name: 'bots',
    title: 'machines with made-up sessions',
    switches: { bots: 20 },
    quiet: { title: 'one machine with a made-up session', switches: { bots: 0.2 } },
    harmless: true,
  },
]

export const faultNamed = (name: string): Fault | undefined => FAULTS.find(each => each.name === name)

/** Everything of a fault but the fault: nothing may be opened of it. */
export const twinOf = ({ name, cause, quiet }: Fault): Fault => ({
  name: `${name}-twin`,
  title: quiet.title,
  ...(quiet.switches === undefined ? {} : { switches: quiet.switches }),
  ...(quiet.settings === undefined ? {} : { settings: quiet.settings }),
  ...(cause === undefined ? {} : { cause }),
  quiet,
  harmless: true,
})

/** What the configuration service hands out while this is broken. */
export const settingsOf = (fault: Fault | null, version: number): Settings => ({
  ...(fault?.settings?.(SETTINGS) ?? SETTINGS),
  version,
})
export const switchesOf = (fault: Fault | null): Switches => ({ ...CALM, ...fault?.switches })
