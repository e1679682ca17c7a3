import type { NoticeImpact, NoticeState, NoticeStatus } from '../../../contract/signal.js'
import type { EpochMs } from '../../../contract/time.js'

/**
 * What a vendor's page says, in one shape for all kinds of page. The parsers beside this file are pure functions from the
 * text of an answer to a {@link Reading}. Their law: a word that is not understood is `unknown`, an answer that is not
 * understood is unreadable with the reason, and neither `ok` nor `down` is ever said that the vendor did not say.
 */

/** How a part of a service is, in the vendor's word. */
export type State = NoticeState

/**
 * The whole page in one word. `quiet`: the list could be read and has nothing open, but the page makes no statement that
 * all is well; that is less than `ok`.
 */
export type Says = State | 'quiet'

/** How bad the vendor calls a notice; null: it does not say. */
export type Impact = NoticeImpact

/** Where a notice stands; null: the vendor used no word that is known. */
export type Lifecycle = NoticeStatus

export interface VendorPart {
  id?: string
  name: string
  state: State
  /** The heading under which the page shows it. */
  group?: string
}

/** One thing that the vendor said, word by word, without markup. */
export interface Word {
  /** Null where the vendor gives no time. */
  at: EpochMs | null
  status: Lifecycle | null
  text: string
}

export interface VendorNotice {
  /** The vendor's id; made from the content where it gives none. */
  id: string
  title: string
  url?: string
  status: Lifecycle | null
  /** False when the vendor says that it is over, or that it has not begun. */
  open: boolean
  impact: Impact | null
  /** The parts it names; `state` is what they are now, as far as the notice says. */
  parts: VendorPart[]
  /** Regions and places in the vendor's spelling. */
  regions: string[]
  startedAt: EpochMs | null
  updatedAt: EpochMs | null
  resolvedAt: EpochMs | null
  /** Planned work: when it was to begin and to end. */
  window?: { from: EpochMs; until: EpochMs | null }
  /** What was said over time, oldest first. */
  words: Word[]
}

export interface VendorPage {
  readable: true
  name?: string
  says: Says
  /** The page's own sentence, such as "All Systems Operational". */
  sentence?: string
  /** When the vendor last touched the page, if it says so. */
  updatedAt: EpochMs | null
  parts: VendorPart[]
  /** Oldest first. */
  notices: VendorNotice[]
}

export interface Unreadable {
  readable: false
  /** One sentence for people: what was expected and what came. */
  reason: string
}

export type Reading = VendorPage | Unreadable

/** A pure reader of one kind of page. */
export type Parse = (text: string) => Reading

export const unreadable = (reason: string): Unreadable => ({ readable: false, reason })

const BADNESS: Record<Says, number> = { quiet: 0, ok: 1, unknown: 2, maintenance: 3, degraded: 4, partial: 5, down: 6 }

/** The worse of two words. `unknown` is worse than `ok`: all is well only when everything that is said is understood. */
export const worse = <S extends Says>(a: S, b: S): S => (BADNESS[b] > BADNESS[a] ? b : a)

/**
 * What an open notice of an impact says of the page. How the whole is, a notice never says, however bad it is: that a
 * page is down is its banner's to say.
 */
const OF_IMPACT: Record<Impact, State> = {
  none: 'ok',
  maintenance: 'maintenance',
  minor: 'degraded',
  major: 'partial',
  critical: 'partial',
}

/** What one part says of the whole: a part that is down leaves a page that is partly down. */
const ofPart = (state: State): State => (state === 'down' ? 'partial' : state)

/** What an open notice says of the page. One without an impact still says that something is not as it should be. */
function ofNotice({ status, impact, parts }: VendorNotice): State {
  let says: State = impact !== null ? OF_IMPACT[impact] : status === null ? 'unknown' : 'degraded'
  if (impact !== 'maintenance')
    for (const { state } of parts) if (state !== 'unknown') says = worse(says, ofPart(state))
  return says
}

/**
 * The page's word beside its notices: a banner that is green while an incident is open is overruled by the incident, and
 * a page without a banner says `quiet`, or what its open notices say.
 */
export function saysOf(banner: State | null, notices: readonly VendorNotice[]): Says {
  let says: Says = banner ?? 'quiet'
  for (const notice of notices) {
    const own = notice.open ? ofNotice(notice) : 'ok'
    // That one notice is harmless is no statement about the rest.
    if (own !== 'ok') says = worse<Says>(says, own)
  }
  return says
}

const when = (notice: VendorNotice): number => notice.startedAt ?? notice.updatedAt ?? Number.POSITIVE_INFINITY

/** A page from its parts: notices and words in the order of time. */
export function page(
  banner: State | null,
  notices: VendorNotice[],
  rest: Partial<Omit<VendorPage, 'readable' | 'says' | 'notices'>> = {},
): VendorPage {
  const sorted = [...notices].sort((a, b) => when(a) - when(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  for (const notice of sorted) notice.words.sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
  return { readable: true, says: saysOf(banner, sorted), updatedAt: null, parts: [], ...rest, notices: sorted }
}
