import type { Finding, SegmentReading } from '../../contract/finding.js'
import type { Where } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { groupCount, groupName } from '../aggregate/label-sets.js'
import { segment, type Segmentation } from '../localize/index.js'
import type { FailureMode } from '../rates/state.js'
import { EVIDENCE } from '../evidence/kinds.js'
import { inAlarm } from './combine.js'
import { explainUneven, holdMentions, joinMentions, mentionedNow } from '../mentions/corroborate.js'
import { readMentions } from '../mentions/mentions.js'
import type { Places } from '../counts/places.js'
import { expectedReports, reportTable, type ReportState } from '../counts/report-counts.js'
import { whereOf } from '../counts/place-scan.js'
import type { TroubledService } from './service.js'
import { addFromChecks, failingComponents, locateRates, stretch, whereUnaffected } from './rate-segments.js'
import { nameSegments, type Trouble } from './state.js'
import { type RateWindow } from '../rates/excess.js'

/** Where it fails, and which components, by the kind of signal that knows best. */

/** Report segments are read over this much. */
export const REPORT_WINDOW_MS = 15 * MINUTE

export function locate(
  s: TroubledService,
  state: Trouble,
  mode: FailureMode,
  kinds: Finding['kinds'],
  rates: { metrics: RateWindow | null; checks: RateWindow | null },
  failing: { metrics: boolean; checks: boolean },
  now: EpochMs,
): void {
  let found: Segmentation | null = null
  if (rates.metrics && failing.metrics) {
    found = locateRates(rates.metrics)
    if (rates.checks) addFromChecks(found.segments, rates.checks, rates.metrics, now)
  } else if (rates.checks && failing.checks) found = locateRates(rates.checks)
  else if (mode === 'bad' && s.evidence.report && kinds.report?.alarm && state.excessAt.metric === 0)
    found = segment(reportTable(s.evidence.report, Math.max(state.onset, now - REPORT_WINDOW_MS), now), {
      kind: 'counts',
    })
  const shown = failing.metrics || failing.checks ? [] : shownWhere(s, mode)
  const machines = failing.metrics || failing.checks
  const seen = failing.metrics ? 'metrics' : failing.checks ? 'checks' : 'nothing'
  const from = Math.max(state.onset, now - REPORT_WINDOW_MS)
  if (mode === 'bad') state.heldMentions = holdMentions(s.mentions, s.evidence, state.heldMentions, from, now)
  state.quoted = mentionedNow(state.heldMentions, rates, now)
  // Failing, but too early to say where: the last picture stands, or what people quote.
  if (found && found.segments.length === 0 && machines && (state.segments.length > 0 || state.quoted.length === 0))
    return
  state.segments = shown.length > 0 ? shown : found ? found.segments.map(toReading) : []
  // Too little in a quarter of an hour to say where, but it was a place that rose.
  const where = found && !machines && s.evidence.report ? whereOf(s.evidence.report.places) : null
  if (where && state.segments.length === 0) state.segments = [placeReading(s.evidence.report!.places, where)]
  if (rates.metrics && failing.metrics) stretch(state.segments, rates.metrics, mode, now, state.onset)
  nameSegments(state, state.segments)
  if (found || (state.excessAt.metric === 0 && inAlarm(kinds))) joinMentions(state.segments, state.quoted, seen)
  const within = (countries: readonly string[]) => readMentions(s.mentions, s.evidence, from, now, countries)
  state.uneven = explainUneven(found?.uneven ?? [], state.quoted, within)
  state.unaffected = found ? whereUnaffected(found.unaffected) : {}
}

/** By kinds that neither count requests nor look. */
const shownWhere = (s: TroubledService, mode: FailureMode): SegmentReading[] =>
  EVIDENCE.flatMap(({ kind, where }) => {
    const held = s.evidence[kind]
    return held ? (where?.(held, mode) ?? []) : []
  })

const placeReading = ({ bits, observed, expected }: Places, where: Where): SegmentReading => ({
  where,
  share: null,
  interval: null,
  bits,
  excess: observed - expected,
})

const toReading = (f: Segmentation['segments'][number]): SegmentReading => ({
  where: f.where,
  share: f.share,
  interval: f.interval,
  bits: f.bits,
  excess: f.excess,
})

/** The same for one of several troubles, in a window in which the others are taken as well. */
export function locateIn(state: Trouble, rates: RateWindow, now: EpochMs): void {
  const found = locateRates(rates)
  if (found.segments.length === 0) return
  state.segments = found.segments.map(toReading)
  stretch(state.segments, rates, 'bad', now, state.onset)
  state.uneven = found.uneven
  state.unaffected = whereUnaffected(found.unaffected)
  nameSegments(state, state.segments)
}

export function componentsOf(
  s: TroubledService,
  state: Trouble,
  metrics: RateWindow | null,
  mode: FailureMode,
  now: EpochMs,
): string[] {
  if (metrics) {
    const failing = failingComponents(metrics, mode)
    if (failing.length > 0) return failing
  }
  if (!s.evidence.report || mode === 'slow') return []
  return reportedComponents(s.evidence.report, Math.max(state.onset, now - REPORT_WINDOW_MS), now)
}

/** Components named in clearly more reports than usual. */
function reportedComponents(state: ReportState, from: EpochMs, now: EpochMs): string[] {
  const { book } = state
  const seen = new Float64Array(groupCount(book))
  const usual = new Float64Array(groupCount(book))
  for (const rows of state.ring.rows) {
    if (!rows || rows.slot < from || rows.slot >= now) continue
    for (let i = 0; i < rows.leaf.length; i++) for (const g of book.groups[rows.leaf[i]!]!) seen[g]! += rows.a[i]!
  }
  for (let leaf = 0; leaf < state.usual.length; leaf++)
    for (const g of book.groups[leaf]!) usual[g]! += state.usual[leaf]!
  const expected = expectedReports(state, from, now)
  const found: { value: string; n: number }[] = []
  for (let g = 1; g < seen.length; g++) {
    const name = groupName(book, g)!
    if (name.label !== 'component' || seen[g]! < 3) continue
    const mean = (expected * (usual[g]! + 0.5)) / (state.usualAll + 1)
    if (seen[g]! > 3 * mean + 2) found.push({ value: name.value, n: seen[g]! })
  }
  return found.sort((a, b) => b.n - a.n || (a.value < b.value ? -1 : 1)).map(f => f.value)
}
