import type { Observation } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Edge } from '../../contract/topology.js'
import type { LeafBook } from '../aggregate/label-sets.js'
import { findOverMentioned, type OverMentioned } from '../localize/index.js'
import type { RateState } from '../rates/state.js'
import { putNewest } from '../stat/generations.js'
import { codeIn } from './codes.js'
import { LEARN_DELAY_MS } from '../counts/report-counts.js'
import { SERVED } from '../aggregate/label-roles.js'

// Few people quote the code of the edge or cell that failed them, but who does says more of where than his country does.
// Each person quotes one code; what is usual here is learned from quiet times and from where requests are served.

/** Quotes remembered: 150 bytes each. In a flood of more the window grows shorter. */
const MAX_RECENT = 4_096
/** Codes and the countries they are quoted from, remembered for a service; the longest unheard go first. */
const MAX_USUAL = 1_024
/** Quotes that habits rest on; beyond it the past is halved. */
const USUAL_MENTIONS = 2_000
/** Copied ids and texts remembered, so that each is one voice. */
const MAX_COPIES = 1_024
/** A text of so many letters is nobody else's. */
const COPY_LETTERS = 24
/** Distinct values of one reading; the rarest are left out: they could not be named. */
const MAX_VALUES = 64
/** Shares of traffic say as much of what will be quoted as so many quotes: people of one place quote oftener than of another. */
const TRAFFIC_WEIGHT = 40
/** A value without past and without known traffic. */
const NEW_WEIGHT = 2

/** Labels whose values are quoted, by what they answer; the first that knows a word has it. */
const FAMILIES: readonly (readonly string[])[] = [
  ['cell', 'pop', 'site', 'region'],
  ['version'],
  ['network', 'isp', 'asn'],
]
const MENTIONABLE = FAMILIES.flat()

interface Mention {
  at: EpochMs
  who: string
  /** Of the report that carried it; null for a word of a text. */
  label: string | null
  code: string
  country: string
}

export interface MentionState {
  /** Oldest first, for LEARN_DELAY_MS. */
  recent: Mention[]
  /** label, code and country → quotes of quiet times. */
  usual: Map<string, number>
  usualAll: number
  copies: Map<string, EpochMs>
  /** Edge code, upper case → cell. */
  edges: Map<string, string>
}

export const mentionState = (): MentionState => ({
  recent: [],
  usual: new Map(),
  usualAll: 0,
  copies: new Map(),
  edges: new Map(),
})

/** Whose values are known: request counts and checks. */
export interface Books {
  readonly metric: RateState | null
  readonly check: RateState | null
}

/** Takes the operator's word on which cell stands behind an edge code. */
export function noteEdges(q: MentionState, edges: readonly Edge[]): void {
  q.edges = new Map(edges.flatMap(({ cell, codes }) => codes.map(code => [code.toUpperCase(), cell])))
}

const spellings = (word: string): string[] => [...new Set([word, word.toLowerCase(), word.toUpperCase()])]

/** Label and value that telemetry knows a word by; null where it does not. */
function lookUp(books: Books, labels: readonly string[], word: string): { label: string; value: string } | null {
  for (const label of labels)
    for (const state of [books.metric, books.check]) {
      const values = state?.book.steps.get(label)
      if (values) for (const value of spellings(word)) if (values.has(value)) return { label, value }
    }
  return null
}

/** Notes the code that a counted report or post quotes, if it quotes one. */
export function noteMention(q: MentionState, books: Books, signal: Observation, who: string): void {
  const country = signal.labels['country'] ?? ''
  for (const label of SERVED) {
    const code = signal.labels[label]
    if (code !== undefined) return push(q, { at: signal.at, who, label, code, country })
  }
  if (signal.text === undefined) return
  const known = (word: string): string | null =>
    q.edges.has(word.toUpperCase()) ? word.toUpperCase() : (lookUp(books, MENTIONABLE, word)?.value ?? null)
  const found = codeIn(signal.text, known)
  if (found && !noteCopy(q, found.id ?? lettersOf(signal.text), signal.at))
    push(q, { at: signal.at, who, label: null, code: found.code, country })
}

