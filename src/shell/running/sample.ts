import { gunzipSync } from 'node:zlib'
import type { Use } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import { ARRAY_BYTES } from '../../contract/limits.js'
import type { Mapped, PluginEnv, PluginOf, Receiver } from '../../contract/plugin.js'
import type { Received } from '../../contract/received.js'
import type { EpochMs } from '../../contract/time.js'
import { pluginEnv } from '../outside/env.js'
import { type Judged, judge } from './judged.js'

/** What would become of a sample, and what not. */
export interface Sampled {
  signals: readonly unknown[]
  judged: Judged
  /** What the plug-in left out. */
  dropped: NonNullable<Mapped['dropped']>
  /** Understood, and of no use here, by the reason. */
  ignored: Readonly<Record<string, number>>
  /** Requests that a receiver refuses. */
  refused: { rule: string; message: string; value?: string }[]
}

export interface SampleOptions {
  now: EpochMs
  /** Of a request, below the receiver's own path. */
  path: string
  headers: Record<string, string>
}

/** An outside in which nothing can be asked. */
function nowhere(now: EpochMs): PluginEnv {
  const none = async (): Promise<never> => {
    throw new PermanentError('a sample asks nothing of the outside')
  }
  const env = pluginEnv({ now: () => now, log: () => {} })
  return { ...env, fetch: none, connect: none, lookup: none, follow: none, listen: none, readText: none }
}

/**
 * Shows samples to one use of a source, or posts them to one of a receiver, one after the other; keeps nothing. Signals are judged as
 * if they had just come, whenever they are from.
 *
 * @throws PermanentError for a plug-in that cannot be shown any; whatever the plug-in throws
 */
export async function mapSamples(
  plugin: PluginOf<'source'> | PluginOf<'receiver'>,
  use: Use,
  samples: readonly Uint8Array[],
  options: SampleOptions,
): Promise<Sampled> {
  const { now } = options
  const all: Omit<Sampled, 'judged'> = { signals: [], dropped: [], ignored: {}, refused: [] }
  await using receiver = plugin.kind === 'receiver' ? await plugin.open(use.settings as never, nowhere(now)) : null
  const show = plugin.kind === 'source' ? shownTo(plugin, use, now) : postedTo(receiver!, options)
  for (const sample of samples) {
    const { signals, dropped = [], ignored = {}, refused = [] } = await show(sample)
    all.signals = [...all.signals, ...signals]
    all.dropped = [...all.dropped, ...dropped]
    all.ignored = { ...all.ignored, ...ignored }
    all.refused.push(...refused)
  }
  return { ...all, judged: judge(all.signals, Math.min(now, newestOf(all.signals) ?? now)) }
}

type Show = (sample: Uint8Array) => Promise<Mapped & Partial<Pick<Sampled, 'ignored' | 'refused'>>>

function shownTo(plugin: PluginOf<'source'>, use: Use, now: EpochMs): Show {
  if (plugin.map === undefined)
    throw new PermanentError(
      `${plugin.name} asks for what it reads: there is no sample to show it. \`check --try\` reads from it once`,
    )
  return async sample => plugin.map!(use.settings as never, unpacked(sample), nowhere(now))
}

function postedTo(receiver: Receiver, { path, headers }: SampleOptions): Show {
  return async sample => {
    const plain = unpacked(sample)
    if (plain.length > (receiver.maxBytes ?? ARRAY_BYTES))
      return { signals: [], refused: [{ rule: 'body.size', message: 'too large', value: `${plain.length} bytes` }] }
    const isText = /^\s*[[{"]/.test(Buffer.from(plain.subarray(0, 100)).toString('latin1'))
    const [packing] = isText ? [] : (receiver.unpacks ?? [])
    const received: Received = {
      method: 'POST',
      path,
      query: {},
      headers: {
        'content-type': isText ? 'application/json' : 'application/x-protobuf',
        ...(packing === undefined ? {} : { 'content-encoding': packing }),
        ...headers,
      },
      body: plain,
      json: () => JSON.parse(Buffer.from(plain).toString()) as unknown,
    }
    const taken = await receiver.take(received)
    if ('refused' in taken) return { signals: [], refused: [taken.refused] }
    const dropped = Object.entries(taken.dropped ?? {}).map(([rule, count]) => ({ rule, count }))
    return { signals: taken.signals, dropped, ignored: taken.ignored ?? {} }
  }
}

const unpacked = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: ARRAY_BYTES }) : bytes

function newestOf(signals: readonly unknown[]): EpochMs | null {
  const times = signals
    .map(each => (each as { at?: unknown } | null)?.at)
    .map(at => (typeof at === 'string' ? Date.parse(at) : at))
  const known = times.filter((at): at is number => typeof at === 'number' && Number.isFinite(at))
  return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b))
}
