import { type Random, sfc32 } from '../../src/core/stat/random.js'
import { ask, pause } from './ask.js'
import { COMPONENTS, DESK, type House, PROXY, SERVICES } from './house.js'
import type { Outage } from './plan.js'

const LANES = 4
/** A batch of each lane this often, of so many lines: 160 signals a second. */
const PACE_MS = 1_000
const BATCH = 40
/** Of batches: sent once more some time after they were acknowledged; sent twice at the same time. */
const AGAIN = 0.08
const TWICE = 0.04
/** Of refused batches, those that their sender gives up. */
const GIVEN_UP = 0.05
const RETRY_MS = 300
/** Lines of a batch of long texts (0.9 MB), one this often. */
const LONG = 200
const PRESS_MS = 200
const PEOPLE_MS = 500
const CELLS = ['eu', 'us', 'ap']

/** Of the n-th person who reports: 800 allocations (IPv4 /12) take turns, each time with another prefix (/24). */
export const addressOf = (n: number, random: () => number): string =>
  [20 + (n % 100), 16 * (Math.floor(n / 100) % 8), Math.floor(n / 800) % 250, 2 + Math.floor(random() * 200)].join('.')

interface Receipt {
  accepted: number
  duplicate: number
  rejectedCount: number
}

interface Batch {
  ids: string[]
  body: string
}

/** Steady ingest by machines, and people who report. Everything that was said about every id is remembered. */
export class Senders {
  /** Ids that were sent, and what they were told: `sent` is no answer yet. */
  readonly ids = new Map<string, 'sent' | 'acknowledged' | 'given up'>()
  /** Ids of people's reports that were counted, as they were told. */
  readonly reports = new Set<string>()
  /** People who got no answer: theirs may count or not. */
  unanswered = 0
  readonly tally: Record<string, number> = {}
  /** When a batch was refused with 503. */
  readonly refusedAt: number[] = []
  /** What should not have been answered. */
  readonly wrong: string[] = []
  private stopped = false
  private readonly random: Random
  private readonly began = Date.now()
  private later: Promise<void>[] = []

  constructor(
    private readonly house: House,
    private readonly outages: readonly Outage[],
    private readonly seed: number,
    /** What is sent once more is so at most this long after. */
    private readonly againMs: number,
  ) {
    this.random = sfc32(seed + 1)
  }

  run(): Promise<void>[] {
    return [...Array.from({ length: LANES }, (_, lane) => this.lane(lane)), this.people()]
  }

  /** No more are begun; those under way are sent until they are acknowledged. */
  stop(): void {
    this.stopped = true
  }

  async settled(): Promise<void> {
    for (let i = 0; i < this.later.length; i++) await this.later[i]
  }

  /** A sender of long texts, as much as it can, until it is refused; then it sends that again until it is acknowledged. */
  async press(): Promise<void> {
    const text = 'one two three '.repeat(300)
    for (let n = 0, from = Date.now(); !this.stopped && !this.refusedAt.some(at => at > from); n++) {
      const ids = Array.from({ length: LONG }, (_, i) => `long-${from}-${n}-${i}`)
      const line = { type: 'observation', via: 'post', service: SERVICES[0]!, total: 1, text, labels: {} }
      const body = ids.map(id => `${JSON.stringify({ ...line, id, at: Date.now(), author: id })}\n`).join('')
      for (const id of ids) this.ids.set(id, 'sent')
      this.count('batches of long texts')
      this.later.push(
        this.deliver({ ids, body }, false).then(() => {
          for (const id of ids) this.ids.set(id, 'acknowledged')
        }),
      )
      await pause(PRESS_MS)
    }
  }

  private count(what: string, by = 1): void {
    this.tally[what] = (this.tally[what] ?? 0) + by
  }

  private async lane(lane: number): Promise<void> {
    const random = sfc32(this.seed * 100 + lane)
    let due = performance.now() + (lane * PACE_MS) / LANES
    for (let n = 0; !this.stopped; n++) {
      await pause(due - performance.now())
      due += PACE_MS
      const batch = this.draw(`${lane}-${n}`, random)
      this.count('batches')
      for (const id of batch.ids) this.ids.set(id, 'sent')
      if (random() < TWICE) await this.twice(batch)
      else if (!(await this.deliver(batch, random() < GIVEN_UP))) continue
      for (const id of batch.ids) this.ids.set(id, 'acknowledged')
      if (random() < AGAIN) this.later.push(this.again(batch, random() * this.againMs))
    }
  }

  /** Sends until it is acknowledged; false: the sender gave it up once it was refused. `fresh`: it was never sent before. */
  private async deliver(batch: Batch, givesUp: boolean, fresh = true): Promise<boolean> {
    for (let tries = 0; ; tries++) {
      const receipt = await this.send(batch)
      if (typeof receipt === 'object') {
        this.check(receipt, batch, fresh && tries === 0 ? batch.ids.length : null)
        return true
      }
      if (receipt === 'refused' && givesUp && tries === 0) {
        this.count('given up')
        for (const id of batch.ids) this.ids.set(id, 'given up')
        return false
      }
      await pause(RETRY_MS)
    }
  }

