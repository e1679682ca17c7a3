import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matches, withoutEnd } from './text.js'

it('takes characters off the end alone', () => {
  expect([withoutEnd('a//', '/'), withoutEnd('/a', '/'), withoutEnd('//', '/'), withoutEnd('a\r\n', '\r\n')]).toEqual([
    ...['a', '/a', '', 'a'],
  ])
})
it('is what a regular expression would say of a pattern with stars, in any case', () => {
  const short = fc.string({ unit: fc.constantFrom('a', 'B', '*', '.'), maxLength: 8 })
  fc.assert(
    fc.property(short, fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 8 }), (pattern, text) => {
      const slow = new RegExp(`^${pattern.replaceAll('.', '\\.').replace(/\*+/g, '.*')}$`, 'is')
      expect(matches(pattern, text)).toBe(slow.test(text))
    }),
  )
  expect(matches('shop-*', 'SHOP-api')).toBe(true)
})
