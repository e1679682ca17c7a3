import { SERVICE_CUES, TROUBLE_CUES } from './cues-table.js'

/** How people may name a service in what they write. */
export interface Named {
  service: string
  /** Names that can mean nothing else, in any script. */
  names?: readonly string[]
  /** Names that are ordinary words too ("Signal", "Notion"): they count where what stands beside them shows what is meant. */
  words?: readonly string[]
  /** Further hashtags, without `#`; beside {@link tagsFor} the names. */
  tags?: readonly string[]
}

interface Pattern {
  kind: 'name' | 'word' | 'tag' | 'trouble' | 'service'
  /** As it is written, composed; for cues and tags in small letters. */
  written: string
  service: string
}
interface Hit {
  pattern: Pattern
  from: number
  until: number
}

/** What is no word of the writer: links, and names of accounts. */
const NOT_SAID = /(?:https?:\/\/|www\.)\S+|(?<![\p{L}\p{N}])@[\w.@-]+/giu
const LETTER = /[\p{L}\p{N}]/u
/** Scripts that put no space between words: there a name may stand anywhere. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u
const isLetter = (char: string): boolean => LETTER.test(char) && !UNSPACED.test(char)

/** How near a cue has to be to a word in small letters. */
const NEAR_CHARS = 20
/** An article or possessive shows the ordinary word: "no signal", "my notion". */
const ORDINARY =
  /(?:^|[^\p{L}])(?:no|my|a|an|the|your|his|her|their|some|any|phone|wifi|cell|mobile|weak|bad|good|of|traffic|el|la|los|las|un|una|o|os|um|uma|le|les|une|der|die|das|ein|eine|kein|keine)\s+$/iu
/** What may follow a name with a capital; another word with one is a surname, or the name of something else. */
const AFTER =
  /^(?:is|are|was|has|not|down|api|app|ai|code|server|servers|status|web|desktop|mobile|pro|plus|max|went|still|keeps|just|won't|doesn't|isn't|can't|outage|error|login|account)$/i

/** Endings of tags under which people tell of an outage; the name stands before them. */
const TAG_ENDINGS = ['down', 'isdown', 'outage', 'caido', 'caído', 'caiu', 'foradoar', 'enpanne', 'störung', 'stoerung']

/**
 * The tags that are found by themselves: `#NameDown` and what other languages say.
 *
 * @example
 * tagsFor(['Epic Games'])[0] // => 'epicgamesdown'
 */
export const tagsFor = (names: readonly string[]): string[] =>
  names.flatMap(name => {
    const bare = name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
    if (bare === '') return []
    return UNSPACED.test(bare) ? [`${bare}落ちた`, `${bare}障害`, `${bare}崩了`] : TAG_ENDINGS.map(end => bare + end)
  })

/** All tags of a service, those that were given first: `ClaudeDown` stands for the other endings too. */
export function tagsOf({ names = [], tags = [] }: Named): string[] {
  const stems = tags.flatMap(tag => /^(.+)down$/i.exec(tag)?.[1] ?? [])
  return [...new Set([...tags.map(tag => tag.toLowerCase()), ...tagsFor(stems), ...tagsFor(names)])]
}

/**
 * Finds which services a text is about: all names, tags and cues in one pass over it, whatever their number (Aho and Corasick 1975),
 * then the longest name at each place ("Claude API" is not "Claude").
 */
export class Finder {
  /** By state, code unit → next state. */
  private readonly next: Map<number, number>[] = [new Map()]
  private readonly fail: number[] = [0]
  private readonly ends: Pattern[][] = [[]]

  constructor(services: readonly Named[]) {
    for (const named of services) {
      const { service, names = [], words = [] } = named
      for (const name of names) this.add(name, { kind: shortName(name) ? 'word' : 'name', written: name, service })
      for (const word of words) this.add(word, { kind: 'word', written: word, service })
      for (const tag of tagsOf(named)) this.add(`#${tag}`, { kind: 'tag', written: tag, service })
    }
    for (const cue of TROUBLE_CUES) this.add(cue, { kind: 'trouble', written: cue, service: '' })
    for (const cue of SERVICE_CUES) this.add(cue, { kind: 'service', written: cue, service: '' })
    this.link()
  }

