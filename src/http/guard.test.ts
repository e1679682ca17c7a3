import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../contract/time.js'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { addToken, readTokens, writeTokens } from '../shell/visitors/tokens.js'
import { fakeEnv } from '../testing/env.js'
import { arrival, change, report, STREAM_START, streamOf } from '../testing/stream.js'
import { buildServer } from './server.js'

const folders: string[] = []
afterAll(() => folders.forEach(each => rmSync(each, { recursive: true, force: true })))

interface World extends AsyncDisposable {
  app: App
  server: FastifyInstance
  data: string
  waited: number[]
  /** Answers that wait go on waiting until what this gives is called. */
  hold(): () => void
  add(name: string, more?: Partial<Parameters<typeof addToken>[1]>): string
  send(
    token: string | null,
    body: unknown,
    more?: { type?: string; from?: string; forwarded?: string },
  ): Promise<{ statusCode: number; json: () => Record<string, unknown>; headers: Record<string, unknown> }>
  facts(): Promise<{ id: string }[]>
}

async function world(file: Parameters<typeof complete>[0] = {}, data?: string): Promise<World> {
  if (data === undefined) folders.push((data = mkdtempSync(join(tmpdir(), 'epicenter-guard-'))))
  const env = fakeEnv(STREAM_START)
  const app = await App.open(complete({ clock: 'signals', data, ...file }), env, { run: 'inline' })
  const waited: number[] = []
  let held: Promise<void> = Promise.resolve()
  const server = await buildServer(app, {
    inMemory: true,
    wait: async ms => {
      waited.push(ms)
      await held
    },
  })
  return {
    app,
    server,
    data,
    waited,
    hold: () => {
      let release = () => {}
      held = new Promise(done => {
        release = done
      })
      return release
    },
    add: (name, more = {}) => {
      const tokens = readTokens(data)!
      const asked = { name, namespace: name, scopes: ['signals' as const], services: null, expiresAt: null, ...more }
      const secret = addToken(tokens, asked, env)
      writeTokens(data, tokens)
      return secret
    },
    send: (token, body, { type = 'application/x-ndjson', from = '203.0.113.7', forwarded } = {}) =>
      server.inject({
        method: 'POST',
        url: '/api/v1/signals',
        remoteAddress: from,
        headers: {
          'content-type': type,
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
        },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    facts: async () => {
      await app.caughtUp()
      return (await app.reader.facts('shop', STREAM_START - DAY, STREAM_START + DAY)) as never
    },
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await app[Symbol.asyncDispose]()
    },
  }
}
/** As scanners like it, so that both ways of reading a line are asked. */
const line = (id: string, more: Record<string, unknown> = {}) =>
  `${JSON.stringify({ type: 'observation', via: 'report', id, service: 'shop', at: new Date(STREAM_START).toISOString(), labels: { country: 'DE' }, total: 1, bad: 1, ...more })}\n`
const counts = (accepted: number, duplicate: number) => ({ accepted, duplicate, rejectedCount: 0 })

describe('who is let in', () => {
  it('says what is missing: a token, a right one, its scope, its service', async () => {
    await using w = await world()
    const reads = w.add('reads', { scopes: ['read'] })
    const shop = w.add('shop', { services: ['other'] })
    const old = w.add('old', { expiresAt: 1 })
    for (const [token, status, body] of [
      [null, 401, { title: 'a token is missing', rule: 'authorization' }],
      ['nobodys-token-at-all', 401, { title: 'the token is wrong' }],
      [old, 401, { title: 'the token has expired', value: 'old' }],
      [
        reads,
        403,
        { rule: 'authorization.scope', scope: 'signals', detail: 'token reads has read; this needs signals' },
      ],
    ] as const) {
      const answer = await w.send(token, line('r'))
      expect(answer.statusCode).toBe(status)
      expect(answer.json()).toMatchObject(body)
      expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
    }
    const refused = await w.send(shop, line('r'))
    expect(refused.json()).toMatchObject({ accepted: 0, rejected: [{ rule: 'token.services', value: 'shop' }] })
    const metrics = (await w.server.inject('/metrics')).body
    expect(metrics).toContain('epicenter_tokens_refused_total{why="missing"} 1')
    expect(metrics).toContain('epicenter_tokens_refused_total{why="scope"} 1')
    expect(metrics).toContain('epicenter_token_signals_total{token="shop",outcome="rejected"} 1')
    expect(metrics).toMatch(/epicenter_token_last_seen_seconds\{token="shop"\} \d/)
  })
  it('answers to wrong tokens wait, and a right one from the same address never does', async () => {
    await using w = await world()
    const right = w.add('ci')
    const wrong = (many: number, from = '203.0.113.7') =>
      Promise.all(Array.from({ length: many }, (_, i) => w.send(`guess-${i}`, line('x'), { from })))
    expect((await wrong(10)).map(a => a.statusCode)).toEqual(Array(10).fill(401))
    expect(w.waited).toEqual([])
    const release = w.hold()
    const more = Array.from({ length: 20 }, (_, i) => w.send(`later-${i}`, line('x')))
    // Four are held; the others are told at once.
    const told = await Promise.race(more)
    expect(told.statusCode).toBe(429)
    expect((await w.send(right, line('a'))).statusCode).toBe(200)
    release()
    const statuses = (await Promise.all(more)).map(a => a.statusCode)
    expect(w.waited).toHaveLength(4)
    expect(statuses.filter(status => status === 401)).toHaveLength(4)
    expect(statuses.filter(status => status === 429)).toHaveLength(16)
    const waited = w.waited.length
    expect((await w.send(right, line('b'))).statusCode).toBe(200)
    // Another address is another matter.
    expect((await wrong(5, '198.51.100.1')).map(a => a.statusCode)).toEqual(Array(5).fill(401))
    expect(w.waited.length).toBe(waited)
    expect((await w.server.inject('/metrics')).body).toContain('epicenter_tokens_refused_total{why="wrong"} 35')
    expect((await w.server.inject('/metrics')).body).toContain('epicenter_tokens_refused_total{why="slowed"} 16')
  })
  it('behind a proxy of ours each visitor errs for themselves', async () => {
    await using w = await world({ proxies: ['192.0.2.1'] })
    for (let i = 0; i < 20; i++) await w.send('guess', line('x'), { from: '192.0.2.1', forwarded: '198.51.100.9' })
    const waited = w.waited.length
    expect(waited).toBeGreaterThan(0)
    await w.send('typo', line('x'), { from: '192.0.2.1', forwarded: '198.51.100.10' })
    expect(w.waited.length).toBe(waited)
  })
})

describe('ids of one sender', () => {
  const bodies: [string, (ids: string[]) => string, string][] = [
    ['NDJSON', ids => ids.map(id => line(id)).join(''), 'application/x-ndjson'],
    [
      'NDJSON that only a parser reads',
      ids => ids.map(id => line(id, { text: 'größer' })).join(''),
      'application/x-ndjson',
    ],
    ['a JSON array', ids => JSON.stringify(ids.map(id => JSON.parse(line(id)) as unknown)), 'application/json'],
  ]
  it.each(bodies)('cannot be used up by another, nor after a restart (%s)', async (_, body, type) => {
    const ids = ['1', '2', '3']
    let data: string
    const tokens: string[] = []
    {
      await using w = await world()
      data = w.data
      tokens.push(w.add('ci'), w.add('cd'), w.app.token.token)
      for (const token of tokens) {
        expect((await w.send(token, body(ids), { type })).json()).toMatchObject(counts(3, 0))
        expect((await w.send(token, body(ids), { type })).json()).toMatchObject(counts(0, 3))
      }
      await w.app.caughtUp()
    }
    await using again = await world({}, data)
    for (const token of tokens)
      expect((await again.send(token, body([...ids, '4']), { type })).json()).toMatchObject(counts(1, 3))
    await again.app.caughtUp()
    expect((await again.app.reader.service('shop'))!.recent.bad).toBe(12)
  })
  it('cannot be claimed: what a named sender writes into the field is outdone, in the log too', async () => {
    await using w = await world()
    const [ci, evil] = [w.add('ci'), w.add('evil')]
    await w.send(evil, line('1', { idSpace: 'ci' }))
    await w.send(evil, JSON.stringify([JSON.parse(line('2', { idSpace: 'ci' }))]), { type: 'application/json' })
    const deploy = change({ id: 'd', at: STREAM_START, title: 'Forged' })
    await w.send(evil, `${JSON.stringify({ ...deploy, idSpace: 'ci' })}  \r\n`)
    for (const id of ['1', '2']) expect((await w.send(ci, line(id))).json()).toMatchObject(counts(1, 0))
    await w.send(ci, JSON.stringify({ ...deploy, title: 'Real' }))
    expect(await w.facts()).toMatchObject([
      { id: 'ci/d', title: 'Real' },
      { id: 'evil/d', title: 'Forged' },
    ])
  })
  it('facts of two senders with one id stay two, and a sender undoes its own by the id it sent', async () => {
    await using w = await world()
    for (const token of [w.add('ci'), w.add('cd')]) {
      await w.send(token, JSON.stringify(change({ id: 'd1', at: STREAM_START })))
      await w.send(token, JSON.stringify(change({ id: 'd2', at: STREAM_START, reverts: 'd1' })))
    }
    expect((await w.facts()).map(f => f.id).sort()).toEqual(['cd/d1', 'cd/d2', 'ci/d1', 'ci/d2'])
  })
  it('the owner may send what others sent, as a copied log has it', async () => {
    await using w = await world()
    const ci = w.add('ci')
    await w.send(ci, line('1'))
    expect((await w.send(w.app.token.token, line('1', { idSpace: 'ci' }))).json()).toMatchObject(counts(0, 1))
    expect((await w.send(w.app.token.token, line('1'))).json()).toMatchObject(counts(1, 0))
  })
  it('a token that follows another keeps its namespace', async () => {
    await using w = await world()
    await w.send(w.add('ci'), line('1'))
    const next = w.add('ci-2', { namespace: 'ci' })
    expect((await w.send(next, line('1'))).json()).toMatchObject(counts(0, 1))
  })
  it('requests of several senders that arrive by turns do not mix', async () => {
    await using w = await world()
    const tokens = [w.add('a'), w.add('b'), w.app.token.token]
    const ids = Array.from({ length: 400 }, (_, i) => `${i}`)
    const answers = await Promise.all(
      tokens.map(token => w.app.ingest(slowly(ids.map(id => line(id)).join('')), sender(w, token))),
    )
    for (const answer of answers) expect(answer).toMatchObject(counts(400, 0))
    await w.app.caughtUp()
    expect((await w.app.reader.service('shop'))!.recent.bad).toBe(1_200)
  })
  it('a line as long as may be stays whole with its mark', async () => {
    await using w = await world()
    const ci = w.add('ci')
    const padded = line('long', { pad: '' }).trimEnd()
    const text = padded.replace('"pad":""', `"pad":"${'x'.repeat(256 * 1024 - padded.length)}"`)
    expect((await w.send(ci, text)).json()).toMatchObject(counts(1, 0))
    await w.app.caughtUp()
    expect((await w.app.reader.service('shop'))!.recent.bad).toBe(1)
  })
})

const sender = (w: World, token: string) => {
  const known = w.app.tokens.find(token)
  if (!('sender' in known)) throw new Error('no such token')
  return known.sender
}
async function* slowly(text: string) {
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; from += 999) {
    yield bytes.subarray(from, from + 999)
    await new Promise(next => setImmediate(next))
  }
}

