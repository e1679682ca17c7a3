import type { IncidentEvent, Severity } from '../src/contract/incident.js'
import { HOUR, MINUTE, type EpochMs } from '../src/contract/time.js'
import type { Scenario } from '../src/scenario/scenario.js'
import { claimedBefore, judgeManners } from './manners.js'

/**
 * Judges what a product said of a scenario. The truth comes from the scenario alone; the expectations are those of its
 * `ground_truth.expect`, restated here once for every scenario and every drawn world.
 */
export interface Verdict {
  ok: boolean
  /** One sentence for each expectation that does not hold. */
  failures: string[]
  incidents: number
  falseIncidents: number
  detectMin: number | null
  onsetErrorMin: number | null
  severity: Severity | null
  cellsF1: number | null
  causeRank: number | null
  causeProbability: number | null
  /** A listed change held more likely than not although none is the cause. */
  falseBlame: boolean
  resolveDelayMin: number | null
}

export interface JudgeOptions {
  /** The quiet twin was played: nothing is wrong in it. */
  quiet?: boolean
  /**
   * For streams without metrics. `detect`: only detection, false incidents and crying wolf. `honest`: besides, nothing false is said
   * (severity, decoys, recovery at the lower end of its interval, the end), and who, why and recovery are spoken of.
   */
  ask?: 'all' | 'honest' | 'detect'
}

/** An incident may begin this long before the first fault bites: slots are minutes. */
const EARLY_MS = 2 * MINUTE
export const ONSET_WITHIN_MIN = 10
export const RESOLVE_WITHIN_MIN = 90
export const RESOLVE_HONEST_MIN = 360
const BLAME = 0.5
/** Segments below this share are a remark, not a claim. */
export const CLAIMED_SHARE = 0.1
const SEVERITIES: Severity[] = ['minor', 'major', 'critical']

export interface Story {
  id: string
  events: IncidentEvent[]
  openedAt: EpochMs
  closedAt: EpochMs | null
}

/** `ground_truth` as the file has it. */
// oxlint-disable-next-line typescript/no-explicit-any -- free-form by design of the format
export type Raw = Record<string, any>

export function judge(scenario: Scenario, events: readonly IncidentEvent[], options: JudgeOptions = {}): Verdict {
  const { service } = scenario.world
  const raw: Raw = scenario.truth.raw
  const expect: Raw = raw.expect ?? {}
  const trouble = options.quiet || !scenario.truth.isIncident ? [] : windowsOf(scenario, raw)
  const stories = storiesOf(events, service).filter(story => !excused(story, raw.also_allowed ?? []))
  const real = stories.filter(story => within(story, trouble))
  const wrong = stories.filter(s => !real.includes(s))
  const verdict: Verdict = {
    ok: false,
    failures: [],
    incidents: real.length,
    falseIncidents: wrong.length,
    detectMin: null,
    onsetErrorMin: null,
    severity: null,
    cellsF1: null,
    causeRank: null,
    causeProbability: null,
    falseBlame: false,
    resolveDelayMin: null,
  }
  const must = (holds: boolean, otherwise: string) => {
    if (!holds) verdict.failures.push(otherwise)
  }
  const calm = options.quiet || !scenario.truth.isIncident
  if (calm) {
    must(!stories.some(declaresOutage), 'declared an outage in a world without one')
    const most = options.quiet ? 0 : (expect.false_incidents_max ?? Number.POSITIVE_INFINITY)
    must(wrong.length <= most, `${wrong.length} incidents in a quiet world, first ${wrong[0]?.events[0]!.at}`)
  } else {
    const most = Number(expect.false_incidents_max ?? 0)
    must(wrong.length <= most, `${wrong.length} false incidents, first ${wrong[0]?.events[0]!.at}`)
    judgeStories(scenario, real, raw, expect, trouble, options.ask ?? 'all', verdict, must)
  }
  const own = events.filter(e => e.service === service)
  const cried = own.some(e => e.security?.state === 'suspected' || e.security?.state === 'confirmed')
  if (expect.security_verdict === 'no_evidence') must(!cried, 'cried wolf')
  if (expect.security_verdict === 'suspected' && !options.quiet) must(cried, 'nothing is said of security')
  if (!options.quiet) judgeOthers(scenario, events, must)
  verdict.ok = verdict.failures.length === 0
  return verdict
}

