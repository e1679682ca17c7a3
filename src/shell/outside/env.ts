import { open } from 'node:fs/promises'
import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import { OUTSIDE_FILE_BYTES } from '../../contract/limits.js'
import type { PluginEnv, Stop } from '../../contract/plugin.js'
import type { Env } from '../env.js'
import { connect } from './connect.js'
import { datagram } from './datagram.js'
import { ask } from './fetch.js'
import { Guard } from './guard.js'

/**
 * The outside as a plug-in sees it, all of it behind one guard.
 *
 * @param allow addresses that are not public it may connect to
 */
export function pluginEnv(env: Pick<Env, 'now' | 'log'>, allow: boolean | readonly string[] = false): PluginEnv {
  const guard = new Guard(allow)
  return {
    now: env.now,
    log: env.log,
    sleep,
    readText,
    fetch: (url, init = {}) => ask(url, init, guard),
    connect: to => connect(to, guard),
    datagram: to => datagram(to, guard),
    lookup: async host => (await guard.addressesOf(host)).map(each => each.address),
    errors: { PermanentError, TransientError, RefusedError },
  }
}

/** Keeps no process alive. */
export function sleep(ms: number, stop?: Stop): Promise<void> {
  return new Promise(done => {
    if (stop?.aborted === true) return done()
    // Taken off again: who sleeps a thousand times leaves a thousand listeners otherwise.
    const over = () => {
      clearTimeout(timer)
      stop?.removeEventListener?.('abort', over)
      done()
    }
    const timer = setTimeout(over, ms).unref()
    stop?.addEventListener('abort', over, { once: true })
  })
}

async function readText(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size > OUTSIDE_FILE_BYTES) throw new PermanentError(`${path} has more than ${OUTSIDE_FILE_BYTES} bytes`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
