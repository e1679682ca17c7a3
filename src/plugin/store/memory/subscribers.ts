import { UNDELIVERED_KEPT } from '../../../contract/limits.js'
import type {
  Queued,
  Subscriber,
  SubscriberChange,
  Subscriptions,
  Undelivered,
} from '../../../contract/subscribers/subscriber.js'

const copy = <T>(value: T): T => structuredClone(value)
const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)

/** Who subscribed, and what waits for them: what every other store must equal. */
export class MemorySubscribers implements Subscriptions {
  private readonly held = new Map<string, Subscriber>()
  private line: Queued[] = []
  private failed: Undelivered[] = []
  private last = 0

  change(change: SubscriberChange): void {
    for (const id of change.drop ?? []) {
      this.held.delete(id)
      this.line = this.line.filter(each => each.subscriber !== id)
    }
    for (const each of change.put ?? []) {
      for (const [id, { page, channel, address }] of this.held)
        if (page === each.page && channel === each.channel && address === each.address) this.held.delete(id)
      this.held.set(each.id, copy(each))
    }
    const { dropAskedBefore } = change
    if (dropAskedBefore !== undefined)
      for (const [id, { state, askedAt }] of this.held)
        if (state === 'asked' && (askedAt.at(-1) ?? 0) < dropAskedBefore) this.held.delete(id)
    const settled = new Set(change.settle)
    this.line = this.line.filter(({ id }) => !settled.has(id))
    const there = new Set(this.line.map(each => `${each.message}\n${each.subscriber}`))
    for (const each of change.queue ?? []) {
      const key = `${each.message}\n${each.subscriber}`
      if (!there.has(key)) this.line.push({ ...copy(each), id: ++this.last })
      there.add(key)
    }
    for (const each of change.again ?? []) {
      const found = this.line.find(({ id }) => id === each.id)
      if (found !== undefined) Object.assign(found, each)
    }
    this.failed = [...this.failed, ...copy(change.undelivered ?? [])].slice(-UNDELIVERED_KEPT)
  }

  async get(ids: readonly string[]): Promise<Subscriber[]> {
    return ids.flatMap(id => (this.held.has(id) ? [copy(this.held.get(id)!)] : []))
  }

  async find(page: string, channel: string, address: string): Promise<Subscriber | null> {
    const found = [...this.held.values()].find(
      each => each.page === page && each.channel === channel && each.address === address,
    )
    return copy(found ?? null)
  }

  async list({ after, max, ...wanted }: Parameters<Subscriptions['list']>[0]): Promise<Subscriber[]> {
    const asked = Object.entries(wanted).filter(([, value]) => value !== undefined)
    return [...this.held.values()]
      .filter(each => each.id > after && asked.every(([key, value]) => each[key as keyof Subscriber] === value))
      .sort(byId)
      .slice(0, max)
      .map(copy)
  }

  async counts(): ReturnType<Subscriptions['counts']> {
    const counted = new Map<string, Awaited<ReturnType<Subscriptions['counts']>>[number]>()
    for (const { page, channel, state } of this.held.values()) {
      const key = [page, channel, state].join('\n')
      const row = counted.get(key) ?? { page, channel, state, count: 0 }
      counted.set(key, { ...row, count: row.count + 1 })
    }
    return [...counted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  }

  async queues(): ReturnType<Subscriptions['queues']> {
    const first = new Map<string, number>()
    for (const { queue, dueAt } of this.line)
      first.set(queue, Math.min(dueAt, first.get(queue) ?? Number.POSITIVE_INFINITY))
    return [...first].sort(([a], [b]) => (a < b ? -1 : 1)).map(([queue, dueAt]) => ({ queue, dueAt }))
  }

  async due(queue: string, now: number, max: number): Promise<Queued[]> {
    const first = new Map<string, number>()
    for (const each of this.line) {
      const key = `${each.subscriber}\n${each.thread}`
      first.set(key, Math.min(each.id, first.get(key) ?? each.id))
    }
    const isFirst = (each: Queued) => first.get(`${each.subscriber}\n${each.thread}`) === each.id
    return this.line
      .filter(each => each.queue === queue && each.dueAt <= now && isFirst(each))
      .sort((a, b) => a.dueAt - b.dueAt || a.id - b.id)
      .slice(0, max)
      .map(copy)
  }

  async batch(subscriber: string, batch: number): Promise<Queued[]> {
    return copy(this.line.filter(each => each.subscriber === subscriber && each.batch === batch))
  }

  async queued(after: number, max: number): Promise<Queued[]> {
    return copy(this.line.filter(each => each.id > after).slice(0, max))
  }

  async waiting(): Promise<number> {
    return this.line.length
  }

  async undelivered(): Promise<Undelivered[]> {
    return copy(this.failed).reverse()
  }
}
