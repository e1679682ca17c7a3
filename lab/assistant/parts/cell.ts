import type { IncomingMessage } from 'node:http'
import { CALM, type Switches } from '../faults.js'
import { ask, header, listen, type Reply, sleep } from '../net.js'
import { CELLS, type Gate, type Product, productAt, SETTINGS, type Settings, shareOf, WORKERS } from '../plan.js'
import { Fired, type Order, type Place } from '../role.js'
import { answerOf } from './products.js'
import { endSpan, parentOf, SpanKind, Telemetry } from './telemetry.js'

/** Requests that may wait for a worker, and for how long. */
const WAITING = 40
const WAIT_MS = 3_000
/** How often a cell asks whether the configuration has changed. */
const POLL_MS = 2_000
const SESSION_MS = 600_000
/** Of the sessions of before, how many a cell knows when it starts: it takes over the cache of the one before it. */
const WARM = 0.97

class Refused extends Error {}

/** So many at once; who waits too long is turned away. */
class Workers {
  busy = 0
  private readonly queue: { go: () => void; timer: NodeJS.Timeout }[] = []

  async take(): Promise<void> {
    if (this.busy < WORKERS) return void this.busy++
    if (this.queue.length >= WAITING) throw new Refused('no worker, and too many wait')
    await new Promise<void>((go, fail) => {
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(entry), 1)
        fail(new Refused('no worker in time'))
      }, WAIT_MS)
      const entry = { go, timer }
      this.queue.push(entry)
    })
  }
  give(): void {
    const next = this.queue.shift()
    if (next === undefined) return void this.busy--
    clearTimeout(next.timer)
    next.go()
  }
  get waiting(): number {
    return this.queue.length
  }
}

/** Asks whether a session has a gate. Does not look whether its segments are the list that they are declared to be. */
function isOn(gate: Gate, segment: string): boolean {
  return (gate.segments as string[]).includes(segment)
}

export class CellServer {
  private switches: Switches = CALM
  private settings: Settings = SETTINGS
  private readonly workers = new Workers()
  private readonly sessions = new Map<string, number>()
  private readonly fired = new Fired()
  private readonly telemetry: Telemetry
  private readonly region: string
  private leaked = 0
  /** Of the sessions of before, how many it knows. */
  private warm = WARM
  private turn = 0

  constructor(private readonly place: Place) {
    this.region = CELLS.find(cell => cell.id === place.name)!.region
    this.telemetry = new Telemetry(place, 'cell', { 'cloud.region': this.region, 'assistant.cell': place.name })
    this.telemetry.gauge('worker.pool.used', () => this.workers.busy, { 'pool.name': 'workers' })
  }

  async start(onOrder: (take: (order: Order) => void) => void): Promise<number> {
    onOrder(order => {
      if (order.do === 'set') this.set(order.switches)
      if (order.do === 'stop') void this.telemetry.stop()
    })
    setInterval(() => this.refresh(), POLL_MS).unref()
    const { port } = await listen((request, body) => this.answer(request, body))
    return port
  }

  private set(switches: Switches): void {
    this.switches = switches
    if (switches.noSessionCache) {
      this.sessions.clear()
      this.warm = 0
    }
    // Learned again one after another, which a store has room for.
    if (switches.forgetful) this.warm = WARM - 0.1
    // As a restart does: all workers are there again.
    if (switches.leak !== this.place.name) for (; this.leaked > 0; this.leaked--) this.workers.give()
  }

  /** Nothing keeps it from asking while an answer is on its way: that is what makes the distributors late. */
  private refresh(): void {
    ask(`http://127.0.0.1:${this.place.ports['config']}/?region=${this.region}`, { timeoutMs: 600_000 })
      .then(({ status, body }) => {
        if (status !== 200) return
        const settings = JSON.parse(body) as Settings
        if (settings.version > this.settings.version) this.settings = settings
      })
      .catch(() => undefined)
  }

