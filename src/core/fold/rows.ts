import { MINUTE, DAY, type EpochMs } from '../../contract/time.js'
import type { ServiceNow, ServiceRow, ServiceState } from '../../contract/view.js'
import type { Sight } from '../../contract/sharing/matters.js'
import { readCoordinated } from '../admission/crowd.js'
import { rowsAt } from '../aggregate/label-sets.js'
import { usualReports } from '../counts/report-counts.js'
import { deafOf, heardBy, isEasing, partsHit, stateFrom } from '../incident/verdict.js'
import type { Judge } from '../judge/judge.js'
import type { IncidentRecord } from '../judge/record.js'
import { readSamples } from '../mentions/samples.js'
import { failingRounds } from '../rates/window.js'
import { alertsOf, shownAlert } from '../service/alerts.js'
import { machinesSpeak, partsHeard } from '../service/freshness.js'
import type { ServiceState as Watched } from '../service/service.js'

/** Rows of services at which nothing happens are put so often. */
export const RENEW_MS = 5 * MINUTE
/** Reports shown as "lately". */
const RECENT_MIN = 15
/** While they leave that window the row is put anew. */
export const FADING_MS = (RECENT_MIN + 2) * MINUTE

/** What the watch knows of a service, for its row. */
export function sightOf(s: Watched, at: EpochMs): Sight {
  const alerts = alertsOf(s, at)
  const coordinated = readCoordinated(s.crowd, at)
  const samples = readSamples(s.samples, at)
  const parts = partsHeard(s.heard, s.components, at)
  const sight: Sight = {
    service: s.id,
    title: s.title,
    components: s.components,
    dependsOn: s.dependsOn,
    at,
    seen: { ...s.seen },
    recent: recentOf(s, at),
    fails: failsNow(s, at),
    calm: readable(s, at),
  }
  if (parts !== undefined) sight.parts = parts
  if (alerts.length > 0) sight.alerts = alerts
  if (coordinated > 0) sight.coordinated = coordinated
  if (samples.length > 0) sight.samples = samples
  return sight
}

const statusOf = (s: Watched, at: EpochMs): Pick<Sight, 'fails' | 'calm'> => ({
  fails: failsNow(s, at),
  calm: readable(s, at),
})

type Known = Pick<Sight, 'service' | 'components' | 'parts' | 'fails' | 'calm'>

/** The row of what is seen and what the judge knows. */
export function rowFrom(sight: Sight, judge: Judge, at: EpochMs = sight.at): ServiceRow {
  const held = judge.held(sight.service, at)
  const { service, title, components, dependsOn, seen, recent, parts, alerts, coordinated, samples } = sight
  // Each service has one each few minutes: put together step by step, which costs a third of spreading.
  const row: Omit<ServiceRow, 'incidents'> = {
    service,
    title,
    components,
    dependsOn,
    state: stateOf(sight, judge, at),
    at,
    seen,
    recent,
  }
  if (parts !== undefined) row.parts = parts
  if (held.length > 0) row.held = held
  if (alerts !== undefined) row.alerts = alerts
  if (coordinated !== undefined) row.coordinated = coordinated
  if (samples !== undefined) row.samples = samples
  return Object.assign(row, { incidents: judge.openIncidents(service).map(o => o.id) })
}

/** The state by what is open, by what is measured though a person closed it, and by who is heard at all. */
export function stateOf({ service, components, parts, fails, calm }: Known, judge: Judge, at: EpochMs): ServiceState {
  const names = components.map(each => each.id)
  const deaf = heardBy(deafOf(parts), at)
  const open = judge.openIncidents(service)
  const hit = [
    ...open.map(o => partsHit(o.said ?? {}, eases(o), names, deaf)),
    ...judge.held(service, at).map(each => partsHit(each.trouble, false, names, deaf)),
  ].flatMap(each => [...each.values()])
  const failing = hit.length > 0 ? 'no' : fails
  if (failing === 'twice') return 'degraded'
  const watched = open.length > 0 || failing === 'once' || judge.inAlarm(service, at)
  const quiet = watched ? 'watching' : calm
  const dark = parts?.some(each => !each.known && names.includes(each.component)) === true
  return stateFrom(hit, quiet === 'ok' && dark ? 'unknown' : quiet)
}

/** What a row shows, so far as time alone changes it. */
export function shownOf(s: Watched, judge: Judge, at: EpochMs): string {
  const parts = partsHeard(s.heard, s.components, at)
  const known = {
    service: s.id,
    components: s.components,
    ...(parts ? { parts } : {}),
    ...statusOf(s, at),
  }
  return shownBy({ state: stateOf(known, judge, at), ...(parts ? { parts } : {}), alerts: alertsOf(s, at) })
}

export const shownBy = ({ state, parts = [], alerts = [] }: Pick<ServiceRow, 'state' | 'parts' | 'alerts'>): string =>
  `${state} ${parts.map(each => (each.known ? '1' : '0')).join('')} ${alerts.map(shownAlert).join()}`

/** The same as far as the watch alone knows it. */
export function sightShown(s: Watched, at: EpochMs): string {
  const parts = partsHeard(s.heard, s.components, at) ?? []
  const { fails, calm } = statusOf(s, at)
  return `${fails} ${calm} ${parts.map(each => (each.known ? '1' : '0')).join('')} ${alertsOf(s, at).map(shownAlert).join()}`
}

const eases = (story: IncidentRecord): boolean => isEasing(story.recovering ? 'recovering' : 'opened', story.said ?? {})

/** Machines speak by their own rhythm; people may be silent for long where few ever report, and say nothing of health before what is usual here is learned. */
function readable(s: Watched, at: EpochMs): 'ok' | 'unknown' {
  if (machinesSpeak(s.heard, at)) return 'ok'
  const hear = (via: 'report' | 'post', state: Watched['evidence']['report']) =>
    state?.series.learned === true && at - (s.seen[via] ?? 0) < DAY
  return hear('report', s.evidence.report) || hear('post', s.evidence.post) ? 'ok' : 'unknown'
}

/**
 * What machines said last is mostly failure, and no incident yet. Once it may be a blip, which is watched; twice in a row it
 * is measured, and with one check in ten minutes there is no more to wait for.
 */
function failsNow(s: Watched, at: EpochMs): 'no' | 'once' | 'twice' {
  const rates = s.evidence.metric ?? s.evidence.check
  const rounds = rates ? failingRounds(rates, at, 2) : 0
  return rounds === 0 ? 'no' : rounds === 1 ? 'once' : 'twice'
}

export function recentOf(s: Watched, at: EpochMs): ServiceNow['recent'] {
  const out: ServiceNow['recent'] = { bad: 0, ok: 0, expected: null }
  if (!s.evidence.report) return out
  const from = at - (at % MINUTE) - RECENT_MIN * MINUTE
  for (let slot = from; slot < at; slot += MINUTE) {
    const rows = rowsAt(s.evidence.report.ring, slot)
    if (!rows) continue
    for (let i = 0; i < rows.leaf.length; i++) {
      out.bad += rows.a[i]!
      out.ok += rows.b[i]!
    }
  }
  const usual = usualReports(s.evidence.report, from, from + RECENT_MIN * MINUTE)
  out.expected = usual === null ? null : Math.round(100 * usual) / 100
  return out
}
