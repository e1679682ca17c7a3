/**
 * 64-bit fingerprint of service + id, left in `hi` and `lo`: two multiply-and-rotate rounds over the UTF-16 units
 * with the finalizer of MurmurHash3 (Appleby, public domain description). With 12.5 million remembered ids the
 * chance that a new one is taken for one of them is 12.5e6 / 2^64 = 7e-13.
 */
export const print = { hi: 0, lo: 0 }

export function fingerprint(service: string, id: string): void {
  let a = 0x9e3779b9 ^ service.length
  let b = 0x85ebca6b ^ id.length
  for (let i = 0; i < service.length; i++) {
    const c = service.charCodeAt(i)
    a = Math.imul(a ^ c, 0xcc9e2d51)
    b = Math.imul((b << 13) | (b >>> 19), 0x1b873593) ^ c
  }
  for (let i = 0; i < id.length; i++) {
    const c = id.charCodeAt(i)
    a = Math.imul(a ^ c, 0x01000193) ^ (a >>> 15)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ c, 0x1b873593)
  }
  finish(a, b)
}

/** The same for two stretches of ASCII bytes: [from, to) and [idFrom, idTo). */
export function fingerprintBytes(bytes: Uint8Array, from: number, to: number, idFrom: number, idTo: number): void {
  let a = 0x9e3779b9 ^ (to - from)
  let b = 0x85ebca6b ^ (idTo - idFrom)
  for (let i = from; i < to; i++) {
    const c = bytes[i]!
    a = Math.imul(a ^ c, 0xcc9e2d51)
    b = Math.imul((b << 13) | (b >>> 19), 0x1b873593) ^ c
  }
  for (let i = idFrom; i < idTo; i++) {
    const c = bytes[i]!
    a = Math.imul(a ^ c, 0x01000193) ^ (a >>> 15)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ c, 0x1b873593)
  }
  finish(a, b)
}

function finish(a: number, b: number): void {
  a ^= b
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  b = Math.imul(b ^ (b >>> 16), 0xc2b2ae35) ^ (a >>> 13)
  a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 15), 0x85ebca6b)
  print.hi = (a ^ (a >>> 16)) >>> 0
  print.lo = (b ^ (b >>> 14)) >>> 0
}
