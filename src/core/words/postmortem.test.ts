import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foundingCase, order } from './fixtures/founding-case.js'
import { stories } from './fixtures/story.js'
import { goneOf } from '../incident/verdict.js'
import { leadOf } from './draft.js'
import { impactOf } from './impact.js'
import { postmortemOf } from './postmortem.js'
import { publishedOf } from './published.js'
import type { Line, Slot } from './says.js'
import { foldedEach, foldedOf, phase, type Story } from './story.js'

const said = (lines: readonly Line[], say: string) => lines.find(each => each.say === say)
const value = (line: Line | undefined, slot: string): Slot['value'] | undefined => line?.slots[slot]?.value

/** What scores are made of: when it began and ended, who was worst hit, why, and how far it was over. */
function factsIn(story: Story) {
  const { summary, recovery } = postmortemOf(story)!.sections
  const whole = said(summary, 'was-over') ?? said(summary, 'was-open')
  return {
    onset: value(whole, 'start'),
    end: value(whole, 'until'),
    worst: value(said(summary, 'worst'), 'share'),
    where: value(said(summary, 'worst'), 'where'),
    cause: value(said(summary, 'cause-confirmed') ?? said(summary, 'cause-suspected'), 'cause'),
    gone: recovery.filter(each => each.say === 'gone-at').map(each => value(each, 'share')),
  }
}

describe('a post-mortem', () => {
  it('loses none of what the events say of onset, segments, cause and recovery', () => {
    fc.assert(
      fc.property(stories, ({ story }) => {
        const e = foldedOf(story)!
        const found = factsIn(story)
        expect(found.onset).toBe(Date.parse(e.startedAt!))
        expect(found.end).toBe(phase(story) === 'resolved' ? Date.parse(story.events.at(-1)!.at) : undefined)
        const all = story.events.flatMap(each => each.segments ?? []).filter(each => each.share !== null)
        const most = Math.max(...all.map(each => each.share!))
        if (all.length > 0) {
          expect(found.worst).toBe(most)
          expect(all.filter(each => each.share === most).map(each => each.where)).toContainEqual(found.where)
        }
        expect(found.cause).toBe(leadOf(e)?.title)
        // As much as lasted, from when on it stayed so.
        const gone = foldedEach(story).filter(each => each.event !== 'resolved')
        const from = [0.5, 0.9].map(least =>
          gone.findIndex((_, i) => gone.slice(i).every(each => goneOf(each) >= least)),
        )
        expect(found.gone).toEqual([...new Set(from)].flatMap(each => (each < 0 ? [] : [goneOf(gone[each]!)])))
      }),
      { numRuns: 100 },
    )
  })

  it('of the founding case agrees with what happened', () => {
    const found = factsIn(foundingCase('23:30'))
    expect(new Date(found.onset as number).toISOString()).toBe('2026-02-03T20:13:00.000Z')
    expect(found.where).toEqual({ cell: ['ap-south', 'eu-west', 'us-central', 'us-east'], tier: ['free', 'go'] })
    expect(found.cause).toBe('Enable the new caching path for feature-gate and config evaluation')
    const slow = said(postmortemOf(foundingCase('23:30'))!.sections.recovery, 'slowest')
    expect(value(slow, 'where')).toEqual({ cell: ['eu-west'] })
  })

  it('puts a confirmed cause, a ruling-out and what is usual in their places', () => {
    const story = foundingCase('23:30')
    const at = '2026-02-03T23:28:00.000Z'
    const causes = foldedOf(story)!.causes!.map((each, i) => ({
      ...each,
      state: i === 0 ? ('confirmed' as const) : ('ruled_out' as const),
    }))
    const told: Story = {
      ...story,
      events: [
        ...story.events,
        { ...story.events[0]!, at, seq: 99, event: 'note', by: 'ana', why: 'the diff', causes },
      ],
      orders: [
        order('o1', '23:28', { verb: 'confirm', subject: 'gate-cache-on', href: 'https://status.example.com/1' }),
        order('o2', '23:28', { verb: 'rule-out', subject: 'codex-mac-launch', why: 'demand was as usual' }),
      ],
    }
    const minute = 60_000
    const past = [3, 5, 11].map(n => ({ startedAt: 0, openedAt: n * minute, resolvedAt: null }))
    const { sections } = postmortemOf(told, past)!
    expect(said(sections.causes, 'root')).toMatchObject({
      slots: { by: { value: 'ana' } },
      refs: ['gate-cache-on', 'o1', 'https://status.example.com/1'],
    })
    expect(said(sections.causes, 'trigger-confirmed')).toBeDefined()
    expect(said(sections.ruledOut, 'ruled-out')).toMatchObject({ slots: { words: { value: 'demand was as usual' } } })
    expect(value(said(sections.detection, 'usually'), 'span')).toBe(5 * minute)
    expect(sections.badly.map(each => each.say)).not.toContain('unconfirmed')
  })

  it('quotes a long word by its beginning, with the id of the whole', () => {
    const text = `We look. ${'It goes on and on. '.repeat(30)}`
    const { timeline } = postmortemOf(foundingCase('23:30', [order('o1', '20:30', { verb: 'say', text })]))!
    const { line } = timeline.find(each => each.line.say === 'spoke')!
    expect(value(line, 'words')).toMatch(/^We look\. It goes .* …$/)
    expect([String(value(line, 'words')).length <= 242, line.refs]).toEqual([true, ['o1']])
  })

  it('counts a user-minute once, however segments are told', () => {
    const event = (minute: number, segments: [string[], number][]) => ({
      ...{
        at: new Date(minute * 60_000).toISOString(),
        event: 'updated' as const,
        incident: 'i',
        seq: 0,
        service: 's',
      },
      segments: segments.map(([cell, share]) => ({
        where: { cell },
        share,
        interval: [share, share] as [number, number],
      })),
    })
    const events = [
      event(0, [[['a', 'b'], 0.5]]),
      event(10, [
        [['a'], 1],
        [['b'], 0.5],
      ]),
      event(20, [[['b'], 0.25]]),
    ]
    expect(impactOf({ events }, 40 * 60_000).map(each => [each.where, each.minutes])).toEqual([
      [{ cell: ['a'] }, 15],
      [{ cell: ['b'] }, 15],
    ])
  })
})

