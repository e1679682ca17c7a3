import { createHash } from 'node:crypto'
import { PermanentError } from '../../contract/error.js'
import type { IncidentHead, Log, LogEntry, Store } from '../../contract/ports.js'
import { DAY } from '../../contract/time.js'
import type { ServiceRow } from '../../contract/view.js'
import { emptyOutcome } from '../../core/fold/fold.js'

// Log and store of one workspace, carried over to others that are empty, whatever keeps either.

export interface Kept {
  log: Log
  store: Store
}

/** What is carried over: nobody writes to it, or it looks as if nobody did. */
export interface Source {
  log: Pick<Log, 'read' | 'state'>
  store: Store
}

/** In the end the two sides do not hold the same: one was written to, or something went wrong on the way. */
export class DifferentError extends PermanentError {}

/** How many there are of each kind, and a digest of them all: two that keep the same agree in both. */
export type Inventory = Record<string, { count: number; digest: string }>

/** Note of the target until everything is there and was compared: whose it will be. */
const CARRYING = 'carrying over'
/** Where a notifier stands in the order of events: the one thing that counts cursors, which are each store's own. */
const RECEIPT = 'receipt:'
/** Rows that are read and written at once. */
const ROWS_CARRIED = 200
/** Entries of the log, which may be a megabyte each. */
const ENTRIES_CARRIED = 16
/** Facts may be told of a time to come; none so far. */
const END_OF_TIME = 100 * 365 * DAY

/**
 * Carries everything over: entries of the log at their positions, events, incidents, counts, facts, orders, notes, subscribers with
 * what waits for them, and the snapshot, so that nothing is folded twice. Nobody else may write to either. Ended at any moment and called
 * again it goes on.
 *
 * @param last what is to be done before the target counts as whole
 * @throws PermanentError where the target holds something else, DifferentError where it does not hold in the end what the source does
 */
export async function carryOver(
  from: Source,
  to: Kept,
  tell: (what: string) => void,
  last: () => void = () => {},
): Promise<Inventory> {
  const { workspace } = await from.log.state()
  if (workspace === null) throw new PermanentError('there is no workspace in the log that is to be carried over')
  await begin(to, workspace)
  await carryLog(from.log, to.log, tell)
  await carryEvents(from.store, to.store)
  tell('events are there')
  await carryRows(from.store, to.store)
  tell('incidents, counts and facts are there')
  await carryPeople(from.store, to.store)
  tell('subscribers are there')
  await carryNotes(from.store, to.store)
  const snapshot = await from.store.loadSnapshot()
  if (snapshot !== null) await to.store.saveSnapshot(snapshot.position, snapshot.version, snapshot.body)
  const [wanted, got] = [await inventoryOf(from), await inventoryOf(to)]
  const wrong = Object.keys(wanted).filter(kind => got[kind]?.digest !== wanted[kind]!.digest)
  if (wrong.length > 0)
    throw new DifferentError(
      `what arrived is not what was sent: ${wrong.map(kind => `${kind} (${wanted[kind]!.count}, ${got[kind]?.count ?? 0})`).join(', ')}`,
    )
  last()
  await to.store.note(CARRYING, new Uint8Array(0))
  return wanted
}

async function begin({ log, store }: Kept, workspace: string): Promise<void> {
  const state = await log.state()
  const mark = Buffer.from((await store.noted(CARRYING)) ?? []).toString()
  if (mark === workspace) return
  if (mark !== '') throw new PermanentError('the target is being filled from another workspace')
  if (state.last > 0 || (state.workspace ?? workspace) !== workspace || (await store.committed()).position > 0)
    throw new PermanentError('the target holds something: name a log and a store that are empty')
  await store.note(CARRYING, Buffer.from(workspace))
  await log.belongsTo(workspace)
}

