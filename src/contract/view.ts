import type { Theme } from './people.js'
import type { Component, Dependency } from './topology.js'
import type { EpochMs } from './time.js'
import type { IncidentEvent, IncidentKind, Severity } from './incident.js'
import type { AlertSeverity, Change, Notice, ObservationVia, Scope } from './signal.js'
import type { Order } from './order.js'

/** Bins of the charts and of what is kept for long. */
export const ROLLUP_MS = 300_000

/** [bad, ok] */
export type ReportPair = [number, number]
/** [total, bad, slow] */
export type RateTriple = [number, number, number]

/** One service × five minutes. Put, never added: the row carries the log position it was computed at. */
export interface Rollup {
  service: string
  /** Start of the bin, a multiple of ROLLUP_MS. */
  bin: EpochMs
  position: number
  /**
   * `expected` is the usual number of problem reports in the whole bin; `high` the level passed once in 1,000 bins. Both are
   * null until they are learned.
   */
  reports: { bad: number; ok: number; expected: number | null; high: number | null }
  posts: { total: number; complaints: number; expected: number | null }
  checks: { total: number; bad: number }
  metrics: { total: number; bad: number; slow: number }
  /** Label name → value → [bad, ok] of reports. */
  reportsBy: Record<string, Record<string, ReportPair>>
  /** Label name → value → [total, bad, slow] of metrics and checks. */
  ratesBy: Record<string, Record<string, RateTriple>>
}

/** How a service is. `watching`: something is unusual and not yet an incident. `unknown`: nobody is heard. */
export const SERVICE_STATES = ['ok', 'watching', 'degraded', 'outage', 'unknown'] as const
export type ServiceState = (typeof SERVICE_STATES)[number]

/** How a part of a service is, in the words of Statuspage; best first. */
export const PART_STATUSES = ['operational', 'degraded_performance', 'partial_outage', 'major_outage'] as const
export type PartStatus = (typeof PART_STATUSES)[number]

/** How a report counts: each minute whole, or as much as of these people failed. */
export const WEIGHED_BY = ['time', 'people'] as const

/** What sets log time: the machine's clock, or the newest time that signals bring (replays and tests). */
export const CLOCKS = ['wall', 'signals'] as const
export type Clock = (typeof CLOCKS)[number]

/** What several people wrote with their reports in the last hour, moderated by rule: see core/mentions/samples. */
export interface Sample {
  theme: Theme
  /** How many people wrote about it, at least three. */
  people: number
  /** Words that three strangers or more wrote, with gaps ("…") for the rest; absent where no three say alike. */
  text?: string
}

/** What is heard of one component where signals name components: one that is silent is unknown, whatever the others are. */
export interface PartHeard {
  component: string
  known: boolean
  /** Newest signal that names it; null: none ever did. */
  at: EpochMs | null
  /** When there were signals of it, as [first, last] without a pause of half a day, oldest first. */
  spans: [EpochMs, EpochMs][]
}

/** A person closed the incident, and what it told of is still measured. */
export interface Held {
  incident: string
  by: string
  closedAt: EpochMs
  /** If it goes on, the incident opens again then. */
  reopensAt: EpochMs
  trouble: Pick<IncidentEvent, 'kind' | 'severity' | 'components' | 'segments' | 'unaffected' | 'evidence'>
}

/** What is known of a service at the latest tick. */
export interface ServiceNow {
  service: string
  title: string
  components: Component[]
  dependsOn: Dependency[]
  state: ServiceState
  /** End of the tick this row was computed at. */
  at: EpochMs
  /** Newest signal of each kind; a kind that was never seen is absent. */
  seen: Partial<Record<ObservationVia, EpochMs>>
  /** Problem reports in the last 15 minutes, and the usual number; null until it is learned. */
  recent: { bad: number; ok: number; expected: number | null }
  /** What is heard of each component; absent where signals speak of the service as a whole. */
  parts?: PartHeard[]
  /** Trouble that is measured on although a person closed its incident; absent: none. */
  held?: Held[]
  /** Possibly coordinated reports of the last 15 minutes, in no other count; absent: none. */
  coordinated?: number
  /** Most people first; absent: nothing that three people say. */
  samples?: Sample[]
  /** Open incidents, oldest first. */
  incidents: string[]
}

/** An alert that fires. For operators alone: what their rules are called is nobody else's business. */
export interface AlertNow {
  thread: string
  title: string
  severity: AlertSeverity | null
  /** By its sender, if that said so. */
  since: EpochMs
  heardAt: EpochMs
  /** It is over then, if it is not said again; null: once its sender says so. */
  endsAt: EpochMs | null
  /** How often it began in the last hour. */
  flaps: number
  /** What it adds to what is measured, by itself. */
  bits: number
  href?: string
  source?: string
}