  private add(text: string, pattern: Pattern): void {
    const written = composed(pattern.written)
    let state = 0
    const small = composed(text).toLowerCase()
    for (let i = 0; i < small.length; i++) {
      const unit = small.charCodeAt(i)
      let to = this.next[state]!.get(unit)
      if (to === undefined) {
        to = this.next.length
        this.next.push(new Map())
        this.fail.push(0)
        this.ends.push([])
        this.next[state]!.set(unit, to)
      }
      state = to
    }
    if (state !== 0) this.ends[state]!.push({ ...pattern, written })
  }

  /** Breadth first: where a state fails, the longest ending of it that is a beginning goes on. */
  private link(): void {
    const queue = [...this.next[0]!.values()]
    for (const state of queue)
      for (const [unit, to] of this.next[state]!) {
        queue.push(to)
        let back = this.fail[state]!
        while (back !== 0 && !this.next[back]!.has(unit)) back = this.fail[back]!
        this.fail[to] = this.next[back]!.get(unit) ?? 0
        this.ends[to]!.push(...this.ends[this.fail[to]!]!)
      }
  }

  /** Ids of the services that a text is about, each once; O(length), but for what is found. */
  servicesIn(text: string): string[] {
    const plain = composed(text.replace(NOT_SAID, ' '))
    const lower = plain.toLowerCase()
    // A capital that is two small letters shifts what follows: then nothing is known of capitals.
    const shown = lower.length === plain.length ? plain : lower
    const hits = this.hitsIn(lower)
    if (!hits.some(({ pattern }) => pattern.service !== '')) return []
    const named = longest(hits.filter(({ pattern }) => pattern.kind === 'name' || pattern.kind === 'word'))
    const cues = hits.filter(({ pattern }) => pattern.service === '')
    const found = new Set<string>()
    for (const { pattern } of hits) if (pattern.kind === 'tag') found.add(pattern.service)
    for (const hit of named)
      if (hit.pattern.kind === 'name' || isMeant(hit, shown, cues)) found.add(hit.pattern.service)
    return [...found]
  }

  private hitsIn(lower: string): Hit[] {
    const hits: Hit[] = []
    let state = 0
    for (let i = 0; i < lower.length; i++) {
      const unit = lower.charCodeAt(i)
      let to = this.next[state]!.get(unit)
      while (to === undefined && state !== 0) {
        state = this.fail[state]!
        to = this.next[state]!.get(unit)
      }
      state = to ?? 0
      for (const pattern of this.ends[state]!) {
        const length = pattern.written.length + (pattern.kind === 'tag' ? 1 : 0)
        const hit = { pattern, from: i + 1 - length, until: i + 1 }
        if (isWhole(lower, hit)) hits.push(hit)
      }
    }
    return hits
  }
}

const composed = (text: string): string => text.normalize('NFKC').replaceAll(/\s+/gu, ' ')
const shortName = (name: string): boolean => name.length < 3 && !UNSPACED.test(name)

/** Not within a longer word. */
function isWhole(text: string, { from, until }: Hit): boolean {
  const [first = '', before = ''] = [text[from], text[from - 1]]
  const [last = '', after = ''] = [text[until - 1], text[until]]
  return !(isLetter(first) && isLetter(before)) && !(isLetter(last) && isLetter(after))
}

function longest(hits: readonly Hit[]): Hit[] {
  return hits.filter(
    ({ from, until }) =>
      !hits.some(each => each.from <= from && each.until >= until && each.until - each.from > until - from),
  )
}

/** Whether an ordinary word means the service: by what stands beside it. */
function isMeant({ pattern, from, until }: Hit, text: string, cues: readonly Hit[]): boolean {
  const outside = cues.filter(cue => cue.until <= from || cue.from >= until)
  if (outside.length === 0) return false
  const said = text.slice(from, until)
  if (said === pattern.written && (said !== said.toLowerCase() || UNSPACED.test(said))) {
    const following = /^ (\p{Lu}[\p{L}\p{N}']*)/u.exec(text.slice(until))?.[1]
    return following === undefined || AFTER.test(following)
  }
  if (ORDINARY.test(text.slice(Math.max(0, from - 20), from))) return false
  return outside.some(cue => cue.from - until <= NEAR_CHARS && from - cue.until <= NEAR_CHARS)
}
