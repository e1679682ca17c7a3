import type { Language } from '../strings.js'
import { arStatus } from '../strings/ar/status.js'
import { deStatus } from '../strings/de/status.js'
import { enStatus, type StatusStrings } from '../strings/en/status.js'
import { esStatus } from '../strings/es/status.js'
import { frStatus } from '../strings/fr/status.js'
import { hiStatus } from '../strings/hi/status.js'
import { idStatus } from '../strings/id/status.js'
import { jaStatus } from '../strings/ja/status.js'
import { ptStatus } from '../strings/pt/status.js'

export type StatusWords = StatusStrings

/** What the status page says, in every language that pages speak. */
const WORDS: Record<Language, StatusWords> = {
  en: enStatus,
  es: esStatus,
  pt: ptStatus,
  hi: hiStatus,
  fr: frStatus,
  de: deStatus,
  id: idStatus,
  ja: jaStatus,
  ar: arStatus,
}

export function statusWords(language: Language): StatusWords {
  return WORDS[language]
}