  /** Two connections with the same lines at once: both are acknowledged, and each line counts once. */
  private async twice(batch: Batch): Promise<void> {
    this.count('sent twice at once')
    const [a, b] = await Promise.all([this.send(batch), this.send(batch)])
    for (const each of [a, b]) if (typeof each === 'object') this.check(each, batch, null)
    // Who has no answer sends again.
    if (typeof a !== 'object' || typeof b !== 'object') await this.deliver(batch, false, false)
    else if (a.accepted + b.accepted !== batch.ids.length)
      this.wrong.push(`${batch.ids[0]}: sent twice at once, ${a.accepted} and ${b.accepted} accepted`)
  }

  private async again(batch: Batch, afterMs: number): Promise<void> {
    await pause(afterMs)
    for (;;) {
      const receipt = await this.send(batch)
      if (typeof receipt === 'object') {
        this.count('sent again')
        return this.check(receipt, batch, 0)
      }
      await pause(RETRY_MS)
    }
  }

  /** `fresh`: so many have to be new; null: that is not known. */
  private check({ accepted, duplicate, rejectedCount }: Receipt, { ids }: Batch, fresh: number | null): void {
    const whole = rejectedCount === 0 && accepted + duplicate === ids.length
    if (!whole || (fresh !== null && accepted !== fresh))
      this.wrong.push(
        `${ids[0]}: ${accepted} accepted, ${duplicate} duplicate, ${rejectedCount} rejected of ${ids.length}; ${fresh ?? 'any'} should be new`,
      )
  }

  private async send(batch: Batch): Promise<Receipt | 'refused' | 'no answer'> {
    const headers = { 'content-type': 'application/x-ndjson', authorization: this.house.authorization }
    try {
      const { status, text } = await ask(`${this.house.url}/api/v1/signals`, { headers, body: batch.body })
      this.count(`answered ${status}`)
      if (status === 200) return JSON.parse(text) as Receipt
      if (status !== 503) this.wrong.push(`${batch.ids[0]}: ${status} ${text.slice(0, 200)}`)
      this.refusedAt.push(Date.now())
      return 'refused'
    } catch {
      this.count('no answer')
      return 'no answer'
    }
  }

  private draw(name: string, random: Random): Batch {
    const now = Date.now()
    const troubled = new Set(
      this.outages
        .filter(each => now - this.began >= each.fromMs && now - this.began < each.untilMs)
        .map(each => each.service),
    )
    const ids: string[] = []
    let body = ''
    for (let i = 0; i < BATCH; i++) {
      const id = `${name}-${i}`
      ids.push(id)
      body += `${JSON.stringify(this.line(id, now, troubled, random))}\n`
    }
    return { ids, body }
  }

  private line(id: string, at: number, troubled: ReadonlySet<number>, random: Random): object {
    const n = Math.floor(random() * SERVICES.length)
    const component = COMPONENTS[Math.floor(random() * COMPONENTS.length)]!
    const cell = CELLS[Math.floor(random() * CELLS.length)]!
    const hit = troubled.has(n) && component === COMPONENTS[0]
    const fails = random() < (hit ? 0.8 : 0.002)
    const whole = { type: 'observation', id, service: SERVICES[n]!, at, labels: { component, cell } }
    const die = random()
    if (die < 0.5) return { ...whole, via: 'check', total: 1, bad: fails ? 1 : 0 }
    if (die < 0.9) {
      const total = 20 + Math.floor(random() * 20)
      return { ...whole, via: 'metric', total, bad: fails ? Math.floor(total * 0.8) : 0, slow: 0, windowMs: 60_000 }
    }
    // People elsewhere, gathered by an app: each is somebody else.
    if (die < 0.95 || hit)
      return { ...whole, via: 'report', total: 1, bad: hit || random() < 0.5 ? 1 : 0, reporter: id }
    return { ...whole, via: 'post', total: 1, author: id }
  }

  /**
   * Each report is of somebody else, from all over the world as a proxy of ours says: where a few allocations (IPv4 /12) bring
   * so many, admission keeps the most of them out of the rows, and rightly.
   */
  private async people(): Promise<void> {
    for (let n = 0; !this.stopped; n++) {
      await pause(PEOPLE_MS)
      const body = JSON.stringify({ service: DESK, kind: this.random() < 0.3 ? 'bad' : 'ok', country: 'DE' })
      try {
        const headers = { 'content-type': 'application/json', 'x-forwarded-for': addressOf(n, this.random) }
        const { status, text } = await ask(`${this.house.url}/api/v1/report`, { from: PROXY, headers, body })
        this.count(`report ${status}`)
        if (status === 200) this.reports.add((JSON.parse(text) as { id: string }).id)
        else if (status === 503) this.unanswered++
        else this.wrong.push(`report: ${status} ${text.slice(0, 200)}`)
      } catch {
        this.count('report without an answer')
        this.unanswered++
      }
    }
  }
}
