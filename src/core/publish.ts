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
      return `${what}: people report seeing what is not theirs`
    case 'upstream':
      return `${what}: trouble at a service it stands on`
    case 'displaced-load':
      return `${what}: load displaced from elsewhere`
    default:
      return `${what} failing`
  }
}

/** What is known now, in order of use to a reader. */
export function sentences(e: IncidentEvent): Statement[] {
  if (e.event === 'resolved') return ending(e)
  const out: Statement[] = []
  const worst = (e.segments ?? [])[0]
  if (worst) out.push({ text: segmentSentence(worst, e.kind === 'degraded'), refs: [e.incident] })
  else if (e.kind === 'upstream')
    out.push({
      text: 'People report problems here while a service this one stands on is failing; our own requests are not failing.',
      refs: [e.incident],
    })
  else out.push({ text: 'People report more problems than usual.', refs: [e.incident] })
  const slow = e.recovery?.segments[0]
  if (e.recovery && e.recovery.recovered >= 0.3)
    out.push({
      text: `${portion(e.recovery.recovered)} of the trouble is gone${slow && slow.recovered < e.recovery.recovered - 0.15 ? `; ${placeText(slow.where)} is slower to recover` : ''}.`,
      refs: [e.incident],
    })
  out.push(causeSentence(e))
  if (e.security?.state === 'suspected')
    out.push({
      text: 'Several people say they see what belongs to others; this is being looked at and is not confirmed.',
      refs: e.security.because.flatMap(b => b.refs),
    })
  return out
}

/** How it ended: calm, a person's word, or silence; only what was observed is called back to normal. */
function ending(e: IncidentEvent): Statement[] {
  const refs = [e.incident]
  const exposed = e.security?.state === 'suspected'
  const out: Statement[] = []
  const unheard = (e.recovery?.segments ?? []).filter(s => s.recovered < 1)
  if (e.by !== undefined) out.push({ text: 'A person called this over.', refs })
  else if (e.kind === 'security') out.push({ text: 'Nobody has reported it lately.', refs })
  else if (unheard.length > 0) {
    const silent = unheard.map(s => placeText(s.where)).join('; ')
    out.push({ text: `What can be seen is back to its usual level. Nothing is heard from ${silent}.`, refs })
  } else if ((e.recovery?.recovered ?? 1) < 1) out.push({ text: 'Nothing has been heard of it lately.', refs })
  else out.push({ text: 'What was affected has been back to its usual level for ten minutes.', refs })
  if (exposed) out.push({ text: 'Whether anything was exposed is for people to establish.', refs })
  return out
}

function segmentSentence(s: Segment, slow: boolean): string {
  const what = slow ? 'slow' : 'failing'
  return s.share === null
    ? `More problem reports than usual: ${placeText(s.where)}. The share of people affected is not known.`
    : `${portion(s.share)} of requests are ${what}: ${placeText(s.where)}.`
}

/** Correlation is never sold as cause: only a confirmed cause is called one. */
function causeSentence(e: IncidentEvent): Statement {
  const confirmed = e.causes?.find(c => c.state === 'confirmed')
  if (confirmed) return { text: `Cause confirmed: ${confirmed.title}.`, refs: refsOf(confirmed) }
  const first = e.causes?.find(c => c.state === 'suspected')
  if (first && first.probability >= 0.5 && first.probability > (e.unexplained ?? 0))
    return { text: `Suspected, not confirmed: ${first.title}.`, refs: refsOf(first) }
  return { text: 'The cause is not known.', refs: [e.incident] }
}

const refsOf = (c: Cause): string[] => [...new Set([c.subject, ...c.because.flatMap(b => b.refs)])]
