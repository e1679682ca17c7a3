import { createHash } from 'node:crypto'
import {
  EARLIEST_MS,
  ID_CHARS,
  LABEL_VALUE_CHARS,
  LATEST_MS,
  TEXT_CHARS,
  TITLE_CHARS,
} from '../../../contract/limits.js'
import { type Notice, type NoticePart, PAGE_THREAD, type Scope } from '../../../contract/signal.js'
import type { EpochMs } from '../../../contract/time.js'
import { DAY, HOUR } from '../../../contract/time.js'
import type { Says, VendorNotice, VendorPage, VendorPart, Word } from './reading.js'

/**
 * What a page says, as signals: one for each word of a notice, in the vendor's words, and one for the page when what it says
 * as a whole is news. A signal is named by its content, so a page that is read again tells nothing twice.
 */

export interface Place {
  /** Whose signals they are. */
  service: string
  /** Who says it, as people read it. */
  source: string
  seenAt: EpochMs
}

/** What was last told of a page; small, and kept between two readings. */
export interface Told {
  page?: string
  /** When that was said last. */
  pageAt?: EpochMs
  /** Notice → how it stood when it was last told. */
  notices: Record<string, string>
}

/** What a page says as a whole is said again so often: by that it is known that it was read, and found so. */
export const SAID_AGAIN_MS = 20 * HOUR
/** Notices that ended longer ago are history, and not told. */
const PAST_MS = 7 * DAY
/** Notices of one page that are followed at once; each is remembered in a hundred bytes. */
export const NOTICES = 400
/** Parts of one signal at most: those that are not well come first. */
const PARTS = 100

const digest = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)

/** Cut at a character, never in the middle of one. */
function cut(text: string, chars: number): string {
  if (text.length <= chars) return text
  const end = /[\ud800-\udbff]/.test(text[chars - 2] ?? '') ? chars - 2 : chars - 1
  return `${text.slice(0, end)}…`
}

/**
 * What nobody sees, or what turns the direction around, is left out; the joiners and selectors that some writing needs are
 * kept. The same that the door asks of titles and names.
 */
const UNSEEN =
  /((?<=[\p{L}\p{M}\p{Emoji}\u{fe0f}])(?<![\x00-\x7f\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Hani}])[\u{200c}\u{200d}](?=[\p{L}\p{Extended_Pictographic}])(?![\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Hani}])|(?<=\p{Emoji})[\u{fe0e}\u{fe0f}])|[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{2800}\u{fff9}-\u{fffb}]/gu

/** One line that can be shown; undefined for nothing. */
function line(text: string, chars: number): string | undefined {
  // More than this is cut anyway, before it is looked at.
  const plain = cut(text, 4 * chars)
    .replace(UNSEEN, (_unseen, needed: string | undefined) => needed ?? ' ')
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^\p{M}+/u, '')
    .trim()
  return plain === '' || plain.replace(/\p{M}/gu, '').trim() === '' ? undefined : cut(plain, chars)
}

/** May be a value of a label: no folder, and no word that every object answers to. */
const isValue = (name: string | undefined): name is string =>
  name !== undefined && !/(?:^|[/\\])\.\.?(?:$|[/\\])/.test(name) && !(name in Object.prototype)

/** A time that can be; vendors write of year 1 when they mean none. */
const canBe = (at: EpochMs | null | undefined): at is EpochMs => at != null && at >= EARLIEST_MS && at <= LATEST_MS

/** The first of some times that can be, and never the future: it has been said. */
const saidAt = (seenAt: EpochMs, ...times: (EpochMs | null | undefined)[]): EpochMs =>
  Math.min(times.find(canBe) ?? seenAt, seenAt)

const link = (url: string | undefined): { href?: string } =>
  url !== undefined && /^https?:\/\/[^\s]{1,1900}$/i.test(url) ? { href: url } : {}

/**
 * Everything that a page says and that was not told before.
 *
 * @param most Notices at most: of more, the newest.
 */
export function saidBy(page: VendorPage, place: Place, told: Told, most = NOTICES): { signals: Notice[]; told: Told } {
  const digestNow = pageDigest(page)
  const isNew = told.page !== digestNow || place.seenAt - (told.pageAt ?? 0) >= SAID_AGAIN_MS
  const now: Told = { page: digestNow, pageAt: isNew ? place.seenAt : (told.pageAt ?? place.seenAt), notices: {} }
  const signals: Notice[] = []
  for (const notice of page.notices.filter(each => isNews(each, place.seenAt)).slice(-most)) {
    const key = digest(notice.id)
    const stands = standing(notice)
    now.notices[key] = stands
    if (told.notices[key] === stands) continue
    const newest = notice.words.at(-1)
    const words = notice.words.length > 0 ? notice.words : [undefined]
    for (const word of words) signals.push(ofWord(notice, word, word === newest, place))
    // Nothing new was said, but what is touched or how badly has changed.
    const [stateBefore, wordBefore] = told.notices[key]?.split(' ') ?? []
    const [state, word] = stands.split(' ')
    if (stateBefore !== undefined && stateBefore !== state && wordBefore === word)
      signals.push({ ...ofWord(notice, undefined, true, place), id: digest(key, state, place.seenAt) })
  }
  // A page that says the same again, after something else, is another time.
  if (isNew) signals.push(ofPage(page, place))
  return { signals, told: now }
}

