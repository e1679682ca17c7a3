/** An answer as the server gave it, without what belongs to the connection alone. */
export interface Given {
  status: number
  message: string
  /** In the order in which they are sent; names in small letters. */
  headers: [name: string, value: string][]
  body: Buffer
}

export const headerOf = ({ headers }: Given, name: string): string | undefined =>
  headers.find(each => each[0] === name)?.[1]

/** Request headers that are part of what an answer is looked up by. */
const LOOKED_UP_BY = new Set(['accept-encoding', 'accept-language', 'cookie', 'sec-fetch-dest', 'x-forwarded-proto'])

/**
 * Whether the same bytes may go to everybody who asks alike: the answer says that it is public, it depends on nothing that
 * is not looked up by, and it has a tag by which it can be checked. Where `some` have more opened to them, what everybody
 * gets is `private`, so that no cache on the way gives it to those, and what those get is in no store.
 */
export function isForAll(given: Given, some = false): boolean {
  const varies = (headerOf(given, 'vary') ?? '').split(',').map(each => each.trim().toLowerCase())
  return (
    given.status === 200 &&
    /^"[\w+/=-]+"$/.test(headerOf(given, 'etag') ?? '') &&
    isShared(headerOf(given, 'cache-control') ?? '', some) &&
    headerOf(given, 'set-cookie') === undefined &&
    headerOf(given, 'transfer-encoding') === undefined &&
    varies.every(each => each === '' || LOOKED_UP_BY.has(each))
  )
}

const isShared = (cache: string, some: boolean) =>
  cache.startsWith('public') || (some && cache.startsWith('private') && !cache.includes('no-store'))

/** An answer as bytes for the wire, in one piece; put together anew each second, because it says its date. */
export class Ready {
  readonly #before: string
  readonly #after: string
  readonly #body: Buffer
  #date = ''
  #bytes: Buffer = Buffer.alloc(0)

  /** @param keepAliveMs how long a connection is kept, which the answer says */
  constructor({ status, message, headers, body }: Given, keepAliveMs: number) {
    this.#before = `HTTP/1.1 ${status} ${message}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`
    this.#after = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`
    this.#body = body
  }

  /** Bytes in memory: the parts and the whole. */
  get size(): number {
    return 2 * (this.#before.length + this.#body.length)
  }

  /** @param date as the header writes it */
  at(date: string): Buffer {
    if (date !== this.#date) {
      this.#date = date
      const head = Buffer.from(`${this.#before}Date: ${date}\r\n${this.#after}`, 'latin1')
      this.#bytes = Buffer.concat([head, this.#body])
    }
    return this.#bytes
  }
}
