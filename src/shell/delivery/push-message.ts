import { createCipheriv, createECDH, createHmac, createPrivateKey, type ECDH, randomBytes, sign } from 'node:crypto'
import { join } from 'node:path'
import { HOUR, SECOND, type EpochMs } from '../../contract/time.js'
import { readWhole, writeAside } from '../folder/key-file.js'

// Web push: a message that only the browser can read (RFC 8291, aes128gcm of RFC 8188), signed so that a push service
// knows who sends it (VAPID, RFC 8292). About what the package web-push does, over Node's own crypto.

const CURVE = 'prime256v1'
/** Size of the one encrypted record (RFC 8291), which push services limit. */
const RECORD_BYTES = 4_096
/** Header, padding mark and tag leave this much of a record of 4,096 bytes; push services take no more. */
export const PUSH_TEXT_BYTES = RECORD_BYTES - 86 - 17
/** How long a VAPID token holds; RFC 8292 allows a day. */
const TOKEN_MS = 12 * HOUR

/** What a browser hands out: base64url of its public key (65 bytes) and of a secret (16 bytes). */
export interface PushKeys {
  p256dh: string
  auth: string
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')
const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer => {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}
const info = (text: string, ...parts: Uint8Array[]) =>
  Buffer.concat([Buffer.from(`${text}\0`), ...parts, Buffer.from([1])])

/** Whether keys could be a browser's: a point on the curve, and 16 bytes. */
export function arePushKeys({ p256dh, auth }: PushKeys): boolean {
  try {
    if (bytesOf(p256dh).length !== 65 || bytesOf(auth).length !== 16) return false
    ephemeral().computeSecret(bytesOf(p256dh))
    return true
  } catch {
    return false
  }
}

const ephemeral = (): ECDH => {
  const own = createECDH(CURVE)
  own.generateKeys()
  return own
}

/** One record. `own` and `salt` are drawn anew for each message; tests give those of the RFC. */
export function encrypt(
  text: Uint8Array,
  keys: PushKeys,
  own = ephemeral(),
  salt: Uint8Array = randomBytes(16),
): Buffer {
  if (text.length > PUSH_TEXT_BYTES) throw new RangeError(`push: at most ${PUSH_TEXT_BYTES} bytes; got ${text.length}`)
  const theirs = bytesOf(keys.p256dh)
  const ours = own.getPublicKey()
  // RFC 8291, 3.4: both sides' keys are bound into the secret that RFC 8188 starts from.
  const shared = hmac(bytesOf(keys.auth), own.computeSecret(theirs))
  const secret = hmac(salt, hmac(shared, info('WebPush: info', theirs, ours)))
  const key = hmac(secret, info('Content-Encoding: aes128gcm')).subarray(0, 16)
  const nonce = hmac(secret, info('Content-Encoding: nonce')).subarray(0, 12)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  // 2 marks the last record.
  const sealed = Buffer.concat([
    cipher.update(text),
    cipher.update(Buffer.from([2])),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(RECORD_BYTES)
  return Buffer.concat([salt, size, Buffer.from([ours.length]), ours, sealed])
}

/** Our name towards push services: a key of P-256. */
export interface Vapid {
  /** base64url of the uncompressed point: what the page subscribes with. */
  publicKey: string
  privateKey: string
}

export function newVapid(): Vapid {
  const own = ephemeral()
  // A private key may begin with zeros, which Node leaves out.
  const d = Buffer.alloc(32)
  const raw = own.getPrivateKey()
  raw.copy(d, 32 - raw.length)
  return { publicKey: own.getPublicKey().toString('base64url'), privateKey: d.toString('base64url') }
}

/** What was kept of a key; null when it is none, or its halves do not belong together. */
function asVapid(kept: unknown): Vapid | null {
  const { publicKey, privateKey } = (kept ?? {}) as Partial<Vapid>
  if (typeof publicKey !== 'string' || typeof privateKey !== 'string') return null
  try {
    const own = createECDH(CURVE)
    own.setPrivateKey(bytesOf(privateKey))
    return own.getPublicKey().equals(bytesOf(publicKey)) ? { publicKey, privateKey } : null
  } catch {
    return null
  }
}

/** The key that is kept; null where none was made yet. @throws PermanentError on a file that holds none */
export const vapidIn = (data: string): Vapid | null =>
  readWhole(
    join(data, 'push-key'),
    text => asVapid(JSON.parse(text)),
    'put it back from a backup, or delete it: then a new one is made, and browsers that wait to be told are not told',
  )

/** The key that browsers subscribe with: made at the first start, readable by the owner alone. */
export function vapidOf(data: string | null): Vapid {
  if (data === null) return newVapid()
  const kept = vapidIn(data)
  if (kept !== null) return kept
  const made = newVapid()
  writeAside(join(data, 'push-key'), JSON.stringify(made))
  return made
}

/** The header that RFC 8292 asks for: a token for this push service alone, valid for half a day. */
export function authorization(
  { publicKey, privateKey }: Vapid,
  endpoint: string,
  subject: string,
  now: EpochMs,
): string {
  const point = bytesOf(publicKey)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { aud: new URL(endpoint).origin, exp: Math.floor((now + TOKEN_MS) / SECOND), sub: subject }
  const text = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
      d: privateKey,
    },
  })
  const seal = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `vapid t=${text}.${seal.toString('base64url')}, k=${publicKey}`
}
