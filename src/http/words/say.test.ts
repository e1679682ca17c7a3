import { describe, expect, it } from 'vitest'
import { hedgeOf, type Say, SAYS, slotsOf } from '../../core/words/says.js'
import { LANGUAGES, type Language } from '../pages/strings.js'
import { hedgeFault } from './hedges.js'
import { wordsIn } from './say.js'

const KEYS = Object.keys(SAYS) as Say[]
const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(each => each[1]!).sort()

describe.each(Object.keys(LANGUAGES) as Language[])('the sentences in %s', language => {
  const words = wordsIn(language)
  it('have the slots of the table, each once, and no number of their own', () => {
    for (const key of KEYS) {
      expect([key, holes(words.say[key])]).toEqual([key, slotsOf(key).sort()])
      expect([key, /\p{N}/u.test(words.say[key])]).toEqual([key, false])
    }
  })
  it('are as sure as the table says, by the words of the language', () => {
    const wrong = KEYS.flatMap(key => {
      const fault = hedgeFault(words.say[key], hedgeOf(key), language)
      return fault === null ? [] : [`${key}: ${words.say[key]}: ${fault}`]
    })
    expect(wrong).toEqual([])
  })
  it('around them have the slots of English', () => {
    const en = wordsIn('en')
    for (const key of ['title', 'published', 'due', 'overdue'] as const)
      expect([key, holes(words[key])]).toEqual([key, holes(en[key])])
  })
})
