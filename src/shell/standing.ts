import type { EpochMs } from '../contract/time.js'
import type { Log, NewEntry, Store } from '../contract/ports.js'
import type { SubscriberChange } from '../contract/subscribers/subscriber.js'
import type { EngineConfig } from '../core/fold/fold.js'
import type { Committed } from './engine.js'

/** What a workspace stands on, wherever it runs. Writing happens in one place; reading may happen here. */
export interface Parts extends AsyncDisposable {
  append(entries: NewEntry[]): Promise<number[]>
  trimLog(before: EpochMs, upTo: number): Promise<number>
  /** For reading only. */
  log: Pick<Log, 'read' | 'keys' | 'last' | 'partitions'>
  /** For reading only. */
  store: Pick<Store, 'reader' | 'alerts' | 'eventsAfter' | 'head' | 'noted' | 'committed' | 'subscriptions'>
  /** There is more in the log. */
  wake(): void
  /** What is decided from here on is decided by this. */
  configure(config: EngineConfig): Promise<void>
  note(key: string, value: Uint8Array): Promise<void>
  subscribe(change: SubscriberChange): Promise<void>
  trimStore(before: { rollups: EpochMs; facts: EpochMs }): Promise<void>
  /** How often the log was found to end before what was committed. */
  gaps: number
  /** Nothing was written to it since. */
  cut: boolean
  /** What is shown is behind by a fault of ours from here on; as on one machine, if not given. */
  lateMs?: number
  /** It only shows: signals are taken by another process. */
  reading?: boolean
}

export interface Hooks {
  committed: (what: Committed) => void
  /** The engine or the log is gone; nothing moves any more. */
  died: (error: Error) => void
}
