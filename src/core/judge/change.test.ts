import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ROLLOUT_STEPS } from '../../contract/limits.js'
import type { Change } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { change, STREAM_START as T } from '../../testing/stream.js'
import { fold } from '../fold/fixtures/stories.js'
import { noteChange } from './change.js'

const at = (minute: number) => T + minute * MINUTE
const step = (minute: number, share: number, more: Partial<Change> = {}): Change =>
  change({ id: `s${minute}`, thread: 'roll', at: at(minute), rollout: [[at(minute), share]], ...more })
const noted = (...messages: Change[]): Change[] =>
  messages.reduce<Change[]>((changes, next) => noteChange(changes, next, 100), [])

describe('messages of one thread', () => {
  it('are one change, which began with the first and whose rollout and scope grow', () => {
    const [one, ...others] = noted(
      step(0, 0.1, { title: 'v2 to a', scope: { cell: ['a'] }, href: 'https://ci.example/1' }),
      step(5, 0.5, { title: 'v2 to b', scope: { cell: ['b'], version: ['v2'] }, kind: 'flag' }),
      step(9, 1),
    )
    expect(others).toEqual([])
    expect(one).toMatchObject({
      id: 'roll',
      kind: 'config',
      at: at(0),
      title: 'v2 to b',
      href: 'https://ci.example/1',
      scope: { cell: ['a', 'b'], version: ['v2'] },
      rollout: [
        [at(0), 0.1],
        [at(5), 0.5],
        [at(9), 1],
      ],
    })
  })
  it('say the same in whatever order they come', () => {
    const steps = [step(0, 0.1), step(5, 0.5), step(9, 1), step(20, 0)]
    const whole = noted(...steps)[0]!
    fc.assert(
      fc.property(fc.shuffledSubarray(steps, { minLength: 4 }), order => {
        const { at, happenedAt, rollout } = noted(...order)[0]!
        expect({ at, happenedAt, rollout }).toEqual({
          at: whole.at,
          happenedAt: whole.happenedAt,
          rollout: whole.rollout,
        })
      }),
    )
  })
  it('have no more steps than one message may have', () => {
    const { rollout } = noted(...Array.from({ length: ROLLOUT_STEPS + 9 }, (_, i) => step(i, i / 999)))[0]!
    expect(rollout).toHaveLength(ROLLOUT_STEPS)
    expect([rollout![0]![0], rollout!.at(-1)![0]]).toEqual([at(0), at(ROLLOUT_STEPS + 8)])
  })
  it('go on with a change that had their thread for its id, and leave others alone', () => {
    const changes = noted(change({ id: 'roll', at: at(-1) }), change({ id: 'x', at: at(1) }), step(2, 1))
    expect(changes.map(each => each.id)).toEqual(['x', 'roll'])
    expect(changes[1]!.at).toBe(at(-1))
  })
  it('one without a thread replaces what was said under its id', () => {
    expect(noted(step(0, 0.1), change({ id: 'roll', at: at(3) }))).toMatchObject([{ at: at(3) }])
    expect(noted(step(0, 0.1), change({ id: 'roll', at: at(3) }))[0]).not.toHaveProperty('rollout')
  })
})

describe('what pages are told', () => {
  it('is the whole change each time, under one id', () => {
    const { facts } = fold([step(0, 0.1), step(5, 1)])
    expect(facts.map(each => each.id)).toEqual(['roll', 'roll'])
    expect(facts[1]).toMatchObject({
      rollout: [
        [at(0), 0.1],
        [at(5), 1],
      ],
    })
  })
})
