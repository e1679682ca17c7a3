import type { IncidentEvent, Where } from '../../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../../src/contract/time.js'
import type { Fault } from './faults.js'
import { type Figures, figures } from './figures.js'
import { CELLS, PLANS, REGIONS } from './plan.js'
import { SERVICE } from './parts/telemetry.js'
import type { Truth } from './truth.js'

/** What was played: the fault and when it was switched. Everything else is read from the world and from what was said. */
export interface Play {
  fault: Fault
  brokeAt: EpochMs
  mendedAt: EpochMs | null
  endedAt: EpochMs
}

export interface Claim {
  where: Where
  share: number
  interval: [number, number]
  /** True shares of the minutes before it was told, lowest and highest. */
  truth: [number, number]
  holds: boolean
}

/** How right what was said of one play is; null where there is nothing to hold it against. */
export interface Verdict {
  fault: string
  /** What the fault did, by its own count. */
  fired: number
  firstFailure: EpochMs | null
  /** Share of people's wishes that failed while it was broken, with all their tries. */
  wishesFailed: number
  /** Tries for each wish while it was broken, and before. */
  triesPerWish: [before: number, during: number]
  openedAt: EpochMs | null
  foundMinutes: number | null
  /** Told of another part of the world (its front door, its cells, its stores), and after how long. */
  elsewhere: { service: string; minutes: number } | null
  places: { label: string; true: string[]; told: string[]; f1: number } | null
  tiers: { true: string[]; told: string[] } | null
  claims: Claim[]
  /** Place of the true change among those that are suspected, 1 is first; null where none is told of or it is not listed. */
  causeRank: number | null
  causes: { title: string; probability: number }[]
  unexplained: number | null
  falseIncidents: number
  /** Regions by the minute in which less than a tenth of the worst was left. */
  regionsBackAt: Record<string, EpochMs | null>
  recoveringAt: EpochMs | null
  resolvedAt: EpochMs | null
  /** Called over while more than a fiftieth of the tries failed. */
  calledOverTooEarly: boolean
  /** "No breach" without a person's word. */
  saidNoBreach: boolean
  /** What people sent in, and the status page's first word of it. */
  reports: number
  posts: number
  vendorAt: EpochMs | null
  /** What the scenario files assume, as it came out here. */
  figures: Figures
  sentences: string[]
}

/** Segments below this share are a remark, not a claim; cells below it are not failing. */
const CLAIMED_SHARE = 0.1
/** A share is of the window before it is told. */
const WINDOW_MS = 6 * MINUTE
const SECURITY_TAKEN_BACK = 'ruled_out'

export function judge(
  truth: Truth,
  { fault, brokeAt, mendedAt, endedAt }: Play,
  events: readonly IncidentEvent[],
): Verdict {
  const own = events.filter(event => event.service === SERVICE)
  const opened = events.filter(event => event.event === 'opened')
  const ours = own.find(event => event.event === 'opened' && Date.parse(event.at) >= brokeAt)
  const story = own.filter(event => event.incident === ours?.incident)
  const until = mendedAt ?? endedAt
  const best = story.filter(event => event.segments && Date.parse(event.at) <= until + MINUTE).at(-1)
  const last = story.filter(event => event.causes && Date.parse(event.at) <= until + 2 * MINUTE).at(-1)
  const openedAt = ours === undefined || fault.harmless ? null : Date.parse(ours.at)
  const first = truth.firstFailure
  const ranked = (last?.causes ?? [])
    .filter(cause => cause.state !== 'ruled_out')
    .toSorted((a, b) => b.probability - a.probability)
  const { cause } = fault
  const rank = cause === undefined ? -1 : ranked.findIndex(each => each.title.includes(cause.name))
  const whenOf = (name: IncidentEvent['event']) => {
    const found = story.find(event => event.event === name)
    return found === undefined ? null : Date.parse(found.at)
  }
  const resolvedAt = whenOf('resolved')
  const regionsBackAt = Object.fromEntries(['us', 'eu', 'ap'].map(region => [region, backAt(truth, region, until)]))
  const [wishes, before, during] = [
    truth.count({}, brokeAt, until, 'wish')!,
    perWish(truth, 0, brokeAt - MINUTE),
    perWish(truth, brokeAt + MINUTE, until - MINUTE),
  ]
  return {
    fault: fault.name,
    fired: truth.fired[fault.name] ?? 0,
    firstFailure: first,
    wishesFailed: wishes.total === 0 ? 0 : wishes.bad / wishes.total,
    triesPerWish: [before, during],
    openedAt,
    foundMinutes: openedAt === null || first === null ? null : (openedAt - first) / MINUTE,
    elsewhere: fault.harmless || first === null ? null : elsewhereOf(opened, brokeAt, first),
    places: openedAt === null ? null : placesOf(truth, best, { fault, brokeAt, mendedAt, endedAt }),
    tiers:
      openedAt === null
        ? null
        : { true: truth.failing('tier', brokeAt, until, CLAIMED_SHARE, strandOf(best)), told: named(best, 'tier') },
    claims: best === undefined ? [] : claimsOf(truth, best, brokeAt),
    causeRank: rank < 0 ? null : rank + 1,
    causes: ranked.map(({ title, probability }) => ({ title, probability })),
    unexplained: last?.unexplained ?? null,
    falseIncidents: opened.filter(event => fault.harmless || Date.parse(event.at) < brokeAt).length,
    regionsBackAt,
    figures: figures(truth, { fault, brokeAt, mendedAt, endedAt }, regionsBackAt),
    recoveringAt: whenOf('recovering'),
    resolvedAt,
    calledOverTooEarly: resolvedAt !== null && failingShare(truth, resolvedAt) > 0.02,
    saidNoBreach: own.some(event => event.security?.state === SECURITY_TAKEN_BACK && event.by === undefined),
    reports: truth.fired['reports'] ?? 0,
    posts: truth.fired['posts'] ?? 0,
    vendorAt: truth.vendor.find(({ at }) => at >= brokeAt)?.at ?? null,
    sentences: (story.filter(event => event.says).at(-1)?.says ?? []).map(({ text }) => text),
  }
}

