import { parentPort } from 'node:worker_threads'
import type { Place } from '../../contract/plugin.js'
import type { Log, NewEntry } from '../../contract/ports.js'
import { type Keeping, openLog } from '../keep.js'
import { serve } from '../rpc.js'

// The thread that waits for the disk. It does nothing else, so a group commit takes what the disk takes.

let log: Log | undefined

const env = { now: () => Date.now(), log: (...say: unknown[]) => parentPort!.postMessage({ say }) }

serve(parentPort!, {
  open: async (keeping: Keeping, place: Place) => {
    log = await openLog(keeping, env, place)
  },
  append: (entries: NewEntry[]) => log!.append(entries),
  trim: (before: number, upTo: number) => log!.trim(before, upTo),
  close: async () => {
    await log?.[Symbol.asyncDispose]()
    parentPort!.close()
  },
})
