import type { Hedge } from '../../contract/incident.js'
import type { Language } from '../pages/strings.js'

/**
 * The words by which a language says how sure it is. A sentence has those of its own hedge, all of them, and none of another:
 * a test holds templates to that, and what somebody else words anew is held to it too.
 */
export const HEDGE_WORDS: Record<Language, Record<Exclude<Hedge, 'measured' | 'plain'>, readonly RegExp[]>> = {
  en: {
    said: [/\b(?:says?|said|called|decided|amended|notice|word)\b/i],
    suspected: [/\bsuspected\b/i, /\bnot confirmed\b/i],
    confirmed: [/(?<!\bnot )\bconfirm(?:ed|s)\b/i],
    unknown: [/\bnot known\b/i],
    forecast: [/\bforecast\b/i, /\bno promise\b/i],
  },
  de: {
    said: [/sagt|erklärt|Mitteilung|Wort|Entschieden|Ergänzt/],
    suspected: [/vermutet/i, /nicht bestätigt/],
    confirmed: [/(?<!nicht )bestätigt/],
    unknown: [/nicht bekannt/i],
    forecast: [/Vorhersage/, /kein Versprechen/],
  },
  es: {
    said: [/\bdice\b|dio por terminado/],
    suspected: [/se sospecha/i, /sin confirmar/],
    confirmed: [/confirmad[oa]/i],
    unknown: [/no se sabe/i],
    forecast: [/Previsión/, /no una promesa/],
  },
  pt: {
    said: [/\bdiz\b|Diz-se|deu o incidente/],
    suspected: [/suspeita-se/i, /sem confirmação/],
    confirmed: [/confirmad[oa]/i],
    unknown: [/não se sabe/i],
    forecast: [/Previsão/, /não uma promessa/],
  },
  fr: {
    said: [/\bdit\b|déclaré/],
    suspected: [/soupçonnée?/i, /pas établi|sans être établie?/],
    confirmed: [/confirmée?/i],
    unknown: [/on ne sait pas/i],
    forecast: [/Prévision/, /sans promesse/],
  },
  id: {
    said: [/mengatakan/],
    suspected: [/dicurigai/i, /belum pasti/],
    confirmed: [/dikonfirmasi/i],
    unknown: [/tidak diketahui/i],
    forecast: [/Perkiraan/, /bukan janji/],
  },
  hi: {
    said: [/कहा/],
    suspected: [/संदेह/, /पक्का नहीं(?! किया)/],
    confirmed: [/पुष्टि/],
    unknown: [/ज्ञात नहीं/],
    forecast: [/पूर्वानुमान/, /वादा नहीं/],
  },
  ja: {
    said: [/述べ/],
    suspected: [/疑/, /未確定/],
    confirmed: [/確認/],
    unknown: [/わかっていません|わかっていないため/],
    forecast: [/予測/, /約束ではありません/],
  },
  ar: {
    said: [/قال/],
    suspected: [/يُشتبه/, /ولم يثبت(?!ّ)/],
    confirmed: [/مؤكد/],
    unknown: [/غير معروفة?/],
    forecast: [/توقع/, /وليس وعدًا/],
  },
}

/** Hedges whose words mark them alone; anybody may be said to say something. */
const TELLING = ['suspected', 'confirmed', 'unknown', 'forecast'] as const

/** What is wrong with the words of a sentence of this hedge; null: nothing. */
export function hedgeFault(text: string, hedge: Hedge, language: Language): string | null {
  const all = HEDGE_WORDS[language]
  if (hedge !== 'measured' && hedge !== 'plain')
    for (const word of all[hedge]) if (!word.test(text)) return `it does not say that it is ${hedge}: ${word.source}`
  for (const other of TELLING)
    if (other !== hedge && all[other].every(word => word.test(text))) return `it says that it is ${other}, not ${hedge}`
  return null
}
