// What a plug-in may hear of without asking: files that grow, pipes, and ports of this machine.

/** The part of an `AbortSignal` that a plug-in needs; written out because the contract knows no platform types. */
export interface Stop {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  /** Without it, what listens once stays until it is aborted. */
  removeEventListener?(type: 'abort', listener: () => void): void
}

/**
 * Where somebody was in a file, as plain data. Contents decide which file it is: names move when logs rotate, and numbers of files
 * are used again.
 */
export interface FilePlace {
  /** Device and number of the file, where nothing of it was read yet. */
  node: string
  /** Bytes that were read. */
  at: number
  /** How many bytes of its beginning were looked at, and their hash. */
  head: readonly [bytes: number, hash: string]
  /** Hash of the last bytes before `at`. */
  tail: string
}

/** Whole lines, as bytes; the last one has its end too. */
export interface Piece {
  bytes: Uint8Array
  /** Null for pipes, which cannot be read twice. */
  from: FilePlace | null
  to: FilePlace | null
  /** It does not go on where the piece before ended: another file, or the same that was emptied. */
  anew: boolean
}

export interface FollowOptions {
  /** A place that was kept, or where to begin in a file that is there already; `start`, if not given. */
  from?: FilePlace | 'start' | 'end'
  /** With `end`: so many bytes before it, at the beginning of a line. */
  lastBytes?: number
}

/** A file, a pipe, or `-` for what is piped into this process, line by line. */
export interface Following extends AsyncDisposable {
  /** Whether it can be read again from a place. */
  readonly again: boolean
  /** Where the next piece begins; null: there is no file yet, or it is a pipe. */
  readonly place: FilePlace | null
  /** Whether there is something of that name now. */
  readonly there: boolean
  /**
   * What comes next, FOLLOW_PIECE_BYTES at most; null when nothing has come within `waitMs`. Up to `until` in this file, if given.
   *
   * @throws TransientError for what cannot be read
   */
  read(waitMs: number, stop: Stop, until?: number): Promise<Piece | null>
  /** What could not be read since this was asked last, in words; null: nothing. */
  lost(): string | null
  /** A pipe whose writers have gone for good. */
  readonly ended: boolean
}

export interface ListenAt {
  protocol: 'udp' | 'tcp'
  /** 127.0.0.1, if not given: others hear nothing of it. */
  host?: string
  /** 0: any that is free. */
  port: number
  /** Addresses and ranges that may send; addresses that are not public, if not given. */
  senders?: readonly string[]
}

/** A datagram, or a piece of what one connection says. */
export interface Heard {
  /** The connection; 0 for datagrams. */
  from: number
  /** Empty: the connection is over. */
  bytes: Uint8Array
}

/** A port that listens. What is not fetched waits, LISTEN_WAITING_BYTES at most: datagrams beyond are lost, connections wait. */
export interface Listening extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** All that has come, in order; none when nothing has come within `waitMs`. */
  next(waitMs: number, stop: Stop): Promise<Heard[]>
  /** Datagrams that were lost for want of room since this was asked last, and senders that were refused. */
  lost(): { datagrams: number; refused: number }
}