async function carryLog(from: Source['log'], to: Log, tell: (what: string) => void): Promise<void> {
  const { last } = await from.state()
  let [after, next] = [(await to.state()).last, 0]
  for (;;) {
    const entries = await from.read(after, ENTRIES_CARRIED)
    if (entries.length === 0) break
    for (let at = 0; at < entries.length; ) {
      const first = entries[at]!.position
      if (first > after + 1) await to.goOnAfter(first - 1)
      let end = at + 1
      while (end < entries.length && entries[end]!.position === first + end - at) end++
      const run = entries.slice(at, end)
      const given = await to.append(run.map(({ position: _, ...entry }) => entry))
      if (given.some((position, i) => position !== run[i]!.position))
        throw new PermanentError(`the log gives position ${given[0]} where ${first} belongs`)
      after = run.at(-1)!.position
      at = end
    }
    if (after >= next) {
      tell(`the log is there up to ${after} of ${last}`)
      next = after + Math.max(1, last / 20)
    }
  }
  if (last > (await to.state()).last) await to.goOnAfter(last)
}

const NOTHING = { heads: [], orders: [], position: 0, now: 0 }

/** In the order in which they were committed, so that whoever reads on reads the same. */
async function carryEvents(from: Store, to: Store): Promise<void> {
  for (let after = 0; ; ) {
    const found = await from.eventsAfter(after, ROWS_CARRIED)
    if (found.length === 0) return
    await to.commit({ ...NOTHING, outcome: { ...emptyOutcome(), events: found.map(({ event }) => event) } })
    after = found.at(-1)!.cursor
  }
}

async function carryRows(from: Store, to: Store): Promise<void> {
  const reader = from.reader()
  for await (const heads of headsOf(from)) {
    const orders = await Promise.all(heads.map(({ id }) => reader.orders(id)))
    await to.commit({ ...NOTHING, outcome: emptyOutcome(), heads, orders: orders.flat() })
  }
  const services = await servicesOf(from)
  for (const { service } of services) {
    const facts = await reader.facts(service, 0, END_OF_TIME)
    await to.commit({ ...NOTHING, outcome: { ...emptyOutcome(), facts } })
    for (const day of await reader.days(service, 0, END_OF_TIME)) {
      const rollups = await reader.rollups(service, day, day + DAY)
      await to.commit({ ...NOTHING, outcome: { ...emptyOutcome(), rollups } })
    }
  }
  // The rows of services come last, with how far it is: whoever asks what changed since then is told of them.
  await to.commit({ ...NOTHING, outcome: { ...emptyOutcome(), services }, ...(await from.committed()) })
}

async function* headsOf(store: Store): AsyncGenerator<IncidentHead[]> {
  for (let skip = 0; ; skip += ROWS_CARRIED) {
    const briefs = await store.reader().briefs({ limit: ROWS_CARRIED, skip })
    if (briefs.length === 0) return
    yield (await Promise.all(briefs.map(({ id }) => store.head(id)))).filter(head => head !== null)
  }
}

/** With the alerts that no reader is given. */
async function servicesOf(store: Store): Promise<ServiceRow[]> {
  const rows = await store.reader().services()
  return Promise.all(
    rows.map(async row => {
      const alerts = await store.alerts(row.service)
      return alerts === null || alerts.length === 0 ? row : { ...row, alerts }
    }),
  )
}

async function carryPeople(from: Store, to: Store): Promise<void> {
  const { subscriptions } = from
  for (let after = ''; ; ) {
    const put = await subscriptions.list({ after, max: ROWS_CARRIED })
    if (put.length === 0) break
    await to.subscribe({ put })
    after = put.at(-1)!.id
  }
  for (let after = 0; ; ) {
    const waiting = await subscriptions.queued(after, ROWS_CARRIED)
    if (waiting.length === 0) break
    await to.subscribe({ queue: waiting.map(({ id: _, ...message }) => message) })
    after = waiting.at(-1)!.id
  }
  // They have no id by which a second carrying would know them.
  if ((await to.subscriptions.undelivered()).length === 0)
    await to.subscribe({ undelivered: (await subscriptions.undelivered()).toReversed() })
}

/** Receipts are given the cursor that the same event has there. */
async function carryNotes(from: Store, to: Store): Promise<void> {
  for await (const { key, value } of notesOf(from)) {
    const isReceipt = key.startsWith(RECEIPT)
    const cursor = isReceipt ? Number(Buffer.from(value).toString()) : Number.NaN
    const there = Number.isSafeInteger(cursor) && cursor > 0 ? await cursorThere(from, to, cursor) : cursor
    await to.note(key, Number.isSafeInteger(cursor) && cursor > 0 ? Buffer.from(String(there)) : value)
  }
}

