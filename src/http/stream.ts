import type { FastifyInstance } from 'fastify'
import type { ServerResponse } from 'node:http'
import { RETRY_AFTER_MS, STREAM_BUFFER_BYTES, STREAM_CLIENTS, STREAM_HEARTBEAT_MS } from '../contract/limits.js'
import type { App } from '../shell/app.js'
import { HttpProblem } from './problem.js'
import type { Routes } from './routes.js'

/** A listener hears of changes this often at most; its page is fetched again no faster. */
const PACE_MS = 500

const nothing = () => ({ services: new Set<string>(), incidents: new Set<string>(), now: 0, reset: false })

/** `GET /api/v1/stream`: server-sent events that say what changed; a client then reads what it shows. */
export class Stream {
  private readonly clients = new Set<ServerResponse>()
  private readonly heartbeat: NodeJS.Timeout
  private readonly stopListening: () => void
  private news = nothing()
  private pace: NodeJS.Timeout | null = null

  constructor(app: App) {
    this.heartbeat = setInterval(() => this.send(': still here\n\n'), STREAM_HEARTBEAT_MS)
    this.heartbeat.unref()
    this.stopListening = app.onChange(({ services, incidents, now, reset }) => {
      if (services.length === 0 && incidents.length === 0 && !reset) return
      for (const service of services) this.news.services.add(service)
      for (const incident of incidents) this.news.incidents.add(incident)
      this.news.now = now
      this.news.reset ||= reset
      this.pace ??= this.tell()
    })
  }

  get size(): number {
    return this.clients.size
  }

  route(server: FastifyInstance, routes: Routes): void {
    routes.add(
      server,
      {
        method: 'GET',
        url: '/api/v1/stream',
        summary: 'Server-sent events: which services and incidents changed',
        answer: { type: 'text/event-stream', says: '`change` events with {services, incidents, now, reset}' },
        fails: [503],
        handle: ({ raw }, reply) => {
          if (this.clients.size >= STREAM_CLIENTS)
            throw new HttpProblem(503, 'too many listeners', undefined, {
              rule: 'stream.clients',
              value: String(this.clients.size),
              retryAfterMs: RETRY_AFTER_MS,
            })
          reply.hijack()
          const response = reply.raw
          response.writeHead(200, {
            'content-type': 'text/event-stream',
            'cache-control': 'no-store',
            'x-accel-buffering': 'no',
          })
          // A HEAD request asks for the headers alone.
          if (raw.method === 'HEAD') return response.end()
          response.write('retry: 2000\n\n')
          this.clients.add(response)
          response.on('close', () => this.clients.delete(response))
          response.on('error', () => this.clients.delete(response))
          return undefined
        },
      },
      async () => {},
    )
  }

  /** At once, and what comes within PACE_MS after it together: reports commit fifty times a second. */
  private tell(): NodeJS.Timeout {
    const { services, incidents, now, reset } = this.news
    this.news = nothing()
    const data = JSON.stringify({ services: [...services], incidents: [...incidents], now, reset })
    this.send(`event: change\ndata: ${data}\n\n`)
    const pace = setTimeout(() => {
      this.pace = this.news.now > 0 ? this.tell() : null
    }, PACE_MS)
    return pace.unref()
  }

  private send(text: string): void {
    for (const client of this.clients) {
      // It does not read: it will connect again and see everything as it is then.
      if (client.writableLength > STREAM_BUFFER_BYTES) client.destroy()
      else client.write(text)
    }
  }

  close(): void {
    clearInterval(this.heartbeat)
    if (this.pace !== null) clearTimeout(this.pace)
    this.stopListening()
    for (const client of this.clients) client.end()
    this.clients.clear()
  }
}
