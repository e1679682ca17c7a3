import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What one process says to one server, and hears of it: passed on as it is, or held for a while, and then passed on all at once. */
export class Wire {
  private held = false
  private readonly sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    to: number,
  ) {
    server.on('connection', near => {
      const far = connect(to, '127.0.0.1')
      this.join(near, far)
      this.join(far, near)
    })
  }

  static async to(port: number): Promise<Wire> {
    const server = createServer({ noDelay: true })
    const wire = new Wire(server, port)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return wire
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  private join(one: Socket, other: Socket): void {
    this.sockets.add(one)
    one.setNoDelay(true)
    if (this.held) one.pause()
    one.on('data', bytes => other.write(bytes))
    one.on('error', () => {})
    one.on('end', () => other.end())
    one.on('close', () => {
      this.sockets.delete(one)
      other.destroy()
    })
  }

  hold(): void {
    this.held = true
    for (const each of this.sockets) each.pause()
  }

  release(): void {
    this.held = false
    for (const each of this.sockets) each.resume()
  }

  close(): void {
    this.server.close()
    for (const each of this.sockets) each.destroy()
  }
}
