import type { IncidentEvent, Statement } from '../../../contract/incident.js'
import type { Component } from '../../../contract/topology.js'
import { toldPoints, type Point } from '../../../core/incident/sentences.js'
import { attr, html, type Html } from '../html.js'
import { isEverybody } from '../standing.js'
import { time, whereText, type Voice } from '../words.js'

/**
 * The sentences of an event in the reader's language. What the engine said is said again from what it rests on; a
 * sentence that is not the engine's (a person's) stays as it was written.
 */
export function saysLines(
  event: IncidentEvent,
  components: readonly Component[],
  voice: Voice,
): { text: string; said: string; line: Html }[] {
  const says = event.says ?? []
  if (!says.length) return []
  const told = toldPoints(event)
  return says.map(statement => {
    const { text } = statement
    const point = told.find(each => each.text === text)?.point
    const said = point ? pointText(point, components, voice) : inLanguage(statement, voice)
    return { text, said, line: html`<bdi>${said}</bdi>` }
  })
}

export interface Word {
  event: IncidentEvent
  text: string
}

/** What somebody said, in the reader's language where it is there. */
const inLanguage = ({ text, translations = {} }: Statement, { t }: Pick<Voice, 't'>): string =>
  Object.hasOwn(translations, t.lang) ? translations[t.lang]! : text

/** What a person last wrote for the public; without a voice as it was written. */
export function wordOf(events: readonly IncidentEvent[], voice: Pick<Voice, 't'> | null = null): Word | null {
  for (const event of events.toReversed()) {
    if (event.by === undefined || !event.says) continue
    const told = new Set(toldPoints(event).map(each => each.text))
    const own = event.says.find(({ text }) => !told.has(text))
    if (own) return { event, text: voice === null ? own.text : inLanguage(own, voice) }
  }
  return null
}

/** The same, if the engine has spoken since; its own event tells it as it is. */
export function standingWord(events: readonly IncidentEvent[], voice: Pick<Voice, 't'>): Word | null {
  const word = wordOf(events, voice)
  return word && word.event !== events.findLast(each => each.says) ? word : null
}

/** A person's words stand out from what a machine measured: who, and when. */
export function personWord({ event, text }: Word, voice: Voice): Html {
  return html`<blockquote class="word"><p><bdi>${text}</bdi></p><p class="note">${voice.t.incident.by(event.by!)} · ${time(Date.parse(event.at), voice)}</p></blockquote>`
}

/** Text that only exists in English, such as evidence, marked so that it is read and set as English. */
export function english(text: string, { t }: Voice): Html {
  return html`<bdi${attr('lang', t.lang === 'en' ? null : 'en')}>${text}</bdi>`
}

function pointText(point: Point, components: readonly Component[], voice: Voice): string {
  const { says, evidence, colon } = voice.t
  const location = (where: Parameters<typeof whereText>[0]) => whereText(where, voice, components)
  // The place first: a share is one of those there, not of all.
  const there = (share: number): [portion: string, where: string] =>
    'where' in point && !Array.isArray(point.where) && !isEverybody(point.where)
      ? [voice.t.inline(portion(share, voice)), `${capital(location(point.where), voice)}${colon}`]
      : [portion(share, voice), '']
  switch (point.is) {
    case 'failing':
    case 'slow':
      return says[point.is](...there(point.share))
    case 'checks-failing':
      return evidence.checksFailing(...there(point.share))
    case 'checks-slow':
      return evidence.checksSlow(...there(point.share))
    case 'stepped':
      return evidence.stepped(
        ...there(point.share),
        point.lately < 0.01 ? `<${voice.f.share(0.01)}` : voice.f.share(point.lately),
      )
    case 'signs-where':
      // "Everybody, share unknown" says less than that it was noticed.
      if (isEverybody(point.where)) return evidence.signs
      return evidence.signsWhere(location(point.where))
    case 'fewer-reports':
      return evidence.fewerReports(portion(point.share, voice))
    case 'share-unknown':
      if (isEverybody(point.where)) return says.more
      return says.shareUnknown(location(point.where))
    case 'quoted':
    case 'quoted-healthy': {
      const say = point.is === 'quoted' ? says.quoted : says.quotedHealthy
      return say(voice.f.number(point.people), voice.f.number(point.of), location(point.where))
    }
    case 'recovered':
      return point.slower
        ? says.recoveredSlow(portion(point.share, voice), location(point.slower))
        : says.recovered(portion(point.share, voice))
    case 'confirmed':
    case 'suspected':
      return says[point.is](point.title)
    case 'over-silent':
      return says.overSilent(point.where.map(location).join(voice.t.semicolon))
    default:
      return plain(voice.t)[point.is]
  }
}

type Plain = Exclude<
  Point['is'],
  | 'failing'
  | 'slow'
  | 'checks-failing'
  | 'checks-slow'
  | 'stepped'
  | 'signs-where'
  | 'fewer-reports'
  | 'share-unknown'
  | 'quoted'
  | 'quoted-healthy'
  | 'recovered'
  | 'confirmed'
  | 'suspected'
  | 'over-silent'
>

/** Sentences without a number, a name or a place. */
const plain = ({ says, evidence }: Voice['t']): Record<Plain, string> => ({
  upstream: says.upstream,
  'upstream-unmeasured': evidence.upstreamUnmeasured,
  'upstream-failing': evidence.upstreamFailing,
  'more-reports': says.more,
  'more-posts': evidence.morePosts,
  'more-failing': evidence.moreFailing,
  'more-slow': evidence.moreSlow,
  'more-checks': evidence.moreChecks,
  'more-slow-checks': evidence.moreSlowChecks,
  signs: evidence.signs,
  'cause-unknown': says.causeUnknown,
  exposure: says.exposure,
  takeover: says.takeover,
  'exposure-open': says.exposureOpen,
  'over-by-person': says.overByPerson,
  'over-unreported': says.overUnreported,
  'over-unheard': says.overUnheard,
  'over-calm': says.overCalm,
  'over-quiet': evidence.overQuiet,
})

const capital = (text: string, { t }: Voice): string => text.charAt(0).toLocaleUpperCase(t.locale) + text.slice(1)

/** Never "about all" nor "0%": a share is an estimate, and something does fail. */
function portion(share: number, { t, f }: Voice): string {
  return share >= 0.995 ? t.says.nearlyAll : share < 0.01 ? t.says.hardlyAny : t.says.about(f.share(share))
}
