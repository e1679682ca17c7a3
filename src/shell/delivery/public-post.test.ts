import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { guardedLookup, isPublicAddress, publicPost, whyNotPublic } from './public-post.js'

describe('an address that a stranger hands in', () => {
  it.each([
    'https://fcm.googleapis.com/fcm/send/abc:def',
    'https://updates.push.services.mozilla.com/wpush/v2/x',
    'https://web.push.apple.com/x',
  ])('%s is one', url => expect(whyNotPublic(url)).toBeNull())
  it.each([
    ['http://push.example.com/', 'plain http'],
    ['https://push.example.com:8443/', 'another port'],
    ['https://a:b@push.example.com/', 'a name and a password'],
    ['https://127.0.0.1/', 'a number'],
    ['https://2130706433/', 'a number in disguise'],
    ['https://0x7f.1/', 'another'],
    ['https://[::1]/', 'a number of IPv6'],
    ['https://localhost/', 'this machine'],
    ['https://db/', 'a name of one part'],
    ['https://metadata.google.internal/', 'a name inside'],
    ['https://printer.local./', 'a name in the house'],
    ['ftp://push.example.com/', 'another protocol'],
    ['file:///etc/passwd', 'a file'],
    ['push', 'no address'],
    [`https://push.example.com/${'x'.repeat(1_000)}`, 'a very long one'],
  ])('%s is none: %s', url => expect(whyNotPublic(url)).not.toBeNull())
  it('is refused before anything is sent', async () => {
    await expect(publicPost('https://127.0.0.1/', {}, Buffer.alloc(0))).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
  })
})

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

  const ask = (addresses: LookupAddress[], all: boolean) =>
    new Promise<unknown>((done, fail) => {
      const resolve = ((_: string, __: object, found: (error: null, addresses: LookupAddress[]) => void) =>
        found(null, addresses)) as never
      guardedLookup(resolve)('push.example.com', { all }, (error, address) => (error ? fail(error) : done(address)))
    })
  const good = { address: '8.8.8.8', family: 4 }
  const bad = { address: '127.0.0.1', family: 4 }
  it('is asked where the connection is made: one address inside is enough to refuse', async () => {
    expect(await ask([good], true)).toEqual([good])
    expect(await ask([good], false)).toBe('8.8.8.8')
    for (const all of [true, false])
      for (const addresses of [[bad], [good, bad], []])
        await expect(ask(addresses, all)).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
  })
})
