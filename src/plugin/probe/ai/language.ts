// Which language a text of a sentence or more is in, by its script, or by the small words that are most frequent in it. It tells an
// answer in the wrong language from one in the right one, and is silent where it cannot tell.

const SCRIPTS: readonly [pattern: RegExp, language: string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/\p{Script=Arabic}/gu, 'ar'],
  [/\p{Script=Devanagari}/gu, 'hi'],
  [/\p{Script=Cyrillic}/gu, 'ru'],
  [/\p{Script=Greek}/gu, 'el'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Thai}/gu, 'th'],
]

/** Small words by language; words that two of them share say nothing and are left out where they do harm. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'the of and is that it was for are with this have they from which you not be by an there their',
  de: 'der die und das ist nicht ein eine mit auf für sich den dem auch von werden sind wir ich es zu',
  fr: 'le les des est et une dans que qui pour pas sur avec ce sont nous vous du au elle il plus',
  es: 'el los las que del por con una para es como más pero sus está son y se lo hay muy',
  pt: 'os não uma com que para mais das dos é ao ele você são foi muito também em da do seu',
  it: 'il che di è per una con non sono della gli nel questo anche come più alla delle ha ed',
  nl: 'het een van de en dat niet met voor zijn op te aan ook als maar wordt dit naar bij',
  id: 'yang dan di dengan untuk ini itu dari tidak adalah pada akan dalam ke juga atau bisa ada kami saya',
  tr: 've bir bu için ile olarak çok daha olan gibi ne var değil ama kadar sonra her o en şey',
  pl: 'i w nie na się jest że do z jak to co po ale czy od przez tylko był już',
}
const LISTS = new Map(Object.entries(WORDS).map(([language, words]) => [language, new Set(words.split(' '))]))
export const LANGUAGES: readonly string[] = [...LISTS.keys(), ...SCRIPTS.map(([, language]) => language)]

/** Letters of one script from which a text is of it: names in another one stand in many. */
const SCRIPT_SHARE = 0.4
/** Kana among Chinese characters make it Japanese from this share on. */
const KANA_SHARE = 0.1
/** Small words that a text has at least before anything is said of it, and how far it has to lead. */
const [WORDS_LEAST, LEAD] = [2, 1.5]

/**
 * The language of a text as two letters; null where that cannot be told.
 *
 * @example
 * languageOf('Das ist nicht der Text, den wir wollten.') // => 'de'
 */
export function languageOf(text: string): string | null {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  if (letters === 0) return null
  for (const [pattern, language] of SCRIPTS) {
    const share = (text.match(pattern)?.length ?? 0) / letters
    if (share >= (language === 'ja' ? KANA_SHARE : SCRIPT_SHARE)) return language
  }
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const counts = [...LISTS]
    .map(([language, list]) => ({ language, hits: words.filter(each => list.has(each)).length }))
    .toSorted((a, b) => b.hits - a.hits)
  const [first, second] = counts
  return first!.hits >= WORDS_LEAST && first!.hits >= LEAD * second!.hits ? first!.language : null
}
