import type { Receipt } from '../../contract/received.js'

/** More than a request may bring. */
export class TooMuch extends Error {
  override name = 'TooMuch'
  constructor(
    /** `size`: bytes; `lines`: lines that are no signals. */
    readonly of: 'size' | 'lines',
    message: string,
  ) {
    super(message)
  }
}

/** A request that was not read to its end, because of `why`. What came before counts, and is in `receipt`. */
export class CutShort extends Error {
  override name = 'CutShort'
  constructor(
    readonly why: Error,
    readonly receipt: Receipt,
  ) {
    super(why.message)
  }
}
