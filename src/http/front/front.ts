import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { HEAD_BYTES } from '../../contract/limits.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import type { Ready } from './answer.js'
import { type Plain, readHead } from './head.js'
import type { Shelf } from './shelf.js'

export interface FrontOptions {
  shelf: Shelf
  /** Whether what this address says of hosts and protocols is believed. */
  isProxy(address: string): boolean
  /** Whether an answer for everybody is the one for this question; undefined: it always is. */
  isForAll?: ((plain: Plain, address: string) => boolean) | undefined
  /** A connection on which nothing was asked for this long is closed. */
  keepAliveMs: number
  /** One on which nothing of an answer was read for this long: given by tests. */
  unreadMs?: number
}

/** Idle connections are looked for this often. */
const SWEEP_MS = 5 * SECOND
/** Questions of one address that are answered before others get their turn: a millisecond or two of work. */
const AT_ONCE = 100
/** Who reads nothing of an answer for this long has gone away; a slow reader takes as long as it takes. */
const UNREAD_MS = 10 * MINUTE
/** When the server stops, answers that are on their way get this long to be read. */
const LAST_READ_MS = 5 * SECOND
/** Who has asked before and sends half a head has so long to send the rest, then the server behind waits for it. */
const REST_MS = 250
/** Heads that are remembered as they were read: readers of one page with one browser send the same bytes. 1 MB; then all are forgotten. */
const HEADS_KEPT = 1_000
/** Longer ones are read each time. */
const HEAD_KEPT_CHARS = 1_000
const END_OF_HEAD = '\r\n\r\n'
const BEGIN = 'GET /'
const NOTHING = Buffer.alloc(0)

/** A connection that has asked nothing but plain questions so far. */
interface Line {
  socket: Socket
  address: string
  /** Its address if that is a proxy of ours. */
  proxy: string | null
  /** When it was last heard of or answered; milliseconds that only go forward. */
  at: number
  /** An answer to it is being made, or is not yet read: nothing more is read from it meanwhile. */
  busy: boolean
  /** The beginning of a head, after others that were answered; and when it is waited for no longer. */
  half: { bytes: Buffer; late: NodeJS.Timeout } | null
  /** Gives the connection, and these bytes as the next ones, to the server behind. */
  leave(rest: Buffer): void
}

/**
 * Stands before an HTTP server and answers plain questions with bytes that lie ready. Everything else (a head that is
 * not complete in one piece, a body, an odd byte, an address that is not kept) goes to the server behind, with all bytes
 * that were not answered, and the connection stays there: so a question is read by one reader alone, and what is read here is
 * so little that both read it the same way.
 */
export class Front {
  /** Questions that were answered from the shelf; for `/metrics`. */
  answered = 0
  readonly #lines = new Set<Line>()
  /** Answers given to an address since the loop last turned, and who waits for the next turn. */
  readonly #given = new Map<string, number>()
  #later: (() => void)[] = []
  readonly #sweep: NodeJS.Timeout
  readonly #restore: () => void
  #closing = false
  #retired = false
  /** Called once it has no connection left. */
  #left: (() => void) | null = null
  #second = 0
  #date = ''
  readonly #heads = new Map<string, Plain>()

  constructor(
    server: Server,
    private readonly options: FrontOptions,
  ) {
    const behind = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
    server.removeAllListeners('connection')
    const mine = (socket: Socket) => {
      const toServer = () => {
        for (const listener of behind) listener.call(server, socket)
      }
      if (this.#closing) toServer()
      else this.#open(socket, toServer)
    }
    server.on('connection', mine)
    this.#restore = () => {
      server.removeListener('connection', mine)
      for (const listener of behind) server.on('connection', listener)
    }
    this.#sweep = setInterval(() => this.#closeIdle(), Math.min(SWEEP_MS, options.keepAliveMs)).unref()
  }

  get connections(): number {
    return this.#lines.size
  }

  get kept(): { entries: number; bytes: number } {
    return this.options.shelf.size
  }

  /**
   * Steps aside for another front before the same server: it closes no connection, and what is asked next on its own goes
   * to the server behind. `left` is called when it has none any more.
   */
  retire(left: () => void): void {
    this.#closing = true
    this.#retired = true
    this.#restore()
    this.#left = left
    this.#leftNow()
  }

