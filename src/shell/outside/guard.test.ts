import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { Guard, isPublicAddress, NotAllowed, Unreachable } from './guard.js'

describe('what a name stands for', () => {
  it.each([
    ['8.8.8.8', true],
    ['1.1.1.1', true],
    ['2606:4700::1111', true],
    ['10.1.2.3', false],
    ['100.64.0.1', false],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['172.31.0.1', false],
    ['192.168.1.1', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::', false],
    ['::ffff:127.0.0.1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['2001:db8::1', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['nonsense', false],
  ])('%s: %s', (address, is) => expect(isPublicAddress(address)).toBe(is))

  const answering = (addresses: LookupAddress[], asked: string[] = []) =>
    ((name: string, __: object, found: (error: null, addresses: LookupAddress[]) => void) => {
      asked.push(name)
      found(null, addresses)
    }) as never
  const good = { address: '8.8.8.8', family: 4 }
  const bad = { address: '127.0.0.1', family: 4 }
  const inside = { address: '10.1.2.3', family: 4 }

  it('is asked once: one address inside is enough to refuse', async () => {
    expect(await new Guard(false, answering([good])).addressesOf('push.example.com')).toEqual([good])
    for (const addresses of [[bad], [good, bad], []])
      await expect(new Guard(false, answering(addresses)).addressesOf('push.example.com')).rejects.toThrow(Unreachable)
  })
  it.each<[what: string, allow: boolean | string[], host: string, is: boolean]>([
    ['nothing', false, 'a.example', false],
    ['all', true, 'a.example', true],
    ['its range', ['10.0.0.0/8'], 'a.example', true],
    ['another range', ['192.168.0.0/16'], 'a.example', false],
    ['its name', ['a.example'], 'A.Example.', true],
    ['another name', ['b.example'], 'a.example', false],
  ])('where %s is allowed, a name that stands for an address inside: %j %s %j', async (_, allow, host, is) => {
    const asked = new Guard(allow, answering([inside])).addressesOf(host)
    if (is) expect(await asked).toEqual([inside])
    else await expect(asked).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
  })
  it.each(['127.0.0.1', '[::1]', '169.254.169.254'])(
    '%s as a number is refused for good, and never looked up',
    async host => {
      const asked: string[] = []
      await expect(new Guard(['a.example'], answering([good], asked)).addressesOf(host)).rejects.toThrow(NotAllowed)
      expect(await new Guard(true, answering([good], asked)).addressesOf(host)).toHaveLength(1)
      expect(asked).toEqual([])
    },
  )
})
