import type { Env } from './env.js'

/**
 * Does something again and again, never twice at once; a failure is told and comes again with the next turn. The timer
 * keeps no process alive.
 */
export function every(
  ms: number,
  work: () => Promise<void>,
  { idle, log }: { idle: () => boolean; log: Env['log'] },
): NodeJS.Timeout {
  let busy = false
  const timer = setInterval(() => {
    if (busy || idle()) return
    busy = true
    work()
      .catch(error => log('warn', 'upkeep failed and will be tried again', { why: String(error) }))
      .finally(() => {
        busy = false
      })
  }, ms)
  return timer.unref()
}
