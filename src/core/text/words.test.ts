import { describe, expect, it } from 'vitest'
import { asRead, rule, words } from './words.js'

describe('rule()', () => {
  it.each([
    [words('down', 'WhatsApp'), 'whatsapp, hm', true],
    [words('down'), 'download', false],
    [words('haha\\w*'), 'haha', true],
    [words('hallucinat*'), 'hallucinating', true],
    ['[?？¿]', 'well?', true],
    ['50\\d', 'a 503', true],
    ['खुल(?:ा|ी)? नहीं', 'ऐप खुल नहीं रहा', true],
    ['(?:打|点)不开|没了.{0,2}', '网页打不开', true],
    ['打不开?', 'it does not open', false],
    ['😂|笑', 'so 😂', true],
    [words('не работает'), 'опять НЕ работает', true],
  ])('%s of "%s": %s', (pattern, text, holds) => {
    expect(rule(pattern).test(asRead(text))).toBe(holds)
  })
})