describe('commands', () => {
  const order = (w: World, token: string, incident: string) =>
    w.server.inject({
      method: 'POST',
      url: `/api/v1/incidents/${incident}/commands`,
      headers: { authorization: `Bearer ${token}` },
      payload: { verb: 'say', by: 'ana', why: 'known', text: 'We are on it.' },
    })
  it('keep the name of the token beside who they say they are', async () => {
    await using w = await world()
    const fault = { from: 60, until: 100, where: { cell: ['a'] }, bad: 0.6 }
    const signals = streamOf({ minutes: 90, cells: ['a'], components: ['x'], tiers: ['free'], faults: [fault] })
    const body = signals.sort((a, b) => arrival(a) - arrival(b)).map(s => JSON.stringify(s))
    await w.send(w.app.token.token, body.join('\n'))
    await w.app.caughtUp()
    const [incident] = await w.app.reader.incidents({ limit: 1 })
    const refused = await order(w, w.add('ci'), incident!.id)
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { scope: 'commands' }])
    const other = await order(w, w.add('elsewhere', { scopes: ['commands'], services: ['other'] }), incident!.id)
    expect([other.statusCode, other.json()]).toMatchObject([403, { rule: 'token.services' }])
    const done = await order(w, w.add('pager', { scopes: ['commands'] }), incident!.id)
    expect(done.json()).toMatchObject({ order: { by: 'ana', token: 'pager' } })
    expect((await w.server.inject('/metrics')).body).toContain('epicenter_token_orders_total{token="pager"} 1')
  })
})

