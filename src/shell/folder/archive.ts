import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { PermanentError } from '../../contract/error.js'

// A .tar.gz of plain files, as every tar reads it: POSIX ustar, with GNU's form of sizes beyond 8 GB.

/** Bytes of a block of a tar archive. */
const BLOCK = 512
/** Sizes from here on do not fit the eleven octal digits of ustar. */
const OCTAL_MAX = 8 ** 11
/** Signals as JSON lines shrink to a tenth already at the quick levels. */
const LEVEL = 3

export interface Entry {
  name: string
  size: number
  /** Has to be read to its end before the next entry is asked for. */
  body: AsyncIterable<Uint8Array>
}

/** Writes an archive; the file must not exist. Resolves when it is on the disk. */
export async function pack(file: string, entries: readonly Entry[]): Promise<void> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const { name, size, body } of entries) {
      yield header(name, size)
      let seen = 0
      for await (const piece of body) {
        seen += piece.length
        yield piece
      }
      if (seen !== size) throw new PermanentError(`${name} changed its size while it was packed`)
      yield new Uint8Array(padding(size))
    }
    yield new Uint8Array(2 * BLOCK)
  }
  await pipeline(
    Readable.from(bytes(), { objectMode: false }),
    createGzip({ level: LEVEL }),
    createWriteStream(file, { flags: 'wx', mode: 0o600 }),
  )
  const handle = await open(file, 'r+')
  await handle.sync()
  await handle.close()
}

/** The entries of an archive, in order. @throws PermanentError when it is none, or damaged, or cut */
export async function* unpack(file: string): AsyncGenerator<Entry> {
  const source = createReadStream(file)
  const gunzip = createGunzip()
  // Read below; here an error must only not be nobody's.
  const flowing = pipeline(source, gunzip).catch((error: unknown) => error)
  const reader = new Pieces(gunzip)
  const damaged = (error: unknown): unknown => {
    if (error instanceof PermanentError && !(error instanceof Cut)) return error
    const { code, message } = error as NodeJS.ErrnoException
    return new PermanentError(
      `${file} is no backup, or it is damaged: ${message}${code === undefined ? '' : ` (${code})`}`,
      {
        cause: error,
      },
    )
  }
  try {
    for (;;) {
      const block = await reader.exactly(BLOCK)
      if (block.every(byte => byte === 0)) break
      const { name, size } = parseHeader(block)
      let left = size
      const body = async function* () {
        while (left > 0) {
          const piece = await reader.upTo(left).catch((error: unknown) => {
            throw damaged(error)
          })
          left -= piece.length
          yield piece
        }
      }
      yield { name, size, body: body() }
      if (left > 0) for await (const _ of body());
      await reader.exactly(padding(size))
    }
    // To the end: the checksum of gzip stands there.
    await reader.drain()
  } catch (error) {
    throw damaged(error)
  } finally {
    source.destroy()
    gunzip.destroy()
    await flowing
  }
}

export const fileEntry = (name: string, path: string, size: number): Entry => ({
  name,
  size,
  body: size === 0 ? Readable.from([]) : createLazily(path, size),
})

/** Opened when its turn comes; read as far as it was when it was listed. */
async function* createLazily(path: string, size: number): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { end: size - 1 }) as AsyncIterable<Uint8Array>
}

export async function sha256(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of body) hash.update(piece)
  return hash.digest('hex')
}

class Cut extends PermanentError {}

/** Bytes of a stream by number. */
class Pieces {
  private readonly pieces: AsyncIterator<Uint8Array>
  private rest: Uint8Array = new Uint8Array(0)

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.pieces = stream[Symbol.asyncIterator]()
  }

  async upTo(max: number): Promise<Uint8Array> {
    while (this.rest.length === 0) {
      const next = await this.pieces.next()
      if (next.done === true) throw new Cut('it ends too early')
      this.rest = next.value
    }
    const piece = this.rest.subarray(0, max)
    this.rest = this.rest.subarray(max)
    return piece
  }

  async exactly(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for (let left = size; left > 0; left -= parts.at(-1)!.length) parts.push(await this.upTo(left))
    return Buffer.concat(parts)
  }

  async drain(): Promise<void> {
    while ((await this.pieces.next()).done !== true);
  }
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0, 100)
  block.write('0000600\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  if (size < OCTAL_MAX) block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  else {
    block[124] = 0x80
    block.writeBigUInt64BE(BigInt(size), 128)
  }
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\0', 257)
  block.write('00', 263)
  block.write(`${sumOf(block).toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** Sum of all bytes, the field of the sum itself read as blanks. */
function sumOf(block: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!
  return sum
}

function parseHeader(block: Buffer): { name: string; size: number } {
  const text = (from: number, length: number) => block.toString('latin1', from, from + length).replace(/\0.*$/s, '')
  if (Number.parseInt(text(148, 8), 8) !== sumOf(block)) throw new Cut('a header of it is not what was written')
  if (text(156, 1) !== '0') throw new Cut('it holds something that is not a regular file')
  const size = block[124] === 0x80 ? Number(block.readBigUInt64BE(128)) : Number.parseInt(text(124, 12), 8)
  return { name: text(0, 100), size }
}
