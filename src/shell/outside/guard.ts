import { lookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { PermanentError, TransientError } from '../../contract/error.js'
import { isRange, plainAddress, rangesOf } from '../visitors/address.js'

// The one place where it is decided what of the network may be connected to. A name is looked up here, once; what it stands
// for is checked, and that is connected to. So a name cannot be one thing when asked and another when used.

/** What is waited before a name is looked up again. */
const RETRY_MS = 5_000

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

/** A question to the network that came to nothing, with the code of the reason. */
export class Unreachable extends TransientError {
  override name = 'Unreachable'
  constructor(
    readonly code: string,
    message: string,
    retryAfterMs = RETRY_MS,
  ) {
    super(message, retryAfterMs)
  }
}

/** An address that is not public, written as a number: it stays so. */
export class NotAllowed extends PermanentError {
  override name = 'NotAllowed'
  readonly code = 'ENOTPUBLIC'
}

type Resolve = typeof lookup

/** What may be connected to: everything public, and what is allowed beside it. */
export class Guard {
  private readonly all: boolean
  private readonly ranges: (address: string) => boolean
  private readonly names: ReadonlySet<string>
  /** The address that was allowed last: who asks again and again mostly asks there. */
  private last = ''

  /** `allow`: `true` for all there is; ranges and names of hosts, in small letters, for these. */
  constructor(
    allow: boolean | readonly string[] = false,
    private readonly resolve: Resolve = lookup,
  ) {
    const list = typeof allow === 'boolean' ? [] : allow
    this.all = allow === true
    this.ranges = rangesOf(list.filter(isRange))
    this.names = new Set(list.filter(each => !isRange(each)).map(nameOf))
  }

  allows(address: string): boolean {
    return this.all || isPublicAddress(address) || this.ranges(address)
  }

  /** The address that a host is written as; null: it is a name. @throws NotAllowed */
  addressIn(host: string): LookupAddress[] | null {
    const bare = bareOf(host)
    const family = isIP(bare)
    if (family === 0) return null
    if (bare !== this.last && !this.allows(bare))
      throw new NotAllowed(`${bare} is not a public address; allowPrivate lets a plug-in connect to it`)
    this.last = bare
    return [{ address: bare, family }]
  }

  /**
   * The addresses of a host, all of which may be connected to: one that may not is enough to refuse them all.
   *
   * @throws NotAllowed for an address as a number, Unreachable for a name
   */
  async addressesOf(host: string): Promise<LookupAddress[]> {
    const written = this.addressIn(host)
    if (written !== null) return written
    const bare = bareOf(host)
    const found = await new Promise<LookupAddress[]>((done, fail) =>
      this.resolve(bare, { all: true }, (error, addresses) => {
        if (error === null) done(addresses)
        else fail(new Unreachable(error.code ?? 'ENOTFOUND', `${bare} has no address (${error.code})`))
      }),
    )
    if (found.length === 0) throw new Unreachable('ENOTFOUND', `${bare} has no address`)
    if (this.names.has(nameOf(bare)) || found.every(each => this.allows(each.address))) return found
    throw new Unreachable('ENOTPUBLIC', `${bare} is not at a public address; allowPrivate lets a plug-in connect to it`)
  }
}

const bareOf = (host: string): string => (host.startsWith('[') ? host.replace(/^\[(.*)\]$/, '$1') : host)
const nameOf = (host: string): string => host.toLowerCase().replace(/\.$/, '')
