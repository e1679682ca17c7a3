import type Libsql from 'libsql'
import { makeFile, naming } from './sqlite.js'

/**
 * Holds a file for this process. The kernel keeps the lock, not a number in a file: it ends with the process however
 * that ends, so nothing stale can be left, and another container's process 1 is somebody else. Null: another holds it.
 * The file must never be read by other means within this process: closing it would end the lock (POSIX).
 */
export async function lockFile(file: string): Promise<{ release(): void } | null> {
  const { default: Libsql } = await import('libsql')
  let db: Libsql.Database | undefined
  try {
    makeFile(file)
    db = new Libsql(file)
    // Without a journal beside it: nothing is ever written.
    db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true) return null
    throw naming(file, error)
  }
  const held = db
  return { release: () => held.close() }
}
