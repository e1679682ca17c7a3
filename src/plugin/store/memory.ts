import type { IncidentEvent } from '../../contract/incident.js'
import type { Forget, Order } from '../../contract/order.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import type { Commit, IncidentHead, Reads, Store, CommittedEvent } from '../../contract/ports.js'
import type { Change, Notice } from '../../contract/signal.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import type { SubscriberChange } from '../../contract/subscribers/subscriber.js'
import type {
  AlertHeard,
  Heard,
  IncidentQuery,
  IncidentView,
  Rollup,
  ServiceNow,
  ServiceRow,
} from '../../contract/view.js'
import { small } from '../shared/stored.js'
import { MemorySubscribers } from './memory/subscribers.js'

const copy = <T>(value: T): T => structuredClone(value)
const shown = ({ alerts: _, ...row }: ServiceRow): ServiceNow => copy(row)
const effect = (fact: Change | Notice): EpochMs => (fact.via === 'change' ? (fact.happenedAt ?? fact.at) : fact.at)

const tombstone = ({ at, incident, seq, service }: IncidentEvent): IncidentEvent => ({
  at,
  event: 'note',
  incident,
  seq,
  service,
})

function withoutLabel(row: Rollup, label: string, value: string | undefined): Rollup {
  const next = copy(row)
  for (const by of [next.reportsBy, next.ratesBy] as Record<string, Record<string, unknown>>[]) {
    if (value !== undefined && by[label] !== undefined) delete by[label][value]
    if (value === undefined || Object.keys(by[label] ?? {}).length === 0) delete by[label]
  }
  return next
}

/** The reference that every other store must equal. Hands out copies, as a database does. */
class MemoryStore implements Store {
  private at = { position: 0, now: 0 }
  private events: IncidentEvent[] = []
  private known = new Set<string>()
  private heads = new Map<string, IncidentHead>()
  private rollups = new Map<string, Rollup>()
  private services = new Map<string, ServiceRow>()
  private facts = new Map<string, Change | Notice>()
  private orders = new Map<string, Order>()
  private kept = new Map<string, Uint8Array>()
  readonly subscriptions = new MemorySubscribers()
  private snapshot: { position: number; version: number; body: Uint8Array } | null = null

  async commit({ outcome, heads, orders, position, now }: Commit): Promise<void> {
    for (const each of outcome.forgotten ?? []) this.forget(each)
    for (const event of outcome.events) {
      const key = JSON.stringify([event.incident, event.seq])
      if (this.known.has(key)) continue
      this.known.add(key)
      this.events.push(copy(event))
    }
    for (const head of heads) this.heads.set(head.id, copy(head))
    for (const { after, until, since, position: last } of outcome.undone ?? [])
      for (const [key, row] of this.rollups)
        if (row.bin > after && row.bin <= until && row.position > since && row.position <= last)
          this.rollups.delete(key)
    for (const row of outcome.rollups) {
      const key = JSON.stringify([row.service, row.bin])
      if ((this.rollups.get(key)?.position ?? -1) <= row.position) this.rollups.set(key, copy(row))
    }
    for (const row of outcome.services) this.services.set(row.service, copy(row))
    for (const fact of outcome.facts) this.facts.set(JSON.stringify([fact.service, fact.id]), copy(fact))
    for (const order of orders) this.orders.set(order.id, copy(order))
    if (position >= this.at.position) this.at = { position, now }
  }

  private forget({ service, label, value, component }: Forget): void {
    const part = label ?? (component === undefined ? undefined : 'component')
    for (const [key, row] of this.rollups) {
      if (row.service !== service) continue
      if (part === undefined) this.rollups.delete(key)
      else this.rollups.set(key, withoutLabel(row, part, label === undefined ? component : value))
    }
    if (part !== undefined) return
    this.services.delete(service)
    for (const [key, fact] of this.facts) if (fact.service === service) this.facts.delete(key)
    const gone = new Set([...this.heads.values()].filter(head => head.service === service).map(head => head.id))
    // Their places stay taken: what is folded again is not told again.
    this.events = this.events.map(each => (gone.has(each.incident) ? tombstone(each) : each))
    for (const id of gone) this.heads.delete(id)
    for (const [id, order] of this.orders) if (gone.has(order.incident)) this.orders.delete(id)
  }

  async committed(): Promise<{ position: number; now: EpochMs }> {
    return { ...this.at }
  }

  async saveSnapshot(position: number, version: number, body: Uint8Array): Promise<void> {
    this.snapshot = { position, version, body: body.slice() }
  }

  async snapshotAt(): Promise<{ position: number; version: number } | null> {
    const { snapshot } = this
    return snapshot === null ? null : { position: snapshot.position, version: snapshot.version }
  }

