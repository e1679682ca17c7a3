import { describe, expect, it } from 'vitest'
import { allocationOf, clientAddress, isRange, networkOf, prefixOf, rangesOf, subscriberOf } from './address.js'

describe('names of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113', '203.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2', '2001:db8:1', '2001:db8'],
    ['2001:db8:1:2::1', '2001:db8:1:2', '2001:db8:1', '2001:db8'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2', '2001:db8:1', '2001:db8'],
    ['2001:db8::1', '2001:db8:0:0', '2001:db8:0', '2001:db8'],
    ['::1', '0:0:0:0', '0:0:0', '0:0'],
    // Within a house the /16 says nothing.
    ['10.1.2.3', '10.1.2.3', '10.1.2', '10.1.2'],
    ['fd00:1:2:3::4', 'fd00:1:2:3', 'fd00:1:2', 'fd00:1:2'],
  ])('%s is subscriber %s, prefix %s, network %s', (address, subscriber, prefix, network) =>
    expect([subscriberOf(address), prefixOf(address), networkOf(address)]).toEqual([subscriber, prefix, network]),
  )
  it.each([
    ['203.0.113.7', '203.0'],
    ['198.51.100.7', '198.48'],
    ['2001:db8::1', '2001:0'],
    ['2a01:1238:1::', '2a01:1000'],
    ['2a01:123f:1::', '2a01:1000'],
    ['10.1.2.3', '10.1.2'],
  ])('%s lies in the allocation %s', (address, allocation) => expect(allocationOf(address)).toBe(allocation))
})

describe('isRange()', () => {
  it.each(['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0'])('%s is one', text =>
    expect(isRange(text)).toBe(true),
  )
  it.each(['', 'proxy', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/x', '*'])(
    '%j is none',
    text => expect(isRange(text)).toBe(false),
  )
})

describe('clientAddress()', () => {
  const isProxy = rangesOf(['192.0.2.0/24', '2001:db8:f::/48', '127.0.0.1'])
  it.each<[sentence: string, socket: string, forwarded: string | undefined, client: string]>([
    ['without a header it is the socket', '203.0.113.7', undefined, '203.0.113.7'],
    ['a stranger’s header is not read', '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['a proxy’s is', '192.0.2.1', '198.51.100.1', '198.51.100.1'],
    ['what stands left of the first stranger was written by him', '192.0.2.1', '8.8.8.8, 198.51.100.1', '198.51.100.1'],
    ['proxies behind one another are passed over', '192.0.2.1', '8.8.8.8, 198.51.100.1, 192.0.2.9', '198.51.100.1'],
    ['proxies all the way: the farthest of them', '192.0.2.1', '192.0.2.8, 192.0.2.9', '192.0.2.8'],
    ['garbage ends the walk at the last hop known', '192.0.2.1', '198.51.100.1, <script>, 192.0.2.9', '192.0.2.9'],
    ['nothing but garbage: the socket', '192.0.2.1', 'unknown', '192.0.2.1'],
    ['an empty header: the socket', '192.0.2.1', '', '192.0.2.1'],
    ['IPv4 inside IPv6 is IPv4', '::ffff:192.0.2.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['with a port', '127.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['IPv6 with a port', '2001:db8:f::1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['a header of 100 KB costs nothing', '192.0.2.1', `${'8.8.8.8,'.repeat(12_000)}198.51.100.1`, '198.51.100.1'],
  ])('%s', (_, socket, forwarded, client) => expect(clientAddress(socket, forwarded, isProxy)).toBe(client))
})
