import { UNDELIVERED_KEPT } from '../../../contract/limits.js'
import type { Queued, Subscriber, SubscriberChange, Subscriptions } from '../../../contract/subscribers/subscriber.js'
import { parsed } from '../../shared/stored.js'
import type { Ask } from './session.js'

/** Bodies hold what is told, the columns what is looked for. */
export const SUBSCRIBER_TABLES = `CREATE TABLE subscriber (id text COLLATE "C" PRIMARY KEY, page text COLLATE "C" NOT NULL,
     channel text COLLATE "C" NOT NULL, address text COLLATE "C" NOT NULL, state text COLLATE "C" NOT NULL, asked double precision NOT NULL,
     body text NOT NULL, UNIQUE (page, channel, address));
   CREATE INDEX subscriber_state ON subscriber (state, asked);
   CREATE TABLE queued (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message text COLLATE "C" NOT NULL, subscriber text COLLATE "C" NOT NULL,
     queue text COLLATE "C" NOT NULL, thread text COLLATE "C" NOT NULL, batch double precision NOT NULL, due_at double precision NOT NULL,
     since double precision, tries integer NOT NULL, refusals integer NOT NULL, why text NOT NULL, about text NOT NULL,
     UNIQUE (message, subscriber));
   CREATE INDEX queued_due ON queued (queue, due_at, id);
   CREATE INDEX queued_of ON queued (subscriber, thread, id);
   CREATE TABLE undelivered (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
   CREATE UNIQUE INDEX undelivered_once ON undelivered (md5(body));`

/** Whoever stood under the same page, channel and address goes; of two in one change the later one stays. */
const REPLACED = `DELETE FROM subscriber AS had USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS put (id, page, channel, address)
  WHERE had.id = put.id OR (had.page = put.page AND had.channel = put.channel AND had.address = put.address)`
const PUT = `INSERT INTO subscriber (id, page, channel, address, state, asked, body)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[], $7::text[])`
const QUEUE = `INSERT INTO queued (message, subscriber, queue, thread, batch, due_at, since, tries, refusals, why, about)
  SELECT message, subscriber, queue, thread, batch, due_at, since, tries, refusals, why, about
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[], $6::double precision[], $7::double precision[],
    $8::integer[], $9::integer[], $10::text[], $11::text[]) WITH ORDINALITY
    AS put (message, subscriber, queue, thread, batch, due_at, since, tries, refusals, why, about, n)
  ORDER BY n ON CONFLICT (message, subscriber) DO NOTHING`
const AGAIN = `UPDATE queued SET due_at = put.due_at, since = put.since, tries = put.tries, refusals = put.refusals, why = put.why
  FROM unnest($1::bigint[], $2::double precision[], $3::double precision[], $4::integer[], $5::integer[], $6::text[])
    AS put (id, due_at, since, tries, refusals, why) WHERE queued.id = put.id`
const FAILED = `INSERT INTO undelivered (body) SELECT body FROM unnest($1::text[]) WITH ORDINALITY AS put (body, n)
  ORDER BY n ON CONFLICT DO NOTHING`
const QUEUED =
  'one.id, message, subscriber, queue, thread, batch, due_at AS "dueAt", since, tries, refusals, why, about'
const DUE = `SELECT ${QUEUED} FROM queued AS one WHERE queue = $1 AND due_at <= $2 AND NOT EXISTS
    (SELECT FROM queued AS older WHERE older.subscriber = one.subscriber AND older.thread = one.thread AND older.id < one.id)
  ORDER BY due_at, one.id LIMIT $3`
const LIST = `SELECT body FROM subscriber WHERE id > $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR page = $3)
  AND ($4::text IS NULL OR channel = $4) ORDER BY id LIMIT $5`

/** Rows as the columns that `unnest` takes. */
const columns = (rows: readonly (readonly unknown[])[]): unknown[][] =>
  (rows[0] ?? []).map((_, i) => rows.map(row => row[i]))

