import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { TransientError } from '../../contract/error.js'
import { FOLLOW_PIECE_BYTES, FOLLOW_POLL_MS, FOLLOW_STILL_MS } from '../../contract/limits.js'
import type { FilePlace, Following, FollowOptions, Piece } from '../../contract/outside/listening.js'
import type { Stop } from '../../contract/plugin.js'
import { followPipe } from './pipe.js'
import { bytesAt, findPlace, holds, nodeOf, placeIn, siblingsOf, TAIL_BYTES } from './rotated.js'
import { sleep } from './sleep.js'

/** The byte that ends a line. */
const NEWLINE = 10

/** Follows a file, a pipe, or what is piped into this process. @throws TransientError for what is neither or cannot be read */
export async function follow(path: string, options: FollowOptions = {}): Promise<Following> {
  if (path === '-') return followPipe(process.stdin, path)
  const found = await stat(path).catch(unreadable(path))
  if (found?.isFIFO() === true) return followPipe(await open(path, 'r+'), path)
  if (found !== null && !found.isFile()) throw new TransientError(`${path} is neither a file nor a pipe`, 0)
  const followed = new Followed(path)
  await followed.begin(options.from ?? 'start', options.lastBytes ?? 0)
  return followed
}

/** That there is none is an answer; anything else is a failure. */
const unreadable =
  (path: string) =>
  (error: NodeJS.ErrnoException): null => {
    if (error.code === 'ENOENT') return null
    throw new TransientError(`${path} cannot be read (${error.code})`, 0)
  }

/**
 * A file that grows, by its name. It is looked at again and again rather than watched: that works on every file system. Renamed,
 * it is read to its end before its successor; emptied (copytruncate), its copy is looked for and read to its end first.
 */
class Followed implements Following {
  readonly again = true
  readonly ended = false
  there = false
  private file: FileHandle | null = null
  private at = 0
  /** The last bytes before `at`: are they others now, it was emptied and has grown again. */
  private before: Buffer = Buffer.alloc(0)
  /** When it grew last, by a clock that never leaps. */
  private grew = 0
  /** What comes does not go on from the piece before. */
  private anew = true
  /** A line without an end within a piece is left out up to its end. */
  private leftOut = false
  private missing: string | null = null
  /** Files that come after this one, before the one of the name. */
  private queue: string[] = []

  constructor(private readonly path: string) {}

  private shown: FilePlace | null = null
  get place(): FilePlace | null {
    return this.shown
  }

  lost(): string | null {
    const { missing } = this
    this.missing = null
    return missing
  }

  async begin(from: FilePlace | 'start' | 'end', lastBytes: number): Promise<void> {
    if (typeof from === 'object') {
      const file = await findPlace(this.path, from)
      if (file !== null) {
        await this.enter(file, from.at)
        this.anew = false
        return
      }
      this.missing = 'the file that was read last is no longer there: what was added to it since is not counted'
    }
    const file = await open(this.path).catch(unreadable(this.path))
    if (file !== null) await this.enter(file, from === 'end' ? await lineEndNear(file, lastBytes) : 0)
  }

  private async enter(file: FileHandle, at: number): Promise<void> {
    const { file: old } = this
    this.file = file
    this.there = true
    this.grew = performance.now()
    this.anew = true
    this.leftOut = false
    await this.moveTo(at)
    await old?.close()
  }

  /** `before`: the bytes before, where they are known; a place of the same file as the one before, then. */
  private async moveTo(at: number, before?: Buffer): Promise<void> {
    const known = before === undefined ? null : this.shown
    this.at = at
    this.before = before ?? (await bytesAt(this.file!, Math.max(0, at - TAIL_BYTES), at))
    this.shown = await placeIn(this.file!, at, this.before, known)
  }

  async read(waitMs: number, stop: Stop, until = Number.POSITIVE_INFINITY): Promise<Piece | null> {
    const end = performance.now() + waitMs
    while (!stop.aborted) {
      let piece: Piece | null
      try {
        piece = await this.look(until)
      } catch (error) {
        if (error instanceof TransientError) throw error
        throw new TransientError(`${this.path} cannot be read (${(error as NodeJS.ErrnoException).code})`, 0)
      }
      if (piece !== null) return piece
      const left = end - performance.now()
      if (left <= 0) return null
      await sleep(Math.min(FOLLOW_POLL_MS, left), stop)
    }
    return null
  }

