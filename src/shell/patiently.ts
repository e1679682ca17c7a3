import { TransientError } from '../contract/error.js'

/**
 * What may do later is asked again until it does; the log keeps the rest.
 *
 * @param of.stopped Whether nobody waits any more: then it is not asked again.
 * @param of.say Is told each time that it could not.
 * @throws TransientError once it is stopped; any other error at once
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  of: { retryMs: number; stopped: () => boolean; say: (why: string) => void },
): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof TransientError) || of.stopped()) throw error
      of.say(error.message)
      await new Promise(next => setTimeout(next, of.retryMs))
    }
  }
}