function isNews({ open, status, resolvedAt, updatedAt, startedAt, window }: VendorNotice, now: EpochMs): boolean {
  if (open || status === 'scheduled') return true
  const last = Math.max(resolvedAt ?? 0, updatedAt ?? 0, startedAt ?? 0, window?.until ?? 0)
  return last > now - PAST_MS
}

/** How a notice stands, its newest word, and all of it. */
function standing(notice: VendorNotice): string {
  const { status, open, impact, parts, regions, window, words } = notice
  const state = digest(status, open, impact, parts, regions, window)
  return `${state} ${wordDigest(notice, words.at(-1))} ${digest(notice)}`
}

const wordDigest = (notice: VendorNotice, word: Word | undefined): string =>
  digest(notice.id, word?.at ?? null, word?.status ?? null, word?.text ?? notice.title)

/** @param isNewest What is touched and how badly is known of the present alone. */
function ofWord(notice: VendorNotice, word: Word | undefined, isNewest: boolean, place: Place): Notice {
  const status = word?.status ?? (isNewest ? notice.status : null)
  const title = line(notice.title, TITLE_CHARS)
  const at = saidAt(place.seenAt, word?.at, notice.updatedAt, notice.startedAt)
  const parts = isNewest ? partsOf(notice.parts) : []
  return {
    type: 'fact',
    via: 'notice',
    id: digest(place.source, wordDigest(notice, word)),
    service: place.service,
    at,
    ...(place.seenAt > at ? { seenAt: place.seenAt } : {}),
    ...(title === undefined ? {} : { title }),
    ...link(notice.url),
    source: place.source,
    thread: notice.id.length <= ID_CHARS ? notice.id : digest(notice.id),
    ...(status === null ? {} : { status }),
    ...(isNewest && notice.impact !== null ? { impact: notice.impact } : {}),
    ...(parts.length > 0 ? { parts } : {}),
    ...(notice.window && canBe(notice.window.from) ? { window: windowOf(notice.window) } : {}),
    ...(word && word.text !== '' ? { text: cut(word.text, TEXT_CHARS) } : {}),
    scope: isNewest ? scopeOf(notice) : {},
  }
}

const windowOf = ({ from, until }: NonNullable<VendorNotice['window']>): NonNullable<Notice['window']> =>
  canBe(until) && until >= from ? { from, until } : { from }

/** What is not well comes first, because of long lists only the beginning is told. */
function partsOf(parts: readonly VendorPart[]): NoticePart[] {
  const told: NoticePart[] = []
  const bad = parts.filter(({ state }) => state !== 'ok')
  for (const { name, state } of [...bad, ...parts.filter(each => each.state === 'ok')].slice(0, PARTS)) {
    const plain = line(name, TITLE_CHARS)
    if (plain !== undefined) told.push({ name: plain, state })
  }
  return told
}

function scopeOf({ parts, regions }: VendorNotice): Scope {
  const values = (names: readonly string[]) =>
    [...new Set(names.map(name => line(name, LABEL_VALUE_CHARS)))].filter(isValue).slice(0, PARTS)
  const [component, region] = [values(parts.map(({ name }) => name)), values(regions)]
  return { ...(component.length > 0 ? { component } : {}), ...(region.length > 0 ? { region } : {}) }
}

const IMPACT_OF: Record<Says, Notice['impact'] | null> = {
  ok: 'none',
  quiet: null,
  maintenance: 'maintenance',
  degraded: 'minor',
  partial: 'major',
  down: 'critical',
  unknown: null,
}

const pageDigest = ({ says, sentence, parts }: VendorPage): string =>
  digest(
    says,
    sentence,
    parts.filter(({ state }) => state !== 'ok').map(({ name, state }) => [name, state]),
  )

/** The page as a whole: the first part is the page itself, without a state where it makes no statement. */
function ofPage(page: VendorPage, place: Place): Notice {
  const { says, sentence, updatedAt, parts } = page
  const impact = IMPACT_OF[says]
  const title = line(sentence ?? '', TITLE_CHARS)
  const whole: NoticePart = { name: line(page.name ?? '', TITLE_CHARS) ?? place.source }
  if (says !== 'quiet') whole.state = says
  const at = saidAt(place.seenAt, updatedAt)
  return {
    type: 'fact',
    via: 'notice',
    id: digest(place.source, pageDigest(page), place.seenAt),
    service: place.service,
    at,
    ...(place.seenAt > at ? { seenAt: place.seenAt } : {}),
    ...(title === undefined ? {} : { title }),
    source: place.source,
    thread: PAGE_THREAD,
    ...(impact ? { impact } : {}),
    parts: [whole, ...partsOf(parts.filter(({ state }) => state !== 'ok')).slice(0, PARTS - 1)],
    scope: {},
  }
}
