import { PermanentError, TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import { type Place, type Plugin, plugin } from '../../contract/plugin.js'
import type { Log, LogEntry, LogState, NewEntry } from '../../contract/ports.js'
import type { EpochMs } from '../../contract/time.js'
import { packed, unpacked } from './sqlite/packing.js'
import { type Database, faultsOf, filesOf, isSumOf, lookThrough, naming, openFile, sumOf } from '../shared/sqlite.js'

/** A row holds hundreds of signals, so larger pages than SQLite's 4 KB save half of its bookkeeping. */
const PAGE_BYTES = 16_384
/** The write-ahead log is folded back every 32 MB: each fold costs two fsyncs more. */
const CHECKPOINT_PAGES = 2_048
const PRAGMAS = `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`

/** Step n brings a database from version n to n + 1. Never edited once released; a change is a new step. */
const MIGRATIONS = [
  `CREATE TABLE log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    keys BLOB NOT NULL,
    body BLOB NOT NULL
  );`,
  // Rows of before keep no checksum. `gap`: positions after the one up to the other were never written to this file.
  (db: Database) => {
    db.exec(`ALTER TABLE log ADD COLUMN head_sum INTEGER;
      ALTER TABLE log ADD COLUMN body_sum INTEGER;
      CREATE TABLE gap (after INTEGER PRIMARY KEY, until INTEGER NOT NULL);
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`)
    const { first, last } = edges(db)
    const put = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
    put.run('summed', String(last + 1))
    put.run('trimmed', String(first - 1))
  },
  // Bytes of the body before it was packed; NULL: it is as it was.
  'ALTER TABLE log ADD COLUMN size INTEGER;',
]

interface Row {
  position: number
  at: number
  kind: LogEntry['kind']
  count: number
  keys: Uint8Array | ArrayBuffer | null
  body: Uint8Array | ArrayBuffer | null
  head_sum: number | null
  body_sum: number | null
  size: number | null
}

/**
 * Of a damaged row each column may be of any type, and the binding ends the process where a text is none: so they are read as
 * what they should be. What comes of it has another checksum.
 */
const read = (type: 'INTEGER' | 'BLOB', ...columns: string[]): string =>
  columns.map(each => `CAST(${each} AS ${type}) AS ${each}`).join(', ')
const HEAD = `position, ${read('INTEGER', 'at', 'count', 'size', 'head_sum')}, ${read('BLOB', 'kind', 'keys')}`

/** Two questions: one for both would read every row. */
const EDGES = 'SELECT (SELECT min(position) FROM log) AS first, (SELECT max(position) FROM log) AS newest'

/** Where the rows begin and where positions end. The counter of SQLite remembers the newest, also when it is gone. */
function edges(db: Database): { first: number; last: number; newest: number } {
  const row = db.prepare(EDGES).get() as {
    first: number | null
    newest: number | null
  }
  const counter = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'log'").get() as { seq: number } | undefined
  const last = Math.max(counter?.seq ?? 0, row.newest ?? 0)
  return { first: row.first ?? last + 1, last, newest: row.newest ?? 0 }
}

type Head = Pick<Row, 'at' | 'kind' | 'count' | 'size'>
const headStart = (position: number, { at, kind, count, size }: Head): number =>
  sumOf(`${position} ${at} ${kind} ${count}${size === null ? '' : ` ${size}`}`)

/** SQLite in WAL mode with full sync: the commit returns when the rows survive a power cut. */
export class SqliteLog implements Log {
  private readonly statements
  private end: number
  /** From here on each row has its checksums. */
  private readonly summed: number

  constructor(
    private readonly db: Database,
    private readonly file: string,
  ) {
    this.statements = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      insert: db.prepare(
        'INSERT INTO log (position, at, kind, count, keys, body, size, head_sum, body_sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ),
      read: db.prepare(
        `SELECT ${HEAD}, ${read('BLOB', 'body')}, ${read('INTEGER', 'body_sum')} FROM log WHERE position > ? ORDER BY position LIMIT ?`,
      ),
      since: db.prepare('SELECT position FROM log WHERE position > ? AND at >= ? ORDER BY position LIMIT 1'),
      keys: db.prepare(`SELECT ${HEAD} FROM log WHERE position > ? ORDER BY position LIMIT ?`),
      newest: db.prepare('SELECT position, at FROM log ORDER BY position DESC LIMIT 1'),
      cut: db.prepare('SELECT max(position) AS position FROM log WHERE position <= ? AND at < ?'),
      trim: db.prepare(
        'DELETE FROM log WHERE position IN (SELECT position FROM log WHERE position <= ? ORDER BY position LIMIT ?)',
      ),
      meta: db.prepare('SELECT value FROM meta WHERE key = ?'),
      put: db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
      gaps: db.prepare('SELECT after, until FROM gap ORDER BY after'),
    }
    this.end = edges(db).last
    this.summed = this.number('summed')
  }

  async append(entries: readonly NewEntry[]): Promise<number[]> {
    const { begin, insert, commit } = this.statements
    const positions: number[] = []
    let position = this.end
    try {
      begin.run()
      for (const e of entries) {
        positions.push(++position)
        const { stored, size } = packed(e.body)
        const head = sumOf(e.keys, headStart(position, { ...e, size }))
        insert.run(position, e.at, e.kind, e.count, blob(e.keys), blob(stored), size, head, sumOf(stored))
      }
      commit.run()
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK')
      throw explain('append to the log', error)
    }
    this.end = position
    return positions
  }

  /** @throws PermanentError where an entry is damaged or missing: what is told is what was written. */
  async read(after: number, max: number): Promise<LogEntry[]> {
    return this.whole(after, this.rows('read', after, max)).map(row => {
      const { position, at, kind, count, keys } = row
      return { position, at, kind, count, keys: bytes(keys), body: this.unpacked(row) }
    })
  }

  async keys(after: number, since: EpochMs, max: number): Promise<Omit<LogEntry, 'body'>[]> {
    const first = this.statements.since.get(after, since) as { position: number } | undefined
    if (first === undefined) return []
    const from = first.position - 1
    const rows = this.whole(from, this.rows('keys', from, max))
    return rows.map(({ position, at, kind, count, keys }) => ({ position, at, kind, count, keys: bytes(keys) }))
  }

  async last(): Promise<{ position: number; at: EpochMs }> {
    // The newest row is never trimmed (see trim), so it tells both; but of a log that was lost only the position is known.
    const row = this.statements.newest.get() as { position: number; at: number } | undefined
    const until = this.gaps().at(-1)?.until ?? 0
    return { position: Math.max(row?.position ?? 0, until), at: row?.at ?? 0 }
  }

  /** In steps, so that appends are held up by 200 rows at most. */
  async trim(before: EpochMs, upTo: number): Promise<number> {
    const { begin, trim, put, commit } = this.statements
    const { position } = await this.last()
    const end = Math.min(upTo, position - 1)
    const cut = (this.statements.cut.get(end, before) as { position: number | null }).position ?? 0
    let trimmed = 0
    for (;;) {
      let changes: number
      try {
        begin.run()
        ;({ changes } = trim.run(cut, TRIM_ROWS) as { changes: number })
        if (changes > 0) put.run('trimmed', String(edges(this.db).first - 1))
        commit.run()
      } catch (error) {
        if (this.db.inTransaction) this.db.exec('ROLLBACK')
        throw explain('trim the log', error)
      }
      trimmed += changes
      if (changes < TRIM_ROWS) return trimmed
      await new Promise(next => setImmediate(next))
    }
  }

  async state(): Promise<LogState> {
    const { first, last } = edges(this.db)
    const gaps = this.gaps()
    return {
      first,
      last,
      gaps: gaps.length,
      gapEnd: gaps.at(-1)?.until ?? 0,
      summed: this.summed,
      workspace: this.meta('workspace'),
    }
  }

  async belongsTo(workspace: string): Promise<void> {
    this.statements.put.run('workspace', workspace)
  }

  async goOnAfter(position: number): Promise<void> {
    this.db.exec('BEGIN IMMEDIATE')
    this.db.prepare('INSERT OR REPLACE INTO gap (after, until) VALUES (?, ?)').run(this.end, position)
    this.db.prepare("DELETE FROM sqlite_sequence WHERE name = 'log'").run()
    this.db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('log', ?)").run(position)
    this.db.exec('COMMIT')
    this.end = position
  }

  async rewrite(replacement: (entry: LogEntry) => Uint8Array | null): Promise<number> {
    const update = this.db.prepare('UPDATE log SET body = ?, size = ?, head_sum = ?, body_sum = ? WHERE position = ?')
    let rewritten = 0
    // What stood there is overwritten, and the journal beside the file cut, so that nothing of it stays on the disk.
    this.db.exec('PRAGMA secure_delete = ON; BEGIN IMMEDIATE')
    try {
      for (let after = 0; ; ) {
        const entries = await this.read(after, TRIM_ROWS)
        for (const entry of entries) {
          const body = replacement(entry)
          if (body === null) continue
          const { stored, size } = packed(body)
          const head = sumOf(entry.keys, headStart(entry.position, { ...entry, size }))
          update.run(blob(stored), size, head, sumOf(stored), entry.position)
          rewritten++
        }
        if (entries.length === 0) break
        after = entries.at(-1)!.position
      }
      this.db.exec('COMMIT')
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK')
      throw explain('rewrite the log', error)
    }
    this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return rewritten
  }

  /** A damaged page of a small file, a lost end. */
  async lookThrough(): Promise<void> {
    lookThrough(this.db, this.file)
    const lost = this.lostEnd()
    if (lost !== null) throw this.damaged(lost)
  }

  async faults(): Promise<string[]> {
    const found = faultsOf(this.db, this.file, false)
    for (let after = 0; found.length < FAULTS_MAX; ) {
      let rows: Row[]
      try {
        rows = this.rows('read', after, 1)
      } catch (error) {
        found.push(`${(error as Error).message}, at the entries after ${after}`)
        break
      }
      if (rows.length === 0) break
      const { position } = rows[0]!
      for (const look of [
        () => this.mayBegin(after, position),
        () => this.same(rows[0]!),
        () => this.unpacked(rows[0]!),
      ])
        try {
          look()
        } catch (error) {
          found.push((error as Error).message)
        }
      // A damaged key may be smaller than what it was found by.
      after = Math.max(after + 1, position)
    }
    const lost = this.lostEnd()
    if (lost !== null) found.push(this.damaged(lost).message)
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close()
  }

  private meta(key: string): string | null {
    return (this.statements.meta.get(key) as { value: string } | undefined)?.value ?? null
  }

  private number(key: string): number {
    const value = this.meta(key)
    if (value === null || !/^\d{1,15}$/.test(value)) throw this.damaged(`"${key}" of its table meta is no number`)
    return Number(value)
  }

  private rows(which: 'read' | 'keys', after: number, max: number): Row[] {
    try {
      const rows = this.statements[which].all(after, max) as (Row & { kind: unknown })[]
      return rows.map(row => ({ ...row, kind: Buffer.from(bytes(row.kind)).toString() as Row['kind'] }))
    } catch (error) {
      throw naming(this.file, error)
    }
  }

  /** The counter of positions is moved with each row and never back: rows that it knows were there. */
  private lostEnd(): string | null {
    const { last, newest } = edges(this.db)
    if (newest === last || this.gaps().some(({ until }) => until === last)) return null
    return `entries ${newest + 1} to ${last} are lost`
  }

  private gaps(): Gap[] {
    return this.statements.gaps.all() as Gap[]
  }

  /** The rows that follow on `after`, once each is what was written and none is missing between them. */
  private whole(after: number, rows: Row[]): Row[] {
    let before = after
    for (const row of rows) {
      if (row.position !== before + 1) this.mayBegin(before, row.position)
      this.same(row)
      before = row.position
    }
    return rows
  }

  /** Whether a row is what was written. */
  private same(row: Row): void {
    const { position, head_sum: head, body_sum: body } = row
    const unsummed = position < this.summed
    if (head === null ? !unsummed : !isSumOf(head, bytes(row.keys), headStart(position, row)))
      throw this.damaged(`entry ${position} is not what was written`)
    if (body !== undefined && (body === null ? !unsummed : body !== sumOf(bytes(row.body))))
      throw this.damaged(`the body of entry ${position} is not what was written`)
  }

  private unpacked({ position, body, size }: Row): Uint8Array {
    const whole = unpacked(bytes(body), size)
    if (whole !== null) return whole
    throw this.damaged(`the body of entry ${position} is not what was written`)
  }

  /** After `before` may come `position` if what lies between was trimmed, or never written here. */
  private mayBegin(before: number, position: number): void {
    let next = Math.max(before, this.number('trimmed'))
    for (const { after, until } of this.gaps()) if (after <= next && until > next) next = until
    if (position > next + 1) throw this.damaged(`entries ${next + 1} to ${position - 1} are lost`)
  }

  private damaged(what: string): PermanentError {
    return new PermanentError(`${this.file}: it is damaged: ${what}`)
  }
}

interface Gap {
  after: number
  until: number
}

/** Rows of at most 1 MB that one transaction deletes, so that appends do not wait long. */
const TRIM_ROWS = 200
/** Damaged rows that are named; a broken disk has thousands. */
const FAULTS_MAX = 100

/** Of a damaged row it may be anything: no bytes then, which no checksum fits. */
const bytes = (value: unknown): Uint8Array =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : value instanceof Uint8Array ? value : new Uint8Array(0)
const blob = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength)

/** No room is worth trying again: space may be made. Everything else is ours. */
function explain(operation: string, cause: unknown): unknown {
  const { code } = cause as { code?: string }
  const full = code === 'SQLITE_FULL' || code === 'ENOSPC' || code?.startsWith('SQLITE_IOERR') === true
  return full
    ? new TransientError(`cannot ${operation}: no room on the disk (${code})`, RETRY_AFTER_MS, { cause })
    : cause
}

/** @throws PermanentError with the file's name */
export async function openLog(place: Place): Promise<SqliteLog> {
  const db = await openFile(place, 'log', PRAGMAS, MIGRATIONS)
  try {
    return new SqliteLog(db, place.file)
  } catch (error) {
    db.close()
    throw naming(place.file, error)
  }
}

const sqlite: Plugin<'bus', Record<string, never>, Log> = plugin({
  kind: 'bus',
  name: 'sqlite',
  summary: 'the embedded log: one SQLite file, durable with every group commit',
  config: { type: 'object', additionalProperties: false },
  files: filesOf(MIGRATIONS.length),
  open: (_, __, place) => openLog(place),
})
export default sqlite
