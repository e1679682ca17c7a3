import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { PermanentError } from '../../contract/error.js'

// Small files that must be whole or not there: keys, who waits, who holds the folder.

/** Written aside, brought to the disk and renamed: whatever happens, there is the old file or the new one. */
export function writeAside(file: string, text: string): void {
  const aside = `${file}.new`
  try {
    // What a crash left there may have other rights.
    rmSync(aside, { force: true })
    const handle = openSync(aside, 'wx', 0o600)
    try {
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(aside, file)
    syncFolder(dirname(file))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new PermanentError(`${file} cannot be written: ${code ?? message}`, { cause: error })
  }
}

/** A new name is durable once its folder is. Some file systems do not know that; then it already is. */
export function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch {
    // EINVAL, EISDIR, EPERM: not needed there.
  }
}

/**
 * What `read` makes of a file; null when there is none. `read` gives null for what it cannot be, and `instead` says
 * what to do then: a broken key is never replaced unasked, since a new one is a loss of its own.
 *
 * @throws PermanentError with the name of the file
 */
export function readWhole<T>(file: string, read: (text: string) => T | null, instead: string): T | null {
  if (!existsSync(file)) return null
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new PermanentError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error })
  }
  let value: T | null = null
  try {
    value = read(text)
  } catch {
    // What is no JSON cannot be it either.
  }
  if (value === null) throw new PermanentError(`${file} is ${text.trim() === '' ? 'empty' : 'broken'}: ${instead}`)
  return value
}
