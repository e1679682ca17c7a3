import type { FastifyInstance } from 'fastify'
import type { ServerResponse } from 'node:http'
import { RETRY_AFTER_MS, STREAM_BUFFER_BYTES, STREAM_CLIENTS, STREAM_HEARTBEAT_MS } from '../contract/limits.js'
import type { Changed } from '../shell/app.js'
import { homeOf } from './home.js'
import type { News } from './news.js'
import { HttpProblem } from './problem.js'
import type { Routes } from './routes.js'
import { safeHeaders } from './safe.js'

/** `GET /api/v1/stream`: server-sent events that say what changed; a client then reads what it shows. */
export class Stream {
  private readonly clients = new Set<ServerResponse>()
  private readonly heartbeat: NodeJS.Timeout

  constructor(news: Pick<News, 'onNews'>) {
    this.heartbeat = setInterval(() => this.send(': still here\n\n'), STREAM_HEARTBEAT_MS)
    this.heartbeat.unref()
    news.onNews(each => this.tell(each))
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
          const type = 'text/event-stream'
          response.writeHead(200, {
            ...Object.fromEntries(safeHeaders(homeOf(raw), { type, open: false, framed: false })),
            'content-type': type,
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

  private tell(news: Changed): void {
    const { services, incidents, reset } = news
    if (services.length > 0 || incidents.length > 0 || reset)
      this.send(`event: change\ndata: ${JSON.stringify(news)}\n\n`)
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
    for (const client of this.clients) client.end()
    this.clients.clear()
  }
}
