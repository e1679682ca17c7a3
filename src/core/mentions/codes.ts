/**
 * Codes of places that people copy from error pages: the tail of a request id (`8a1b2c3d4e5f6071-LHR`), the name of an edge
 * (`LHR50-C1`, `cache-lhr7321-LHR`, `fra1::x2k9…`), a cell (`eu-west-1`), "error at LHR". What is written by strangers is only
 * looked up, never believed to be a name: a word counts where telemetry or topology knows it, or where it stands in the place
 * of a code and has the form of one.
 */

export interface Code {
  /** As it is compared: what is known keeps its spelling, an unknown code is upper case. */
  code: string
  /** Whether telemetry or topology knows it. */
  known: boolean
  /** The whole id that it was cut from: one request, however many people copy it. */
  id: string | null
}

/** Letters and words of a text that are looked at; an error page's footer fits. */
const LETTERS = 600
const MAX_WORDS = 80
const MAX_WORD = 64

const WORD = /[\p{L}\p{N}][\p{L}\p{N}.:_-]*/gu
/** Begins only where such a run does: looked for at each of its places it would take the square of its length. */
const ENDING = /(?<![.:_-])[.:_-]+$/
/** Request ids and edge names that end or begin with an airport's code, as the large edge networks write them. */
const CARRIERS: readonly RegExp[] = [
  /^[0-9a-f]{8,32}-(?<code>[A-Z]{3})$/,
  /^(?<code>[A-Z]{3})\d{1,3}-[CP]\d{1,2}$/,
  /^cache-[a-z]{3}[a-z0-9-]*-(?<code>[A-Z]{3})$/,
  /^(?<code>[a-z]{3})\d::[\w:.-]+$/,
  /^(?=[\w-]*\d)[0-9A-Za-z_]{8,48}-(?<code>[A-Z]{3})$/,
]
/** After these words three capitals are a code even if nobody knows it, */
const NAMES = new Set([
  'pop',
  'colo',
  'edge',
  'cell',
  'ray',
  'node',
  'datacenter',
  'datacentre',
  'dc',
  'region',
  'site',
])
/** and after these, where somebody does. */
const PLACES = new Set([
  ...NAMES,
  'at',
  'from',
  'via',
  'in',
  'zone',
  'location',
  'server',
  'en',
  'em',
  'bei',
  'à',
  'di',
])
const CAPITALS = /^[A-Z]{3}$/
/** Such a value is hardly a word of any language: `eu-west-1`, `lhr01`, `v2.41.0`, but not `a`, `free` or `web`. */
const DISTINCT = /^(?=.*\d)(?=.*[\p{L}]).{4,}$/u

/** Most texts hold no code: no digit, no capitals, and none of the words before one. */
const MAY_HOLD = new RegExp(
  `\\d|[A-Z]{3}|\\b(?:${[...NAMES].map(name => `[${name[0]}${name[0]!.toUpperCase()}]${name.slice(1)}`).join('|')})\\b`,
)

/** The first code of a text; null without one. `known` gives the spelling of a value that telemetry or topology knows. O(LETTERS). */
export function codeIn(text: string, known: (word: string) => string | null): Code | null {
  if (!MAY_HOLD.test(text)) return null
  let before = ''
  let words = 0
  for (const [match] of text.slice(0, LETTERS).matchAll(WORD)) {
    if (words++ >= MAX_WORDS) break
    const word = match.replace(ENDING, '')
    if (word.length <= MAX_WORD) {
      const code = codeOf(word, before, known)
      if (code) return code
    }
    before = word.toLowerCase()
  }
  return null
}

function codeOf(word: string, before: string, known: (word: string) => string | null): Code | null {
  const capitals = CAPITALS.test(word)
  const distinct = DISTINCT.test(word)
  if (distinct || (capitals && PLACES.has(before)) || NAMES.has(before)) {
    const spelled = known(word)
    if (spelled !== null) return { code: spelled, known: true, id: null }
  }
  if (capitals && NAMES.has(before)) return { code: word, known: false, id: null }
  // All of them have a digit and a letter.
  if (distinct)
    for (const carrier of CARRIERS) {
      const code = carrier.exec(word)?.groups?.['code']?.toUpperCase()
      if (code !== undefined) return { code: known(code) ?? code, known: known(code) !== null, id: word }
    }
  return null
}