const within = ({ openedAt }: Story, trouble: readonly Window[]): boolean =>
  trouble.some(({ from, until }) => openedAt >= from - EARLY_MS && openedAt <= until)

/** The first incident that is of the trouble of the scenario's own service; null: none is, or there is no such trouble. */
export function mainStory(scenario: Scenario, events: readonly IncidentEvent[]): Story | null {
  const { raw, isIncident } = scenario.truth
  if (!isIncident) return null
  const trouble = windowsOf(scenario, raw)
  const allowed = (raw as Raw).also_allowed ?? []
  const stories = storiesOf(events, scenario.world.service).filter(story => !excused(story, allowed))
  return stories.find(story => within(story, trouble)) ?? null
}

/** When the first fault of its own bit, and when the truth says that the trouble began. */
export function onsetOf({ faults, truth }: Scenario): [EpochMs, EpochMs] {
  const bit = Math.min(...faults.filter(f => f.ownOutage).map(f => f.severity[0]![0]))
  return [Math.min(bit, truth.startedAt!), truth.startedAt!]
}

type Must = (holds: boolean, otherwise: string) => void

interface Window {
  from: EpochMs
  until: EpochMs
}

/** From the first bite of a fault of its own to the end that the truth names. */
function windowsOf({ faults, truth }: Scenario, raw: Raw): Window[] {
  const named = [{ from: truth.startedAt!, until: truth.resolvedAt! }]
  if (raw.second) named.push({ from: Date.parse(raw.second.started_at), until: Date.parse(raw.second.resolved_at) })
  const bites = faults.filter(f => f.ownOutage).map(f => f.severity[0]![0])
  return named.map(({ from, until }) => ({
    from: Math.min(from, ...bites.filter(at => at < from && at > from - 6 * HOUR)),
    until,
  }))
}

function judgeStories(
  scenario: Scenario,
  real: Story[],
  raw: Raw,
  expect: Raw,
  trouble: Window[],
  ask: 'all' | 'honest' | 'detect',
  verdict: Verdict,
  must: Must,
): void {
  const first = real[0]
  must(first !== undefined, 'no incident opened')
  for (const w of trouble)
    must(
      real.some(s => s.openedAt <= w.until && (s.closedAt ?? Number.POSITIVE_INFINITY) >= w.from),
      `nothing open between ${iso(w.from)} and ${iso(w.until)}`,
    )
  const most = Math.max(1, raw.incidents ?? 1, expect.incidents_max ?? 0)
  must(real.length <= most, `${real.length} incidents where ${most} would do`)
  if (!first) return
  verdict.detectMin = minutes(first.openedAt - scenario.truth.startedAt!)
  if (expect.detect_within_min !== undefined)
    must(verdict.detectMin <= expect.detect_within_min, `noticed after ${verdict.detectMin} min`)
  if (expect.detect_by) must(first.openedAt <= Date.parse(expect.detect_by), `noticed at ${iso(first.openedAt)}`)
  if (expect.no_outage_banner) must(!first.events.some(e => e.kind === 'outage'), 'called slowness an outage')
  if (ask === 'detect') return
  if (ask === 'honest') {
    judgeHonesty(scenario, first, raw, verdict, must)
    return
  }
  judgePicture(scenario, first, raw, expect, verdict, must)
  judgeManners(real, expect.manners ?? [], must)
  judgeCause(scenario, first, raw, expect, verdict, must)
  // Told apart, each ends with its own.
  judgeEnd(scenario, first, raw, expect, real.length > 1 ? trouble.slice(0, 1) : trouble, verdict, must)
  if (raw.incidents === 2 && raw.second?.cause) judgeSecond(real, raw.second, must)
}

