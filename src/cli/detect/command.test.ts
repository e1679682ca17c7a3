import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { poisson, sfc32 } from '../../core/stat/random.js'
import { detectCommand } from './command.js'
import { commonStep, detect, seriesOf } from './run.js'
import { oneRowABin, parseSeries, parseTime, type SeriesRow } from './series-file.js'

const folder = mkdtempSync(join(tmpdir(), 'detect-'))
afterAll(() => rmSync(folder, { recursive: true }))

const START = Date.UTC(2026, 0, 26)
const QUARTER = 15 * 60_000
const iso = (at: number) => new Date(at).toISOString()
const OPTIONS = { falseAlarmsPerDay: 0.05, episodes: false, explain: false }

/** Two quiet days of about three reports a bin, an outage of two hours, a quiet half day. */
function bins(seed = 1): { at: number; count: number }[] {
  const random = sfc32(seed)
  return Array.from({ length: 250 }, (_, i) => ({
    at: START + i * QUARTER,
    count: poisson(random, i >= 192 && i < 200 ? 40 : 3),
  }))
}

const judged = (rows: SeriesRow[], options = OPTIONS): string[] =>
  detect(seriesOf({ rows, rejects: [], unsorted: null }).series, options)

const csv = (rows: { at: number; count: number }[]) =>
  `time,count\n${rows.map(row => `${iso(row.at)},${row.count}`).join('\n')}\n`

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

async function run(content: string | Buffer, name: string, ...args: string[]) {
  const path = join(folder, name)
  writeFileSync(path, content)
  await detectCommand().parseAsync([path, ...args], { from: 'user' })
  return {
    lines: out
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>),
    err,
    code: process.exitCode,
  }
}

describe('epicenter detect', () => {
  it('prints one line for an episode, stamped with the end of the bin in which it was raised', async () => {
    const { lines, code } = await run(csv(bins()), 'a.csv', '--false-alarms-per-day', '0.05')
    expect(code).toBe(0)
    expect(lines).toHaveLength(1)
    expect(Object.keys(lines[0]!)).toEqual(['at', 'service', 'onset', 'expected', 'observed', 'bits'])
    expect(lines[0]).toMatchObject({ at: iso(START + 193 * QUARTER), onset: iso(START + 192 * QUARTER) })
    expect(lines[0]!['observed']).toBeGreaterThan(25)
    expect(lines[0]!['bits']).toBeGreaterThan(10)
  })

  it('tells the end with --episodes and the why with --explain', async () => {
    const { lines } = await run(csv(bins()), 'b.csv', '--false-alarms-per-day', '0.05', '--episodes', '--explain')
    expect(lines.map(line => line['change'])).toEqual(['raised', 'ended'])
    expect(lines[1]!['ended']).toBe('baseline')
    expect(lines[0]!['onsetInterval']).toEqual([iso(START + 192 * QUARTER), iso(START + 193 * QUARTER)])
    expect(lines[0]!['baseline']).toHaveProperty('varianceOverMean')
  })

  it('reads gzip, other column names, a byte order mark, and says the same', async () => {
    const plain = await run(csv(bins()), 'c.csv')
    out = ''
    const text = `\uFEFFbin_start_utc,reports\n${bins()
      .map(row => `${row.at},${row.count}`)
      .join('\n')}`
    const zipped = await run(gzipSync(text), 'c.csv.gz')
    expect(zipped.lines).toEqual(plain.lines)
  })

  it('keeps series apart by service, whatever the order of rows, and prints in order of time', () => {
    const rows = [
      ...bins(1).map(row => ({ ...row, service: 'b' })),
      ...bins(2).map(row => ({ ...row, at: row.at - QUARTER, service: 'a' })),
    ].map((row, line) => ({ ...row, line }))
    const lines = judged(rows, OPTIONS)
    expect(lines.map(line => JSON.parse(line).service)).toEqual(['a', 'b'])
    expect(judged(rows.toReversed(), OPTIONS)).toEqual(lines)
  })

  it('never changes what it said: a file cut short says the same up to the cut', () => {
    const rows = bins().map((row, line) => ({ ...row, service: 's', line }))
    const options = { ...OPTIONS, falseAlarmsPerDay: 60, episodes: true, explain: true }
    const whole = judged(rows, options)
    expect(whole.length).toBeGreaterThan(4)
    for (const cut of [60, 100, 194, 201]) {
      const until = iso(rows[cut - 1]!.at)
      const before = (line: string) => JSON.parse(line).at <= until
      expect(judged(rows.slice(0, cut), options).filter(before)).toEqual(whole.filter(before))
    }
  })

  it('takes a missing bin for unknown, not for zero', () => {
    const rows = bins().map((row, line) => ({ ...row, count: line === 240 ? 6 : row.count, service: 's', line }))
    const holes = rows.filter((_, i) => i < 192 && i % 4 !== 1)
    expect(judged(holes, { ...OPTIONS, falseAlarmsPerDay: 0.01 })).toEqual([])
  })

  it('adds bins up to a longer --slot', async () => {
    const { lines } = await run(csv(bins()), 'd.csv', '--slot', '1h', '--false-alarms-per-day', '0.05')
    expect(lines.map(line => line['at'])).toEqual([iso(START + 196 * QUARTER)])
  })

  it('counts a repeated row once and leaves a bin unknown whose rows contradict each other, and says both', async () => {
    const rows = bins()
    const text = csv([
      ...rows.slice(0, 30),
      rows[29]!,
      ...rows.slice(30, 193),
      { ...rows[192]!, count: 3 },
      ...rows.slice(193),
    ])
    const { lines, err, code } = await run(text, 'f.csv', '--false-alarms-per-day', '0.05')
    expect(lines).toHaveLength(1)
    const value = `${iso(START + 192 * QUARTER)},${rows[192]!.count}`
    expect(err).toContain('line 32: a bin has one row; the same as line 31, counted once, not ')
    expect(err).toContain(
      `line 195: a bin has one row; line 196 says 3 for the same bin, which is now unknown, not "${value}"`,
    )
    expect(err).toContain(`line 196: a bin has one row; line 195 says ${rows[192]!.count} for the same bin`)
    expect(err).toContain('tell series apart by a column "service"')
    expect(code).toBe(0)
  })

  it('says that the hour which a local clock shows twice is two rows for one bin, and that rows were put in order', async () => {
    const hour = (text: string, n: number) => `2026-10-25 ${text},${n}`
    const night = ['01:00', '01:30', '02:00', '02:30', '02:00', '02:30', '03:00', '03:30'].map((at, i) =>
      hour(at, 3 + i),
    )
    const { err } = await run(`time,count\n${night.join('\n')}\n`, 'g.csv')
    expect(err.match(/which is now unknown/g)).toHaveLength(4)
    expect(err).toContain('a local clock shows an hour twice')
    expect(err).toContain('1 row stands after a later one, the first in line 6: read in order of time')
  })

  it('tells bad rows by line, rule and value, and goes on', async () => {
    const text = csv(bins()).replace(
      /\n/,
      '\nyesterday,3\n2026-01-25T23:30:00Z,-4\n2026-01-25T23:45:00Z,many\n2099-13-01T00:00:00Z,1\n',
    )
    const { lines, err, code } = await run(text, 'e.csv', '--false-alarms-per-day', '0.05')
    expect(lines).toHaveLength(1)
    expect(code).toBe(0)
    expect(err.split('\n').filter(Boolean)).toHaveLength(4)
    expect(err).toContain('line 2: time is ISO 8601')
    expect(err).toContain('line 3: count is a number from 0 to 1e12, not "-4"')
    expect(err).toContain('line 4')
    expect(err).toContain('"2099-13-01T00:00:00Z"')
  })

  it.each([
    ['an empty file', '', 'no usable row'],
    ['no rows', 'time,count\n', 'no usable row'],
    ['no time column', 'when,count\n1,2\n', 'a column must be named time'],
    ['no count column', 'time,n\n1,2\n', 'a column must be named count'],
    ['only bad rows', 'time,count\nx,y\n', 'no usable row'],
    ['a torn gzip', gzipSync('time,count').subarray(0, 14), 'cannot read'],
  ])('ends with code 2 for %s', async (_, content, why) => {
    const { lines, err, code } = await run(content, 'f.csv')
    expect([code, lines]).toEqual([2, []])
    expect(err).toContain(why)
  })

  it('refuses settings without sense', async () => {
    for (const args of [
      ['--false-alarms-per-day', '0'],
      ['--slot', '5 minutes'],
    ]) {
      const command = detectCommand()
        .exitOverride()
        .configureOutput({ writeErr: () => {} })
      await expect(command.parseAsync(['x.csv', ...args], { from: 'user' })).rejects.toThrow(/number above 0|duration/)
    }
  })
})

