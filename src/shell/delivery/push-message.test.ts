import { createDecipheriv, createECDH, createHmac, createPublicKey, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arePushKeys, authorization, encrypt, newVapid, PUSH_TEXT_BYTES } from './push-message.js'

// RFC 8291, section 5 and appendix A.
const RFC = {
  text: 'When I grow up, I want to be a watermelon',
  own: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  keys: {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  },
  theirs: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
  body: 'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
}

/** As a browser reads it. */
function decrypt(body: Buffer): string {
  const theirs = createECDH('prime256v1')
  theirs.setPrivateKey(Buffer.from(RFC.theirs, 'base64url'))
  const mac = (key: Buffer, text: Buffer) => createHmac('sha256', key).update(text).digest()
  const salt = body.subarray(0, 16)
  const ours = body.subarray(21, 86)
  const one = Buffer.from([1])
  const shared = mac(Buffer.from(RFC.keys.auth, 'base64url'), theirs.computeSecret(ours))
  const secret = mac(
    salt,
    mac(shared, Buffer.concat([Buffer.from('WebPush: info\0'), theirs.getPublicKey(), ours, one])),
  )
  const key = mac(secret, Buffer.concat([Buffer.from('Content-Encoding: aes128gcm\0'), one])).subarray(0, 16)
  const nonce = mac(secret, Buffer.concat([Buffer.from('Content-Encoding: nonce\0'), one])).subarray(0, 12)
  const open = createDecipheriv('aes-128-gcm', key, nonce)
  open.setAuthTag(body.subarray(-16))
  const plain = Buffer.concat([open.update(body.subarray(86, -16)), open.final()])
  expect(plain.at(-1)).toBe(2)
  return plain.subarray(0, -1).toString()
}

describe('a push message', () => {
  it('is the one of RFC 8291', () => {
    const own = createECDH('prime256v1')
    own.setPrivateKey(Buffer.from(RFC.own, 'base64url'))
    const body = encrypt(Buffer.from(RFC.text), RFC.keys, own, Buffer.from(RFC.salt, 'base64url'))
    expect(body.toString('base64url')).toBe(RFC.body)
    expect(decrypt(body)).toBe(RFC.text)
  })

  it('can be read by the browser whatever it says, and is another one each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
        const plain = Buffer.from(text)
        expect(decrypt(encrypt(plain, RFC.keys))).toBe(plain.toString())
      }),
      { numRuns: 20 },
    )
    const twice = [1, 2].map(() => encrypt(Buffer.from('a'), RFC.keys).toString('hex'))
    expect(twice[0]).not.toBe(twice[1])
  })

  it('fits a record of 4,096 bytes and refuses a longer text', () => {
    expect(encrypt(Buffer.alloc(PUSH_TEXT_BYTES), RFC.keys).length).toBe(4_096)
    expect(() => encrypt(Buffer.alloc(PUSH_TEXT_BYTES + 1), RFC.keys)).toThrow(RangeError)
  })

  it('knows keys that are none', () => {
    expect(arePushKeys(RFC.keys)).toBe(true)
    expect(arePushKeys({ ...RFC.keys, auth: 'AAAA' })).toBe(false)
    expect(arePushKeys({ ...RFC.keys, p256dh: Buffer.alloc(65, 4).toString('base64url') })).toBe(false)
    expect(arePushKeys({ p256dh: '', auth: '' })).toBe(false)
  })

  it('is signed for its push service alone, for half a day', () => {
    const vapid = newVapid()
    const now = Date.UTC(2026, 1, 3)
    const header = authorization(vapid, 'https://push.example.net/a/b?c', 'https://status.example.com', now)
    const [, text, seal, key] = /^vapid t=([\w-]+\.[\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(header)!
    expect(key).toBe(vapid.publicKey)
    const point = Buffer.from(key!, 'base64url')
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(each => each.toString('base64url'))
    const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x!, y: y! } })
    const good = verify(
      'sha256',
      Buffer.from(text!),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(seal!, 'base64url'),
    )
    expect(good).toBe(true)
    expect(JSON.parse(Buffer.from(text!.split('.')[1]!, 'base64url').toString())).toEqual({
      aud: 'https://push.example.net',
      exp: now / 1_000 + 43_200,
      sub: 'https://status.example.com',
    })
  })
})