function push(q: MentionState, mention: Mention): void {
  q.recent.push(mention)
  if (q.recent.length > MAX_RECENT) q.recent.shift()
}

const lettersOf = (text: string): string | null => {
  const letters = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
  return letters.length < COPY_LETTERS ? null : letters.slice(0, 160)
}

/** One request's id, and one long text, is one voice however many accounts repeat it. */
function noteCopy(q: MentionState, key: string | null, at: EpochMs): boolean {
  if (key === null) return false
  const known = q.copies.has(key)
  putNewest(q.copies, key, at, MAX_COPIES)
  return known
}

/** What was counted turned out to be part of a flood. */
export function takeBackMentions(q: MentionState, who: string): void {
  if (q.recent.length > 0) q.recent = q.recent.filter(x => x.who !== who)
}

/** Quotes that have grown old become habits, unless trouble held them. Call each minute. */
export function learnMentions(q: MentionState, now: EpochMs, trouble: EpochMs | null): void {
  const until = now - LEARN_DELAY_MS
  let n = 0
  for (const mention of q.recent) {
    if (mention.at >= until) break
    n++
    if (trouble !== null && mention.at >= trouble) continue
    const key = `${mention.label ?? ''}\u0001${mention.code}\u0001${mention.country}`
    const before = q.usual.get(key) ?? 0
    q.usual.delete(key)
    q.usual.set(key, before + 1)
    q.usualAll++
    if (q.usual.size > MAX_USUAL) forget(q, q.usual.keys().next().value!)
  }
  if (n > 0) q.recent.splice(0, n)
  if (q.usualAll <= USUAL_MENTIONS) return
  for (const [key, count] of q.usual) q.usual.set(key, count / 2)
  q.usualAll /= 2
}

function forget(q: MentionState, key: string): void {
  q.usualAll -= q.usual.get(key) ?? 0
  q.usual.delete(key)
}

/** Values of one label that people quote too often. */
export interface MentionedValues {
  label: string
  values: string[]
  /** By value: people, and the part of all who quote that is usual. */
  people: number[]
  usual: number[]
  of: number
  bits: number
}

type Resolve = (label: string | null, code: string) => { label: string; value: string } | null

/** What a quoted code names: a cell that the operator maps it to, a value that telemetry knows, or only itself. */
function resolverOf(q: MentionState, books: Books): Resolve {
  let parts: Map<string, { label: string; value: string } | null> | null = null
  const known = new Map<string, { label: string; value: string } | null>()
  return (label, code) => {
    const key = `${label ?? ''}\u0001${code}`
    let place = known.get(key)
    if (place === undefined) {
      const cell = q.edges.get(code.toUpperCase())
      const own = label === null ? MENTIONABLE : [label, ...FAMILIES[0]!]
      place = cell === undefined ? lookUp(books, own, code) : { label: 'cell', value: cell }
      if (!place && /^[A-Za-z]{3}$/.test(code)) place = (parts ??= partsOf(books)).get(code.toLowerCase()) ?? null
      known.set(key, (place ??= { label: label ?? 'pop', value: code }))
    }
    return place
  }
}

/** `lhr01`, `edge-lhr-2` → what they belong to, by the three letters; null where two values share them. */
function partsOf({ metric, check }: Books): Map<string, { label: string; value: string } | null> {
  const parts = new Map<string, { label: string; value: string } | null>()
  for (const label of SERVED)
    for (const value of new Set([metric, check].flatMap(s => [...(s?.book.steps.get(label)?.keys() ?? [])])))
      for (const part of new Set(value.toLowerCase().split(/[^a-z0-9]+/))) {
        const code = /^([a-z]{3})\d*$/.exec(part)?.[1]
        if (code === undefined) continue
        const before = parts.get(code)
        // A pop beside its own cell is no contradiction: the first label stands.
        if (before === undefined) parts.set(code, { label, value })
        else if (before?.label === label) parts.set(code, null)
      }
  return parts
}

interface Tally {
  label: string
  value: string
  people: number
  usual: number
}

/**
 * Codes that people quote too often in [from, now), family by family. `countries`: only quotes from there. Whoever quotes is a
 * person of the day's answers, so a few accounts that repeat themselves are a few. O(quotes + values²).
 */
