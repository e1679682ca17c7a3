import { join } from 'node:path'
import Database from 'libsql'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Switches } from '../faults.js'
import { type Handle, listen, sleep } from '../net.js'
import { CALM } from '../faults.js'
import { REGIONS, SETTINGS, type Settings, type StoreName } from '../plan.js'
import { Fired, type Order, type Place } from '../role.js'

/** How long a store takes for one question, one after another: that is its capacity. */
const STORE_MS: Record<StoreName, number> = { identity: 45, conversations: 4, files: 6 }
/** Questions that may wait; further ones are refused. */
const STORE_QUEUE = 60
/** Answers of configuration that may wait in a region. */
const CONFIG_QUEUE = 900

/** What Prometheus scrapes: requests by code with their times, and how full the line is. */
class Scraped {
  private readonly registry = new Registry()
  private readonly total = new Counter({
    name: 'http_requests_total',
    help: 'Requests.',
    labelNames: ['code'],
    registers: [this.registry],
  })
  private readonly seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long they took.',
    labelNames: ['code'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  })

  constructor(most: number, waiting: () => number) {
    const { registry } = this
    const capacity = new Gauge({ name: 'store_queue_capacity', help: 'May wait.', registers: [registry] })
    capacity.set(most)
    void new Gauge({ name: 'store_queue_waiting', help: 'Wait.', registers: [registry], collect: waitingNow(waiting) })
  }

  count =
    (handle: Handle): Handle =>
    async (request, body) => {
      if (request.url === '/metrics')
        return {
          status: 200,
          headers: { 'content-type': this.registry.contentType },
          body: await this.registry.metrics(),
        }
      const end = this.seconds.startTimer()
      const reply = await handle(request, body)
      this.total.inc({ code: reply.status })
      end({ code: reply.status })
      return reply
    }
}
const waitingNow = (read: () => number) =>
  function (this: Gauge) {
    this.set(read())
  }

/** One after another, as many as may wait. */
class Line {
  private last: Promise<unknown> = Promise.resolve()
  waiting = 0
  constructor(private readonly most: number) {}

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= this.most) throw new Error('too many wait')
    this.waiting++
    const turn = this.last.then(work)
    this.last = turn.catch(() => undefined)
    return turn.finally(() => this.waiting--)
  }
}

/** A store: SQLite behind one door. `POST` with a key and a value writes, `GET` reads. */
export async function store(place: Place, onOrder: (take: (order: Order) => void) => void): Promise<number> {
  const name = place.name as StoreName
  const fired = new Fired()
  const database = new Database(join(place.folder, `${name}.db`))
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = normal; create table if not exists kept (key text primary key, value text)',
  )
  const write = database.prepare('insert or replace into kept values (?, ?)')
  const read = database.prepare('select value from kept where key = ?')
  let switches: Switches = CALM
  onOrder(order => {
    if (order.do === 'set') switches = order.switches
    if (order.do === 'stop') database.close()
  })
  const line = new Line(STORE_QUEUE)
  const scraped = new Scraped(STORE_QUEUE, () => line.waiting)
  const handle: Handle = async (request, body) => {
    const key = new URL(request.url ?? '/', 'http://store').searchParams.get('key') ?? ''
    // Many disks are slow at once: it is waited for outside the line.
    if (name === 'conversations' && switches.slowStoreMs > 0) {
      fired.add(switches.slowStoreMs < 1_000 ? 'store-twin' : 'store')
      await sleep(switches.slowStoreMs)
    }
    try {
      return await line.pass(async () => {
        await sleep(STORE_MS[name])
        if (request.method === 'POST') write.run(key, body)
        const row = read.get(key) as { value?: string } | undefined
        return { status: 200, body: row?.value ?? '' }
      })
    } catch {
      return { status: 503, body: 'the store is busy' }
    }
  }
  const { port } = await listen(scraped.count(handle))
  return port
}

/**
 * The configuration service. Each region has a distributor that answers one question after another with what was in place when it was
 * asked: where many ask, news comes late.
 */
export async function config(onOrder: (take: (order: Order) => void) => void): Promise<number> {
  let settings: Settings = SETTINGS
  onOrder(order => {
    if (order.do === 'settings') ({ settings } = order)
  })
  const lines = new Map(REGIONS.map(region => [region.id, { line: new Line(CONFIG_QUEUE), ms: region.distributeMs }]))
  const waiting = () => Math.max(...[...lines.values()].map(({ line }) => line.waiting))
  const handle: Handle = async request => {
    const { line, ms } = lines.get(new URL(request.url ?? '/', 'http://config').searchParams.get('region') ?? '')!
    const body = JSON.stringify(settings)
    try {
      return await line.pass(async () => (await sleep(ms), { status: 200, body }))
    } catch {
      return { status: 503 }
    }
  }
  const { port } = await listen(new Scraped(CONFIG_QUEUE, waiting).count(handle))
  return port
}
