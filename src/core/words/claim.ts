import type { IncidentEvent, Uneven, Where } from '../../contract/incident.js'
import { CLAIM_SOURCES, type ClaimSource, type ClaimVerdict, type Order, VERDICTS } from '../../contract/order.js'
import { ofChecks } from '../incident/sentences.js'
import { goneOf } from '../incident/verdict.js'
import { type About, readAbout } from './about.js'
import { count, type Line, line, name, parts, place, share, span, term, time, words } from './says.js'
import { asOf, foldedOf, phase, publicWords, type Story } from './story.js'

/** What somebody says about an incident, and what the record makes of it. */
export interface Claim {
  /** Id of the command that brought it. */
  id: string
  at: number
  text: string
  source: ClaimSource
  /** Who says it; null: not named. */
  who: string | null
  href: string | null
  /** Who wrote it down. */
  by: string
  verdict: ClaimVerdict
  /** Who decided: a person by name; null: the record, by rule. */
  decidedBy: string | null
  /** What it rests on. */
  reasons: Line[]
}

/** From so little on a listed cause is as good as none. */
const UNLIKELY = 0.05
/** A share of a segment that is seen to fail. */
const FAILS_FROM = 0.01

/** The claims that were made by the story's moment, oldest first, each with what the record says of it then. */
export function claimsOf(story: Story): Claim[] {
  return story.orders.flatMap(order =>
    order.verb === 'claim' && order.text !== undefined ? claimOf(order, story) : [],
  )
}

function claimOf(order: Order, story: Story): Claim {
  const ruled = story.orders.findLast(each => each.verb === 'judge' && (each.claim ?? '') === order.id)
  const asked = order.about === undefined ? [] : (readAbout(order.about) ?? [])
  // "It is over" is said of the moment at which it is said.
  const found = asked.map(about => judged(about, about.is === 'over' ? asOf(story, order.at) : story))
  const reasons = found.flatMap(each => each.reasons)
  if (reasons.length === 0) reasons.push(line('claim-nothing', {}, [order.id], []))
  if (ruled)
    reasons.push(
      line('claim-person', { by: name(ruled.by), words: words(ruled.why) }, [ruled.id], [`order:${ruled.id}`]),
    )
  return {
    id: order.id,
    at: order.at,
    text: order.text!,
    source: CLAIM_SOURCES.find(each => each === order.source) ?? 'rumour',
    who: order.person ?? null,
    href: order.href ?? null,
    by: order.by,
    verdict: VERDICTS.find(each => each === ruled?.verdict) ?? together(found.map(each => each.verdict)),
    decidedBy: ruled?.by ?? null,
    // It is told because it was asked.
    reasons: reasons.map(each => ({ ...each, rests: [`order:${order.id}`, ...each.rests] })),
  }
}

/** A claim of several parts holds where all do, and falls with one. */
const together = (all: readonly ClaimVerdict[]): ClaimVerdict =>
  all.includes('contradicted')
    ? 'contradicted'
    : all.length > 0 && all.every(each => each === 'supported')
      ? 'supported'
      : 'not-known'

/**
 * The claims that an update has to answer: those that were brought since the last public word, and those of which the record
 * says something else now than it did then.
 */
export function unanswered(story: Story): Claim[] {
  const last = publicWords(story).at(-1)?.order
  const now = claimsOf(story)
  if (last === undefined) return now
  const then = new Map(claimsOf(asOf(story, last.at)).map(each => [each.id, each.verdict]))
  return now.filter(each => then.get(each.id) !== each.verdict)
}

/** Claims as sentences, each with what the record says of it. */
export const claimLines = (claims: readonly Claim[]): Line[] =>
  claims.flatMap(claim => [
    line(
      'claim',
      { source: term(claim.source), words: words(claim.text), verdict: term(claim.verdict) },
      [claim.id, ...(claim.href === null ? [] : [claim.href])],
      [`order:${claim.id}`, ...claim.reasons.flatMap(each => each.rests)],
    ),
    ...claim.reasons,
  ])

interface Judged {
  verdict: ClaimVerdict
  reasons: Line[]
}
const judgedAs = (verdict: ClaimVerdict, ...reasons: Line[]): Judged => ({ verdict, reasons })