export function readMentions(
  q: MentionState,
  books: Books,
  from: EpochMs,
  now: EpochMs,
  countries: readonly string[] | null = null,
): MentionedValues[] {
  const resolve = resolverOf(q, books)
  const tallies = new Map<string, Tally>()
  const people = new Set<string>()
  const add = (label: string | null, code: string, country: string, quoted: number, usual: number): void => {
    if (countries && !countries.includes(country)) return
    const at = resolve(label, code)
    if (!at) return
    const key = `${at.label}=${at.value}`
    const t = tallies.get(key) ?? { ...at, people: 0, usual: 0 }
    t.people += quoted
    t.usual += usual
    tallies.set(key, t)
  }
  for (const { at, who, label, code, country } of q.recent) {
    if (at < from || at >= now || people.has(who)) continue
    people.add(who)
    add(label, code, country, 1, 0)
  }
  if (people.size === 0) return []
  for (const [key, usual] of q.usual) {
    const [label, code, country] = key.split('\u0001') as [string, string, string]
    add(label === '' ? null : label, code, country, 0, usual)
  }
  return FAMILIES.flatMap(family => {
    const own = [...tallies.values()].filter(t => family.includes(t.label))
    const traffic = countries ? null : trafficOf(books.metric, own)
    return readFamily(own, traffic)
  })
}

function readFamily(all: Tally[], traffic: Map<string, number> | null): MentionedValues[] {
  const own = all.sort((x, y) => y.people - x.people || y.usual - x.usual || (x.value < y.value ? -1 : 1))
  const kept = own.slice(0, MAX_VALUES)
  let rest = own.slice(MAX_VALUES).reduce((sum, t) => sum + t.usual, 0)
  let served = 0
  const values = kept.map(t => {
    const share = traffic?.get(`${t.label}=${t.value}`) ?? 0
    served += share
    return { people: t.people, weight: t.usual + TRAFFIC_WEIGHT * share + NEW_WEIGHT / kept.length }
  })
  if (traffic) rest += TRAFFIC_WEIGHT * Math.max(0, 1 - served)
  const found = findOverMentioned(values, rest)
  return found ? byLabel(kept, found) : []
}

function byLabel(kept: readonly Tally[], found: OverMentioned): MentionedValues[] {
  const labels = [...new Set(found.hit.map(i => kept[i]!.label))]
  return labels.map(label => {
    const own = found.hit.filter(i => kept[i]!.label === label)
    const people = own.map(i => kept[i]!.people)
    return {
      label,
      values: own.map(i => kept[i]!.value),
      people,
      usual: own.map(i => found.usual[i]!),
      of: found.of,
      // The evidence is of the whole set; a part of it has its part.
      bits: (found.bits * people.reduce((sum, n) => sum + n, 0)) / found.people,
    }
  })
}

/** Shares of healthy requests by value of the label that most quotes name; null where requests do not know that label. */
function trafficOf(metrics: RateState | null, own: readonly Tally[]): Map<string, number> | null {
  const by = new Map<string, number>()
  for (const t of own) by.set(t.label, (by.get(t.label) ?? 0) + t.people + t.usual)
  const [label] = [...by].sort((x, y) => y[1] - x[1])[0] ?? []
  if (!metrics || label === undefined || !metrics.book.steps.has(label)) return null
  return sharesOf(metrics.book, metrics.learned.bad.total, label)
}

function sharesOf(book: LeafBook, totals: readonly number[], label: string): Map<string, number> | null {
  const a = book.attributes.indexOf(label)
  const sums = new Map<number, number>()
  let all = 0
  for (let leaf = 0; leaf < totals.length; leaf++) {
    const code = book.codes[leaf]?.[a] ?? -1
    if (code < 0) continue
    sums.set(code, (sums.get(code) ?? 0) + totals[leaf]!)
    all += totals[leaf]!
  }
  if (!(all > 0)) return null
  return new Map([...sums].map(([code, n]) => [`${label}=${book.values[a]![code]!}`, n / all]))
}

/** Labels of quotes, for who asks whether a label says what serves people. */
export const SERVING: readonly string[] = FAMILIES[0]!
