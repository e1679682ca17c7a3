import { describe, expect, it } from 'vitest'
import { nearest } from './near.js'

describe('nearest', () => {
  const names = ['push', 'config-7', 'dependency:db', 'surge']
  it.each([
    ['psuh', ['push']],
    ['Push', ['push']],
    ['config7', ['config-7']],
    ['db', []],
    ['dependency', ['dependency:db']],
    ['nope', []],
    ['', []],
  ])('%s → %j', (word, found) => expect(nearest(word, names)).toEqual(found))
})
