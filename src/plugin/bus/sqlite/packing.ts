import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'

/** A shorter body does not get shorter by as much as is worth the time. */
const PACKED_FROM_BYTES = 256
/** Several hundred thousand signals a second and more, a tenth of their bytes; the next quality takes twice as long for a tenth less. */
const PACKING = { params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 20 } }

/** As it is stored, and its size where that is another. */
export function packed(body: Uint8Array): { stored: Uint8Array; size: number | null } {
  if (body.length < PACKED_FROM_BYTES) return { stored: body, size: null }
  const stored = brotliCompressSync(body, PACKING)
  return stored.length < body.length ? { stored, size: body.length } : { stored: body, size: null }
}

/** As it was before it was packed; null where that cannot be, as of a damaged row. */
export function unpacked(stored: Uint8Array, size: number | null): Uint8Array | null {
  if (size === null) return stored
  try {
    const whole = brotliDecompressSync(stored, { maxOutputLength: Math.max(1, size) })
    return whole.length === size ? whole : null
  } catch {
    return null
  }
}
