import {
  type Notice,
  type NoticeImpact,
  type NoticePart,
  type NoticeState,
  type NoticeStatus,
  PAGE_THREAD,
} from '../../contract/signal.js'
import { DAY, type EpochMs } from '../../contract/time.js'

/**
 * What others say of a service now, in their words. A word of theirs is shown as theirs and never becomes a state of ours: "all
 * is well" takes nothing from what people report, and "major outage" is told at once, beside what is measured here.
 */

/** So far back it is read what was said: a page that stays as it is says nothing anew. */
export const TOLD_MS = 14 * DAY
/** A notice without a status is believed for so long. */
const BARE_MS = DAY

/** A label of notices that come from another instance of this program: which one. They are findings, and no vendor's word. */
export const EXCHANGE_LABEL = 'exchange'

/** Everything that one source said of one story, oldest first. */
export interface Story {
  /** Null: it does not say who it is. */
  source: string | null
  thread: string | null
  words: Notice[]
}

/** When a notice reached us. */
export const heardAt = ({ at, seenAt }: Notice): EpochMs => Math.max(seenAt ?? at, at)

/** How a page stands is what was read last; where a story stands is what was said last. */
const order = (isPage: boolean) => (a: Notice, b: Notice) =>
  isPage
    ? heardAt(a) - heardAt(b) || a.at - b.at || (a.id < b.id ? -1 : 1)
    : a.at - b.at || heardAt(a) - heardAt(b) || (a.id < b.id ? -1 : 1)

/** Notices by who says them and what of; whatever else is among the facts is passed over. */
export function storiesOf(facts: readonly { via: string }[]): Story[] {
  const found = new Map<string, Story>()
  for (const fact of facts) {
    if (fact.via !== 'notice') continue
    const notice = fact as Notice
    const [source, thread] = [notice.source ?? null, notice.thread ?? null]
    const key = JSON.stringify([source, thread])
    const story = found.get(key) ?? { source, thread, words: [] }
    story.words.push(notice)
    found.set(key, story)
  }
  for (const { thread, words } of found.values()) words.sort(order(thread === PAGE_THREAD))
  return [...found.values()]
}

/** What one source says of one thing now. */
export interface Told {
  source: string | null
  /** It is what its page says as a whole, not one story of it. */
  whole: boolean
  /** How it is by that: a page's state, or what a story's impact stands for, which is never `ok` or `down`; null: it does not say. */
  says: NoticeState | null
  /** It says that something does not work, or that somebody looks into it. */
  isTrouble: boolean
  impact: NoticeImpact | null
  status: NoticeStatus | null
  /** Word by word; null: none was given. */
  title: string | null
  href: string | null
  /** When it was said, by whoever says it. */
  at: EpochMs
  /** When that was read here first. */
  seenAt: EpochMs
  /** What it names and does not call well. */
  parts: NoticePart[]
  /** Regions, or what else it names, in its spelling. */
  scope: Notice['scope']
  /** The newest word itself. */
  notice: Notice
}

const OF_IMPACT: Record<NoticeImpact, NoticeState | null> = {
  none: null,
  maintenance: 'maintenance',
  minor: 'degraded',
  major: 'partial',
  critical: 'partial',
}
const BADNESS: Record<NoticeState, number> = { ok: 0, unknown: 1, maintenance: 2, degraded: 3, partial: 4, down: 5 }
const IMPACT_BADNESS: Record<NoticeImpact, number> = { none: 0, maintenance: 0, minor: 1, major: 2, critical: 3 }

/** A story without an impact is as bad as the mildest. */
const badness = ({ says, isTrouble }: Told): number =>
  says === null ? (isTrouble ? BADNESS.degraded : 0) : BADNESS[says]

/** Nothing is told by what is over, or has not begun. */
const isOver = (status: NoticeStatus | null): boolean =>
  status === 'resolved' || status === 'postmortem' || status === 'scheduled'

function toldBy({ source, thread, words }: Story): Told {
  const last = words.at(-1) as Notice
  // What is touched and how badly is said with the newest word alone, or with a change of just that.
  const impact = words.findLast(each => each.impact !== undefined)?.impact ?? null
  const parts = words.findLast(each => each.parts !== undefined)?.parts ?? []
  const status = words.findLast(each => each.status !== undefined)?.status ?? null
  const isPage = thread === PAGE_THREAD
  // What a page no longer says it does not say.
  const own = isPage ? (last.impact ?? null) : impact
  const named = isPage ? (last.parts ?? []).slice(1) : parts
  const says = isPage ? (last.parts?.[0]?.state ?? 'unknown') : ofStory(status, impact)
  return {
    source,
    whole: isPage,
    says,
    isTrouble: says === null ? impact === null && status !== null : BADNESS[says] >= BADNESS.degraded,
    impact: own,
    status: isPage ? null : status,
    title: last.title ?? null,
    href: last.href ?? null,
    at: last.at,
    seenAt: heardAt(last),
    parts: named.filter(({ state }) => state !== 'ok'),
    scope: last.scope,
    notice: last,
  }
}

/** A notice never says of the whole that it is down, nor that all is well. */
function ofStory(status: NoticeStatus | null, impact: NoticeImpact | null): NoticeState | null {
  if (impact === 'maintenance' || status === 'in_progress') return 'maintenance'
  return impact === null ? null : OF_IMPACT[impact]
}

/** A page is silent where it makes no statement: that is told neither as well nor as unknown. */
const isSilent = ({ thread, words }: Story): boolean =>
  thread === PAGE_THREAD && words.at(-1)?.parts?.[0]?.state === undefined

/**
 * What is said now, worst first, then newest: of each source its page as a whole, and each story that is not over. A story that was
 * left open is over once its own page says later that all is well.
 */
export function toldOf(facts: readonly { via: string }[], now: EpochMs): Told[] {
  const stories = storiesOf(facts)
  const wellSince = new Map<string | null, EpochMs>()
  for (const { source, thread, words } of stories) {
    const last = words.at(-1) as Notice
    if (thread === PAGE_THREAD && last.parts?.[0]?.state === 'ok') wellSince.set(source, heardAt(last))
  }
  return stories
    .filter(story => {
      if (story.thread === PAGE_THREAD) return !isSilent(story)
      const told = toldBy(story)
      if (isOver(told.status) || told.seenAt < (wellSince.get(story.source) ?? Number.NEGATIVE_INFINITY)) return false
      return told.status !== null || told.seenAt > now - BARE_MS
    })
    .map(toldBy)
    .sort(
      (a, b) =>
        badness(b) - badness(a) ||
        IMPACT_BADNESS[b.impact ?? 'none'] - IMPACT_BADNESS[a.impact ?? 'none'] ||
        b.at - a.at ||
        ((a.source ?? '') < (b.source ?? '') ? -1 : 1),
    )
}
