import { expect, test, vi } from 'vitest'
import type { Held, Lease, SharedStore } from '../../contract/sharing/sharing.js'
import { BEAT_MS, LEASE_MS, Membership, type Work } from './membership.js'

/** Leases of one process in memory; what was said of them, in order. */
class Leases {
  readonly said: string[] = []
  readonly leases = new Map<string, Lease>()
  async beat(_: unknown, held: readonly Held[]) {
    this.said.push(`beat ${held.map(each => each.name).join(' ')}`.trimEnd())
    return { members: [], leases: [...this.leases.values()] }
  }
  async take(name: string, holder: string): Promise<Held> {
    this.said.push(`take ${name}`)
    this.leases.set(name, { name, holder, epoch: 1, leftMs: LEASE_MS, heldMs: 0 })
    return { name, epoch: 1 }
  }
  async release({ name }: Held) {
    this.said.push(`release ${name}`)
    this.leases.delete(name)
  }
  async leave() {}
}

function member(store: Leases, work: Partial<Work>, beatMs = BEAT_MS): Membership {
  const member = () => ({ id: 'me', roles: [], url: null, version: '', doing: {} })
  const whole = { member, begin: async () => {}, end: async () => {}, wanted: () => [], log: () => {} }
  return new Membership(store as unknown as SharedStore, { ...whole, ...work }, beatMs)
}

/** All that waits for nothing has come to pass. */
const settled = () => new Promise(next => setImmediate(next))

test('while something is saved to be let go, that and all else goes on being held', async () => {
  const store = new Leases()
  let wanted = ['a', 'b']
  let saved!: () => void
  const end = vi.fn(() => new Promise<void>(resolve => (saved = resolve)))
  const membership = member(store, { wanted: () => wanted, end })
  await membership.beat()
  await membership.beat()
  wanted = ['b']
  await membership.beat()
  await membership.beat()
  await membership.beat()
  expect(store.said.slice(-2)).toEqual(['beat a b', 'beat a b'])
  expect(end).toHaveBeenCalledOnce()
  expect([...membership.held]).toEqual(['b'])
  // It is wanted again before it has ended: it is not begun while it does.
  wanted = ['a', 'b']
  await membership.beat()
  expect(store.said.filter(each => each === 'take a')).toHaveLength(1)
  saved()
  await settled()
  expect(store.said.at(-1)).toBe('release a')
  await membership.beat()
  expect(store.said.at(-1)).toBe('take a')
})

test('after the store was away for as long as leases hold, those who had them speak first', async () => {
  const store = new Leases()
  const membership = member(store, { wanted: () => ['a'] })
  const clock = vi.spyOn(performance, 'now')
  let now = 0
  clock.mockImplementation(() => (now += LEASE_MS - BEAT_MS + 1))
  await membership.beat()
  expect(store.said).toEqual(['beat'])
  clock.mockRestore()
  await membership.beat()
  expect(store.said.at(-1)).toBe('take a')
})

test('what another process has is ended without being saved, and not given back', async () => {
  const store = new Leases()
  const end = vi.fn(async () => {})
  const membership = member(store, { wanted: () => ['a'], end })
  await membership.beat()
  store.leases.set('a', { name: 'a', holder: 'other', epoch: 2, leftMs: LEASE_MS, heldMs: 0 })
  await membership.beat()
  await settled()
  expect(end).toHaveBeenCalledWith('a', true)
  expect(store.said).not.toContain('release a')
  expect([...membership.held]).toEqual([])
})

test('at the end what is just begun is ended as well, and all goes on being held until it is saved', async () => {
  const store = new Leases()
  let begun!: () => void
  let saved!: () => void
  const end = vi.fn(() => new Promise<void>(resolve => (saved = resolve)))
  const begin = () => new Promise<void>(resolve => (begun = resolve))
  const membership = member(store, { wanted: () => ['a'], begin, end }, 1)
  await membership.start()
  const over = membership[Symbol.asyncDispose]()
  const renewed = async () => {
    const before = store.said.length
    await vi.waitFor(() => expect(store.said.slice(before)).toContain('beat a'))
  }
  await renewed()
  expect(end).not.toHaveBeenCalled()
  begun()
  await settled()
  expect(end).toHaveBeenCalledWith('a', false)
  await renewed()
  saved()
  await over
  expect(store.said.filter(each => each === 'take a')).toHaveLength(1)
  expect(store.said.filter(each => each === 'release a')).toHaveLength(1)
  const ended = store.said.length
  await new Promise(next => setTimeout(next, 5))
  expect(store.said).toHaveLength(ended)
})
