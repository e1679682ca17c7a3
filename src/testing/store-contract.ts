import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../contract/incident.js'
import type { Forget, Order } from '../contract/order.js'
import type { Outcome } from '../contract/outcome.js'
import type { Commit, IncidentHead, Store } from '../contract/ports.js'
import type { Change } from '../contract/signal.js'
import { someSubscriber, testSubscriptions } from './subscribers-contract.js'
import {
  type AlertHeard,
  type IncidentQuery,
  ROLLUP_MS,
  type Rollup,
  type ServiceNow,
  type ServiceRow,
} from '../contract/view.js'

export interface StoreFactory {
  open(): Promise<Store>
  reopen?(): Promise<Store>
}

const T0 = Date.UTC(2026, 1, 3)
const nothing = (): Outcome => ({ events: [], rollups: [], services: [], facts: [] })

export const someEvent = (incident: string, seq: number, more: Partial<IncidentEvent> = {}): IncidentEvent => ({
  at: new Date(T0 + seq * 60_000).toISOString(),
  event: seq === 0 ? 'opened' : 'updated',
  incident,
  seq,
  service: 'chat',
  ...more,
})

export const someHead = (id: string, more: Partial<IncidentHead> = {}): IncidentHead => ({
  id,
  service: 'chat',
  title: 'Chat',
  open: true,
  kind: 'outage',
  severity: 'major',
  startedAt: T0,
  openedAt: T0,
  resolvedAt: null,
  latest: someEvent(id, 0),
  lastSeq: 0,
  mutedUntil: null,
  ...more,
})

const rollup = (bin: number, position: number, bad: number): Rollup => ({
  service: 'chat',
  bin: T0 + bin * ROLLUP_MS,
  position,
  reports: { bad, ok: 0, expected: 1.5, high: 6 },
  posts: { total: 0, complaints: 0, expected: 0 },
  checks: { total: 0, bad: 0 },
  metrics: { total: 0, bad: 0, slow: 0 },
  reportsBy: { country: { IN: [bad, 0] } },
  ratesBy: {},
})

const change = (id: string, at: number, happenedAt?: number): Change => ({
  type: 'fact',
  via: 'change',
  id,
  service: 'chat',
  at,
  kind: 'config',
  scope: {},
  ...(happenedAt === undefined ? {} : { happenedAt }),
})

export const someService = (id: string, bad = 0): ServiceNow => ({
  service: id,
  title: id,
  components: [],
  dependsOn: [],
  state: 'ok',
  at: T0,
  seen: { report: T0 },
  recent: { bad, ok: 0, expected: 1 },
  incidents: [],
})

