import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TransientError } from '../../contract/error.js'
import { JSON_DEPTH } from '../../contract/limits.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-receivers-'))
// It echoes what it is asked, and does as the path says.
writeFileSync(
  join(folder, 'echo.mjs'),
  `export default {
  kind: 'receiver', name: 'echo', summary: 'says what it was asked', config: { type: 'object', properties: { shut: { type: 'boolean' } } },
  async open({ shut }, env) {
    let undone = 0
    if (shut) throw new env.errors.TransientError('not yet', 60000)
    return {
      methods: ['GET', 'POST'],
      maxBytes: 1000,
      unpacks: ['odd'],
      take({ method, path, query, headers, body, json }) {
        if (path === 'json') return { signals: [].concat(json()) }
        if (path === 'fault') throw new TypeError('a secret-place is not a function')
        const undo = () => ({ status: 200, body: String(undone) })
        if (path === 'kept') return { signals: json(), undone: () => undone++, dropped: { 'echo.long': 2 }, answer: undo }
        if (path === 'later') throw new env.errors.TransientError('the tide is out', 7000)
        if (path === 'own') return { refused: { rule: 'echo.own', message: 'no', status: 422, answer: { status: 422, body: 'in its words' } } }
        if (path === 'part') return { signals: [], dropped: { 'echo.part': 3 } }
        const said = JSON.stringify({ method, path, query, type: headers['content-type'], size: body.length })
        return { signals: [], answer: () => ({ status: 201, headers: { 'content-type': 'text/html' }, body: said }) }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
}`,
)
let app: App
let server: FastifyInstance
const token = 'a-token-of-twenty-characters'
const reader = 'another-token-of-twenty-chars'
beforeAll(async () => {
  const { config, findings } = await parse(
    `clock: signals
private: true
plugins: [echo.mjs]
receivers: [{ use: echo }, { use: echo, id: shut, shut: true }]
tokens:
  - { name: desk, secret: ${token}, scopes: [signals], services: [shop] }
  - { name: reader, secret: ${reader}, scopes: [read] }
`,
    {},
    folder,
  )
  expect(findings).toEqual([])
  app = await App.open(config!, fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  await vi.waitFor(() => expect(app.inputs.receiver('echo')?.task.receiver).not.toBeNull())
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
const send = async (path: string, body: string | Buffer = '', headers: Record<string, string> = {}, shown = token) => {
  const authorization = `Bearer ${shown}`
  return server.inject({ method: 'POST', url: `/in/${path}`, headers: { authorization, ...headers }, payload: body })
}
const report = (id: string) => ({
  type: 'observation',
  via: 'report',
  id,
  service: 'shop',
  at: 1_770_000_000_000,
  bad: 1,
})

describe('a receiver', () => {
  it('gets a request as it came, at its own path and below, and its answer is given as it is', async () => {
    const answer = await send('echo/v1/lo%20gs/?a=1&a=2&b=', 'hello', { 'content-type': 'text/odd' })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([201, 'text/html'])
    expect(answer.json()).toEqual({
      method: 'POST',
      path: 'v1/lo gs',
      query: { a: '2', b: '' },
      type: 'text/odd',
      size: 5,
    })
    // Of what it says nobody makes a page of ours.
    expect(answer.headers['content-security-policy']).toBeDefined()
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['cache-control']).toBe('no-store')
    const asked = await server.inject({ url: '/in/echo', headers: { authorization: `Bearer ${token}` } })
    expect(asked.json()).toMatchObject({ method: 'GET', path: '', size: 0 })
  })

  it('without an answer of its own says the counts, as signals do, and its ids are its own', async () => {
    await app.ingestValues([report('a')])
    const json = { 'content-type': 'application/json' }
    const answer = await send('echo/json', JSON.stringify([report('a'), report('b'), { ...report('c'), bad: 9 }]), json)
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { accepted: 2, rejectedCount: 1 }])
    expect((await send('echo/json', JSON.stringify([report('a')]))).json()).toMatchObject({ duplicate: 1 })
    const none = await send('echo/json', '[]')
    expect([none.statusCode, none.json()]).toMatchObject([200, { accepted: 0, rejectedCount: 0 }])
    const bad = await send('echo/json', JSON.stringify([{ ...report('d'), bad: 9 }]))
    expect([bad.statusCode, bad.json()]).toMatchObject([400, { rule: 'observation.bad', rejectedCount: 1 }])
    const row = app.inputs.status.find(each => each.id === 'echo')!
    expect(row).toMatchObject({ health: 'ok', accepted: 2, duplicate: 1, rejected: { 'observation.bad': 2 } })
  })

  it('refuses in its own words where it has some, and its operator hears what it left out', async () => {
    const own = await send('echo/own')
    expect([own.statusCode, own.payload]).toEqual([422, 'in its words'])
    await send('echo/part')
    const row = app.inputs.status.find(each => each.id === 'echo')!
    expect(row.rejected).toMatchObject({ 'echo.own': 1, 'echo.part': 3 })
  })

  it('speaks of no service that its sender’s token may not', async () => {
    const answer = await send('echo/json', JSON.stringify([{ ...report('e'), service: 'bank' }]))
    expect(answer.json()).toMatchObject({ status: 400, rule: 'token.services' })
  })

  it('reads what is packed, and no more than it may', async () => {
    const gzip = { 'content-encoding': 'gzip' }
    expect((await send('echo', gzipSync('x'.repeat(900)), gzip)).json()).toMatchObject({ size: 900 })
    const large = await send('echo', gzipSync('x'.repeat(5_000_000)), gzip)
    expect([large.statusCode, large.json()]).toMatchObject([413, { rule: 'body.size', value: 'more than 1000' }])
    expect((await send('echo', 'no gzip', gzip)).json()).toMatchObject({ status: 400, rule: 'body.gzip' })
    expect((await send('echo', 'x', { 'content-encoding': 'zstd' })).statusCode).toBe(415)
    const deep = '['.repeat(JSON_DEPTH + 1) + ']'.repeat(JSON_DEPTH + 1)
    expect((await send('echo/json', deep)).json()).toMatchObject({ status: 400, rule: 'body.depth' })
    expect((await send('echo/json', '{')).json()).toMatchObject({ status: 400, rule: 'body.json' })
  })

  it('is given what it unpacks itself as it came, bounded like everything else', async () => {
    const odd = { 'content-encoding': 'odd' }
    expect((await send('echo', gzipSync('x'.repeat(900)), odd)).json().size).toBe(gzipSync('x'.repeat(900)).length)
    expect((await send('echo', 'x'.repeat(1001), odd)).statusCode).toBe(413)
    expect((await send('shut', 'x', odd)).statusCode).toBe(503)
  })

  it('is told where its signals could not be kept, and says what it left out', async () => {
    const body = JSON.stringify([report('k')])
    const take = vi.spyOn(app, 'ingestFrom').mockRejectedValueOnce(new TransientError('the disk is behind', 1_000))
    expect((await send('echo/kept', body)).statusCode).toBe(503)
    take.mockRestore()
    expect((await send('echo/kept', body)).payload).toBe('1')
    expect(app.inputs.status.find(each => each.id === 'echo')!.rejected).toMatchObject({ 'echo.long': 2 })
  })

  it('asks for a token of the scope `signals`, before it reads anything', async () => {
    expect((await server.inject({ method: 'POST', url: '/in/echo' })).statusCode).toBe(401)
    expect((await send('echo', 'x', {}, reader)).statusCode).toBe(403)
    expect((await send('echo/json', 'x', {}, 'wrong')).statusCode).toBe(401)
  })

  it('that fails tells nobody where, and one that is not open says when to come again', async () => {
    const fault = await send('echo/fault')
    expect([fault.statusCode, fault.payload]).toEqual([500, expect.not.stringContaining('secret-place')])
    expect(app.inputs.status.find(each => each.id === 'echo')!.lastError?.why).toContain('secret-place')
    const later = await send('echo/later')
    expect([later.statusCode, later.headers['retry-after']]).toEqual([503, '7'])
    expect((await send('shut')).statusCode).toBe(503)
    expect((await send('none')).json()).toMatchObject({ status: 404, rule: 'receiver', value: 'none' })
    const put = await server.inject({
      method: 'PUT',
      url: '/in/echo/deep/path',
      headers: { authorization: `Bearer ${reader}` },
    })
    expect([put.statusCode, put.headers['allow']]).toEqual([405, expect.stringContaining('POST')])
  })
})

describe('GET /api/v1/sources', () => {
  it('says how each is to who may read, and nothing to others', async () => {
    const get = (shown?: string) =>
      server.inject({
        url: '/api/v1/sources',
        headers: shown === undefined ? {} : { authorization: `Bearer ${shown}` },
      })
    const rows = (await get(reader)).json() as { id: string }[]
    expect(rows.map(each => each.id)).toEqual(['echo', 'shut'])
    expect(rows[1]).toMatchObject({ kind: 'receiver', health: 'unknown', ageMs: null, lastError: { why: 'not yet' } })
    expect((await get()).statusCode).toBe(401)
    expect((await get(token)).statusCode).toBe(403)
  })
})
