import { UNDELIVERED_KEPT } from '../../../contract/limits.js'
import type {
  Queued,
  Subscriber,
  SubscriberChange,
  Subscriptions,
  Undelivered,
} from '../../../contract/subscribers/subscriber.js'
import type { Database } from '../../shared/sqlite.js'
import { seal, type Sealed } from './rows.js'

/** Bodies hold what is told, the columns what is looked for. */
export const SUBSCRIBER_TABLES = `CREATE TABLE subscriber (id TEXT PRIMARY KEY, page TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL,
     state TEXT NOT NULL, asked INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER, UNIQUE (page, channel, address)) WITHOUT ROWID;
   CREATE INDEX subscriber_state ON subscriber (state, asked);
   CREATE TABLE queued (id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, subscriber TEXT NOT NULL, queue TEXT NOT NULL, thread TEXT NOT NULL,
     batch INTEGER NOT NULL, due_at INTEGER NOT NULL, since INTEGER, tries INTEGER NOT NULL, refusals INTEGER NOT NULL, why TEXT NOT NULL, about TEXT NOT NULL,
     UNIQUE (message, subscriber));
   CREATE INDEX queued_due ON queued (queue, due_at, id);
   CREATE INDEX queued_of ON queued (subscriber, thread, id);
   CREATE TABLE undelivered (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, sum INTEGER);`

type QueuedRow = Omit<Queued, 'about' | 'dueAt'> & { about: string; due_at: number }
const QUEUED = 'id, message, subscriber, queue, thread, batch, due_at, since, tries, refusals, why, about'

const queued = ({ about, due_at: dueAt, ...row }: QueuedRow): Queued => ({
  ...row,
  dueAt,
  about: JSON.parse(about) as Queued['about'],
})

/** Writes a change; within a transaction of the caller's. */
export function subscriberWriter(db: Database, note: (key: string, value: Uint8Array) => void) {
  const sql = {
    put: db.prepare(
      'INSERT OR REPLACE INTO subscriber (id, page, channel, address, state, asked, body, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    drop: db.prepare('DELETE FROM subscriber WHERE id = ?'),
    dropQueued: db.prepare('DELETE FROM queued WHERE subscriber = ?'),
    dropAsked: db.prepare("DELETE FROM subscriber WHERE state = 'asked' AND asked < ?"),
    queue: db.prepare(
      `INSERT INTO queued (message, subscriber, queue, thread, batch, due_at, since, tries, refusals, why, about)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    settle: db.prepare('DELETE FROM queued WHERE id = ?'),
    again: db.prepare('UPDATE queued SET due_at = ?, since = ?, tries = ?, refusals = ?, why = ? WHERE id = ?'),
    failed: db.prepare('INSERT INTO undelivered (body, sum) VALUES (?, ?)'),
    bound: db.prepare(`DELETE FROM undelivered WHERE id <= (SELECT max(id) FROM undelivered) - ${UNDELIVERED_KEPT}`),
  }
  return (change: SubscriberChange): void => {
    for (const id of change.drop ?? []) {
      sql.drop.run(id)
      sql.dropQueued.run(id)
    }
    for (const each of change.put ?? [])
      sql.put.run(
        ...[each.id, each.page, each.channel, each.address, each.state, each.askedAt.at(-1) ?? 0],
        ...seal(each),
      )
    if (change.dropAskedBefore !== undefined) sql.dropAsked.run(change.dropAskedBefore)
    for (const id of change.settle ?? []) sql.settle.run(id)
    for (const each of change.queue ?? [])
      sql.queue.run(
        ...[each.message, each.subscriber, each.queue, each.thread, each.batch, each.dueAt, each.since],
        ...[each.tries, each.refusals, each.why, JSON.stringify(each.about)],
      )
    for (const each of change.again ?? [])
      sql.again.run(each.dueAt, each.since, each.tries, each.refusals, each.why, each.id)
    for (const each of change.undelivered ?? []) sql.failed.run(...seal(each))
    if ((change.undelivered?.length ?? 0) > 0) sql.bound.run()
    if (change.note !== undefined) note(change.note.key, change.note.value)
  }
}

/** Whether it holds what nobody could compute again: then it is brought to the disk. */
export const isAboutPeople = ({ put = [], drop = [] }: SubscriberChange): boolean => put.length + drop.length > 0

/** @param opened a body that was checked; null: there is no row */
export function subscriberReader(db: Database, opened: <T>(row: Sealed) => T): Subscriptions {
  const sql = {
    get: db.prepare('SELECT body, sum FROM subscriber WHERE id = ?'),
    find: db.prepare('SELECT body, sum FROM subscriber WHERE page = ? AND channel = ? AND address = ?'),
    list: db.prepare(
      `SELECT body, sum FROM subscriber WHERE id > ? AND (? IS NULL OR state = ?) AND (? IS NULL OR page = ?)
       AND (? IS NULL OR channel = ?) ORDER BY id LIMIT ?`,
    ),
    counts: db.prepare(
      'SELECT page, channel, state, count(*) AS count FROM subscriber GROUP BY page, channel, state ORDER BY page, channel, state',
    ),
    nextQueue: db.prepare('SELECT queue, due_at FROM queued WHERE queue > ? ORDER BY queue, due_at LIMIT 1'),
    due: db.prepare(
      `SELECT ${QUEUED} FROM queued AS one WHERE queue = ? AND due_at <= ? AND NOT EXISTS
         (SELECT 1 FROM queued AS older WHERE older.subscriber = one.subscriber AND older.thread = one.thread AND older.id < one.id)
       ORDER BY due_at, id LIMIT ?`,
    ),
    batch: db.prepare(`SELECT ${QUEUED} FROM queued WHERE subscriber = ? AND batch = ? ORDER BY id`),
    queued: db.prepare(`SELECT ${QUEUED} FROM queued WHERE id > ? ORDER BY id LIMIT ?`),
    waiting: db.prepare('SELECT count(*) AS count FROM queued'),
    undelivered: db.prepare('SELECT body, sum FROM undelivered ORDER BY id DESC'),
  }
  const bodies = <T>(rows: unknown[]): T[] => (rows as Sealed[]).map(row => opened<T>(row))
  const one = <T>(row: unknown): T | null => (row === undefined || row === null ? null : opened<T>(row as Sealed))
  return {
    get: async ids => ids.flatMap(id => one<Subscriber>(sql.get.get(id)) ?? []),
    find: async (page, channel, address) => one<Subscriber>(sql.find.get(page, channel, address)),
    list: async ({ after, max, state = null, page = null, channel = null }) =>
      bodies<Subscriber>(sql.list.all(after, state, state, page, page, channel, channel, max)),
    counts: async () => sql.counts.all() as Awaited<ReturnType<Subscriptions['counts']>>,
    async queues() {
      const found: { queue: string; dueAt: number }[] = []
      for (let after = ''; ; ) {
        const row = sql.nextQueue.get(after) as { queue: string; due_at: number } | undefined | null
        if (!row) return found
        found.push({ queue: row.queue, dueAt: row.due_at })
        after = row.queue
      }
    },
    due: async (queue, now, max) => (sql.due.all(queue, now, max) as QueuedRow[]).map(queued),
    batch: async (subscriber, batch) => (sql.batch.all(subscriber, batch) as QueuedRow[]).map(queued),
    queued: async (after, max) => (sql.queued.all(after, max) as QueuedRow[]).map(queued),
    waiting: async () => (sql.waiting.get() as { count: number }).count,
    undelivered: async () => bodies<Undelivered>(sql.undelivered.all()),
  }
}
