import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fetched, PluginEnv } from '../../src/contract/plugin.js'

export interface Page {
  status: number
  type: string
  body: string
}
export const json = (value: string): Page => ({ status: 200, type: 'application/json', body: value })

/**
 * All web sites of the world in one server of this machine: whatever is asked for, by its real address. `broken`: it hangs up on
 * whoever asks.
 */
export class Web implements AsyncDisposable {
  private readonly server = createServer((request, answer) => {
    this.asked++
    const url = new URL(request.url!, 'http://localhost').searchParams.get('at')!
    this.say(url, answer)
  })
  asked = 0
  private base = ''

  constructor(private readonly page: (url: URL) => Page | 'broken') {}

  async listen(): Promise<void> {
    await new Promise<void>(done => this.server.listen(0, '127.0.0.1', done))
    this.base = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/?at=`
  }

  /** An outside in which every address is one of this server. */
  outside(env: PluginEnv): PluginEnv {
    return {
      ...env,
      fetch: async (url, init) => {
        const answer = await env.fetch(`${this.base}${encodeURIComponent(url)}`, init)
        return new Proxy(answer, { get: (of, key) => (key === 'url' ? url : Reflect.get(of, key, of)) }) as Fetched
      },
    }
  }

  private say(url: string, answer: ServerResponse): void {
    const page = this.page(new URL(url))
    if (page === 'broken') return void answer.destroy()
    answer.writeHead(page.status, { 'content-type': page.type }).end(page.body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise<unknown>(done => this.server.close(done))
  }
}
