import type { Evidence } from './evidence.js'
import { CHECKS, METRICS } from './machines.js'
import { POSTS, REPORTS } from './people.js'

/** Every kind of evidence, in the order in which findings name them. A further one is its file and its entry here. */
export const EVIDENCE: readonly Evidence[] = [REPORTS, POSTS, METRICS, CHECKS]
