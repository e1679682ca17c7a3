import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import { SOURCE_PIECE, SOURCE_STATE_BYTES } from '../../contract/limits.js'
import type { Batch, Source } from '../../contract/plugin.js'
import { MINUTE } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { CutShort, TooMuch } from '../workspace/cut-short.js'
import type { Receipt } from '../../contract/received.js'
import { Pulse } from './pulse.js'
import { SourceTask, type Taker } from './tasks.js'

const good = (values: readonly unknown[]): Receipt => ({
  accepted: values.length,
  duplicate: 0,
  rejectedCount: 0,
  rejected: [],
})

/** An intake that does as it is told, and a store's notes. */
function world(answer: (values: readonly unknown[], n: number) => Receipt = good) {
  const env = fakeEnv()
  const taken: { values: readonly unknown[]; namespace: string; own: boolean }[] = []
  const notes = new Map<string, Uint8Array>()
  const order: string[] = []
  let n = 0
  const taker: Taker = {
    take: async (given, { namespace }) => {
      const own = typeof given === 'function'
      const values = own ? given(env.now()) : given
      const receipt = answer(values, n++)
      order.push(`took ${values.length}`)
      taken.push({ values, namespace, own })
      return receipt
    },
    teach: async value => {
      order.push(`taught ${JSON.stringify(value)}`)
      return value === 'wrong' ? { rule: 'past', message: 'past counts must be a JSON object' } : null
    },
    note: async (key, value) => {
      order.push(`noted ${Buffer.from(value).toString()}`)
      notes.set(key, value)
    },
    noted: async key => notes.get(key) ?? null,
    even: env.steady,
  }
  return { env, taker, taken, notes, order }
}
const use = { use: 'pigeons', id: 'loft', allowPrivate: null, settings: {} }
const pulseOf = (w: ReturnType<typeof world>) =>
  new Pulse({ kind: 'source', id: 'loft', use: 'pigeons' }, w.env.steady, w.env.now, MINUTE)

function sourceOf(w: ReturnType<typeof world>, source: Partial<Source>, of = use) {
  const pulse = pulseOf(w)
  const open = async () => ({ ...source, [Symbol.asyncDispose]: async () => {} }) as Source
  return { pulse, task: new SourceTask({ use: of, open, pulse, taker: w.taker, random: () => 0.5 }) }
}
const stop = () => new AbortController().signal

