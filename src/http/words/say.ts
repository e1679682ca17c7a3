import type { EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import type { Line, Slot } from '../../core/words/says.js'
import type { Story } from '../../core/words/story.js'
import { isolated } from '../pages/direction.js'
import { type Speech, speechOf } from '../pages/language.js'
import type { Language } from '../pages/strings.js'
import { arWords } from '../pages/strings/ar/words.js'
import { deWords } from '../pages/strings/de/words.js'
import { enWords, type WordsStrings } from '../pages/strings/en/words.js'
import { esWords } from '../pages/strings/es/words.js'
import { frWords } from '../pages/strings/fr/words.js'
import { hiWords } from '../pages/strings/hi/words.js'
import { idWords } from '../pages/strings/id/words.js'
import { jaWords } from '../pages/strings/ja/words.js'
import { ptWords } from '../pages/strings/pt/words.js'
import { valueName, whereText } from '../pages/words.js'

const WORDS: Record<Language, WordsStrings> = {
  en: enWords,
  es: esWords,
  pt: ptWords,
  hi: hiWords,
  fr: frWords,
  de: deWords,
  id: idWords,
  ja: jaWords,
  ar: arWords,
}

export const wordsIn = (language: Language): WordsStrings => WORDS[language]

/** Who says lines in a language: with its formats, at a time, about an incident of a service with these components. */
export interface Sayer {
  language: Language
  speech: Speech
  words: WordsStrings
  incident: string
  now: EpochMs
  components: readonly Component[]
}

export const sayerOf = (
  language: Language,
  { incident, now, components }: Pick<Story, 'incident' | 'now' | 'components'>,
  zone?: string,
): Sayer => ({ language, speech: speechOf(language, zone), words: wordsIn(language), incident, now, components })

/** A slot as the language writes it. */
export function slotText(slot: Slot, { speech, words, now, components }: Sayer): string {
  const { f, t } = speech
  switch (slot.is) {
    case 'share':
      // An estimate is never all of it.
      return f.share(Math.min(slot.value, 0.994))
    case 'shares':
      return f.shares(slot.value)
    case 'count':
      return f.number(slot.value)
    case 'minutes':
      return f.number(slot.value)
    case 'time':
      return f.moment(slot.value, now)
    case 'span':
      return f.span(slot.value)
    case 'where':
      return whereText(slot.value, { t, f, now }, components)
    case 'parts':
      return f.list(inOrder(slot.value, components).map(id => valueName('component', id, { f }, components)))
    case 'name':
    case 'words':
      return isolated(slot.value.trim())
    case 'term':
      return words.term[slot.value]
  }
  return slot satisfies never
}

/** Components in the order of their service, so that one update can be read beside another. */
function inOrder(ids: readonly string[], components: readonly Component[]): string[] {
  const place = (id: string) => components.findIndex(each => each.id === id)
  return [...ids].sort((a, b) => place(a) - place(b))
}

/** A template with its `{slots}` filled; a slot that is not given stands as it is. */
export const filled = (template: string, slots: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, slot: string) => (Object.hasOwn(slots, slot) ? slots[slot]! : whole))

/** A sentence in the sayer's language. */
export function lineText(line: Line, sayer: Sayer): string {
  const slots = Object.fromEntries(Object.entries(line.slots).map(([name, slot]) => [name, slotText(slot, sayer)]))
  return filled(sayer.words.say[line.say], slots)
}

export const linesText = (lines: readonly Line[], sayer: Sayer): string[] => lines.map(each => lineText(each, sayer))