  async loadSnapshot(): Promise<{ position: number; version: number; body: Uint8Array } | null> {
    return copy(this.snapshot)
  }

  async head(incident: string): Promise<IncidentHead | null> {
    return copy(this.heads.get(incident) ?? null)
  }

  async eventsAfter(after: number, max: number): Promise<CommittedEvent[]> {
    return this.events.slice(after, after + max).map((event, i) => ({ cursor: after + i + 1, event: copy(event) }))
  }

  async note(key: string, value: Uint8Array): Promise<void> {
    this.kept.set(key, value.slice())
  }

  async noted(key: string): Promise<Uint8Array | null> {
    return this.kept.get(key)?.slice() ?? null
  }

  async notes(after: string, max: number): Promise<{ key: string; value: Uint8Array }[]> {
    const keys = [...this.kept.keys()].filter(key => key > after).sort()
    return keys.slice(0, max).map(key => ({ key, value: this.kept.get(key)!.slice() }))
  }

  async subscribe(change: SubscriberChange): Promise<void> {
    this.subscriptions.change(change)
    if (change.note !== undefined) await this.note(change.note.key, change.note.value)
  }

  async trim(before: { rollups: EpochMs; facts: EpochMs }): Promise<void> {
    for (const [key, row] of this.rollups) if (row.bin < before.rollups) this.rollups.delete(key)
    for (const [key, fact] of this.facts) if (effect(fact) < before.facts) this.facts.delete(key)
  }

  async alerts(service: string): Promise<AlertHeard[] | null> {
    const row = this.services.get(service)
    return row === undefined ? null : copy(row.alerts ?? [])
  }

  reader(): Reads {
    const story = (head: IncidentHead): IncidentView => {
      const { lastSeq: _, ...view } = copy(head)
      const events = this.events.filter(e => e.incident === head.id).sort((a, b) => a.seq - b.seq)
      return { ...view, events: copy(events) }
    }
    const found = ({ service, open, limit, before, openedFrom, endsAfter, word = '', skip = 0 }: IncidentQuery) =>
      [...this.heads.values()]
        .filter(h => (service === undefined || h.service === service) && (open === undefined || h.open === open))
        .filter(h => before === undefined || h.openedAt < before)
        .filter(h => openedFrom === undefined || h.openedAt >= openedFrom)
        .filter(h => endsAfter === undefined || h.open || (h.resolvedAt ?? Number.POSITIVE_INFINITY) > endsAfter)
        .filter(h => word === '' || small(`${h.id} ${h.service} ${h.title}`).includes(small(word)))
        .sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1))
        .slice(skip, skip + limit)
    return {
      services: async () => [...this.services.values()].map(shown).sort((a, b) => (a.service < b.service ? -1 : 1)),
      service: async id => {
        const row = this.services.get(id)
        return row === undefined ? null : shown(row)
      },
      rollups: async (service, from, until) =>
        copy([...this.rollups.values()])
          .filter(r => r.service === service && r.bin >= from && r.bin < until)
          .sort((a, b) => a.bin - b.bin),
      days: async (service, from, until, offsetMs = 0) => {
        const bins = [...this.rollups.values()].filter(r => r.service === service && r.bin >= from && r.bin < until)
        return [...new Set(bins.map(r => Math.floor((r.bin + offsetMs) / DAY) * DAY))].sort((a, b) => a - b)
      },
      incidents: async query => found(query).map(story),
      briefs: async query => copy(found(query)),
      heard: async (from, until) => {
        const heard = new Map<string, Heard>()
        for (const { service, bin } of this.rollups.values()) {
          if (bin < from || bin >= until || !this.services.has(service)) continue
          const { first, last } = heard.get(service) ?? { first: bin, last: bin }
          heard.set(service, { service, first: Math.min(first, bin), last: Math.max(last, bin) })
        }
        return [...heard.values()].sort((a, b) => (a.service < b.service ? -1 : 1))
      },
      incident: async id => {
        const head = this.heads.get(id)
        return head === undefined ? null : story(head)
      },
      orders: async incident =>
        copy([...this.orders.values()])
          .filter(each => each.incident === incident)
          .sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.at - b.at),
      facts: async (service, from, until, via) =>
        copy([...this.facts.values()])
          .filter(f => f.service === service && effect(f) >= from && effect(f) < until && f.via === (via ?? f.via))
          .sort((a, b) => effect(a) - effect(b) || (a.id < b.id ? -1 : 1)),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const memory: Plugin<'store', Record<string, never>, Store> = plugin({
  kind: 'store',
  name: 'memory',
  summary: 'a store that ends with the process: tests and trials',
  config: { type: 'object', additionalProperties: false },
  fleeting: true,
  open: async () => new MemoryStore(),
})
export default memory
