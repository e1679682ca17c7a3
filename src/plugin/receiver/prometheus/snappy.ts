/** Bytes that are no Snappy block, or say that they unpack to more than is taken. */
export class NotSnappy extends Error {
  constructor(
    readonly rule: 'snappy' | 'size',
    message: string,
  ) {
    super(message)
  }
}

/**
 * Unpacks a Snappy block (the format without frames; format_description.txt of google/snappy). The block says first how long
 * it is: nothing is reserved for one that says too much, and one that brings more or less than it said is none.
 *
 * Our own because the package that does it, snappyjs 0.7.0, never ends on a literal whose length has its highest bit set.
 *
 * @throws NotSnappy
 */
export function unpacked(block: Uint8Array, maxBytes: number): Uint8Array {
  let at = 0
  let size = 0
  for (let shift = 1; ; shift *= 128) {
    const byte = block[at++]
    if (byte === undefined || at > 5) throw new NotSnappy('snappy', 'the length of a Snappy block is a varint')
    size += (byte & 127) * shift
    if (byte < 128) break
  }
  if (size > maxBytes) throw new NotSnappy('size', `it unpacks to ${size} bytes, at most ${maxBytes} are taken`)
  const out = new Uint8Array(size)
  const end = filled(block, at, out)
  if (end !== size) throw new NotSnappy('snappy', `it unpacks to other than the ${size} bytes that it says`)
  return out
}

/** Bytes of `out` that were written; -1 where the block is none. */
function filled(block: Uint8Array, from: number, out: Uint8Array): number {
  let [at, to] = [from, 0]
  while (at < block.length) {
    const tag = block[at++]!
    const kind = tag & 3
    if (kind === 0) {
      let length = tag >>> 2
      // 60 to 63: the length, less one, follows in so many bytes.
      const more = length - 59
      if (more > 0) {
        if (at + more > block.length) return -1
        length = numberAt(block, at, more)
        at += more
      }
      length++
      if (at + length > block.length || to + length > out.length) return -1
      if (length < 16) for (let i = 0; i < length; i++) out[to + i] = block[at + i]!
      else out.set(block.subarray(at, at + length), to)
      at += length
      to += length
      continue
    }
    const wide = kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (at + wide > block.length) return -1
    const offset = kind === 1 ? ((tag >>> 5) << 8) | block[at]! : numberAt(block, at, wide)
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    at += wide
    if (offset === 0 || offset > to || to + length > out.length) return -1
    // What is copied may overlap with what it becomes: byte by byte then repeats it.
    for (let i = 0; i < length; i++) out[to + i] = out[to - offset + i]!
    to += length
  }
  return to
}

/** Little-endian, never negative. */
function numberAt(bytes: Uint8Array, at: number, wide: number): number {
  let n = 0
  for (let i = wide - 1; i >= 0; i--) n = n * 256 + bytes[at + i]!
  return n
}