describe('private: reading needs a token too', () => {
  it('as Bearer or as a password, on every path but whether it is well', async () => {
    await using w = await world({ private: true, services: [{ id: 'shop' }] })
    await w.app.ingestValues([
      report({ at: STREAM_START }),
      report({ service: 'clock', at: STREAM_START + 2 * MINUTE }),
    ])
    await w.app.caughtUp()
    const token = w.add('desk', { scopes: ['read'] })
    const basic = `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}`
    for (const url of [
      '/',
      '/s/shop',
      '/status',
      '/api/v1/services',
      '/api/v2/summary.json',
      '/metrics',
      '/api/v1/openapi.json',
      '/nowhere',
    ]) {
      const none = await w.server.inject(url)
      expect([url, none.statusCode, none.headers['www-authenticate']]).toEqual([url, 401, 'Basic realm="Epicenter"'])
      for (const authorization of [`Bearer ${token}`, basic]) {
        const read = await w.server.inject({ url, headers: { authorization } })
        expect([url, read.statusCode]).toEqual([url, url === '/nowhere' ? 404 : 200])
        expect(String(read.headers['cache-control'])).not.toContain('public')
      }
    }
    for (const url of ['/healthz', '/readyz']) expect((await w.server.inject(url)).statusCode).toBe(200)
    // A browser adds a password by itself where another site's page asks: it gives no orders.
    const sent = await w.server.inject({
      method: 'POST',
      url: '/api/v1/signals',
      headers: {
        authorization: `Basic ${Buffer.from(`x:${w.app.token.token}`).toString('base64')}`,
        'content-type': 'application/x-ndjson',
      },
      payload: line('1'),
    })
    expect(sent.statusCode).toBe(401)
    expect((await w.send(w.add('ci'), line('1'))).statusCode).toBe(200)
  })
})