/** Two causes at once: the second is a story of its own, with its own onset, cause and components, and not part of the first. */
function judgeSecond(real: Story[], second: Raw, must: Must): void {
  const story = real[1]
  must(story !== undefined, 'the second trouble is not told apart')
  if (!story) return
  const from = Date.parse(second.started_at)
  const last = story.events.findLast(e => e.causes && Date.parse(e.at) <= Date.parse(second.resolved_at))
  const at = Date.parse(last?.startedAt ?? story.events[0]!.at)
  must(Math.abs(at - from) <= ONSET_WITHIN_MIN * MINUTE, `the second began at ${second.started_at}, told as ${iso(at)}`)
  const cause = last?.causes?.toSorted((a, b) => b.probability - a.probability)[0]?.subject
  must(cause === second.cause, `the second is laid on ${cause}`)
  const parts = (e: IncidentEvent) => new Set((e.segments ?? []).flatMap(s => s.where.component ?? []))
  const told = new Set(story.events.flatMap(e => [...parts(e)]))
  must(
    (second.components ?? []).every((c: string) => told.has(c)) && told.size === second.components?.length,
    `the second is told of ${[...told].join()}`,
  )
  const closed =
    story.closedAt === null ? Number.POSITIVE_INFINITY : minutes(story.closedAt - Date.parse(second.resolved_at))
  must(closed <= RESOLVE_WITHIN_MIN, `the second resolved ${closed} min late`)
}

function judgePicture(scenario: Scenario, story: Story, raw: Raw, expect: Raw, verdict: Verdict, must: Must): void {
  const started = story.events.findLast(e => e.startedAt)?.startedAt
  if (started) verdict.onsetErrorMin = minutes(Date.parse(started) - scenario.truth.startedAt!)
  const bit = Math.min(...scenario.faults.filter(f => f.ownOutage).map(f => f.severity[0]![0]))
  if (started && expect.detect_within_min !== undefined) {
    const at = Date.parse(started)
    const slack = ONSET_WITHIN_MIN * MINUTE
    const earliest = Math.min(bit, scenario.truth.startedAt!) - slack
    must(at >= earliest && at <= scenario.truth.startedAt! + slack, `onset given as ${started}`)
  }
  const worst = Math.max(...story.events.map(e => SEVERITIES.indexOf(e.severity!)))
  verdict.severity = SEVERITIES[worst] ?? null
  const true_ = SEVERITIES.indexOf(raw.severity)
  if (true_ >= 0 && !expect.no_outage_banner)
    must(Math.abs(worst - true_) <= 1, `severity ${verdict.severity}, truly ${raw.severity}`)
  const wanted = Object.keys(raw.affected?.cells ?? {})
  if (wanted.length === 0 || scenario.world.cells.size < 2) return
  const peak = story.events.findLast(e => Date.parse(e.at) <= beforeMending(scenario, raw) && e.segments?.length)
  verdict.cellsF1 = f1(cellsNamed(peak), new Set(wanted))
  const least = expect.localize?.cells_f1_min
  if (least !== undefined) must(verdict.cellsF1 >= least, `cells F1 ${verdict.cellsF1.toFixed(2)}`)
  if (expect.localize?.must_not_blame_region_only)
    must(!!peak?.segments?.some(s => s.where.cell || s.where.tier), 'blamed regions only')
}

/** Segments of a moment are judged before the first part is mended. */
export function beforeMending({ truth }: Scenario, raw: Raw): EpochMs {
  const { recovery = {} } = raw
  const times = [recovery.first_cell_back, recovery.t50, raw.mitigated_most_at].filter(Boolean).map(s => Date.parse(s))
  return Math.min(...times, truth.resolvedAt!)
}

function cellsNamed(event: IncidentEvent | undefined): Set<string> {
  const claimed = (event?.segments ?? []).filter(s => s.share === null || s.share >= CLAIMED_SHARE)
  return new Set(claimed.flatMap(s => s.where.cell ?? []))
}

/** Causes as they stood at the end of the trouble (`atEnd`: of the record), likeliest first, without those ruled out. */
export function rankedCauses(scenario: Scenario, events: readonly IncidentEvent[], atEnd = false) {
  const end = (atEnd ? null : scenario.truth.resolvedAt) ?? Number.POSITIVE_INFINITY
  const told = events.filter(e => e.service === scenario.world.service && e.causes)
  const last = told.findLast(e => Date.parse(e.at) <= end) ?? told.at(-1)
  const causes = (last?.causes ?? []).filter(c => c.state !== 'ruled_out')
  return { causes: causes.toSorted((a, b) => b.probability - a.probability), unexplained: last?.unexplained ?? null }
}

