import { Duplex } from 'node:stream'
import type { Connection } from '../../contract/plugin.js'

/**
 * A connection that the outside has let us make, as the socket that libraries of protocols know; they may agree on TLS over it.
 * What they set of the socket itself (keep-alive, delays) is not theirs to set.
 */
export class ConnectionSocket extends Duplex {
  private readonly pieces: AsyncIterator<Uint8Array>
  private idleMs = 0
  private timer: NodeJS.Timeout | undefined
  readonly remoteAddress: string

  constructor(private readonly connection: Connection) {
    super()
    this.pieces = connection.chunks()[Symbol.asyncIterator]()
    this.remoteAddress = connection.address
  }

  override _read(): void {
    this.pieces.next().then(
      ({ done, value }) => {
        this.touch()
        this.push(done === true ? null : value)
      },
      (error: Error) => this.destroy(error),
    )
  }

  override _write(bytes: Uint8Array, _: string, done: (error: Error | null) => void): void {
    this.touch()
    void calls(done, this.connection.write(bytes))
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.timer)
    void calls(second => done(error ?? second), this.connection[Symbol.asyncDispose]())
  }

  /** Says `timeout` where nothing has come or gone for so long; 0: never. */
  setTimeout(ms: number, listener?: () => void): this {
    this.idleMs = ms
    if (listener !== undefined) this.once('timeout', listener)
    this.touch()
    return this
  }

  private touch(): void {
    clearTimeout(this.timer)
    if (this.idleMs > 0) this.timer = setTimeout(() => this.emit('timeout'), this.idleMs).unref()
  }
}

/** Streams speak by callbacks. */
async function calls(done: (error: Error | null) => void, work: PromiseLike<void>): Promise<void> {
  let failure: Error | null = null
  try {
    await work
  } catch (error) {
    failure = error as Error
  }
  done(failure)
}
