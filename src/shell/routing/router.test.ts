import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import type { RouteConfig } from '../../contract/oncall/routing.js'
import type { Store } from '../../contract/ports.js'
import { MINUTE } from '../../contract/time.js'
import type { Reader } from '../../contract/view.js'
import { emptyOutcome } from '../../core/fold/fold.js'
import memory from '../../plugin/store/memory.js'
import { someService } from '../../testing/store-contract.js'
import { headAfter } from '../incident-head.js'
import { Router, type RouterHost } from './router.js'

const T = Date.UTC(2031, 0, 6, 12)
const ROUTES: RouteConfig[] = [{ tell: ['chat'], escalate: [{ afterMinutes: 5, tell: ['boss'] }], alerts: 'error' }]

/** A store in which a story is committed minute by minute, and a router that may be made anew at any of them. */
async function house(routes = ROUTES) {
  const store: Store = await memory.open({}, undefined as never, { file: '' })
  let minute = 0
  let failing = false
  const commit = async (events: IncidentEvent[] = []) => {
    const heads = []
    for (const event of events) heads.push(headAfter(await store.head(event.incident), event))
    const outcome = { ...emptyOutcome(), events, services: [someService('shop')] }
    await store.commit({ outcome, heads, orders: [], position: ++minute, now: T + minute * MINUTE })
  }
  const settled = new Map<string, { cursor: number; waiting: number[] }>()
  const host: RouterHost = {
    config: () => ({ routes, maintenance: [] }),
    reader: store.reader() as unknown as Reader,
    store: () => store,
    note: async (key, value) => {
      if (failing) throw new Error('the disk is full')
      await store.note(key, value)
    },
    reached: async () => () => null,
    settled: async name => settled.get(name) ?? { cursor: 0, waiting: [] },
    log: () => {},
  }
  const h = {
    ...{ store, commit, settled },
    router: new Router(host),
    restart: async () => {
      h.router = new Router(host)
      await h.router.open()
    },
    fail: (on: boolean) => (failing = on),
    pass: (news = true) => h.router.pass(T + minute * MINUTE, news),
    told: (name: string) =>
      h.router.messagesFor(name, 0, 100).map(each => `${each.event.incident} ${each.event.event}`),
    close: () => Router.close(host),
  }
  await h.router.open()
  return h
}
const event = (seq: number, minute: number, name: IncidentEvent['event']): IncidentEvent => ({
  ...{ at: new Date(T + minute * MINUTE).toISOString(), event: name, incident: 'a', seq, service: 'shop' },
  ...(name === 'opened' ? { severity: 'major' as const, kind: 'outage' as const } : {}),
})

describe('Router', () => {
  it('hears of nothing that happened before it', async () => {
    const h = await house()
    await h.commit([event(0, 1, 'opened')])
    const later = await house()
    await later.close()
    await later.commit([event(0, 1, 'opened'), event(1, 2, 'resolved')])
    await later.restart()
    await later.pass()
    expect(later.told('chat')).toEqual([])
    await h.pass()
    await h.commit()
    await h.pass()
    expect(h.told('chat')).toEqual(['a opened'])
  })
  it('keeps its timers over a restart at any minute, and each decision once', async () => {
    const play = async (restarts: boolean) => {
      const h = await house()
      for (let minute = 1; minute <= 12; minute++) {
        await h.commit(minute === 2 ? [event(0, 2, 'opened')] : minute === 11 ? [event(1, 11, 'resolved')] : [])
        if (restarts) await h.restart()
        await h.pass()
        if (restarts) await h.restart()
        await h.pass()
      }
      return [h.told('chat'), h.told('boss'), await h.router.decisions('a')]
    }
    const [chat, boss, decisions] = await play(false)
    expect([chat, boss]).toEqual([
      ['a opened', 'a resolved'],
      ['a opened', 'a resolved'],
    ])
    expect((decisions as { reason: string }[]).map(each => each.reason)).toEqual([
      'waiting',
      'news',
      'escalated',
      'over',
    ])
    expect(await play(true)).toEqual([chat, boss, decisions])
  })
  it('loses nothing where a pass cannot be kept', async () => {
    const h = await house()
    await h.commit([event(0, 1, 'opened')])
    await h.commit()
    h.fail(true)
    await expect(h.pass()).rejects.toThrow('the disk is full')
    h.fail(false)
    await h.restart()
    await h.commit()
    await h.pass()
    expect(h.told('chat')).toEqual(['a opened'])
  })
  it('keeps messages until their receiver is through with them', async () => {
    const h = await house()
    for (const names of [[event(0, 1, 'opened')], [], [event(1, 3, 'resolved')]] as const) {
      await h.commit([...names])
      await h.pass()
    }
    const [first, second] = h.router.messagesFor('chat', 0, 10)
    h.settled.set('chat', { cursor: second!.cursor, waiting: [first!.cursor] })
    await h.commit()
    await h.pass()
    expect(h.told('chat')).toEqual(['a opened'])
    // One that is new after a time without routes counts on from above.
    await h.close()
    await h.restart()
    await h.commit([{ ...event(0, 5, 'opened'), incident: 'b' }])
    await h.pass()
    await h.commit()
    await h.pass()
    expect(h.router.messagesFor('chat', 0, 10)[0]!.cursor).toBeGreaterThan(second!.cursor)
  })
  it('forgets what was decided about an incident that is forgotten', async () => {
    const h = await house()
    await h.commit([event(0, 1, 'opened')])
    await h.pass()
    expect(await h.router.decisions('a')).toHaveLength(1)
    const forgotten = [{ type: 'forget' as const, id: 'f', at: T, service: 'shop', by: 'ana', why: 'a test' }]
    const outcome = { ...emptyOutcome(), forgotten }
    await h.store.commit({ outcome, heads: [], orders: [], position: 2, now: T + 2 * MINUTE })
    await h.pass()
    expect(await h.router.decisions('a')).toEqual([])
  })
  it('looks at the time now and then where nothing happens', async () => {
    const h = await house()
    await h.commit([event(0, 1, 'opened')])
    expect(await h.pass()).toBe(false)
    await h.commit()
    expect(await h.pass(false)).toBe(true)
    expect(await h.pass(false)).toBe(false)
  })
  it('keeps what it thinks of alerts by their service', async () => {
    const h = await house()
    const bearing = { times: null, course: null, full: false }
    const alert = {
      ...{ thread: 'cpu', title: 'CPU', severity: 'critical' as const, since: T, firstAt: T, heardAt: T, endsAt: null },
      ...{ flaps: 1, bits: 0, labels: {}, endedAt: null, bearing },
    }
    const row = { ...someService('shop'), alerts: [alert] }
    const outcome = { ...emptyOutcome(), services: [row] }
    for (const [position, minute] of [
      [1, 1],
      [2, 5],
    ] as const) {
      await h.store.commit({ outcome, heads: [], orders: [], position, now: T + minute * MINUTE })
      await h.pass()
    }
    expect((await h.router.alertDecisions('shop')).map(each => [each.told, each.reason])).toEqual([
      [false, 'waiting'],
      [true, 'severity'],
    ])
    expect(h.told('chat')).toEqual([expect.stringMatching(/^alert-.* opened$/)])
  })
})
