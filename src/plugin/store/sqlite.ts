import type Libsql from 'libsql'
import { PermanentError, TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import type { IncidentEvent } from '../../contract/incident.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import type { Commit, IncidentHead, Reads, Store, Told } from '../../contract/ports.js'
import type { Forget } from '../../contract/order.js'
import type { Change, Notice } from '../../contract/signal.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import type { IncidentView, Rollup } from '../../contract/view.js'

// Plain prepared statements: a commit puts thousands of rows within one transaction, and a query builder would
// compile each and give up the thread between them.

export interface SqliteStoreConfig {
  file: string
  /** For a second connection that only reads. */
  readonly?: boolean
  maxPages?: number
}

const BUSY_MS = 5_000
const ROLLUPS_TRIMMED = 5_000

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
]

type Database = Libsql.Database

const effect = (fact: Change | Notice): EpochMs => (fact.via === 'change' ? (fact.happenedAt ?? fact.at) : fact.at)
const bytes = (value: unknown): Uint8Array =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : (value as Uint8Array)
const blob = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength)
/**
 * Halves of surrogate pairs, which names of old logs may hold, become what the columns beside hold for them: U+FFFD. So
 * whoever reads a row can write its names into an address, and finds the row by it. JSON writes only halves as escapes.
 */
const parsed = (text: string): unknown =>
  JSON.parse(
    text.includes('\\ud') ? text.replace(/\\(?:ud[89a-f][\da-f]{2}|[^])/g, c => (c.length > 2 ? '\ufffd' : c)) : text,
  )
const bodies = <T>(rows: unknown[]): T[] => (rows as { body: string }[]).map(r => parsed(r.body) as T)
const body = <T>(row: unknown): T | null =>
  row === undefined || row === null ? null : (parsed((row as { body: string }).body) as T)

class SqliteStore implements Store {
  private readonly put

  constructor(private readonly db: Database) {
    this.put = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      event: db.prepare('INSERT INTO event (incident, seq, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
      head: db.prepare('INSERT OR REPLACE INTO head (id, service, open, opened_at, body) VALUES (?, ?, ?, ?, ?)'),
      rollup: db.prepare(
        `INSERT INTO rollup (service, bin, position, body) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET position = excluded.position, body = excluded.body WHERE excluded.position >= rollup.position`,
      ),
      undo: db.prepare('DELETE FROM rollup WHERE bin > ? AND bin <= ? AND position > ? AND position <= ?'),
      service: db.prepare('INSERT OR REPLACE INTO service (service, body) VALUES (?, ?)'),
      fact: db.prepare('INSERT OR REPLACE INTO fact (service, id, effect, body) VALUES (?, ?, ?, ?)'),
      order: db.prepare('INSERT OR REPLACE INTO "order" (id, incident, body) VALUES (?, ?, ?)'),
      position: db.prepare('UPDATE position SET position = ?, now = ? WHERE position <= ?'),
      snapshot: db.prepare('INSERT OR REPLACE INTO snapshot (id, position, version, body) VALUES (1, ?, ?, ?)'),
      note: db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
    }
  }

