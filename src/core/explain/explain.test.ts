import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, ChangeKind, Scope } from '../../contract/signal.js'
import { LOOKBACK_MS } from '../../contract/thresholds.js'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { change } from '../../testing/stream.js'
import { sfc32 } from '../stat/random.js'
import { explain, type Question } from './explain.js'

const ONSET = Date.UTC(2031, 4, 9, 12)
const question = (q: Partial<Question> = {}): Question => ({
  onset: ONSET,
  interval: [ONSET - MINUTE, ONSET + MINUTE],
  segments: [{ where: { cell: ['a'] }, weight: 1 }],
  unaffected: { cell: ['b', 'c', 'd', 'e'] },
  components: [],
  changes: [],
  upstream: [],
  demand: null,
  turnedAt: null,
  ...q,
})
const at = (minutes: number, more: Partial<Change> = {}): Change =>
  change({ at: ONSET + minutes * MINUTE, id: 'c', ...more })
const probability = (q: Partial<Question>, subject = 'c'): number =>
  explain(question(q)).causes.find(c => c.subject === subject)?.probability ?? 0
const inA: Scope = { cell: ['a'] }

describe('health that is seen', () => {
  const where = { segments: [{ where: { component: ['boot'] }, weight: 1 }], components: ['boot'] }
  const unaffected = { component: ['calls', 'search', 'sync'] }
  it('a change whose whole scope is fine leads neither who may have done it nor none of the listed', () => {
    const fine = at(-1, { id: 'fine', scope: { component: ['calls'] } })
    const late = at(-50, { scope: { component: ['boot', 'search'] }, rollout: [[ONSET - 50 * MINUTE, 0.5]] })
    const { causes, unexplained } = explain(question({ ...where, unaffected, changes: [fine, late] }))
    expect(causes[0]!.subject).toBe('c')
    const alone = explain(question({ ...where, unaffected, changes: [fine] }))
    expect(alone.causes[0]!.probability).toBeLessThan(alone.unexplained)
    expect(unexplained).toBeGreaterThan(0)
  })
  it('a scope of which a part fails may lead', () => {
    const both = at(-1, { scope: { component: ['boot', 'calls'] } })
    expect(probability({ ...where, unaffected, changes: [both] })).toBeGreaterThan(0.1)
  })
})

describe('time', () => {
  it('nothing after the interval of the onset is a candidate, whatever else speaks for it', () => {
    const late = at(6, { scope: inA })
    const undo = change({ id: 'u', at: ONSET + 20 * MINUTE, reverts: 'c' })
    expect(explain(question({ changes: [late, undo], turnedAt: ONSET + 21 * MINUTE })).causes).toEqual([])
    expect(probability({ changes: [late], interval: [ONSET - MINUTE, ONSET + 5 * MINUTE] })).toBeGreaterThan(0)
  })
  it('when it took effect counts, not when it was told', () => {
    expect(probability({ changes: [at(40, { happenedAt: ONSET - 2 * MINUTE, scope: inA })] })).toBeGreaterThan(0.5)
  })
  it('the sooner before the onset, the likelier', () => {
    const by = [-1, -5, -15, -60, -600].map(m => probability({ changes: [at(m, { scope: inA })] }))
    expect([...by].sort((x, y) => y - x)).toEqual(by)
    expect(by[0]).toBeGreaterThan(by[4]!)
  })
  it('older than the look-back is not weighed', () => {
    expect(explain(question({ changes: [at(-LOOKBACK_MS / MINUTE - 1)] })).causes).toEqual([])
  })
  it('a rollout counts by its latest step before the onset, and a step to nobody is no start', () => {
    const steps: [number, number][] = [
      [ONSET - 5 * HOUR, 0.05],
      [ONSET - 2 * MINUTE, 1],
    ]
    expect(probability({ changes: [at(-300, { rollout: steps, scope: inA })] })).toBeGreaterThan(
      probability({ changes: [at(-300, { scope: inA })] }),
    )
  })
  it('mitigations and undoings are no candidates', () => {
    expect(
      explain(question({ changes: [at(-2, { kind: 'mitigation' }), at(-1, { id: 'u', reverts: 'x' })] })).causes,
    ).toEqual([])
  })
})

