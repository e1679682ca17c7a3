import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AgentAnswer, AgentResult, AgentTurn } from '../../contract/outside/agent.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import { AGENT_LEASE_MS } from '../../contract/limits.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { Agent } from '../../shell/agent/agent.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'

const secret = (place: string) => `${place}-token-of-twenty-characters`
const instance = (n: number) => `${n}`.padStart(16, '0')
const START = Date.UTC(2026, 1, 3, 12)

let target: Server
let url: string
let status = 200
beforeAll(async () => {
  target = createServer((_, answer) => {
    answer.writeHead(status).end()
  })
  await new Promise<void>(done => target.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`
})
const folder = mkdtempSync(join(tmpdir(), 'epicenter-agent-'))
afterAll(() => {
  target.close()
  rmSync(folder, { recursive: true })
})

let env: ReturnType<typeof fakeEnv>
let app: App
let server: FastifyInstance
beforeEach(async () => {
  status = 200
  env = fakeEnv(START)
  const text = `services: [{ id: shop }]
tokens: [${['fra', 'waw', 'nyc'].map(each => `{ name: ${each}, secret: ${secret(each)}, scopes: [agent] }`).join(', ')}]
probes:
  - { use: http, id: front, service: shop, url: ${url}, everySeconds: 30, allowPrivate: true, places: [fra, waw, nyc] }
`
  const { config, findings } = await parse(text, {}, '/')
  expect(findings).toEqual([])
  app = await App.open(config!, env, { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  return async () => {
    await server.close()
    await app[Symbol.asyncDispose]()
  }
})

/** A turn as it comes over the network. @throws as a client of it does */
async function ask(place: string, turn: AgentTurn): Promise<AgentAnswer> {
  const headers = { authorization: `Bearer ${secret(place)}` }
  const answer = await server.inject({ method: 'POST', url: '/api/v1/agent', headers, payload: turn })
  if (answer.statusCode === 200) return answer.json()
  throw answer.statusCode < 500 ? new PermanentError(answer.json().title) : new TransientError('not now', 0)
}
const turnOf = (more: Partial<AgentTurn> = {}): AgentTurn => ({
  instance: instance(1),
  has: null,
  results: [],
  lost: 0,
  leaving: false,
  ...more,
})
const resultOf = (place: string, more: Partial<AgentResult> = {}): AgentResult => ({
  probe: `front.${place}`,
  at: env.now(),
  outcome: 'ok',
  why: null,
  latencyMs: 20,
  labels: {},
  tries: [],
  figures: null,
  ...more,
})
const placesNow = async () => (await server.inject({ url: '/api/v1/services/shop/places' })).json()[0]

const onPage = async () =>
  /<section id="places">.*?<\/section>/.exec((await server.inject({ url: '/s/shop' })).body)?.[0]

/** An agent of a clock that is three days ahead, whose turns pass through `via`. */
function agentIn(
  place: string,
  via: (turn: AgentTurn, go: typeof ask) => Promise<AgentAnswer>,
  at = `${place}-${n++}`,
) {
  const data = join(folder, at)
  const own = fakeEnv(START + 3 * 24 * 60 * MINUTE)
  mkdirSync(data, { recursive: true })
  const parts = { env: own, folder: data, allowPrivate: true, instance: instance(7) }
  return { agent: new Agent({ ...parts, ask: turn => via(turn, ask) }), own, data, at }
}
let n = 0

describe('an agent', () => {
  it('pulls its work, looks, and hands in each look once, at the time of its server', async () => {
    let cut = false
    const turns: AgentTurn[] = []
    const { agent } = agentIn('fra', async (turn, go) => {
      turns.push(turn)
      const answer = await go('fra', turn)
      // It was taken, and nobody hears so.
      if (cut) throw new TransientError('ECONNRESET', 0)
      return answer
    })
    await using _ = agent
    await agent.turn()
    await vi.waitFor(() => expect(agent.waiting).toBe(1))
    expect(agent.now).toBe(START)
    cut = true
    await agent.turn()
    expect(agent.waiting).toBe(1)
    cut = false
    expect(await agent.turn()).toBe(0)
    await agent.turn()
    expect(turns.map(each => each.results.length)).toEqual([0, 1, 0, 1])
    expect(turns[3]!.results).toEqual(turns[1]!.results)
    expect(app.counters).toMatchObject({ accepted: 1, duplicate: 1, rejected: 0 })
    expect(await placesNow()).toMatchObject({ ok: 1, bad: 0, unknown: 2 })
    expect(app.inputs.status.find(each => each.id === 'front.fra')).toMatchObject({
      health: 'ok',
      place: 'fra',
      look: { outcome: 'ok', tries: [{ outcome: 'ok', phases: { total: expect.any(Number) } }] },
    })
  })

  it('keeps on the disk what nobody takes, over a restart', async () => {
    let online = true
    const via = async (turn: AgentTurn, go: typeof ask) => {
      if (!online) throw new TransientError('ENETUNREACH', 0)
      return go('fra', turn)
    }
    const first = agentIn('fra', via)
    await first.agent.turn()
    await vi.waitFor(() => expect(first.agent.waiting).toBe(1))
    online = false
    for (let i = 0; i < 3; i++) expect(await first.agent.turn()).toBeGreaterThan(0)
    await first.agent[Symbol.asyncDispose]()
    expect(readdirSync(first.data)).toContain('results.ndjson')
    expect(app.counters.accepted).toBe(0)
    const second = agentIn('fra', via, first.at)
    await using agent = second.agent
    expect(agent.waiting).toBe(1)
    online = true
    await agent.turn()
    expect(readdirSync(second.data)).not.toContain('results.ndjson')
    expect(app.counters).toMatchObject({ accepted: 1, duplicate: 0 })
  })

  it('believes no failure of a place that reaches nobody', async () => {
    status = 500
    let online = true
    const sent: AgentResult[] = []
    const { agent, own } = agentIn('fra', async (turn, go) => {
      if (!online) throw new TransientError('ENETUNREACH', 0)
      sent.push(...turn.results)
      return go('fra', turn)
    })
    await using _ = agent
    await agent.turn()
    // The network goes while it looks, and comes back much later.
    online = false
    await vi.waitFor(() => expect(agent.waiting).toBe(1))
    for (let i = 0; i < 4; i++) {
      await agent.turn()
      own.move(MINUTE)
      env.move(MINUTE)
    }
    online = true
    await agent.turn()
    await agent.turn()
    expect(sent).toMatchObject([{ outcome: 'unknown', why: 'nothing else was reached from this place' }])
    expect(app.counters.accepted).toBe(0)
  })

  it('stops its probes where its token is revoked', async () => {
    const { agent } = agentIn('fra', (turn, go) => go('fra', turn))
    await agent.turn()
    await vi.waitFor(() => expect(agent.looks).toHaveLength(1))
    app.tokens.configure([])
    await expect(agent.turn()).rejects.toThrow(/token is wrong/)
    expect(agent.looks).toEqual([])
    await agent[Symbol.asyncDispose]()
  })
})

describe('places', () => {
  it('two agents of one name are one: the second waits until the first is not heard of', async () => {
    expect((await ask('fra', turnOf())).work?.probes).toMatchObject([
      { id: 'front.fra', labels: { vantage: 'fra' }, place: 'fra' },
    ])
    const second = { instance: instance(2) }
    expect(await ask('fra', turnOf(second))).toMatchObject({ standby: true, work: null })
    const twice = { ...second, results: [resultOf('fra')] }
    expect(await ask('fra', turnOf(twice))).toMatchObject({ accepted: 0, ignored: { 'another agent looked then': 1 } })
    env.move(AGENT_LEASE_MS + 1)
    expect(await ask('fra', turnOf(second))).toMatchObject({ standby: false })
    // The first comes back with what it saw before the other began, and after.
    const own = [resultOf('fra', { at: env.now() - SECOND }), resultOf('fra', { at: env.now() + SECOND })]
    const back = await ask('fra', turnOf({ results: own }))
    expect(back).toMatchObject({ standby: true, accepted: 1, ignored: { 'another agent looked then': 1 } })
    await ask('fra', turnOf({ ...second, leaving: true }))
    expect(await ask('fra', turnOf())).toMatchObject({ standby: false })
  })

  it('says exactly how many fail, and that a dead one is unknown', async () => {
    await ask('fra', turnOf({ results: [resultOf('fra')] }))
    await ask('nyc', turnOf({ results: [resultOf('nyc')] }))
    const bad = { outcome: 'bad', why: 'status 500' } as const
    await ask('waw', turnOf({ results: [resultOf('waw', bad)] }))
    expect(await placesNow()).toMatchObject({
      probe: 'front',
      ...{ ok: 2, degraded: 0, bad: 1, unknown: 0 },
      places: [
        { place: 'fra', outcome: 'ok', why: null },
        { place: 'waw', outcome: 'bad', why: 'status 500' },
        { place: 'nyc', outcome: 'ok' },
      ],
    })
    expect(await onPage()).toContain('From 1 of 3 places it fails: waw. From 2 of 3 places it works.')
    env.move(2 * MINUTE)
    await ask('fra', turnOf({ results: [resultOf('fra')] }))
    // What an agent kept for long says nothing of now.
    await ask('nyc', turnOf({ results: [resultOf('nyc', { at: env.now() - 110 * SECOND })] }))
    expect(await placesNow()).toMatchObject({ ok: 1, bad: 0, unknown: 2 })
    expect(await onPage()).toContain('From 1 of 3 places it works. Nothing is known from: waw and nyc.')
  })

  it('are called as tokens, and each knows its own probes alone', async () => {
    await expect(ask('owner', turnOf())).rejects.toThrow('the token is wrong')
    const foreign = await ask('fra', turnOf({ results: [resultOf('waw'), resultOf('none')] }))
    expect(foreign).toMatchObject({ accepted: 0, ignored: { 'no such probe': 2 } })
    const headers = { authorization: 'Bearer memory' }
    const { statusCode, body } = await server.inject({
      method: 'POST',
      url: '/api/v1/agent',
      headers,
      payload: turnOf(),
    })
    expect([statusCode, body]).toEqual([404, expect.stringContaining('no probe looks from this place')])
  })
})
