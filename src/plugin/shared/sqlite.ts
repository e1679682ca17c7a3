import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type Libsql from 'libsql'
import { PermanentError } from '../../contract/error.js'
import type { Files, Place } from '../../contract/plugin.js'

// What the log and the store have in common as files of SQLite: opening one, naming what is wrong with it, looking for
// damage, and copying it.

export type Database = Libsql.Database

/** A reader waits this long for a lock, which only recovery after a crash holds. */
const BUSY_MS = 5_000
/** Files up to this size are looked through at each start; a larger one takes seconds on a slow disk. */
const QUICK_CHECK_BYTES = 64 * 1024 * 1024
/** Readable by the owner alone: databases hold people's texts. SQLite gives -wal and -shm the rights of the database. */
const MODE = 0o600
/** Things wrong that are told of one file; a damaged page brings hundreds. */
const FAULTS_OF_A_FILE = 20

const REASONS: Record<string, string> = {
  SQLITE_NOTADB: 'it is no SQLite database, or its first page is damaged',
  SQLITE_CORRUPT: 'it is damaged',
  SQLITE_FULL: 'there is no room on the disk',
  SQLITE_READONLY: 'it cannot be written; look at owner and rights of the file and its folder',
  SQLITE_CANTOPEN: 'it cannot be opened; look at owner and rights of the file and its folder, and for room on the disk',
  SQLITE_BUSY: 'another process holds it',
  SQLITE_IOERR: 'the disk cannot be read or written',
}

/** The same failure with the name of the file, and in words where SQLite has only a code. */
export function naming(file: string, cause: unknown): PermanentError {
  if (cause instanceof PermanentError && cause.message.includes(file)) return cause
  const { code, message } = cause as { code?: string; message: string }
  // libsql gives no code when it cannot open a file at all, only SQLite's number in the text.
  const known = code || (message.includes('ConnectionFailed') && /: 14\b/.test(message) ? 'SQLITE_CANTOPEN' : '')
  const reason = Object.entries(REASONS).find(([name]) => known.startsWith(name))?.[1]
  return new PermanentError(`${file}: ${reason === undefined ? message : `${reason} (${known}: ${message})`}`, {
    cause,
  })
}

/** Opens a file and brings it to the newest schema. Step n of `migrations` leads from version n to n + 1. */
export async function openFile(
  { file, readonly = false, maxPages }: Place,
  what: string,
  pragmas: string,
  migrations: readonly (string | ((db: Database) => void))[],
): Promise<Database> {
  const { default: Libsql } = await import('libsql')
  if (readonly && !existsSync(file)) throw new PermanentError(`${file} is not there`)
  let db: Database | undefined
  try {
    if (!readonly) makeFile(file)
    db = new Libsql(file)
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`)
    if (!readonly) db.exec(pragmas)
    const { user_version: version } = (db.pragma('user_version') as { user_version: number }[])[0]!
    if (version > migrations.length)
      throw new PermanentError(
        `${file} was written by a newer version (${what} schema ${version}; this one knows ${migrations.length})`,
      )
    if (readonly) {
      if (version < migrations.length)
        throw new PermanentError(
          `${file} was written by an older version (${what} schema ${version}; this one reads ${migrations.length}); ` +
            'a start of the server brings it forward',
        )
      db.exec('PRAGMA query_only = 1')
    } else
      for (let v = version; v < migrations.length; v++) {
        const step = migrations[v]!
        db.exec('BEGIN IMMEDIATE')
        if (typeof step === 'string') db.exec(step)
        else step(db)
        db.exec(`PRAGMA user_version = ${v + 1}; COMMIT`)
      }
    if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${maxPages}`)
    return db
  } catch (error) {
    db?.close()
    throw naming(file, error)
  }
}

/** An empty file is an empty database. Made here, so that nobody else can read it from its first byte on. */
export function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', MODE))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new PermanentError(`${file} cannot be made: ${code}`, { cause: error })
  }
}

