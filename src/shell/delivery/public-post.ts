import { lookup } from 'node:dns'
import { request } from 'node:https'
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net'
import { plainAddress } from '../visitors/address.js'

// Addresses to post to that strangers hand in: https on its usual port at a name of the public Internet. What the name
// stands for is checked where the connection is made, so that a name cannot be one thing when asked and another when used.

/** A push service answers within this or is tried again. */
const TIMEOUT_MS = 10_000
/** Longest address of a push service that was seen is 240 characters. */
export const ENDPOINT_CHARS = 1_000

const INSIDE = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(net, bits)
const GLOBAL6 = new BlockList()
GLOBAL6.addSubnet('2000::', 3, 'ipv6')
/** Within 2000::/3, but documentation, or a wrapping of IPv4 addresses that may be inside. */
const INSIDE6 = new BlockList()
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  INSIDE6.addSubnet(net, bits, 'ipv6')

/** Whether an address is one of the public Internet. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address)
  if (plain === null) return false
  if (!isIPv6(plain)) return !INSIDE.check(plain)
  return GLOBAL6.check(plain, 'ipv6') && !INSIDE6.check(plain, 'ipv6')
}

/** Why nothing is posted there; null: it may be tried. */
export function whyNotPublic(text: string): string | null {
  if (text.length > ENDPOINT_CHARS || !URL.canParse(text)) return 'an address of at most 1,000 characters'
  const { protocol, port, username, password, hostname } = new URL(text)
  if (protocol !== 'https:') return 'an https address'
  if (port !== '' || username !== '' || password !== '') return 'an address without port, name and password'
  if (hostname.startsWith('[') || isIP(hostname) !== 0) return 'a host name, not a number'
  const name = hostname.replace(/\.$/, '')
  if (!/^(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}$/.test(name)) return 'a public host name'
  if (/(?:^|\.)(?:localhost|local|internal|lan|home|corp|intranet|arpa|test|invalid|onion)$/.test(name))
    return 'a public host name'
  return null
}

export interface Posted {
  status: number
  retryAfterMs: number | null
}

export type PublicPost = (url: string, headers: Record<string, string>, body: Uint8Array) => Promise<Posted>

/** Resolves a name and refuses it when any of its addresses is inside. */
export const guardedLookup =
  (resolve: typeof lookup = lookup): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const first = addresses[0]
      if (first === undefined || addresses.some(each => !isPublicAddress(each.address)))
        return callback(Object.assign(new Error('not a public address'), { code: 'ENOTPUBLIC' }), '', 0)
      if (options.all === true) callback(null, addresses as never)
      else callback(null, first.address, first.family)
    })
  }

/** Follows no redirect and reads no answer but its status. @throws Error with `code` when there is none */
export const publicPost: PublicPost = (url, headers, body) =>
  new Promise((done, fail) => {
    const why = whyNotPublic(url)
    if (why !== null) return fail(Object.assign(new Error(`not ${why}`), { code: 'ENOTPUBLIC' }))
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': body.length },
        lookup: guardedLookup(),
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      answer => {
        const seconds = Number(answer.headers['retry-after'])
        done({ status: answer.statusCode ?? 0, retryAfterMs: seconds > 0 ? Math.min(seconds, 3_600) * 1_000 : null })
        answer.destroy()
      },
    )
    sent.on('error', fail)
    sent.end(body)
  })
