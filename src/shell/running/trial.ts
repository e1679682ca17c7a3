import type { Config, ProbeUse, Use } from '../../contract/config.js'
import type { Batch, PluginKind, Probe, Source } from '../../contract/plugin.js'
import { SECOND } from '../../contract/time.js'
import { Registry } from '../../plugin/registry.js'
import type { Env } from '../env.js'
import { pluginEnv } from '../outside/env.js'
import { type Judged, judge } from './judged.js'

/** So many are tried at a time. */
const TRIALS_AT_ONCE = 8

export const TRIED = ['source', 'receiver', 'probe', 'notifier'] as const satisfies readonly PluginKind[]
type Kind = (typeof TRIED)[number]

/** What came of opening one use of a plug-in once, and of reading from it. */
export interface Trial {
  kind: Kind
  id: string
  use: string
  /** `silent`: it can be read, and said nothing in the time. `waits`: it opens, and others speak first. */
  outcome: 'ok' | 'silent' | 'waits' | 'failed'
  /** Of a failure; of a probe, what it found. */
  why: string | null
  /** What a source said. */
  judged: Judged | null
  /** Pasts that it would teach. */
  pasts: number
}

type Uses = Pick<Config, 'plugins' | 'sources' | 'receivers' | 'probes' | 'notifiers'>
type Found = Pick<Trial, 'outcome'> & Partial<Trial>

/**
 * Opens every source, receiver, probe and notifier of a configuration once, in the order of the file, and reads once from those
 * that can be read. Nothing is kept, nobody is told. What fails is its answer: this never throws.
 */
export async function tryUses(config: Uses, env: Pick<Env, 'now' | 'log'>, seconds: number): Promise<Trial[]> {
  const { registry } = await Registry.open(config.plugins)
  const wanted: [Kind, Use][] = [
    ...config.sources.map((use): [Kind, Use] => ['source', use]),
    ...config.receivers.map((use): [Kind, Use] => ['receiver', use]),
    ...config.probes.map((use): [Kind, Use] => ['probe', use]),
    ...config.notifiers.map((use): [Kind, Use] => ['notifier', use]),
  ]
  const trials: Trial[] = []
  const each = wanted.entries()
  const work = async () => {
    for (const [i, [kind, use]] of each) {
      const bare = { kind, id: use.id, use: use.use, why: null, judged: null, pasts: 0 }
      try {
        trials[i] = { ...bare, ...(await tried(registry, kind, use, env, seconds * SECOND)) }
      } catch (error) {
        const { message, name } = error as Error
        trials[i] = { ...bare, outcome: 'failed', why: message || name }
      }
    }
  }
  await Promise.all(Array.from({ length: TRIALS_AT_ONCE }, work))
  return trials
}

async function tried(
  registry: Registry,
  kind: Kind,
  use: Use,
  env: Pick<Env, 'now' | 'log'>,
  limitMs: number,
): Promise<Found> {
  const plugin = await registry.get(kind, use.use)
  const outside = pluginEnv(env, use.allowPrivate ?? plugin.allowPrivate ?? false)
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), limitMs)
  try {
    const opened = await plugin.open(use.settings as never, outside)
    if (kind === 'source') {
      await using source = opened as Source
      return await readOnce(source, late.signal, limitMs, env.now)
    }
    if (kind === 'probe') {
      await using probe = opened as Probe
      if (probe.hears !== undefined) return { outcome: 'waits' }
      const stop = AbortSignal.any([late.signal, AbortSignal.timeout((use as ProbeUse).timeoutMs)])
      const { outcome, why = null } = await probe.check(stop)
      return { outcome: outcome === 'ok' || outcome === 'degraded' ? 'ok' : 'failed', why: why ?? outcome }
    }
    await using _ = opened
    return { outcome: 'waits' }
  } finally {
    clearTimeout(timer)
  }
}

async function readOnce(source: Source, stop: AbortSignal, limitMs: number, now: () => number): Promise<Found> {
  const batch = await firstBatch(source, stop, limitMs)
  if (batch === null) return { outcome: 'silent' }
  const { signals, past = [] } = batch
  if (!Array.isArray(signals)) return { outcome: 'failed', why: 'a batch is an object with a list `signals`' }
  const judged = judge(signals, now())
  const outcome = judged.accepted > 0 ? 'ok' : judged.refused.length > 0 ? 'failed' : 'silent'
  const why = outcome === 'failed' ? 'nothing of what it says is taken' : null
  return { outcome, why, judged, pasts: past.length }
}

/** The first batch in which something stands; null where none came in the time. */
async function firstBatch(source: Source, stop: AbortSignal, limitMs: number): Promise<Batch | null> {
  if (source.poll !== undefined) {
    try {
      return await source.poll(undefined, stop)
    } catch (error) {
      throw stop.aborted ? new Error(`no answer within ${limitMs / SECOND} s`) : error
    }
  }
  if (source.read === undefined) throw new Error('a source has a method poll or read')
  for await (const batch of source.read(stop, undefined)) {
    if (batch.signals.length > 0 || batch.done === true) return batch
    if (stop.aborted) break
  }
  return null
}
