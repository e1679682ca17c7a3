import { describe, expect, it } from 'vitest'
import { wordBits } from './wording.js'

describe('wordBits()', () => {
  it('speaks against files that no request meets, and against words of care', () => {
    expect(wordBits('adjust colours', 'web/theme.css\n-a: 1\n+a: 2', '')).toBe(-5)
    expect(wordBits('fix a typo', 'a.go\n-x := 1\n+x := 2', '')).toBeLessThan(0)
  })

  it('speaks for another number, and for a guard that is gone', () => {
    expect(
      wordBits('tidy', 'conf.go\n-  timeout: 30 * time.Second\n+  timeout: 30 * time.Millisecond', ''),
    ).toBeGreaterThan(0)
    expect(wordBits('simplify', 'a.go\n-\tl.mutex.Lock()\n-\tdefer l.mutex.Unlock()\n+\tcount++', '')).toBeGreaterThan(
      0,
    )
  })

  it('hears words that the trouble shares, and is weak whatever they are', () => {
    const text = 'a.py\n+ select position from favourites'
    expect(wordBits('add a list', text, 'relation favourites does not exist')).toBeGreaterThan(
      wordBits('add a list', text, ''),
    )
    const loud = 'favourites relation exist position select missing table column'
    expect(wordBits(loud, `a.py\n-if a: lock timeout 1\n+${loud} 2`, loud)).toBeLessThanOrEqual(5)
    expect(wordBits('', '', loud)).toBe(0)
  })
})
