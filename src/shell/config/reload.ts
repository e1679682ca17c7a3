import type { Config } from '../../contract/config.js'
import type { Finding } from './finding.js'
import type { Loaded } from './load.js'

/** What a server cannot change while it runs. */
const RESTART: readonly (keyof Config)[] = ['host', 'port', 'data', 'clock', 'bus', 'store', 'tracing']

/** What reading the configuration again did. */
export type Reloaded =
  | { ok: true; changed: string[]; needsRestart: string[] }
  /** The old one goes on. */
  | { ok: false; findings: Finding[] }

/** Keys whose values differ, those that count from now on apart from those that wait for a restart. */
export function changesOf(from: Config, to: Config): { changed: string[]; needsRestart: string[] } {
  const keys = (Object.keys(to) as (keyof Config)[]).filter(
    key => key !== 'demo' && JSON.stringify(from[key]) !== JSON.stringify(to[key]),
  )
  return {
    changed: keys.filter(key => !RESTART.includes(key)),
    needsRestart: keys.filter(key => RESTART.includes(key)),
  }
}

export interface ReloadParts {
  /** Reads the file as it is now. */
  load(): Promise<Loaded>
  running(): Config
  /** Goes on under this one; the old one goes on if it fails. */
  apply(config: Config): Promise<void>
}

/**
 * Reads the configuration again, one after the other however often it is asked for. A wrong file changes nothing. `read`: it
 * was read this moment.
 */
export function reloader({ load, running, apply }: ReloadParts): (read?: Loaded) => Promise<Reloaded> {
  let last: Promise<unknown> = Promise.resolve()
  const reload = async (read?: Loaded): Promise<Reloaded> => {
    const { config, findings } = read ?? (await load())
    if (config === null) return { ok: false, findings }
    const { changed, needsRestart } = changesOf(running(), config)
    if (changed.length === 0) return { ok: true, changed, needsRestart }
    try {
      await apply(config)
    } catch (error) {
      return {
        ok: false,
        findings: [{ path: '', rule: 'settings that the server can work with', value: (error as Error).message }],
      }
    }
    return { ok: true, changed, needsRestart }
  }
  return read => {
    const next = last.then(() => reload(read))
    last = next.catch(() => {})
    return next
  }
}