describe('place', () => {
  const p = (scope: Scope, more: Partial<Question> = {}) => probability({ changes: [at(-4, { scope })], ...more })
  it('the failing cell > no scope > a cell that is fine', () => {
    expect(p(inA)).toBeGreaterThan(p({}))
    expect(p({})).toBeGreaterThan(p({ cell: ['b'] }))
    expect(p({ cell: ['b'] })).toBeLessThan(0.1)
  })
  it('the failing cell alone > with cells that are fine', () => {
    expect(p(inA)).toBeGreaterThan(p({ cell: ['a', 'b', 'c'] }))
  })
  it('all of the failing cells > one of them', () => {
    const segments = [{ where: { cell: ['a', 'b'] }, weight: 1 }]
    const unaffected = { cell: ['c', 'd', 'e', 'f'] }
    expect(p({ cell: ['a', 'b'] }, { segments, unaffected })).toBeGreaterThan(p(inA, { segments, unaffected }))
  })
  it('a narrow change explains a trouble that is everywhere badly', () => {
    const everywhere = { segments: [{ where: {}, weight: 1 }], unaffected: {} }
    expect(p(inA, everywhere)).toBeLessThan(p({}, everywhere))
  })
  it('scopes of a thousand values are weighed, not lost in overflow', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => `as${i}`)
    const segments = [{ where: { asn: values.slice(0, 600) }, weight: 1 }]
    const got = explain(
      question({ changes: [at(-4, { scope: { asn: values } })], segments, unaffected: { asn: ['x', 'y'] } }),
    )
    expect(got.causes[0]!.probability).toBeGreaterThan(0)
    expect(got.unexplained).toBeGreaterThan(0)
    for (const because of got.causes[0]!.because) expect(Number.isFinite(because.bits)).toBe(true)
  })
})

describe('who is failing', () => {
  const component = (...names: string[]): Scope => ({ component: names })
  const parts = {
    segments: [
      { where: component('cdn'), weight: 0.8 },
      { where: component('kv', 'access'), weight: 0.2 },
    ],
    unaffected: component('dashboard'),
    components: ['cdn', 'kv', 'access'],
  }
  it('the scope that holds most of the failures > one of as many parts that holds few, though it came later', () => {
    const changes = [at(-16, { id: 'big', scope: component('cdn') }), at(-5, { id: 'small', scope: component('kv') })]
    expect(probability({ ...parts, changes }, 'big')).toBeGreaterThan(probability({ ...parts, changes }, 'small'))
    const alike = parts.segments.map(s => ({ ...s, weight: s.where.component!.length / 3 }))
    const even = { ...parts, segments: alike, changes }
    expect(probability(even, 'small')).toBeGreaterThan(probability(even, 'big'))
  })
  it('a rollout over hosts that nobody labels may bite at its first step, and need not be followed step by step', () => {
    const rollout: [number, number][] = [
      [ONSET - 30 * MINUTE, 0.5],
      [ONSET - 10 * MINUTE, 0.6],
      [ONSET + 10 * MINUTE, 0.7],
    ]
    const course = Array.from({ length: 40 }, (_, i) => ({ at: ONSET + i * MINUTE, excess: i / 40, error: 0.01 }))
    const [found] = explain(question({ changes: [at(-30, { rollout })], course })).causes
    const bits = (says: RegExp) => found!.because.find(b => says.test(b.says))!.bits
    expect(bits(/do not follow its steps/)).toBeGreaterThan(-2.5)
    const older = rollout.with(0, [ONSET - 5 * HOUR, 0.5])
    const [early] = explain(question({ changes: [at(-300, { rollout: older })], course })).causes
    expect(bits(/took effect/)).toBeGreaterThan(early!.because[0]!.bits + 0.5)
  })
})

