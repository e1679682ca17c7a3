/** Where a process can be ended or hindered: a call to the system, by what it is about. */
export interface Point {
  name: string
  call: 'pwrite64' | 'fsync' | 'rename' | 'write'
  /** Of the data folder; undefined: whatever the file, connections among them. */
  file?: string
  /** What must be so after the next start. */
  must: string
}

/** Every boundary of what is durable, and the answer that follows. */
export const POINTS: readonly Point[] = [
  {
    name: 'the log writes rows',
    call: 'pwrite64',
    file: 'log.db-wal',
    must: 'Recovery must find each acknowledged row and nothing of the one that was being written.',
  },
  {
    name: 'the log is written through',
    call: 'fsync',
    file: 'log.db-wal',
    must: 'Recovery must find each acknowledged row; the one in flight is whole or not there, and counts once when it is sent again.',
  },
  {
    name: 'the log is moved into its file',
    call: 'pwrite64',
    file: 'log.db',
    must: 'Recovery must find every row, in the file or in the journal beside it.',
  },
  {
    name: 'the file of the log is written through',
    call: 'fsync',
    file: 'log.db',
    must: 'Recovery must find every row, in the file or in the journal beside it.',
  },
  {
    name: 'the first pages of the log are written',
    call: 'pwrite64',
    file: 'log.db-journal',
    must: 'Recovery must make the log anew: nothing was acknowledged yet.',
  },
  {
    name: 'the store commits',
    call: 'pwrite64',
    file: 'store.db-wal',
    must: 'Recovery must find the commit whole or not at all, and fold what came after it; nobody is told twice under another id.',
  },
  {
    name: 'the store is moved into its file',
    call: 'pwrite64',
    file: 'store.db',
    must: 'Recovery must find every commit, in the file or in the journal beside it.',
  },
  {
    name: 'the file of the store is written through',
    call: 'fsync',
    file: 'store.db',
    must: 'Recovery must find every commit, in the file or in the journal beside it.',
  },
  {
    name: 'the first pages of the store are written',
    call: 'pwrite64',
    file: 'store.db-journal',
    must: 'Recovery must make the store anew and fold the whole log.',
  },
  {
    name: 'a key or a record is written through',
    call: 'fsync',
    must: 'Recovery must find the file of before or the new one, never half of one.',
  },
  {
    name: 'a key or a record takes its place',
    call: 'rename',
    must: 'Recovery must find the file of before or the new one, and start without anybody’s help.',
  },
  {
    name: 'somebody is answered, or told',
    call: 'write',
    must: 'Recovery must know what was acknowledged; what was not counts once when it is sent again, and a message that was sent keeps its id.',
  },
]

/** What a point does instead of ending the process. */
export interface Hindrance {
  name: string
  point: Pick<Point, 'call' | 'file'>
  /** As strace says it. */
  inject: string
  /** How many calls in a row. */
  calls: number
  must: string
}

export const HINDRANCES: readonly Hindrance[] = [
  {
    name: 'no room for the log',
    point: { call: 'pwrite64', file: 'log.db-wal' },
    inject: 'error=ENOSPC',
    calls: 40,
    must: 'Senders must be told 503 and lose nothing; it goes on by itself when there is room.',
  },
  {
    name: 'no room for the store',
    point: { call: 'pwrite64', file: 'store.db-wal' },
    inject: 'error=ENOSPC',
    calls: 40,
    must: 'Signals must be taken all the same, and folded when there is room.',
  },
  {
    name: 'the disk fails while the log is written through',
    point: { call: 'fsync', file: 'log.db-wal' },
    inject: 'error=EIO',
    calls: 1,
    must: 'What was in flight must not be acknowledged, and counts once when it is sent again.',
  },
  {
    name: 'the disk fails while the store commits',
    point: { call: 'pwrite64', file: 'store.db-wal' },
    inject: 'error=EIO',
    calls: 2,
    must: 'The commit must be made again, once.',
  },
  {
    name: 'a slow disk',
    point: { call: 'fsync' },
    inject: 'delay_enter=50000',
    calls: 1_000_000,
    must: 'Nothing must change but the time that it takes.',
  },
]
