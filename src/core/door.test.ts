import { describe, expect, it } from 'vitest'
import type { Observation } from '../contract/signal.js'
import { DAY, HOUR, MINUTE } from '../contract/time.js'
import { readSignal, readTime, Refusal, shown, untimely } from './door.js'

const at = '2026-02-03T20:14:00Z'
const report = {
  type: 'observation',
  via: 'report',
  id: 'r1',
  service: 'chat',
  at,
  labels: { country: 'IN' },
  total: 1,
  bad: 1,
}
const metric = { ...report, via: 'metric', id: 'm1', total: 100, bad: 3, slow: 2, windowMs: 60_000 }
const change = {
  type: 'fact',
  via: 'change',
  id: 'c1',
  service: 'chat',
  at,
  kind: 'config',
  scope: { cell: ['a', 'b'] },
}

const ruleOf = (value: unknown) => {
  const read = readSignal(value)
  return read instanceof Refusal ? read.rule : 'accepted'
}

describe('readSignal()', () => {
  it.each<[sentence: string, value: unknown, rule: string]>([
    ['a text is no signal', 'hello', 'signal'],
    ['a list is no signal', [report], 'signal'],
    ['null is no signal', null, 'signal'],
    ['an unknown type', { ...report, type: 'rumour' }, 'signal.type'],
    ['an unknown via', { ...report, via: 'dream' }, 'observation.via'],
    ['a via that objects inherit', { ...report, via: 'constructor' }, 'observation.via'],
    ['no id', { ...report, id: undefined }, 'signal.id'],
    ['an empty id', { ...report, id: '' }, 'signal.id'],
    ['an id that is a number', { ...report, id: 7 }, 'signal.id'],
    ['an id of 201 characters', { ...report, id: 'x'.repeat(201) }, 'signal.id'],
    ['no service', { ...report, service: null }, 'signal.service'],
    ['no time', { ...report, at: undefined }, 'signal.at'],
    ['a time in words', { ...report, at: 'yesterday' }, 'signal.at'],
    ['a time without a zone', { ...report, at: '2026-02-03T20:14:00' }, 'signal.at'],
    ['a day that does not exist', { ...report, at: '2026-02-30T20:14:00Z' }, 'signal.at'],
    ['an hour that does not exist', { ...report, at: '2026-02-03T24:14:00Z' }, 'signal.at'],
    ['1970', { ...report, at: '1970-01-01T00:00:00Z' }, 'signal.at'],
    ['seconds instead of milliseconds', { ...report, at: 1_770_149_640 }, 'signal.at'],
    ['2090', { ...report, at: '2090-01-01T00:00:00Z' }, 'signal.at'],
    ['labels that are a list', { ...report, labels: ['IN'] }, 'signal.labels'],
    ['a total that is a text', { ...metric, total: '100' }, 'observation.total'],
    ['a negative total', { ...metric, total: -1 }, 'observation.total'],
    ['a broken total', { ...metric, total: 1.5 }, 'observation.total'],
    ['a huge total', { ...metric, total: 1e300 }, 'observation.total'],
    ['a metric without total', { ...metric, total: undefined }, 'observation.total'],
    ['more bad than total', { ...metric, bad: 101 }, 'observation.bad'],
    ['negative bad', { ...metric, bad: -3 }, 'observation.bad'],
    ['a report without bad', { ...report, bad: undefined }, 'observation.bad'],
    ['a report that counts two', { ...report, total: 2 }, 'observation.total'],
    ['more slow than total', { ...metric, slow: 101 }, 'observation.slow'],
    ['a window of nothing', { ...metric, windowMs: 0 }, 'observation.windowMs'],
    ['a window of a year', { ...metric, windowMs: 365 * DAY }, 'observation.windowMs'],
    ['a latency below zero', { ...report, via: 'check', latencyMs: -1 }, 'observation.latencyMs'],
    ['a text of 8,001 characters', { ...report, text: 'x'.repeat(8_001) }, 'observation.text'],
    ['a reporter that is an object', { ...report, reporter: {} }, 'observation.reporter'],
    ['a fact of no kind', { ...change, via: 'fate' }, 'fact.via'],
    ['an unknown kind of change', { ...change, kind: 'prayer' }, 'change.kind'],
    ['a scope that is a text', { ...change, scope: 'all' }, 'fact.scope'],
    ['a scope value that is a number', { ...change, scope: { cell: [1] } }, 'fact.scope'],
    ['a scope name that objects inherit', { ...change, scope: JSON.parse('{"__proto__":["a"]}') }, 'labels.name'],
    ['a rollout share above one', { ...change, rollout: [[at, 2]] }, 'change.rollout'],
    ['a link that is a script', { ...change, href: 'javascript:alert(1)' }, 'fact.href'],
    ['an unknown status', { ...change, via: 'notice', status: 'fine' }, 'notice.status'],
    ['edges that are no list', { ...change, via: 'topology', edges: { a: ['LHR'] } }, 'topology.edges'],
    ['an edge without codes', { ...change, via: 'topology', edges: [{ cell: 'a' }] }, 'topology.edges'],
    [
      'an edge whose cell is no name',
      { ...change, via: 'topology', edges: [{ cell: 7, codes: [] }] },
      'topology.edges',
    ],
    ['a code that is no name', { ...change, via: 'topology', edges: [{ cell: 'a', codes: [7] }] }, 'topology.edges'],
    ['a part without an id', { ...change, via: 'topology', components: [{ name: 'A' }] }, 'topology.components'],
    [
      'a part named as objects inherit',
      { ...change, via: 'topology', components: [{ id: 'constructor' }] },
      'topology.components',
    ],
  ])('refuses %s', (_, value, rule) => expect(ruleOf(value)).toBe(rule))

  it.each<[sentence: string, value: unknown]>([
    ['a report', report],
    ['a metric', metric],
    ['a change', change],
    [
      'a post that leaves bad and total out',
      { ...report, via: 'post', bad: undefined, total: undefined, text: 'down?' },
    ],
    ['unknown fields', { ...report, weather: 'rain', extra: { a: [1] } }],
    ['null for what is optional', { ...report, seenAt: null, text: null, reporter: null, lang: null }],
    ['no labels', { ...report, labels: undefined }],
    [
      'a topology without dependencies',
      { type: 'fact', via: 'topology', id: 't', service: 'chat', at, components: [{ id: 'a' }] },
    ],
  ])('accepts %s', (_, value) => expect(ruleOf(value)).toBe('accepted'))

  it('keeps what it knows and drops what it does not', () => {
    expect(readSignal({ ...metric, at: Date.parse(at), weather: 'rain' })).toEqual({ ...metric, at: Date.parse(at) })
  })
  it('takes an arrival before the event for a wrong clock', () => {
    expect(readSignal({ ...report, seenAt: '2026-02-03T20:13:59Z' })).not.toHaveProperty('seenAt')
    expect(readSignal({ ...report, seenAt: '2026-02-03T20:15:00Z' })).toHaveProperty(
      'seenAt',
      Date.parse('2026-02-03T20:15:00Z'),
    )
  })
  it('names a part without a name by its id', () => {
    const edges = [{ cell: 'a', codes: ['LHR'] }]
    expect(readSignal({ ...change, via: 'topology', edges })).toHaveProperty('edges', edges)
    expect(readSignal({ ...change, via: 'topology' })).not.toHaveProperty('edges')
    expect(readSignal({ ...change, via: 'topology', components: [{ id: 'a' }] })).toHaveProperty('components', [
      { id: 'a', name: 'a' },
    ])
  })
  it('repeats no long value whole', () => {
    const refusal = readSignal({ ...report, via: 'x'.repeat(10_000) }) as Refusal
    expect(refusal.value.length).toBeLessThanOrEqual(80)
    expect(shown({ a: 1, b: 2 })).toBe('an object of a, b')
  })
})

