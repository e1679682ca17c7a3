import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A receiver that answers so late that no sender should wait for it. */
const SLOW_MS = 20_000

/** A message as the healthy receiver got it. */
export interface Message {
  id: string
  incident: string
  seq: number
  event: string
  /** When it came, and when it says it was sent, by our clock. */
  at: number
  sentAt: number
}

/** Three who want to be told of incidents: one is well, one answers after 20 seconds, one is not there. */
export class Receivers {
  readonly messages: Message[] = []
  slowTries = 0
  private constructor(
    readonly urls: readonly string[],
    private readonly servers: readonly http.Server[],
  ) {}

  static async open(): Promise<Receivers> {
    let all: Receivers | null = null
    const well = http.createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', (piece: string) => (text += piece))
      request.on('end', () => {
        all!.take(request, text)
        response.end()
      })
    })
    const slow = http.createServer((request, response) => {
      all!.slowTries++
      request.resume()
      setTimeout(() => response.end(), SLOW_MS).unref()
    })
    const nobody = http.createServer()
    const urls = await Promise.all([well, slow, nobody].map(listen))
    await new Promise(done => nobody.close(done))
    all = new Receivers(urls, [well, slow])
    return all
  }

  private take(request: http.IncomingMessage, text: string): void {
    const { data } = JSON.parse(text) as { data: { incident: string; seq: number; event: string } }
    this.messages.push({
      id: String(request.headers['webhook-id']),
      incident: data.incident,
      seq: data.seq,
      event: data.event,
      at: Date.now(),
      sentAt: Number(request.headers['webhook-timestamp']) * 1_000,
    })
  }

  close(): void {
    for (const server of this.servers) {
      server.closeAllConnections()
      server.close()
    }
  }
}

const listen = (server: http.Server): Promise<string> =>
  new Promise(done =>
    server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`)),
  )
