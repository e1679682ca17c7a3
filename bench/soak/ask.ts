import http from 'node:http'

/** So long a client waits for an answer. */
const PATIENCE_MS = 30_000

export interface Answer {
  status: number
  text: string
  ms: number
}

export interface Question {
  /** From this address of the loopback network. */
  from?: string | undefined
  agent?: http.Agent | undefined
  headers?: http.OutgoingHttpHeaders
  /** Sent as a POST. */
  body?: string
  patienceMs?: number
}

/** Asks once. @throws Error with the system's code when there is no whole answer */
export function ask(url: string, { from, agent, headers = {}, body, patienceMs }: Question = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const request = http.request(url, {
      ...(from === undefined ? {} : { localAddress: from }),
      method: body === undefined ? 'GET' : 'POST',
      headers,
      agent: agent ?? false,
      timeout: patienceMs ?? PATIENCE_MS,
    })
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('response', response => {
      let text = ''
      response.setEncoding('latin1')
      response.on('data', (piece: string) => (text += piece))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode!, text, ms: performance.now() - began }))
    })
    request.end(body)
  })
}

export const pause = (ms: number): Promise<void> => new Promise(done => setTimeout(done, Math.max(0, ms)))
