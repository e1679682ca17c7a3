import { beforeEach, describe, expect, it } from 'vitest'
import { UNDELIVERED_KEPT } from '../contract/limits.js'
import type { Store } from '../contract/ports.js'
import type { Queued, Subscriber, SubscriberChange, Subscriptions } from '../contract/subscribers/subscriber.js'

const T0 = Date.UTC(2026, 1, 3)

export const someSubscriber = (id: string, more: Partial<Subscriber> = {}): Subscriber => ({
  id,
  channel: 'email',
  address: `${id}@example.com`,
  page: 'main',
  components: [],
  labels: {},
  language: 'en',
  state: 'active',
  askedAt: [T0],
  confirmedAt: T0,
  endedAt: null,
  bounces: 0,
  ...more,
})

export const someQueued = (message: string, subscriber: string, more: Partial<Queued> = {}): Omit<Queued, 'id'> => ({
  message,
  about: { is: 'incident', incident: 'a', seq: 0 },
  subscriber,
  queue: 'mail',
  thread: 'a',
  batch: 0,
  dueAt: T0,
  since: null,
  tries: 0,
  refusals: 0,
  why: '',
  ...more,
})

/** What every store does with subscribers. `opened` gives the store of the test at hand. */
export function testSubscriptions(opened: () => Store): void {
  describe('of subscribers', () => {
    let reads: Subscriptions
    const change = (what: SubscriberChange) => opened().subscribe(what)
    const messages = async (now = T0, queue = 'mail', max = 9) =>
      (await reads.due(queue, now, max)).map(each => `${each.message} ${each.subscriber}`)
    beforeEach(() => {
      reads = opened().subscriptions
    })

    it('finds whom it was given by id and by address, and lists them by id in pieces', async () => {
      const [a, b] = [someSubscriber('a'), someSubscriber('b', { page: 'other', channel: 'webhook', state: 'asked' })]
      await change({ put: [b, a, someSubscriber('c')] })
      expect(await reads.get(['b', 'none', 'a'])).toEqual([b, a])
      expect(await reads.find('main', 'email', 'a@example.com')).toEqual(a)
      expect(await reads.find('other', 'email', 'a@example.com')).toBeNull()
      const ids = async (more: object) => (await reads.list({ after: '', max: 9, ...more })).map(each => each.id)
      expect(await ids({})).toEqual(['a', 'b', 'c'])
      expect(await ids({ after: 'a', max: 1 })).toEqual(['b'])
      expect(await ids({ state: 'active' })).toEqual(['a', 'c'])
      expect(await ids({ page: 'other', channel: 'webhook' })).toEqual(['b'])
      expect(await ids({ channel: 'slack' })).toEqual([])
      expect(await reads.counts()).toEqual([
        { page: 'main', channel: 'email', state: 'active', count: 2 },
        { page: 'other', channel: 'webhook', state: 'asked', count: 1 },
      ])
    })
    it('has one subscriber of an address, and forgets one with all that waits for them', async () => {
      await change({ put: [someSubscriber('a')], queue: [someQueued('m1', 'a')] })
      await change({ put: [someSubscriber('b', { address: 'a@example.com' })] })
      expect(await reads.get(['a'])).toEqual([])
      await change({ put: [someSubscriber('a', { address: 'other@example.com', language: 'ar' })] })
      expect((await reads.get(['a']))[0]!.language).toBe('ar')
      await change({ drop: ['a', 'none'] })
      expect(await reads.get(['a'])).toEqual([])
      expect(await reads.waiting()).toBe(0)
    })
    it('forgets those who were asked long ago and did not confirm', async () => {
      const asked = (id: string, at: number) => someSubscriber(id, { state: 'asked', askedAt: [T0 - 9, at] })
      await change({ put: [asked('old', T0 - 1), asked('new', T0), someSubscriber('sure', { askedAt: [T0 - 5] })] })
      await change({ dropAskedBefore: T0 })
      expect((await reads.list({ after: '', max: 9 })).map(each => each.id)).toEqual(['new', 'sure'])
    })
    it('queues a message for a subscriber once, and tells what is due, first come first', async () => {
      const later = someQueued('m2', 'b', { dueAt: T0 + 5, thread: 'b' })
      await change({ queue: [someQueued('m1', 'a'), later, someQueued('m1', 'b')] })
      await change({ queue: [someQueued('m1', 'a', { dueAt: 1 }), someQueued('m1', 'c', { queue: 'hook' })] })
      expect(await messages()).toEqual(['m1 a', 'm1 b'])
      expect(await messages(T0 + 5)).toEqual(['m1 a', 'm1 b', 'm2 b'])
      expect(await messages(T0 + 5, 'mail', 1)).toEqual(['m1 a'])
      expect(await messages(T0, 'hook')).toEqual(['m1 c'])
      expect(await reads.queues()).toEqual([
        { queue: 'hook', dueAt: T0 },
        { queue: 'mail', dueAt: T0 },
      ])
      expect(await reads.waiting()).toBe(4)
      expect((await reads.due('hook', T0, 1))[0]).toEqual({
        ...someQueued('m1', 'c', { queue: 'hook' }),
        id: expect.any(Number),
      })
    })
    it('holds the later messages of a thread back, for their subscriber alone', async () => {
      await change({
        queue: [someQueued('m1', 'a'), someQueued('m1', 'b'), someQueued('m2', 'a'), someQueued('m2', 'b')],
      })
      await change({ queue: [someQueued('n1', 'a', { thread: 'n' })] })
      const [first] = await reads.due('mail', T0, 1)
      await change({ again: [{ ...first!, dueAt: T0 + 9, since: T0, tries: 1, refusals: 1, why: 'busy' }] })
      expect(await messages()).toEqual(['m1 b', 'n1 a'])
      expect(
        (await reads.due('mail', T0 + 9, 9)).find(each => each.message === 'm1' && each.subscriber === 'a'),
      ).toEqual({
        ...first,
        ...{ dueAt: T0 + 9, since: T0, tries: 1, refusals: 1, why: 'busy' },
      })
      await change({ settle: (await reads.due('mail', T0 + 9, 9)).map(each => each.id) })
      expect(await messages()).toEqual(['m2 a', 'm2 b'])
    })
    it('tells what goes together', async () => {
      const of = (message: string, batch: number) => someQueued(message, 'a', { batch, thread: message })
      await change({ queue: [of('m1', 7), of('m2', 7), of('m3', 8), someQueued('m1', 'b', { batch: 7 })] })
      expect((await reads.batch('a', 7)).map(each => each.message)).toEqual(['m1', 'm2'])
    })
    it('keeps the newest of what was given up, and a note with all of it', async () => {
      const failed = (tries: number) => ({
        ...{ at: T0, subscriber: 'a', channel: 'email' as const, address: 'a@example.com', message: 'm', why: 'no' },
        tries,
      })
      await change({ undelivered: Array.from({ length: UNDELIVERED_KEPT }, (_, i) => failed(i)) })
      await change({ undelivered: [failed(-1)], note: { key: 'told', value: Uint8Array.from([4]) } })
      const kept = await reads.undelivered()
      expect([kept.length, kept[0]!.tries, kept.at(-1)!.tries]).toEqual([UNDELIVERED_KEPT, -1, 1])
      expect([...(await opened().noted('told'))!]).toEqual([4])
    })
  })
}
