import { PermanentError, TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import { type Place, type Plugin, plugin } from '../../contract/plugin.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Commit, IncidentHead, Reads, Store, CommittedEvent } from '../../contract/ports.js'
import type { Forget, Order } from '../../contract/order.js'
import type { SubscriberChange, Subscriptions } from '../../contract/subscribers/subscriber.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import type { AlertHeard, Heard, IncidentQuery, IncidentView, Rollup, ServiceRow } from '../../contract/view.js'
import { type Database, faultsOf, filesOf, lookThrough, naming, openFile, isSumOf, sumOf } from '../shared/sqlite.js'
import { effectOf, parsed, shown, withoutLabel } from '../shared/stored.js'
import { HEARD, headsAsked } from './sqlite/incidents.js'
import { faultsOfRows, seal, type Sealed } from './sqlite/rows.js'
import { isAboutPeople, SUBSCRIBER_TABLES, subscriberReader, subscriberWriter } from './sqlite/subscribers.js'

// Plain prepared statements: a commit puts thousands of rows within one transaction, and a query builder would
// compile each and give up the thread between them.

/** Rows that one transaction rewrites or deletes, so that commits do not wait long. */
const ROLLUPS_TRIMMED = 5_000
/**
 * All of it can be computed again from the log, so losing the last commits to a power cut loses nothing; NORMAL still
 * keeps the file whole and its transactions in order.
 */
const PRAGMAS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'

/** Step n brings a database from version n to n + 1. Never edited once released; a change is a new step. */
const MIGRATIONS = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
   CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, now INTEGER NOT NULL);
   INSERT INTO position VALUES (1, 0, 0);
   CREATE TABLE snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL);
   CREATE TABLE event (cursor INTEGER PRIMARY KEY AUTOINCREMENT, incident TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
     UNIQUE (incident, seq));
   CREATE TABLE head (id TEXT PRIMARY KEY, service TEXT NOT NULL, open INTEGER NOT NULL, opened_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE INDEX head_opened ON head (opened_at);
   CREATE INDEX head_service ON head (service, opened_at);
   CREATE TABLE rollup (service TEXT NOT NULL, bin INTEGER NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (service, bin)) WITHOUT ROWID;
   CREATE TABLE service (service TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE fact (service TEXT NOT NULL, id TEXT NOT NULL, effect INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (service, id)) WITHOUT ROWID;
   CREATE INDEX fact_effect ON fact (service, effect);
   CREATE TABLE "order" (id TEXT PRIMARY KEY, incident TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;`,
  // Checksums; rows of before have none.
  ['meta', 'position', 'snapshot', 'event', 'head', 'rollup', 'service', 'fact', '"order"']
    .map(table => `ALTER TABLE ${table} ADD COLUMN sum INTEGER;`)
    .join(' '),
  SUBSCRIBER_TABLES,
  // What people asked of one incident, and which are open, among ten thousand.
  'CREATE INDEX order_incident ON "order" (incident); CREATE INDEX head_open ON head (open, opened_at)',
]

const bytes = (value: unknown): Uint8Array =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : value instanceof Uint8Array ? value : new Uint8Array(0)
const blob = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength)
export class SqliteStore implements Store {
  private readonly put
  readonly subscriptions: Subscriptions
  private readonly putSubscribers

  constructor(
    private readonly db: Database,
    private readonly file: string,
  ) {
    this.put = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      event: db.prepare('INSERT INTO event (incident, seq, body, sum) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'),
      head: db.prepare(
        'INSERT OR REPLACE INTO head (id, service, open, opened_at, body, sum) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      rollup: db.prepare(
        `INSERT INTO rollup (service, bin, position, body, sum) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET position = excluded.position, body = excluded.body, sum = excluded.sum WHERE excluded.position >= rollup.position`,
      ),
      undo: db.prepare('DELETE FROM rollup WHERE bin > ? AND bin <= ? AND position > ? AND position <= ?'),
      service: db.prepare('INSERT OR REPLACE INTO service (service, body, sum) VALUES (?, ?, ?)'),
      fact: db.prepare('INSERT OR REPLACE INTO fact (service, id, effect, body, sum) VALUES (?, ?, ?, ?, ?)'),
      order: db.prepare('INSERT OR REPLACE INTO "order" (id, incident, body, sum) VALUES (?, ?, ?, ?)'),
      position: db.prepare('UPDATE position SET position = ?, now = ?, sum = ? WHERE position <= ?'),
      snapshot: db.prepare('INSERT OR REPLACE INTO snapshot (id, position, version, body, sum) VALUES (1, ?, ?, ?, ?)'),
      note: db.prepare('INSERT OR REPLACE INTO meta (key, value, sum) VALUES (?, ?, ?)'),
    }
    this.subscriptions = subscriberReader(db, row => this.opened(row))
    this.putSubscribers = subscriberWriter(db, (key, value) => this.putNote(key, value))
  }

  async commit(commit: Commit): Promise<void> {
    this.within('commit to the store', () => {
      const { put } = this
      for (const each of commit.outcome.forgotten ?? []) this.forget(each)
      for (const e of commit.outcome.events) put.event.run(e.incident, e.seq, ...seal(e))
      for (const h of commit.heads) put.head.run(h.id, h.service, h.open ? 1 : 0, h.openedAt, ...seal(h))
      for (const u of commit.outcome.undone ?? []) put.undo.run(u.after, u.until, u.since, u.position)
      for (const r of commit.outcome.rollups) put.rollup.run(r.service, r.bin, r.position, ...seal(r))
      for (const s of commit.outcome.services) put.service.run(s.service, ...seal(s))
      for (const f of commit.outcome.facts) put.fact.run(f.service, f.id, effectOf(f), ...seal(f))
      for (const o of commit.orders) put.order.run(o.id, o.incident, ...seal(o))
      const now = Number.isFinite(commit.now) ? commit.now : 0
      put.position.run(commit.position, now, sumOf(`${commit.position} ${now}`), commit.position)
    })
  }

  private forget({ service, label, value, component }: Forget): void {
    const { db } = this
    const part = label ?? (component === undefined ? undefined : 'component')
    if (part !== undefined) return this.forgetLabel(service, part, label === undefined ? component : value)
    const incidents = 'SELECT id FROM head WHERE service = ?'
    db.prepare(`DELETE FROM "order" WHERE incident IN (${incidents})`).run(service)
    // Their places stay taken: what is folded again is not told again. Nobody is told of a note.
    db.prepare(
      `UPDATE event SET sum = NULL, body = json_object('at', json_extract(body, '$.at'), 'event', 'note', 'incident', incident, 'seq', seq,
         'service', json_extract(body, '$.service')) WHERE incident IN (${incidents})`,
    ).run(service)
    for (const table of ['head', 'rollup', 'service', 'fact'])
      db.prepare(`DELETE FROM ${table} WHERE service = ?`).run(service)
  }

  private forgetLabel(service: string, label: string, value: string | undefined): void {
    const put = this.db.prepare('UPDATE rollup SET body = ?, sum = ? WHERE service = ? AND bin = ?')
    const rows = this.db.prepare('SELECT body, sum FROM rollup WHERE service = ? AND bin > ? ORDER BY bin LIMIT ?')
    for (let after = -1; ; ) {
      const found = (rows.all(service, after, ROLLUPS_TRIMMED) as Sealed[]).map(row => this.opened<Rollup>(row))
      for (const row of found) {
        if (withoutLabel(row, label, value)) put.run(...seal(row), service, row.bin)
        after = row.bin
      }
      if (found.length < ROLLUPS_TRIMMED) return
    }
  }

  async committed(): Promise<{ position: number; now: EpochMs }> {
    // libsql adds a field of its own to a row of get().
    const row = this.asked(() => this.db.prepare('SELECT position, now, sum FROM position').get()) as {
      position: number
      now: number
      sum: number | null
    }
    if (row === undefined || (row.sum !== null && row.sum !== sumOf(`${row.position} ${row.now}`)))
      throw this.damaged('how far it is cannot be read')
    return { position: row.position, now: row.now }
  }

  async saveSnapshot(position: number, version: number, snapshot: Uint8Array): Promise<void> {
    // The log is trimmed up to a snapshot: this one commit has to survive a power cut before that.
    this.durably(() =>
      this.within('save a snapshot', () =>
        this.put.snapshot.run(position, version, blob(snapshot), snapshotSum(position, version, snapshot)),
      ),
    )
  }

  async loadSnapshot(): Promise<{ position: number; version: number; body: Uint8Array } | null> {
    const row = this.asked(() => this.db.prepare('SELECT position, version, body, sum FROM snapshot').get()) as
      | { position: number; version: number; body: unknown; sum: number | null }
      | undefined
    if (row === undefined) return null
    const { position, version, sum } = row
    const body = bytes(row.body)
    if (sum !== null && sum !== snapshotSum(position, version, body))
      throw this.damaged('the snapshot is not what was written')
    return { position, version, body }
  }

  /** Where the snapshot stands, without reading it. */
  async snapshotAt(): Promise<{ position: number; version: number } | null> {
    const row = this.asked(() => this.db.prepare('SELECT position, version FROM snapshot').get())
    return (row as { position: number; version: number } | undefined) ?? null
  }

  async head(incident: string): Promise<IncidentHead | null> {
    return this.body(this.db.prepare('SELECT body, sum FROM head WHERE id = ?').get(incident))
  }

  async eventsAfter(after: number, max: number): Promise<CommittedEvent[]> {
    const rows = this.db
      .prepare('SELECT cursor, body, sum FROM event WHERE cursor > ? ORDER BY cursor LIMIT ?')
      .all(after, max)
    return (rows as (Sealed & { cursor: number })[]).map(r => ({
      cursor: r.cursor,
      event: this.opened<IncidentEvent>(r),
    }))
  }

  async note(key: string, value: Uint8Array): Promise<void> {
    this.within('save a note', () => this.putNote(key, value))
  }

  private putNote(key: string, value: Uint8Array): void {
    this.put.note.run(key, blob(value), sumOf(value, sumOf(key)))
  }

  async subscribe(change: SubscriberChange): Promise<void> {
    const work = () => this.within('keep subscribers', () => this.putSubscribers(change))
    // Who subscribed cannot be computed again.
    if (isAboutPeople(change)) this.durably(work)
    else work()
  }

  async noted(key: string): Promise<Uint8Array | null> {
    const row = this.asked(() => this.db.prepare('SELECT value, sum FROM meta WHERE key = ?').get(key)) as
      | { value: unknown; sum: number | null }
      | undefined
    if (row === undefined) return null
    const value = bytes(row.value)
    if (row.sum !== null && !isSumOf(row.sum, value, sumOf(key)))
      throw this.damaged(`the note "${key}" is not what was written`)
    return value
  }

  async notes(after: string, max: number): Promise<{ key: string; value: Uint8Array }[]> {
    const rows = this.db.prepare('SELECT key FROM meta WHERE key > ? ORDER BY key LIMIT ?').all(after, max)
    const keys = (rows as { key: string }[]).map(({ key }) => key)
    return Promise.all(keys.map(async key => ({ key, value: (await this.noted(key))! })))
  }

  async trim(before: { rollups: EpochMs; facts: EpochMs }): Promise<void> {
    const rollups = this.db.prepare(
      'DELETE FROM rollup WHERE (service, bin) IN (SELECT service, bin FROM rollup WHERE bin < ? LIMIT ?)',
    )
    while ((rollups.run(before.rollups, ROLLUPS_TRIMMED) as { changes: number }).changes === ROLLUPS_TRIMMED) {
      await new Promise(next => setImmediate(next))
    }
    this.db.prepare('DELETE FROM fact WHERE effect < ?').run(before.facts)
  }

  async alerts(service: string): Promise<AlertHeard[] | null> {
    const row = this.body<ServiceRow>(this.db.prepare('SELECT body, sum FROM service WHERE service = ?').get(service))
    return row === null ? null : (row.alerts ?? [])
  }

  reader(): Reads {
    const { db } = this
    const bodies = <T>(rows: unknown[]): T[] => (rows as Sealed[]).map(row => this.opened<T>(row))
    const sql = {
      services: db.prepare('SELECT body, sum FROM service ORDER BY service'),
      service: db.prepare('SELECT body, sum FROM service WHERE service = ?'),
      rollups: db.prepare('SELECT body, sum FROM rollup WHERE service = ? AND bin >= ? AND bin < ? ORDER BY bin'),
      nextBin: db.prepare('SELECT bin FROM rollup WHERE service = ? AND bin >= ? AND bin < ? ORDER BY bin LIMIT 1'),
      heard: db.prepare(HEARD),
      incident: db.prepare('SELECT body, sum FROM head WHERE id = ?'),
      events: db.prepare('SELECT body, sum FROM event WHERE incident = ? ORDER BY seq'),
      orders: db.prepare('SELECT body, sum FROM "order" WHERE incident = ?'),
      facts: db.prepare(
        'SELECT body, sum FROM fact WHERE service = ? AND effect >= ? AND effect < ? ORDER BY effect, id',
      ),
      // A body that is not read costs a tenth of one that is: services that deploy all day have few notices.
      factsVia: db.prepare(
        "SELECT body, sum FROM fact WHERE service = ? AND effect >= ? AND effect < ? AND body ->> '$.via' = ? ORDER BY effect, id",
      ),
    }
    const asked = (query: IncidentQuery): IncidentHead[] => {
      const { text, values } = headsAsked(query)
      return bodies<IncidentHead>(db.prepare(text).all(...values))
    }
    const story = (head: IncidentHead): IncidentView => {
      const { lastSeq: _, ...view } = head
      return { ...view, events: bodies(sql.events.all(head.id)) }
    }
    return {
      services: async () => bodies<ServiceRow>(sql.services.all()).map(shown),
      service: async id => {
        const row = this.body<ServiceRow>(sql.service.get(id))
        return row === null ? null : shown(row)
      },
      rollups: async (service, from, until) => bodies<Rollup>(sql.rollups.all(service, from, until)),
      days: async (service, from, until, offsetMs = 0) => {
        const days: EpochMs[] = []
        for (let next = from; next < until; ) {
          const row = sql.nextBin.get(service, next, until) as { bin: number } | undefined | null
          if (!row) break
          const day = Math.floor((row.bin + offsetMs) / DAY) * DAY
          days.push(day)
          next = day + DAY - offsetMs
        }
        return days
      },
      incidents: async query => asked(query).map(story),
      briefs: async query => asked(query),
      heard: async (from, until) => sql.heard.all(from, until, from, until) as Heard[],
      incident: async id => {
        const head = this.body<IncidentHead>(sql.incident.get(id))
        return head === null ? null : story(head)
      },
      orders: async incident =>
        bodies<Order>(sql.orders.all(incident)).sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.at - b.at),
      facts: async (service, from, until, via) =>
        bodies(via ? sql.factsVia.all(service, from, until, via) : sql.facts.all(service, from, until)),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close()
  }

  async lookThrough(): Promise<void> {
    lookThrough(this.db, this.file)
  }

  async faults(): Promise<string[]> {
    const found = [...faultsOf(this.db, this.file, false), ...faultsOfRows(this.db, this.file)]
    const notes = this.db.prepare('SELECT key FROM meta').all() as { key: string }[]
    for (const ask of [
      () => this.committed(),
      () => this.loadSnapshot(),
      ...notes.map(
        ({ key }) =>
          () =>
            this.noted(key),
      ),
    ])
      await ask().catch((error: Error) => found.push(error.message))
    return found
  }

  private body<T>(row: unknown): T | null {
    return row === undefined || row === null ? null : this.opened(row as Sealed)
  }

  /** @throws PermanentError when it is not what was written: nothing is shown that was not */
  private opened<T>({ body, sum }: Sealed): T {
    if (typeof body !== 'string' || (sum !== null && sum !== sumOf(body)))
      throw this.damaged('a row is not what was written')
    return parsed(body) as T
  }

  private asked<T>(ask: () => T): T {
    try {
      return ask()
    } catch (error) {
      throw naming(this.file, error)
    }
  }

  private damaged(what: string): PermanentError {
    return new PermanentError(`${this.file}: it is damaged: ${what}`)
  }

  /** What is committed meanwhile survives a power cut. */
  private durably(work: () => void): void {
    this.db.exec('PRAGMA synchronous = FULL')
    try {
      work()
    } finally {
      this.db.exec('PRAGMA synchronous = NORMAL')
    }
  }

  private within(operation: string, work: () => void): void {
    try {
      this.put.begin.run()
      work()
      this.put.commit.run()
    } catch (cause) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK')
      const { code } = cause as { code?: string }
      if (code === 'SQLITE_FULL' || code?.startsWith('SQLITE_IOERR') === true)
        throw new TransientError(`cannot ${operation}: no room on the disk (${code})`, RETRY_AFTER_MS, { cause })
      throw cause
    }
  }
}

const snapshotSum = (position: number, version: number, body: Uint8Array): number =>
  sumOf(body, sumOf(`${position} ${version}`))

/** @throws PermanentError with the file's name */
export async function openStore(place: Place): Promise<SqliteStore> {
  const db = await openFile(place, 'store', PRAGMAS, MIGRATIONS)
  try {
    return new SqliteStore(db, place.file)
  } catch (error) {
    db.close()
    throw naming(place.file, error)
  }
}

const sqlite: Plugin<'store', Record<string, never>, Store> = plugin({
  kind: 'store',
  name: 'sqlite',
  summary: 'the embedded store: one SQLite file',
  config: { type: 'object', additionalProperties: false },
  files: filesOf(MIGRATIONS.length),
  open: (_, __, place) => openStore(place),
})
export default sqlite