describe('readTime()', () => {
  it.each([
    '2026-02-03T20:14:00Z',
    '2026-02-03T20:14:00.123Z',
    '2000-01-01T00:00:00Z',
    '2028-02-29T23:59:59.999Z',
    '2026-02-03T20:14:00+05:30',
    '2026-02-03T20:14Z',
    '2026-02-03T20:14:00.5Z',
  ])('reads %s as Date does', text => expect(readTime(text)).toBe(Date.parse(text)))
  it('takes milliseconds', () => expect(readTime(1_770_149_640_000)).toBe(1_770_149_640_000))
  it.each([
    '2026-02-03 20:14:00Z',
    '2026-2-3T20:14:00Z',
    '2026-02-03T20:14:0aZ',
    '2026-02-03T20:14:60Z',
    '',
    'Z',
    '20260203T201400.000Z',
  ])('does not take %s', text => expect(readTime(text)).toBeNaN())
  it.each([Number.NaN, Infinity, -1, null, {}, true])('does not take %s', value => expect(readTime(value)).toBeNaN())
})

describe('untimely()', () => {
  const now = Date.parse(at)
  const seen = (offset: number): Observation => ({ ...(report as unknown as Observation), at: now + offset })
  it.each<[sentence: string, clock: 'wall' | 'signals', offset: number, rule: string | null]>([
    ['just now', 'wall', 0, null],
    ['ten minutes ahead of the wall', 'wall', 10 * MINUTE, null],
    ['eleven minutes ahead of the wall', 'wall', 11 * MINUTE, 'signal.ahead'],
    ['a day ahead of the signals before', 'signals', DAY, null],
    ['401 days ahead of the signals before', 'signals', 401 * DAY, 'signal.ahead'],
    ['two days late', 'signals', -48 * HOUR, null],
    ['later than that', 'signals', -48 * HOUR - 1, 'signal.old'],
  ])('%s', (_, clock, offset, rule) => expect(untimely(seen(offset), now, clock)?.rule ?? null).toBe(rule))
  it('lets facts be as old as they are', () => {
    const fact = readSignal({ ...change, at: '2024-01-01T00:00:00Z' })
    expect(untimely(fact as never, now, 'wall')).toBeNull()
  })
  it('has nothing to measure the first signal by', () =>
    expect(untimely(seen(0), Number.NEGATIVE_INFINITY, 'signals')).toBeNull())
})
