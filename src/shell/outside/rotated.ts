import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FilePlace } from '../../contract/outside/listening.js'

// Which file is which, when logs rotate. Names move and numbers of files (inodes) are used again, so a file is known by how
// it begins and by what stands before the place that was reached.

/** Bytes of a file's beginning that are looked at: a few lines, each with its time. */
const BEGINNING_BYTES = 1024
/** Bytes before the place: the end of the line that was read last. */
export const TAIL_BYTES = 64
/** Rotated files that are looked at, newest first. */
const SIBLINGS = 60

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url').slice(0, 16)

export const nodeOf = ({ dev, ino }: { dev: number; ino: number }): string => `${dev}:${ino}`

export async function bytesAt(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, to - from))
  let got = 0
  while (got < bytes.length) {
    const { bytesRead } = await file.read(bytes, got, bytes.length - got, from + got)
    if (bytesRead === 0) break
    got += bytesRead
  }
  return bytes.subarray(0, got)
}

/**
 * The place `at` in an open file, with what it is known by.
 *
 * @param before the bytes before it, TAIL_BYTES at most
 * @param known an earlier place in the same file: its beginning is not read again where enough of it was
 */
export async function placeIn(
  file: FileHandle,
  at: number,
  before: Uint8Array,
  known: FilePlace | null,
): Promise<FilePlace> {
  const tail = hashOf(before)
  if (known !== null && (known.head[0] === BEGINNING_BYTES || known.head[0] === at)) return { ...known, at, tail }
  const node = known?.node ?? nodeOf(await file.stat())
  const head = await bytesAt(file, 0, Math.min(BEGINNING_BYTES, at))
  return { node, at, head: [head.length, hashOf(head)], tail }
}

const tailOf = async (file: FileHandle, at: number): Promise<string> =>
  hashOf(await bytesAt(file, Math.max(0, at - TAIL_BYTES), at))

/** Whether the place is one of this file: it begins alike, and the same stands before the place. */
export async function holds(file: FileHandle, { node, at, head, tail }: FilePlace): Promise<boolean> {
  const found = await file.stat()
  if (!found.isFile() || found.size < at) return false
  if (at === 0) return nodeOf(found) === node
  return hashOf(await bytesAt(file, 0, head[0])) === head[1] && (await tailOf(file, at)) === tail
}

/** What is packed cannot be gone on with: it is finished, and was read before or is lost. */
const PACKED = /\.(?:gz|bz2|xz|zst|lz4|zip|Z)$/

/** `access.log` → `access.log.1`, `access.log-20260203`, `access-20260203.log`; never another log of that folder. */
export function isRotated(name: string, of: string): boolean {
  if (name === of || PACKED.test(name)) return false
  const number = /^[.-]\d[\d.T_:-]*$/
  if (name.startsWith(of) && number.test(name.slice(of.length))) return true
  const dot = of.lastIndexOf('.')
  if (dot <= 0) return false
  const [stem, ending] = [of.slice(0, dot), of.slice(dot)]
  return name.startsWith(stem) && name.endsWith(ending) && number.test(name.slice(stem.length, -ending.length))
}

/** Another day's file of a log that a link leads to: alike but for its digits. Such a name alone says little. */
const isAlike = (name: string, of: string): boolean =>
  name !== of && !PACKED.test(name) && name.replaceAll(/\d+/g, '0') === of.replaceAll(/\d+/g, '0')

interface Sibling {
  path: string
  node: string
  mtimeMs: number
}

/** Rotated files beside one, the newest first. */
export async function siblingsOf(path: string, is = isRotated): Promise<Sibling[]> {
  const folder = dirname(path)
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names
      .filter(name => is(name, basename(path)))
      .map(async name => {
        const each = await stat(join(folder, name)).catch(() => null)
        return each?.isFile() === true ? [{ path: join(folder, name), node: nodeOf(each), mtimeMs: each.mtimeMs }] : []
      }),
  )
  return found
    .flat()
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .slice(0, SIBLINGS)
}

/** The file in which a place lies, opened: of that name, or one that was rotated away from it. Null: it is gone. */
export async function findPlace(path: string, place: FilePlace): Promise<FileHandle | null> {
  const real = await realpath(path).catch(() => path)
  const beside = [...(await siblingsOf(path)), ...(await siblingsOf(real, (a, b) => isRotated(a, b) || isAlike(a, b)))]
  for (const each of [path, ...beside.map(sibling => sibling.path)]) {
    const file = await open(each).catch(() => null)
    if (file === null) continue
    if (await holds(file, place).catch(() => false)) return file
    await file.close()
  }
  return null
}