/** What else is measured says of an alert. */
export interface Bearing {
  /** How many times as high as usual what shares a label with it stands now, such as lines of a log; null: not known. */
  times: number | null
  /** Where the value that it names has gone since it began; null: not known. */
  course: 'grows' | 'level' | 'eases' | null
  /** The value that it names has risen to its capacity. */
  full: boolean
}

/** An alert that fires or did lately, with what the router of messages goes by. */
export interface AlertHeard extends AlertNow {
  /** Of its sender, by name. */
  labels: Scope
  /** null: it fires. */
  endedAt: EpochMs | null
  /** First of the times within the last hour at which it began. */
  firstAt: EpochMs
  bearing: Bearing
}

/** A service's row as it is stored: with what no {@link Reader} gives. */
export interface ServiceRow extends ServiceNow {
  /** Worst first; those that ended lately are there too. Absent: there is none. */
  alerts?: AlertHeard[]
}

/** An incident as its events add up. `events` is the whole story, oldest first. */
export interface IncidentView {
  id: string
  service: string
  title: string
  open: boolean
  kind: IncidentKind
  severity: Severity
  startedAt: EpochMs
  openedAt: EpochMs
  resolvedAt: EpochMs | null
  /** A person asked for no messages about it until then; null: nobody did. */
  mutedUntil: EpochMs | null
  /** Who asked, and why. */
  muted?: { by: string; why: string }
  /** When its post-mortem was published or last changed; absent: none is. */
  publishedAt?: EpochMs
  /** Latest value of each part. */
  latest: IncidentEvent
  events: IncidentEvent[]
}

export interface WorkspaceView {
  title: string
  clock: Clock
  /** Log time. */
  now: EpochMs
  /** Log position that is committed. While it stands, nothing that a Reader tells changes: pages are rendered once for it. */
  position: number
  /** True for the built-in demonstration. */
  demo: boolean
}

/** An incident without its story: what its events up to `lastSeq` add up to. */
export interface IncidentBrief extends Omit<IncidentView, 'events'> {
  lastSeq: number
}

/** A service of which something was heard in a period: the oldest and the newest bin that there is. */
export interface Heard {
  service: string
  first: EpochMs
  last: EpochMs
}

/** Which incidents are asked for; newest first. */
export interface IncidentQuery {
  service?: string
  open?: boolean
  limit: number
  before?: EpochMs
  /** Opened then or later. */
  openedFrom?: EpochMs
  /** Open, or over later than this. */
  endsAfter?: EpochMs
  /** Of which this stands in id, service or title, whatever the case of the letters a to z. */
  word?: string
  /** So many of them are passed over. */
  skip?: number
}

/** What pages and the API read. Served from what was committed, never from the engine's memory. */
export interface Reader {
  workspace(): Promise<WorkspaceView>
  services(): Promise<ServiceNow[]>
  service(id: string): Promise<ServiceNow | null>
  /** Bins in [from, until), oldest first. */
  rollups(service: string, from: EpochMs, until: EpochMs): Promise<Rollup[]>
  /**
   * The days in [from, until) in which there is a bin at all, oldest first; one seek for each. They are days of a clock
   * that is `offsetMs` (0 if not given) ahead of UTC, told as midnights as if that clock stood in Greenwich.
   */
  days(service: string, from: EpochMs, until: EpochMs, offsetMs?: number): Promise<EpochMs[]>
  incidents(query: IncidentQuery): Promise<IncidentView[]>
  incident(id: string): Promise<IncidentView | null>
  /** What people asked of an incident, oldest first: for the team, but for what `record` in `COMMANDS` marks as public. */
  orders(incident: string): Promise<Order[]>
  /** Changes and notices with effect in [from, until), oldest first; of one kind alone where it is named. */
  facts(service: string, from: EpochMs, until: EpochMs, via?: 'change' | 'notice'): Promise<(Change | Notice)[]>
}

/** A reader that is also asked for what a report over a long period is made of, of all services at once. */
export interface LongReader extends Reader {
  /** As `incidents`, without their stories: a tenth of the work. */
  briefs(query: IncidentQuery): Promise<IncidentBrief[]>
  /** In the bins of [from, until); a service of which there is none is left out. */
  heard(from: EpochMs, until: EpochMs): Promise<Heard[]>
}
