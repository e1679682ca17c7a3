import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Delivery, Gathering, Notifier } from '../../contract/notifier.js'
import { MINUTE } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { someDelivery } from '../../testing/messages.js'
import { Digest, DIGEST_MOST } from './digest.js'

const FOR_MS = 10 * MINUTE
const message = (id: string): Delivery => someDelivery({ id })

/** A receiver of digests, and what outlives a process. */
function world(answer: (attempt: number) => Error | null = () => null) {
  const told: { ids: string[]; at: number }[] = []
  const env = fakeEnv()
  const began = env.now()
  let kept = ''
  let attempts = 0
  const gathering: Gathering = {
    forMs: FOR_MS,
    tell: async deliveries => {
      const error = answer(++attempts)
      if (error !== null) throw error
      told.push({ ids: deliveries.map(each => each.id), at: env.now() - began })
    },
  }
  const notifier: Notifier & { gathering: Gathering } = {
    tell: async () => {
      throw new Error('it gathers')
    },
    gathering,
    [Symbol.asyncDispose]: async () => {},
  }
  const parts = { kept: async () => kept, keep: async (text: string) => void (kept = text) }
  /** @param naps whether its pauses pass; else it waits in the first until it is ended */
  const make = (naps = true): Digest =>
    new Digest('mail', notifier, parts, env, async (ms, stop) => {
      if (naps) env.move(ms)
      else await new Promise<void>(done => stop!.addEventListener('abort', done))
    })
  return { told, env, make }
}

describe('a digest', () => {
  it('tells at once of all that comes while it gathers, and of nothing else', async () => {
    const w = world()
    await using digest = w.make()
    await Promise.all(['a', 'b', 'c'].map(each => digest.tell(message(each))))
    await digest.idle()
    expect(w.told).toEqual([{ ids: ['a', 'b', 'c'], at: FOR_MS }])
    await digest.tell(message('d'))
    await digest.idle()
    expect(w.told[1]).toEqual({ ids: ['d'], at: 2 * FOR_MS })
  })
  it('has a message that is told again once', async () => {
    const w = world()
    await using digest = w.make()
    await Promise.all(['a', 'a', 'b', 'a'].map(each => digest.tell(message(each))))
    await digest.idle()
    expect(w.told.map(each => each.ids)).toEqual([['a', 'b']])
  })
  it('outlives the process: what was gathered is told by the next', async () => {
    const w = world()
    const first = w.make(false)
    await first.tell(message('a'))
    await first.tell(message('b'))
    await first[Symbol.asyncDispose]()
    expect(w.told).toEqual([])
    await using second = w.make()
    second.begin()
    await second.tell(message('c'))
    await second.idle()
    expect(w.told.flatMap(each => each.ids)).toEqual(['a', 'b', 'c'])
  })
  it('is the same when it is sent again; what comes meanwhile is in the next', async () => {
    const w = world(attempt => (attempt <= 2 ? new TransientError('busy', 90_000) : null))
    await using digest = w.make()
    await digest.tell(message('a'))
    await digest.idle()
    expect(w.told).toEqual([{ ids: ['a'], at: FOR_MS + 2 * 90_000 }])
  })
  it('that is refused for good is given up, and seen', async () => {
    const w = world(attempt => (attempt === 1 ? new PermanentError('gone') : null))
    await using digest = w.make()
    await digest.tell(message('a'))
    await digest.idle()
    await digest.tell(message('b'))
    await digest.idle()
    expect(w.told.map(each => each.ids)).toEqual([['b']])
    expect(w.env.said.map(each => each.what)).toContain('a digest was given up')
  })
  it('that nobody takes for a day is given up', async () => {
    const w = world(() => new TransientError('down', 0))
    await using digest = w.make()
    await digest.tell(message('a'))
    await digest.idle()
    expect(w.told).toEqual([])
    expect(w.env.said.at(-1)).toMatchObject({ level: 'error', what: 'a digest was given up' })
  })
  it('is sent at once when it is full', async () => {
    const w = world()
    await using digest = w.make(false)
    for (let i = 0; i < DIGEST_MOST; i++) await digest.tell(message(`m${i}`))
    await digest.idle()
    expect(w.told.map(each => [each.ids.length, each.at])).toEqual([[DIGEST_MOST, 0]])
  })
  it('forgets what was gathered where the store starts over', async () => {
    const w = world()
    await using digest = w.make(false)
    await digest.tell(message('a'))
    await digest.clear()
    await digest.tell(message('b'))
    await digest[Symbol.asyncDispose]()
    await using next = w.make()
    next.begin()
    await next.tell(message('c'))
    await next.idle()
    expect(w.told.flatMap(each => each.ids)).toEqual(['b', 'c'])
  })
})
