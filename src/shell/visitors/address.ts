import { BlockList, isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** An address as it is compared: an IPv4 one inside IPv6 (::ffff:a.b.c.d) is that IPv4 one, a zone is left out. Null: it is none. */
export function plainAddress(text: string): string | null {
  const plain = text.replace(/^::ffff:(?=\d+\.)/i, '').split('%', 1)[0]!
  return isIP(plain) === 0 ? null : plain
}

/** The first bits of an address as a name. */
function head(address: string, bits4: number, bits6: number): string {
  if (!isIPv6(address)) return cut(address.split('.').map(Number), 8, bits4).join('.')
  const [before = '', after] = address.split('::')
  const left = before === '' ? [] : before.split(':')
  const right = after === undefined || after === '' ? [] : after.split(':')
  const gap = after === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array<string>(gap).fill('0'), ...right].map(group => Number.parseInt(group, 16))
  return cut(groups, 16, bits6)
    .map(group => group.toString(16))
    .join(':')
}

/** The first `bits` of parts of `size` bits; of a part that is cut the rest is zero. */
const cut = (parts: readonly number[], size: number, bits: number): number[] =>
  parts.slice(0, Math.ceil(bits / size)).map((part, i) => {
    const rest = Math.max(0, size - (bits - i * size))
    return (part >> rest) << rest
  })

/** One subscriber: a whole IPv4 address, the first 64 bits of an IPv6 one. */
export const subscriberOf = (address: string): string => head(address, 32, 64)
/** What one renter is given at a time: an IPv4 /24, an IPv6 /48. */
export const prefixOf = (address: string): string => head(address, 24, 48)
/** Without a known ASN: an IPv4 /16, an IPv6 /32. Inside private ranges the /16 is the plan of one house and says nothing. */
export const networkOf = (address: string): string => (isPrivate(address) ? prefixOf(address) : head(address, 16, 32))
/** What one holder has at most, unless it is one of the largest: an IPv4 /12, an IPv6 /20, which holds the /29 of a provider. */
export const allocationOf = (address: string): string =>
  isPrivate(address) ? prefixOf(address) : head(address, 12, 20)

const isPrivate = (address: string) => PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

const PRIVATE = new BlockList()
PRIVATE.addSubnet('10.0.0.0', 8)
PRIVATE.addSubnet('172.16.0.0', 12)
PRIVATE.addSubnet('192.168.0.0', 16)
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

/** An address or `address/bits`, null when it is neither. */
function readRange(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | null {
  const [address = '', bits, rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null
  const most = version === 4 ? 32 : 128
  const length = bits === undefined ? most : Number(bits)
  return length > most ? null : { address, bits: length, family: version === 4 ? 'ipv4' : 'ipv6' }
}

export const isRange = (text: string): boolean => readRange(text) !== null

/** Which addresses are proxies of ours. @throws RangeError for an entry that is no range: `isRange` says so before. */
export function rangesOf(texts: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const text of texts) {
    const range = readRange(text)
    if (range === null) throw new RangeError(`an address or a range such as 10.0.0.0/8; got ${text}`)
    list.addSubnet(range.address, range.bits, range.family)
  }
  if (texts.length === 0) return () => false
  return address => {
    const plain = plainAddress(address)
    return plain !== null && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  }
}

/**
 * Who asks: the socket's other end, or, while that is a proxy of ours, the rightmost address of X-Forwarded-For that is
 * not. Everything to the left of it was written by strangers. What is no address ends the walk at the last hop known.
 */
export function clientAddress(
  socket: string,
  forwardedFor: string | undefined,
  isProxy: (address: string) => boolean,
): string {
  let known = plainAddress(socket) ?? socket
  if (forwardedFor === undefined || !isProxy(known)) return known
  // The nearest hops stand last; a stranger may have written thousands before them.
  const hops = forwardedFor.slice(-FORWARDED_CHARS).split(',')
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = plainAddress(bare(hops[i]!.trim()))
    if (hop === null) return known
    known = hop
    if (!isProxy(hop)) return hop
  }
  return known
}

/** Twenty hops of IPv6. */
const FORWARDED_CHARS = 1_000

/** Some proxies write a port: `203.0.113.7:4711`, `[2001:db8::1]:4711`. */
const bare = (hop: string): string => /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? hop.replace(/^([\d.]+):\d+$/, '$1')

/**
 * Links to a server that listens there, the one for this machine first. `0.0.0.0` and `::` mean all addresses: nobody can
 * follow them, so it is the loopback one and, for others, one that this machine has in a network.
 */
export function linksOf(host: string, port: number, own = ownAddress()): string[] {
  const link = (name: string) => `http://${isIPv6(name) ? `[${name.split('%', 1)[0]}]` : name}:${port}`
  if (host !== '0.0.0.0' && !/^[0:]+$/.test(host)) return [link(host)]
  return ['127.0.0.1', ...(own === null ? [] : [own])].map(link)
}

function ownAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  return all.find(each => !each.internal && each.family === 'IPv4')?.address ?? null
}
