import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import { type Notice, type NoticeStatus, PAGE_THREAD } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'
import { entriesOf, readSpans, recordOf, vendorIncidents } from './record.js'

const T = Date.parse('2026-02-10T12:00:00Z')
const NOW = Date.parse('2026-03-05T12:00:00Z')

const word = (thread: string, minutes: number, status: NoticeStatus, more: Partial<Notice> = {}): Notice => ({
  type: 'fact',
  via: 'notice',
  id: `${thread} ${minutes}`,
  service: 's',
  at: T + minutes * MINUTE,
  source: 'acme.test',
  thread,
  status,
  scope: {},
  ...more,
})
/** What the page says once a day. */
const daily = (days: number, from = T - 3 * DAY): Notice[] =>
  Array.from({ length: days }, (_, i) => {
    const { status: _none, ...rest } = word(PAGE_THREAD, 0, 'resolved')
    return { ...rest, id: `page ${i}`, at: from + i * DAY, parts: [{ name: 'Acme', state: 'ok' as const }] }
  })
const story = (thread: string, from: number, until: number | null, more: Partial<Notice> = {}): Notice[] => [
  word(thread, from, 'investigating', more),
  ...(until === null ? [] : [word(thread, until, 'resolved', more)]),
]
const ours = (id: string, from: number, until: number | null, latest: Partial<IncidentEvent> = {}): IncidentView => {
  const opened: IncidentEvent = { at: new Date(T).toISOString(), event: 'opened', incident: id, seq: 0, service: 's' }
  return {
    id,
    service: 's',
    title: id,
    open: until === null,
    kind: 'outage',
    severity: 'major',
    startedAt: T + from * MINUTE,
    openedAt: T + from * MINUTE,
    resolvedAt: until === null ? null : T + until * MINUTE,
    mutedUntil: null,
    latest: { ...opened, ...latest },
    events: [opened],
  }
}
const judge = (facts: Notice[], incidents: IncidentView[], now = NOW) =>
  entriesOf({ facts, incidents, now }).map(each => [each.judged, each.leadMs === null ? null : each.leadMs / MINUTE])