/** Holds one question against the record. */
function judged(about: About, story: Story): Judged {
  const e = foldedOf(story)
  if (e === null) return judgedAs('not-known')
  switch (about.is) {
    case 'cause':
      return causeHeld(about.subject, e)
    case 'no-link':
      return linkHeld(about.subject, e)
    case 'breach':
      return breachHeld(e)
    case 'no-breach': {
      const { verdict, reasons } = breachHeld(e)
      return judgedAs(OPPOSITE[verdict], ...reasons)
    }
    case 'where':
      return placeHeld(about.where, story, e)
    case 'uneven':
      return unevenHeld(about.where, story, e)
    case 'components':
      return partsHeld(about.components, story, e)
    case 'over':
      return overHeld(story, e)
    case 'recovering':
      return recoveringHeld(e)
    case 'noticed':
      return noticedHeld(about.withinMs, story, e)
    case 'identified':
      return identifiedHeld(e)
  }
  return about satisfies never
}

const OPPOSITE: Record<ClaimVerdict, ClaimVerdict> = {
  supported: 'contradicted',
  contradicted: 'supported',
  'not-known': 'not-known',
}

/** A machine suspects: only what a person or a cited statement settled makes a claim about a cause true or false. */
function causeHeld(subject: string, e: IncidentEvent): Judged {
  const found = e.causes?.find(each => each.subject === subject)
  const other = e.causes?.find(each => each.state === 'confirmed' && each.subject !== subject)
  const rests = [`cause:${subject}`]
  const cause = found && name(found.title)
  if (found && cause && found.state === 'confirmed')
    return judgedAs('supported', line('claim-confirmed', { cause }, [subject], rests))
  if (found && cause && found.state === 'ruled_out')
    return judgedAs('contradicted', line('claim-ruled-out', { cause }, [subject], rests))
  if (other)
    return judgedAs(
      'contradicted',
      line('claim-other', { cause: name(other.title) }, [other.subject], [`cause:${other.subject}`]),
    )
  if (!found || !cause) return judgedAs('not-known', line('claim-unlisted', {}, [e.incident], []))
  const say = found.probability < UNLIKELY ? 'claim-unlikely' : 'claim-suspected'
  return judgedAs('not-known', line(say, { cause, share: share(found.probability) }, [subject], rests))
}

/** "Nothing links it": the record can bear that out only where it looked at the cause and found more against it than for. */
function linkHeld(subject: string, e: IncidentEvent): Judged {
  const found = e.causes?.find(each => each.subject === subject)
  const against = found?.because.filter(each => each.bits < 0).length ?? 0
  const bits = found?.because.reduce((sum, each) => sum + each.bits, 0) ?? 0
  const unlinked =
    found && (found.state === 'ruled_out' || (found.state === 'suspected' && found.probability < UNLIKELY))
  if (!found || !unlinked || bits >= 0 || against === 0) {
    const { verdict, reasons } = causeHeld(subject, e)
    return judgedAs(OPPOSITE[verdict], ...reasons)
  }
  const slots = { cause: name(found.title), share: share(found.probability), count: count(against) }
  return judgedAs('supported', line('claim-no-link', slots, [subject], [`cause:${subject}`]))
}

function breachHeld(e: IncidentEvent): Judged {
  const { state, because } = e.security ?? { state: 'no_evidence' as const, because: [] }
  const refs = [e.incident, ...because.flatMap(each => each.refs)]
  if (state === 'confirmed') return judgedAs('supported', line('breach-confirmed', {}, refs, ['security']))
  if (state === 'ruled_out') return judgedAs('contradicted', line('breach-ruled-out', {}, refs, ['security']))
  const say = state === 'suspected' ? 'breach-suspected' : 'breach-none'
  return judgedAs('not-known', line(say, {}, refs, state === 'suspected' ? ['security'] : []))
}

/** Values of a label that were in a segment at any time, and those that are seen to be fine and never were. */
function seenOf(label: string, story: Story, e: IncidentEvent) {
  const hit = new Set(
    story.events.flatMap(each =>
      (each.segments ?? []).filter(s => (s.share ?? 0) >= FAILS_FROM).flatMap(s => own(s.where, label)),
    ),
  )
  return { hit, fine: new Set(own(e.unaffected ?? {}, label).filter(each => !hit.has(each))) }
}
const own = (where: Where, label: string): string[] => (Object.hasOwn(where, label) ? (where[label] ?? []) : [])

function placeHeld(where: Where, story: Story, e: IncidentEvent): Judged {
  const [hit, fine, unseen]: [Where, Where, Where] = [{}, {}, {}]
  for (const [label, values] of Object.entries(where)) {
    const seen = seenOf(label, story, e)
    for (const value of values) {
      const into = seen.hit.has(value) ? hit : seen.fine.has(value) ? fine : unseen
      into[label] = [...(into[label] ?? []), value]
    }
  }
  const some = (found: Where) => Object.keys(found).length > 0
  const refs = [e.incident]
  const reasons = [
    ...(some(hit) ? [line('claim-hit', { where: place(hit) }, refs, ['segments'])] : []),
    ...(some(fine) ? [line('claim-fine', { where: place(fine) }, refs, ['unaffected'])] : []),
    ...(some(unseen) ? [line('claim-unmeasured', { where: place(unseen) }, refs, [])] : []),
  ]
  return judgedAs(some(fine) ? 'contradicted' : some(unseen) ? 'not-known' : 'supported', ...reasons)
}

