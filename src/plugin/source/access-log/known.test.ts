import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SAMPLES } from './fixtures/lines.js'
import { configured, found, type Reading, restored } from './known.js'
import { cleared, emptyRow, type Format } from './row.js'
import { Framer, messageOf } from './syslog.js'
import { isZone, timeReader } from './times.js'

const reading = (more: Partial<Reading> = {}): Reading => ({
  format: 'auto',
  keys: {},
  more: [],
  unit: 's',
  timeOf: timeReader('UTC'),
  ...more,
})
const read = (format: Format | null, line: string) => {
  const row = emptyRow(2)
  const verdict = format?.parse(line, row, false)
  return { verdict, ...row }
}

describe('a format', () => {
  it.each(SAMPLES.map(sample => [sample.what, sample] as const))('is found by itself and read: %s', (_, sample) => {
    const format = found(sample.lines, reading(), emptyRow(0))
    expect(format?.name.split(' {')[0]?.split(' [')[0]).toBe(sample.format)
    const [time, status, method, path, host = '', upstream = '', ms = Number.NaN] = sample.says
    const kept = restored(format!.name, reading())
    for (const each of [format, kept])
      expect(read(each, sample.lines[0]!)).toMatchObject({
        verdict: 'request',
        status,
        method,
        path,
        host,
        upstream,
      })
    const row = read(format, sample.lines[0]!)
    expect(new Date(row.time).getTime()).toBeCloseTo(Date.parse(time), -1)
    if (Number.isNaN(ms)) expect(row.durationMs).toBeNaN()
    else expect(row.durationMs).toBeCloseTo(ms, 6)
  })

  it('is none where lines are something else', () => {
    const row = emptyRow(0)
    for (const line of ['<html><body>Not Found</body></html>', '{"level":"info","msg":"started"}', 'a b c', '{', ''])
      expect(found([line], reading(), row)).toBeNull()
  })

  it('tells a client that left from an answer, and noise from a request', () => {
    const haproxy = SAMPLES.find(each => each.lines.length === 2 && each.format === 'haproxy')!
    expect(read(found(haproxy.lines, reading(), emptyRow(0)), haproxy.lines[1]!)).toMatchObject({
      status: 0,
      noise: false,
    })
    const combined = configured(reading({ format: 'combined' }))
    const line = (request: string, status: number) =>
      `192.0.2.7 - - [03/Feb/2026:12:00:00 +0000] "${request}" ${status} 0 "-" "-"`
    expect(read(combined, line('\\x16\\x03\\x01', 400))).toMatchObject({ verdict: 'request', noise: true })
    expect(read(combined, line('-', 408))).toMatchObject({ noise: true })
    expect(read(combined, line('GET / HTTP/1.1', 200))).toMatchObject({ noise: false })
    // Apache writes a quote within quotes as \".
    expect(read(combined, line('GET /a\\"b HTTP/1.1', 404))).toMatchObject({ path: '/a\\"b', status: 404 })
    const caddy = SAMPLES.find(each => each.what.startsWith('Caddy'))!
    const json = found(caddy.lines, reading(), emptyRow(0))
    expect(read(json, '{"level":"info","ts":1796045507.1,"msg":"serving initial configuration"}').verdict).toBe('none')
  })

  it.each<[string, string, Partial<Reading>]>([
    [
      "'$remote_addr [$time_iso8601] $request_method $uri $status $request_time ${upstream_addr} x'",
      "'192.0.2.7 [2026-02-03T12:00:00+00:00] GET /a 502 0.250 10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80 x'",
      {},
    ],
    [
      '%h %t "%r" %>s %b %{ms}T %{BALANCER_WORKER_NAME}e',
      '192.0.2.7 [03/Feb/2026:12:00:00 +0000] "GET /a HTTP/1.1" 502 1 250 10.0.0.3:80',
      {},
    ],
    [
      '%START_TIME% %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %DURATION% %UPSTREAM_HOST%',
      '2026-02-03T12:00:00.000Z GET /a 502 250 10.0.0.3:80',
      {},
    ],
    [
      '',
      'at=2026-02-03T12:00:00Z GET "/a" -> 502 in 0.25 by 10.0.0.3:80',
      {
        pattern:
          '^at=(?P<time>\\S+) (?P<method>[A-Z]+) "(?P<path>[^"]*)" -> (?P<status>\\d{3}) in (?P<duration>[\\d.]+) by (?P<upstream>\\S+)',
      },
    ],
  ])('of one’s own is read: %s', (format, line, more) => {
    const row = read(configured(reading({ format, ...more })), line)
    expect(row).toMatchObject({ verdict: 'request', status: 502, method: 'GET', path: '/a', durationMs: 250 })
    expect(row.upstream).toMatch(/10\.0\.0\.3:80$/)
    expect(row.time).toBe(Date.UTC(2026, 1, 3, 12))
  })

  it('of one’s own gives further fields as labels', () => {
    const nginx = configured(reading({ format: '$status $edge $request', more: ['edge'] }))
    expect(read(nginx, '200 fra GET / HTTP/1.1').more[0]).toBe('fra')
    const json = found(['{"status":"200","geo":{"edge":"fra"}}'], reading({ more: ['geo.edge'] }), emptyRow(1))
    expect(read(json, '{"status":"200","geo":{"edge":"fra"}}').more[0]).toBe('fra')
    const named = found(
      ['{"code":503,"took":7}'],
      reading({ keys: { status: 'code', duration: 'took' }, unit: 'ms' }),
      emptyRow(0),
    )
    expect(read(named, '{"code":503,"took":7}')).toMatchObject({ status: 503, durationMs: 7 })
  })

  it.each<[Partial<Reading>, RegExp]>([
    [{ format: 'combind' }, /one of auto, json, .*combined/],
    [{ format: '$remote_addr $request' }, /with the status/],
    [{ format: '$status$request' }, /something between status and request/],
    [{ pattern: '(?P<status>' }, /a pattern of RE2/],
    [{ pattern: '(\\d+)\\1(?P<status>a)' }, /a pattern of RE2/],
    [{ pattern: '(?P<code>\\d+)' }, /a group/],
  ])('that cannot be is refused with what is asked: %j', (more, rule) => {
    expect(() => configured(reading(more))).toThrow(rule)
  })

  it('takes time in proportion to a line, whatever the pattern', () => {
    const hostile = configured(reading({ pattern: '^(a+)+(?P<status>\\d{3})$' }))
    expect(read(hostile, `${'a'.repeat(20_000)}!`).verdict).toBe('other')
  })
})