describe('series files', () => {
  it.each([
    ['2026-02-03T20:05:00Z', Date.UTC(2026, 1, 3, 20, 5)],
    ['2026-02-03T20:05Z', Date.UTC(2026, 1, 3, 20, 5)],
    ['2026-02-03 20:05:00', Date.UTC(2026, 1, 3, 20, 5)],
    ['2026-02-03T21:05:00+01:00', Date.UTC(2026, 1, 3, 20, 5)],
    ['2026-02-03', Date.UTC(2026, 1, 3)],
    ['1770149100000', 1770149100000],
  ])('reads the time %s', (text, at) => expect(parseTime(text)).toBe(at))

  it.each(['', 'now', '2026-02-30T25:00Z', '12', '1969-01-01T00:00Z', '02/03/2026'])('refuses the time "%s"', text =>
    expect(parseTime(text)).toBeNaN(),
  )

  it('leaves unknown values out without a word and keeps fractions', () => {
    const { rows, rejects } = parseSeries(
      'timestamp,value\n2026-01-01 00:00:00,1.5\n2026-01-01 00:05:00,\n2026-01-01 00:10:00,NaN\n',
      's',
    )
    expect(rows.map(row => row.count)).toEqual([1.5])
    expect(rejects).toEqual([])
  })

  it('rows that are stamped a little apart in one bin are two rows for it; a shifted grid costs one bin', () => {
    const row = (minute: number, line: number) => ({ service: 's', at: START + minute * 60_000, count: 1, line })
    const { rows, rejects } = oneRowABin([0, 15, 30, 37, 52, 67].map(row), QUARTER)
    expect(rows.map(({ line }) => line)).toEqual([0, 1, 4, 5])
    expect(rejects.map(({ line }) => line)).toEqual([2, 3])
  })

  it('commonStep() is the commonest of the first steps, the shorter of two', () => {
    const row = (at: number) => ({ service: 's', at, count: 0, line: 0 })
    expect(commonStep([0, 5, 10, 40, 45].map(m => row(m * 60_000)))).toBe(300_000)
    expect(commonStep([0, 10, 15].map(m => row(m * 60_000)))).toBe(300_000)
    expect(commonStep([row(0)])).toBe(60_000)
  })
})
