import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Plugin, Receiver } from '../contract/plugin.js'
import type { Received } from '../contract/received.js'
import { fakeOutside } from './outside.js'
import { someRequest } from './plugin-contract.js'

/** What tests of receivers of webhooks share: signed requests, and what a receiver made of them. */

/** A secret as senders are given one. */
export const HOOK_SECRET = 'a-secret-of-some-length'

interface Signature {
  header: string
  algorithm: 'sha256' | 'sha512'
  prefix?: string
  secret?: string
  headers?: Record<string, string>
}

/** A request whose body is signed with the secret. */
export function signedRequest(
  body: unknown,
  { header, algorithm, prefix = '', secret = HOOK_SECRET, headers = {} }: Signature,
): Received {
  const request = someRequest(body)
  const signature = createHmac(algorithm, secret).update(request.body).digest('hex')
  return { ...request, headers: { ...request.headers, [header]: prefix + signature, ...headers } }
}

/** One receiver over several requests: what each meant, in short. */
export async function hooked<Config>(
  plugin: Plugin<'receiver', Config, Receiver>,
  settings: Config,
): Promise<{
  /** Signals of a request. @throws where it is refused */
  signals: (request: Received) => Promise<Record<string, unknown>[]>
  /** Why nothing came of it. */
  ignored: (request: Received) => Promise<Readonly<Record<string, number>> | undefined>
  receiver: Receiver
}> {
  const receiver = await plugin.open(settings, fakeOutside().env)
  const take = async (request: Received) => {
    const taken = await receiver.take(request)
    if ('refused' in taken) throw new Error(taken.refused.rule)
    return taken
  }
  return {
    receiver,
    signals: async request => [...(await take(request)).signals] as Record<string, unknown>[],
    ignored: async request => (await take(request)).ignored,
  }
}

/** Events of a file of fixtures, by name. */
export const fixtureEvents = (file: URL): Record<string, Record<string, unknown>> =>
  (JSON.parse(readFileSync(file, 'utf8')) as { events: Record<string, Record<string, unknown>> }).events
