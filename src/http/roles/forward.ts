import http from 'node:http'
import https from 'node:https'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'

/** What is one process's alone: whoever signs in, sends or orders is answered by the one that takes signals. */
const THERE = /^\/(?:console|in|mcp|subscription|subscribe)(?:[/?]|$)/
/** Of a connection and not of a request (RFC 9110, 7.6.1). */
const HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'])

/** Where the process is that takes signals and commands; null: nobody does now. */
export type Elsewhere = () => string | null

/** Hands on what a process that only shows cannot answer. To be called before routes are made. */
export function forwardRest(server: FastifyInstance, elsewhere: Elsewhere): void {
  server.addHook('onRequest', async (request, reply) => {
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (!reads || THERE.test(request.originalUrl)) return handOn(request, reply, elsewhere)
    return undefined
  })
}

export function handOn(request: FastifyRequest, reply: FastifyReply, elsewhere: Elsewhere): FastifyReply {
  const base = elsewhere()
  if (base === null) throw new TransientError('nobody takes signals and commands now', RETRY_AFTER_MS)
  const url = new URL(request.originalUrl, base)
  const { raw } = request
  const headers: http.OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(raw.headers)) if (!HOP.has(name)) headers[name] = value
  const before = raw.headers['x-forwarded-for']
  headers['x-forwarded-for'] = [before ?? [], raw.socket.remoteAddress ?? ''].flat().join(', ')
  headers['x-forwarded-proto'] ??= request.protocol
  headers['x-forwarded-host'] ??= raw.headers.host
  const ask = url.protocol === 'https:' ? https.request : http.request
  const out = ask(url, { method: request.method, headers })
  void reply.hijack()
  const answer = reply.raw
  out.once('response', theirs => {
    answer.writeHead(theirs.statusCode ?? 502, theirs.statusMessage, withoutHops(theirs.headers))
    theirs.pipe(answer)
  })
  out.once('error', () => {
    if (answer.headersSent) return answer.destroy()
    answer.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2', connection: 'close' })
    return answer.end('The process that takes signals and commands does not answer now.\n')
  })
  raw.once('aborted', () => out.destroy())
  raw.pipe(out)
  return reply
}

function withoutHops(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)))
}
