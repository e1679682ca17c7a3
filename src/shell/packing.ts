import { deserialize, serialize } from 'node:v8'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Packing, StoredService } from '../core/watch/asleep.js'

/** Bytes before the packed ones: how many they were. */
const LENGTH_BYTES = 4
/** A window of four kilobytes and little memory: what is made anew for each service costs more than the packing itself. */
const QUICK = { level: 1, memLevel: 5, windowBits: 12 }

/** A service as it stands in snapshots, deflated: mostly columns with few numbers in them. */
export const PACKING: Packing = {
  pack(service) {
    const plain = serialize(service)
    const packed = deflateRawSync(plain, QUICK)
    // Of its own: what zlib gives is cut from a block that is many times as long.
    const bytes = Buffer.allocUnsafeSlow(LENGTH_BYTES + packed.length)
    bytes.writeUInt32LE(plain.length)
    packed.copy(bytes, LENGTH_BYTES)
    return bytes
  },
  unpack(bytes) {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const chunkSize = Math.max(64, all.readUInt32LE())
    return deserialize(inflateRawSync(all.subarray(LENGTH_BYTES), { chunkSize })) as StoredService
  },
}
