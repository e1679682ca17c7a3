import type { ObservationVia } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import type { Voices } from '../admission/admit.js'
import type { CrowdState } from '../admission/crowd.js'
import type { ReportState } from '../counts/report-counts.js'
import type { QuoteState } from '../mentions/mentions.js'
import type { RateReading } from '../rates/rise-detector.js'
import type { RateState, Strand } from '../rates/state.js'
import type { SeriesReading } from '../series/count-series.js'
import type { StrandState } from './state.js'

/** What following a trouble asks of a service; the whole of what is kept of one is service/service.ts. */
export interface TroubledService {
  readonly id: string
  readonly components: Component[]
  readonly metrics: RateState | null
  readonly checks: RateState | null
  readonly reports: ReportState | null
  readonly posts: ReportState | null
  readonly crowd: CrowdState
  readonly voices: Voices
  readonly quotes: QuoteState
  readonly seen: Partial<Record<ObservationVia, EpochMs>>
  strands: Record<Strand, StrandState | null>
  /** Failing troubles that are told apart from the first, eldest first; none without a first. */
  branches: StrandState[]
}

/** Readings of one tick, kept for the strands, the page rows and learning. */
export interface ServiceReadings {
  reports: SeriesReading | null
  posts: SeriesReading | null
  metrics: Record<Strand, RateReading> | null
  checks: Record<Strand, RateReading> | null
}