/** Ids of listed changes that truly cause some fault. */
export function trueCauses({ faults, changes }: Scenario): Set<string> {
  const listed = new Set(changes.filter(c => c.inFeed).map(c => c.id))
  return new Set(faults.flatMap(f => (f.causeChange && listed.has(f.causeChange) ? [f.causeChange] : [])))
}

function judgeCause(scenario: Scenario, story: Story, raw: Raw, expect: Raw, verdict: Verdict, must: Must): void {
  const { causes, unexplained } = rankedCauses(scenario, story.events)
  const listed = new Set(scenario.changes.map(c => c.id))
  const truly = trueCauses(scenario)
  const rank = (id: string) => {
    const i = causes.findIndex(c => c.subject === id)
    return i < 0 ? null : i + 1
  }
  verdict.falseBlame = truly.size === 0 && causes.some(c => listed.has(c.subject) && c.probability >= BLAME)
  const cause: string | undefined = raw.cause?.change
  if (cause && truly.has(cause)) {
    verdict.causeRank = rank(cause)
    verdict.causeProbability = causes.find(c => c.subject === cause)?.probability ?? 0
    if (expect.cause_rank_max)
      must((verdict.causeRank ?? 99) <= expect.cause_rank_max, `the cause has rank ${verdict.causeRank}`)
    if (expect.cause_confidence_min)
      must(verdict.causeProbability >= expect.cause_confidence_min, `cause at ${verdict.causeProbability}`)
  }
  if (expect.must_say_change_unknown) must((unexplained ?? 0) >= BLAME, `unexplained only ${unexplained}`)
  const decoys = ((raw.decoys ?? []) as string[]).map(rank).filter(r => r !== null)
  if (expect.decoy_rank_min && decoys.length > 0) {
    const best = Math.min(...decoys)
    must(best >= expect.decoy_rank_min || causes[best - 1]!.probability < 0.1, `a decoy at rank ${best}`)
  }
  const bare = story.events.some(e =>
    e.causes?.some(c => c.state === 'confirmed' && !c.because.some(b => b.refs.length)),
  )
  must(!bare, 'confirmed a cause without citing anything')
}

function judgeEnd(
  scenario: Scenario,
  story: Story,
  raw: Raw,
  expect: Raw,
  trouble: Window[],
  verdict: Verdict,
  must: Must,
): void {
  must(story.closedAt !== null, 'never resolved')
  if (story.closedAt !== null) {
    const { closedAt } = story
    // One incident may honestly hold two troubles that overlap: then it ends with the last of them.
    const ends = trouble.filter(w => w.from <= closedAt && w.until >= story.openedAt).map(w => w.until)
    verdict.resolveDelayMin = minutes(closedAt - Math.max(scenario.truth.resolvedAt!, ...ends))
    // Whoever saw what is not theirs may still say so: that is not called over so soon.
    const within = expect.security_verdict === 'suspected' ? RESOLVE_HONEST_MIN : RESOLVE_WITHIN_MIN
    if (expect.detect_within_min !== undefined)
      must(verdict.resolveDelayMin <= within, `resolved ${verdict.resolveDelayMin} min late`)
    const first = story.events.find(e => e.event === 'resolved')!
    if (expect.declare_recovered_not_before)
      must(Date.parse(first.at) >= Date.parse(expect.declare_recovered_not_before), `declared over at ${first.at}`)
  }
  const { t50, slow_segment: slow } = raw.recovery ?? {}
  const early = claimedBefore(story.events, Date.parse(t50) - 20 * MINUTE)
  if (t50) must(!early, `half recovered claimed at ${early?.at}`)
  const partly = (e: IncidentEvent) => e.recovery && e.recovery.recovered > 0.3 && e.recovery.recovered < 1
  if (expect.report_partial_recovery_by) {
    const by = Date.parse(expect.report_partial_recovery_by)
    must(
      story.events.some(e => partly(e) && Date.parse(e.at) <= by),
      'partial recovery not told in time',
    )
  }
  if (slow) {
    const from = raw.mitigated_most_at ? Date.parse(raw.mitigated_most_at) : scenario.truth.startedAt!
    const told = story.events.some(
      e =>
        Date.parse(e.at) >= from && e.recovery?.segments.some(s => s.where.cell?.includes(slow) && s.recovered < 0.9),
    )
    must(told, `the slow part ${slow} is not named`)
  }
}

