import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PIPELINED } from '../contract/limits.js'

/** Questions of one connection that came before the one in work was answered. */
type Line = [request: IncomingMessage, response: ServerResponse][]

/**
 * Lets one question of a connection be worked on at a time, in their order, and each in another turn of the loop: who sends
 * five hundred in one piece has no more of us than who waits for each answer. What a connection asked goes when it does.
 * One that asks more than {@link PIPELINED} ahead is closed.
 *
 * @param later when the next one begins: given by tests
 */
export function inOrder(answer: RequestListener, later: (go: () => void) => void = setImmediate): RequestListener {
  const lines = new WeakMap<Socket, Line>()
  const begin = (line: Line, request: IncomingMessage, response: ServerResponse): void => {
    response.once('close', () =>
      later(() => {
        const next = line.shift()
        if (next !== undefined && !next[0].socket.destroyed) begin(line, ...next)
        else lines.delete(request.socket)
      }),
    )
    answer(request, response)
  }
  return (request, response) => {
    const { socket } = request
    const line = lines.get(socket)
    if (line === undefined) {
      const first: Line = []
      lines.set(socket, first)
      begin(first, request, response)
    } else if (line.length < PIPELINED) line.push([request, response])
    else {
      line.length = 0
      socket.destroy()
    }
  }
}
