import type { LookupAddress } from 'node:dns'
import fc from 'fast-check'
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
  it('is inside in whatever spelling a webhook names it: as an address of the web has it, it is refused unasked', async () => {
    const net = fc.constantFrom(0x7f000001, 0x0a010203, 0xa9fea9fe, 0xac100001, 0xc0a80101, 0x64400001, 0)
    const spell = fc.constantFrom(
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => `0${n.toString(8)}`,
      (n: number) => `${n >>> 24}.${n & 0xffffff}`,
      (n: number) => `0x${(n >>> 24).toString(16)}.0${((n >>> 16) & 255).toString(8)}.${n & 0xffff}`,
      (n: number) => `[::ffff:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}]`,
      (n: number) => `[64:ff9b::${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}]`,
      (n: number) => `[2002:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}::]`,
      (n: number) => `${[24, 16, 8, 0].map(by => (n >>> by) & 255).join('.')}.`,
      (n: number) => [...`${n}`].map(digit => String.fromCodePoint(0xff10 + Number(digit))).join(''),
    )
    const dress = fc.constantFrom('', 'user:pass@', 'example.com@', 'example.com%40@')
    await fc.assert(
      fc.asyncProperty(net, fc.nat(255), spell, dress, async (n, more, spelled, before) => {
        const asked: string[] = []
        const { hostname } = new URL(`http://${before}${spelled(((n & ~255) | more) >>> 0)}/x`)
        const tried = new Guard(false, answering([good], asked)).addressesOf(hostname)
        await expect(tried).rejects.toThrow(NotAllowed)
        expect(asked).toEqual([])
      }),
    )
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