/** What SQLite itself finds wrong with the pages. `quick`: without comparing indices with their tables. */
export function faultsOf(db: Database, file: string, quick: boolean): string[] {
  const name = quick ? 'quick_check' : 'integrity_check'
  try {
    const rows = db.pragma(`${name}(${FAULTS_OF_A_FILE})`) as Record<string, string>[]
    // One row may hold several lines.
    const lines = rows.flatMap(row => (row[name] ?? '').split('\n')).filter(line => line !== 'ok' && line !== '')
    return lines.map(line => `${file}: ${line}`)
  } catch (error) {
    return [naming(file, error).message]
  }
}

/** At a start: looks through what is small enough. @throws PermanentError on a damaged page */
export function lookThrough(db: Database, file: string): void {
  const sizes = [file, `${file}-wal`].map(each => statSync(each, { throwIfNoEntry: false })?.size ?? 0)
  if (sizes[0]! + sizes[1]! > QUICK_CHECK_BYTES) return
  const [fault] = faultsOf(db, file, true)
  if (fault !== undefined) throw new PermanentError(`${file}: it is damaged (${fault.slice(file.length + 2)})`)
}

/** Of any version. */
async function copy(file: string, to: string): Promise<void> {
  makeFile(to)
  await asItIs(file, db => db.prepare('VACUUM INTO ?').run(to))
}

/** Version of a file's schema, 0 when it has none. @throws PermanentError when it is newer than what is known */
const versionOf = (file: string, known: number): Promise<number> =>
  asItIs(file, db => {
    const { user_version: version } = (db.pragma('user_version') as { user_version: number }[])[0]!
    if (version > known)
      throw new PermanentError(`${file} was written by a newer version (schema ${version}; this one knows ${known})`)
    return version
  })

/** What backup, check and the demonstration need of a file whose newest schema is `version`. */
export const filesOf = (version: number): Files => ({
  workspaceIn,
  copy,
  async ageOf(file) {
    const its = await versionOf(file, version)
    if (its === version) return { age: 'present', faults: [] }
    const faults = await asItIs(file, db => faultsOf(db, file, false))
    return { age: its === 0 ? 'empty' : 'older', faults }
  },
})

/** Work on a file whose schema is left as it is. @throws PermanentError with its name */
async function asItIs<T>(file: string, work: (db: Database) => T): Promise<T> {
  const { default: Libsql } = await import('libsql')
  let db: Database | undefined
  try {
    db = new Libsql(file)
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`)
    return work(db)
  } catch (error) {
    throw naming(file, error)
  } finally {
    db?.close()
  }
}

/**
 * The workspace that a log or a store says it belongs to; null for one that holds nothing yet, `unnamed` for one of
 * before workspaces had names.
 */
const workspaceIn = (file: string): Promise<string | null> =>
  asItIs(file, db => {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[]
    const has = (table: string) => tables.some(({ name }) => name === table)
    const row = has('meta') ? db.prepare("SELECT value FROM meta WHERE key = 'workspace'").get() : undefined
    const value = (row as { value: string | ArrayBuffer } | undefined)?.value
    if (value !== undefined) return typeof value === 'string' ? value : Buffer.from(value).toString()
    const full = ['log', 'event', 'rollup'].some(
      table => has(table) && db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined,
    )
    return full ? 'unnamed' : null
  })

/**
 * Checksum of a row: CRC-32, which finds each burst of up to 32 wrong bits, and others but for one in four billion. Nothing adds
 * nothing: by itself Node says 0 of some empty buffers before release 24, whatever came before.
 */
export const sumOf = (data: string | Uint8Array, before = 0): number =>
  data.length === 0 ? before : crc32(data, before)

/** Whether data is what a checksum was taken of. Of nothing, Nodes before release 24 also wrote 0. */
export const isSumOf = (sum: number, data: Uint8Array, before = 0): boolean =>
  sum === sumOf(data, before) || (sum === 0 && data.length === 0)
