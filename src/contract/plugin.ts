import type { Signal } from './signal.js'
import type { EpochMs } from './time.js'

/** What a plug-in can be. The folder `src/plugin/<kind>` is the registry: one file each, one default export. */
export type PluginKind = 'source' | 'probe' | 'notifier' | 'bus' | 'store'

/** A JSON Schema (TypeBox writes them); what the configuration file may say under the plug-in's name. */
export type ConfigSchema = Readonly<Record<string, unknown>>

/** The part of an `AbortSignal` that a plug-in needs; written out because the contract knows no platform types. */
export interface Stop {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
}

/** The part of `fetch` that a plug-in needs. */
export interface FetchInit {
  method?: string
  headers?: Record<string, string>
  body?: string
  redirect?: 'manual' | 'follow'
  signal?: Stop
}
export interface Fetched {
  ok: boolean
  status: number
  headers: { get(name: string): string | null }
  body: { cancel(): Promise<void> } | null
  text(): Promise<string>
}

/** Everything a plug-in may reach of the outside. Tests hand in their own. */
export interface PluginEnv {
  now(): EpochMs
  /** Resolves early when `stop` is aborted. */
  sleep(ms: number, stop?: Stop): Promise<void>
  /** Text of a file that the configuration names. */
  readText(path: string): Promise<string>
  /** Absent where a plug-in of this kind has no business on the network. */
  fetch?(url: string, init?: FetchInit): Promise<Fetched>
}

export interface Plugin<Kind extends PluginKind, Config, Opened> {
  kind: Kind
  /** As the configuration file writes it; equals the file's name. */
  name: string
  /** One line for `--help` and the documentation. */
  summary: string
  config: ConfigSchema
  /** `config` has passed the schema. @throws PermanentError when it can never work, TransientError when later may do. */
  open(config: Config, env: PluginEnv): Promise<Opened>
}

/** Turns the outside into signals, batch by batch, until it ends or is stopped. */
export interface Source extends AsyncDisposable {
  read(stop: Stop): AsyncIterable<Signal[]>
}

/** Names the types of a plug-in; returns it unchanged. */
export function plugin<Kind extends PluginKind, Config, Opened>(
  it: Plugin<Kind, Config, Opened>,
): Plugin<Kind, Config, Opened> {
  return it
}
