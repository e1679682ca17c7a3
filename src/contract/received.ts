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

/** A request to a receiver, read whole. */
export interface Received {
  method: 'GET' | 'POST'
  /** Below the receiver's own path, without a slash at either end: `v1/logs`. Empty for the path itself. */
  path: string
  /** Of several values of one name the last. */
  query: Readonly<Record<string, string>>
  /** Names in small letters; several of one name as HTTP joins them. */
  headers: Readonly<Record<string, string>>
  /** Unpacked, if it came with gzip; as it came, where the receiver unpacks it. Empty for a GET. */
  body: Uint8Array
  /** The body's value. @throws where it is no JSON, or deeper than JSON_DEPTH: the sender is then told so (400) */
  json(): unknown
}

/** An answer as the foreign protocol wants it. */
export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** What a receiver made of a request. */
export type Taken =
  | {
      signals: readonly unknown[]
      /** What is said once they are taken; without it the counts, as `POST /api/v1/signals` says them. */
      answer?: (counted: Receipt) => Answer
      /** Understood, and of no use here: messages by the reason, e.g. `github.ping`. None of them is an error. */
      ignored?: Readonly<Record<string, number>>
      /** How much it left out of what was sent, by the rule that it breaks: an operator sees it beside what the door refused. */
      dropped?: Readonly<Record<string, number>>
      /** Told where they could not be kept, in part or at all: what comes twice counts once. */
      undone?: () => void
    }
  /**
   * Not understood: a client error (4xx, 400 if not given), with the rule that it breaks, e.g. `alert.status`. `answer` says so in
   * the words of the protocol, where problem details are not what its senders read.
   */
  | { refused: { rule: string; message: string; value?: string; status?: number; answer?: Answer } }

/** What would become of a sample. */
export interface Mapped {
  signals: readonly unknown[]
  /** What is left out, by the rule that it breaks, with the first of its kind. */
  dropped?: readonly { rule: string; count: number; value?: string }[]
}