/** Writes a change but for its note; within a transaction of the caller's. */
export async function writeSubscribers(ask: Ask, change: SubscriberChange): Promise<void> {
  const { put = [], drop = [], settle = [], queue = [], again = [], undelivered = [] } = change
  if (drop.length > 0) {
    await ask('DELETE FROM subscriber WHERE id = ANY ($1::text[])', [drop])
    await ask('DELETE FROM queued WHERE subscriber = ANY ($1::text[])', [drop])
  }
  const rows = lastOf(put).map(each => [
    each.id,
    each.page,
    each.channel,
    each.address,
    each.state,
    each.askedAt.at(-1) ?? 0,
    JSON.stringify(each),
  ])
  if (rows.length > 0) {
    await ask(REPLACED, columns(rows).slice(0, 4))
    await ask(PUT, columns(rows))
  }
  if (change.dropAskedBefore !== undefined)
    await ask("DELETE FROM subscriber WHERE state = 'asked' AND asked < $1", [change.dropAskedBefore])
  if (settle.length > 0) await ask('DELETE FROM queued WHERE id = ANY ($1::bigint[])', [settle])
  if (queue.length > 0)
    await ask(
      QUEUE,
      columns(
        queue.map(each => [
          ...[each.message, each.subscriber, each.queue, each.thread, each.batch, each.dueAt, each.since],
          ...[each.tries, each.refusals, each.why, JSON.stringify(each.about)],
        ]),
      ),
    )
  if (again.length > 0)
    await ask(AGAIN, columns(again.map(each => [each.id, each.dueAt, each.since, each.tries, each.refusals, each.why])))
  if (undelivered.length === 0) return
  await ask(FAILED, [undelivered.map(each => JSON.stringify(each))])
  await ask('DELETE FROM undelivered WHERE id NOT IN (SELECT id FROM undelivered ORDER BY id DESC LIMIT $1)', [
    UNDELIVERED_KEPT,
  ])
}

/** Of those that are one and the same by id or by address, the last, as if they had come one after the other. */
function lastOf(put: readonly Subscriber[]): Subscriber[] {
  const [ids, addresses] = [new Set<string>(), new Set<string>()]
  const kept = put.toReversed().filter(({ id, page, channel, address }) => {
    const where = JSON.stringify([page, channel, address])
    if (ids.has(id) || addresses.has(where)) return false
    ids.add(id)
    addresses.add(where)
    return true
  })
  return kept.reverse()
}

type Read = <Row extends object>(sql: string, ...values: unknown[]) => Promise<Row[]>

export function subscriberReader(read: Read): Subscriptions {
  const bodies = async <T>(text: string, ...values: unknown[]): Promise<T[]> =>
    (await read<{ body: string }>(text, ...values)).map(({ body }) => parsed(body) as T)
  const queued = async (text: string, ...values: unknown[]): Promise<Queued[]> =>
    (await read<Omit<Queued, 'about'> & { about: string }>(text, ...values)).map(row => ({
      ...row,
      about: JSON.parse(row.about) as Queued['about'],
    }))
  return {
    async get(ids) {
      const found = await bodies<Subscriber>('SELECT body FROM subscriber WHERE id = ANY ($1::text[])', ids)
      const byId = new Map(found.map(each => [each.id, each]))
      return ids.flatMap(id => byId.get(id) ?? [])
    },
    find: async (page, channel, address) => {
      const where = 'page = $1 AND channel = $2 AND address = $3'
      return (await bodies<Subscriber>(`SELECT body FROM subscriber WHERE ${where}`, page, channel, address))[0] ?? null
    },
    list: ({ after, max, state = null, page = null, channel = null }) => bodies(LIST, after, state, page, channel, max),
    counts: () =>
      read(`SELECT page, channel, state, count(*) AS count FROM subscriber GROUP BY page, channel, state
        ORDER BY page, channel, state`),
    queues: () => read('SELECT queue, min(due_at) AS "dueAt" FROM queued GROUP BY queue ORDER BY queue'),
    due: (queue, now, max) => queued(DUE, queue, now, max),
    batch: (subscriber, batch) =>
      queued(
        `SELECT ${QUEUED} FROM queued AS one WHERE subscriber = $1 AND batch = $2 ORDER BY one.id`,
        subscriber,
        batch,
      ),
    queued: (after, max) =>
      queued(`SELECT ${QUEUED} FROM queued AS one WHERE one.id > $1 ORDER BY one.id LIMIT $2`, after, max),
    waiting: async () => (await read<{ count: number }>('SELECT count(*) AS count FROM queued'))[0]!.count,
    undelivered: () => bodies('SELECT body FROM undelivered ORDER BY id DESC'),
  }
}
