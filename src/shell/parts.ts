import { Worker } from 'node:worker_threads'
import type { Config } from '../contract/config.js'
import type { EngineConfig } from '../core/fold/fold.js'
import { files } from './folder/data-folder.js'
import { type Committed, Engine } from './engine.js'
import type { Env } from './env.js'
import { FLEETING, keepingOf, openLog, openStore } from './keep.js'
import { connect, type Remote } from './rpc.js'
import type { Hooks, Parts } from './standing.js'

export type { Hooks, Parts } from './standing.js'
import { bringTogether, type Together } from './folder/together.js'
import { openFront, type Share } from './sharing/front.js'
import type { Tracer } from './tracing/tracer.js'

export interface PartsOptions {
  /** `memory` keeps nothing: tests. `inline` is SQLite without threads: tests. */
  run?: 'threads' | 'inline' | 'memory'
  /** Pages of the log at most: tests of a full disk. */
  maxLogPages?: number
  /** The workspace that the demonstration makes. */
  demo?: string | null
  /** Where several processes share out the work: what this one does of it. */
  share?: Share
  /** Where something of this server itself is traced. */
  tracer?: Tracer | undefined
}

export const engineConfig = (config: Config): EngineConfig => ({
  clock: config.clock,
  falseAlarmsPerMonth: config.falseAlarmsPerMonth,
  services: config.services,
})

export async function openParts(config: Config, env: Env, hooks: Hooks, options: PartsOptions): Promise<Parts> {
  const { tracer } = options
  if (tracer === undefined) return openUntraced(config, env, hooks, options)
  const committed: Hooks['committed'] = what => {
    tracer.committed(what)
    hooks.committed(what)
  }
  return tracer.over(await openUntraced(config, env, { ...hooks, committed }, options))
}

async function openUntraced(config: Config, env: Env, hooks: Hooks, options: PartsOptions): Promise<Parts> {
  const { run = 'threads', demo = null, share } = options
  if (share !== undefined) return openFront(config, env, hooks, share)
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
