import { describe, expect, it } from 'vitest'
import { AddressError, PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import { BOUNCES, POSTED_AT_ONCE, SUBSCRIBER_SLICE } from '../../contract/limits.js'
import type { Delivery } from '../../contract/notifier.js'
import type { Store } from '../../contract/ports.js'
import type { Broadcast, Subscriber, SubscriberChange } from '../../contract/subscribers/subscriber.js'
import { HOUR, MINUTE, SECOND } from '../../contract/time.js'
import memory from '../../plugin/store/memory.js'
import { fakeEnv } from '../../testing/env.js'
import { someDelivery, someMessage } from '../../testing/messages.js'
import { someEvent } from '../../testing/store-contract.js'
import { someSubscriber } from '../../testing/subscribers-contract.js'
import { FanOut } from './fan-out.js'
import { Hearing } from './hearing.js'
import { Links } from './links.js'
import { Mailroom } from './mailroom.js'
import { concerns } from './matches.js'

type Answer = (to: Subscriber, id: string, attempt: number) => Error | null | Promise<Error | null>

/** A store with subscribers, and receivers that do as the test says. */
async function world(people: readonly Subscriber[], answer: Answer = () => null, digestMs = 0) {
  const env = fakeEnv()
  const store: Store = await memory.open({}, undefined as never, { file: '' })
  await store.subscribe({ put: people })
  const got: { to: string; ids: string[]; at: number; deliveries: readonly Delivery[]; leave: string | null }[] = []
  const began = env.now()
  let attempts = 0
  let committed = 0
  let breaks = Number.POSITIVE_INFINITY
  const planned: { key: string; broadcast: Broadcast }[] = []
  const change = async (what: SubscriberChange) => {
    if (breaks-- <= 0) throw new Error('the process ends here')
    await store.subscribe(what)
  }
  const channels = {
    queueOf: ({ channel, address }: Pick<Subscriber, 'channel' | 'address'>) =>
      channel === 'email' ? 'mail' : new URL(address).host,
    paceOf: () => ({ atOnce: 1, everyMs: 0 }),
    async tell(to: Subscriber & { leave: string | null }, deliveries: readonly Delivery[]) {
      const ids = deliveries.map(each => each.id)
      const error = await answer(to, ids.join(), ++attempts)
      if (error !== null) throw error
      got.push({ to: to.id, ids, at: env.now() - began, deliveries, leave: to.leave })
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const make = (mayHear?: (subscriber: Subscriber) => boolean) => {
    const links = new Links(Uint8Array.from([1, 2, 3]))
    const reads = () => store.subscriptions
    const { id: _, ...written } = someDelivery()
    const mailroom = new Mailroom(
      {
        ...{ reads, change, env, mayHear: mayHear ?? (() => true), home: () => 'https://status.example.com' },
        write: async (about, { language }) => ({
          ...written,
          message: someMessage({ language, name: JSON.stringify(about) }),
          manage: 'Choose',
        }),
      },
      channels as never,
      links,
      async ms => {
        await new Promise(next => setImmediate(next))
        env.move(ms)
      },
    )
    const fanOut = new FanOut(
      {
        ...{
          reads,
          change,
          env,
          mayHear: mayHear ?? (() => true),
          digestMs,
          noted: key => store.noted(key),
          caughtUp: async () => {},
        },
        eventsAfter: (after, max) => store.eventsAfter(after, max),
        broadcast: async ({ incident, seq, event }) =>
          event === 'note'
            ? null
            : {
                ...{ message: `msg_${incident}_${seq}`, about: { is: 'incident', incident, seq }, thread: incident },
                ...{ pages: { main: ['web'] }, segments: [], fine: {} },
              },
        planned: async () => planned,
      },
      channels,
      () => mailroom.wake(),
    )
    const settle = async () => {
      fanOut.wake()
      mailroom.wake()
      await fanOut.idle()
      await mailroom.idle()
    }
    return { mailroom, fanOut, settle }
  }
  const commit = (incident: string, ...more: Parameters<typeof someEvent>[2][]) =>
    store.commit({
      outcome: {
        ...{ rollups: [], services: [], facts: [] },
        events: (more.length > 0 ? more : [{}]).map(each => someEvent(incident, committed++, each)),
      },
      ...{ heads: [], orders: [], position: committed, now: committed },
    })
  const told = () => got.map(({ to, ids }) => `${ids.map(id => id.replace(`.${to}`, '')).join('+')} ${to}`)
  return { env, store, got, told, make, commit, planned, breakAfter: (changes: number) => (breaks = changes) }
}
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => someSubscriber(`s${String(i).padStart(4, '0')}`))
const hook = (id: string, host: string) => someSubscriber(id, { channel: 'webhook', address: `https://${host}/${id}` })

describe('subscribers', () => {
  it('are told of all that is committed after they were configured, each once, in order, with their own way out', async () => {
    const w = await world([someSubscriber('a'), someSubscriber('b'), someSubscriber('c', { state: 'asked' })])
    await w.commit('before')
    const { settle, mailroom } = w.make()
    await settle()
    expect(w.told()).toEqual([])
    await w.commit('one', {}, { event: 'note' }, { event: 'resolved' })
    await settle()
    expect(w.told().filter(each => each.endsWith('a'))).toEqual(['msg_one_1 a', 'msg_one_3 a'])
    expect(w.told()).toHaveLength(4)
    const ways = new Set(w.got.map(each => each.leave))
    expect(ways.size).toBe(2)
    expect([...ways].every(each => /^https:\/\/status\.example\.com\/subscription\/[ab].*\/leave$/.test(each!))).toBe(
      true,
    )
    expect(mailroom.told.email).toBe(4)
    await settle()
    expect(w.told()).toHaveLength(4)
    expect(await w.store.subscriptions.waiting()).toBe(0)
  })
  it('of a page that is closed to them hear nothing, not even what waited when it was closed', async () => {
    let closed = false
    const people = [someSubscriber('a'), someSubscriber('b', { rule: 'now' })]
    const w = await world(people, () => (closed ? null : new TransientError('not now', 0)))
    const { settle, fanOut } = w.make(({ rule }) => !closed || rule === 'now')
    await settle()
    await w.commit('one')
    fanOut.wake()
    await fanOut.idle()
    closed = true
    await w.commit('two')
    await settle()
    expect(w.told().sort()).toEqual(['msg_one_0 b', 'msg_two_1 b'])
    expect(await w.store.subscriptions.waiting()).toBe(0)
  })
  it('hold by the rule by which their page opened, and end with it', async () => {
    const key = Uint8Array.from([7])
    const pages = (more: object) => [{ id: 'main' }, { id: 'staff', private: { password: 'one', ...more } }]
    const hearing = new Hearing(pages({}), key)
    const [open, staff] = ['main', 'staff'].map(page => ({ page, ...hearing.ruleOf(page) })) as [object, object]
    const may = (of: Hearing, each: object) => of.mayHear(each as Subscriber)
    expect([may(hearing, open), may(hearing, staff), may(hearing, { page: 'staff' })]).toEqual([true, true, false])
    for (const other of [{ password: 'two' }, { addresses: ['10.0.0.0/8'] }, { oidc: true }])
      expect(may(new Hearing(pages(other), key), staff)).toBe(false)
    // For everybody again.
    expect(may(new Hearing([{ id: 'staff' }], key), staff)).toBe(true)
    const before = many(SUBSCRIBER_SLICE + 3).map(each => ({ ...each, page: 'staff' }))
    const unsure = someSubscriber('unsure', { page: 'staff', state: 'asked' })
    const w = await world([...before, unsure, someSubscriber('x'), someSubscriber('y', staff)])
    const end = () => hearing.endOthers(w.store.subscriptions, what => w.store.subscribe(what), 9)
    expect([await end(), await end()]).toEqual([SUBSCRIBER_SLICE + 4, 0])
    const [first, gone, x, y] = await Promise.all(
      ['s0000', 'unsure', 'x', 'y'].map(async id => (await w.store.subscriptions.get([id]))[0]),
    )
    expect([first!.state, first!.endedAt, gone, x!.state, y!.state]).toEqual([
      'ended',
      9,
      undefined,
      'active',
      'active',
    ])
    expect(first!.why).toContain('not for everybody')
  })
  it.each([0, 1, 2, 3, 6])(
    'lose no message where the process ends after %i writes, and repeat some under the same id alone',
    async writes => {
      const w = await world(many(SUBSCRIBER_SLICE + 30))
      await w.make().settle()
      await w.commit('one')
      w.breakAfter(writes)
      const first = w.make()
      first.fanOut.wake()
      await first.fanOut.idle()
      await first.mailroom[Symbol.asyncDispose]()
      w.breakAfter(Number.POSITIVE_INFINITY)
      await w.make().settle()
      const told = new Set(w.told())
      expect(told.size).toBe(SUBSCRIBER_SLICE + 30)
      // What was on its way when it ended, and no more.
      expect(w.told().length - told.size).toBeLessThanOrEqual(2 * POSTED_AT_ONCE)
      expect([...told].every(each => each.startsWith('msg_one_0 '))).toBe(true)
    },
  )
  it('wait for a receiver that is down without holding up others, and hear all of it in order then', async () => {
    let down = true
    const w = await world([hook('x1', 'dead.example'), hook('y1', 'well.example')], to =>
      down && to.id === 'x1' ? new TransientError('no answer', 0) : null,
    )
    const { settle, mailroom } = w.make()
    await settle()
    await w.commit('one', {}, { event: 'resolved' })
    w.env.said.length = 0
    const began = w.env.now()
    const done = settle()
    while (w.env.now() < began + HOUR) await new Promise(next => setImmediate(next))
    expect(w.told()).toEqual(['msg_one_0 y1', 'msg_one_1 y1'])
    expect(mailroom.failing).toMatchObject([{ queue: 'dead.example', why: 'no answer' }])
    down = false
    await done
    expect(w.told().slice(2)).toEqual(['msg_one_0 x1', 'msg_one_1 x1'])
    expect(mailroom.failing).toEqual([])
  })
  it('come back to a receiver that fails twice, with growing pauses', async () => {
    const w = await world([hook('x', 'shop.example')], (_, __, attempt) =>
      attempt < 3 ? new TransientError('busy', 0) : null,
    )
    const { settle } = w.make()
    await settle()
    await w.commit('one')
    await settle()
    expect(w.got.map(each => each.at)).toEqual([15 * SECOND])
  })
  it('are ended by an address that nobody has at once, by one that refuses after some messages, and not by a success between', async () => {
    const refuse = (nobody: boolean) => new AddressError('no', nobody)
    let good = false
    const people = ['gone', 'full', 'moody'].map(id => someSubscriber(id))
    const w = await world(people, ({ id }) =>
      id === 'gone' ? refuse(true) : id === 'moody' && good ? null : refuse(false),
    )
    const { settle } = w.make()
    await settle()
    for (let i = 0; i < BOUNCES; i++) {
      good = i === 1
      await w.commit(`i${i}`)
      await settle()
    }
    const states = (await w.store.subscriptions.get(['gone', 'full', 'moody'])).map(each => [
      each.id,
      each.state,
      each.bounces,
    ])
    expect(states).toEqual([
      ['gone', 'ended', 1],
      ['full', 'ended', BOUNCES],
      ['moody', 'active', 1],
    ])
    expect((await w.store.subscriptions.undelivered()).filter(each => each.subscriber === 'full')).toHaveLength(BOUNCES)
  })
  it.each<[string, () => Error, string, number]>([
    ['a receiver that is gone for good ends it', () => new PermanentError('it answered 410'), 'ended', 1],
    [
      'a message that is called wrong is given up after some tries',
      () => new RefusedError('it answered 400', 0),
      'active',
      8,
    ],
    ['silence is given up after a day', () => new TransientError('nobody answers', HOUR), 'active', 26],
  ])('%s', async (_, error, state, tries) => {
    const w = await world([hook('x', 'shop.example')], error)
    const { settle } = w.make()
    await settle()
    await w.commit('one')
    await settle()
    expect((await w.store.subscriptions.get(['x']))[0]).toMatchObject({ state, bounces: 1 })
    expect(await w.store.subscriptions.undelivered()).toMatchObject([{ subscriber: 'x', message: 'msg_one_0', tries }])
  })
  it('who left while something was on its way are not taken in again', async () => {
    const w: Awaited<ReturnType<typeof world>> = await world([someSubscriber('a')], async () => {
      await w.store.subscribe({ drop: ['a'] })
      return new AddressError('no', false)
    })
    const { settle } = w.make()
    await settle()
    await w.commit('one')
    await settle()
    expect(await w.store.subscriptions.get(['a'])).toEqual([])
  })
  it('get one letter about what comes together, and a hook each by itself', async () => {
    const w = await world([someSubscriber('a'), hook('x', 'shop.example')], () => null, 10 * MINUTE)
    const { settle } = w.make()
    await settle()
    w.env.move(MINUTE)
    await w.commit('one', {}, { event: 'resolved' })
    await w.commit('two')
    await settle()
    expect(w.got.map(each => [each.to, each.ids.length])).toEqual([
      ['x', 1],
      ['x', 1],
      ['x', 1],
      ['a', 3],
    ])
    expect(w.got.at(-1)!.at).toBe(10 * MINUTE)
  })
  it('hear of a step of planned work once, and of none that held before', async () => {
    const w = await world([someSubscriber('a')])
    const step = (key: string) => ({
      key,
      broadcast: {
        ...{ message: key, about: { is: 'window' as const, page: 'main', window: 'w', step: key }, thread: 'w' },
        ...{ pages: { main: ['web'] }, segments: [], fine: {} },
      },
    })
    w.planned.push(step('old'))
    await w.make().settle()
    w.planned.push(step('reminder'), step('begun'))
    await w.make().settle()
    w.planned.splice(0, 2)
    await w.make().settle()
    expect(w.told()).toEqual(['reminder a', 'begun a'])
  })
})

describe('news concerns', () => {
  const news = { pages: { main: ['web', 'api'] }, segments: [{ country: ['IN', 'PK'] }], fine: { platform: ['ios'] } }
  it.each<[string, Partial<Subscriber>, boolean]>([
    ['who wants all of the page', {}, true],
    ['nobody of another page', { page: 'other' }, false],
    ['who named a component that is touched', { components: ['x', 'api'] }, true],
    ['nobody who named others', { components: ['x'] }, false],
    ['who is in a part that is hit', { labels: { country: 'IN' } }, true],
    ['nobody who is elsewhere', { labels: { country: 'DE' } }, false],
    ['who said something else of themselves', { labels: { tier: 'free' } }, true],
    ['nobody who is seen to be fine', { labels: { country: 'IN', platform: 'ios' } }, false],
  ])('%s', (_, more, wanted) => expect(concerns(news, someSubscriber('a', more))).toBe(wanted))
  it('everybody of a page where everybody is hit', () =>
    expect(concerns({ ...news, segments: [] }, someSubscriber('a', { labels: { country: 'DE' } }))).toBe(true))
})

describe('links', () => {
  const links = new Links(Uint8Array.from([7]))
  const id = 'abcdefghijklmnopqrstuv'
  it('are read again, each for what it is', () => {
    expect(links.managed(links.manage(id))).toBe(id)
    expect(links.confirmed(links.confirm(id, 1_234))).toEqual({ id, at: 1_234 })
    expect(links.confirmed(links.manage(id))).toBeNull()
    expect(links.managed(links.confirm(id, 1_234))).toBeNull()
  })
  it('nobody makes who does not have the key', () => {
    const other = new Links(Uint8Array.from([8]))
    expect(links.managed(other.manage(id))).toBeNull()
    expect(links.confirmed(other.confirm(id, 1))).toBeNull()
    const [, time, seal] = links.confirm(id, 1_234).split('.')
    expect(links.confirmed(`${id}.${time}1.${seal}`)).toBeNull()
    expect(links.managed(`${id.replace('a', 'b')}.${seal}`)).toBeNull()
    expect(links.managed('')).toBeNull()
  })
})
