import type { AlertSeverity, GaugeMeasure } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Graph } from '../graph/graph.js'

export interface Point {
  at: EpochMs
  value: number
  /** Requests behind a share; without them its weight is unknown. */
  weight?: number
}

/** One measured course of a node, oldest point first. Shares lie in 0..1, latency is in seconds. */
export interface Series {
  node: string
  name: string
  measures: GaugeMeasure
  capacity?: number
  points: Point[]
}

/** An alert that fired: which node it names, and when. */
export interface Alarm {
  node: string
  at: EpochMs
  severity?: AlertSeverity
  /** What it says; one of severity `info` counts by its words alone. */
  words?: string
}

/** All that is asked with. */
export interface Question {
  series: readonly Series[]
  alarms: readonly Alarm[]
  graph: Graph
  /** What was measured before is usual. Without it, what is usual is found in each series. */
  since?: EpochMs
}
