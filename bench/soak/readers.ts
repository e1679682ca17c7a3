import http from 'node:http'
import { type Random, sfc32 } from '../../src/core/stat/random.js'
import { ask, pause } from './ask.js'
import type { House } from './house.js'

const READERS = 10
/** Each reads a page this often. */
const PACE_MS = 500
const LISTENERS = 50
const COME_AGAIN_MS = 1_000
/** A listener goes by itself after this long, on average, and comes again. */
const LISTENS_MS = 120_000
const READY_MS = 250
const MEMORY_MS = 5_000
export const PAGES = [
  '/',
  '/s/shop-0',
  '/status',
  '/s/shop-1',
  '/api/v2/summary.json',
  '/s/desk',
  '/incidents',
  '/history.atom',
  '/api/v2/incidents.json',
  '/feed.json',
  '/api/v1/services',
  '/status.ics',
]

/** An answer, or none (`status` 0), with when it was asked for and how long it took. */
export interface Read {
  path: string
  at: number
  ms: number
  status: number
}

export interface ReadySample {
  /** When it was asked, and when it was answered. */
  from: number
  at: number
  /** 0: nobody answered. */
  status: number
  why: string
}

export interface MemorySample {
  at: number
  pid: number
  rss: number
  heap: number
  external: number
  dedupe: number
}

/** Those who only read: pages, event streams, readiness and figures of memory. */
export class Readers {
  readonly reads: Read[] = []
  readonly ready: ReadySample[] = []
  readonly memory: MemorySample[] = []
  readonly streams = { opened: 0, lost: 0, left: 0, refused: 0, changes: 0 }
  /** Listeners that are connected. */
  listening = 0
  private stopped = false

  constructor(
    private readonly house: House,
    private readonly seed: number,
    private readonly readyMs = READY_MS,
  ) {}

  run(): Promise<void>[] {
    return [
      ...Array.from({ length: READERS }, (_, who) => this.reader(who)),
      ...Array.from({ length: LISTENERS }, (_, who) => this.listener(who)),
      this.readiness(),
      this.remember(),
    ]
  }

  stop(): void {
    this.stopped = true
  }

  private async reader(who: number): Promise<void> {
    const from = `127.${220 + who}.0.1`
    // Every other visitor comes anew for each page.
    const agent = who % 2 === 0 ? new http.Agent({ keepAlive: true }) : undefined
    let due = performance.now() + (who * PACE_MS) / READERS
    for (let i = who; !this.stopped; i++) {
      await pause(due - performance.now())
      // Who had to wait does not read twice as fast afterwards.
      due = Math.max(due + PACE_MS, performance.now())
      const path = PAGES[i % PAGES.length]!
      const at = Date.now()
      const began = performance.now()
      const headers = { 'accept-encoding': who % 3 === 0 ? 'br' : 'gzip' }
      const status = await ask(`${this.house.url}${path}`, { from, agent, headers }).then(
        answer => answer.status,
        () => 0,
      )
      this.reads.push({ path, at, ms: performance.now() - began, status })
    }
    agent?.destroy()
  }

  private async listener(who: number): Promise<void> {
    const random = sfc32(this.seed * 1_000 + who)
    while (!this.stopped) {
      await this.listen(`127.${200 + (who % 20)}.${who}.1`, random)
      await pause(COME_AGAIN_MS * (0.5 + random()))
    }
  }

  /** Resolves when the stream has ended, whoever ended it. */
  private listen(from: string, random: Random): Promise<void> {
    return new Promise(resolve => {
      let open = false
      let leaves = false
      const request = http.get(`${this.house.url}/api/v1/stream`, { localAddress: from, agent: false })
      const leave = setTimeout(
        () => {
          leaves = true
          request.destroy()
        },
        LISTENS_MS * (0.5 + random()),
      )
      const look = setInterval(() => this.stopped && request.destroy(), 100)
      request.on('response', response => {
        open = response.statusCode === 200
        if (open) {
          this.streams.opened++
          this.listening++
        } else this.streams.refused++
        response.on('data', (piece: Buffer) => {
          if (piece.includes('event: change')) this.streams.changes++
        })
        response.on('error', () => {})
      })
      request.on('error', () => {})
      request.on('close', () => {
        clearTimeout(leave)
        clearInterval(look)
        if (open) this.listening--
        if (leaves) this.streams.left++
        else if (open && !this.stopped) this.streams.lost++
        resolve()
      })
    })
  }

  private async readiness(): Promise<void> {
    while (!this.stopped) {
      const from = Date.now()
      const sample = await ask(`${this.house.url}/readyz`, { patienceMs: 5_000 }).then(
        ({ status, text }) => ({ status, why: (JSON.parse(text) as { why?: string }).why ?? '' }),
        (error: Error) => ({ status: 0, why: error.message }),
      )
      this.ready.push({ from, at: Date.now(), ...sample })
      await pause(this.readyMs - (Date.now() - from))
    }
  }

  private async remember(): Promise<void> {
    while (!this.stopped) {
      const { pid } = this.house
      const text = await ask(`${this.house.url}/metrics`).then(
        answer => answer.text,
        () => '',
      )
      const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
      if (text !== '' && pid === this.house.pid)
        this.memory.push({
          at: Date.now(),
          pid,
          rss: value('process_resident_memory_bytes'),
          heap: value('nodejs_heap_size_used_bytes'),
          external: value('nodejs_external_memory_bytes'),
          dedupe: value('epicenter_dedupe_bytes'),
        })
      await pause(MEMORY_MS)
    }
  }
}
