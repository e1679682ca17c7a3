import type { SegmentReading } from '../../contract/finding.js'
import { MEASURED, type Quoted, type Uneven } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { CLEAR_SHARE, UNREADABLE_MS } from '../rates/rise-detector.js'
import { groupNamed } from '../aggregate/label-sets.js'
import { readMentions, SERVING, type Books, type MentionState, type MentionedValues } from './mentions.js'
import { EXCESS_BITS, groupExcess, type RateWindow } from '../rates/excess.js'

// What people quote, held against what requests and checks say: it names what they do not see, adds to what they do see,
// and where they contradict it, that is told.

/** Below this share at the upper end of its interval, requests of a value are called healthy. */
const HEALTHY_SHARE = 0.05
/** A picture of quotes stands for so long, unless a clearer one comes. */
const HOLD_MS = 15 * MINUTE
/** Labels that say where people are: among them, codes are quoted more often merely because it is there that things fail. */
const PEOPLE = new Set(['country', 'region', 'city', 'isp', 'asn', 'network', 'vantage'])

export interface Rates {
  metrics: RateWindow | null
  checks: RateWindow | null
}

/** Does this value fail, as far as anybody measures it? */
function measuredOf({ metrics, checks }: Rates, label: string, value: string, now: EpochMs): Quoted['measured'] {
  for (const rates of [metrics, checks]) {
    if (!rates) continue
    const group = groupNamed(rates.state.book, label, value)
    if (group === undefined || !(rates.groups.total[group]! > 0) || now - rates.newest[group]! > UNREADABLE_MS) continue
    const { excess, bits, error } = groupExcess(rates, group)
    if (excess >= CLEAR_SHARE.bad && bits >= EXCESS_BITS) return 'failing'
    if (excess + 2 * error < HEALTHY_SHARE) return 'healthy'
  }
  return 'unknown'
}

/** What stood out, and when. */
export interface HeldMentions {
  at: EpochMs
  found: MentionedValues[]
}

const bitsOf = (found: readonly MentionedValues[]): number => found.reduce((sum, f) => sum + f.bits, 0)

/**
 * What people quote too often in [from, now), or did. Contrast is clearest in the first minutes: later, talk brings quotes from
 * everywhere, and a picture less clear does not take the place of a clear one before HOLD_MS.
 */
export function holdMentions(
  q: MentionState,
  books: Books,
  held: HeldMentions | null,
  from: EpochMs,
  now: EpochMs,
): HeldMentions | null {
  const found = readMentions(q, books, from, now)
  const fresh = held !== null && now - held.at < HOLD_MS
  if (fresh && bitsOf(found) < bitsOf(held.found)) return held
  return found.length > 0 ? { at: now, found } : null
}

/** By what is measured of it now; most bits first. */
export const mentionedNow = (held: HeldMentions | null, rates: Rates, now: EpochMs): Quoted[] =>
  (held?.found ?? []).flatMap(found => byMeasure(found, rates, now)).sort((x, y) => y.bits - x.bits)

function byMeasure(found: MentionedValues, rates: Rates, now: EpochMs): Quoted[] {
  const out: Quoted[] = []
  const total = found.people.reduce((sum, n) => sum + n, 0)
  for (const measured of MEASURED) {
    const own = found.values.flatMap((v, i) => (measuredOf(rates, found.label, v, now) === measured ? [i] : []))
    if (own.length === 0) continue
    const people = own.reduce((sum, i) => sum + found.people[i]!, 0)
    out.push({
      where: { [found.label]: own.map(i => found.values[i]!).sort() },
      people,
      of: found.of,
      usual: own.reduce((sum, i) => sum + found.usual[i]!, 0),
      // The evidence is of the whole set; a part of it has its part.
      bits: (found.bits * people) / total,
      measured,
    })
  }
  return out
}

/** Who sees something fail now, if machines do. */
export type Seen = 'metrics' | 'checks' | 'nothing'

const labelOf = (q: Quoted): string => Object.keys(q.where)[0]!

/**
 * Adds what is quoted to what was located: bits where both name the same, else a segment whose share nobody knows. Where
 * machines already say which cell or edge fails, codes in other words than theirs, and those that they see healthy, are only told.
 */
export function joinMentions(segments: SegmentReading[], quoted: readonly Quoted[], seen: Seen): void {
  const machines = seen !== 'nothing'
  const located = new Set(segments.flatMap(s => Object.keys(s.where)).filter(label => SERVING.includes(label)))
  // Where some quotes name what machines located, those that do not name something else; where none does, nobody knows.
  const otherWords = (label: string): boolean =>
    located.size > 0 && !located.has(label) && !quoted.some(q => located.has(labelOf(q)))
  for (const q of quoted) {
    const label = labelOf(q)
    const values = q.where[label]!
    const named = segments.filter(s => s.where[label]?.some(v => values.includes(v)))
    for (const s of named) s.bits += q.bits / named.length
    if (machines && (q.measured === 'healthy' || otherWords(label))) continue
    // What requests count as failing and is in no segment fails as everything does; a few checks cannot tell.
    if (q.measured === 'failing' && (seen === 'metrics' || located.size > 0)) continue
    const added = values.filter(v => !segments.some(s => s.where[label]?.includes(v)))
    if (added.length === 0) continue
    const excess = segments.length === 0 ? Math.max(0, q.people - q.usual * q.of) : 0
    segments.push({ where: { [label]: added }, share: null, interval: null, bits: q.bits, excess })
  }
}

/**
 * Some fail and others do not, and nothing that is measured tells them apart: if they quote some codes far oftener than
 * others, those do. Within a country only what is quoted there can say so.
 */
export function explainUneven(
  uneven: readonly Uneven[],
  quoted: readonly Quoted[],
  within: (countries: readonly string[]) => readonly { label: string }[],
): Uneven[] {
  return uneven.map(u => {
    if (u.explainedBy.length > 0) return u
    const places = Object.keys(u.where).filter(label => PEOPLE.has(label))
    if (places.some(label => label !== 'country')) return u
    const labels = places.length === 0 ? quoted.map(labelOf) : within(u.where['country']!).map(found => found.label)
    const others = [...new Set(labels)].filter(label => SERVING.includes(label) && !(label in u.where)).sort()
    return others.length > 0 ? { ...u, explainedBy: others } : u
  })
}