const hitOf = ({ hit, share }: Uneven): number => hit?.share ?? share

function unevenHeld(where: Where, story: Story, e: IncidentEvent): Judged {
  const wanted = JSON.stringify(where)
  // As it was when most of it was hit: later it is uneven as well, by what is left.
  const [found] = story.events
    .flatMap(each => each.uneven ?? [])
    .filter(each => JSON.stringify(each.where) === wanted)
    .sort((a, b) => hitOf(b) - hitOf(a))
  if (!found) return judgedAs('not-known', line('claim-even', { where: place(where) }, [e.incident], []))
  const slots = { where: place(where), share: share(hitOf(found)) }
  return judgedAs('supported', line('claim-uneven', slots, [e.incident], ['uneven']))
}

function partsHeld(asked: readonly string[], story: Story, e: IncidentEvent): Judged {
  const named = new Set(story.events.flatMap(each => each.components ?? []))
  const hit = asked.filter(each => named.has(each))
  const rest = asked.filter(each => !named.has(each))
  const fine = new Set(own(e.unaffected ?? {}, 'component'))
  const reasons = [
    ...(hit.length > 0 ? [line('claim-parts', { parts: parts(hit) }, [e.incident], ['components'])] : []),
    ...(rest.length > 0 ? [line('claim-parts-unnamed', { parts: parts(rest) }, [e.incident], [])] : []),
  ]
  const verdict = rest.some(each => fine.has(each)) ? 'contradicted' : rest.length > 0 ? 'not-known' : 'supported'
  return judgedAs(verdict, ...reasons)
}

/** "Resolved", said of what is still measured as failing, is contradicted; said of what nobody measures it is not known. */
function overHeld(story: Story, e: IncidentEvent): Judged {
  const refs = [e.incident]
  if (phase(story) === 'resolved') {
    const at = time(story.events.findLast(each => each.event === 'resolved')!.at)
    return judgedAs('supported', line('claim-over', { at }, refs, ['end']))
  }
  // The story ends when it was said: what is measured later makes it no truer.
  const at = time(story.now)
  const worst = (e.segments ?? []).find(each => (each.share ?? 0) >= FAILS_FROM)
  if (worst)
    return judgedAs(
      'contradicted',
      line(
        'claim-failing',
        { at, share: share(worst.share!), of: term(ofChecks(e) ? 'checks' : 'requests'), where: place(worst.where) },
        refs,
        ['segments'],
      ),
    )
  return judgedAs('not-known', line('claim-open', { at }, refs, []))
}

function recoveringHeld(e: IncidentEvent): Judged {
  const sure = goneOf(e)
  if (sure <= 0) return judgedAs('not-known', line('claim-unturned', {}, [e.incident], []))
  const rests = ['recovery']
  if (sure >= 0.995) return judgedAs('supported', line('gone-nearly', {}, [e.incident], rests))
  const gone = line('gone', { share: share(sure) }, [e.incident], rests)
  return judgedAs(sure >= 0.1 ? 'supported' : 'not-known', gone)
}

function noticedHeld(withinMs: number, story: Story, e: IncidentEvent): Judged {
  const opened = Date.parse(story.events[0]!.at)
  // From the earliest time at which it may have begun: what is praised must hold there too.
  const [earliest = opened, latest = opened] = (e.startedAtInterval ?? [e.startedAt ?? story.events[0]!.at]).map(each =>
    Date.parse(each),
  )
  const slots = { start: time(earliest), at: time(opened), span: span(Math.max(0, opened - earliest)) }
  const verdict =
    opened - earliest <= withinMs ? 'supported' : opened - latest > withinMs ? 'contradicted' : 'not-known'
  return judgedAs(verdict, line('claim-noticed', slots, [e.incident], ['startedAt']))
}

/** An identified cause is one that somebody stands up for. */
function identifiedHeld(e: IncidentEvent): Judged {
  const found = e.causes?.find(each => each.state === 'confirmed')
  if (!found) return judgedAs('not-known', line('claim-unnamed', {}, [e.incident], []))
  const rests = [`cause:${found.subject}`]
  return judgedAs('supported', line('claim-confirmed', { cause: name(found.title) }, [found.subject], rests))
}
