import { describe, expect, it } from 'vitest'
import type { Notice, Observation } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
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

const gauge = { type: 'observation', via: 'gauge', id: 'g1', service: 'chat', at, name: 'db.pool.used', value: 48 }
const alert = { type: 'fact', via: 'alert', id: 'a1', service: 'chat', at, thread: 'HighErrors', status: 'firing' }

/** Cannot be shown, told apart or addressed. */
const NO_NAMES: [what: string, name: string][] = [
  ['a dot', '.'],
  ['two dots', '..'],
  ['a blank', ' '],
  ['blanks before it', ' chat'],
  ['blanks after it', 'chat '],
  ['a wide blank after it', 'chat\u3000'],
  ['a blank that does not break', '\u00a0'],
  ['half a character', 'a\ud800'],
  ['the other half', '\udc00'],
  ['a control character', 'a\u0007'],
  ['a C1 control character', 'a\u0085'],
  ['a line break', 'a\nb'],
  ['a line separator', 'a\u2028b'],
  ['a zero width space', 'a\u200bb'],
  ['a joiner between Latin letters', 'a\u200db'],
  ['a byte order mark', '\ufeffa'],
  ['a soft hyphen', 'a\u00adb'],
  ['a mark of direction', 'a\u200fb'],
  ['an override of direction', 'a\u202eb'],
  ['an isolate', '\u2066a\u2069'],
  ['a filler', '\u3164'],
  ['an empty braille cell', '\u2800'],
  ['a variation selector after a letter', 'a\ufe01'],
  ['a tag character', 'a\u{e0041}'],
  ['a character for private use', '\ue000'],
  ['no character', 'a\uffff'],
  ['a mark that sits on what stands before', '\u0301a'],
]

const ruleOf = (value: unknown) => {
  const read = readSignal(value)
  return read instanceof Refusal ? read.rule : 'accepted'
}

