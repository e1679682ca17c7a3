import type { Stop } from '../../contract/plugin.js'

/** Resolves after so long, or when it is stopped. Keeps no process alive, and leaves nothing with what stops it. */
export function sleep(ms: number, stop?: Stop): Promise<void> {
  return new Promise(done => {
    if (stop?.aborted === true) return done()
    const over = (): void => {
      clearTimeout(timer)
      stop?.removeEventListener?.('abort', over)
      done()
    }
    const timer = setTimeout(over, ms).unref()
    stop?.addEventListener('abort', over, { once: true })
  })
}
