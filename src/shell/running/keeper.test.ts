import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import { SOURCE_RETRY_MAX_MS } from '../../contract/limits.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { Keeper } from './keeper.js'
import { Pulse } from './pulse.js'

/** A thing that is kept running, in a time that goes by when somebody sleeps; it ends after the given turns. */
function kept(turns: ((n: number) => number | null)[], random = () => 0) {
  const env = fakeEnv()
  const pulse = new Pulse({ kind: 'source', id: 'a', use: 'b' }, env.steady, env.now, MINUTE)
  const slept: number[] = []
  let closed = 0
  let n = 0
  const keeper = new Keeper({
    name: 'source a',
    pulse,
    delayMs: 7,
    after: Promise.resolve(),
    random,
    log: env.log,
    sleep: async ms => {
      slept.push(ms)
      env.move(ms)
    },
    task: {
      turn: async () => (n < turns.length ? turns[n]!(n++) : null),
      close: async () => void closed++,
    },
  })
  return { env, pulse, slept, keeper, closed: () => closed, turns: () => n }
}
const fails = (error: Error) => () => {
  throw error
}
const passing = fails(new TransientError('not now', 0))

describe('what is kept running', () => {
  it('waits before its first turn and as long as each turn asks, and ends when one says so', async () => {
    const { keeper, slept, pulse, closed } = kept([() => 100, () => 200, () => null])
    await keeper.over
    expect(slept).toEqual([7, 100, 200])
    expect([pulse.state, pulse.failures, closed()]).toEqual(['ended', 0, 1])
  })

  it('pauses longer after each failure in a row, half of it by chance, up to a longest', async () => {
    const many = Array(12).fill(passing)
    const [short, long] = [kept(many, () => 0), kept(many, () => 0.999_999)]
    await Promise.all([short.keeper.over, long.keeper.over])
    expect(short.slept.slice(1, 5)).toEqual([500, 1_000, 2_000, 4_000])
    expect(long.slept.slice(1, 5).map(Math.round)).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(short.slept.at(-1)).toBe(SOURCE_RETRY_MAX_MS / 2)
    expect(short.closed()).toBe(13)
    expect(short.pulse.status).toMatchObject({ failures: 12, lastError: { why: 'not now' } })
  })

  it('begins with short pauses again after a turn that went well, or once it was heard of', async () => {
    const good = kept([passing, passing, () => 5, passing])
    await good.keeper.over
    expect(good.slept).toEqual([7, 500, 1_000, 5, 500])
    const heard = kept([
      passing,
      passing,
      () => {
        heard.pulse.hear({ accepted: 1, duplicate: 0 })
        throw new TransientError('the line broke', 0)
      },
    ])
    await heard.keeper.over
    expect(heard.slept).toEqual([7, 500, 1_000, 500])
  })

  it('says each reason once, and that it works again', async () => {
    const other = fails(new TransientError('no address', 0))
    const { env, keeper } = kept([passing, passing, other, other, passing, () => 5, () => 5, passing])
    await keeper.over
    const [failed, works] = ['source a has failed; trying again', 'source a works again']
    expect(env.said.map(({ what, detail }) => [what, detail?.['why']])).toEqual([
      [failed, 'not now'],
      [failed, 'no address'],
      [failed, 'not now'],
      [works, undefined],
      [failed, 'not now'],
      [works, undefined],
    ])
  })

  it('waits as long as it is asked to', async () => {
    const { keeper, slept } = kept([fails(new TransientError('too often', HOUR))])
    await keeper.over
    expect(slept).toEqual([7, HOUR])
  })

  it('stops for good where trying again is of no use, says so, and is unknown from then on', async () => {
    const { keeper, env, pulse, turns } = kept([
      () => {
        pulse.hear({ accepted: 1, duplicate: 0 })
        return 1
      },
      fails(new PermanentError('the key is gone')),
      () => 1,
    ])
    await keeper.over
    expect(turns()).toBe(2)
    expect(pulse.status).toMatchObject({ state: 'stopped', health: 'unknown', lastError: { why: 'the key is gone' } })
    expect(env.said).toEqual([
      { level: 'error', what: 'source a has stopped for good', detail: { why: 'the key is gone' } },
    ])
  })

  it('is begun anew after a fault that nobody meant, which is told with its place', async () => {
    const { keeper, env, closed, pulse } = kept([fails(new TypeError('x is not a function')), () => null])
    await keeper.over
    expect([pulse.state, pulse.failures, closed()]).toEqual(['ended', 1, 2])
    expect(env.said).toMatchObject([
      { level: 'warn', detail: { stack: expect.stringContaining('keeper.test') } },
      { level: 'info', what: 'source a works again' },
    ])
  })

  it('never runs twice at once: a new one waits for one that does not stop', async () => {
    const env = fakeEnv()
    const log: string[] = []
    let end = () => {}
    const make = (name: string, after: Promise<unknown>, turn: () => Promise<null>) =>
      new Keeper({
        name,
        pulse: new Pulse({ kind: 'source', id: name, use: 'b' }, env.steady, env.now, MINUTE),
        delayMs: 0,
        after,
        random: () => 0,
        log: env.log,
        sleep: async () => {},
        task: { turn, close: async () => {} },
      })
    const old = make('old', Promise.resolve(), async () => {
      log.push('old begins')
      await new Promise<void>(done => {
        end = done
      })
      log.push('old ends')
      return null
    })
    await new Promise(setImmediate)
    const next = make('new', old.over, async () => {
      log.push('new begins')
      return null
    })
    const stopping = old[Symbol.asyncDispose]()
    await new Promise(setImmediate)
    expect(log).toEqual(['old begins'])
    end()
    await Promise.all([stopping, next.over])
    expect(log).toEqual(['old begins', 'old ends', 'new begins'])
  })
})

describe('how a source is', () => {
  it('is unknown before it was heard of, ok while it is, stale when it falls silent, and unknown again: never down', () => {
    const { env, pulse } = kept([])
    expect(pulse.health).toBe('unknown')
    pulse.hear({ accepted: 0, duplicate: 0 })
    const seen: string[] = []
    for (let i = 0; i <= 6; i++) {
      seen.push(pulse.health)
      env.move(MINUTE)
    }
    expect(seen).toEqual(['ok', 'ok', 'stale', 'stale', 'stale', 'unknown', 'unknown'])
    expect(pulse.status).toMatchObject({ ageMs: 7 * MINUTE, heardAt: env.now() - 7 * MINUTE })
  })

  it('does not change when the clock on the wall is put to another time', () => {
    const { env, pulse } = kept([])
    pulse.hear({ accepted: 0, duplicate: 0 })
    env.leap(-HOUR)
    expect(pulse.status).toMatchObject({ health: 'ok', ageMs: 0, heardAt: env.now() })
  })

  it('counts signals a minute over the last five, and refusals by their rule', () => {
    const { env, pulse } = kept([])
    for (let i = 0; i < 10; i++) {
      pulse.hear({ accepted: 30, duplicate: 1, rules: { 'observation.bad': 2 } })
      env.move(MINUTE)
    }
    expect(pulse.status).toMatchObject({ accepted: 300, duplicate: 10, rejected: { 'observation.bad': 20 } })
    expect(pulse.status.perMinute).toBe((4 * 30) / 5)
    env.move(HOUR)
    expect(pulse.status.perMinute).toBe(0)
  })
})
