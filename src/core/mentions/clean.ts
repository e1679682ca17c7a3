/**
 * What a stranger wrote as bare words, fit to be compared and, once several people wrote them, to be shown. Rules, not
 * judgement: whatever could name or reach somebody becomes a gap, and what is no word is left out. A gap is never filled.
 */

/** Stands where something was left out. */
export const GAP = '…'
/** Longer texts are read so far. */
const TEXT_CHARS = 400
const WORDS_MAX = 24
/** The longest word that is one: German compounds have 30 letters, a sentence without spaces more. */
const WORD_CHARS = 32

/** Marks that pile up on Latin letters once NFC has made letters of the real ones. */
const PILED = /[\u{300}-\u{36f}]|[\u{1ab0}-\u{1aff}]|[\u{1dc0}-\u{1dff}]|[\u{20d0}-\u{20ff}]|[\u{fe20}-\u{fe2f}]/gu
/** Controls, marks of direction, tags, private and unassigned characters; the two joiners that scripts need stay. */
const UNSEEN = /(?!\u{200c}|\u{200d})[\p{C}\p{Zl}\p{Zp}]/gu
/** An address, a path, a handle, an account, a domain, a key: anything that holds one of these between its letters. */
const NAMES = /[@#/\\_=&%~^<>{}[\]|]|\p{L}\.\p{L}{2}|:\p{L}/u
const WORD = /(?:[\p{L}\p{M}]|\u{200c}|\u{200d})+(?:['’-][\p{L}\p{M}]+)*/gu
/** The run at the end is looked for only where one begins, so that the search stays O(length). */
const MARKS_AROUND = /^[\p{P}\p{S}]+|(?<![\p{P}\p{S}])[\p{P}\p{S}]+$/gu
const STATUS = /^[45]\d\d$/
/** What comes after one of these is a name: "I am Ann Lee", "mein Name ist", "je m'appelle". */
const INTRODUCES =
  /(?:\b(?:my name is|i am called|call me|signed|mi nombre es|me llamo|meu nome é|me chamo|je m['’]appelle|mein name ist|ich heiße|nama saya|mr|mrs|ms|dr|herr|frau|señor[a]?|monsieur|madame)\b|मेरा नाम|اسمي)[.:]?\s+\S+(?:\s+\p{Lu}\S*)?/giu

/** Words and gaps in their order; empty when nothing is left. O(length). */
export function clean(text: string): string[] {
  const plain = text
    .slice(0, TEXT_CHARS)
    .normalize('NFKC')
    .replace(PILED, '')
    .replace(UNSEEN, ' ')
    .replace(INTRODUCES, ' @ ')
  const out: string[] = []
  const chunks = plain.split(/\s+/).filter(Boolean)
  for (const [i, chunk] of chunks.entries()) {
    if (out.length >= WORDS_MAX) break
    for (const piece of piecesOf(chunk, isNumber(chunks[i - 1]) || isNumber(chunks[i + 1])))
      if (piece !== GAP || out.at(-1) !== GAP) out.push(piece)
  }
  return trimmed(out)
}

/** Without gaps at its ends. */
export function trimmed(words: string[]): string[] {
  while (words[0] === GAP) words.shift()
  while (words.at(-1) === GAP) words.pop()
  return words
}

const isNumber = (chunk: string | undefined): boolean => chunk !== undefined && /\p{N}/u.test(chunk)

/** Words of what stands between two spaces. An HTTP status says what fails; any other number may be somebody's. */
function piecesOf(chunk: string, besideNumber: boolean): string[] {
  const bare = chunk.replace(MARKS_AROUND, '')
  if (STATUS.test(bare) && !besideNumber) return [bare]
  if (NAMES.test(chunk) || /\p{N}/u.test(chunk)) return [GAP]
  return (chunk.match(WORD) ?? []).map(word => (word.length > WORD_CHARS ? GAP : word))
}

/** As words are compared. */
export const keyOf = (word: string): string => word.toLowerCase().replaceAll('’', "'")
