import { type Theme, THEMES } from '../../contract/people.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Sample } from '../../contract/view.js'
import { clean, GAP, keyOf, trimmed } from './clean.js'
import { isRude, themeOf } from './theme.js'

// What people write is not a forum. Texts are counted by theme, and one is shown only as far as several strangers wrote
// the same: each word of it was written by FEWEST of them, so a name, a place or a slander of one writer cannot appear.

const WINDOW_MS = HOUR
const SLOT_MS = 5 * MINUTE
/** Texts remembered for a service, newest: 300 bytes each, 36 KB. Counts go on without them. */
const SAID_MAX = 120
/** People who must say alike, each from another prefix; below it nothing is shown. Also the least that a theme counts. */
export const FEWEST = 3
/** Words that are shown at least; less is no sentence. A run of a script without spaces is one by itself. */
const WORDS_LEAST = 3
const RUN_CHARS = 5
/** Of a text's words so many must be everybody's; and so many of those must stand in a text that says alike. */
const COMMON_SHARE = 0.5
const THEMES_TOLD = 5
/** Texts of one theme that are compared with each other, newest: 40² sets of ten words take about a millisecond. */
const COMPARED_MAX = 40

interface Said {
  at: EpochMs
  who: string
  /** Where it came from: people of one prefix are one voice here. */
  from: string
  theme: number
  /** Cleaned words with gaps; empty: counted, never shown. */
  words: string
}

export interface SampleState {
  said: Said[]
  /** People by theme, five minutes each, oldest first. */
  slots: { slot: EpochMs; people: number[] }[]
}

export const sampleState = (): SampleState => ({ said: [], slots: [] })

/** Notes one person's complaint, once for each person. */
export function noteSample(state: SampleState, at: EpochMs, who: string, from: string, text: string): void {
  const theme = THEMES.indexOf(themeOf(text))
  slotOf(state, at).people[theme]!++
  state.said.push({ at, who, from, theme, words: isRude(text) ? '' : clean(text).join(' ') })
  if (state.said.length > SAID_MAX) state.said.shift()
}

/** The report turned out to be part of a flood. */
export function takeBackSample(state: SampleState, who: string): void {
  for (const { at, theme } of state.said.filter(each => each.who === who)) {
    const slot = state.slots.find(each => each.slot === at - (at % SLOT_MS))
    if (slot) slot.people[theme] = Math.max(0, slot.people[theme]! - 1)
  }
  state.said = state.said.filter(each => each.who !== who)
}

function slotOf(state: SampleState, at: EpochMs): SampleState['slots'][number] {
  const start = at - (at % SLOT_MS)
  let slot = state.slots.find(each => each.slot === start)
  if (!slot) {
    slot = { slot: start, people: THEMES.map(() => 0) }
    state.slots.push(slot)
    state.slots.sort((a, b) => a.slot - b.slot)
    while (state.slots.length > WINDOW_MS / SLOT_MS + 1) state.slots.shift()
  }
  return slot
}

/** Themes of the last hour, most people first, each with the text that most of them wrote, if they did. */
export function readSamples(state: SampleState, now: EpochMs): Sample[] {
  const people = THEMES.map(() => 0)
  for (const slot of state.slots)
    if (slot.slot > now - WINDOW_MS && slot.slot <= now) for (const [i, n] of slot.people.entries()) people[i]! += n
  const told = THEMES.map((theme, i): Sample => ({ theme: theme satisfies Theme, people: people[i]! }))
    .filter(each => each.people >= FEWEST)
    .sort((a, b) => b.people - a.people)
    .slice(0, THEMES_TOLD)
  if (told.length === 0) return told
  const fresh = state.said.filter(each => each.at > now - WINDOW_MS && each.at <= now && each.words !== '')
  return told.map(each => {
    const text = commonest(fresh.filter(said => THEMES[said.theme] === each.theme).slice(-COMPARED_MAX))
    return text === null ? each : { ...each, text }
  })
}

/** The text of which most strangers say the like, with gaps where a word is its writer's own. O(texts² · words). */
function commonest(said: readonly Said[]): string | null {
  if (said.length < FEWEST) return null
  const rows = said.map(each => ({ from: each.from, words: each.words.split(' ') }))
  const keys = rows.map(row => new Set(row.words.map(keyOf)))
  const writers = new Map<string, Set<string>>()
  for (const [i, row] of rows.entries())
    for (const key of keys[i]!) {
      let froms = writers.get(key)
      if (!froms) writers.set(key, (froms = new Set()))
      froms.add(row.from)
    }
  const isCommon = (key: string) => key !== GAP && (writers.get(key)?.size ?? 0) >= FEWEST
  let best: { alike: number; words: number; text: string } | null = null
  const judged = new Set<string>()
  for (const [i, row] of rows.entries()) {
    if (judged.has(said[i]!.words)) continue
    judged.add(said[i]!.words)
    const common = [...keys[i]!].filter(isCommon)
    const whole = common.length >= WORDS_LEAST || common.some(isRun)
    if (!whole || common.length < COMMON_SHARE * keys[i]!.size) continue
    const alike = new Set(
      rows
        .filter((_, k) => common.filter(key => keys[k]!.has(key)).length >= COMMON_SHARE * common.length)
        .map(r => r.from),
    ).size
    if (alike < FEWEST || (best && (alike < best.alike || (alike === best.alike && common.length <= best.words))))
      continue
    best = { alike, words: common.length, text: shownText(row.words, isCommon) }
  }
  return best?.text ?? null
}

/** A run of letters of a script that needs no spaces. */
const isRun = (key: string): boolean =>
  key.length >= RUN_CHARS && /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}ー]+$/u.test(key)

function shownText(words: readonly string[], isCommon: (key: string) => boolean): string {
  const out: string[] = []
  for (const word of words) {
    const shown = isCommon(keyOf(word)) ? word : GAP
    if (shown !== GAP || out.at(-1) !== GAP) out.push(shown)
  }
  return trimmed(out).join(' ')
}