/** What every store does. A plug-in's test calls it with a factory, then adds its own cases. */
export function testStore(name: string, factory: StoreFactory): void {
  describe(`${name} as a store`, () => {
    let store: Store
    let position = 0
    const commit = (outcome: Partial<Outcome>, more: Partial<Commit> = {}) =>
      store.commit({
        outcome: { ...nothing(), ...outcome },
        heads: [],
        orders: [],
        position: ++position,
        now: T0 + position,
        ...more,
      })
    beforeEach(async () => {
      position = 0
      store = await factory.open()
    })
    afterEach(async () => {
      await store[Symbol.asyncDispose]()
    })

    testSubscriptions(() => store)
    it('begins empty', async () => {
      expect(await store.committed()).toEqual({ position: 0, now: 0 })
      expect(await store.loadSnapshot()).toBeNull()
      expect(await store.noted('a')).toBeNull()
      expect(await store.reader().services()).toEqual([])
      expect(await store.reader().incident('a')).toBeNull()
    })
    it('remembers how far it is and never goes back', async () => {
      await commit({}, { position: 5, now: T0 + 5 })
      await commit({}, { position: 3, now: T0 + 3 })
      expect(await store.committed()).toEqual({ position: 5, now: T0 + 5 })
    })
    it('counts an event once by incident and seq, whatever comes with it', async () => {
      await commit({ events: [someEvent('a', 0), someEvent('b', 0)] })
      await commit({ events: [someEvent('a', 0, { title: 'other' }), someEvent('a', 1)] })
      const told = await store.eventsAfter(0, 10)
      expect(told.map(t => [t.event.incident, t.event.seq])).toEqual([
        ['a', 0],
        ['b', 0],
        ['a', 1],
      ])
      expect(told[0]!.event.title).toBeUndefined()
      expect((await store.eventsAfter(told[1]!.cursor, 10)).map(t => t.event.seq)).toEqual([1])
      expect((await store.eventsAfter(0, 2)).length).toBe(2)
    })
    it('puts a rollup, and keeps the one that was computed later', async () => {
      await commit({ rollups: [rollup(0, 4, 1), rollup(1, 4, 7)] })
      await commit({ rollups: [rollup(0, 6, 2)] })
      await commit({ rollups: [rollup(1, 3, 99)] })
      expect((await store.reader().rollups('chat', T0, T0 + 2 * ROLLUP_MS)).map(r => r.reports.bad)).toEqual([2, 7])
    })
    it('takes back the rollups of a time that has not come, as far as they were put before it was known', async () => {
      await commit({ rollups: [rollup(0, 4, 1), rollup(1, 4, 7), rollup(2, 4, 8), rollup(2, 4, 8)] })
      await commit({ rollups: [rollup(1, 6, 2)] })
      const undone = [{ after: T0, until: T0 + 2 * ROLLUP_MS, since: 0, position: 5 }]
      await commit({ undone, rollups: [rollup(3, 6, 9)] })
      expect((await store.reader().rollups('chat', T0, T0 + 9 * ROLLUP_MS)).map(r => r.reports.bad)).toEqual([1, 2, 9])
    })
    it('knows the days in which a service has a bin', async () => {
      const day = 288
      const rollups = [rollup(0, 1, 1), rollup(1, 1, 1), rollup(day - 1, 1, 1), rollup(3 * day + 5, 1, 1)]
      await commit({ rollups })
      const read = store.reader()
      const days = [T0, T0 + 3 * 86_400_000]
      expect(await read.days('chat', 0, T0 * 2)).toEqual(days)
      expect(await read.days('chat', T0, T0 + 3 * 86_400_000)).toEqual(days.slice(0, 1))
      expect(await read.days('chat', T0 + day * ROLLUP_MS, T0 * 2)).toEqual(days.slice(1))
      expect(await read.days('other', 0, T0 * 2)).toEqual([])
      // By a clock ten minutes behind, the first two bins lie in the day before.
      const earlier = await read.days('chat', 0, T0 * 2, -600_000)
      expect(earlier).toEqual([T0 - 86_400_000, T0, T0 + 3 * 86_400_000])
      expect(await read.days('chat', 0, T0 * 2, 14 * 3_600_000)).toEqual([T0, T0 + 86_400_000, T0 + 3 * 86_400_000])
    })
    it('tells of which services it heard in a period, and between when', async () => {
      const services = [someService('chat'), someService('mail')]
      await commit({ services, rollups: [rollup(0, 1, 1), rollup(3, 1, 1), rollup(7, 1, 1)] })
      const heard = (from: number, until: number) => store.reader().heard(T0 + from * ROLLUP_MS, T0 + until * ROLLUP_MS)
      expect(await heard(0, 7)).toEqual([{ service: 'chat', first: T0, last: T0 + 3 * ROLLUP_MS }])
      expect(await heard(1, 8)).toEqual([{ service: 'chat', first: T0 + 3 * ROLLUP_MS, last: T0 + 7 * ROLLUP_MS }])
      expect(await heard(4, 7)).toEqual([])
    })
    it('reads rollups of a service in [from, until), oldest first', async () => {
      await commit({ rollups: [rollup(2, 1, 2), rollup(0, 1, 0), rollup(1, 1, 1)] })
      const bins = await store.reader().rollups('chat', T0, T0 + 2 * ROLLUP_MS)
      expect(bins).toEqual([rollup(0, 1, 0), rollup(1, 1, 1)])
      expect(await store.reader().rollups('other', 0, T0 * 2)).toEqual([])
    })
    it('puts a service and tells all by name', async () => {
      await commit({ services: [someService('b', 1), someService('a', 1)] })
      await commit({ services: [someService('b', 2)] })
      expect((await store.reader().services()).map(s => [s.service, s.recent.bad])).toEqual([
        ['a', 1],
        ['b', 2],
      ])
      expect(await store.reader().service('b')).toEqual(someService('b', 2))
      expect(await store.reader().service('c')).toBeNull()
    })
    it('keeps the alerts of a service, and tells them where they are asked for alone', async () => {
      const firing: AlertHeard = {
        ...{ thread: 'a1', title: 'Errors', severity: 'critical', since: T0, heardAt: T0, endsAt: null, flaps: 1 },
        ...{ bits: 10, source: 'rules', labels: {}, endedAt: null, firstAt: T0 },
        bearing: { times: null, course: null, full: false },
      }
      const row: ServiceRow = { ...someService('chat'), alerts: [firing] }
      await commit({ services: [row, someService('mail')] })
      expect(await store.alerts('chat')).toEqual([firing])
      expect(await store.alerts('mail')).toEqual([])
      expect(await store.alerts('none')).toBeNull()
      expect(await store.reader().service('chat')).toEqual(someService('chat'))
      expect(await store.reader().services()).toEqual([someService('chat'), someService('mail')])
      await commit({ services: [someService('chat')] })
      expect(await store.alerts('chat')).toEqual([])
    })
    it('keeps what people asked of an incident, in order', async () => {
      const order = (id: string, position: number, incident = 'a'): Order => ({
        ...{ type: 'order', id, at: T0, incident, verb: 'ack', by: 'ana', why: 'she looks', position },
      })
      await commit({}, { orders: [order('two', 2), order('other', 1, 'b')] })
      await commit({}, { orders: [order('one', 1), order('a-later', 3)] })
      expect((await store.reader().orders('a')).map(each => each.id)).toEqual(['one', 'two', 'a-later'])
      expect(await store.reader().orders('none')).toEqual([])
    })

    it('finds facts by when they took effect', async () => {
      await commit({ facts: [change('late', T0 + 100, T0 + 10), change('early', T0 + 5), change('after', T0 + 90)] })
      await commit({ facts: [change('early', T0 + 5)] })
      expect((await store.reader().facts('chat', T0, T0 + 90)).map(f => f.id)).toEqual(['early', 'late'])
      expect((await store.reader().facts('chat', T0, T0 + 90, 'change')).map(f => f.id)).toEqual(['early', 'late'])
      expect(await store.reader().facts('chat', T0, T0 + 90, 'notice')).toEqual([])
    })
    it('tells an incident with its story in order', async () => {
      await commit({ events: [someEvent('a', 1), someEvent('a', 0)] }, { heads: [someHead('a', { lastSeq: 1 })] })
      const incident = await store.reader().incident('a')
      expect(incident!.events.map(e => e.seq)).toEqual([0, 1])
      expect(incident).not.toHaveProperty('lastSeq')
      expect(incident).toHaveProperty('mutedUntil', null)
      expect(await store.head('a')).toEqual(someHead('a', { lastSeq: 1 }))
    })
    it('lists incidents newest first, by service, by state and before a time', async () => {
      const heads = [
        someHead('a', { openedAt: T0 + 1 }),
        someHead('b', { openedAt: T0 + 2, open: false, resolvedAt: T0 + 9 }),
        someHead('c', { openedAt: T0 + 3, service: 'other' }),
      ]
      await commit({}, { heads })
      const ids = async (query: Partial<IncidentQuery>) =>
        (await store.reader().incidents({ limit: 10, ...query })).map(i => i.id)
      expect(await ids({})).toEqual(['c', 'b', 'a'])
      expect(await ids({ limit: 2 })).toEqual(['c', 'b'])
      expect(await ids({ service: 'chat' })).toEqual(['b', 'a'])
      expect(await ids({ open: true })).toEqual(['c', 'a'])
      expect(await ids({ open: false, service: 'other' })).toEqual([])
      expect(await ids({ before: T0 + 3 })).toEqual(['b', 'a'])
      expect(await ids({ skip: 1, limit: 1 })).toEqual(['b'])
      expect(await ids({ endsAfter: T0 + 20 })).toEqual(['c', 'a'])
      expect(await ids({ endsAfter: T0 + 5 })).toEqual(['c', 'b', 'a'])
      expect(await ids({ openedFrom: T0 + 2 })).toEqual(['c', 'b'])
      const briefs = await store.reader().briefs({ limit: 10, openedFrom: T0 + 2, open: false })
      expect(briefs).toEqual([heads[1]])
    })
    it('finds incidents by a word in id, service or title, whatever the case, and by pages', async () => {
      const heads = [
        someHead('chat-1', { openedAt: T0 + 1, title: 'Örtlich 100 %_ it’s' }),
        someHead('chat-2', { openedAt: T0 + 2, title: 'Bills' }),
        someHead('m-1', { openedAt: T0 + 3, service: 'MAIL', title: 'Post', open: false }),
      ]
      await commit({}, { heads })
      const ids = async (word: string, more: Partial<IncidentQuery> = {}) =>
        (await store.reader().incidents({ limit: 10, word, ...more })).map(each => each.id)
      expect(await ids('bILLs')).toEqual(['chat-2'])
      expect(await ids('mail')).toEqual(['m-1'])
      expect(await ids('Chat-')).toEqual(['chat-2', 'chat-1'])
      expect(await ids('chat-', { skip: 1 })).toEqual(['chat-1'])
      expect(await ids('mail', { open: true })).toEqual([])
      for (const word of ['Örtlich', '%_', 'it’s']) expect(await ids(word)).toEqual(['chat-1'])
      expect(await ids("' OR 1")).toEqual([])
    })
    it('keeps the latest snapshot and notes by name', async () => {
      await store.saveSnapshot(3, 1, Uint8Array.from([1]))
      await store.saveSnapshot(9, 2, Uint8Array.from([2, 0, 255]))
      const saved = await store.loadSnapshot()
      expect([saved!.position, saved!.version, ...saved!.body]).toEqual([9, 2, 2, 0, 255])
      await store.note('a', Uint8Array.from([1]))
      await store.note('a', Uint8Array.from([7, 8]))
      expect([...(await store.noted('a'))!]).toEqual([7, 8])
    })
    it('forgets old rollups and facts, never events', async () => {
      await commit({
        rollups: [rollup(0, 1, 1), rollup(9, 1, 1)],
        facts: [change('old', T0), change('new', T0 + 50)],
        events: [someEvent('a', 0)],
      })
      await store.trim({ rollups: T0 + ROLLUP_MS, facts: T0 + 10 })
      expect((await store.reader().rollups('chat', 0, T0 * 2)).length).toBe(1)
      expect((await store.reader().facts('chat', 0, T0 * 2)).map(f => f.id)).toEqual(['new'])
      expect((await store.eventsAfter(0, 10)).length).toBe(1)
    })
    const forget = (more: Partial<Forget> = {}): Forget => ({
      type: 'forget',
      id: 'f',
      at: T0,
      service: 'chat',
      by: 'ada',
      why: 'a typing error',
      ...more,
    })
    it('forgets a service with all that stands under it, and keeps the others', async () => {
      const all = {
        events: [someEvent('a', 0), someEvent('b', 0, { service: 'mail' })],
        services: [someService('chat'), someService('mail')],
        rollups: [rollup(0, 1, 2), { ...rollup(0, 1, 2), service: 'mail' }],
        facts: [change('c', T0)],
      }
      await commit(all, { heads: [someHead('a'), someHead('b', { service: 'mail' })] })
      await commit({ forgotten: [forget()] })
      const reader = store.reader()
      expect((await reader.services()).map(each => each.service)).toEqual(['mail'])
      expect(await reader.service('chat')).toBeNull()
      expect(await reader.rollups('chat', 0, T0 * 2)).toEqual([])
      expect(await reader.rollups('mail', 0, T0 * 2)).toHaveLength(1)
      expect(await reader.facts('chat', 0, T0 * 2)).toEqual([])
      expect((await reader.incidents({ limit: 9 })).map(each => each.id)).toEqual(['b'])
      expect(await reader.incident('a')).toBeNull()
      // Nobody is told anew of what is folded again, nor of anything that is gone.
      await commit(all, { heads: [] })
      const told = await store.eventsAfter(0, 9)
      expect(told.map(each => [each.event.incident, each.event.event])).toEqual([
        ['a', 'note'],
        ['b', 'opened'],
      ])
    })
    it('puts what comes after a forgetting, in the same commit too', async () => {
      await commit({ services: [someService('chat', 7)], rollups: [rollup(0, 1, 7)] })
      await commit({ forgotten: [forget()], services: [someService('chat', 1)], rollups: [rollup(1, 2, 1)] })
      expect((await store.reader().service('chat'))!.recent.bad).toBe(1)
      expect((await store.reader().rollups('chat', 0, T0 * 2)).map(each => each.reports.bad)).toEqual([1])
    })
    it('forgets a label, or one value of it, out of every row', async () => {
      const by = { country: { IN: [1, 0], DE: [2, 0] }, city: { Pune: [1, 0] }, component: { x: [1, 0] } } as never
      await commit({
        rollups: [0, 1, 2].map(bin => ({ ...rollup(bin, 1, 3), reportsBy: by })),
        services: [someService('chat')],
      })
      const labels = async () =>
        (await store.reader().rollups('chat', 0, T0 * 2)).map(row => JSON.stringify(row.reportsBy))
      await commit({ forgotten: [forget({ label: 'country', value: 'IN' })] })
      expect(new Set(await labels())).toEqual(
        new Set(['{"country":{"DE":[2,0]},"city":{"Pune":[1,0]},"component":{"x":[1,0]}}']),
      )
      await commit({ forgotten: [forget({ label: 'country' }), forget({ component: 'x' })] })
      expect(new Set(await labels())).toEqual(new Set(['{"city":{"Pune":[1,0]}}']))
      expect(await labels()).toHaveLength(3)
      expect(await store.reader().service('chat')).not.toBeNull()
    })
    it('hands out what cannot be changed from outside', async () => {
      await commit({ services: [someService('a', 1)] })
      const [row] = await store.reader().services()
      row!.state = 'outage'
      expect((await store.reader().service('a'))!.state).toBe('ok')
    })
    it.skipIf(factory.reopen === undefined)('holds everything when it is opened again', async () => {
      await commit({ events: [someEvent('a', 0)], services: [someService('a', 1)] }, { heads: [someHead('a')] })
      await store.saveSnapshot(1, 1, Uint8Array.from([5]))
      await store.subscribe({ put: [someSubscriber('anna')] })
      await store[Symbol.asyncDispose]()
      store = await factory.reopen!()
      expect((await store.reader().incident('a'))!.events).toEqual([someEvent('a', 0)])
      expect((await store.committed()).position).toBe(1)
      expect([...(await store.loadSnapshot())!.body]).toEqual([5])
      expect(await store.subscriptions.get(['anna'])).toEqual([someSubscriber('anna')])
    })
  })
}
