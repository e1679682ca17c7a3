import { setImmediate as othersTurn, setTimeout as sleep } from 'node:timers/promises'
import { SHELF_BYTES } from '../../contract/limits.js'
import { matches } from '../pages/cache.js'
import { type Given, headerOf, isForAll, Ready } from './answer.js'
import { HOUSE, type Plain } from './head.js'

/** After overflowing it is emptied to this share, so that the next overflow is not the next request. */
const KEPT_SHARE = 0.75
/** Somebody else's question for the same is waited for so long: a first one is then asked again in one's own turn. */
const PATIENCE_MS = 20
const LATE = Symbol('late')
/** What was checked within this time is given without a question; the check is an answer 304 of the server behind. */
export const CHECK_MS = 250
/** What was checked longer ago is checked before it is given: nobody gets a page of yesterday first. */
export const STALE_MS = 1_000
/** Under load the check takes its time: then what was checked within this time is better than a wait for it. */
export const BUSY_STALE_MS = 5_000

/** Queries that pages link to and scripts send. Others have no end: whoever made them up would push out what people read. */
const COMMON_QUERY = /^(?:(?:lang=[A-Za-z]{2}|range=(?:3h|24h|7d)|thanks=(?:bad|ok)|v=[\w-]{22}|page=\d)(?:&|$))*$/

export interface ShelfOptions {
  /** The server behind. It decides what an answer says; here it is only kept. `asker`: an address, whose turn it takes. */
  ask(method: Plain['method'], plain: Plain, tag: string | null, asker: string): Promise<Given>
  /** Whether this asks for an address of those whose answers are kept. */
  keeps(plain: Plain): boolean
  /** Names what was told of the data: an answer made before is not given after. */
  edition(): number
  keepAliveMs: number
  /** Whether some have more opened to them than what is kept here. */
  some?: boolean
  /** Milliseconds that only go forward. */
  nowMs?: () => number
}

/** GET and HEAD, each whole or as 304. */
type Form = 'GET' | 'HEAD' | 'GET 304' | 'HEAD 304'

interface Entry {
  key: string
  plain: Plain
  tag: string
  /** Made as they are asked for, thrown away together. */
  forms: Partial<Record<Form, Ready>>
  bytes: number
  edition: number
  checkedAt: number
  askedAt: number
  checking: Promise<boolean> | null
}

/**
 * Whole answers by what they depend on: address, host, encoding, language. The first of each is asked of the server
 * behind, and from then on the same bytes are given until it says that they are others.
 */
export class Shelf {
  readonly #entries = new Map<string, Entry>()
  readonly #coming = new Map<string, Promise<Entry | null>>()
  readonly #nowMs: () => number
  #bytes = 0
  #renewing: Promise<void> | null = null

