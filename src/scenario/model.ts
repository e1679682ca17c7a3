import type { ChangeKind, NoticeStatus } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'
import type { Component, Dependency } from '../contract/topology.js'

/** An outage-scenario/1 file after `parseScenario`: times as numbers, defaults filled in, references checked. */
export interface Scenario {
  id: string
  title: string
  clock: { t0: EpochMs; minutes: number; tickMin: number; seed: number }
  world: World
  changes: ScenarioChange[]
  surges: Surge[]
  faults: Fault[]
  reports: ReportModel
  social: SocialModel | null
  noise: NoiseEvent[]
  probes: ProbeModel | null
  telemetry: TelemetryModel | null
  official: OfficialPost[]
  truth: Truth
}

export interface World {
  service: string
  title: string
  components: ScenarioComponent[]
  regions: Region[]
  /** At least one; a world without tiers has one with id null. */
  tiers: { id: string | null; share: number }[]
  cells: Map<string, { id: string; pops: string[] }>
  dependencies: Dependency[]
  alsoWatched: AlsoWatched[]
}

export interface ScenarioComponent extends Component {
  /** Share of user actions that touch it. */
  useShare: number
}

export interface Region {
  id: string
  countries: string[]
  utcOffsetMin: number
  /** Users acting in a five-minute slot at the daily peak. */
  activePeak: number
  /** 24 local-hour factors. */
  curve: number[]
  routes: { cell: string; share: number }[]
}

/** Another service in the same stream. */
export interface AlsoWatched {
  service: string
  title: string | null
  truth: string
  from: EpochMs
  until: EpochMs
  reportsPerMinPeak: number
}

export type Role = 'cause' | 'contributing' | 'decoy' | 'mitigation'

export interface ScenarioChange {
  id: string
  at: EpochMs
  kind: ChangeKind
  title: string
  components: string[] | null
  cells: string[] | null
  rollout: Steps | null
  reverts: string | null
  /** Ground truth; never emitted. */
  role: Role | null
  inFeed: boolean
  feedLagMs: number
}

/** [time, value 0..1], time ascending. */
export type Steps = [EpochMs, number][]

export interface Surge {
  from: EpochMs
  until: EpochMs
  multiplier: number
  regions: string[] | null
}

export type Effect =
  | 'http_error'
  | 'timeout'
  | 'dns_failure'
  | 'slow'
  | 'quality'
  | 'wrong_data'
  | 'feature_missing'
  | 'remote_party_unreachable'

export interface Fault {
  id: string
  causeChange: string | null
  effect: Effect
  cells: string[] | null
  regions: string[] | null
  components: string[] | null
  /** Tier → weight; a tier that is not named is spared. null: all alike. */
  tiers: Record<string, number> | null
  userShare: number
  severity: Steps
  loadMultiplier: number
  propensityMultiplier: number
  ownOutage: boolean
}

export interface ReportModel {
  propensity: Record<string, number>
  baselinePerMin: Record<string, number>
  varOverMean: number
  delay: { medianMin: number; sigma: number }
  turnoverPerMin: number
  ackDamping: number
  copycat: { lagMin: number; gain: number; thresholdXBaseline: number } | null
  problemMix: Record<string, number> | null
  detailShare: number
  geo: { country: number; city: number; edgePop: number }
  duplicatesPerReporter: number
  lateShare: number
  texts: string[]
}

export interface SocialModel {
  hashtags: string[]
  langs: Record<string, number>
  postsPerReport: number
  lagMin: number
  memeShare: number
  rumours: { at: EpochMs; claim: string; shareOfPosts: number; halfLifeMin: number }[]
  botPostsPerMin: number
  botTemplates: number
}

export interface NoiseEvent {
  kind: string
  from: EpochMs
  until: EpochMs
  peakAtFraction: number
  reportsPerMinPeak: Record<string, number>
}

export interface ProbeModel {
  intervalMs: number
  falsePositive: number
  falseNegative: number
  vantages: { region: string; cell: string }[]
  dead: { vantage: string; from: EpochMs; until: EpochMs }[]
}

export interface TelemetryModel {
  lagMs: number
  gaps: { cell: string | null; from: EpochMs; until: EpochMs }[]
}

export interface OfficialPost {
  at: EpochMs
  status: NoticeStatus | null
  text: string
  components: string[] | null
  thread: string | null
}

/** What really happened, for judging; `raw` keeps every field of the file's `ground_truth`. */
export interface Truth {
  isIncident: boolean
  startedAt: EpochMs | null
  resolvedAt: EpochMs | null
  raw: Record<string, unknown>
}
