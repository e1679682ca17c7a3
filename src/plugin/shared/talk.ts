import type { Checked, Connection, ConnectTo, Phases, PluginEnv, Stop } from '../../contract/plugin.js'
import { whyUnreachable } from './unreachable.js'

// A conversation over one connection, for probes that ask a server in its own words.

/** What is read of an answer at most. */
const TALK_BYTES = 256 * 1024
/** Characters of an answer that are told. */
const QUOTED_CHARS = 120

/** The other side answered, and not as it should. */
export class Amiss extends Error {
  override name = 'Amiss'
}

/** What a stranger's server said, for people: one line, without what is not printed. */
export function quoted(said: Uint8Array | string): string {
  const text = (typeof said === 'string' ? said : Buffer.from(said).toString('utf8'))
    .replaceAll(/[^\P{C}]+/gu, ' ')
    .trim()
  return text.length <= QUOTED_CHARS ? `"${text}"` : `"${text.slice(0, QUOTED_CHARS)}…"`
}

/** Reads what the other side says as far as it is wanted, and keeps the rest. */
export class Talk implements AsyncDisposable {
  private pieces: AsyncIterator<Uint8Array>
  private rest: Buffer = Buffer.alloc(0)
  private readonly began = performance.now()
  private asked = 0
  private readonly before: number

  constructor(
    readonly connection: Connection,
    stop: Stop,
  ) {
    this.before = connection.phases.total
    this.pieces = connection.chunks()[Symbol.asyncIterator]()
    const end = () => void connection[Symbol.asyncDispose]()
    if (stop.aborted) end()
    stop.addEventListener('abort', end, { once: true })
  }

  /** Of the connection, and of the talk so far. */
  get phases(): Phases {
    return { ...this.connection.phases, total: this.before + performance.now() - this.began }
  }

  say(bytes: Uint8Array | string): Promise<void> {
    this.asked = performance.now()
    return this.connection.write(bytes)
  }

  async secure(tls: Exclude<ConnectTo['tls'], undefined>): Promise<void> {
    await this.connection.secure(tls)
    this.rest = Buffer.alloc(0)
    this.pieces = this.connection.chunks()[Symbol.asyncIterator]()
  }

  /** As many bytes as `wanted` finds enough: it gives their number, or -1 for more. @throws Amiss where it ends before */
  async until(wanted: (have: Buffer) => number): Promise<Buffer> {
    for (;;) {
      const length = wanted(this.rest)
      if (length >= 0 && length <= this.rest.length) {
        const found = this.rest.subarray(0, length)
        this.rest = this.rest.subarray(length)
        return found
      }
      if (this.rest.length > TALK_BYTES) throw new Amiss(`it answers with more than ${TALK_BYTES} bytes`)
      const { done, value } = await this.pieces.next()
      if (done === true)
        throw new Amiss(
          this.rest.length === 0
            ? 'it hangs up without an answer'
            : `it hangs up in the middle of ${quoted(this.rest)}`,
        )
      this.connection.phases.firstByte ??= performance.now() - (this.asked || this.began)
      this.rest = Buffer.concat([this.rest, value])
    }
  }

  bytes(count: number): Promise<Buffer> {
    return this.until(() => count)
  }

  /** Up to a line's end, which is left out. */
  async line(): Promise<string> {
    const found = await this.until(have => have.indexOf(10) + 1 || -1)
    return found.toString('utf8').replace(/\r?\n$/, '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]()
  }
}

/** Asks over a connection; whatever goes wrong there is bad, and what is wrong with us is thrown. */
export async function talked(
  env: PluginEnv,
  to: ConnectTo,
  stop: Stop,
  ask: (talk: Talk) => Promise<Partial<Checked> | void>,
): Promise<Checked> {
  let talk: Talk | undefined
  try {
    talk = new Talk(await env.connect({ ...to, signal: stop }), stop)
    const found = (await ask(talk)) ?? {}
    return { outcome: 'ok', ...found, phases: talk.phases }
  } catch (error) {
    const phases = talk === undefined ? {} : { phases: talk.phases }
    // Its time was over, or ours is: what closed the connection was we.
    if (stop.aborted && talk !== undefined) return { outcome: 'bad', why: 'connected, and no answer', ...phases }
    if (error instanceof Amiss) return { outcome: 'bad', why: error.message, ...phases }
    return { outcome: 'bad', why: whyUnreachable(error), ...phases }
  } finally {
    await talk?.[Symbol.asyncDispose]()
  }
}
