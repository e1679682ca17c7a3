import { parentPort } from 'node:worker_threads'
import type { Log, NewEntry } from '../../contract/ports.js'
import { serve } from '../rpc.js'

// The thread that waits for the disk. It does nothing else, so a group commit takes what the disk takes.

let log: Log | undefined

const env = { now: () => Date.now(), sleep: async () => {}, readText: async () => '' }

serve(parentPort!, {
  open: async (config: { file: string; maxPages?: number }) => {
    const { default: bus } = await import('../../plugin/bus/sqlite.js')
    log = await bus.open(config, env)
  },
  append: (entries: NewEntry[]) => log!.append(entries),
  trim: (before: number, upTo: number) => log!.trim(before, upTo),
  close: async () => {
    await log?.[Symbol.asyncDispose]()
    parentPort!.close()
  },
})
