/** One rejected line. `line` counts from 1 within the request or file. */
export interface Reject {
  line: number
  /** Dotted name of the rule, e.g. `observation.bad`. */
  rule: string
  /** What the rule asks. */
  message: string
  /** The value received, cut to 80 characters. */
  value: string
}

/** Worth trying again, unchanged. */
export class TransientError extends Error {
  override name = 'TransientError'
  constructor(
    message: string,
    readonly retryAfterMs: number,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

/** The other side calls this very thing wrong: worth a few tries more, in case it is the other side that is. */
export class RefusedError extends TransientError {
  override name = 'RefusedError'
}

/** Will fail the same way every time. */
export class PermanentError extends Error {
  override name = 'PermanentError'
}

/** It is about where it goes: others may be told. */
export class AddressError extends PermanentError {
  override name = 'AddressError'
  constructor(
    message: string,
    /** There is nobody at this address; else the next message may be taken. */
    readonly nobody: boolean,
  ) {
    super(message)
  }
}
