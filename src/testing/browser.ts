import { createDecipheriv, createECDH, createHmac, randomBytes } from 'node:crypto'

/** A browser that can be told: its keys, and what arrives in its letter box. */
export function browser(box = '1') {
  const own = createECDH('prime256v1')
  own.generateKeys()
  const auth = randomBytes(16)
  const mac = (key: Buffer, ...parts: Buffer[]) => createHmac('sha256', key).update(Buffer.concat(parts)).digest()
  const one = Buffer.from([1])
  return {
    subscription: {
      endpoint: `https://push.example.com/box/${box}`,
      expirationTime: null,
      keys: { p256dh: own.getPublicKey().toString('base64url'), auth: auth.toString('base64url') },
    },
    read(body: Buffer): Record<string, string> {
      const ours = body.subarray(21, 86)
      const shared = mac(auth, own.computeSecret(ours))
      const secret = mac(
        body.subarray(0, 16),
        mac(shared, Buffer.from('WebPush: info\0'), own.getPublicKey(), ours, one),
      )
      const key = mac(secret, Buffer.from('Content-Encoding: aes128gcm\0'), one).subarray(0, 16)
      const nonce = mac(secret, Buffer.from('Content-Encoding: nonce\0'), one).subarray(0, 12)
      const open = createDecipheriv('aes-128-gcm', key, nonce)
      open.setAuthTag(body.subarray(-16))
      const plain = Buffer.concat([open.update(body.subarray(86, -16)), open.final()])
      return JSON.parse(plain.subarray(0, -1).toString()) as Record<string, string>
    },
  }
}
