import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { CALM, type Switches } from '../faults.js'
import { ask, header, listen, open, type Reply, sleep } from '../net.js'
import { cellOf, productAt, ROUTING, SETTINGS, type Settings } from '../plan.js'
import { Fired, type Order, type Place } from '../role.js'
import { endSpan, parentOf, SERVICE, SpanKind, Telemetry } from './telemetry.js'

const POLL_MS = 2_000
/** A cell that does not answer within this time has failed. */
const CELL_MS = 8_000
const LATE_NAME_MS = 60

/** Passes an answer on as it comes; one that breaks off was none. */
async function* whole(pieces: AsyncIterable<string>, status: number, done: (status: number) => void) {
  let ended = BROKEN_OFF
  try {
    yield* pieces
    ended = status
  } finally {
    done(ended)
  }
}
const BROKEN_OFF = 502

/** Edge and router of one region: the same session goes to the same cell, by the routing table. */
export class EdgeServer {
  private switches: Switches = CALM
  private settings: Settings = SETTINGS
  private readonly fired = new Fired()
  private readonly telemetry: Telemetry
  /** Session → requests in the minute that has begun. */
  private readonly used = new Map<string, number>()

  constructor(private readonly place: Place) {
    this.telemetry = new Telemetry(place, SERVICE, { 'cloud.region': place.name })
  }

  async start(onOrder: (take: (order: Order) => void) => void): Promise<number> {
    onOrder(order => {
      if (order.do === 'set') this.switches = order.switches
      if (order.do === 'stop') void this.telemetry.stop()
    })
    setInterval(() => this.used.clear(), 60_000).unref()
    setInterval(() => {
      ask(`http://127.0.0.1:${this.place.ports['config']}/?region=${this.place.name}`, { timeoutMs: 600_000 })
        .then(({ status, body }) => {
          const settings = status === 200 ? (JSON.parse(body) as Settings) : this.settings
          if (settings.version > this.settings.version) this.settings = settings
        })
        .catch(() => undefined)
    }, POLL_MS).unref()
    const { port } = await listen((request, body) => this.answer(request, body))
    return port
  }

  private async answer(request: IncomingMessage, body: string): Promise<Reply> {
    const began = performance.now()
    const { pathname } = new URL(request.url ?? '/', 'http://edge')
    const product = productAt(pathname)
    if (product === undefined) return { status: 404 }
    const session = header(request, 'x-session')
    const plan = header(request, 'x-plan')
    const cell = cellOf(this.settings.routing, this.place.name, session)
    const route = `${product.method} ${product.path}`
    const span = this.telemetry.span(route, SpanKind.SERVER, undefined, {
      'http.route': product.path,
      'http.request.method': product.method,
    })
    const reply = await this.passed(request, body, cell, session, plan, parentOf(span))
    const done = (status: number) => {
      endSpan(span, status)
      this.telemetry.requests.record((performance.now() - began) / 1_000, {
        'http.request.method': product.method,
        'http.route': product.path,
        'http.response.status_code': status,
        ...(cell === null ? {} : { 'assistant.cell': cell }),
        ...(plan === '' ? {} : { 'assistant.plan': plan }),
        // Which build it was, nobody knows where no cell answered.
        ...(reply.headers?.['x-build'] ? { 'service.version': String(reply.headers['x-build']) } : {}),
      })
    }
    const headers = { ...reply.headers, 'x-cell': cell ?? 'none' }
    if (reply.pieces !== undefined) return { ...reply, headers, pieces: whole(reply.pieces, reply.status, done) }
    done(reply.status)
    return { ...reply, headers }
  }

  private async passed(
    request: IncomingMessage,
    body: string,
    cell: string | null,
    session: string,
    plan: string,
    parent: Record<string, string>,
  ): Promise<Reply> {
    if (cell === null) {
      this.fired.add('routing')
      return { status: 503, body: 'no route' }
    }
    if (this.settings.routing['ap']?.['ap-south'] !== ROUTING['ap']!['ap-south']) this.fired.add('routing-twin')
    if (this.settings.limits['free'] !== SETTINGS.limits['free']) this.fired.add('limits-twin')
    const used = (this.used.get(session) ?? 0) + 1
    this.used.set(session, used)
    if (used > (this.settings.limits[plan] ?? Number.POSITIVE_INFINITY)) {
      if (this.settings.limits[plan] === 0) this.fired.add('limits')
      return { status: 429, body: 'too many requests' }
    }
    const headers = { ...parent, 'x-session': session, 'x-plan': plan, 'content-type': 'application/json' }
    const host = this.place.hosts[`cell.${cell}`] ?? '127.0.0.1'
    const url = `http://${host}:${this.place.ports[`cell.${cell}`]}${request.url}`
    const method = request.method ?? 'GET'
    try {
      if (this.switches.noName === cell) await this.unresolved(cell)
      if (this.switches.lateName === cell) {
        this.fired.add('names-twin')
        await sleep(LATE_NAME_MS)
      }
      const answer = await open(url, { method, headers, ...(method === 'GET' ? {} : { body }), timeoutMs: CELL_MS })
      return {
        status: answer.status,
        headers: {
          'x-build': String(answer.headers['x-build'] ?? ''),
          'content-type': answer.headers['content-type'] ?? 'application/json',
        },
        pieces: answer.pieces,
      }
    } catch {
      return { status: 502, body: 'the cell does not answer' }
    }
  }

  /** Asks for the cell by a name that its resolver does not know. */
  private async unresolved(cell: string): Promise<void> {
    const lookup: LookupFunction = (name, _, done) => {
      this.fired.add('names')
      done(Object.assign(new Error(`${name} is not known`), { code: 'ENOTFOUND' }), '', 0)
    }
    await ask(`http://${cell}.cells.internal/`, { lookup })
  }
}
