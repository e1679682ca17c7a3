import { type Round, ran } from './round.js'

// What `run.ts` starts for each round: it says which case it is at, and at the end what came of it.

/** Said so often, in milliseconds: a message for each case would take longer than the case. */
const SAY_MS = 500
let said = 0
const result = await ran(JSON.parse(process.argv[2]!) as Round, cases => {
  if (performance.now() - said < SAY_MS) return
  said = performance.now()
  process.send!({ cases })
})
process.send!(result, () => process.exit(0))
