import { describe, expect, it } from 'vitest'
import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Delivery as Message, Notifier } from '../../contract/notifier.js'
import type { IncidentHead } from '../../contract/ports.js'
import { HOUR } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { someMessage } from '../../testing/messages.js'
import { someEvent, someHead } from '../../testing/store-contract.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import { dispatch } from '../../core/route/news.js'
import { Delivery, type DeliverParts, messageId, WAITING_MOST } from './deliver.js'

const T0 = Date.parse(someEvent('a', 0).at)

describe('dispatch()', () => {
  const before = { severity: 'major', kind: 'outage' }
  it.each<[sentence: string, more: Partial<IncidentEvent>, verdict: string]>([
    ['opened is news', { event: 'opened' }, 'tell'],
    ['recovering is news', { event: 'recovering' }, 'tell'],
    ['resolved is news', { event: 'resolved' }, 'tell'],
    ['reopened is news', { event: 'reopened' }, 'tell'],
    ['an update of numbers is not', { event: 'updated', unexplained: 0.2 }, 'not news'],
    [
      'an update that repeats severity and kind is not',
      { event: 'updated', severity: 'major', kind: 'outage' },
      'not news',
    ],
    ['a turn for the worse is', { event: 'updated', severity: 'critical' }, 'tell'],
    ['another kind is', { event: 'updated', kind: 'security' }, 'tell'],
    ['a note is not', { event: 'note' }, 'not news'],
  ])('%s', (_, more, verdict) => {
    const said = dispatch(someEvent('a', 3, more), before, someHead('a'))
    expect(said.tell ? 'tell' : said.because).toBe(verdict)
  })
  it('is silent until the mute ends', () => {
    const muted = someHead('a', { mutedUntil: T0 + HOUR })
    expect(dispatch(someEvent('a', 3, { event: 'resolved' }), before, muted)).toEqual({ tell: false, because: 'muted' })
    const later = someEvent('a', 3, { event: 'resolved', at: new Date(T0 + 2 * HOUR).toISOString() })
    expect(dispatch(later, before, muted)).toEqual({ tell: true })
  })
})