  #leftNow(): void {
    if (this.#left === null || this.#lines.size > 0) return
    clearInterval(this.#sweep)
    this.#left()
    this.#left = null
  }

  /** Closes what is idle now and what is answered as soon as that is read. New connections go to the server behind. */
  close(): void {
    this.#closing = true
    this.#retired = false
    clearInterval(this.#sweep)
    for (const line of this.#lines)
      if (line.half !== null) line.leave(this.#takeHalf(line))
      else if (!line.busy) line.socket.end()
    setTimeout(() => {
      for (const { socket } of this.#lines) socket.destroy()
    }, LAST_READ_MS).unref()
  }

  #open(socket: Socket, toServer: () => void): void {
    const onData = (bytes: Buffer) =>
      this.#read(line, line.half === null ? bytes : Buffer.concat([this.#takeHalf(line), bytes]), 0)
    const onEnd = () => {
      if (line.half === null) return void socket.end()
      // Half a head and no more: the server behind says what it says to that.
      const half = this.#takeHalf(line)
      line.leave(NOTHING)
      socket.emit('data', half)
      socket.emit('end')
    }
    const onError = () => socket.destroy()
    const onClose = () => {
      this.#takeHalf(line)
      this.#lines.delete(line)
      this.#leftNow()
    }
    const { remoteAddress = '' } = socket
    const line: Line = {
      socket,
      address: remoteAddress,
      proxy: this.options.isProxy(remoteAddress) ? remoteAddress : null,
      at: performance.now(),
      busy: false,
      half: null,
      leave: rest => {
        this.#lines.delete(line)
        this.#leftNow()
        socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
        toServer()
        if (rest.length > 0) socket.unshift(rest)
        // It was paused if an answer was waited for.
        socket.resume()
      },
    }
    this.#lines.add(line)
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
  }

  /** Answers what is asked from `from` on, one after the other. */
  #read(line: Line, bytes: Buffer, from: number): void {
    const { socket } = line
    const text = bytes.toString('latin1')
    line.at = performance.now()
    while (from < text.length) {
      if (!this.#mayAnswer(line.address)) return this.#wait(line, bytes.subarray(from))
      const end = text.indexOf(END_OF_HEAD, from)
      // A head longer than the server behind would read is left to it, so that both say the same of it.
      const whole = end >= 0 && end + END_OF_HEAD.length - from <= HEAD_BYTES && !this.#closing
      const plain = whole ? this.#head(text, from, end, line.proxy) : null
      const isForAll = plain !== null && this.options.isForAll?.(plain, line.address) !== false
      const taken = isForAll ? this.options.shelf.take(plain, line.address) : null
      if (end < 0 && from > 0 && this.#mayCome(text, from)) return this.#hold(line, bytes.subarray(from))
      if (plain === null || taken === null) return line.leave(bytes.subarray(from))
      const next = end + END_OF_HEAD.length
      if (taken instanceof Promise) return this.#await(line, taken, bytes, from, next)
      this.#write(socket, taken)
      from = next
      // It asks faster than it reads: the rest is read when it has.
      if (socket.writableLength > 0) return this.#pause(line, bytes.subarray(next))
    }
  }

  /** What a head says: known where the same bytes came before, alone and from nobody who asks for others. */
  #head(text: string, from: number, end: number, proxy: string | null): Plain | null {
    if (from > 0 || proxy !== null || text.length !== end + END_OF_HEAD.length || text.length > HEAD_KEPT_CHARS)
      return readHead(text, from, end, proxy)
    const known = this.#heads.get(text)
    if (known !== undefined) return known
    const plain = readHead(text, from, end, proxy)
    if (this.#heads.size >= HEADS_KEPT) this.#heads.clear()
    if (plain !== null) this.#heads.set(text, plain)
    return plain
  }

  /** Whether this is the beginning of a plain question. One that asks many at once would else go to the server behind with all. */
  #mayCome(text: string, from: number): boolean {
    const begins = text.startsWith(BEGIN, from) || BEGIN.startsWith(text.slice(from))
    return begins && text.length - from < HEAD_BYTES && !this.#closing
  }

  #hold(line: Line, bytes: Buffer): void {
    const late = setTimeout(() => line.leave(this.#takeHalf(line)), REST_MS).unref()
    line.half = { bytes, late }
  }

  #takeHalf(line: Line): Buffer {
    const { half } = line
    line.half = null
    clearTimeout(half?.late)
    return half?.bytes ?? NOTHING
  }

  #write(socket: Socket, ready: Ready): void {
    const now = Date.now()
    const second = Math.floor(now / SECOND)
    if (second !== this.#second) {
      this.#second = second
      this.#date = new Date(now).toUTCString()
    }
    this.answered++
    socket.write(ready.at(this.#date))
  }

  #await(line: Line, coming: Promise<Ready | null>, bytes: Buffer, from: number, next: number): void {
    const { socket } = line
    line.busy = true
    socket.pause()
    const go = (ready: Ready | null) => {
      line.busy = false
      if (socket.destroyed) return
      if (ready === null) return line.leave(bytes.subarray(from))
      this.#write(socket, ready)
      if (socket.writableLength > 0) this.#pause(line, bytes.subarray(next))
      else this.#goOn(line, bytes.subarray(next))
    }
    coming.then(go, () => go(null))
  }

  /** One address that asks without end takes its turn like others, each time the loop turns. */
  #mayAnswer(address: string): boolean {
    if (this.#given.size === 0) setImmediate(() => this.#turn())
    const given = this.#given.get(address) ?? 0
    this.#given.set(address, given + 1)
    return given < AT_ONCE
  }

  #turn(): void {
    const waiting = this.#later
    this.#later = []
    this.#given.clear()
    for (const go of waiting) go()
  }

  #wait(line: Line, rest: Buffer): void {
    line.busy = true
    line.socket.pause()
    this.#later.push(() => {
      line.busy = false
      if (!line.socket.destroyed) this.#goOn(line, rest)
    })
  }

  /** Reads on once what was written has left: `drain` would come only for as much as a stream's high-water mark. */
  #pause(line: Line, rest: Buffer): void {
    const { socket } = line
    line.busy = true
    socket.pause()
    const onUnread = () => socket.destroy()
    socket.setTimeout(this.options.unreadMs ?? UNREAD_MS, onUnread)
    socket.write(NOTHING, () => {
      if (socket.destroyed) return
      socket.setTimeout(0, onUnread)
      line.busy = false
      line.at = performance.now()
      this.#goOn(line, rest)
    })
  }

  #goOn(line: Line, rest: Buffer): void {
    if (this.#closing && !this.#retired && rest.length === 0) return void line.socket.end()
    if (rest.length > 0) this.#read(line, rest, 0)
    if (!line.busy && this.#lines.has(line)) line.socket.resume()
  }

  #closeIdle(): void {
    const before = performance.now() - this.options.keepAliveMs
    for (const line of this.#lines) if (!line.busy && line.at < before) line.socket.destroy()
  }
}
