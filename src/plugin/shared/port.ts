import type { ListenAt } from '../../contract/outside/listening.js'

/** `udp://127.0.0.1:5140`, `tcp://[::1]:5140`. */
const PORT = /^(udp|tcp):\/\/(\[[\da-fA-F:]+\]|[\w.-]+):(\d{1,5})$/
export const PORT_RULE = 'udp://HOST:PORT or tcp://HOST:PORT'

/** Where to listen, as the settings say it; null where they do not. */
export function portOf(listen: string, senders?: readonly string[]): ListenAt | null {
  const [, protocol, host = '', port] = PORT.exec(listen) ?? []
  if (protocol === undefined || Number(port) > 65_535) return null
  return {
    protocol: protocol as ListenAt['protocol'],
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    ...(senders === undefined ? {} : { senders }),
  }
}

/** An address, or a range of them; whether its numbers are right is seen where it is used. */
export const RANGE = '^(?:[\\da-fA-F:]+|\\d{1,3}(?:\\.\\d{1,3}){3})(?:/\\d{1,3})?$'
