import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import type { Order, Place } from '../role.js'

/**
 * Ends what does not end by itself once the one who started all of it is gone without a word (`kill -9`): programs that are not ours by
 * their process ids, the namespace, the folder.
 */
export function reap(place: Place): number {
  let left: Extract<Order, { do: 'mind' }> | null = null
  process.on('message', (order: Order) => {
    if (order.do === 'mind') left = order
    if (order.do === 'stop') process.exit(0)
  })
  process.removeAllListeners('disconnect')
  process.on('disconnect', () => {
    for (const pid of left?.pids ?? []) attempt(() => process.kill(pid, 'SIGTERM'))
    setTimeout(() => {
      for (const pid of left?.pids ?? []) attempt(() => process.kill(pid, 'SIGKILL'))
      if (left?.namespace) attempt(() => execFileSync('/usr/sbin/ip', ['netns', 'del', left!.namespace!]))
      attempt(() => rmSync(place.folder, { recursive: true, force: true }))
      process.exit(0)
    }, 3_000)
  })
  return 0
}

function attempt(work: () => unknown): void {
  try {
    work()
  } catch {
    // It has gone already.
  }
}