it('many parts are told in few rows, and none is left out', () => {
  const cells = Array.from({ length: 40 }, (_, i) => `c${i}`)
  const tiers = ['free', 'go', 'plus', 'team', 'edu', 'gov']
  const at = (minute: number) => new Date(minute * 60_000).toISOString()
  // One cell after the other comes back, for all plans at once.
  const events = cells.map((_, i) => ({
    ...{ at: at(i), event: 'updated' as const, incident: 'i', seq: i, service: 's' },
    segments: [{ where: { cell: cells.slice(i), tier: tiers }, share: 0.8, interval: [0.7, 0.9] as [number, number] }],
  }))
  const rows = impactOf({ events }, 40 * 60_000)
  expect(rows.length).toBeLessThanOrEqual(12)
  expect(rows.flatMap(each => each.where['cell']!).sort()).toEqual([...cells].sort())
  for (const { where, minutes, interval } of rows) {
    expect([where['tier'], interval[0] <= minutes, minutes <= interval[1]]).toEqual([[...tiers].sort(), true, true])
    for (const cell of where['cell']!) {
      const lost = 0.8 * (cells.indexOf(cell) + 1)
      expect([cell, interval[0] <= lost && lost <= interval[1]]).toEqual([cell, true])
    }
  }
})

it('what is published is the last text, with its amendments, until it is taken back', () => {
  const orders = [
    order('p1', '23:40', { verb: 'publish', body: 'one', by: 'bo' }),
    order('p2', '23:50', { verb: 'publish', body: 'two', why: 'corrected', href: 'https://x.example' }),
  ]
  expect(publishedOf(orders)).toMatchObject({
    body: 'two',
    by: 'bo',
    amendments: [{ why: 'corrected', href: 'https://x.example' }],
  })
  expect(publishedOf([...orders, order('w', '23:55', { verb: 'withdraw' })])).toBe(null)
})
