import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Replay, type ReplayCounts } from '../../shell/replay.js'

/** Bytes that are read from a file at once. */
const CHUNK_BYTES = 1024 * 1024
/** Events are collected up to this size between writes; a pipe that nobody reads then holds the replay back. */
const FLUSH_CHARS = 64 * 1024
/** Progress is written so often. */
const PROGRESS_MS = 250

export async function runReplay(file: string, options: { batch?: number; quiet?: boolean }): Promise<number> {
  let out = ''
  let events = 0
  const replay = new Replay(
    event => {
      out += `${JSON.stringify(event)}\n`
      events++
    },
    options.batch === undefined ? {} : { batch: options.batch },
  )
  const progress = process.stderr.isTTY === true && options.quiet !== true
  let told = 0
  const started = performance.now()
  try {
    for await (const chunk of openBytes(file)) {
      replay.push(chunk)
      if (out.length > FLUSH_CHARS) {
        const ready = out
        out = ''
        if (!(await write(ready))) return 0
      }
      if (progress && performance.now() - told > PROGRESS_MS) {
        told = performance.now()
        process.stderr.write(
          `\r\u001b[K${count(replay.counts.lines)} lines, ${new Date(replay.now).toISOString()}, ${events} events`,
        )
      }
    }
    replay.end()
  } catch (error) {
    if (progress) process.stderr.write('\r\u001b[K')
    process.stderr.write(`epicenter replay: cannot read ${file}: ${(error as Error).message}\n`)
    return 2
  }
  await write(out)
  if (progress) process.stderr.write('\r\u001b[K')
  if (options.quiet !== true) summarise(replay.counts, progress, performance.now() - started)
  if (replay.counts.accepted === 0) {
    process.stderr.write(`epicenter replay: no signal in ${file === '-' ? 'standard input' : file}\n`)
    return 2
  }
  return 0
}

function summarise(counts: ReplayCounts, always: boolean, ms: number): void {
  const { lines, accepted, duplicate, rejected, rejects } = counts
  if (always)
    process.stderr.write(
      `${count(lines)} lines in ${(ms / 1000).toFixed(1)} s: ${count(accepted)} signals, ${count(duplicate)} duplicates\n`,
    )
  if (rejected === 0) return
  process.stderr.write(`${count(rejected)} lines rejected:\n`)
  for (const r of rejects.slice(0, 10))
    process.stderr.write(`  line ${r.line}: ${r.rule}: ${r.message}; received ${r.value}\n`)
  if (rejected > 10) process.stderr.write(`  and ${count(rejected - 10)} more\n`)
}

const count = (n: number) => n.toLocaleString('en-US')

/** False when nobody reads any more, as in `… | head`. */
async function write(text: string): Promise<boolean> {
  if (text.length === 0) return true
  return new Promise(done => process.stdout.write(text, error => done(error === null || error === undefined)))
}

/** The bytes of a file or of standard input, unpacked where they start with the gzip magic. */
export async function* openBytes(file: string): AsyncGenerator<Uint8Array> {
  const raw: Readable = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES })
  const chunks = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await chunks.next()
  if (first.done === true) return
  const all = async function* () {
    yield first.value
    for (;;) {
      const next = await chunks.next()
      if (next.done === true) return
      yield next.value
    }
  }
  if (first.value[0] === 0x1f && first.value[1] === 0x8b) {
    const { Readable: Streams } = await import('node:stream')
    const source = Streams.from(all())
    const gunzip = createGunzip()
    source.on('error', error => gunzip.destroy(error))
    yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>
  } else yield* all()
}