describe('the record', () => {
  it('tells how long our first word came before the vendor’s, or after it', () => {
    expect(judge([...daily(9), ...story('a', 25, 90)], [ours('i', 0, 80)])).toEqual([['both', 25]])
    expect(judge([...daily(9), ...story('a', 0, 90)], [ours('i', 10, 80)])).toEqual([['both', -10]])
  })

  it('counts a vendor’s first word by the vendor’s own clock, also where it was read later', () => {
    const facts = story('a', 5, 90, { seenAt: T + 60 * MINUTE })
    expect(judge([...daily(9), ...facts], [ours('i', 0, 80)])).toEqual([['both', 5]])
  })

  it('calls missed what only the vendor told, and alone what only we told', () => {
    expect(judge([...daily(9), ...story('a', 0, 30)], [ours('i', 300, 330)])).toEqual([
      ['missed', null],
      ['alone', null],
    ])
  })

  it('gives an hour of grace on either side', () => {
    expect(judge([...daily(9), ...story('a', 89, 120)], [ours('i', 0, 30)])).toEqual([['both', 89]])
    expect(judge([...daily(9), ...story('a', 91, 120)], [ours('i', 0, 30)]).map(([each]) => each)).toEqual([
      'alone',
      'missed',
    ])
  })

  it('claims nothing where the vendor was not read, or not long enough, or where a person confirmed it', () => {
    expect(judge([], [ours('i', 0, 30)])).toEqual([['unjudged', null]])
    expect(judge([...story('a', 0, 30)], [])).toEqual([['unjudged', null]])
    expect(judge(daily(9), [ours('i', 0, null)], T + 30 * MINUTE)).toEqual([['unjudged', null]])
    const cause = { subject: 'c', title: 'c', state: 'confirmed' as const, probability: 1, because: [] }
    expect(judge(daily(9), [ours('i', 0, 30, { causes: [cause] })])).toEqual([['confirmed', null]])
  })

  it('compares only the first of several stories within one incident of ours', () => {
    const facts = [...daily(9), ...story('a', 10, 30), ...story('b', 50, 60)]
    expect(judge(facts, [ours('i', 0, 80)])).toEqual([
      ['both', 10],
      ['both', null],
    ])
    expect(recordOf({ facts, incidents: [ours('i', 0, 80)], now: NOW }, T)[0]).toMatchObject({
      ours: 1,
      both: 1,
      vendors: 2,
      leads: 1,
      leadMs: 10 * MINUTE,
    })
  })

  it('takes planned work, what is called harmless, and what another instance told for no incident of a vendor', () => {
    const facts = [
      word('plan', 0, 'scheduled'),
      word('plan', 5, 'in_progress'),
      word('plan', 9, 'resolved'),
      ...story('harmless', 0, 9, { impact: 'none' }),
      ...story('peer', 0, 9, { labels: { exchange: 'x' } }),
    ]
    expect(vendorIncidents(facts)).toEqual([])
  })

  it('takes a page that turns red without a story for an incident, and with one for the same', () => {
    const { status: _none, ...page } = word(PAGE_THREAD, -5, 'resolved')
    const red = { ...page, id: 'red', parts: [{ name: 'Acme', state: 'partial' as const }] }
    const green = { ...page, id: 'green', at: T + 95 * MINUTE, parts: [{ name: 'Acme', state: 'ok' as const }] }
    expect(vendorIncidents([red, green])).toMatchObject([
      { thread: null, at: T - 5 * MINUTE, resolvedAt: T + 95 * MINUTE },
    ])
    expect(vendorIncidents([red, green, ...story('a', 5, 90)])).toMatchObject([
      { thread: 'a', at: T - 5 * MINUTE, resolvedAt: T + 90 * MINUTE },
    ])
  })

  it('says of months without a vendor that none was read, and how long one was', () => {
    const incidents = [ours('i', 0, 40), ours('j', 22 * 24 * 60, null)]
    const months = recordOf({ facts: daily(9), incidents, now: NOW }, T)
    expect(months.map(({ entries: _, ...rest }) => rest)).toEqual([
      {
        month: '2026-03',
        spanMs: 4.5 * DAY,
        readMs: 0,
        ours: 1,
        both: 0,
        vendors: null,
        missed: null,
        alone: null,
        leadMs: null,
        leads: 0,
        oursLastedMs: null,
        vendorsLastedMs: null,
      },
      expect.objectContaining({
        month: '2026-02',
        readMs: 8 * DAY + 26 * HOUR,
        vendors: 0,
        missed: 0,
        alone: 1,
        oursLastedMs: 40 * MINUTE,
      }),
    ])
  })

  it('counts every trouble of either side once, and judges none whose vendor was silent because it was not read', () => {
    const time = fc.integer({ min: -2000, max: 20_000 })
    const span = fc.tuple(time, fc.integer({ min: 1, max: 500 }))
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 6 }),
        fc.array(span, { maxLength: 6 }),
        fc.nat(12),
        (vendor, own, days) => {
          const facts = [...daily(days), ...vendor.flatMap(([at, ms], i) => story(`v${i}`, at, at + ms))]
          const incidents = own.map(([at, ms], i) => ours(`i${i}`, at, at + ms))
          const entries = entriesOf({ facts, incidents, now: NOW })
          const ids = entries.flatMap(each => each.ours?.id ?? [])
          expect(new Set(ids).size).toBe(own.length)
          expect(entries.filter(each => each.vendor && each.judged !== 'alone').length).toBeGreaterThanOrEqual(
            vendor.length,
          )
          const read = readSpans(facts, NOW)
          for (const { judged, ours: mine, vendor: theirs } of entries) {
            if (judged === 'both') expect(mine && theirs).toBeTruthy()
            if (judged === 'missed' || judged === 'alone')
              expect(
                read.some(([from, until]) => from <= (mine ?? theirs)!.at && (mine ?? theirs)!.at + HOUR <= until),
              ).toBe(true)
          }
        },
      ),
    )
  })
})
