import { type Round, ran } from './round.js'

// What `run.ts` starts for each round: it says which case it is at, and at the end what came of it.

const result = await ran(JSON.parse(process.argv[2]!) as Round, cases => process.send!({ cases }))
process.send!(result, () => process.exit(0))