  async commit(commit: Commit): Promise<void> {
    this.within('commit to the store', () => {
      const { put } = this
      for (const each of commit.outcome.forgotten ?? []) this.forget(each)
      for (const e of commit.outcome.events) put.event.run(e.incident, e.seq, JSON.stringify(e))
      for (const h of commit.heads) put.head.run(h.id, h.service, h.open ? 1 : 0, h.openedAt, JSON.stringify(h))
      for (const u of commit.outcome.undone ?? []) put.undo.run(u.after, u.until, u.since, u.position)
      for (const r of commit.outcome.rollups) put.rollup.run(r.service, r.bin, r.position, JSON.stringify(r))
      for (const s of commit.outcome.services) put.service.run(s.service, JSON.stringify(s))
      for (const f of commit.outcome.facts) put.fact.run(f.service, f.id, effect(f), JSON.stringify(f))
      for (const o of commit.orders) put.order.run(o.id, o.incident, JSON.stringify(o))
      put.position.run(commit.position, Number.isFinite(commit.now) ? commit.now : 0, commit.position)
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
      `UPDATE event SET body = json_object('at', json_extract(body, '$.at'), 'event', 'note', 'incident', incident, 'seq', seq,
         'service', json_extract(body, '$.service')) WHERE incident IN (${incidents})`,
    ).run(service)
    for (const table of ['head', 'rollup', 'service', 'fact'])
      db.prepare(`DELETE FROM ${table} WHERE service = ?`).run(service)
  }

  private forgetLabel(service: string, label: string, value: string | undefined): void {
    const put = this.db.prepare('UPDATE rollup SET body = ? WHERE service = ? AND bin = ?')
    const rows = this.db.prepare('SELECT body FROM rollup WHERE service = ? AND bin > ? ORDER BY bin LIMIT ?')
    for (let after = -1; ; ) {
      const found = bodies<Rollup>(rows.all(service, after, ROLLUPS_TRIMMED))
      for (const row of found) {
        let changed = false
        for (const by of [row.reportsBy, row.ratesBy] as Record<string, Record<string, unknown>>[]) {
          const values = by[label]
          if (values === undefined || (value !== undefined && values[value] === undefined)) continue
          changed = true
          if (value !== undefined) delete values[value]
          if (value === undefined || Object.keys(values).length === 0) delete by[label]
        }
        if (changed) put.run(JSON.stringify(row), service, row.bin)
        after = row.bin
      }
      if (found.length < ROLLUPS_TRIMMED) return
    }
  }

  async committed(): Promise<{ position: number; now: EpochMs }> {
    // libsql adds a field of its own to a row of get().
    const row = this.db.prepare('SELECT position, now FROM position').get() as { position: number; now: number }
    return { position: row.position, now: row.now }
  }

  async saveSnapshot(position: number, version: number, snapshot: Uint8Array): Promise<void> {
    // The log is trimmed up to a snapshot: this one commit has to survive a power cut before that.
    this.db.exec('PRAGMA synchronous = FULL')
    try {
      this.within('save a snapshot', () => this.put.snapshot.run(position, version, blob(snapshot)))
    } finally {
      this.db.exec('PRAGMA synchronous = NORMAL')
    }
  }

  async loadSnapshot(): Promise<{ position: number; version: number; body: Uint8Array } | null> {
    const row = this.db.prepare('SELECT position, version, body FROM snapshot').get() as
      | { position: number; version: number; body: unknown }
      | undefined
    return row === undefined ? null : { position: row.position, version: row.version, body: bytes(row.body) }
  }

  async head(incident: string): Promise<IncidentHead | null> {
    return body(this.db.prepare('SELECT body FROM head WHERE id = ?').get(incident))
  }

  async told(after: number, max: number): Promise<Told[]> {
    const rows = this.db
      .prepare('SELECT cursor, body FROM event WHERE cursor > ? ORDER BY cursor LIMIT ?')
      .all(after, max)
    return (rows as { cursor: number; body: string }[]).map(r => ({
      cursor: r.cursor,
      event: parsed(r.body) as IncidentEvent,
    }))
  }

  async note(key: string, value: Uint8Array): Promise<void> {
    this.within('save a note', () => this.put.note.run(key, blob(value)))
  }

  async noted(key: string): Promise<Uint8Array | null> {
    const row = this.db.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: unknown } | undefined
    return row === undefined ? null : bytes(row.value)
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

  reader(): Reads {
    const { db } = this
    const sql = {
      services: db.prepare('SELECT body FROM service ORDER BY service'),
      service: db.prepare('SELECT body FROM service WHERE service = ?'),
      rollups: db.prepare('SELECT body FROM rollup WHERE service = ? AND bin >= ? AND bin < ? ORDER BY bin'),
      nextBin: db.prepare('SELECT bin FROM rollup WHERE service = ? AND bin >= ? AND bin < ? ORDER BY bin LIMIT 1'),
      incident: db.prepare('SELECT body FROM head WHERE id = ?'),
      events: db.prepare('SELECT body FROM event WHERE incident = ? ORDER BY seq'),
      facts: db.prepare('SELECT body FROM fact WHERE service = ? AND effect >= ? AND effect < ? ORDER BY effect, id'),
    }
    const story = (head: IncidentHead): IncidentView => {
      const { lastSeq: _, ...view } = head
      return { ...view, events: bodies(sql.events.all(head.id)) }
    }
    return {
      services: async () => bodies(sql.services.all()),
      service: async id => body(sql.service.get(id)),
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
      incidents: async ({ service, open, limit, before }) => {
        const where = ['1']
        const values: (string | number)[] = []
        const and = (condition: string, value: string | number) => {
          where.push(condition)
          values.push(value)
        }
        if (service !== undefined) and('service = ?', service)
        if (open !== undefined) and('open = ?', open ? 1 : 0)
        if (before !== undefined) and('opened_at < ?', before)
        const heads = db.prepare(
          `SELECT body FROM head WHERE ${where.join(' AND ')} ORDER BY opened_at DESC, id LIMIT ?`,
        )
        return bodies<IncidentHead>(heads.all(...values, limit)).map(story)
      },
      incident: async id => {
        const head = body<IncidentHead>(sql.incident.get(id))
        return head === null ? null : story(head)
      },
      facts: async (service, from, until) => bodies(sql.facts.all(service, from, until)),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close()
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

const sqlite: Plugin<'store', SqliteStoreConfig, Store> = plugin({
  kind: 'store',
  name: 'sqlite',
  summary: 'the embedded store: one SQLite file',
  config: { type: 'object', required: ['file'], properties: { file: { type: 'string' } } },
  async open(config): Promise<Store> {
    const { default: Database } = await import('libsql')
    const db = new Database(config.file)
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`)
    // All of it can be computed again from the log, so losing the last commits to a power cut loses nothing; NORMAL
    // still keeps the file whole and its transactions in order.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const { user_version: version } = (db.pragma('user_version') as { user_version: number }[])[0]!
    if (version > MIGRATIONS.length)
      throw new PermanentError(
        `${config.file} was written by a newer version (store schema ${version}; this one knows ${MIGRATIONS.length})`,
      )
    if (config.readonly === true) db.exec('PRAGMA query_only = 1')
    else
      for (let v = version; v < MIGRATIONS.length; v++)
        db.exec(`BEGIN; ${MIGRATIONS[v]} PRAGMA user_version = ${v + 1}; COMMIT`)
    if (config.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${config.maxPages}`)
    return new SqliteStore(db)
  },
})
export default sqlite
