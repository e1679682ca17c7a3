import { createServer, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Place } from '../role.js'

/** Passes connections on, byte by byte: one within the namespace and one before it are a road that packets are lost on. */
export async function relay({ road }: Place): Promise<number> {
  const { listen, to } = road!
  const server = createServer(from => {
    const [host, port] = to.split(':') as [string, string]
    const on = connect({ host, port: Number(port), noDelay: true })
    from.setNoDelay(true)
    const end = () => {
      from.destroy()
      on.destroy()
    }
    for (const side of [from, on]) side.on('error', end).on('close', end)
    from.pipe(on)
    on.pipe(from)
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, listen, done))
  return (server.address() as AddressInfo).port
}
