import type { EntryKind, Log, Store } from '../../contract/ports.js'
import { DAY } from '../../contract/time.js'
import type { Kept } from './command.js'

/** Read at once: entries of the log, incidents, subscribers. */
const AT_ONCE_ROWS = 200
/** Facts may be told of a time to come; none so far. */
const FAR = 100 * 365 * DAY

/** One row: its JSON, as it is kept where it is kept as text. */
export type Line = string

async function* entries(log: Log, kinds: readonly EntryKind[]) {
  for (let after = 0; ; ) {
    const found = await log.read(after, AT_ONCE_ROWS)
    if (found.length === 0) return
    for (const entry of found) if (kinds.includes(entry.kind)) yield entry
    after = found.at(-1)!.position
  }
}

async function* lines(log: Log, kinds: readonly EntryKind[]): AsyncGenerator<Line> {
  for await (const { body } of entries(log, kinds))
    for (const line of Buffer.from(body).toString().split('\n')) if (line.trim() !== '') yield line
}

async function* orders(log: Log): AsyncGenerator<Line> {
  for await (const { position, at, body } of entries(log, ['order'])) {
    const order = JSON.parse(Buffer.from(body).toString()) as object
    yield JSON.stringify({ position, at: new Date(at).toISOString(), ...order })
  }
}

async function* ofServices(
  store: Store,
  each: (service: string) => AsyncIterable<unknown> | Promise<readonly unknown[]>,
): AsyncGenerator<Line> {
  for (const { service } of await store.reader().services()) {
    const rows = await each(service)
    for await (const row of rows) yield JSON.stringify(row)
  }
}

async function* rollups(store: Store, service: string) {
  const reader = store.reader()
  for (const day of await reader.days(service, 0, FAR)) yield* await reader.rollups(service, day, day + DAY)
}

async function* incidents(store: Store): AsyncGenerator<Line> {
  const reader = store.reader()
  for (let skip = 0; ; skip += AT_ONCE_ROWS) {
    const found = await reader.incidents({ limit: AT_ONCE_ROWS, skip })
    // A list leaves their events out.
    for (const { id } of found) yield JSON.stringify(await reader.incident(id))
    if (found.length < AT_ONCE_ROWS) return
  }
}

async function* subscribers(store: Store): AsyncGenerator<Line> {
  for (let after = ''; ; ) {
    const found = await store.subscriptions.list({ after, max: AT_ONCE_ROWS })
    for (const each of found) yield JSON.stringify(each)
    if (found.length === 0) return
    after = found.at(-1)!.id
  }
}

/** Rows of one kind, oldest first where they have a time; a page of them is in memory at once. */
export function rowsOf(kept: Kept, { log, store }: { log: Log; store: Store }): AsyncIterable<Line> {
  switch (kept) {
    case 'signals':
      return lines(log, ['signals', 'held'])
    case 'past':
      return lines(log, ['taught'])
    case 'orders':
      return orders(log)
    case 'services':
      return ofServices(store, async service => [await store.reader().service(service)])
    case 'rollups':
      return ofServices(store, service => rollups(store, service))
    case 'facts':
      return ofServices(store, service => store.reader().facts(service, 0, FAR))
    case 'incidents':
      return incidents(store)
    case 'subscribers':
      return subscribers(store)
  }
}
