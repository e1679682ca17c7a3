import { TransientError } from '../../../contract/error.js'
import { FEDERATION_INSTANCES } from '../../../contract/limits.js'
import type { PluginEnv, Stop } from '../../../contract/plugin.js'
import { MINUTE } from '../../../contract/time.js'
import { withoutEnd } from '../../shared/text.js'

/** Who is read: those that are named, and those that a list names. */

export interface Instance {
  /** As its readers know it. */
  url: string
  name?: string
  /** A token of that instance. */
  token?: string
  services?: { service: string; theirs?: string }[]
}

/** A list is some kilobytes: 50 addresses with names. */
const INSTANCES_BYTES = 1024 * 1024

export const hostOf = (url: string): string => new URL(url).host.replace(/^www\./, '')
/** One spelling for the same place. */
export const baseOf = (url: string): string => withoutEnd(new URL(url).href, '/')

/**
 * Instances of a list, as JSON: addresses, or objects with `url` and `name`, alone or under `instances`. No token is sent to whom
 * a list names.
 *
 * @throws TransientError where it is no list
 */
export async function listed(url: string, env: PluginEnv, stop: Stop): Promise<{ found: Instance[]; more: number }> {
  const { host } = new URL(url)
  const answer = await env.fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'follow',
    maxBytes: INSTANCES_BYTES,
    signal: stop,
  })
  if (!answer.ok) {
    await answer.cancel()
    throw new TransientError(`${host} answered ${answer.status}`, MINUTE)
  }
  let said: unknown
  try {
    said = JSON.parse(await answer.text())
  } catch {
    said = null
  }
  const list = Array.isArray(said) ? said : (said as { instances?: unknown } | null)?.instances
  if (!Array.isArray(list)) throw new TransientError(`${host} answered no list of instances`, MINUTE)
  const all = (list as unknown[]).flatMap(each => {
    const { url, name } = (typeof each === 'string' ? { url: each } : (each ?? {})) as Fields
    if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url)) return []
    const short = typeof name === 'string' && name !== '' && name.length <= 200 ? { name } : {}
    return [{ url, ...short }]
  })
  return { found: all.slice(0, FEDERATION_INSTANCES), more: Math.max(0, all.length - FEDERATION_INSTANCES) }
}
type Fields = Record<string, unknown>

/** Each place once, the first word on it counts; without this instance itself. */
export function apart(all: readonly Instance[], self: string | null): Instance[] {
  const seen = new Set(self === null ? [] : [baseOf(self)])
  return all.filter(({ url }) => {
    const base = baseOf(url)
    return !seen.has(base) && seen.add(base)
  })
}