describe('what nobody told', () => {
  it('a lone change is believed less than the same beside changes of many kinds', () => {
    const c = at(-3, { scope: inA })
    const alone = probability({ changes: [c] })
    const kinds: ChangeKind[] = ['config', 'flag', 'migration', 'maintenance', 'vendor', 'launch']
    const week = kinds.map((kind, i) => at(-3_000 - 600 * i, { id: `k${i}`, kind, scope: { cell: ['b'] } }))
    expect(alone).toBeGreaterThan(0.8)
    expect(alone).toBeLessThan(0.985)
    expect(probability({ changes: [c, ...week] })).toBeGreaterThan(alone)
  })
})

describe('reversal', () => {
  const c = at(-4)
  const undo = (minutes: number): Change => change({ id: 'u', at: ONSET + minutes * MINUTE, reverts: 'c' })
  it('undone and then better > undone > undone in vain; undone before the onset is worst', () => {
    const better = probability({ changes: [c, undo(30)], turnedAt: ONSET + 36 * MINUTE })
    const fresh = probability({ changes: [c, undo(30)], now: ONSET + 40 * MINUTE })
    const vain = probability({ changes: [c, undo(30)], now: ONSET + 4 * HOUR })
    const before = probability({ changes: [at(-60), undo(-30)] })
    expect(better).toBeGreaterThan(fresh)
    expect(fresh).toBeGreaterThan(vain)
    expect(before).toBeLessThan(probability({ changes: [at(-60)] }))
  })
  it('cites both', () => {
    const [cause] = explain(question({ changes: [c, undo(30)], turnedAt: ONSET + 36 * MINUTE })).causes
    expect(cause!.because.some(b => b.refs.includes('c') && b.refs.includes('u'))).toBe(true)
  })
})

describe('load', () => {
  const launch = at(-30, { kind: 'launch' })
  const surge = { ratio: 1.6, since: ONSET - 20 * MINUTE, before: 1.6 }
  it('a launch whose demand rose before the errors > one of which nothing is known > one without demand', () => {
    const broad = { segments: [{ where: {}, weight: 1 }], unaffected: {} }
    const withDemand = explain(question({ ...broad, changes: [launch], demand: surge })).causes.find(
      x => x.subject === 'c',
    )!
    const none = explain(question({ ...broad, changes: [launch], demand: { ratio: 1, since: null, before: null } }))
      .causes[0]!
    const bits = (c: typeof none) => c.because.reduce((sum, b) => sum + b.bits, 0)
    expect(bits(withDemand)).toBeGreaterThan(bits(none))
    expect(none.probability).toBeLessThan(probability({ ...broad, changes: [launch] }))
  })
  it('demand that rose first is a cause of its own; demand that rose after is none', () => {
    expect(probability({ demand: surge }, 'surge')).toBeGreaterThan(0)
    expect(probability({ demand: { ratio: 1.6, since: ONSET + MINUTE, before: null } }, 'surge')).toBe(0)
  })
})

describe('dependency', () => {
  const db = (minutes: number) => ({ id: 'db', name: 'Database', onset: ONSET + minutes * MINUTE, incident: 'db-1' })
  it('one in trouble since before > one that began later', () => {
    const before = probability({ upstream: [db(-5)] }, 'dependency:db')
    expect(before).toBeGreaterThan(0.5)
    expect(before).toBeGreaterThan(probability({ upstream: [db(60)] }, 'dependency:db'))
  })
  it('cites the incident', () => {
    expect(explain(question({ upstream: [db(-5)] })).causes[0]!.because[0]!.refs).toEqual(['db-1'])
  })
})

