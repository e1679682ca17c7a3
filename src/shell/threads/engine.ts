import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { Log, Store } from '../../contract/ports.js'
import type { SubscriberChange } from '../../contract/subscribers/subscriber.js'
import type { EngineConfig } from '../../core/fold/fold.js'
import { Engine } from '../engine.js'
import { type Keeping, openLog, openStore } from '../keep.js'
import { serve } from '../rpc.js'

// The thread that folds. It reads the log by itself: what is durable is all it knows.

// On Linux a priority belongs to a thread: where cores are scarce, acknowledging and answering go before catching up.
// A nice value of 10 still leaves a tenth of a contested core, and all of one that is free.
const NICE = 10
if (process.platform === 'linux') {
  try {
    setPriority(0, NICE)
  } catch {
    // Not allowed here: all threads are equal then.
  }
}

let engine: Engine | undefined
let store: Store | undefined
let log: Log | undefined

const say = (...said: unknown[]) => parentPort!.postMessage({ say: said })
const env = { now: () => Date.now(), log: say }

const fatal = (error: Error) =>
  setImmediate(() => {
    throw error
  })

serve(parentPort!, {
  open: async (keeping: Keeping, files: { log: string; store: string }, config: EngineConfig, torn: boolean) => {
    log = await openLog(keeping, env, { file: files.log, readonly: true })
    store = await openStore(keeping, env, { file: files.store })
    engine = await Engine.open({
      log,
      store,
      config,
      torn,
      committed: committed => parentPort!.postMessage({ committed }),
      say,
    })
  },
  wake: () => {
    // A failure in here is a bug of ours: thrown outside of the answer it ends the thread, which the main thread reports.
    engine!.pump().catch(fatal)
  },
  configure: (config: EngineConfig) => engine!.reconfigure(config).catch(fatal),
  note: (key: string, value: Uint8Array) => store!.note(key, value),
  subscribe: (change: SubscriberChange) => store!.subscribe(change),
  trim: (before: { rollups: number; facts: number }) => store!.trim(before),
  close: async () => {
    // After a start that failed there may be only some of them.
    await engine?.[Symbol.asyncDispose]()
    await log?.[Symbol.asyncDispose]()
    await store?.[Symbol.asyncDispose]()
    parentPort!.close()
  },
})
