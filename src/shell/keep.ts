import type { Config, Use } from '../contract/config.js'
import { PermanentError } from '../contract/error.js'
import type { Place, PluginOf } from '../contract/plugin.js'
import type { Log, Store } from '../contract/ports.js'
import type { SharedBus, SharedStore } from '../contract/sharing/sharing.js'
import { PASSING, Registry, STANDARD } from '../plugin/registry.js'
import type { Env } from './env.js'
import { pluginEnv } from './outside/env.js'

/** What keeps the log and the store of a workspace: plain data, which a thread can be given. */
export interface Keeping {
  plugins: readonly string[]
  bus: Pick<Use, 'use' | 'settings'>
  store: Pick<Use, 'use' | 'settings'>
}

export const keepingOf = ({ plugins, bus, store }: Config): Keeping => ({ plugins, bus, store })
/** For a data folder of which no configuration is known. */
export const USUAL: Keeping = usesOf(STANDARD)
/** For a workspace that ends with its process. */
export const FLEETING: Keeping = usesOf(PASSING)

function usesOf({ bus, store }: { bus: string; store: string }): Keeping {
  return { plugins: [], bus: { use: bus, settings: {} }, store: { use: store, settings: {} } }
}

/** The plug-ins themselves. @throws PermanentError where there are none of these names */
export async function keepersOf({ plugins, bus, store }: Keeping): Promise<{
  bus: PluginOf<'bus'>
  store: PluginOf<'store'>
}> {
  const { registry } = await Registry.open(plugins)
  return { bus: await registry.get('bus', bus.use), store: await registry.get('store', store.use) }
}

type Saying = Pick<Env, 'now' | 'log'>

export async function openLog(keeping: Keeping, env: Saying, place: Place): Promise<Log> {
  const { bus } = await keepersOf(keeping)
  return bus.open(keeping.bus.settings as never, outside(env), place)
}

export async function openStore(keeping: Keeping, env: Saying, place: Place): Promise<Store> {
  const { store } = await keepersOf(keeping)
  return store.open(keeping.store.settings as never, outside(env), place)
}

/** @throws PermanentError where the bus is none that several processes share */
export async function openSharedBus(keeping: Keeping, env: Saying): Promise<SharedBus> {
  const { bus } = await keepersOf(keeping)
  if (bus.shared === undefined) throw unshared('bus', keeping.bus.use)
  return bus.shared(keeping.bus.settings as never, outside(env))
}

/** @throws PermanentError where the store is none that several processes share */
export async function openSharedStore(keeping: Keeping, env: Saying): Promise<SharedStore> {
  const { store } = await keepersOf(keeping)
  if (store.shared === undefined) throw unshared('store', keeping.store.use)
  return store.shared(keeping.store.settings as never, outside(env))
}

const unshared = (what: string, name: string): PermanentError =>
  new PermanentError(
    `roles are shared out where several processes reach bus and store; the ${what} "${name}" is one process's alone (docs/many-machines.md)`,
  )

/** A database of ours stands in our own network, and the configuration names it. */
const outside = (env: Saying) => pluginEnv(env, true)
