import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const DISK_MB = 768
const PIECE_BYTES = 1024 * 1024
/** The first page of each file may still be written, and nothing beyond: less would end the process at its start. */
const ROOM_BYTES = 4_096

/** Where the server keeps its data, and how that is filled up. */
export interface Disk {
  readonly place: string
  /** How a full disk is made here, in words. */
  readonly how: string
  fill(pid: number): Promise<void>
  free(pid: number): Promise<void>
  gone(): void
}

/**
 * A disk of its own in memory (tmpfs) that is filled to its last byte. Where this user may mount nothing, the process is
 * allowed to write no file beyond its beginning (RLIMIT_FSIZE), which needs no rights; SQLite then fails to write as well.
 */
export function diskAt(place: string): Disk {
  mkdirSync(place)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', place], { stdio: 'ignore' })
  } catch {
    return limited(place)
  }
  const ballast = join(place, 'ballast')
  return {
    place,
    how: `a tmpfs of ${DISK_MB} MB, filled to its last byte`,
    fill: () => fillUp(ballast),
    free: () => rm(ballast, { force: true }),
    gone: () => execFileSync('umount', ['-l', place]),
  }
}

function limited(place: string): Disk {
  const limit = async (pid: number, bytes: string) => {
    // One that was killed has no limit any more, and the next one none yet.
    if (existsSync(`/proc/${pid}`)) execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
  }
  return {
    place,
    how: 'a limit on the size of files (prlimit --fsize), for want of a right to mount',
    fill: pid => limit(pid, String(ROOM_BYTES)),
    free: pid => limit(pid, 'unlimited'),
    gone: () => {},
  }
}

/** Smaller and smaller pieces until not one byte goes in. */
async function fillUp(file: string): Promise<void> {
  const ballast = await open(file, 'a')
  try {
    for (let size = PIECE_BYTES; size >= 1; )
      try {
        await ballast.write(Buffer.alloc(size))
      } catch (error) {
        if ((error as { code?: string }).code !== 'ENOSPC') throw error
        size = Math.floor(size / 2)
      }
  } finally {
    await ballast.close()
  }
}
