import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../contract/time.js'
import { clean, GAP } from './clean.js'
import { noteSample, readSamples, sampleState, takeBackSample } from './samples.js'
import { isRude, themeOf } from './theme.js'

const T = Date.UTC(2026, 1, 3, 20)

function told(texts: readonly string[], from: (i: number) => string = i => `p${i}`) {
  const state = sampleState()
  texts.forEach((text, i) => noteSample(state, T + i, `w${i}`, from(i), text))
  return readSamples(state, T + MINUTE)
}

describe('clean()', () => {
  it.each([
    ['an address', 'mail ann.lee@example.com it is down', 'mail … it is down'],
    ['a page', 'see https://evil.example/x?y=1 it is down', 'see … it is down'],
    ['a bare domain', 'go to evil.example now', 'go to … now'],
    ['a handle and a tag', 'thanks @support it fails #outage again', 'thanks … it fails … again'],
    ['a telephone number in parts', 'call +49 (430) 555 0100 for help', 'call … for help'],
    ['an account number', 'order 12345678 fails', 'order … fails'],
    ['digits of other scripts', 'رقم ١٢٣٤٥ لا يعمل', 'رقم … لا يعمل'],
    ['a name after an introduction', 'my name is Ann Lee and it is down', 'and it is down'],
    ['markup', '<script>alert(1)</script> it is down', 'it is down'],
    ['a turned direction', 'it is \u202egnikrow\u202c down', 'it is gnikrow down'],
    ['piled marks', 'd\u0301\u0302\u0303\u0304o\u0335\u0336w\u0360n again and again', 'down again and again'],
    ['wide and hidden letters', 'ｄｏｗｎ\u200b for\u2060 all', 'down for all'],
    ['an e-mail in wide letters', 'ann＠example．com wrote', 'wrote'],
    ['emoji and signs', 'down!!! 😡😡 (again)', 'down again'],
    ['a path', 'C:\\Users\\ann fails and /data/ann too', 'fails and … too'],
    ['a word that is none', `${'a'.repeat(60)} is down`, 'is down'],
  ])('leaves out %s', (_, text, expected) => expect(clean(text).join(' ')).toBe(expected))

  it('keeps an HTTP status, whole letters of every script, and words with an apostrophe', () => {
    expect(clean('Error 502 again').join(' ')).toBe('Error 502 again')
    expect(clean("doesn't load").join(' ')).toBe("doesn't load")
    expect(clean('संदेश नहीं भेज पा रहा').join(' ')).toBe('संदेश नहीं भेज पा रहा')
    expect(clean('ChatGPTが開かない').join(' ')).toBe('ChatGPTが開かない')
  })

  it('gives nothing but letters, marks, a status and gaps, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 })), text => {
        for (const word of clean(text)) {
          expect(word).toMatch(/^(?:…|[45]\d\d|(?:[\p{L}\p{M}’'-]|\u{200c}|\u{200d})+)$/u)
          expect(word).not.toMatch(/[\u{300}-\u{36f}]|[\u202a-\u202e\u2066-\u2069\p{Cc}]/u)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('themes', () => {
  it.each([
    ['Cannot log in since noon', 'login'],
    ['Messages are not being sent', 'sending'],
    ['It has become terribly slow', 'slow'],
    ['Error 503 on every page', 'errors'],
    ['The site does not open', 'unreachable'],
    ['payment was refused twice', 'payment'],
    ['my history has disappeared', 'missing'],
    ['No puedo iniciar sesión', 'login'],
    ['Die Seite lädt nicht', 'unreachable'],
    ['ログインできません', 'login'],
    ['التطبيق لا يعمل', 'unreachable'],
    ['पेज नहीं खुल रहा', 'unreachable'],
    ['hm', 'other'],
  ])('%j is about %s', (text, theme) => expect(themeOf(text)).toBe(theme))
  it('rudeness is known as a word, not as a part of one', () => {
    expect(isRude('this is shit')).toBe(true)
    expect(isRude('so eine Scheiße')).toBe(true)
    expect(isRude('computer in Scunthorpe, class assembly')).toBe(false)
  })
})

describe('samples', () => {
  it('shows what three strangers say alike, and only the words that three of them wrote', () => {
    expect(
      told([
        'The page does not load for Ann Lee in Springfield',
        'page does not load at all',
        'the page does not load here, thanks Bob',
      ]),
    ).toEqual([{ theme: 'unreachable', people: 3, text: 'page does not load' }])
  })

  it('shows nothing of two people, nor of three of whom two share a prefix', () => {
    expect(told(['the page does not load', 'the page does not load'])).toEqual([])
    const same = ['the page does not load', 'the page does not load', 'the page does not load']
    expect(told(same, i => `p${Math.min(i, 1)}`)).toEqual([{ theme: 'unreachable', people: 3 }])
  })

  it('counts a theme whose texts have little in common, without a text', () => {
    expect(told(['the page does not load', 'offline since noon', 'cannot connect from home'])).toEqual([
      { theme: 'unreachable', people: 3 },
    ])
  })

  it('counts rude texts and shows none', () => {
    const [sample] = told(Array(5).fill('this shit page does not load'))
    expect(sample).toEqual({ theme: 'unreachable', people: 5 })
  })

  it('shows a whole run of a script without spaces', () => {
    expect(told(Array(3).fill('ログインできません'))).toEqual([
      { theme: 'login', people: 3, text: 'ログインできません' },
    ])
  })

  it('never shows a word of fewer than three prefixes, whatever is written', () => {
    const word = fc.constantFrom('down', 'load', 'page', 'the', 'not', 'does', 'Ann', 'Lee', 'Springfield', 'here')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.array(word, { minLength: 1, maxLength: 8 })), { maxLength: 30 }),
        rows => {
          const state = sampleState()
          rows.forEach(([prefix, words], i) => noteSample(state, T + i, `w${i}`, `p${prefix}`, words.join(' ')))
          for (const { text = '', people } of readSamples(state, T + MINUTE)) {
            expect(people).toBeGreaterThanOrEqual(3)
            for (const shown of text.split(' ').filter(each => each !== GAP && each !== ''))
              expect(
                new Set(rows.filter(([, words]) => (words as string[]).includes(shown)).map(([p]) => p)).size,
              ).toBeGreaterThan(2)
          }
        },
      ),
    )
  })

  it('forgets after an hour, keeps a bounded memory, and takes back what was a flood', () => {
    const state = sampleState()
    for (let i = 0; i < 1_000; i++) noteSample(state, T + i, `w${i}`, `p${i}`, 'the page does not load')
    expect(state.said.length).toBeLessThanOrEqual(120)
    expect(readSamples(state, T + MINUTE)[0]?.people).toBe(1_000)
    takeBackSample(state, 'w999')
    expect(readSamples(state, T + MINUTE)[0]?.people).toBe(999)
    expect(readSamples(state, T + HOUR + 5 * MINUTE)).toEqual([])
  })
})