/** The place of the newest event up to a cursor, in the other store: the same number of events goes before it. */
async function cursorThere(from: Store, to: Store, cursor: number): Promise<number> {
  let [before, after, there] = [0, 0, 0]
  for (;;) {
    const [own, other] = [await from.eventsAfter(after, ROWS_CARRIED), await to.eventsAfter(there, ROWS_CARRIED)]
    const upTo = own.filter(each => each.cursor <= cursor).length
    if (upTo > 0) before = other[upTo - 1]!.cursor
    if (upTo < ROWS_CARRIED) return before
    ;[after, there] = [own.at(-1)!.cursor, other.at(-1)!.cursor]
  }
}

async function* notesOf(store: Store): AsyncGenerator<{ key: string; value: Uint8Array }> {
  for (let after = ''; ; ) {
    const found = await store.notes(after, ROWS_CARRIED)
    if (found.length === 0) return
    for (const note of found) if (note.key !== CARRYING) yield note
    after = found.at(-1)!.key
  }
}

class Digest {
  count = 0
  private readonly hash = createHash('sha256')
  add(...parts: (string | Uint8Array | number)[]): void {
    this.count++
    for (const part of parts) this.hash.update(typeof part === 'number' ? `${part}\n` : part)
  }
  get told() {
    return { count: this.count, digest: this.hash.digest('hex') }
  }
}

/** Counts and digests of all that is kept. */
export async function inventoryOf({ log, store }: Source): Promise<Inventory> {
  const digests: Record<string, Digest> = {}
  const add = (kind: string, ...rows: unknown[]) => {
    for (const row of rows) (digests[kind] ??= new Digest()).add(JSON.stringify(row))
  }
  const entry = ({ position, at, kind, count, keys, body }: LogEntry) =>
    (digests['entries of the log'] ??= new Digest()).add(position, at, kind, count, keys, body)
  for (let after = 0; ; ) {
    const entries = await log.read(after, ENTRIES_CARRIED)
    if (entries.length === 0) break
    entries.forEach(entry)
    after = entries.at(-1)!.position
  }
  for (let after = 0; ; ) {
    const events = await store.eventsAfter(after, ROWS_CARRIED)
    if (events.length === 0) break
    add('events', ...events.map(({ event }) => event))
    after = events.at(-1)!.cursor
  }
  const reader = store.reader()
  for await (const heads of headsOf(store)) {
    add('incidents', ...heads)
    for (const { id } of heads) add('orders', ...(await reader.orders(id)))
  }
  for (const row of await servicesOf(store)) {
    add('services', row)
    add('facts', ...(await reader.facts(row.service, 0, END_OF_TIME)))
    for (const day of await reader.days(row.service, 0, END_OF_TIME))
      add('counts of five minutes', ...(await reader.rollups(row.service, day, day + DAY)))
  }
  for await (const { key, value } of notesOf(store))
    add('notes', key.startsWith(RECEIPT) ? [key] : [key, Buffer.from(value).toString('base64')])
  await addPeople(store, add)
  const snapshot = await store.loadSnapshot()
  if (snapshot !== null) (digests['snapshots'] ??= new Digest()).add(snapshot.position, snapshot.version, snapshot.body)
  return Object.fromEntries(Object.entries(digests).map(([kind, digest]) => [kind, digest.told]))
}

async function addPeople({ subscriptions }: Store, add: (kind: string, ...rows: unknown[]) => void): Promise<void> {
  for (let after = ''; ; ) {
    const found = await subscriptions.list({ after, max: ROWS_CARRIED })
    if (found.length === 0) break
    add('subscribers', ...found)
    after = found.at(-1)!.id
  }
  for (let after = 0; ; ) {
    const waiting = await subscriptions.queued(after, ROWS_CARRIED)
    if (waiting.length === 0) break
    add(
      'messages that wait',
      ...waiting.map(({ id: _, about, ...message }) => [message.message, message.subscriber, about]),
    )
    after = waiting.at(-1)!.id
  }
  add('messages given up', ...(await subscriptions.undelivered()))
}
