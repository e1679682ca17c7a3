import { describe, expect, it } from 'vitest'
import { LABEL_EPOCH_MS, LABEL_VALUES_PER_SERVICE } from '../contract/limits.js'
import { LabelBook } from './labels.js'

const rules = {
  isName: (value: unknown, chars: number) => typeof value === 'string' && value.length > 0 && value.length <= chars,
  isLabelName: (name: string) => /^[a-z]+$/.test(name),
  nameRule: 'a name',
  valueRule: 'a value',
}
const T0 = 200 * LABEL_EPOCH_MS

describe('LabelBook', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a name against the rule', { 'no good': 'x' }, 'labels.name'],
    ['a value that is a number', { country: 3 }, 'labels.value'],
    ['a value that is empty', { country: '' }, 'labels.value'],
    ['too many labels', Object.fromEntries([...'abcdefghijklmnopqrstuvwxyz', 'aa'].map(n => [n, 'x'])), 'labels.count'],
  ])('refuses %s', (_, labels, rule) => expect(new LabelBook(rules).admit('s', labels as never, T0)?.rule).toBe(rule))

  it('takes 2,000 values of a label, refuses the next and goes on with those it knows', () => {
    const book = new LabelBook(rules)
    for (let i = 0; i < 10_000; i++) {
      const refusal = book.admit('s', { city: `c${i}` }, T0)
      expect(refusal?.rule).toBe(i < LABEL_VALUES_PER_SERVICE ? undefined : 'labels.values')
    }
    expect(book.admit('s', { city: 'c7' }, T0)).toBeNull()
    expect(book.admit('s', { country: 'IN' }, T0)).toBeNull()
    expect(book.admit('other', { city: 'c9999' }, T0)).toBeNull()
    expect(book.size).toEqual({ services: 2, values: LABEL_VALUES_PER_SERVICE + 2 })
  })
  it('remembers nothing of a signal that it refuses', () => {
    const book = new LabelBook(rules)
    book.admit('s', { country: 'IN', city: 3 as never }, T0)
    expect(book.size).toEqual({ services: 0, values: 0 })
  })
  it('forgets a value that was not seen for a whole epoch, so that others find room', () => {
    const book = new LabelBook(rules)
    for (let i = 0; i < LABEL_VALUES_PER_SERVICE; i++) book.admit('s', { version: `v${i}` }, T0)
    expect(book.admit('s', { version: 'new' }, T0 + LABEL_EPOCH_MS)?.rule).toBe('labels.values')
    book.admit('s', { version: 'v1' }, T0 + LABEL_EPOCH_MS)
    expect(book.admit('s', { version: 'new' }, T0 + 2 * LABEL_EPOCH_MS)).toBeNull()
    expect(book.size.values).toBe(2)
  })
  it('opens from a snapshot as it was', () => {
    const book = new LabelBook(rules)
    for (let i = 0; i < LABEL_VALUES_PER_SERVICE; i++) book.admit('s', { city: `c${i}` }, T0)
    const again = new LabelBook(rules)
    again.restore(structuredClone(book.snapshot()))
    expect(again.size).toEqual(book.size)
    expect(again.admit('s', { city: 'one more' }, T0)?.rule).toBe('labels.values')
  })
})