function elsewhereOf(opened: readonly IncidentEvent[], brokeAt: EpochMs, first: EpochMs): Verdict['elsewhere'] {
  const other = opened.find(event => event.service !== SERVICE && Date.parse(event.at) >= brokeAt)
  return other === undefined ? null : { service: other.service, minutes: (Date.parse(other.at) - first) / MINUTE }
}

function perWish(truth: Truth, from: EpochMs, until: EpochMs): number {
  const [tries, wishes] = [truth.count({}, from, until)!, truth.count({}, from, until, 'wish')!]
  return wishes.total === 0 ? 0 : tries.total / wishes.total
}

function failingShare(truth: Truth, at: EpochMs): number {
  const { total, bad } = truth.count({}, at - MINUTE, at)!
  return total === 0 ? 0 : bad / total
}

const named = (event: IncidentEvent | undefined, label: string): string[] => {
  const claimed = (event?.segments ?? []).filter(({ share }) => share === null || share >= CLAIMED_SHARE)
  return [...new Set(claimed.flatMap(({ where }) => where[label] ?? []))].sort()
}

/** What it calls failing: that requests are slow, where it says so of counted ones. */
const strandOf = (event: IncidentEvent | undefined) =>
  event?.kind === 'degraded' && event.segments?.some(({ share }) => share !== null) ? 'slow' : 'bad'

/** Labels that say the same in other words. */
const SAME = { cell: ['cell', 'region'], region: ['cell', 'region'], tier: ['tier'] }
const EVERY = { cell: CELLS, tier: PLANS, region: REGIONS }

/** Where it fails, by the label that tells: what the world says beside what was told. */
function placesOf(truth: Truth, event: IncidentEvent | undefined, play: Play): NonNullable<Verdict['places']> {
  const { by = 'cell', build } = play.fault
  if (build !== undefined) {
    const told = named(event, 'version')
    return { label: 'version', true: [build], told, f1: f1([build], told) }
  }
  const wanted = truth.failing(by, play.brokeAt, play.mendedAt ?? play.endedAt, CLAIMED_SHARE, strandOf(event))
  // A segment without such a label speaks of all of them, where requests are counted; people alone say nothing of places.
  const isEverywhere = (event?.segments ?? []).some(
    ({ where, share }) => share !== null && share >= CLAIMED_SHARE && !SAME[by].some(label => where[label]),
  )
  const told = isEverywhere ? EVERY[by].map(({ id }) => id).sort() : named(event, by)
  return { label: by, true: wanted, told, f1: f1(wanted, told) }
}

function f1(wanted: readonly string[], told: readonly string[]): number {
  const hit = told.filter(value => wanted.includes(value)).length
  return hit === 0 ? 0 : (2 * hit) / (told.length + wanted.length)
}

