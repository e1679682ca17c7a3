import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Notice,
  NOTICE_IMPACTS,
  NOTICE_STATES,
  NOTICE_STATUSES,
  type NoticeState,
  PAGE_THREAD,
} from '../../contract/signal.js'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { toldOf } from './told.js'

const NOW = Date.parse('2026-02-03T12:00:00Z')

const notice = (minutesAgo: number, more: Partial<Notice> = {}): Notice => ({
  type: 'fact',
  via: 'notice',
  id: `${minutesAgo} ${more.thread ?? ''} ${more.source ?? ''}`,
  service: 's',
  at: NOW - minutesAgo * MINUTE,
  source: 'acme.test',
  scope: {},
  ...more,
})
/** What the page says as a whole; no state: it makes no statement. */
const page = (minutesAgo: number, state?: NoticeState, more: Partial<Notice> = {}): Notice =>
  notice(minutesAgo, {
    thread: PAGE_THREAD,
    parts: [state ? { name: 'Acme', state } : { name: 'Acme' }],
    ...more,
  })

describe('what others say now', () => {
  it('is what a page says as a whole, with its sentence, its time, ours, and the parts that it does not call well', () => {
    const parts = [
      { name: 'Acme', state: 'down' as const },
      { name: 'API', state: 'down' as const },
      { name: 'Web', state: 'ok' as const },
    ]
    const said = page(90, 'down', {
      title: 'Major System Outage',
      impact: 'critical',
      parts,
      seenAt: NOW - 80 * MINUTE,
    })
    expect(toldOf([page(300, 'ok'), said], NOW)).toEqual([
      {
        source: 'acme.test',
        whole: true,
        says: 'down',
        isTrouble: true,
        impact: 'critical',
        status: null,
        title: 'Major System Outage',
        href: null,
        at: NOW - 90 * MINUTE,
        seenAt: NOW - 80 * MINUTE,
        parts: [{ name: 'API', state: 'down' }],
        scope: {},
        notice: said,
      },
    ])
  })

  it('stays while a page stays as it is, for days', () => {
    expect(toldOf([page(3 * 24 * 60, 'down')], NOW)[0]?.says).toBe('down')
  })

  it('is what was read last of a page whose own time does not move', () => {
    const [early, late] = [
      page(300, 'down', { id: 'a', seenAt: NOW - 2 * HOUR }),
      page(300, 'ok', { id: 'b', seenAt: NOW }),
    ]
    expect(toldOf([late, early], NOW).map(({ says }) => says)).toEqual(['ok'])
  })

  it('is the newest word of each story until that is called over, and not what has yet to begin', () => {
    const open = notice(20, { thread: 'b', status: 'identified', impact: 'major' })
    const facts = [
      notice(30, { thread: 'a', status: 'investigating' }),
      notice(10, { thread: 'a', status: 'resolved' }),
      notice(40, { thread: 'b', status: 'investigating', impact: 'minor' }),
      open,
      notice(60, { thread: 'c', status: 'scheduled', impact: 'maintenance' }),
      notice(60, { thread: 'd', status: 'postmortem' }),
      { ...notice(5), via: 'change' as const },
    ]
    expect(toldOf(facts, NOW).map(({ notice: each, says }) => [each, says])).toEqual([[open, 'partial']])
  })

  it('tells two sources apart that call a story alike', () => {
    const facts = [page(9, 'down', { source: 'one' }), page(5, 'ok', { source: 'two' })]
    expect(toldOf(facts, NOW).map(({ source, says }) => [source, says])).toEqual([
      ['one', 'down'],
      ['two', 'ok'],
    ])
  })

  it('forgets a story that was never closed once its own page says later that all is well, and not before', () => {
    const story = notice(60, { thread: 'a', status: 'investigating' })
    expect(toldOf([story, page(30, 'ok')], NOW).map(({ says }) => says)).toEqual(['ok'])
    expect(toldOf([story, page(30)], NOW).map(({ says, isTrouble }) => [says, isTrouble])).toEqual([[null, true]])
    expect(toldOf([story, page(90, 'ok')], NOW).map(({ says }) => says)).toEqual([null, 'ok'])
    expect(toldOf([story, page(30, 'ok', { source: 'other' })], NOW)).toHaveLength(2)
  })

  it('believes a word without a status for a day, and calls nothing trouble for it', () => {
    const [told] = toldOf([notice(60, { thread: 'x' })], NOW)
    expect(told && [told.says, told.isTrouble]).toEqual([null, false])
    expect(toldOf([notice(DAY / MINUTE + 1, { thread: 'x' })], NOW)).toEqual([])
  })

  it('is ok or down only where a page says so of itself, whatever notices come in whatever order', () => {
    const any = fc.record(
      {
        minutes: fc.nat(2000),
        thread: fc.constantFrom(PAGE_THREAD, 'a', 'b'),
        source: fc.constantFrom('one', 'two'),
        status: fc.constantFrom(...NOTICE_STATUSES),
        impact: fc.constantFrom(...NOTICE_IMPACTS),
        parts: fc.array(fc.record({ name: fc.constantFrom('A', 'B'), state: fc.constantFrom(...NOTICE_STATES) }), {
          maxLength: 3,
        }),
      },
      { requiredKeys: ['minutes', 'thread', 'source'] },
    )
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), list => {
        const facts = list.map(({ minutes, ...more }, i) => notice(minutes, { ...more, id: `${i}` }))
        for (const told of toldOf(facts, NOW)) {
          const own = facts.filter(each => each.source === told.source && each.thread === PAGE_THREAD)
          if (told.says === 'ok' || told.says === 'down')
            expect(own.some(each => each.parts?.[0]?.state === told.says)).toBe(true)
          if (told.notice.status === 'resolved') expect(told.notice.thread).toBe(PAGE_THREAD)
        }
        expect(toldOf([...facts].reverse(), NOW)).toEqual(toldOf(facts, NOW))
      }),
    )
  })
})
