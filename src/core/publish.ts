import type { Cause, IncidentEvent, Segment, Statement, Where } from '../contract/incident.js'

/** Sentences for the public. Each rests on parts of the event and says no more than they do. */

/** "About 42 %" — but never "about all" nor "0 %": a share is an estimate, and something does fail. */
const portion = (share: number): string =>
  share >= 0.995 ? 'Nearly all' : share < 0.01 ? 'Under 1 %' : `About ${Math.round(share * 100)} %`

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
  | { is: 'failing' | 'slow'; share: number; where: Where }
  | { is: 'share-unknown'; where: Where }
  | { is: 'quoted' | 'quoted-healthy'; where: Where; people: number; of: number }
  | { is: 'upstream' | 'more-reports' | 'cause-unknown' | 'exposure' | 'takeover' | 'exposure-open' }
  | { is: 'recovered'; share: number; slower: Where | null }
  | { is: 'confirmed' | 'suspected'; title: string }
  | { is: 'over-by-person' | 'over-unreported' | 'over-unheard' | 'over-calm' }
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
  const refs = [e.incident]
  const out: Pointed[] = []
  const worst = (e.segments ?? [])[0]
  if (worst) out.push([segmentPoint(worst, e.kind === 'degraded'), refs])
  else out.push([{ is: e.kind === 'upstream' ? 'upstream' : 'more-reports' }, refs])
  const quote = quotePoint(e)
  if (quote) out.push([quote, refs])
  if (e.recovery && e.recovery.recovered >= 0.3) {
    const slow = e.recovery.segments[0]
    const slower = slow && slow.recovered < e.recovery.recovered - 0.15 ? slow.where : null
    out.push([{ is: 'recovered', share: e.recovery.recovered, slower }, refs])
  }
  out.push(causePoint(e))
  if (e.security?.state === 'suspected') {
    const toldBy = e.security.because.flatMap(b => b.refs)
    for (const is of e.security.about ?? (['exposure'] as const)) out.push([{ is }, toldBy])
  }
  return out
}

/** How it ended: calm, a person's word, or silence; only what was observed is called back to normal. */
function ending(e: IncidentEvent): Pointed[] {
  const refs = [e.incident]
  const out: Pointed[] = []
  const unheard = (e.recovery?.segments ?? []).filter(s => s.recovered < 1)
  if (e.by !== undefined) out.push([{ is: 'over-by-person' }, refs])
  else if (e.kind === 'security') out.push([{ is: 'over-unreported' }, refs])
  else if (unheard.length > 0) out.push([{ is: 'over-silent', where: unheard.map(s => s.where) }, refs])
  else out.push([{ is: (e.recovery?.recovered ?? 1) < 1 ? 'over-unheard' : 'over-calm' }, refs])
  if (e.security?.state === 'suspected') out.push([{ is: 'exposure-open' }, refs])
  return out
}

const segmentPoint = (s: Segment, slow: boolean): Point =>
  s.share === null
    ? { is: 'share-unknown', where: s.where }
    : { is: slow ? 'slow' : 'failing', share: s.share, where: s.where }

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
    case 'share-unknown':
      return `More problem reports than usual: ${placeText(p.where)}. The share of people affected is not known.`
    case 'quoted':
      return `Quoted from error pages more than usual: ${placeText(p.where)} (${p.people} of ${p.of} people who quote a code).`
    case 'quoted-healthy':
      return `Quoted from error pages more than usual: ${placeText(p.where)} (${p.people} of ${p.of} people who quote a code); our own requests there are not failing.`
    case 'upstream':
      return 'People report problems here while a service this one stands on is failing; our own requests are not failing.'
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
