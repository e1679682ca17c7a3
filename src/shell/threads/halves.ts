import { parentPort } from 'node:worker_threads'
import { serve } from '../rpc.js'
import { Halves, type HalvesOptions } from '../sharing/halves.js'

// The thread that watches and judges where several processes share out the work.

let halves: Halves | undefined

const say = (...said: unknown[]) => parentPort!.postMessage({ say: said })

serve(parentPort!, {
  open: async (options: HalvesOptions) => {
    halves = await Halves.open(options, { now: () => Date.now(), log: say })
  },
  doing: () => halves!.doing,
  close: async () => {
    await halves?.[Symbol.asyncDispose]()
    parentPort!.close()
  },
})