  /** Lines that are there; null: none for now. */
  private async look(until: number): Promise<Piece | null> {
    for (;;) {
      if (this.file === null) {
        const file = await open(this.path).catch(unreadable(this.path))
        if (file === null) return null
        await this.enter(file, 0)
      }
      const { size } = await this.file!.stat()
      if (size < this.at || !(await this.same())) {
        if (until !== Number.POSITIVE_INFINITY) return null
        await this.emptied(size)
        continue
      }
      const to = Math.min(size, until, this.at + FOLLOW_PIECE_BYTES)
      const found = to > this.at ? await this.lines(to) : 'half'
      if (typeof found === 'object') return found
      if (found === 'left out') continue
      if (until !== Number.POSITIVE_INFINITY || !(await this.next())) return null
    }
  }

  /** Whether what stands before the place is what stood there. */
  private async same(): Promise<boolean> {
    const { before, at } = this
    return before.length === 0 || before.equals(await bytesAt(this.file!, at - before.length, at))
  }

  /** `half`: a line that has no end yet; `left out`: one that is too long, up to here. */
  private async lines(to: number): Promise<Piece | 'half' | 'left out'> {
    const from = this.shown
    let bytes = await bytesAt(this.file!, this.at, to)
    const last = bytes.lastIndexOf(NEWLINE) + 1
    if (last === 0) {
      if (bytes.length < FOLLOW_PIECE_BYTES) return 'half'
      this.leftOut = bytes.some(byte => byte !== 0)
      await this.moveTo(this.at + bytes.length)
      return 'left out'
    }
    this.grew = performance.now()
    bytes = bytes.subarray(0, last)
    await this.moveTo(this.at + last, last < TAIL_BYTES ? undefined : Buffer.from(bytes.subarray(last - TAIL_BYTES)))
    // The end of a line that was left out, and the hole that a writer leaves who goes on where it was in a file that was emptied.
    const begin = this.leftOut ? bytes.indexOf(NEWLINE) + 1 : 0
    this.leftOut = false
    bytes = bytes.subarray(begin)
    if (bytes[0] === 0) bytes = bytes.subarray(bytes.findIndex(byte => byte !== 0))
    const { anew } = this
    this.anew = false
    return { bytes, from, to: this.shown, anew }
  }

  /** It is shorter than it was, or another: what was not read yet may stand in a copy. */
  private async emptied(size: number): Promise<void> {
    const place = this.shown!
    for (const { path, node } of await siblingsOf(await this.real())) {
      if (node === place.node) continue
      const copy = await open(path).catch(() => null)
      if (copy === null) continue
      if (place.at > 0 && (await holds(copy, place))) {
        const { anew } = this
        await this.enter(copy, place.at)
        this.anew = anew
        this.grew = Number.NEGATIVE_INFINITY
        return
      }
      await copy.close()
    }
    if (place.at > 0)
      this.missing = 'the file was emptied; what was added in the moments before, if anything, is not counted'
    const hole = await bytesAt(this.file!, Math.max(0, place.at - TAIL_BYTES), place.at)
    const from = size >= place.at && hole.every(byte => byte === 0) ? place.at : 0
    this.anew = true
    this.leftOut = false
    await this.moveTo(from)
  }

  /** Goes over to the file that comes next, when this one has an end. False: it has none yet. */
  private async next(): Promise<boolean> {
    const queued = this.queue.shift()
    if (queued !== undefined) {
      const file = await open(queued).catch(() => null)
      if (file !== null) await this.enter(file, 0)
      return true
    }
    const now = await stat(this.path).catch(unreadable(this.path))
    this.there = now !== null
    const mine = await this.file!.stat()
    if (now === null || nodeOf(now) === nodeOf(mine) || now.size === 0) return false
    if (performance.now() - this.grew < FOLLOW_STILL_MS) return false
    const between = (await siblingsOf(await this.real())).filter(
      each => each.mtimeMs > mine.mtimeMs && each.node !== nodeOf(mine) && each.node !== nodeOf(now),
    )
    if (between.length > 0) {
      this.queue = between.reverse().map(each => each.path)
      return true
    }
    const file = await open(this.path).catch(unreadable(this.path))
    if (file === null) return false
    await this.enter(file, 0)
    return true
  }

  /** Rotated files lie beside the name, or beside what it is a link to. */
  private async real(): Promise<string> {
    return await realpath(this.path).catch(() => this.path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { file } = this
    this.file = null
    await file?.close()
  }
}

/** Where the last whole line ends that ends so many bytes before the end: half a line counts once its end is there. */
async function lineEndNear(file: FileHandle, lastBytes: number): Promise<number> {
  const at = Math.max(0, (await file.stat()).size - lastBytes)
  const from = Math.max(0, at - FOLLOW_PIECE_BYTES)
  const end = (await bytesAt(file, from, at)).lastIndexOf(NEWLINE)
  return end < 0 ? at : from + end + 1
}