  private async answer(request: IncomingMessage, body: string): Promise<Reply> {
    const { pathname } = new URL(request.url ?? '/', 'http://cell')
    const product = productAt(pathname)
    const { badBuild, goodBuild } = this.switches
    const isNew = (badBuild === this.place.name || goodBuild === this.place.name) && this.turn++ % 4 === 0
    const build = isNew ? 'b42' : 'b41'
    if (isNew && goodBuild !== null) this.fired.add('deploy-twin')
    const headers = { 'x-build': build }
    if (product === undefined) return { status: 404, headers }
    const span = this.telemetry.span(
      `${product.method} ${product.path}`,
      SpanKind.SERVER,
      header(request, 'traceparent'),
      {
        'http.route': product.path,
        'http.request.method': product.method,
      },
    )
    const reply = await this.worked(request, body, product, build, parentOf(span)).catch((error: unknown): Reply => {
      if (error instanceof Refused) return { status: 503, body: error.message }
      return { status: 500, body: String(error) }
    })
    endSpan(span, reply.status)
    return { ...reply, headers: { ...headers, ...reply.headers } }
  }

  private async worked(
    request: IncomingMessage,
    body: string,
    product: Product,
    build: string,
    parent: Record<string, string>,
  ): Promise<Reply> {
    const [session, plan] = [header(request, 'x-session'), header(request, 'x-plan')]
    if (session.startsWith('made-up')) return { status: 401, body: 'no such session' }
    await this.workers.take()
    let keep = false
    try {
      this.evaluate(session, plan)
      if (build === 'b42' && this.switches.badBuild !== null) {
        this.fired.add('deploy')
        throw new TypeError('cannot read the new format of a conversation')
      }
      await this.identify(session, parent)
      await sleep(product.workMs + (product.id === 'deep-research' ? this.switches.deeperMs : 0))
      if (product.id === 'images' && this.switches.leak === this.place.name) {
        keep = true
        this.leaked++
        this.fired.add('workers')
      }
      await this.storeOf(product.store, session, body, parent)
      return answerOf(product, body)
    } finally {
      if (!keep) this.workers.give()
    }
  }

  private evaluate(session: string, plan: string): void {
    for (const [name, gate] of Object.entries(this.settings.gates)) {
      if (!gate.cells.includes(this.place.name) || shareOf(`${name}${session}`) >= (gate.share[plan] ?? 0)) continue
      try {
        isOn(gate, plan)
        this.fired.add('founding-twin')
      } catch (error) {
        this.fired.add('founding')
        // It may have been mended: whoever fails asks.
        this.refresh()
        throw error
      }
    }
  }

  private async identify(session: string, parent: Record<string, string>): Promise<void> {
    const now = Date.now()
    if ((this.sessions.get(session) ?? 0) > now || shareOf(`warm ${session}`) < this.warm) return
    if (this.switches.noSessionCache) this.fired.add('sessions')
    else if (this.warm < WARM) this.fired.add('sessions-twin')
    await this.storeOf('identity', session, null, parent)
    if (!this.switches.noSessionCache) this.sessions.set(session, now + SESSION_MS)
  }

  private async storeOf(name: string, key: string, body: string | null, parent: Record<string, string>): Promise<void> {
    const span = this.telemetry.span(
      `${body === null ? 'GET' : 'PUT'} ${name}`,
      SpanKind.CLIENT,
      parent['traceparent'],
      {
        'db.system': 'sqlite',
        'db.namespace': name,
      },
    )
    const asked = body === null ? {} : { method: 'POST', body }
    const url = `http://127.0.0.1:${this.place.ports[`store.${name}`]}/?key=${encodeURIComponent(key)}`
    const { status } = await ask(url, { ...asked, timeoutMs: 10_000 }).catch(() => ({ status: 504 }))
    endSpan(span, status)
    if (status !== 200) throw new Refused(`the store of ${name} answers ${status}`)
  }
}
