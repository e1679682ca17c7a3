import { Socket } from 'node:net'
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { FOLLOW_PIECE_BYTES, FOLLOW_POLL_MS } from '../../contract/limits.js'
import type { Following, Piece } from '../../contract/outside/listening.js'
import { TransientError } from '../../contract/error.js'
import type { Stop } from '../../contract/plugin.js'
import { sleep } from './sleep.js'

/** The byte that ends a line. */
const NEWLINE = 10

/**
 * What somebody pipes to us. A pipe is opened for reading and writing, so that it has no end while writers come and go; standard
 * input has one. Nothing of it can be read twice.
 */
export function followPipe(from: Readable | FileHandle, path: string): Following {
  if ('read' in from && 'fd' in from && !('pipe' in from)) {
    const socket = new Socket({ fd: from.fd, readable: true, writable: false })
    return new Piped(socket, path, async () => {
      socket.destroy()
      await from.close().catch(() => {})
    })
  }
  const stream = from as Readable
  return new Piped(stream, path, async () => void stream.pause().removeAllListeners())
}

class Piped implements Following {
  readonly again = false
  readonly place = null
  readonly there = true
  private done = false
  private failed: Error | null = null
  private waiting: Buffer[] = []
  private size = 0
  /** A line that has no end yet. */
  private rest: Buffer = Buffer.alloc(0)
  private leftOut = false

  constructor(
    private readonly stream: Readable,
    private readonly path: string,
    private readonly close: () => Promise<void>,
  ) {
    stream.on('data', (bytes: Buffer) => {
      this.waiting.push(bytes)
      this.size += bytes.length
      // The writer waits, as it does at any pipe that nobody reads.
      if (this.size > FOLLOW_PIECE_BYTES) stream.pause()
    })
    stream.on('end', () => (this.done = true))
    stream.on('error', error => (this.failed = error))
  }

  get ended(): boolean {
    return this.done && this.size === 0
  }

  lost(): null {
    return null
  }

  async read(waitMs: number, stop: Stop): Promise<Piece | null> {
    const end = performance.now() + waitMs
    while (!stop.aborted) {
      const bytes = this.taken()
      if (bytes !== null) return { bytes, from: null, to: null, anew: false }
      if (this.failed !== null) throw new TransientError(`${this.path} cannot be read (${this.failed.message})`, 0)
      const left = end - performance.now()
      if (left <= 0 || this.done) return null
      await sleep(Math.min(FOLLOW_POLL_MS / 5, left), stop)
    }
    return null
  }

  private taken(): Buffer | null {
    if (this.waiting.length === 0) return null
    let bytes: Buffer = Buffer.concat([this.rest, ...this.waiting])
    this.waiting = []
    this.size = 0
    if (!this.done) this.stream.resume()
    const last = bytes.lastIndexOf(NEWLINE) + 1
    if (last === 0) {
      this.leftOut ||= bytes.length > FOLLOW_PIECE_BYTES
      this.rest = this.leftOut ? Buffer.alloc(0) : bytes
      return null
    }
    this.rest = Buffer.from(bytes.subarray(last))
    bytes = bytes.subarray(this.leftOut ? bytes.indexOf(NEWLINE) + 1 : 0, last)
    this.leftOut = false
    return bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
