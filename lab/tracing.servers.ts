import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { serve, tokenIn } from '../src/testing/served.js'
import { root } from './recipes.js'

// Traces of a server of ours, by the wire: taken by a receiver of ours, which knows OTLP as other people's SDKs send it; and a collector
// that takes connections and never answers, beside which everything goes on.

const SECRET = 'a-secret-of-20-chars'
const THEIRS = '4bf92f3577b34da6a3ce929d0e0e4736'
const folder = mkdtempSync(join(tmpdir(), 'epicenter-tracing-'))
const open: Server[] = []
afterAll(() => {
  for (const each of open) each.closeAllConnections()
  for (const each of open) each.close()
  rmSync(folder, { recursive: true })
})

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
}

/** A server of HTTP on loopback that gives each body to `take`; undefined: it never answers. */
async function listening(take: (body: string) => Promise<number> | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on(
      'end',
      () => void take(Buffer.concat(pieces).toString())?.then(code => response.writeHead(code).end('{}')),
    )
  })
  open.push(server)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function started(name: string, settings: object) {
  const data = join(folder, name)
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, JSON.stringify({ data, services: [{ id: 'shop' }], ...settings }))
  const served = await serve(root, ['--config', file])
  const ask = async (path: string, body?: object, more: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${tokenIn(data)}`, 'content-type': 'application/json', ...more }
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${served.url}${path}`, { headers, ...init })
    return { status: answer.status, text: await answer.text() }
  }
  return { ...served, ask }
}

const incident = { service: 'shop', title: 'Paying fails', severity: 'major', by: 'ana', why: 'seen' }
const observation = (id: string) => {
  return { type: 'observation', via: 'metric', service: 'shop', at: new Date().toISOString(), id, total: 9, bad: 1 }
}

it('go from the sender’s trace to the message, and our own receiver takes every span', {
  timeout: 240_000,
}, async () => {
  const collector = await started('collector', { receivers: [{ use: 'otlp', secret: SECRET }] })
  const spans: Span[] = []
  const said: string[] = []
  const passing = await listening(async body => {
    const sent = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }
    spans.push(...sent.resourceSpans.flatMap(each => each.scopeSpans.flatMap(scope => scope.spans)))
    const headers = { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' }
    const answer = await fetch(`${collector.url}/in/otlp/v1/traces`, { method: 'POST', headers, body })
    said.push(`${answer.status} ${await answer.text()}`)
    return answer.status
  })
  const hook = await listening(async () => 204)
  const server = await started('traced', {
    tracing: { url: `${passing}/v1/traces`, share: 0 },
    notifiers: [
      { use: 'webhook', id: 'pager', url: hook, allowPrivate: true, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    ],
  })
  const traceparent = `00-${THEIRS}-00f067aa0ba902b7-01`
  expect(await server.ask('/api/v1/signals', [observation('a')], { traceparent })).toMatchObject({ status: 200 })
  expect(await server.ask('/api/v1/incidents', incident)).toMatchObject({ status: 200 })
  await expect.poll(() => spans.map(each => each.name), { timeout: 60_000 }).toContain('tell pager')
  const told = (name: string) => spans.find(each => each.name === name)!
  const [request, fold] = [told('POST /api/v1/signals'), told('fold')]
  expect([request.traceId, request.parentSpanId, fold.parentSpanId]).toEqual([
    THEIRS,
    '00f067aa0ba902b7',
    request.spanId,
  ])
  expect(told('append to the log').parentSpanId).toBe(request.spanId)
  expect(told('tell pager').parentSpanId).toBe(told('incident events').spanId)
  expect(await server.stop('SIGTERM')).toBe(0)
  expect(new Set(said)).toEqual(new Set(['200 {}']))
  const { text } = await collector.ask('/api/v1/sources')
  expect(text).toContain('otlp')
  expect(await collector.stop('SIGTERM')).toBe(0)
})

it('are dropped where nobody answers, and nothing waits for that', { timeout: 240_000 }, async () => {
  let asked = 0
  const silent = await listening(() => {
    asked++
    return undefined
  })
  const server = await started('silent', { tracing: { url: `${silent}/v1/traces`, share: 1 } })
  for (let i = 0; i < 200; i++)
    expect(await server.ask('/api/v1/signals', [observation(`s${i}`)])).toMatchObject({ status: 200 })
  await expect.poll(() => asked, { timeout: 60_000 }).toBeGreaterThan(0)
  // It waits for its answer; the door does not.
  expect(await server.ask('/api/v1/signals', [observation('last')])).toMatchObject({ status: 200 })
  await expect
    .poll(async () => (await server.ask('/metrics')).text, { timeout: 60_000 })
    .toMatch(/^epicenter_spans_dropped_total [1-9]\d*$/m)
  expect((await server.ask('/readyz')).status).toBe(200)
  expect(await server.stop('SIGTERM')).toBe(0)
})