describe('none of the listed', () => {
  it('is certain when there is nothing to list', () => {
    expect(explain(question())).toEqual({ causes: [], unexplained: expect.closeTo(1, 1) as number })
  })
  it('is likelier than a change of last week elsewhere', () => {
    const { causes, unexplained } = explain(
      question({ changes: [at((-5 * DAY) / MINUTE, { scope: { cell: ['b'] } })] }),
    )
    expect(unexplained).toBeGreaterThan(0.9)
    expect(causes[0]!.probability).toBeLessThan(0.1)
  })
  it('is less likely than one that fits in time and place', () => {
    const { causes, unexplained } = explain(question({ changes: [at(-3, { scope: inA })] }))
    expect(causes[0]!.probability).toBeGreaterThan(unexplained)
  })
})

describe('chance', () => {
  const p = (changes: Change[], subject: string) =>
    explain(question({ changes })).causes.find(c => c.subject === subject)!.p!
  it('the nearer, the rarer; given in words as one in so many', () => {
    const near = at(-3, { scope: inA })
    const far = at(-300, { scope: inA })
    expect(p([near], 'c')).toBeLessThan(p([far], 'c'))
    const [cause] = explain(question({ changes: [near] })).causes
    expect(cause!.because[0]!.says).toMatch(/^took effect 3 min before the onset; by chance 1 in [0-9]+$/)
  })
  it('is raised for every change that was listed besides (Holm)', () => {
    const others = Array.from({ length: 9 }, (_, i) => at(-20 * (i + 2), { id: `o${i}` }))
    const alone = p([at(-3)], 'c')
    expect(p([at(-3), ...others], 'c')).toBeGreaterThan(5 * alone)
  })
  it('is larger for a fit in a scope that many changes have', () => {
    const scoped = (scope: Scope) => Array.from({ length: 6 }, (_, i) => at(-30 * (i + 2), { id: `o${i}`, scope }))
    const c = at(-6, { scope: inA })
    expect(p([c, ...scoped(inA)], 'c')).toBeGreaterThan(p([c, ...scoped({ cell: ['b'] })], 'c'))
  })
  it('of changes at random it lies below a level no more often than that level says', () => {
    const random = sfc32(7)
    let below = 0
    const trials = 400
    for (let k = 0; k < trials; k++) {
      const changes = Array.from({ length: 8 }, (_, i) => at(-Math.floor(random() * 1_440), { id: `c${i}` }))
      const best = Math.min(...explain(question({ changes })).causes.map(c => c.p ?? 1))
      if (best <= 0.1) below++
    }
    // The error of all eight together: 10 % and a chance of three deviations.
    expect(below / trials).toBeLessThan(0.1 + 3 * Math.sqrt((0.1 * 0.9) / trials))
    expect(below / trials).toBeGreaterThan(0.02)
  })
})

describe('what would settle it', () => {
  const settles = (c: Change, more: Partial<Question> = {}) =>
    explain(question({ changes: [c], ...more })).causes.find(x => x.subject === 'c')!.settles
  it.each<[string, Partial<Change>, RegExp]>([
    ['a cell of its own', { scope: inA }, /^Roll it back in cell a alone and watch 10 min/],
    ['a flag', { scope: inA, kind: 'flag' }, /^Switch it off in cell a alone/],
    ['touched cells that fail and that hold', { scope: { cell: ['a', 'b'] } }, /what cell b has otherwise than a/],
    ['no place', {}, /^Roll it back in cell a and watch 10 min/],
    ['a launch', { kind: 'launch' }, /load and errors fall together/],
    [
      'half rolled out',
      {
        rollout: [
          [ONSET - 9 * MINUTE, 0.1],
          [ONSET - 4 * MINUTE, 0.5],
        ],
      },
      /^Hold its rollout at 50 %/,
    ],
  ])('%s', (_, more, words) => {
    expect(settles(at(-9, more))).toMatch(words)
  })
  it('fails where it did not touch: that wants an answer first', () => {
    const segments = [{ where: { cell: ['a', 'z'] }, weight: 1 }]
    expect(settles(at(-4, { scope: inA }), { segments })).toBe('Look why cell z fails, which it did not touch')
  })
  it('undone: wait and see', () => {
    const undo = change({ id: 'u', at: ONSET + 20 * MINUTE, reverts: 'c' })
    expect(settles(at(-4), { changes: [at(-4), undo], now: ONSET + 24 * MINUTE })).toMatch(
      /^It was undone: failures should/,
    )
  })
  it('every candidate has an answer', () => {
    const q = question({
      changes: [at(-4)],
      upstream: [{ id: 'db', name: 'Database', onset: ONSET, incident: 'db-1' }],
      demand: { ratio: 1.5, since: ONSET - 30 * MINUTE, before: 1.5 },
      others: [{ id: 'till', name: 'Till', onset: ONSET - 40 * MINUTE, incident: 'till-1' }],
    })
    const { causes } = explain(q)
    expect(causes.map(c => c.subject).sort()).toEqual(['c', 'dependency:db', 'displaced:till', 'surge'])
    for (const c of causes) expect(c.settles!.length).toBeGreaterThan(20)
  })
})