describe('names', () => {
  it.each([
    'chat',
    'a b',
    'a/b',
    'q=1&r#s?',
    'CPAP-λ',
    'платёж',
    '支払い 決済',
    'चैट',
    'نماد\u200cها',
    'क्\u200dष',
    '👩\u200d💻',
    '❤\ufe0f',
    'x.y..z',
    '...',
  ])('take %s as it is', name => {
    expect(readSignal({ ...report, service: name })).toMatchObject({ service: name })
    expect(readSignal({ ...report, id: name })).toMatchObject({ id: name })
    expect(readSignal({ ...change, title: name })).toMatchObject({ title: name })
  })

  it('are one however they were typed: composed', () => {
    const read = readSignal({
      ...report,
      service: 'cafe\u0301',
      id: 'e\u0301',
      labels: { city: 'Zu\u0308rich', tier: 'free' },
    })
    expect(read).toMatchObject({ service: 'café', id: 'é', labels: { city: 'Zürich', tier: 'free' } })
    expect(readSignal({ ...change, scope: { city: ['Zu\u0308rich'] }, title: 'Cafe\u0301\n\n opens ' })).toMatchObject({
      scope: { city: ['Zürich'] },
      title: 'Café opens',
    })
    const topology = {
      ...change,
      via: 'topology',
      components: [
        { id: 'e\u0301', name: 'E\u0301' },
        { id: 'b', dependsOn: ['e\u0301'] },
      ],
    }
    expect(readSignal(topology)).toMatchObject({
      components: [
        { id: 'é', name: 'É' },
        { id: 'b', dependsOn: ['é'] },
      ],
    })
  })

  it('that are refused are shown with what cannot be seen written out', () => {
    expect(shown('a\u202eb\u200b\ud800\u0007')).toBe('a\\u{202e}b\\u{200b}\\u{d800}\\u{7}')
    expect(shown(`${'x'.repeat(78)}😀y`)).toBe(`${'x'.repeat(78)}\\u{d83d}…`)
  })
})

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
    ...NO_NAMES.map(([what, name]): [string, unknown, string] => [
      `a service of ${what}`,
      { ...report, service: name },
      'signal.service',
    ]),
    ...NO_NAMES.map(([what, name]): [string, unknown, string] => [
      `a component of ${what}`,
      { ...change, via: 'topology', components: [{ id: name, name: 'X' }] },
      'topology.components',
    ]),
    ...NO_NAMES.map(([what, name]): [string, unknown, string] => [
      `a scope value of ${what}`,
      { ...change, scope: { cell: [name] } },
      'fact.scope',
    ]),
    ...NO_NAMES.filter(([what]) => !what.includes('dot')).map(([what, name]): [string, unknown, string] => [
      `an id of ${what}`,
      { ...report, id: name },
      'signal.id',
    ]),
    ...['a/../b', '../x', 'x/..', './x', 'x/.', 'a\\..\\b'].map((name): [string, unknown, string] => [
      `a service with a folder in it: ${name}`,
      { ...report, service: name },
      'signal.service',
    ]),
    ['a title that turns the direction', { ...change, title: 'a\u202egnp.exe' }, 'fact.title'],
    ['a title with half a character', { ...change, title: 'a\ud800' }, 'fact.title'],
    ['a title that nobody sees', { ...change, title: '\u200b\u2060' }, 'fact.title'],
    [
      'a component with a name that nobody sees',
      { ...change, via: 'topology', components: [{ id: 'a', name: '\u200e' }] },
      'topology.components',
    ],
    [
      'an edge whose cell has blanks around it',
      { ...change, via: 'topology', edges: [{ cell: ' a', codes: ['LHR'] }] },
      'topology.edges',
    ],
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
    ['a gauge without a name', { ...gauge, name: undefined }, 'gauge.name'],
    ['a gauge with a name nobody sees', { ...gauge, name: '\u200b' }, 'gauge.name'],
    ['a gauge without a value', { ...gauge, value: null }, 'gauge.value'],
    ['a gauge that is no number', { ...gauge, value: '48' }, 'gauge.value'],
    ['a gauge of a share above one', { ...gauge, measures: 'failing', value: 36 }, 'gauge.value'],
    ['a gauge of nothing we know', { ...gauge, measures: 'love' }, 'gauge.measures'],
    ['a gauge that is full at nothing', { ...gauge, capacity: 0 }, 'gauge.capacity'],
    ['a gauge with a long unit', { ...gauge, unit: 'x'.repeat(21) }, 'gauge.unit'],
    ['a gauge of no window', { ...gauge, windowMs: 0 }, 'observation.windowMs'],
    ['a gauge of no time', { ...gauge, at: 'now' }, 'signal.at'],
    ['an alert of no thread', { ...alert, thread: '' }, 'alert.thread'],
    ['an alert of no state', { ...alert, status: 'open' }, 'alert.status'],
    ['an alert of no severity', { ...alert, severity: 'bad' }, 'alert.severity'],
    [
      'an alert that ends before it begins',
      { ...alert, happenedAt: at, endedAt: '2026-02-03T20:13:59Z' },
      'alert.endedAt',
    ],
    ['an alert with a scope that is none', { ...alert, scope: { cell: 'a' } }, 'fact.scope'],
    ['a fact of no kind', { ...change, via: 'fate' }, 'fact.via'],
    ['an unknown kind of change', { ...change, kind: 'prayer' }, 'change.kind'],
    ['a scope that is a text', { ...change, scope: 'all' }, 'fact.scope'],
    ['a scope value that is a number', { ...change, scope: { cell: [1] } }, 'fact.scope'],
    ['a scope name that objects inherit', { ...change, scope: JSON.parse('{"__proto__":["a"]}') }, 'labels.name'],
    ['a rollout share above one', { ...change, rollout: [[at, 2]] }, 'change.rollout'],
    ['a thread that nobody can see', { ...change, thread: '\u200b' }, 'change.thread'],
    ['a link that is a script', { ...change, href: 'javascript:alert(1)' }, 'fact.href'],
    ['an unknown status', { ...change, via: 'notice', status: 'fine' }, 'notice.status'],
    ['an unknown impact', { ...change, via: 'notice', impact: 'huge' }, 'notice.impact'],
    ['a name of every object', { ...change, via: 'notice', impact: 'constructor' }, 'notice.impact'],
    ['parts that are one', { ...change, via: 'notice', parts: { name: 'API' } }, 'notice.parts'],
    ['a part of a notice that is a text', { ...change, via: 'notice', parts: ['API'] }, 'notice.parts'],
    ['a part of a notice without a name', { ...change, via: 'notice', parts: [{ state: 'ok' }] }, 'notice.parts'],
    ['a part in no state', { ...change, via: 'notice', parts: [{ name: 'API', state: 'fine' }] }, 'notice.parts'],
    ['a window that is a time', { ...change, via: 'notice', window: at }, 'notice.window'],
    ['a window without a beginning', { ...change, via: 'notice', window: { until: at } }, 'notice.window'],
    [
      'a window that ends first',
      { ...change, via: 'notice', window: { from: at, until: '2026-02-03T20:13:59Z' } },
      'notice.window',
    ],
    ['words of 8,001 characters', { ...change, via: 'notice', text: 'x'.repeat(8_001) }, 'notice.text'],
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
  it('takes what a vendor says of a notice, and nothing that it does not', () => {
    const said = {
      status: 'scheduled',
      impact: 'maintenance',
      parts: [
        { name: 'API (eu)', state: 'maintenance', colour: 'blue' },
        { name: 'Web', state: null },
      ],
      window: { from: at, until: '2026-02-03T21:00:00Z' },
      text: 'We will\nbe back.',
    }
    const notice = { ...change, via: 'notice', kind: undefined, ...said }
    expect(readSignal(notice)).toEqual({
      type: 'fact',
      via: 'notice',
      id: 'c1',
      service: 'chat',
      at: readTime(at),
      scope: change.scope,
      ...said,
      parts: [{ name: 'API (eu)', state: 'maintenance' }, { name: 'Web' }],
      window: { from: readTime(at), until: readTime(said.window.until) },
    })
    const bare = { ...notice, impact: null, parts: [], window: { from: at }, text: '' }
    const { impact: _impact, parts: _parts, text: _text, ...rest } = readSignal(notice) as Notice
    expect(readSignal(bare)).toStrictEqual({ ...rest, window: { from: readTime(at) } })
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

describe('gauges and alerts', () => {
  it('are read with what is given, and what is not is what it mostly is', () => {
    const t = Date.parse(at)
    const read = {
      type: 'observation',
      via: 'gauge',
      id: 'g1',
      service: 'chat',
      at: t,
      labels: {},
      name: 'db.pool.used',
      value: 48,
    }
    expect(readSignal(gauge)).toEqual({ ...read, measures: 'other' })
    expect(readSignal({ ...gauge, capacity: 50, unit: '1', windowMs: 60_000, seenAt: t + 1 })).toEqual({
      ...{ ...read, capacity: 50, unit: '1', windowMs: 60_000, seenAt: t + 1 },
      measures: 'saturation',
    })
    expect(readSignal({ ...gauge, measures: 'hit', value: 1, idSpace: 'prom' })).toMatchObject({
      id: 'prom/g1',
      value: 1,
    })
    expect(
      readSignal({ ...alert, severity: 'critical', happenedAt: at, endedAt: null, text: '', source: 'am' }),
    ).toEqual({
      ...{ type: 'fact', via: 'alert', id: 'a1', service: 'chat', at: t, thread: 'HighErrors', status: 'firing' },
      ...{ severity: 'critical', happenedAt: t, source: 'am', scope: {} },
    })
  })
})
