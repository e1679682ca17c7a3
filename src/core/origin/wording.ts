/** Largest effect of a change's words, in bits: they are weak evidence, whoever wrote them. */
const MOST_BITS = 5

/** Files that no request meets: what is written for people, for tests, for looks, for the making. */
const INERT_FILE =
  /(^|\/)(docs?|documentation|test|tests|testdata|fixtures|locales?|i18n|\.github|\.circleci|assets|static)\/|\.(md|mdx|rst|css|scss|less|svg|png|snap)$|(_test|\.test|\.spec|_fuzz_test)\.[a-z]+$|(^|\/)(README|CHANGELOG|CODEOWNERS|LICENSE|theme|version)[^/]*$|(^|\/)\.[^/]+\.ya?ml$/i
const INERT_TITLE =
  /\b(docs?|style|test|tests|typo|comment|comments|restyle|palette|readme|rename|renamed|wording|lint|gofmt|golden|coverage)\b/i
/** Lines that guard: removing them lets through what they held. */
const GUARD =
  /\b(lock|unlock|mutex|sync|limit|timeout|deadline|retry|retries|backoff|nil|null|none|undefined|err|error|catch|check|valid\w*|batch|pool|cache|index|where|close|defer|finally|await|if|try)\b/i
const WORD = /[A-Za-z][a-z]{2,}|[A-Z]{3,}/g
/** Words of any program and any alert. */
const COMMON = new Set(
  'the and for with from func return var let const import package type string error err int new null nil true false this that not rate ratio high service above below default monitor failing failed failure value values json http get set data context request response server client name time count number total'.split(
    ' ',
  ),
)

const wordsOf = (text: string): string[] =>
  (text.replace(/([a-z])([A-Z])/g, '$1 $2').match(WORD) ?? []).map(word => word.toLowerCase())

interface Diff {
  removed: string[]
  added: string[]
}

function diffOf(text: string): Diff {
  const lines = text.split('\n').filter(line => !/^(\+\+\+|---|@@)/.test(line))
  const of = (sign: string): string[] =>
    lines
      .filter(line => line.startsWith(sign))
      .map(line => line.slice(1).trim())
      .filter(line => line !== '' && !isComment(line))
  return { removed: of('-'), added: of('+') }
}

const isComment = (line: string): boolean => /^(\/\/|#|\*|\/\*|--)/.test(line)

/** Part of the words of removed lines that stand in added ones again; null where nothing was removed. */
function kept({ removed, added }: Diff): number | null {
  const words = new Set(removed.flatMap(wordsOf))
  if (words.size === 0) return null
  const again = new Set(added.flatMap(wordsOf))
  return [...words].filter(word => again.has(word)).length / words.size
}

/** Whether lines differ by a number or a quoted word alone: another timeout, another level. */
function tuned({ removed, added }: Diff): boolean {
  const bare = (line: string): string =>
    line.replace(/"[^"]*"|'[^']*'|\b\d[\w.]*\b|\b(second|minute|millisecond|hour|ms|s|m|h)s?\b|:\s*\w+$/gi, '_')
  const before = new Set(removed.map(bare))
  return added.some((line, i) => before.has(bare(line)) && !removed.includes(line) && i < 50)
}

/**
 * What the words of a change say for or against its having broken something, in bits, at most {@link MOST_BITS} either way: files
 * that no request meets, lines that come back in other order, guards that are gone, a number that is another, and words that it
 * shares with what is said of the trouble.
 */
export function wordBits(title: string, text: string, said: string): number {
  const [first = '', ...rest] = text.split('\n')
  const files = first.split(/\s+/).filter(file => file.includes('.') || file.includes('/'))
  if (files.length > 0 && files.every(file => INERT_FILE.test(file))) return -MOST_BITS
  if (INERT_TITLE.test(title)) return -MOST_BITS + 1
  const diff = diffOf(rest.join('\n'))
  if (diff.removed.length + diff.added.length === 0) return 0
  const share = kept(diff)
  const same = share === null ? 0 : share >= 0.7 ? -2 : share <= 0.4 ? 1 : 0
  const gone = diff.removed.filter(
    line => GUARD.test(line) && !diff.added.some(other => sharesMost(line, other)),
  ).length
  const shared = new Set(wordsOf(`${title} ${rest.join(' ')}`).filter(word => !COMMON.has(word)))
  const echo = new Set(wordsOf(said).filter(word => shared.has(word))).size
  const bits =
    same + (tuned(diff) ? 3 : 0) + (share !== null && share < 0.7 ? Math.min(3, gone) : 0) + Math.min(3, echo)
  return Math.min(MOST_BITS, Math.max(-MOST_BITS, bits))
}

function sharesMost(line: string, other: string): boolean {
  const words = wordsOf(line)
  const there = new Set(wordsOf(other))
  return words.length > 0 && words.filter(word => there.has(word)).length / words.length >= 0.6
}
