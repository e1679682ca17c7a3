import type Libsql from 'libsql'
import { PermanentError, TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import type { Log, LogEntry, NewEntry } from '../../contract/ports.js'
import type { EpochMs } from '../../contract/time.js'

export interface SqliteLogConfig {
  /** Path of the database file. */
  file: string
  /** For a second connection that only reads. */
  readonly?: boolean
  /** Pages of PAGE_BYTES at most; for tests of a full disk. */
  maxPages?: number
}

const VERSION = 1
/** A row holds hundreds of signals, so larger pages than SQLite's 4 KB save half of its bookkeeping. */
const PAGE_BYTES = 16_384
/** The write-ahead log is folded back every 32 MB: each fold costs two fsyncs more. */
const CHECKPOINT_PAGES = 2_048
/** A reader waits this long for a lock, which only recovery after a crash holds. */
const BUSY_MS = 5_000

const SCHEMA = `
  CREATE TABLE log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    keys BLOB NOT NULL,
    body BLOB NOT NULL
  );
  PRAGMA user_version = ${VERSION};`

interface Row {
  position: number
  at: number
  kind: LogEntry['kind']
  count: number
  keys: Uint8Array | ArrayBuffer | null
  body: Uint8Array | ArrayBuffer | null
}

type Database = Libsql.Database

/** SQLite in WAL mode with full sync: the commit returns when the rows survive a power cut. */
class SqliteLog implements Log {
  private readonly statements

  constructor(private readonly db: Database) {
    this.statements = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      insert: db.prepare('INSERT INTO log (at, kind, count, keys, body) VALUES (?, ?, ?, ?, ?)'),
      read: db.prepare(
        'SELECT position, at, kind, count, keys, body FROM log WHERE position > ? ORDER BY position LIMIT ?',
      ),
      keys: db.prepare(
        'SELECT position, at, kind, count, keys FROM log WHERE position > ? AND at >= ? ORDER BY position LIMIT ?',
      ),
      newest: db.prepare('SELECT position, at FROM log ORDER BY position DESC LIMIT 1'),
      cut: db.prepare('SELECT max(position) AS position FROM log WHERE position <= ? AND at < ?'),
      trim: db.prepare(
        'DELETE FROM log WHERE position IN (SELECT position FROM log WHERE position <= ? ORDER BY position LIMIT ?)',
      ),
    }
  }

  async append(entries: readonly NewEntry[]): Promise<number[]> {
    const { begin, insert, commit } = this.statements
    const positions: number[] = []
    try {
      begin.run()
      for (const e of entries)
        positions.push(Number(insert.run(e.at, e.kind, e.count, blob(e.keys), blob(e.body)).lastInsertRowid))
      commit.run()
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK')
      throw explain('append to the log', error)
    }
    return positions
  }

  async read(after: number, max: number): Promise<LogEntry[]> {
    return (this.statements.read.all(after, max) as Row[]).map(r => ({
      ...r,
      keys: bytes(r.keys),
      body: bytes(r.body),
    }))
  }

  async keys(after: number, since: EpochMs, max: number): Promise<Omit<LogEntry, 'body'>[]> {
    const rows = this.statements.keys.all(after, since, max) as Omit<Row, 'body'>[]
    return rows.map(r => ({ ...r, keys: bytes(r.keys) }))
  }

  async last(): Promise<{ position: number; at: EpochMs }> {
    // The newest row is never trimmed (see trim), so it tells both.
    const row = this.statements.newest.get() as { position: number; at: number } | undefined
    return { position: row?.position ?? 0, at: row?.at ?? 0 }
  }

  /** In steps, so that appends are held up by 200 rows at most. */
  async trim(before: EpochMs, upTo: number): Promise<number> {
    const { position } = await this.last()
    const end = Math.min(upTo, position - 1)
    const cut = (this.statements.cut.get(end, before) as { position: number | null }).position ?? 0
    let trimmed = 0
    for (;;) {
      const { changes } = this.statements.trim.run(cut, TRIM_ROWS) as { changes: number }
      trimmed += changes
      if (changes < TRIM_ROWS) return trimmed
      await new Promise(next => setImmediate(next))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close()
  }
}

const TRIM_ROWS = 200

const bytes = (value: Uint8Array | ArrayBuffer | null): Uint8Array =>
  value === null ? new Uint8Array(0) : value instanceof ArrayBuffer ? new Uint8Array(value) : value
const blob = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength)

/** No room is worth trying again: space may be made. Everything else is ours. */
function explain(operation: string, cause: unknown): unknown {
  const { code } = cause as { code?: string }
  const full = code === 'SQLITE_FULL' || code === 'ENOSPC' || code?.startsWith('SQLITE_IOERR') === true
  return full
    ? new TransientError(`cannot ${operation}: no room on the disk (${code})`, RETRY_AFTER_MS, { cause })
    : cause
}

const sqlite: Plugin<'bus', SqliteLogConfig, Log> = plugin({
  kind: 'bus',
  name: 'sqlite',
  summary: 'the embedded log: one SQLite file, durable with every group commit',
  config: { type: 'object', required: ['file'], properties: { file: { type: 'string' } } },
  async open(config): Promise<Log> {
    const { default: Database } = await import('libsql')
    const db = new Database(config.file)
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`)
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
    const { user_version: version } = (db.pragma('user_version') as { user_version: number }[])[0]!
    if (version > VERSION)
      throw new PermanentError(
        `${config.file} was written by a newer version (log schema ${version}; this one knows ${VERSION})`,
      )
    if (version === 0 && config.readonly !== true) db.exec(`BEGIN; ${SCHEMA} COMMIT`)
    if (config.readonly === true) db.exec('PRAGMA query_only = 1')
    db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    if (config.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${config.maxPages}`)
    return new SqliteLog(db)
  },
})
export default sqlite
