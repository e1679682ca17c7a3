import { ALERTS } from './alerts.js'
import type { AnyEvidence } from './evidence.js'
import { GAUGES } from './gauges.js'
import { CHECKS, METRICS } from './machines.js'
import { POSTS, REPORTS } from './people.js'
import { VOLUME } from './volume.js'

/** Every kind of evidence, in the order in which findings name them. A further one is its file and its entry here. */
export const EVIDENCE: readonly AnyEvidence[] = [REPORTS, POSTS, METRICS, CHECKS, VOLUME, GAUGES, ALERTS]
