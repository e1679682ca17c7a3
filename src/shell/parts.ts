import { Worker } from 'node:worker_threads'
import type { Config } from '../contract/config.js'
import type { EpochMs } from '../contract/time.js'
import type { Log, NewEntry, Store } from '../contract/ports.js'
import type { SubscriberChange } from '../contract/subscribers/subscriber.js'
import type { EngineConfig } from '../core/fold/fold.js'
import { files } from './folder/data-folder.js'
import { type Committed, Engine } from './engine.js'
import type { Env } from './env.js'
import { FLEETING, keepingOf, openLog, openStore } from './keep.js'
import { connect, type Remote } from './rpc.js'
import { bringTogether, type Together } from './folder/together.js'

/** What a workspace stands on, wherever it runs. Writing happens in one place; reading may happen here. */
export interface Parts extends AsyncDisposable {
  append(entries: NewEntry[]): Promise<number[]>
  trimLog(before: EpochMs, upTo: number): Promise<number>
  /** For reading only. */
  log: Pick<Log, 'read' | 'keys' | 'last'>
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
}

export interface PartsOptions {
  /** `memory` keeps nothing: tests. `inline` is SQLite without threads: tests. */
  run?: 'threads' | 'inline' | 'memory'
  /** Pages of the log at most: tests of a full disk. */
  maxLogPages?: number
  /** The workspace that the demonstration makes. */
  demo?: string | null
}

export interface Hooks {
  committed: (what: Committed) => void
  /** The engine or the log is gone; nothing moves any more. */
  died: (error: Error) => void
}

export const engineConfig = (config: Config): EngineConfig => ({
  clock: config.clock,
  falseAlarmsPerMonth: config.falseAlarmsPerMonth,
  services: config.services,
})

export async function openParts(config: Config, env: Env, hooks: Hooks, options: PartsOptions): Promise<Parts> {
  const { run = 'threads', demo = null } = options
  const found =
    run === 'memory'
      ? { gaps: 0, cut: false, torn: false }
      : await bringTogether(config.data, env, demo, keepingOf(config))
  const open = run === 'threads' ? openThreads : openInline
  return open(config, env, hooks, options, found)
}

async function openInline(
  config: Config,
  env: Env,
  hooks: Hooks,
  { run, maxLogPages }: PartsOptions,
  { gaps, cut, torn }: Together,
): Promise<Parts> {
  const keeping = run === 'memory' ? FLEETING : keepingOf(config)
  const names = files(config.data)
  const log = await openLog(keeping, env, { file: names.log, maxPages: maxLogPages })
  const store = await openStore(keeping, env, { file: names.store })
  const { committed, died } = hooks
  const engine = await Engine.open({ log, store, config: engineConfig(config), torn, committed, say: env.log })
  return {
    append: entries => log.append(entries),
    trimLog: (before, upTo) => log.trim(before, upTo),
    log,
    store,
    wake: () => void engine.pump().catch(died),
    configure: next => engine.reconfigure(next),
    note: (key, value) => store.note(key, value),
    subscribe: change => store.subscribe(change),
    trimStore: before => store.trim(before),
    gaps,
    cut,
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]()
      await log[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

/**
 * The log has a thread of its own, so that an fsync waits for the disk alone, and the engine another, so that a tick
 * over all services delays no acknowledgement. Here the log and the store are opened a second time, for reading.
 */
async function openThreads(
  config: Config,
  env: Env,
  hooks: Hooks,
  { maxLogPages }: PartsOptions,
  { gaps, cut, torn }: Together,
): Promise<Parts> {
  const names = files(config.data)
  const keeping = keepingOf(config)
  const workers: Worker[] = []
  const here: AsyncDisposable[] = []
  const remotes: Remote[] = []
  let closing = false
  const start = (worker: Worker): Remote => {
    workers.push(worker)
    const remote = connect(
      worker,
      message => {
        const sent = message as { committed?: Committed; say?: Parameters<Env['log']> }
        if (sent.committed !== undefined) hooks.committed(sent.committed)
        if (sent.say !== undefined) env.log(...sent.say)
      },
      error => {
        if (!closing) hooks.died(error)
      },
    )
    remotes.unshift(remote)
    return remote
  }
  const end = async () => {
    closing = true
    for (const each of here) await each[Symbol.asyncDispose]()
    await Promise.allSettled(remotes.map(remote => remote.ask('close', [])))
    await Promise.allSettled(workers.map(worker => worker.terminate()))
  }
  try {
    // The log first: it makes the file that the engine then reads.
    const log = start(new Worker(new URL('./threads/log.js', import.meta.url)))
    await log.ask('open', [keeping, { file: names.log, maxPages: maxLogPages }])
    const engine = start(new Worker(new URL('./threads/engine.js', import.meta.url)))
    await engine.ask('open', [keeping, names, engineConfig(config), torn])
    const logHere = await openLog(keeping, env, { file: names.log, readonly: true })
    here.push(logHere)
    const storeHere = await openStore(keeping, env, { file: names.store, readonly: true })
    here.push(storeHere)
    return {
      append: entries =>
        log.ask(
          'append',
          [entries],
          entries.flatMap(e => (e.count > 0 ? [e.body.buffer as ArrayBuffer, e.keys.buffer as ArrayBuffer] : [])),
        ),
      trimLog: (before, upTo) => log.ask('trim', [before, upTo]),
      log: logHere,
      store: storeHere,
      wake: () => void engine.ask('wake', []).catch(() => {}),
      configure: next => engine.ask('configure', [next]),
      note: (key, value) => engine.ask('note', [key, value]),
      subscribe: change => engine.ask('subscribe', [change]),
      trimStore: before => engine.ask('trim', [before]),
      gaps,
      cut,
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    // A thread that is left keeps the process alive without a port.
    await end()
    throw error
  }
}
