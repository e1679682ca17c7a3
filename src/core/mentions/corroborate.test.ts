import { deserialize, serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import type { SegmentReading } from '../../contract/finding.js'
import type { Quoted, Uneven } from '../../contract/incident.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { Fold } from '../fold/fold.js'
import { config, fold, minute } from '../fold/fixtures/stories.js'
import { byArrival, report, streamOf, topology, STREAM_START as T, type StreamOptions } from '../../testing/stream.js'
import { explainUneven, joinMentions } from './corroborate.js'

const quoted = (where: Quoted['where'], measured: Quoted['measured'], bits = 12): Quoted => ({
  where,
  people: 9,
  of: 10,
  usual: 0.1,
  bits,
  measured,
})
const segment = (where: SegmentReading['where'], share: number | null = 0.4): SegmentReading => ({
  where,
  share,
  interval: share === null ? null : [share - 0.1, share + 0.1],
  bits: 50,
  excess: 100,
})

describe('joinMentions()', () => {
  it('adds bits to the segment that names the same', () => {
    const segments = [segment({ cell: ['a'] }), segment({ cell: ['b'] })]
    joinMentions(segments, [quoted({ cell: ['a'] }, 'failing')], 'metrics')
    expect(segments.map(s => s.bits)).toEqual([62, 50])
  })
  it('adds what nobody measures as a segment of unknown share', () => {
    const segments = [segment({ cell: ['a'] })]
    joinMentions(segments, [quoted({ cell: ['a', 'c'] }, 'unknown')], 'metrics')
    expect(segments[1]).toMatchObject({ where: { cell: ['c'] }, share: null, interval: null, excess: 0 })
  })
  it('does not name what machines see healthy while they see others fail', () => {
    const segments = [segment({ cell: ['a'] })]
    joinMentions(segments, [quoted({ cell: ['b'] }, 'healthy')], 'metrics')
    expect(segments).toHaveLength(1)
  })
  it('names it where machines see nothing fail at all', () => {
    const segments = [segment({}, null)]
    joinMentions(segments, [quoted({ cell: ['b'] }, 'healthy')], 'nothing')
    expect(segments[1]).toMatchObject({ where: { cell: ['b'] }, share: null })
  })
  it('names what fails in quotes and in checks where the few checks alone say: everywhere', () => {
    const everywhere = () => [segment({}, 0.3)]
    const checks = everywhere()
    joinMentions(checks, [quoted({ cell: ['a'] }, 'failing')], 'checks')
    expect(checks[1]).toMatchObject({ where: { cell: ['a'] }, share: null })
    // Requests would have told it apart.
    const metrics = everywhere()
    joinMentions(metrics, [quoted({ cell: ['a'] }, 'failing')], 'metrics')
    expect(metrics).toHaveLength(1)
  })
  it('does not tell a place twice in two words: a cell, and the edges before it', () => {
    const segments = [segment({ cell: ['a'] })]
    joinMentions(segments, [quoted({ pop: ['LHR'] }, 'unknown')], 'metrics')
    expect(segments).toHaveLength(1)
    // Where some codes are known as cells, the others are not these.
    joinMentions(segments, [quoted({ cell: ['a'] }, 'failing'), quoted({ pop: ['LHR'] }, 'unknown')], 'metrics')
    expect(segments[1]).toMatchObject({ where: { pop: ['LHR'] } })
  })
})

describe('explainUneven()', () => {
  const half = (where: Uneven['where'], explainedBy: string[] = []): Uneven => ({ where, share: 0.4, explainedBy })
  const found = [quoted({ pop: ['LHR'] }, 'unknown')]
  it('a code that is quoted too often explains what nothing measured does', () => {
    expect(explainUneven([half({ tier: ['free'] })], found, () => [])[0]!.explainedBy).toEqual(['pop'])
    expect(explainUneven([half({})], found, () => [])[0]!.explainedBy).toEqual(['pop'])
  })
  it('but not what is explained, nor itself, nor without quotes', () => {
    expect(
      explainUneven([half({ country: ['GB'] }, ['cell'])], found, () => found.map(() => ({ label: 'pop' }))),
    ).toEqual([half({ country: ['GB'] }, ['cell'])])
    expect(explainUneven([half({ pop: ['LHR'] })], found, () => [])[0]!.explainedBy).toEqual([])
    expect(explainUneven([half({})], [], () => [])[0]!.explainedBy).toEqual([])
  })
  it('within a country only by what is quoted there', () => {
    const gb = [half({ country: ['GB'] })]
    expect(explainUneven(gb, found, () => [])[0]!.explainedBy).toEqual([])
    const within = (countries: readonly string[]) => (countries[0] === 'GB' ? [{ label: 'pop' }] : [])
    expect(explainUneven(gb, found, within)[0]!.explainedBy).toEqual(['pop'])
    expect(explainUneven([half({ isp: ['x'] })], found, within)[0]!.explainedBy).toEqual([])
  })
})

/** A shop whose people now and then quote the edge that serves them; from minute 120 on many do, most of them LHR's. */
function story(
  more: Partial<StreamOptions>,
  people: number,
  texts = (code: string, i: number) => `Ray ID ${i + 1e15}-${code}`,
) {
  const edges = [
    { cell: 'a', codes: ['LHR'] },
    { cell: 'b', codes: ['FRA'] },
    { cell: 'c', codes: ['SJC'] },
  ]
  const base = streamOf({ minutes: 200, reports: 0.5, seed: 3, ...more })
  const quotes: Signal[] = []
  for (let i = 0; i < people; i++)
    quotes.push(
      report({
        at: T + 120 * MINUTE + Math.floor((i * 12 * MINUTE) / people),
        id: `q${i}`,
        reporter: `q${i}`,
        text: texts(i % 9 === 4 ? 'FRA' : 'LHR', i),
      }),
    )
  return byArrival([topology({ at: T, edges })], base, quotes)
}
const late = (signals: readonly Signal[], until = 140) => {
  const events = fold(signals).events
  return { events, last: events.findLast(e => minute(e) <= until && e.event !== 'resolved') }
}

describe('an incident in which people quote codes', () => {
  it('(a) requests are healthy: the cell is named from reports, its share unknown, and that requests see nothing is told', () => {
    const { last } = late(story({ checks: 0 }, 60))
    expect(last!.segments).toContainEqual({ where: { cell: ['a'] }, share: null, interval: null })
    expect(last!.quoted).toMatchObject([{ where: { cell: ['a'] }, measured: 'healthy' }])
    expect(last!.says!.map(s => s.text).join(' ')).toContain('our own requests there are not failing')
  })
  it('(b) requests fail there too: one segment with its share, and the quotes agree', () => {
    const faults = [{ from: 120, until: 160, where: { cell: ['a'] }, bad: 0.4, reports: 2 }]
    const { last } = late(story({ faults }, 60))
    expect(last!.segments!.map(s => s.where)).toEqual([{ cell: ['a'] }])
    expect(last!.segments![0]!.share).toBeGreaterThan(0.2)
    expect(last!.quoted).toMatchObject([{ where: { cell: ['a'] }, measured: 'failing' }])
    expect(last!.says!.map(s => s.text).join(' ')).not.toContain('Quoted')
  })
  it('(c) requests fail elsewhere: the measured place stands, and the contradiction is told', () => {
    const faults = [{ from: 120, until: 160, where: { cell: ['b'] }, bad: 0.4, reports: 2 }]
    const { last } = late(story({ faults }, 60))
    expect(last!.segments!.map(s => s.where)).toEqual([{ cell: ['b'] }])
    expect(last!.quoted).toMatchObject([{ where: { cell: ['a'] }, measured: 'healthy' }])
  })
  it('one copied request id names nothing', () => {
    const { last } = late(story({ checks: 0 }, 60, () => 'Ray ID 8a1b2c3d4e5f6071-LHR'))
    expect(last?.quoted ?? []).toEqual([])
  })
  it('is no longer told when it is over', () => {
    const { events } = late(story({ checks: 0 }, 60))
    expect(events.some(e => e.quoted?.length)).toBe(true)
    // Parts that an event leaves out stand as they were.
    expect(Object.assign({}, ...events)).toMatchObject({ event: 'resolved', quoted: [], segments: [] })
  })
  it('a fold that is opened in the middle goes on as if it had not been', () => {
    const signals = story({ checks: 0 }, 60)
    const whole = fold(signals).events
    for (const part of [0.55, 0.62, 0.7]) {
      const cut = Math.floor(signals.length * part)
      const first = fold(signals.slice(0, cut))
      const again = Fold.open(deserialize(serialize(first.fold.snapshot())), config)
      const second = fold(signals.slice(cut), again)
      expect([...first.events, ...second.events]).toEqual(whole)
    }
  })
})
