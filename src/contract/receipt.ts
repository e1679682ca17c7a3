import type { Reject } from './error.js'

/** What became of one request or file. */
export interface Receipt {
  accepted: number
  duplicate: number
  /** Of those accepted: older than their minute allows (LATE_MS); they are kept, and count in none. Absent: none. */
  late?: number
  /** Up to this age an observation counts in its minute. Beside `late`. */
  lateAfterMs?: number
  rejectedCount: number
  /** Rejected ones by the rule that they break. Absent: none. */
  rules?: Record<string, number>
  /** The first REJECTS_LISTED of them. */
  rejected: Reject[]
}
