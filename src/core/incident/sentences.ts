import type { Cause, IncidentEvent, Segment, Statement, Where } from '../../contract/incident.js'
import { SPEAKS_BITS } from '../../contract/thresholds.js'

/** Sentences for the public. Each rests on parts of the event and says no more than they do. */

/** "About 42 %" — but never "about all" nor "0 %": a share is an estimate, and something does fail. */
const portion = (share: number): string =>
  share >= 0.995 ? 'Nearly all' : share < 0.01 ? 'Under 1 %' : `About ${Math.round(share * 100)} %`

/** The newest minute: "under 1 %" where next to nothing fails. */
const newest = (share: number): string => (share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`)

/** `cell us-east-1, us-west-1 · tier free` — what a person can compare with their own case. */
export function placeText(where: Where): string {
  const parts = Object.entries(where).map(([label, values]) => `${label} ${some(values)}`)
  return parts.length > 0 ? parts.join(' · ') : 'everywhere'
}

const some = (values: readonly string[]): string =>
  values.length <= 4 ? values.join(', ') : `${values.slice(0, 3).join(', ')} and ${values.length - 3} more`

export function titleOf(e: IncidentEvent, service: string): string {
  const parts = e.components ?? []
  const what =
    parts.length === 0
      ? service
      : parts.length <= 3
        ? `${service}: ${parts.join(', ')}`
        : `${service}: ${parts.slice(0, 2).join(', ')} and ${parts.length - 2} more`
  switch (e.kind) {
    case 'degraded':
      return `${what} slow or degraded`
    case 'quality':
      return `${what}: poor answers`
    case 'security':
      return `${what}: people report data or accounts in other hands`
    case 'upstream':
      return `${what}: trouble at a service it stands on`
    case 'displaced-load':
      return `${what}: load displaced from elsewhere`
    default:
      return `${what} failing`
  }
}

/** What a sentence says, apart from its words: pages say it in the reader's language. */
export type Point =
  | { is: 'failing' | 'checks-failing' | 'slow' | 'checks-slow'; share: number; where: Where }
  | { is: 'stepped'; share: number; where: Where; lately: number }
  | { is: 'share-unknown' | 'signs-where'; where: Where }
  | { is: 'quoted' | 'quoted-healthy'; where: Where; people: number; of: number }
  | { is: 'upstream' | 'upstream-unmeasured' | 'upstream-failing' }
  | { is: 'more-reports' | 'more-posts' | 'more-failing' | 'more-checks' | 'more-slow' | 'more-slow-checks' | 'signs' }
  | { is: 'cause-unknown' | 'exposure' | 'takeover' | 'exposure-open' }
  | { is: 'recovered'; share: number; slower: Where | null }
  | { is: 'fewer-reports'; share: number }
  | { is: 'confirmed' | 'suspected'; title: string }
  | { is: 'over-by-person' | 'over-unreported' | 'over-unheard' | 'over-calm' | 'over-quiet' }
  | { is: 'over-silent'; where: Where[] }

type Pointed = [point: Point, refs: string[]]

/** What is known now, in order of use to a reader. */
export function sentences(e: IncidentEvent): Statement[] {
  return points(e).map(([point, refs]) => ({ text: english(point), refs }))
}

/** The points of `sentences`, each with the sentence that tells it in English. */
export function toldPoints(e: IncidentEvent): { point: Point; text: string }[] {
  return points(e).map(([point]) => ({ point, text: english(point) }))
}

function points(e: IncidentEvent): Pointed[] {
  if (e.event === 'resolved') return ending(e)
  // A person's word after the end: what it was and what failed then has been told.
  if (e.event === 'note' && e.by !== undefined) return e.causes ? [causePoint(e)] : []
  const refs = [e.incident]
  const out: Pointed[] = []
  const worst = (e.segments ?? [])[0]
  const first = worst ? segmentPoint(worst, e) : wholePoint(e)
  if (first) out.push([first, refs])
  const quote = quotePoint(e)
  if (quote) out.push([quote, refs])
  // Of a few checks no more is said than what is sure; people who tire are told as such; a pause of what comes and goes is not told.
  const share = (e.recovery?.of === 'checks' ? e.recovery.interval?.[0] : e.recovery?.recovered) ?? 0
  if (e.recovery && share >= 0.3 && e.pattern !== 'intermittent') {
    const slow = e.recovery.segments[0]
    const slower = slow && slow.recovered < share - 0.15 ? slow.where : null
    if (e.recovery.of === 'reports') out.push([{ is: 'fewer-reports', share }, refs])
    // A step says by itself how much is gone; the share of the window lags behind it.
    else if (e.lately === undefined) out.push([{ is: 'recovered', share, slower }, refs])
  }
  out.push(causePoint(e))
  if (e.security?.state === 'suspected') {
    const toldBy = e.security.because.flatMap(b => b.refs)
    for (const is of e.security.about ?? (['exposure'] as const)) out.push([{ is }, toldBy])
  }
  return out
}

/** Bits from which it is no matter of chance: 1 in 1,000. */
const CLEAR_BITS = 10

const bitsOf = ({ evidence }: IncidentEvent, via: string): number =>
  evidence !== undefined && Object.hasOwn(evidence, via) ? (evidence[via] ?? 0) : 0
const counts = ({ evidence }: IncidentEvent, via: string): boolean =>
  evidence !== undefined && Object.hasOwn(evidence, via) && evidence[via] !== null

/** Shares are of requests, or of checks where requests are not counted or see nothing. */
export const ofChecks = (e: IncidentEvent): boolean =>
  e.evidence !== undefined &&
  counts(e, 'check') &&
  (!counts(e, 'metric') || (bitsOf(e, 'metric') < SPEAKS_BITS && bitsOf(e, 'check') >= CLEAR_BITS))

/** Where nothing is located: each sentence names the evidence that there is, and none that there is not. */
function wholePoint(e: IncidentEvent): Point | null {
  const people = bitsOf(e, 'report') >= SPEAKS_BITS
  const machines = Math.max(bitsOf(e, 'metric'), bitsOf(e, 'check')) >= CLEAR_BITS
  if (e.kind === 'upstream') {
    if (machines) return { is: 'upstream-failing' }
    if (people) return { is: counts(e, 'metric') ? 'upstream' : 'upstream-unmeasured' }
  }
  if (people && (e.kind !== 'degraded' || !machines)) return { is: 'more-reports' }
  if (bitsOf(e, 'metric') >= SPEAKS_BITS) return { is: e.kind === 'degraded' ? 'more-slow' : 'more-failing' }
  if (bitsOf(e, 'check') >= SPEAKS_BITS) return { is: e.kind === 'degraded' ? 'more-slow-checks' : 'more-checks' }
  if (people) return { is: 'more-reports' }
  if (bitsOf(e, 'post') >= SPEAKS_BITS) return { is: 'more-posts' }
  // What people see of others is told by a sentence of its own.
  return e.kind === 'security' ? null : { is: 'signs' }
}

/** How it ended: calm, a person's word, or silence; only what was observed is called back to normal. */
function ending(e: IncidentEvent): Pointed[] {
  const refs = [e.incident]
  const out: Pointed[] = []
  const unheard = (e.recovery?.segments ?? []).filter(s => s.recovered < 1)
  if (e.by !== undefined) out.push([{ is: 'over-by-person' }, refs])
  else if (e.kind === 'security') out.push([{ is: 'over-unreported' }, refs])
  else if (unheard.length > 0) out.push([{ is: 'over-silent', where: unheard.map(s => s.where) }, refs])
  else if ((e.recovery?.recovered ?? 1) < 1) out.push([{ is: 'over-unheard' }, refs])
  else out.push([{ is: e.recovery?.of === 'reports' ? 'over-quiet' : 'over-calm' }, refs])
  if (e.security?.state === 'suspected') out.push([{ is: 'exposure-open' }, refs])
  return out
}

function segmentPoint({ share, where }: Segment, e: IncidentEvent): Point {
  // Without a share it was people who told the place.
  if (share === null) return { is: e.evidence && !counts(e, 'report') ? 'signs-where' : 'share-unknown', where }
  if (e.kind === 'degraded') return { is: ofChecks(e) ? 'checks-slow' : 'slow', share, where }
  if (e.lately !== undefined && e.lately < share) return { is: 'stepped', share, where, lately: e.lately }
  return { is: ofChecks(e) ? 'checks-failing' : 'failing', share, where }
}

/** A smaller part of those who quote is no news. */
const QUOTED_PART = 0.25

/** What people quote where nobody measures it, or against what is measured; where both agree the share says more. */
function quotePoint(e: IncidentEvent): Point | null {
  const found = e.quoted?.find(q => q.measured !== 'failing' && q.people >= QUOTED_PART * q.of)
  if (!found) return null
  const { where, people, of } = found
  return { is: found.measured === 'healthy' ? 'quoted-healthy' : 'quoted', where, people, of }
}

/** Correlation is never sold as cause: only a confirmed cause is called one. */
function causePoint(e: IncidentEvent): Pointed {
  const confirmed = e.causes?.find(c => c.state === 'confirmed')
  if (confirmed) return [{ is: 'confirmed', title: confirmed.title }, refsOf(confirmed)]
  const first = e.causes?.find(c => c.state === 'suspected')
  if (first && first.probability >= 0.5 && first.probability > (e.unexplained ?? 0))
    return [{ is: 'suspected', title: first.title }, refsOf(first)]
  return [{ is: 'cause-unknown' }, [e.incident]]
}

function english(p: Point): string {
  switch (p.is) {
    case 'failing':
    case 'slow':
      return `${portion(p.share)} of requests are ${p.is}: ${placeText(p.where)}.`
    case 'checks-failing':
      return `${portion(p.share)} of checks are failing: ${placeText(p.where)}.`
    case 'checks-slow':
      return `${portion(p.share)} of checks are slow or degraded: ${placeText(p.where)}.`
    case 'stepped':
      return `${portion(p.share)} failed over the last minutes: ${placeText(p.where)}. In the newest minute it was ${newest(p.lately)}.`
    case 'signs-where':
      return `Signs of trouble: ${placeText(p.where)}. The share of people affected is not known.`
    case 'share-unknown':
      return `More problem reports than usual: ${placeText(p.where)}. The share of people affected is not known.`
    case 'quoted':
      return `Quoted from error pages more than usual: ${placeText(p.where)} (${p.people} of ${p.of} people who quote a code).`
    case 'quoted-healthy':
      return `Quoted from error pages more than usual: ${placeText(p.where)} (${p.people} of ${p.of} people who quote a code); our own requests there are not failing.`
    case 'upstream':
      return 'People report problems here while a service this one stands on is failing; our own requests are not failing.'
    case 'upstream-unmeasured':
      return 'People report problems here while a service this one stands on is failing.'
    case 'upstream-failing':
      return 'Some of what we measure here fails while a service this one stands on is failing.'
    case 'more-posts':
      return 'More people than usual write about problems.'
    case 'more-failing':
      return 'More requests than usual are failing.'
    case 'more-slow':
      return 'More requests than usual are slow.'
    case 'more-checks':
      return 'More checks than usual are failing.'
    case 'more-slow-checks':
      return 'More checks than usual are slow or degraded.'
    case 'signs':
      return 'There are signs of trouble.'
    case 'fewer-reports':
      return `${portion(p.share)} fewer problem reports than at the worst. Whether it is back is not known yet.`
    case 'over-quiet':
      return 'Reports have been back to their usual level for ten minutes.'
    case 'more-reports':
      return 'People report more problems than usual.'
    case 'recovered':
      return `${portion(p.share)} of the trouble is gone${p.slower ? `; ${placeText(p.slower)} is slower to recover` : ''}.`
    case 'confirmed':
      return `Cause confirmed: ${p.title}.`
    case 'suspected':
      return `Suspected, not confirmed: ${p.title}.`
    case 'cause-unknown':
      return 'The cause is not known.'
    case 'exposure':
      return 'Several people say they see what belongs to others; this is being looked at and is not confirmed.'
    case 'takeover':
      return 'Several people say that others have got into their accounts; this is being looked at and is not confirmed.'
    case 'exposure-open':
      return 'Whether anything was exposed is for people to establish.'
    case 'over-by-person':
      return 'A person called this over.'
    case 'over-unreported':
      return 'Nobody has reported it lately.'
    case 'over-unheard':
      return 'Nothing has been heard of it lately.'
    case 'over-calm':
      return 'What was affected has been back to its usual level for ten minutes.'
    case 'over-silent':
      return `What can be seen is back to its usual level. Nothing is heard from ${p.where.map(placeText).join('; ')}.`
  }
  // Not reached: a point without words does not compile.
  return p satisfies never
}

const refsOf = (c: Cause): string[] => [...new Set([c.subject, ...c.because.flatMap(b => b.refs)])]
