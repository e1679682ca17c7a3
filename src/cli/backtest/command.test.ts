import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { poisson, sfc32 } from '../../core/stat/random.js'
import { STREAM_START, streamOf } from '../../testing/stream.js'
import { Jetstream, postEvent, v2Frame } from '../../plugin/source/bluesky/fixtures/jetstream.js'
import { backtestCommand } from './command.js'
import { compare, type Comparison, type Episode } from './compare.js'
import { parseSetting } from './setting.js'

const folder = mkdtempSync(join(tmpdir(), 'backtest-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

let out = ''
let err = ''
beforeEach(() => {
  out = ''
  err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation(text => ((err += String(text)), true))
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function run(...args: string[]) {
  await backtestCommand().parseAsync(args, { from: 'user' })
  return { out, err, code: process.exitCode }
}

const MINUTE = 60_000
const QUARTER = 15 * MINUTE
const START = Date.UTC(2026, 0, 26)
const iso = (at: number) => new Date(at).toISOString()

/** Four days of about three reports a bin: a large outage in shop on the third, a slight one in mail on the fourth. */
function rows(): string {
  const random = sfc32(4)
  const lines = ['time,service,count']
  for (let i = 0; i < 384; i++) {
    lines.push(`${iso(START + i * QUARTER)},shop,${poisson(random, i >= 200 && i < 208 ? 40 : 3)}`)
    lines.push(`${iso(START + i * QUARTER)},mail,${poisson(random, i >= 300 && i < 303 ? 9 : 3)}`)
  }
  return `${lines.join('\n')}\n`
}

const BOTH = ['--a', 'false-alarms-per-day=1', '--b', 'false-alarms-per-month=0.03']

describe('epicenter backtest, counts', () => {
  it('tells side by side what each setting raised, and where they differ', async () => {
    const { code, err } = await run(file('h.csv', rows()), ...BOTH, '--json')
    expect([code, err]).toEqual([0, ''])
    const told = JSON.parse(out) as Comparison & { history: object }
    expect(told.history).toMatchObject({ kind: 'counts', from: START, until: START + 384 * QUARTER })
    expect(told.services.map(s => s.service)).toEqual(['mail', 'shop'])
    const [mail, shop] = told.services as [Comparison['services'][0], Comparison['services'][0]]
    expect(shop.both).toBe(1)
    expect(shop.raised.b).toBe(1)
    expect([mail.raised.b, mail.only.b]).toEqual([0, 0])
    expect(mail.only.a).toBeGreaterThan(0)
    const slight = told.differences.find(d => d.service === 'mail' && d.at > START + 300 * QUARTER)!
    expect(slight.b).toBeNull()
    expect(slight.a!.from).toBeLessThan(slight.a!.raised)
    expect(slight.a!.observed).toBeGreaterThan(slight.a!.expected!)
    expect(told.differences.map(d => d.at)).toEqual(told.differences.map(d => d.at).sort((x, y) => x - y))
  })

  it('prints tables, the first differences only, and the same from gzip', async () => {
    await run(file('h.csv', rows()), ...BOTH, '--first', '1')
    const plain = out.replace(/^.*\n/, '')
    expect(plain).toMatch(/service +episodes A +episodes B +open A +open B +both +only A +only B\nmail /)
    expect(plain).toMatch(/^all /m)
    expect(plain).toMatch(
      /The first 1 of \d+ differences:\nraised +by +service +since +until +expected +observed +bits\n2026/,
    )
    expect(plain.trimEnd().split('\n').at(-1)).toMatch(/only A/)
    out = ''
    await run(file('h.csv.gz', gzipSync(rows())), ...BOTH, '--first', '1')
    expect(out.replace(/^.*\n/, '')).toBe(plain)
  })

  it('takes what becomes far worse for the episode that it is', async () => {
    const random = sfc32(5)
    const counts = Array.from({ length: 300 }, (_, i) => poisson(random, i < 200 || i >= 230 ? 3 : i < 212 ? 12 : 90))
    const worse = file('w.csv', `time,count\n${counts.map((n, i) => `${iso(START + i * QUARTER)},${n}`).join('\n')}\n`)
    await run(worse, '--a', 'false-alarms-per-day=0.01', '--b', 'false-alarms-per-day=0.01', '--json')
    expect((JSON.parse(out) as Comparison).services[0]).toMatchObject({ raised: { a: 1, b: 1 }, both: 1 })
  })

  it('says so when nothing differs', async () => {
    await run(file('h.csv', rows()), '--a', 'false-alarms-per-day=0.001', '--b', 'false-alarms-per-month=0.03')
    expect(out).toContain('They agree in everything raised.')
  })

  it('counts known events as found, missed and unexplained, those outside the history not at all', async () => {
    const known = file(
      'known.csv',
      [
        'start,end,service',
        `${iso(START + 200 * QUARTER)},${iso(START + 208 * QUARTER)},shop`,
        `${iso(START + 300 * QUARTER)},,mail`,
        `${iso(START - 86_400_000)},,shop`,
        `yesterday,,shop`,
        `${iso(START + 210 * QUARTER)},${iso(START)},shop`,
      ].join('\n'),
    )
    const { err } = await run(file('h.csv', rows()), ...BOTH, '--json', '--known', known)
    const told = JSON.parse(out) as Comparison
    const [mail, shop] = told.known as [NonNullable<Comparison['known']>[0], NonNullable<Comparison['known']>[0]]
    expect(shop).toMatchObject({ events: 1, found: { a: 1, b: 1 } })
    expect(shop.delaysMin.b).toEqual([15])
    expect(mail).toMatchObject({ events: 1, found: { a: 1, b: 0 } })
    expect(err).toMatch(/line 5: time is .*yesterday/)
    expect(err).toMatch(/line 6: the end is a time not before the start/)
  })

  it.each([
    ['an empty file', '', 'no usable row'],
    ['a CSV without counts', 'time,service\n2026-01-01,x\n', 'a column must be named count'],
    ['signals without one that holds', '{"type":"observation"}\n', 'no signal in'],
  ])('ends with code 2 for %s', async (_, content, why) => {
    const { code, err, out } = await run(file('bad', content), ...BOTH)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(why)
  })
  it('ends with code 2 for a file that is not there, and for a list of events without time', async () => {
    expect((await run(join(folder, 'none.csv'), ...BOTH)).code).toBe(2)
    expect(err).toContain('cannot read')
    err = ''
    expect((await run(file('h.csv', rows()), ...BOTH, '--known', file('k.csv', 'when\n2026-01-01\n'))).code).toBe(2)
    expect(err).toContain('a column must be named time or start')
  })
})

describe('epicenter backtest, signals', () => {
  const signals = streamOf({
    service: 'chat',
    minutes: 180,
    seed: 7,
    reports: 2,
    requests: 80,
    cells: ['a', 'b'],
    components: ['x'],
    tiers: ['free'],
    faults: [{ from: 60, until: 110, where: { cell: ['a'] }, bad: 0.6 }],
  })
  const ndjson = signals.map(s => `${JSON.stringify(s)}\n`).join('')

  it('replays them under two settings, one of them a configuration file', async () => {
    const config = file('epicenter.yaml', 'falseAlarmsPerMonth: 0.25\nservices:\n  - id: chat\n  - id: mail\n')
    const args = [file('s.ndjson', ndjson), '--a', config, '--b', 'false-alarms-per-day=1']
    const { code } = await run(...args, '--json')
    expect(code).toBe(0)
    const told = JSON.parse(out) as Comparison & { history: object }
    expect(told.history).toMatchObject({ kind: 'signals' })
    const chat = told.services.find(s => s.service === 'chat')!
    expect(chat).toMatchObject({ raised: { a: 1, b: 1 }, both: 1 })
    expect(chat.openMs.a).toBeGreaterThan(30 * MINUTE)
    expect(told.services.find(s => s.service === 'mail')).toMatchObject({ raised: { a: 0, b: 0 } })
    out = ''
    await run(...args)
    expect(out).toMatch(/service +incidents A +incidents B/)
    expect(out).toContain(`${iso(STREAM_START).slice(0, 13).replace('T', ' ')}:`)
  })
  it('refuses a bin for signals', async () => {
    const { code, err } = await run(
      file('s.ndjson', ndjson),
      '--a',
      'false-alarms-per-day=1,slot=15m',
      '--b',
      'false-alarms-per-day=1',
    )
    expect(code).toBe(2)
    expect(err).toContain('slot is for a CSV of counts')
  })
})

describe('epicenter backtest --posts', () => {
  const hour = 3_600_000
  it('tells what the posts of the last hours would have raised, and keeps their signals', async () => {
    const now = Date.now()
    const jetstream = new Jetstream(v2Frame)
    const said = (ago: number, text: string, who: string) =>
      jetstream.tell(postEvent((now - ago) * 1_000, text, { did: `did:plc:${who}`, rkey: who }))
    for (let i = 0; i < 68; i++) said(36 * hour - i * hour * 0.5 - 60_000, `chatgpt is ${i} times as nice`, `n${i}`)
    for (let i = 0; i < 34; i++) said(35.7 * hour - i * hour, 'ChatGPT is slow today', `s${i}`)
    for (let i = 0; i < 90; i++) said(1.5 * hour - i * 8_000, `is ChatGPT down? ${i}`, `d${i}`)
    for (let i = 0; i < 60; i++) said(hour - i * MINUTE, `chatgpt error ${i}`, `e${i}`)
    jetstream.events.sort((a, b) => a.time_us - b.time_us)
    said(0, 'and that was all', 'last')
    const address = await jetstream.listen()
    const config = file(
      'posts.yaml',
      'services: [{ id: chatgpt }]\nsources: [{ use: bluesky, allowPrivate: true, services: [{ service: chatgpt, names: [ChatGPT] }] }]\n',
    )
    const keep = join(folder, 'kept.ndjson')
    const url = address.replace('/subscribe', '/xrpc/network.bsky.jetstream.subscribeEvents')
    const { out, err, code } = await run('--posts', '36h', '--config', config, '--url', url, '--keep', keep)
    await jetstream.close()
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/service +posts +complaints\nchatgpt +252 +184\n/)
    const opened = /(\S+ \S+) +chatgpt +opened +\S+/.exec(out)?.[1]
    const at = Date.parse(`${opened?.replace(' ', 'T')}Z`)
    expect(at).toBeGreaterThan(now - 1.6 * hour)
    expect(at).toBeLessThan(now - 1.2 * hour)
    expect(readFileSync(keep, 'utf8').trim().split('\n')).toHaveLength(252)
  })
  it.each([
    [['--posts', '2h'], 'give --watch or --config'],
    [['--posts', '2h', '--watch', 'no-such-thing'], 'neither a group nor a service'],
    [['--posts', '2h', '--config', 'none.yaml'], 'none.yaml'],
  ])('ends with code 2 for %j', async (args, why) => {
    const { code, err, out } = await run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(why)
  })
})

describe('parseSetting()', () => {
  it('reads rates by day and by month, and a bin', async () => {
    expect(await parseSetting('false-alarms-per-month=3, slot=1h', {})).toMatchObject({
      falseAlarmsPerDay: 0.1,
      slotMs: 3_600_000,
    })
  })
  it.each([
    ['slot=1h', 'needs false-alarms-per-day or'],
    ['rate=3', 'not "rate"'],
    ['false-alarms-per-day=0', 'false-alarms-per-day: expected a number above 0'],
    ['false-alarms-per-day=1,slot=soon', 'slot: expected a duration'],
    ['no-such-file.yaml', 'a file that can be read'],
  ])('refuses %s', async (text, why) => {
    await expect(parseSetting(text, {})).rejects.toThrow(why)
  })
})

describe('compare()', () => {
  const episode = (from: number, raised: number, until: number | null, service = 's'): Episode => ({
    service,
    from: from * MINUTE,
    raised: raised * MINUTE,
    until: until === null ? null : until * MINUTE,
    openMs: ((until ?? 100) - raised) * MINUTE,
    what: null,
    expected: 1,
    observed: 9,
    bits: 12,
  })
  it('takes what hangs together in time for one story', () => {
    const a = [episode(0, 5, 20), episode(60, 61, 70)]
    const b = [episode(2, 3, 8), episode(12, 13, 15), episode(80, 81, null)]
    const { services, differences } = compare({ a, b }, ['quiet'], null)
    expect(services).toEqual([
      { service: 'quiet', raised: { a: 0, b: 0 }, openMs: { a: 0, b: 0 }, both: 0, only: { a: 0, b: 0 } },
      {
        service: 's',
        raised: { a: 2, b: 3 },
        openMs: { a: 24 * MINUTE, b: 26 * MINUTE },
        both: 1,
        only: { a: 1, b: 1 },
      },
    ])
    expect(differences.map(d => [d.at / MINUTE, d.a?.raised ?? null, d.b?.raised ?? null])).toEqual([
      [3, 5 * MINUTE, 3 * MINUTE],
      [61, 61 * MINUTE, null],
      [81, null, 81 * MINUTE],
    ])
  })
  it('keeps services apart', () => {
    const { services } = compare({ a: [episode(0, 1, 9, 'x')], b: [episode(0, 1, 9, 'y')] }, [], null)
    expect(services.map(s => [s.both, s.only])).toEqual([
      [0, { a: 1, b: 0 }],
      [0, { a: 0, b: 1 }],
    ])
  })
  it('finds an event by what is open from an hour before it, at any service when it names none', () => {
    const known = [
      { at: 60 * MINUTE, until: 70 * MINUTE, service: null },
      { at: 200 * MINUTE, until: 210 * MINUTE, service: 's' },
    ]
    const { known: told } = compare(
      { a: [episode(0, 2, 5)], b: [episode(0, 61, 90), episode(300, 301, 310)] },
      ['t'],
      known,
    )
    expect(told!.filter(k => k.service !== 't')).toEqual([
      { service: 's', events: 1, found: { a: 0, b: 0 }, unexplained: { a: 0, b: 1 }, delaysMin: { a: [], b: [] } },
      { service: null, events: 1, found: { a: 1, b: 1 }, unexplained: { a: 0, b: 0 }, delaysMin: { a: [-58], b: [1] } },
    ])
  })
})