  constructor(private readonly options: ShelfOptions) {
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  get size(): { entries: number; bytes: number } {
    return { entries: this.#entries.size, bytes: this.#bytes }
  }

  /** At once where it lies ready, else when it has come; null where the server behind has to answer itself. */
  take(plain: Plain, asker = HOUSE): Ready | Promise<Ready | null> | null {
    const key = (plain.key ??= keyOf(plain))
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      const cut = plain.target.indexOf('?')
      if (cut >= 0 && !COMMON_QUERY.test(plain.target.slice(cut + 1))) return null
      if (!this.options.keeps(plain)) return null
      return this.#first(key, plain, asker).then(made => made && this.#form(made, plain))
    }
    entry.askedAt = this.#nowMs()
    const ready = entry.forms[formOf(entry, plain)]
    if (!this.#isCurrent(entry, entry.askedAt)) {
      // A page of a moment ago at once is better than the newest after a wait, for a thousand people at every piece of
      // news. Only the page's own script has heard the news, and has come for it.
      const age = entry.askedAt - entry.checkedAt
      if (plain.byScript || ready === undefined || age >= BUSY_STALE_MS) return this.#fresh(entry, plain)
      if (age >= STALE_MS) return Promise.race([this.#fresh(entry, plain), sleep(PATIENCE_MS, ready, { ref: false })])
      void this.#check(entry)
      return ready
    }
    if (entry.askedAt - entry.checkedAt >= CHECK_MS) void this.#check(entry)
    return ready ?? this.#form(entry, plain)
  }

  /** On news: what somebody asked for since it was made is made anew before the next one asks. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  async #renew(): Promise<void> {
    for (let missed = true; missed; ) {
      missed = false
      for (const entry of this.#entries.values()) {
        if (entry.askedAt <= entry.checkedAt || this.#isCurrent(entry, entry.checkedAt)) continue
        missed = true
        await this.#check(entry)
        await othersTurn()
      }
    }
  }

  #isCurrent(entry: Entry, at: number): boolean {
    return entry.edition === this.options.edition() && at - entry.checkedAt < STALE_MS
  }

  async #fresh(entry: Entry, plain: Plain): Promise<Ready | null> {
    // A check that began before the news brings what was before.
    if (entry.checking !== null) await entry.checking
    if (!this.#isCurrent(entry, this.#nowMs()) && !(await this.#check(entry))) return null
    return this.#form(entry, plain)
  }

  /** One question, however many want the answer; but nobody waits long for somebody else's turn. */
  async #first(key: string, plain: Plain, asker: string): Promise<Entry | null> {
    let coming = this.#coming.get(key)
    if (coming === undefined) {
      coming = this.#make(key, { ...plain, method: 'GET', tag: undefined }, asker).finally(() =>
        this.#coming.delete(key),
      )
      this.#coming.set(key, coming)
      return coming
    }
    const there = await Promise.race([coming, sleep(PATIENCE_MS, LATE, { ref: false })])
    if (there !== LATE) return there
    return Promise.race([coming, this.#make(key, { ...plain, method: 'GET', tag: undefined }, asker)])
  }

  async #make(key: string, plain: Plain, asker: string): Promise<Entry | null> {
    const edition = this.options.edition()
    const at = this.#nowMs()
    const given = await this.options.ask('GET', plain, null, asker)
    if (!isForAll(given, this.options.some)) return null
    const tag = headerOf(given, 'etag') as string
    const times = { checkedAt: at, askedAt: at }
    const entry: Entry = { key, plain, tag, forms: {}, bytes: 0, edition, ...times, checking: null }
    // Somebody else may have been quicker.
    const other = this.#entries.get(key)
    if (other !== undefined) this.#remove(other)
    this.#entries.set(key, entry)
    this.#put(entry, 'GET', given)
    this.#makeRoom()
    return entry
  }

  /** Whether it is still there. */
  #check(entry: Entry): Promise<boolean> {
    entry.checking ??= this.#ask(entry)
      .catch(() => false)
      .then(there => {
        entry.checking = null
        if (!there) this.#remove(entry)
        return there
      })
    return entry.checking
  }

  /** Asked by its tag, so that what did not change costs a comparison. */
  async #ask(entry: Entry): Promise<boolean> {
    const edition = this.options.edition()
    const at = this.#nowMs()
    const given = await this.options.ask('GET', entry.plain, entry.tag, HOUSE)
    if (this.#entries.get(entry.key) !== entry) return false
    if (given.status === 304) {
      if (entry.forms['GET 304'] === undefined) this.#put(entry, 'GET 304', given)
    } else if (isForAll(given, this.options.some)) {
      this.#bytes -= entry.bytes
      Object.assign(entry, { tag: headerOf(given, 'etag'), forms: {}, bytes: 0 })
      this.#put(entry, 'GET', given)
    } else return false
    entry.edition = edition
    entry.checkedAt = at
    return true
  }

  /** A form that nobody wanted before is asked for by itself; null when the page has moved on meanwhile. */
  async #form(entry: Entry, plain: Plain): Promise<Ready | null> {
    const form = formOf(entry, plain)
    const there = entry.forms[form]
    if (there !== undefined) return there
    const { tag } = entry
    const given = await this.options.ask(plain.method, entry.plain, form.endsWith('304') ? tag : null, HOUSE)
    const fits = form.endsWith('304') ? given.status === 304 : isForAll(given, this.options.some)
    const moved = entry.tag !== tag || headerOf(given, 'etag') !== tag || this.#entries.get(entry.key) !== entry
    return fits && !moved ? this.#put(entry, form, given) : null
  }

  #put(entry: Entry, form: Form, given: Given): Ready {
    const ready = new Ready(given, this.options.keepAliveMs)
    const more = ready.size - (entry.forms[form]?.size ?? 0)
    entry.forms[form] = ready
    entry.bytes += more
    this.#bytes += more
    return ready
  }

  #remove(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) return
    this.#entries.delete(entry.key)
    this.#bytes -= entry.bytes
  }

  #makeRoom(): void {
    if (this.#bytes <= SHELF_BYTES) return
    for (const entry of [...this.#entries.values()].sort((a, b) => a.askedAt - b.askedAt)) {
      if (this.#bytes <= KEPT_SHARE * SHELF_BYTES) return
      this.#remove(entry)
    }
  }
}

function keyOf({ target, host, encoding, language, byScript, proxy }: Plain): string {
  const key = `${target} ${host} ${encoding} ${language} ${byScript ? 1 : 0}`
  if (proxy === null) return key
  // As JSON, because what proxies say may hold anything.
  return `${key} ${JSON.stringify([proxy.address, proxy.protocol, proxy.host, proxy.prefix, proxy.forwarded])}`
}

function formOf({ tag: held }: Entry, { method, tag }: Plain): Form {
  // A tag between quotes, as everybody sends it, or one of the rarer ways to say it.
  if (tag === undefined || (tag !== held && !matches(tag, held.slice(1, -1)))) return method
  return method === 'GET' ? 'GET 304' : 'HEAD 304'
}
