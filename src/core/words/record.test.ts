import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncidentEvent, Where } from '../../contract/incident.js'
import { MINUTE } from '../../contract/time.js'
import { draftOf } from './draft.js'
import { minuteOf, stories } from './fixtures/story.js'
import { impactOf } from './impact.js'
import { postmortemOf } from './postmortem.js'
import { hedgeOf, type Line } from './says.js'
import { asOf, type Story } from './story.js'

/** What may be said is compared with the record by a reader that knows no sentence: it only collects what is written there. */

const PROMISE = 999 * MINUTE
const linesOf = (story: Story): Line[] => {
  const draft = draftOf(story, story.now + PROMISE)
  const postmortem = postmortemOf(story)
  return [
    ...draft.lines,
    ...draft.short,
    ...Object.values(postmortem?.sections ?? {}).flat(),
    ...(postmortem?.timeline ?? []).map(each => each.line),
  ]
}

/** Everything that is written anywhere in the record. */
function written(record: unknown) {
  const [numbers, texts, times] = [new Set<number>(), new Set<string>(), new Set<number>()]
  const pairs = new Set<string>()
  const walk = (value: unknown) => {
    if (typeof value === 'number') (value > 1e12 ? times : numbers).add(value)
    else if (typeof value === 'string') {
      texts.add(value.trim())
      if (/^\d{4}-\d\d-\d\dT/.test(value)) times.add(Date.parse(value))
      for (const [, label, values] of value.matchAll(/(\w+)=([\w,]+)/g))
        for (const each of values!.split(',')) pairs.add(`${label}=${each}`)
      for (const each of value.split(/[ ,;]+/)) texts.add(each)
    } else if (value !== null && typeof value === 'object') {
      if (!Array.isArray(value))
        for (const [label, values] of Object.entries(value))
          for (const each of [values].flat()) if (typeof each === 'string') pairs.add(`${label}=${each}`)
      for (const each of Object.values(value)) walk(each)
    }
  }
  walk(record)
  return { numbers, texts, times, pairs }
}

const onlyThen = (story: Story, now: number) => ({
  title: story.title,
  events: story.events.filter(each => Date.parse(each.at) <= now),
  orders: story.orders.filter(each => each.at <= now),
  facts: story.facts.filter(each => each.at <= now),
  now,
})

