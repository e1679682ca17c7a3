import { describe, expect, it } from 'vitest'
import { LABEL_EPOCH_MS, LABEL_VALUES_PER_SERVICE, SERVICES_PER_WORKSPACE } from '../../contract/limits.js'
import { LabelBook } from './cardinality.js'

const rules = {
  isName: (value: unknown, chars: number) => typeof value === 'string' && value.length > 0 && value.length <= chars,
  isLabelName: (name: string) => /^[a-z]+$/.test(name),
  isChosen: (name: string, value: unknown) => name === 'country' && /^[A-Z]{2}$/.test(String(value)),
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
  it('has room for what people choose, however much a sender brought', () => {
    const book = new LabelBook(rules)
    for (let i = 0; i < 5_000; i++) book.admit('s', { country: `junk ${i}` }, T0)
    for (let i = 0; i < 100; i++)
      book.admit('s', { [`n${'abcdefghij'[i % 10]}${'abcdefghij'[(i / 10) | 0]}`]: 'x' }, T0)
    expect(book.admit('s', { country: 'junk 9999' }, T0)?.rule).toBe('labels.values')
    for (const country of ['DE', 'IN', 'BR']) expect(book.admit('s', { country }, T0)).toBeNull()
    expect(book.admit('s', { country: 'de' }, T0)?.rule).toBe('labels.values')

    const names = new LabelBook(rules)
    for (const a of 'abcdefgh') for (const b of 'abcdefgh') names.admit('s', { [a + b]: 'x' }, T0)
    expect(names.admit('s', { other: 'x' }, T0)?.rule).toBe('labels.names')
    expect(names.admit('s', { country: 'DE' }, T0)).toBeNull()
  })
  it('lets one of several senders bring half of the values of a label, and half of the services', () => {
    let book = new LabelBook(rules)
    const fill = (sender: string, from: number) => {
      let taken = 0
      for (let i = 0; i < LABEL_VALUES_PER_SERVICE; i++)
        if (book.admit('s', { city: `c${from + i}` }, T0, sender) === null) taken++
      return taken
    }
    expect(fill('a', 0)).toBe(LABEL_VALUES_PER_SERVICE / 2)
    const saved = book.snapshot()
    book = new LabelBook(rules)
    book.restore(saved)
    expect(fill('a', 5_000)).toBe(0)
    expect(fill('b', 9_000)).toBe(LABEL_VALUES_PER_SERVICE / 2)
    let services = 0
    for (let i = 0; i < SERVICES_PER_WORKSPACE; i++) if (book.admit(`a${i}`, {}, T0, 'a') === null) services++
    // The first was `s`.
    expect(services).toBe(SERVICES_PER_WORKSPACE / 2 - 1)
    expect(book.admit('of b', {}, T0, 'b')).toBeNull()
  })
  it('has room for the services of the configuration', () => {
    const book = new LabelBook(rules)
    book.expect(['shop'])
    for (let i = 0; i <= SERVICES_PER_WORKSPACE; i++) book.admit(`s${i}`, {}, T0)
    expect(book.admit('another', {}, T0)?.rule).toBe('service.count')
    expect(book.admit('shop', { country: 'DE' }, T0)).toBeNull()
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
