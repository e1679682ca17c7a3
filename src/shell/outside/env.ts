import { open } from 'node:fs/promises'
import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import { OUTSIDE_FILE_BYTES } from '../../contract/limits.js'
import type { Self } from '../../contract/outside/self.js'
import type { PluginEnv } from '../../contract/plugin.js'
import { classify } from '../../core/text/classify.js'
import type { Env } from '../env.js'
import { connect } from './connect.js'
import { datagram } from './datagram.js'
import { ask } from './fetch.js'
import { follow } from './follow.js'
import { Guard } from './guard.js'
import { listen } from './listen.js'
import { sleep } from './sleep.js'

export { sleep } from './sleep.js'

/**
 * The outside as a plug-in sees it, all of it behind one guard.
 *
 * @param allow addresses that are not public it may connect to
 */
export function pluginEnv(
  env: Pick<Env, 'now' | 'log'>,
  allow: boolean | readonly string[] = false,
  self?: Self,
): PluginEnv {
  const guard = new Guard(allow)
  return {
    ...(self === undefined ? {} : { self }),
    now: env.now,
    log: env.log,
    says: classify,
    sleep,
    readText,
    fetch: (url, init = {}) => ask(url, init, guard),
    connect: to => connect(to, guard),
    datagram: to => datagram(to, guard),
    lookup: async host => (await guard.addressesOf(host)).map(each => each.address),
    follow,
    listen,
    errors: { PermanentError, TransientError, RefusedError },
  }
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
