import type { ObservationVia } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import type { AdmissionState } from '../admission/admit.js'
import type { CrowdState } from '../admission/crowd.js'
import type { EvidenceStates } from '../evidence/evidence.js'
import type { MentionState } from '../mentions/mentions.js'
import type { FailureMode } from '../rates/state.js'
import type { NamedCourse } from './rest.js'
import type { Trouble } from './state.js'

/** What following a trouble asks of a service; the whole of what is kept of one is service/service.ts. */
export interface TroubledService {
  readonly id: string
  readonly components: Component[]
  readonly evidence: EvidenceStates
  readonly crowd: CrowdState
  readonly admission: AdmissionState
  readonly mentions: MentionState
  readonly seen: Partial<Record<ObservationVia, EpochMs>>
  troubles: Record<FailureMode, Trouble | null>
  /** Failing troubles that are told apart from the first, eldest first; none without a first. */
  branches: Trouble[]
  /** What people name, by quarters of an hour, from the first trouble on that requests do not tell of. */
  named?: NamedCourse
}