/** What even a thin stream may not get wrong, and what it must speak of. */
function judgeHonesty(scenario: Scenario, story: Story, raw: Raw, verdict: Verdict, must: Must): void {
  const { events } = story
  const worst = Math.max(...events.map(e => SEVERITIES.indexOf(e.severity!)))
  verdict.severity = SEVERITIES[worst] ?? null
  const true_ = SEVERITIES.indexOf(raw.severity)
  if (true_ >= 0) must(Math.abs(worst - true_) <= 1, `severity ${verdict.severity}, truly ${raw.severity}`)
  const decoys = new Set<string>(raw.decoys ?? [])
  const believed = rankedCauses(scenario, events).causes.find(c => decoys.has(c.subject) && c.probability >= BLAME)
  must(!believed, `a decoy believed, ${believed?.probability}`)
  must(
    events.some(e => e.segments && e.segments.length > 0),
    'nothing is said of who',
  )
  must(
    events.some(e => (e.causes?.length ?? 0) > 0 || e.unexplained !== undefined),
    'nothing is said of why',
  )
  must(
    events.some(e => e.recovery),
    'nothing is said of recovery',
  )
  must(story.closedAt !== null, 'never resolved')
  if (story.closedAt !== null) {
    verdict.resolveDelayMin = minutes(story.closedAt - scenario.truth.resolvedAt!)
    must(verdict.resolveDelayMin <= RESOLVE_HONEST_MIN, `resolved ${verdict.resolveDelayMin} min late`)
  }
  const early = claimedBefore(events, Date.parse(raw.recovery?.t50) - 20 * MINUTE)
  must(!early, `half recovered claimed at ${early?.at}`)
}

function judgeOthers(scenario: Scenario, events: readonly IncidentEvent[], must: Must): void {
  for (const other of scenario.world.alsoWatched) {
    const theirs = storiesOf(events, other.service)
    if (other.truth === 'major_outage')
      must(
        theirs.some(s => s.openedAt >= other.from - 5 * MINUTE && s.openedAt <= other.from + 30 * MINUTE),
        `the outage of ${other.service} was missed`,
      )
    if (other.truth.startsWith('not_down')) must(!theirs.some(declaresOutage), `${other.service} declared down`)
  }
}

const declaresOutage = (story: Story) =>
  story.events.some(e => (e.kind ?? 'outage') === 'outage' && e.severity !== 'minor' && e.event !== 'note')

function storiesOf(events: readonly IncidentEvent[], service: string): Story[] {
  const byId = new Map<string, IncidentEvent[]>()
  for (const e of events) if (e.service === service) byId.set(e.incident, [...(byId.get(e.incident) ?? []), e])
  return [...byId].flatMap(([id, list]) => {
    const opened = list.find(e => e.event === 'opened')
    if (!opened) return []
    const last = list.findLast(e => e.event === 'resolved' || e.event === 'reopened')
    const closedAt = last?.event === 'resolved' ? Date.parse(last.at) : null
    return [{ id, events: list, openedAt: Date.parse(opened.at), closedAt }]
  })
}

/** An episode that an honest product may open besides. */
function excused(story: Story, allowed: Raw[]): boolean {
  return allowed.some(
    a =>
      story.events.every(e => (e.kind ?? a.kind) === a.kind && e.severity !== 'critical') &&
      (!a.from || story.openedAt >= Date.parse(a.from) - 5 * MINUTE) &&
      (!a.until || story.openedAt <= Date.parse(a.until)),
  )
}

export function f1(found: ReadonlySet<string>, wanted: ReadonlySet<string>): number {
  const hit = [...found].filter(x => wanted.has(x)).length
  return hit === 0 ? 0 : (2 * hit) / (found.size + wanted.size)
}

const minutes = (ms: number) => Math.round((ms / MINUTE) * 10) / 10
const iso = (at: EpochMs) => new Date(at).toISOString()
