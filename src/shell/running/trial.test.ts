import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from '../config/load.js'
import { tryUses } from './trial.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-trial-'))
const asked: string[] = []
/** A server with a page, a list of signals, an answer that is HTML, and one that never comes. */
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`)
  if (request.url === '/never') return
  if (request.url === '/signals') return void response.end(`${lines.join('\n')}\n`)
  response.end('<html>')
})
const at = Date.UTC(2026, 1, 3, 12)
const check = { type: 'observation', via: 'check', service: 'shop', at, labels: { region: 'eu' }, total: 1, bad: 0 }
const lines = [
  JSON.stringify({ ...check, id: 'a' }),
  JSON.stringify({ ...check, id: 'b', labels: { region: 'us' } }),
  JSON.stringify({ ...check, id: 'c', bad: 2 }),
]
let base: string
beforeAll(async () => {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

async function trialsOf(text: string, seconds = 5) {
  const { config, findings } = await parse(text, {}, folder)
  expect(findings).toEqual([])
  return tryUses(config!, { now: () => at + 60_000, log: () => {} }, seconds)
}

describe('a trial of a configuration', () => {
  it('says of each what came, and why not', async () => {
    writeFileSync(join(folder, 'empty.ndjson'), '')
    const secret = 'a-secret-of-20-chars'
    const trials = await trialsOf(`
sources:
  - { use: ndjson, id: good, url: ${base}/signals, allowPrivate: true }
  - { use: ndjson, id: private, url: ${base}/signals }
  - { use: ndjson, id: page, url: ${base}/, allowPrivate: true }
  - { use: ndjson, id: silent, file: empty.ndjson }
  - { use: ndjson, id: gone, file: gone.ndjson }
  - use: prometheus-query
    url: ${base}
    allowPrivate: true
    queries: [{ service: shop, total: up }]
receivers: [{ use: otlp, secret: ${secret} }]
probes:
  - { use: http, id: well, service: shop, url: ${base}/, allowPrivate: true }
  - { use: http, id: bad, service: shop, url: ${base}/, contains: hello, allowPrivate: true }
  - { use: heartbeat, service: shop, withinSeconds: 60, secret: ${secret} }
notifiers: [{ use: webhook, url: ${base}/told, secret: ${'A'.repeat(32)} }]
`)
    expect(trials.map(({ kind, id, outcome, why }) => [`${kind} ${id}`, outcome, why])).toEqual([
      ['source good', 'ok', null],
      ['source private', 'failed', expect.stringContaining('not a public address')],
      ['source page', 'failed', 'nothing of what it says is taken'],
      ['source silent', 'silent', null],
      ['source gone', 'failed', expect.stringContaining('ENOENT')],
      ['source prometheus-query', 'failed', expect.stringContaining('no JSON')],
      ['receiver otlp', 'waits', null],
      ['probe well', 'ok', 'ok'],
      ['probe bad', 'failed', expect.stringContaining('does not contain')],
      ['probe heartbeat', 'waits', null],
      ['notifier webhook-1', 'waits', null],
    ])
    expect(trials[0]!.judged).toEqual({
      accepted: 2,
      late: 0,
      services: [{ service: 'shop', vias: { check: 2 }, labels: { region: { count: 2, values: ['eu', 'us'] } } }],
      refused: [{ rule: expect.stringMatching(/^observation\./), message: expect.any(String), value: '2', count: 1 }],
    })
    // Nobody was told anything.
    expect(asked.filter(each => each.startsWith('POST'))).toEqual([])
  })

  it('waits for an answer as long as it was told, and for a port that nobody speaks to', async () => {
    const trials = await trialsOf(
      `
sources:
  - { use: ndjson, url: ${base}/never, allowPrivate: true }
  - { use: statsd, service: shop, listen: 'udp://127.0.0.1:0' }
`,
      0.05,
    )
    expect(trials.map(({ outcome, why }) => [outcome, why])).toEqual([
      ['failed', 'no answer within 0.05 s'],
      ['silent', null],
    ])
  })
})
