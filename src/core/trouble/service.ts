import type { ObservationVia } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import type { Voices } from '../admission/admit.js'
import type { CrowdState } from '../admission/crowd.js'
import type { EvidenceStates } from '../evidence/evidence.js'
import type { QuoteState } from '../mentions/mentions.js'
import type { Strand } from '../rates/state.js'
import type { StrandState } from './state.js'

/** What following a trouble asks of a service; the whole of what is kept of one is service/service.ts. */
export interface TroubledService {
  readonly id: string
  readonly components: Component[]
  readonly evidence: EvidenceStates
  readonly crowd: CrowdState
  readonly voices: Voices
  readonly quotes: QuoteState
  readonly seen: Partial<Record<ObservationVia, EpochMs>>
  strands: Record<Strand, StrandState | null>
  /** Failing troubles that are told apart from the first, eldest first; none without a first. */
  branches: StrandState[]
}