const anyChange = fc
  .record({
    minutes: fc.integer({ min: -6_000, max: 3 }),
    kind: fc.constantFrom<ChangeKind>('deploy', 'config', 'flag', 'launch', 'maintenance', 'vendor', 'migration'),
    cells: fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }), { nil: null }),
  })
  .map(r => ({ ...r, scope: (r.cells ? { cell: r.cells } : {}) as Scope }))
const anyChanges = fc
  .array(anyChange, { maxLength: 30 })
  .map(list =>
    list.map((r, i) => change({ id: `c${i}`, at: ONSET + r.minutes * MINUTE, kind: r.kind, scope: r.scope })),
  )

describe('laws', () => {
  it('probabilities and the unexplained never exceed 1 but for rounding, and nothing is certain or impossible', () => {
    fc.assert(
      fc.property(anyChanges, changes => {
        const { causes, unexplained } = explain(
          question({ changes, demand: { ratio: 1.5, since: ONSET - HOUR, before: 1.5 } }),
        )
        expect(causes.length).toBeLessThanOrEqual(8)
        expect(causes.reduce((sum, c) => sum + c.probability, unexplained)).toBeLessThanOrEqual(1 + 0.0005 * 9)
        for (const c of causes) {
          expect(c.state).toBe('suspected')
          expect(c.probability).toBeGreaterThan(0)
          expect(c.probability).toBeLessThan(1)
        }
      }),
      { seed: 1 },
    )
  })

  it('the order of the list does not matter', () => {
    fc.assert(
      fc.property(anyChanges, fc.infiniteStream(fc.nat()), (changes, keys) => {
        const shuffled = changes
          .map(c => [keys.next().value!, c] as const)
          .sort((x, y) => x[0] - y[0])
          .map(x => x[1])
        expect(explain(question({ changes: shuffled }))).toEqual(explain(question({ changes })))
      }),
      { seed: 2 },
    )
  })

  it('more supporting evidence never lowers a cause', () => {
    fc.assert(
      fc.property(
        anyChanges,
        fc.integer({ min: -300, max: -1 }),
        fc.integer({ min: 1, max: 40 }),
        (others, m, undone) => {
          const c = at(m, { kind: 'deploy' })
          const base = probability({ changes: [...others, c] })
          const supported: Partial<Question>[] = [
            { changes: [...others, at(m, { kind: 'deploy', scope: inA })] },
            {
              changes: [...others, c, change({ id: 'u', at: ONSET + undone * MINUTE, reverts: 'c' })],
              turnedAt: ONSET + (undone + 5) * MINUTE,
            },
          ]
          for (const q of supported) expect(probability(q)).toBeGreaterThanOrEqual(base)
        },
      ),
      { seed: 3 },
    )
  })
})
