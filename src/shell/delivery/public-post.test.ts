import { describe, expect, it } from 'vitest'
import { publicPost, whyNotPublic } from './public-post.js'

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
