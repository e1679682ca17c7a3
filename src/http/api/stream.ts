import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ServerResponse } from 'node:http'
import { STREAM_BUFFER_BYTES, STREAM_CLIENTS, STREAM_HEARTBEAT_MS, STREAM_SHARE } from '../../contract/limits.js'
import { MINUTE } from '../../contract/time.js'
import type { App, Changed } from '../../shell/app.js'
import { Shares } from '../../shell/visitors/shares.js'
import type { Access, Audience } from '../access/access.js'
import { homeOf } from '../home.js'
import type { News } from '../news.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'
import { safeHeaders } from '../safe.js'
import type { Visitors } from '../visitor.js'

/** `GET /api/v1/stream`: server-sent events that say what changed; a client then reads what it shows. */
export class Stream {
  private readonly clients = new Shares<ServerResponse>(STREAM_CLIENTS, [
    STREAM_SHARE.network,
    STREAM_SHARE.prefix,
    STREAM_SHARE.address,
  ])
  private readonly heartbeat: NodeJS.Timeout
  /** Who listens, where that matters. */
  private readonly audiences = new WeakMap<ServerResponse, Audience>()

  constructor(
    news: Pick<News, 'onNews'>,
    private readonly visitors: Pick<Visitors, 'circles'>,
    private readonly access: Access,
    private readonly app: Pick<App, 'reader' | 'env'>,
  ) {
    this.heartbeat = setInterval(() => this.beat(), STREAM_HEARTBEAT_MS)
    this.heartbeat.unref()
    news.onNews(each => void this.tell(each))
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
        atOnce: true,
        summary: 'Server-sent events: which services and incidents changed',
        answer: { type: 'text/event-stream', says: '`change` events with {services, incidents, now, reset}' },
        fails: [503],
        handle: ({ raw }, reply) => {
          // A HEAD request asks for the headers alone.
          const alone = raw.method === 'HEAD'
          if (!alone) this.makeRoom(raw, reply.raw)
          reply.hijack()
          const response = reply.raw
          const type = 'text/event-stream'
          response.writeHead(200, {
            ...Object.fromEntries(safeHeaders(homeOf(raw), { type, open: false, framed: false })),
            'content-type': type,
            'cache-control': this.access.isOn ? 'private, no-store' : 'no-store',
            'x-accel-buffering': 'no',
          })
          if (alone) return response.end()
          if (this.access.isOn) this.audiences.set(response, this.access.of(raw))
          response.write('retry: 2000\n\n')
          response.on('close', () => this.clients.free(response))
          response.on('error', () => this.clients.free(response))
          if (response.closed) this.clients.free(response)
          return undefined
        },
      },
      async () => {},
    )
  }

  /** Whoever holds most makes room for newcomers; they come again, and are told to wait if all are taken by then. */
  private makeRoom(request: FastifyRequest, response: ServerResponse): void {
    const taken = this.clients.take(this.visitors.circles(request), response)
    if (!taken.in)
      throw new HttpProblem(503, 'too many listeners', 'too many of them are from your network; try again later', {
        rule: 'stream.clients',
        value: String(this.clients.size),
        retryAfterMs: MINUTE,
      })
    taken.out?.destroy()
  }

  private async tell(news: Changed): Promise<void> {
    const { services, incidents, reset } = news
    if (services.length === 0 && incidents.length === 0 && !reset) return
    if (!this.access.isOn) return this.send(written(news))
    const found = await Promise.all(incidents.map(id => this.app.reader.incident(id)))
    for (const client of this.clients.items()) {
      const audience = this.audiences.get(client)
      if (audience === undefined) continue
      const sees = (service: string) => this.access.sees(audience, service)
      const own = incidents.filter((_, i) => sees(found[i]?.service ?? ''))
      const some = { ...news, services: services.filter(sees), incidents: own }
      if (some.services.length > 0 || own.length > 0 || reset) push(client, written(some))
    }
  }

  /** Also shuts what is over by time: the browser asks again, and is told so. */
  private beat(): void {
    const now = this.app.env.now()
    for (const client of this.clients.items())
      if ((this.audiences.get(client)?.until ?? Infinity) <= now) client.destroy()
    this.send(': still here\n\n')
  }

  private send(text: string): void {
    for (const client of this.clients.items()) push(client, text)
  }

  close(): void {
    clearInterval(this.heartbeat)
    for (const client of this.clients.items()) client.end()
  }
}

const written = (news: Changed): string => `event: change\ndata: ${JSON.stringify(news)}\n\n`

function push(client: ServerResponse, text: string): void {
  // It does not read: it will connect again and see everything as it is then.
  if (client.writableLength > STREAM_BUFFER_BYTES) client.destroy()
  else client.write(text)
}
