import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Observation } from '../../contract/signal.js'
import { readSignal, Refusal } from './door.js'
import { Scanner } from './scanner.js'

const scanner = new Scanner()
const bytesOf = (text: string) => new TextEncoder().encode(text)
const scan = (text: string) => {
  const bytes = bytesOf(`${text}\n`)
  return scanner.scan(bytes, 0)
}
const cut = (text: string, from: number, to: number) => new TextDecoder().decode(bytesOf(text).subarray(from, to))

const report = {
  type: 'observation',
  via: 'report',
  id: 'r1',
  service: 'chat',
  at: '2026-02-03T20:14:00Z',
  labels: { country: 'IN' },
  total: 1,
  bad: 1,
}
const metric = {
  ...report,
  via: 'metric',
  total: 100,
  bad: 3,
  slow: 2,
  windowMs: 60_000,
  seenAt: '2026-02-03T20:14:09.250Z',
}

describe('Scanner', () => {
  it.each<[sentence: string, text: string]>([
    ['a report', JSON.stringify(report)],
    ['a metric', JSON.stringify(metric)],
    ['a check with its latency', JSON.stringify({ ...report, via: 'check', bad: 0, latencyMs: 109.25 })],
    [
      'a post without counts',
      JSON.stringify({
        ...report,
        via: 'post',
        total: undefined,
        bad: undefined,
        text: 'down?',
        author: 'a',
        lang: 'en',
      }),
    ],
    [
      'spaces after colons and commas',
      '{"type": "observation", "via": "report", "id": "a", "service": "s", "at": "2026-02-03T20:14:00.000Z", "labels": {"a": "b", "c": "d"}, "total": 1, "bad": 0}',
    ],
    ['no labels', JSON.stringify({ ...report, labels: undefined })],
    ['empty labels', JSON.stringify({ ...report, labels: {} })],
    ['whose id it is', JSON.stringify({ ...report, idSpace: 'ci.1' })],
    ['a carriage return at the end', `${JSON.stringify(report)}\r`],
  ])('says yes to %s', (_, text) => expect(scan(text)).toBe(true))

  it.each<[sentence: string, text: string]>([
    ['a fact', JSON.stringify({ ...report, type: 'fact', via: 'change', kind: 'config' })],
    ['an escape', JSON.stringify({ ...report, text: 'a "quoted" word' })],
    ['a character beyond ASCII', JSON.stringify({ ...report, text: 'längst' })],
    ['a repeated field', `{"bad":0,${JSON.stringify(report).slice(1)}`],
    ['an unknown field', JSON.stringify({ ...report, weather: 'rain' })],
    ['a field that a known one begins with', JSON.stringify({ ...report, tota: 1 })],
    ['null', JSON.stringify({ ...report, slow: null })],
    ['a leading zero', JSON.stringify(metric).replace('"bad":3', '"bad":03')],
    ['an exponent', JSON.stringify(metric).replace('"bad":3', '"bad":3e0')],
    ['a sign', JSON.stringify(metric).replace('"bad":3', '"bad":-3')],
    ['milliseconds', JSON.stringify({ ...report, at: Date.parse(report.at) })],
    ['30 February', JSON.stringify({ ...report, at: '2026-02-30T20:14:00Z' })],
    ['1970', JSON.stringify({ ...report, at: '1970-01-01T00:00:00Z' })],
    ['something after it', `${JSON.stringify(report)} x`],
    ['a name of whose it is that is none', JSON.stringify({ ...report, idSpace: 'c/i' })],
    ['an empty one', JSON.stringify({ ...report, idSpace: '' })],
    ['one that begins with a dot', JSON.stringify({ ...report, idSpace: '.ci' })],
    ['nothing after a comma', `${JSON.stringify(report).slice(0, -1)},}`],
    ['labels that nest', JSON.stringify({ ...report, labels: { a: { b: 'c' } } })],
    ['a label that is a number', JSON.stringify({ ...report, labels: { a: 1 } })],
  ])('leaves to others: %s', (_, text) => expect(scan(text)).toBe(false))

  it('does not look beyond its line', () => {
    const text = JSON.stringify(report)
    for (let to = 0; to < text.length; to++) {
      // What stands behind the line end would complete it.
      const bytes = bytesOf(`${text.slice(0, to)}\n${text.slice(to)}\n`)
      expect(scanner.scan(bytes, 0)).toBe(false)
      const alone = bytes.slice(0, to + 1)
      const watched = new Proxy(alone, {
        get: (target, name) => {
          if (typeof name === 'string' && /^\d+$/.test(name) && Number(name) > to)
            throw new Error(`byte ${name} of ${to + 1} was read`)
          return Reflect.get(target, name, target) as unknown
        },
      })
      expect(scanner.scan(watched, 0)).toBe(false)
    }
  })

  it('says yes only where readSignal does, and reads the same', () => {
    const odd = fc.constantFrom<unknown>(
      '',
      'x',
      0,
      1,
      2,
      -1,
      1.5,
      1e9,
      1e10,
      1e300,
      true,
      null,
      {},
      [],
      { a: 'b' },
      'report',
      'observation',
      undefined,
    )
    const time = fc.oneof(
      fc
        .date({ min: new Date('1999-12-30'), max: new Date('2070-01-03'), noInvalidDate: true })
        .map(d => d.toISOString()),
      fc.constantFrom(
        '2026-02-03T20:14:00Z',
        '2028-02-29T00:00:00Z',
        '2027-02-29T00:00:00Z',
        '2026-02-03T24:00:00Z',
        '2026-02-03T20:14Z',
        '0026-02-03T20:14:00Z',
      ),
    )
    const word = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcXYZ019 _-./:{}[],') })
    const text = fc.string({ maxLength: 12 })
    const count = fc.oneof(fc.nat(200), odd)
    // An observation that may be ordinary, and up to two fields of it replaced by what they should not be.
    const ordinary = fc.record(
      {
        type: fc.constant('observation'),
        via: fc.constantFrom('report', 'post', 'check', 'metric'),
        id: word,
        service: word,
        at: time,
        labels: fc.dictionary(word, word, { maxKeys: 3 }),
        total: fc.constantFrom(1, 1, 100),
        bad: fc.constantFrom(0, 1),
        seenAt: time,
        latencyMs: fc.nat(3e8).map(n => n / 100),
        reporter: word,
        idSpace: fc.oneof(word, fc.constantFrom('ci', 'a.b-c_1')),
      },
      { requiredKeys: ['type', 'via', 'id', 'service', 'at'] },
    )
    const strange = fc.dictionary(
      fc.constantFrom(
        'type',
        'via',
        'id',
        'service',
        'at',
        'seenAt',
        'labels',
        'total',
        'bad',
        'slow',
        'windowMs',
        'latencyMs',
        'text',
        'lang',
        'idSpace',
        'weather',
      ),
      fc.oneof(odd, count, text, time),
      { maxKeys: 2 },
    )
    const fields = fc.tuple(ordinary, strange).map(([o, s]) => ({ ...o, ...s }))
    let yes = 0
    fc.assert(
      fc.property(fields, fc.boolean(), (value, spaced) => {
        const line = spaced
          ? JSON.stringify(value, null, 1).replace(/\n */g, ' ').replace('{ ', '{').replace(/ \}/g, '}')
          : JSON.stringify(value)
        if (!scan(line)) return
        yes++
        const read = readSignal(JSON.parse(line))
        if (read instanceof Refusal) throw new Error(`said yes to ${line}, which breaks ${read.rule}`)
        const o = read as Observation
        expect([
          (scanner.spaceFrom < 0 ? '' : `${cut(line, scanner.spaceFrom, scanner.spaceTo)}/`) +
            cut(line, scanner.idFrom, scanner.idTo),
          cut(line, scanner.serviceFrom, scanner.serviceTo),
          scanner.at,
          scanner.seenAt,
        ]).toEqual([o.id, o.service, o.at, o.seenAt ?? o.at])
        expect(JSON.parse(`{${cut(line, scanner.labelsFrom, scanner.labelsTo)}}`)).toEqual(o.labels)
      }),
      { numRuns: 20_000 },
    )
    expect(yes).toBeGreaterThan(1_000)
  })
})