describe('a source that is polled', () => {
  it('is asked with where it stopped, which is kept once its signals are taken', async () => {
    const w = world()
    const asked: unknown[] = []
    const poll = async (state: unknown) => {
      asked.push(state)
      return { signals: [{ id: asked.length }], state: asked.length }
    }
    const { task, pulse } = sourceOf(w, { everyMs: 30_000, poll })
    expect(await task.turn(stop())).toBe(30_000)
    expect(await task.turn(stop())).toBe(30_000)
    expect(asked).toEqual([undefined, 1])
    expect(w.order).toEqual([
      'took 1',
      'noted {"use":"pigeons","state":1}',
      'took 1',
      'noted {"use":"pigeons","state":2}',
    ])
    expect(w.taken[0]).toEqual({ values: [{ id: 1 }], namespace: 'source.loft', own: false })
    expect(pulse.status).toMatchObject({ health: 'ok', accepted: 2 })
    // Another life of it goes on there; another plug-in under the same id does not.
    await sourceOf(w, { poll }).task.turn(stop())
    expect(asked.at(-1)).toBe(2)
    await sourceOf(w, { poll }, { ...use, use: 'crows' }).task.turn(stop())
    expect(asked.at(-1)).toBeUndefined()
  })

  it('teaches what it knows of the past before anything is taken, and counts what breaks a rule', async () => {
    const w = world()
    const past = [{ service: 'shop' }, 'wrong']
    const { task, pulse } = sourceOf(w, { poll: async () => ({ signals: [1], past, state: 'x' }) })
    await task.turn(stop())
    expect(w.order).toEqual([
      'taught {"service":"shop"}',
      'taught "wrong"',
      'took 1',
      'noted {"use":"pigeons","state":"x"}',
    ])
    expect(pulse.status).toMatchObject({ accepted: 1, rejected: { past: 1 } })
  })

  it('hands over the same again while there is no room, and keeps nothing meanwhile', async () => {
    const w = world((values, n) => {
      if (n === 0) throw new TransientError('the disk is behind', 1)
      if (n === 1) throw new CutShort(new TransientError('the engine is behind', 1), good([]))
      return good(values)
    })
    const { task, pulse } = sourceOf(w, { poll: async () => ({ signals: [1, 2], state: 'x' }) })
    await task.turn(stop())
    expect(w.order).toEqual(['took 2', 'noted {"use":"pigeons","state":"x"}'])
    expect(pulse.status).toMatchObject({ accepted: 2, failures: 0 })
  })

  it('hands a large batch over in pieces', async () => {
    const w = world()
    const signals = Array.from({ length: 2 * SOURCE_PIECE + 1 }, (_, i) => i)
    await sourceOf(w, { poll: async () => ({ signals }) }).task.turn(stop())
    expect(w.taken.map(each => each.values.length)).toEqual([SOURCE_PIECE, SOURCE_PIECE, 1])
    expect(w.taken.flatMap(each => each.values)).toEqual(signals)
  })

  it('says what of it was refused, by the rule, and goes on', async () => {
    const w = world(() => ({ accepted: 0, duplicate: 0, rejectedCount: 2, rejected: [], rules: { 'signal.id': 2 } }))
    const { task, pulse } = sourceOf(w, { poll: async () => ({ signals: [{}, {}], state: 1 }) })
    await task.turn(stop())
    expect(pulse.status).toMatchObject({ health: 'ok', accepted: 0, rejected: { 'signal.id': 2 } })
    expect(w.notes.size).toBe(1)
  })

  it.each<[what: string, source: Partial<Source>, error: RegExp | typeof PermanentError]>([
    ['no way to be asked', {}, PermanentError],
    ['no list of signals', { poll: async () => [] as never }, /list `signals`/],
    [
      'too much to go on from',
      { poll: async () => ({ signals: [], state: 'x'.repeat(SOURCE_STATE_BYTES) }) },
      /at most 65536 bytes/,
    ],
    ['an end that it did not tell', { async *read() {} }, /ended by itself/],
  ])('fails with %s', async (_, source, error) => {
    await expect(sourceOf(world(), source).task.turn(stop())).rejects.toThrow(error)
  })

  it('fails with a batch that the door gives up, and comes to it again', async () => {
    const w = world(() => {
      throw new CutShort(new TooMuch('lines', 'too many bad lines'), good([]))
    })
    await expect(sourceOf(w, { poll: async () => ({ signals: [1] }) }).task.turn(stop())).rejects.toThrow(/bad lines/)
    expect(w.notes.size).toBe(0)
  })
})

describe('a source that listens', () => {
  it('is asked for the next batch once the last is durable, so that it may acknowledge', async () => {
    const w = world()
    const { task, pulse } = sourceOf(w, {
      async *read(): AsyncGenerator<Batch> {
        yield { signals: ['a'] }
        w.order.push('acknowledged a')
        yield { signals: [] }
        yield { signals: ['b'], state: 7, done: true, lagMs: 1_234.5 }
      },
    })
    expect(await task.turn(stop())).toBeNull()
    expect(w.order).toEqual(['took 1', 'acknowledged a', 'took 1', 'noted {"use":"pigeons","state":7}'])
    expect(pulse.status.lagMs).toBe(1_235)
  })

  it('is left when it is told to stop', async () => {
    const w = world()
    const end = new AbortController()
    let left = false
    const { task } = sourceOf(w, {
      async *read() {
        try {
          for (;;) {
            yield { signals: [] }
            end.abort()
          }
        } finally {
          left = true
        }
      },
    })
    expect(await task.turn(end.signal)).toBeNull()
    expect(left).toBe(true)
  })
})