/** Each share that was told, beside what it truly was in the minutes before: it holds where it meets any of these. */
function claimsOf(truth: Truth, event: IncidentEvent, brokeAt: EpochMs): Claim[] {
  const at = Date.parse(event.at)
  const strand = strandOf(event)
  return (event.segments ?? []).flatMap(({ where, share, interval }) => {
    if (share === null || interval === null) return []
    const shares: number[] = []
    for (let minute = Math.max(brokeAt, at - WINDOW_MS); minute <= at; minute += MINUTE) {
      const counted = truth.count(where, minute, minute)
      if (counted === null) return []
      if (counted.total > 0) shares.push(counted[strand] / counted.total)
    }
    if (shares.length === 0) return []
    const range: [number, number] = [Math.min(...shares), Math.max(...shares)]
    return [{ where, share, interval, truth: range, holds: interval[0] <= range[1] && interval[1] >= range[0] }]
  })
}

/** The minute from which less than a tenth of the worst failed in a region; null where that has not come, or it never failed. */
function backAt(truth: Truth, region: string, from: EpochMs): EpochMs | null {
  const shares = truth
    .minutes({ region: [region] })
    .map(({ at, total, bad }) => ({ at, share: total === 0 ? 0 : bad / total }))
  const worst = Math.max(0, ...shares.map(({ share }) => share))
  const last = shares.findLastIndex(({ share }) => share > worst / 10)
  if (worst < CLAIMED_SHARE || last < 0 || last === shares.length - 1) return null
  return Math.max(from, shares[last + 1]!.at)
}

const clock = (at: EpochMs | null): string => (at === null ? '–' : new Date(at).toISOString().slice(11, 19))
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const spelled = (where: Where): string =>
  Object.entries(where)
    .map(([label, values]) => `${label} ${values.join(', ')}`)
    .join(' · ') || 'everybody'

/** The verdict as a person reads it. */
export function report(verdict: Verdict, { fault, brokeAt, mendedAt, endedAt }: Play): string {
  const { places, tiers } = verdict
  const lines = [
    `${fault.name}: ${fault.title}`,
    `  broken ${clock(brokeAt)}, mended ${clock(mendedAt)}, watched until ${clock(endedAt)}`,
    `  it fired ${verdict.fired} times; first failed request ${clock(verdict.firstFailure)}; ${percent(verdict.wishesFailed)} of what people wanted failed`,
    `  requests for each wish: ${verdict.triesPerWish.map(each => each.toFixed(2)).join(' before, ')} while it was broken`,
    `  opened ${clock(verdict.openedAt)}${verdict.foundMinutes === null ? '' : `, ${verdict.foundMinutes.toFixed(1)} min after the first failed request`}; false incidents: ${verdict.falseIncidents}`,
    `  elsewhere: ${verdict.elsewhere === null ? '–' : `${verdict.elsewhere.service} after ${verdict.elsewhere.minutes.toFixed(1)} min`}`,
  ]
  lines.push(
    `  ${verdict.reports} reports and ${verdict.posts} posts in all; the status page's first word ${clock(verdict.vendorAt)}`,
  )
  if (places !== null)
    lines.push(
      `  by ${places.label}: true ${places.true.join(', ') || '–'}; told ${places.told.join(', ') || '–'} (F1 ${places.f1.toFixed(2)})`,
    )
  if (tiers !== null) lines.push(`  plans: true ${tiers.true.join(', ') || '–'}; told ${tiers.told.join(', ') || '–'}`)
  for (const { where, share, interval, truth, holds } of verdict.claims)
    lines.push(
      `  ${holds ? 'right' : 'WRONG'}: ${spelled(where)}: ${percent(share)} (${interval.map(percent).join(' to ')}); truly ${truth.map(percent).join(' to ')}`,
    )
  const listed = verdict.causes.map(({ title, probability }) => `${probability.toFixed(2)} ${title}`)
  lines.push(
    `  causes: ${listed.join('; ') || '–'}; none of these ${verdict.unexplained?.toFixed(2) ?? '–'}; the true one has rank ${verdict.causeRank ?? '–'}`,
  )
  const back = Object.entries(verdict.regionsBackAt).map(([region, at]) => `${region} ${clock(at)}`)
  lines.push(
    `  back: ${back.join(', ')}; told recovering ${clock(verdict.recoveringAt)}, resolved ${clock(verdict.resolvedAt)}${verdict.calledOverTooEarly ? ' TOO EARLY' : ''}`,
  )
  const { retryLoad, demandLeft, reportsPerPerson, backMinutes } = verdict.figures
  const said = (value: number | null) => value?.toFixed(2) ?? '–'
  lines.push(
    `  figures: a failing wish makes ${said(retryLoad)} times the tries; ${said(demandLeft)} of the demand stays; ${said(reportsPerPerson)} reports for each person whom it failed; back after ${backMinutes?.map(said).join(' to ') ?? '–'} min`,
  )
  if (verdict.saidNoBreach) lines.push('  WRONG: said that it is no breach without a person')
  return [...lines, ...verdict.sentences.map(text => `  said: ${text}`)].join('\n')
}
