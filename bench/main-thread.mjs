// Loaded into a server by the bench of the hostile client: notes when its main thread works and when it waits for a core.
// What happens between two ticks of a timer is a stretch in which nobody else had a turn. Linux tells a thread's
// time at work and in the run queue; on a machine that others use too, only the first of them is the server's own.
import { openSync, readSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const TICK_MS = 4
const into = process.env.MAIN_THREAD_TIMES

if (into !== undefined && isMainThread && process.argv[2] === 'serve') {
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`)
  const buffer = Buffer.alloc(100)
  const read = () => {
    const [workedNs, queuedNs] = buffer.toString('latin1', 0, readSync(file, buffer, 0, 100, 0)).split(' ')
    return { at: performance.now(), worked: Number(workedNs) / 1e6, queued: Number(queuedNs) / 1e6 }
  }
  const ticks = []
  let last = read()
  setInterval(() => {
    const now = read()
    ticks.push([performance.timeOrigin + now.at, now.at - last.at, now.worked - last.worked, now.queued - last.queued])
    last = now
  }, TICK_MS).unref()
  process.on('exit', () => writeFileSync(into, JSON.stringify(ticks)))
}
