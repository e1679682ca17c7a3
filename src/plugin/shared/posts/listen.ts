import { TransientError } from '../../../contract/error.js'
import type { Batch, PluginEnv, Stop } from '../../../contract/plugin.js'
import { MINUTE, SECOND } from '../../../contract/time.js'

/** Signals are handed over so often, if there are any. */
const BATCH_MS = SECOND
/** Where there are none, it says so often that it is alive, and how far it is. */
const STREAM_ALIVE_MS = 10 * SECOND
/** Silent for so long it is asked whether it is there, and for twice that it is not. */
const STREAM_SILENT_MS = MINUTE

export interface Listening<Piece> {
  env: PluginEnv
  stop: Stop
  /** For errors. */
  host: string
  pieces: AsyncIterable<Piece>
  take(piece: Piece): void
  batch(): Batch
  /** Asks whether it is there, where the protocol can. */
  ping?(): Promise<void>
}

/**
 * Batches of a stream that goes on for as long as it likes. While one is taken nothing is read, so a workspace that is behind slows the
 * stream down instead of filling memory.
 *
 * @throws TransientError where the stream ends or falls silent
 */
export async function* listen<Piece>(parts: Listening<Piece>): AsyncGenerator<Batch> {
  const { env, stop, host, take, batch, ping } = parts
  const pieces = parts.pieces[Symbol.asyncIterator]()
  const began = env.now()
  let [heardAt, saidAt, batchAt, asked] = [began, began, began, false]
  let next = pieces.next()
  let tick = env.sleep(BATCH_MS, stop)
  while (!stop.aborted) {
    const got = await Promise.race([next, tick.then(() => null)])
    const now = env.now()
    if (got === null) tick = env.sleep(BATCH_MS, stop)
    else if (got.done === true) throw new TransientError(`${host} closed the stream`, 0)
    else {
      take(got.value)
      ;[heardAt, asked] = [now, false]
      next = pieces.next()
      // Where there is always more to read, the tick would never have its turn.
      if (now - batchAt < BATCH_MS) continue
    }
    if (now - heardAt > 2 * STREAM_SILENT_MS) throw new TransientError(`${host} is silent`, 0)
    if (now - heardAt > STREAM_SILENT_MS && !asked) {
      asked = true
      await ping?.()
    }
    batchAt = now
    const made = batch()
    if (made.signals.length === 0 && now - saidAt < STREAM_ALIVE_MS) continue
    saidAt = now
    yield made
  }
}