describe('no sentence says what the record does not hold at that time', () => {
  it('in its facts', () => {
    fc.assert(
      fc.property(stories, fc.nat(120), ({ story }, minute) => {
        const then = asOf(story, minuteOf(minute))
        const { numbers, texts, times, pairs } = written(onlyThen(story, then.now))
        times.add(then.now + PROMISE)
        for (const line of linesOf(then))
          for (const slot of Object.values(line.slots)) {
            const where = `${line.say} ${JSON.stringify(slot)}`
            if (slot.is === 'share') expect(numbers, where).toContain(slot.value)
            else if (slot.is === 'shares') for (const each of slot.value) expect(numbers, where).toContain(each)
            else if (slot.is === 'time') expect(times, where).toContain(slot.value)
            else if (slot.is === 'span')
              expect(
                [...times].some(a => times.has(a + slot.value)),
                where,
              ).toBe(true)
            else if (slot.is === 'name' || slot.is === 'words') expect(texts, where).toContain(slot.value.trim())
            else if (slot.is === 'parts') for (const each of slot.value) expect(texts, where).toContain(each)
            else if (slot.is === 'where')
              for (const [label, values] of Object.entries(slot.value))
                for (const each of values) expect(pairs, where).toContain(`${label}=${each}`)
            else if (slot.is === 'count') {
              const bits = then.events
                .findLast(each => each.causes)!
                .causes!.find(each => each.subject === line.refs[0])!.because
              expect(bits.filter(each => each.bits < 0).length).toBe(slot.value)
            }
          }
      }),
      { numRuns: 60 },
    )
  })

  it('in how sure it is of a cause or a breach', () => {
    fc.assert(
      fc.property(stories, fc.nat(120), ({ story }, minute) => {
        const then = asOf(story, minuteOf(minute))
        // What an event leaves out stands as it was.
        const last = {
          ...then.events.findLast(each => each.causes),
          ...{ security: then.events.findLast(each => each.security)?.security },
        }
        for (const line of linesOf(then)) {
          const title = line.slots['cause']?.value
          const states = then.events.flatMap(each => each.causes ?? []).filter(each => each.title === title)
          const now = last.causes?.find(each => each.title === title)?.state
          if (hedgeOf(line.say) === 'confirmed' && title !== undefined)
            expect([line.say, now]).toEqual([line.say, 'confirmed'])
          if (line.say === 'breach-confirmed') expect(last.security?.state).toBe('confirmed')
          if (line.say === 'breach-ruled-out') expect(last.security?.state).toBe('ruled_out')
          if (line.say === 'ruled-out' || line.say === 'claim-ruled-out') expect(now).toBe('ruled_out')
          if (hedgeOf(line.say) === 'suspected' && title !== undefined)
            expect(states.map(each => each.state)).not.toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  })

  it('in how much is over, of which no more is told than is sure', () => {
    fc.assert(
      fc.property(stories, fc.nat(120), ({ story }, minute) => {
        const then = asOf(story, minuteOf(minute))
        const all = then.events.flatMap(({ recovery }) => (recovery && recovery.of !== 'reports' ? [recovery] : []))
        const lasting = all.filter(each => each.interval?.[0] !== 0)
        const sure = lasting.map(each => (each.of === 'checks' && each.interval ? each.interval[0] : each.recovered))
        for (const { say, slots } of linesOf(then)) {
          if (say === 'gone' || say === 'gone-at' || say === 'tail') expect(sure).toContain(slots['share']!.value)
          if (say === 'gone-nearly') expect(Math.max(...sure)).toBeGreaterThanOrEqual(0.995)
          if (say === 'slower' || say === 'slowest') expect(all.some(each => each.of === undefined)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('in user-minutes, which a slow count by the minute gives too', () => {
    fc.assert(
      fc.property(stories, ({ story, until }) => {
        const end = minuteOf(until)
        const told = story.events.filter(each => each.segments !== undefined)
        for (const row of impactOf(story, end)) {
          const lost = each(row.where).map(one => {
            let sum = 0
            for (let at = minuteOf(0); at < end; at += MINUTE) {
              const segments = told.findLast(each => Date.parse(each.at) <= at)?.segments ?? []
              sum += segments.find(each => each.share !== null && inside(each.where, one))?.share ?? 0
            }
            return sum
          })
          // Parts that lost nearly the same share a row, which says what they lost on average.
          expect(Math.max(...lost) - Math.min(...lost)).toBeLessThanOrEqual(0.1 + 1e-9)
          expect(row.minutes).toBeGreaterThanOrEqual(Math.min(...lost) - 1e-6)
          expect(row.minutes).toBeLessThanOrEqual(Math.max(...lost) + 1e-6)
          expect(row.interval[0]).toBeLessThanOrEqual(row.minutes)
          expect(row.interval[1]).toBeGreaterThanOrEqual(row.minutes - 1e-9)
        }
      }),
      { numRuns: 40 },
    )
  })
})

/** The parts of a place, one value a label. */
const each = (where: Where): Record<string, string>[] =>
  Object.entries(where).reduce<Record<string, string>[]>(
    (all, [label, values]) => all.flatMap(one => values.map(value => ({ ...one, [label]: value }))),
    [{}],
  )

const inside = (where: Where, one: Record<string, string>): boolean =>
  Object.entries(where).every(([label, values]) => one[label] !== undefined && values.includes(one[label]))

/** Takes a part of the record away, as if nobody had ever seen it. */
function without(story: Story, part: string): Story {
  const [kind, id = ''] = part.split(':')
  if (kind === 'order') return { ...story, orders: story.orders.filter(each => each.id !== id) }
  if (kind === 'fact') return { ...story, facts: story.facts.filter(each => each.id !== id) }
  const events = story.events.map(event => {
    const left: Partial<IncidentEvent> = { ...event }
    if (kind === 'cause') {
      if (event.causes) left.causes = event.causes.filter(each => each.subject !== id)
    } else delete left[kind as keyof IncidentEvent]
    return left as IncidentEvent
  })
  return { ...story, events }
}

const PARTS = [
  ...['segments', 'components', 'unaffected', 'recovery', 'security', 'uneven', 'strained', 'severity'],
  ...[
    'cause:push',
    'cause:deploy',
    'cause:launch',
    'fact:push',
    'fact:n1',
    'fact:undo',
    'order:o0',
    'order:o1',
    'order:o2',
  ],
]
/** They stand on either of two kinds of evidence. */
const EITHER: ReadonlySet<string> = new Set(['failing', 'slow'])
const keyOf = ({ say, slots }: Line) => JSON.stringify([say, slots])
/** Nothing is weaker than to say that it is not known. */
const isWeak = ({ say, slots }: Line): boolean =>
  hedgeOf(say) === 'unknown' || (slots['verdict']?.is === 'term' && slots['verdict'].value === 'not-known')

describe('a piece of evidence that is taken away', () => {
  it('takes with it or weakens the sentences that rest on it, and no other', () => {
    fc.assert(
      fc.property(stories, fc.constantFrom(...PARTS), ({ story }, part) => {
        const before = linesOf(story)
        const after = new Map(linesOf(without(story, part)).map(each => [keyOf(each), each]))
        const wrong: string[] = []
        for (const line of before) {
          const rests = line.rests.includes(part)
          const left = after.get(keyOf(line))
          if (!rests && !left && !isWeak(line)) wrong.push(`gone without ${part}: ${keyOf(line)}`)
          // Another piece may bear the same sentence: then it rests on that one.
          if (rests && left?.rests.includes(part) && !isWeak(line) && !EITHER.has(line.say))
            wrong.push(`there without ${part}: ${keyOf(line)}`)
        }
        expect(wrong).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
  it('leaves no headline of failing where both kinds are gone', () => {
    fc.assert(
      fc.property(stories, ({ story }) => {
        const says = linesOf(without(without(story, 'segments'), 'evidence')).map(each => each.say)
        for (const each of EITHER) expect(says).not.toContain(each)
      }),
      { numRuns: 25 },
    )
  })
})