/** A committed story and a receiver that does as it is told. */
function world(
  events: IncidentEvent[],
  answer: (attempt: number, message: Message) => Error | null,
  more: Partial<DeliverParts> = {},
) {
  const told: string[] = []
  const threads: (string | undefined)[] = []
  const toldAt: number[] = []
  let attempts = 0
  let receipt = '0'
  const waits: number[] = []
  const notifier: Notifier = {
    tell: async message => {
      const error = answer(++attempts, message)
      if (error !== null) throw error
      told.push(message.id)
      threads.push(message.thread)
      toldAt.push(env.now())
      return { thread: `of ${message.event.incident}` }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const env = fakeEnv()
  const parts: DeliverParts = {
    eventsAfter: async (after: number, max: number) =>
      events.slice(after, after + max).map((event, i) => ({ cursor: after + i + 1, event })),
    head: async (): Promise<IncidentHead | null> => null,
    story: async (incident: string) => events.filter(e => e.incident === incident),
    title: async () => 'Chat',
    words: async () => someMessage(),
    receipt: async () => receipt,
    saveReceipt: async (saved: string) => {
      receipt = saved
    },
    ...more,
  }
  const sleep = async (ms: number) => {
    waits.push(ms)
    w.onSleep()
    env.move(ms)
  }
  const make = (): Delivery => new Delivery('webhook-1', notifier, parts, env as never, sleep)
  const cursor = () => (receipt === '0' ? 0 : (JSON.parse(receipt) as { cursor: number }).cursor)
  const w = {
    events,
    onSleep: () => {},
    startedAt: env.now(),
    told,
    threads,
    toldAt,
    waits,
    env,
    parts,
    make,
    cursor,
    receipt: () => receipt,
    attempts: () => attempts,
  }
  return w
}

const story = [
  someEvent('a', 0, { severity: 'minor', kind: 'outage' }),
  someEvent('a', 1, { event: 'updated', unexplained: 0.5 }),
  someEvent('a', 2, { event: 'updated', severity: 'critical' }),
  someEvent('a', 3, { event: 'resolved' }),
]

describe('Delivery', () => {
  it('tells what is news, in order, once', async () => {
    const { told, make, cursor } = world(story, () => null)
    await using delivery = make()
    delivery.wake()
    delivery.wake()
    await delivery.idle()
    expect(told).toEqual(['msg_a_0', 'msg_a_2', 'msg_a_3'])
    expect(cursor()).toBe(4)
  })
  it('goes on after a restart where the receipts end', async () => {
    const w = world(story, attempt => (attempt === 2 ? new PermanentError('gone') : null))
    for (let i = 0; i < 2; i++) {
      await using delivery = w.make()
      delivery.wake()
      await delivery.idle()
    }
    expect(w.told).toEqual(['msg_a_0', 'msg_a_3'])
  })
  it('gives back what the receiver calls the conversation of an incident, also after a restart', async () => {
    const w = world([...story.slice(0, 3), someEvent('b', 0, { severity: 'minor' })], () => null)
    for (const more of [[], [story[3]!]]) {
      await using delivery = w.make()
      w.events.push(...more)
      delivery.wake()
      await delivery.idle()
    }
    const byMessage = Object.fromEntries(w.told.map((id, i) => [id, w.threads[i]]))
    expect(byMessage).toEqual({
      msg_a_0: undefined,
      msg_a_2: 'of a',
      msg_a_3: 'of a',
      msg_b_0: undefined,
    })
  })
  it('tries again with longer and longer pauses, and as long as the receiver asks', async () => {
    const w = world(story.slice(0, 1), attempt =>
      attempt < 5 ? new TransientError('busy', attempt === 4 ? 300_000 : 0) : null,
    )
    await using delivery = w.make()
    delivery.wake()
    await delivery.idle()
    expect(w.told).toEqual(['msg_a_0'])
    expect(w.waits).toEqual([5_000, 10_000, 20_000, 300_000])
  })
  it('gives a message up after a day and goes on with the next', async () => {
    const w = world(story, (_, message) => (message.id === 'msg_a_0' ? new TransientError('down', 0) : null))
    await using delivery = w.make()
    delivery.wake()
    await delivery.idle()
    expect(w.told).toEqual(['msg_a_2', 'msg_a_3'])
    expect(w.env.said.map(s => s.what)).toContain('a message was given up')
    expect(w.attempts()).toBeLessThan(170)
  })
  it('keeps what it could not tell in the receipt, so that nothing is lost when it is stopped', async () => {
    let down = true
    let stop = () => {}
    const w = world(story, () => {
      stop()
      return down ? new TransientError('down', 0) : null
    })
    const delivery = w.make()
    stop = () => void delivery[Symbol.asyncDispose]()
    delivery.wake()
    await delivery.idle()
    expect(w.told).toEqual([])
    down = false
    stop = () => {}
    await using after = w.make()
    after.wake()
    await after.idle()
    expect(w.told).toEqual(['msg_a_0', 'msg_a_2', 'msg_a_3'])
    expect(JSON.parse(w.receipt())).toMatchObject({ cursor: 4, waiting: [] })
  })
  it('goes on from a receipt of before, which is a position alone', async () => {
    const w = world(story, () => null)
    await w.parts.saveReceipt('2')
    await using delivery = w.make()
    delivery.wake()
    await delivery.idle()
    expect(w.told).toEqual(['msg_a_2', 'msg_a_3'])
  })

  const others = ['b', 'c', 'd', 'e', 'f', 'g'].map(id => someEvent(id, 0, { severity: 'minor', kind: 'outage' }))
  it.each<[string, () => Error]>([
    ['refuses for good', () => new RefusedError('it answered 400', 0)],
    ['never has time for', () => new TransientError('it answered 500', 0)],
    ['breaks on', () => new TypeError('a fault of ours')],
  ])('tells of the other incidents at once while one is %s', async (_, error) => {
    const w = world([...story, ...others], (__, { event }) => (event.incident === 'a' ? error() : null))
    await using delivery = w.make()
    delivery.wake()
    await delivery.idle()
    expect(w.told).toEqual(others.map(each => `msg_${each.incident}_0`))
    // Long before the message that is not taken was given up.
    expect(w.toldAt.at(-1)).toBe(w.startedAt)
    expect(delivery.status).toMatchObject({ told: 6, givenUp: 3, waiting: 0 })
  })
  it('gives up what the receiver calls wrong after ten minutes, says so, and remembers it over a restart', async () => {
    const w = world(story.slice(0, 1), () => new RefusedError('it answered 422', 0))
    for (let i = 0; i < 2; i++) {
      await using delivery = w.make()
      delivery.wake()
      await delivery.idle()
      expect(delivery.status).toMatchObject({
        givenUp: 1,
        waiting: 0,
        lastGivenUp: [{ message: 'msg_a_0', tries: 8, why: 'it answered 422' }],
      })
    }
    expect(w.attempts()).toBe(8)
    expect(w.waits).toEqual([5, 10, 20, 40, 80, 160, 320].map(seconds => seconds * 1_000))
    expect(w.env.said.filter(each => each.what === 'a message was given up')).toHaveLength(1)
  })
  it('shows what waits, since when and why', async () => {
    const w = world(story, () => new TransientError('cannot tell the webhook: ECONNREFUSED', 0))
    const delivery = w.make()
    w.onSleep = () => {
      w.onSleep = () => {}
      expect(delivery.status).toMatchObject({
        waiting: 4,
        waitingSince: w.startedAt,
        why: 'cannot tell the webhook: ECONNREFUSED',
      })
      void delivery[Symbol.asyncDispose]()
    }
    delivery.wake()
    await delivery.idle()
    expect(w.onSleep).not.toThrow()
  })
  it('waits with reading when a thousand events wait, and reads on when there is room', async () => {
    const many = Array.from({ length: 1_500 }, (_, i) => someEvent(`x${i}`, 0, { kind: 'outage', severity: 'minor' }))
    let most = 0
    let down = true
    const w = world(many, () => (down ? new TransientError('down', 0) : null))
    await using delivery = w.make()
    w.onSleep = () => {
      most = Math.max(most, delivery.status.waiting)
      down = false
    }
    delivery.wake()
    await delivery.idle()
    expect(most).toBeGreaterThan(900)
    expect(most).toBeLessThan(WAITING_MOST + 64)
    expect(w.told.toSorted()).toEqual(many.map(each => `msg_${each.incident}_0`).toSorted())
  })
})

describe('messageId()', () => {
  it('is what it always was for names of ASCII', () =>
    expect(messageId('chat.eu-20260203-1200', 3)).toBe('msg_chat.eu-20260203-1200_3'))
  it('may stand in a header whatever the incident is called, and is another for another', () => {
    const names = ['платёж-1', 'платёж-2', '支払い-1', '💳-1', 'a\ud800', 'a\ud801', 'a\nb', 'café-1', 'cafè-1']
    const ids = names.map(each => messageId(each, 0))
    for (const id of ids) expect(() => new Headers({ 'webhook-id': id })).not.toThrow()
    expect(ids.every(id => /^[\x21-\x7e]+$/.test(id))).toBe(true)
    expect(new Set(ids).size).toBe(names.length)
  })
})

describe('trouble inside a window of maintenance', () => {
  const minutes = (n: number) => new Date(T0 + n * 60_000).toISOString()
  const event = (seq: number, at: number, more: Partial<IncidentEvent>) =>
    someEvent('m', seq, { at: minutes(at), service: 'chat', ...more })
  const plan = { id: 'db', title: 'Database', starts: minutes(-10), minutes: 60, components: ['chat'] }
  const play = async (plans: Parameters<typeof isPlanned>[0], events: IncidentEvent[]) => {
    const { told, make } = world(events, () => null, {
      planned: ({ service, components = [], startedAt, at }) =>
        isPlanned(plans, { service, components, startedAt: Date.parse(startedAt ?? at) }, Date.parse(at)),
    })
    const delivery = make()
    delivery.wake()
    await delivery.idle()
    return told.map(each => Number(each.split('_').at(-1)))
  }
  const opened = event(0, 0, { event: 'opened', startedAt: minutes(-3), components: ['login'] })
  const over = event(3, 45, { event: 'resolved' })

  it.each<[sentence: string, plans: Parameters<typeof isPlanned>[0], events: IncidentEvent[], told: number[]]>([
    ['is not told where the plan covers it', [plan], [opened, over], []],
    ['is told where there is no plan', [], [opened, over], [0, 3]],
    ['is told where the plan asks for alarms', [{ ...plan, alarms: true }], [opened, over], [0, 3]],
    [
      'is told where it began before',
      [plan],
      [event(0, 0, { event: 'opened', startedAt: minutes(-20) }), over],
      [0, 3],
    ],
    ['is told where the plan names another part', [{ ...plan, components: ['chat/search'] }], [opened, over], [0, 3]],
    ['is not told where the plan names just that part', [{ ...plan, components: ['chat/login'] }], [opened, over], []],
    [
      'is told with the first event after the window, and to its end',
      [plan],
      [
        opened,
        event(1, 55, { event: 'updated' }),
        event(2, 56, { event: 'updated' }),
        event(3, 90, { event: 'resolved' }),
      ],
      [1, 3],
    ],
    [
      'is told once it goes further than the plan',
      [{ ...plan, components: ['chat/login'] }],
      [opened, event(1, 20, { event: 'updated', components: ['login', 'search'] }), over],
      [1, 3],
    ],
    ['that nobody was told of ends in silence too', [plan], [opened, event(3, 70, { event: 'resolved' })], []],
  ])('%s', async (_, plans, events, told) => {
    expect(await play(plans, events)).toEqual(told)
  })
})
