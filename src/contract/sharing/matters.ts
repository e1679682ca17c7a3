import type { JudgeInput } from '../finding.js'
import type { Forget, Order } from '../order.js'
import type { Outcome } from '../outcome.js'
import type { EpochMs } from '../time.js'
import type { Rollup, ServiceRow } from '../view.js'

// What passes from the half that watches to the half that judges, where the two are processes of their own.

/** A service as the watch sees it: its row, but for what the judge alone knows. */
export interface Sight extends Omit<ServiceRow, 'state' | 'held' | 'incidents'> {
  /** How many rounds in a row machines said that it mostly fails. */
  fails: 'no' | 'once' | 'twice'
  /** What it is while nothing is wrong. */
  calm: 'ok' | 'unknown'
}

/** Newest points of one course of a node, from the first that changed on; what the judge has of it since then makes room. */
export interface CoursePoints {
  /** Which course: `metric`, `check`, or the key of a gauge. */
  key: string
  node: string
  /** Plain data of core/origin: the judge takes it as it is. */
  course: unknown
}

/** What a partition made of the time up to one tick; `tick` is null for what came after the last one. */
export interface Step {
  tick: EpochMs | null
  /** Facts in the order of the log, and then the tick's findings. */
  inputs: JudgeInput[]
  sights: Sight[]
  rollups: Rollup[]
  facts: Outcome['facts']
  courses: CoursePoints[]
}

/** What the judge has to do at the barrier itself. */
export type Turn =
  | { kind: 'order'; order: Order }
  | { kind: 'forget'; forget: Forget }
  | { kind: 'rewind'; to: EpochMs }

/**
 * What a partition made of its entries up to an entry that all partitions have (a barrier): every one sends exactly one for
 * each, so that the judge goes on once it has those of all.
 */
export interface Matters {
  partition: number
  /** Of the barrier. */
  position: number
  /** Log time there. */
  now: EpochMs
  /** Signals folded since the barrier before. */
  folded: number
  /** Observations that came too late for their minute, of all time. */
  late: number
  steps: Step[]
  turn: Turn | null
  undone: NonNullable<Outcome['undone']>
}
