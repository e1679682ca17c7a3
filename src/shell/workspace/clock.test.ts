import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { Clock, MADE_MS, spanOf, STAND_MS } from './clock.js'

const START = Date.UTC(2026, 5, 10, 9)

function clockAt(start = START) {
  const env = fakeEnv(start)
  const clock = new Clock(env)
  const look = () => {
    const turn = clock.look()
    return turn === null ? null : turn.verdict
  }
  look()
  return { env, clock, look }
}

describe('Clock', () => {
  it('follows small steps at once, both ways', () => {
    const { env, clock, look } = clockAt()
    for (const step of [2 * SECOND, -2 * SECOND, 45 * SECOND, -50 * SECOND]) {
      env.leap(step)
      expect(look()).toBeNull()
      expect(clock.now()).toBe(env.now())
    }
  })

  it.each([3 * DAY, -3 * DAY])(
    'goes on evenly over a leap of %i ms, and believes it when it has stood for long',
    ms => {
      const { env, clock, look } = clockAt()
      env.leap(ms)
      expect(look()).toBe('doubted')
      expect(clock.now()).toBe(START)
      env.move(STAND_MS - SECOND)
      expect(look()).toBeNull()
      expect(clock.now()).toBe(START + STAND_MS - SECOND)
      env.move(SECOND)
      expect(look()).toBe('believed')
      expect(clock.now()).toBe(env.now())
    },
  )

  it('believes after a minute what senders confirm, and never what they contradict', () => {
    for (const [right, verdict] of [
      [true, 'believed'],
      [false, 'refused'],
    ] as const) {
      const { env, clock, look } = clockAt()
      env.leap(3 * DAY)
      look()
      env.move(MINUTE)
      clock.hear(right ? env.now() : env.now() - 3 * DAY)
      expect(look()).toBe(verdict)
    }
  })

  it('a sleep of the machine is no leap: the steady clock counts it', () => {
    const { env, look } = clockAt()
    env.move(9 * HOUR)
    expect(look()).toBeNull()
  })

  it('at a start believes the wall after a pause, and doubts it where the log ends far from it', () => {
    for (const [ahead, verdict] of [
      [HOUR, null],
      [DAY, null],
      [3 * DAY, 'doubted'],
      [-HOUR, 'doubted'],
      [-30 * SECOND, null],
    ] as const) {
      const env = fakeEnv(START)
      const clock = new Clock(env)
      clock.begin(START - ahead)
      expect([ahead, clock.look()?.verdict ?? null]).toEqual([ahead, verdict])
      if (verdict === null) continue
      env.move(MINUTE)
      expect(clock.look()?.verdict).toBe('believed')
    }
  })

  it('is unset before the time at which this program was made, and believes no such time later', () => {
    const { env, clock, look } = clockAt(Date.UTC(1970, 0, 1))
    expect(clock.state.state).toBe('unset')
    env.leap(START - env.now())
    expect(look()).toBeNull()
    expect(clock.state.state).toBe('steady')
    env.leap(MADE_MS - 30 * DAY - env.now())
    expect(look()).toBe('doubted')
    expect(look()).toBe('refused')
    env.move(2 * DAY)
    expect(look()).toBeNull()
    expect(clock.now()).toBe(START + 2 * DAY)
  })

  it('takes a turn back that could not be made durable, and comes to it again', () => {
    const { env, clock } = clockAt()
    env.leap(3 * DAY)
    clock.look()!.undo()
    expect(clock.doubt).toBeNull()
    expect(clock.look()?.verdict).toBe('doubted')
    env.move(STAND_MS)
    clock.look()!.undo()
    expect(clock.now()).toBe(START + STAND_MS)
    expect(clock.look()?.verdict).toBe('believed')
  })
})

describe('spanOf()', () => {
  it('tells a leap to people', () => {
    expect([3 * DAY + 2 * HOUR + MINUTE, -90 * SECOND, 0, 259_199_996].map(spanOf)).toEqual([
      '+3 d 2 h',
      '−1 min 30 s',
      '+0 s',
      '+3 d',
    ])
  })
})