describe('times', () => {
  it.each([
    ['03/Feb/2026:12:00:00 +0100', '2026-02-03T11:00:00Z'],
    ['03/Feb/2026:12:00:00.5 -0330', '2026-02-03T15:30:00.500Z'],
    ['2026-02-03T12:00:00+05:30', '2026-02-03T06:30:00Z'],
    ['2026-02-03 12:00:00,123 UTC', '2026-02-03T12:00:00.123Z'],
    ['1770120000', '2026-02-03T12:00:00Z'],
    ['1770120000.250', '2026-02-03T12:00:00.250Z'],
    ['1770120000000', '2026-02-03T12:00:00Z'],
    ['1770120000000000000', '2026-02-03T12:00:00Z'],
  ])('%s is %s', (text, time) => {
    expect(timeReader('UTC')(text)).toBe(Date.parse(time))
  })
  it.each(['', '-', '12:00', '99', 'yesterday', '03/Foo/2026:12:00:00 +0100'])('%j is none', text => {
    expect(timeReader()(text)).toBeNaN()
  })
  it('are of the zone of the settings where they do not say theirs, through the change of clocks', () => {
    const berlin = timeReader('Europe/Berlin')
    expect(berlin('28/Mar/2026:12:00:00.000')).toBe(Date.parse('2026-03-28T11:00:00Z'))
    expect(berlin('29/Mar/2026:12:00:00.000')).toBe(Date.parse('2026-03-29T10:00:00Z'))
    expect(berlin('2026-10-25T04:30:00')).toBe(Date.parse('2026-10-25T03:30:00Z'))
    expect([isZone('Europe/Berlin'), isZone('Berlin')]).toEqual([true, false])
  })
})

it('a row is empty again before the next line', () => {
  const row = emptyRow(1)
  Object.assign(row, { time: 1, status: 200, host: 'a', durationMs: 3, noise: true })
  row.more[0] = 'x'
  cleared(row)
  expect(row).toEqual(emptyRow(1))
})

it('nothing that strangers write is more than a line that is not understood', () => {
  const formats = SAMPLES.map(({ lines }) => found(lines, reading(), emptyRow(0))!)
  const piece = fc.constantFrom(...SAMPLES.flatMap(({ lines }) => lines).flatMap(line => line.split(/(?<=[" \][])/)))
  const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(text, line => {
      for (const format of formats)
        for (const whole of [true, false])
          expect(format.parse(line, emptyRow(0), whole)).toMatch(/^(request|none|other)$/)
      expect(typeof messageOf(line)).toBe('string')
    }),
    { numRuns: 150 },
  )
})

it('messages over a connection are the same wherever they are cut', () => {
  const message = fc.stringMatching(/^[ -~]{0,40}$/).map(text => `<14>a: ${text}`)
  const framing = fc.constantFrom(
    (text: string) => `${text.length} ${text}`,
    (text: string) => `${text}\n`,
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(message, framing)), fc.array(fc.nat(60)), (messages, cuts) => {
      const text = messages.map(([each, frame]) => frame(each)).join('')
      const framer = new Framer()
      const got: string[] = []
      let at = 0
      for (const cut of cuts) got.push(...framer.push(text.slice(at, (at += cut))))
      got.push(...framer.push(text.slice(at)))
      expect(got).toEqual(messages.map(([each]) => each))
    }),
  )
})
