import { networkOf, plainAddress, prefixOf, subscriberOf } from './address.js'
import type { Circles } from './shares.js'

/** Addresses whose circles are remembered; then all are forgotten. Each asks more than once. */
const ADDRESSES_REMEMBERED = 5_000
const remembered = new Map<string, Circles>()

/** The circles of an address: network, prefix, subscriber. What is no address (a socket that is gone) is one of its own kind. */
export function circlesOf(address: string, asn: string | null = null): Circles {
  let found = remembered.get(address)
  if (found === undefined) {
    if (remembered.size >= ADDRESSES_REMEMBERED) remembered.clear()
    remembered.set(address, (found = read(address)))
  }
  return asn === null ? found : [`AS${asn}`, ...found.slice(1)]
}

function read(address: string): Circles {
  const plain = plainAddress(address)
  return plain === null ? ['?', '?', '?'] : [networkOf(plain), prefixOf(plain), subscriberOf(plain)]
}
