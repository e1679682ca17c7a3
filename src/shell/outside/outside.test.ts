import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PermanentError } from '../../contract/error.js'
import { OUTSIDE_REDIRECTS } from '../../contract/limits.js'
import { connect } from './connect.js'
import { pluginEnv } from './env.js'
import { ask } from './fetch.js'
import { Guard } from './guard.js'

/** Names of the test: one that is ours for as long as it is asked for, one that is somebody else's the second time. */
const asked: string[] = []
const resolver = (addresses: (name: string, times: number) => string) =>
  new Guard(['shop.test', 'other.test'], ((
    name: string,
    _: object,
    found: (error: null, list: { address: string; family: number }[]) => void,
  ) => {
    asked.push(name)
    found(null, [{ address: addresses(name, asked.filter(each => each === name).length), family: 4 }])
  }) as never)
const guard = resolver(() => '127.0.0.1')

let server: Server
let port = 0
let seen: { url: string; headers: IncomingMessage['headers']; body: string; method: string }[] = []
const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/': (_, response) => response.end('hello'),
  '/packed': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(50_000))),
  '/a': (_, response) => response.end('a'.repeat(300_000)),
  '/b': (_, response) => response.end('b'.repeat(300_000)),
  '/never': () => {},
  '/half': (_, response) => void response.writeHead(200).write('half'),
  '/cut': (_, response) =>
    void (response.writeHead(200, { 'content-length': 9 }).write('half'), setImmediate(() => response.destroy())),
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/inside': (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/secret' }).end(),
  '/file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/elsewhere': (_, response) => response.writeHead(307, { location: `http://other.test:${port}/` }).end(),
  '/see': (_, response) => response.writeHead(303, { location: '/' }).end(),
}
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request
      .on('data', piece => (body += piece))
      .on('end', () => {
        seen.push({ url: request.url!, headers: request.headers, body, method: request.method! })
        routes[request.url!]!(request, response)
      })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
const at = (path: string) => `http://shop.test:${port}${path}`

describe('a question to the network', () => {
  it('keeps its answer apart from those that come at the same time', async () => {
    const bodies = await Promise.all(
      ['/a', '/b', '/a', '/b'].map(async path => (await ask(at(path), {}, guard)).text()),
    )
    expect(bodies).toEqual(['a', 'b', 'a', 'b'].map(each => each.repeat(300_000)))
  })
  it('is answered, unpacked, with the time of each part', async () => {
    const answer = await ask(at('/packed'), {}, guard)
    expect([answer.status, answer.ok, answer.headers.get('Content-Encoding')]).toEqual([200, true, 'gzip'])
    const before = answer.phases.total
    expect((await answer.text()).length).toBe(50_000)
    expect(Object.keys(answer.phases).sort()).toEqual(['connect', 'firstByte', 'lookup', 'total'])
    expect(answer.phases.total).toBeGreaterThanOrEqual(before)
  })

  it('connects to what was looked up, and looks nothing up twice: a name cannot be another when it is used', async () => {
    const turning = resolver((_, times) => (times === 1 ? '127.0.0.1' : '192.0.2.1'))
    asked.length = 0
    expect(await (await ask(at('/'), {}, turning)).text()).toBe('hello')
    expect(asked).toEqual(['shop.test'])
  })

  it.each(['http://127.0.0.1/', 'http://[::1]/', 'http://0x7f.1/', 'http://2130706433/', 'http://[::ffff:127.0.0.1]/'])(
    'never goes to %s, however it is written',
    async url => {
      await expect(ask(url, {}, new Guard())).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
    },
  )

  it.each(['file:///etc/passwd', 'ftp://shop.test/', 'shop.test', ''])('is never %j', async url => {
    await expect(ask(url, {}, guard)).rejects.toThrow(PermanentError)
  })

  it('looks anew at where it is sent on to', async () => {
    expect((await ask(at('/inside'), {}, guard)).status).toBe(302)
    await expect(ask(at('/inside'), { redirect: 'follow' }, guard)).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
    await expect(ask(at('/file'), { redirect: 'follow' }, guard)).rejects.toThrow(PermanentError)
    seen = []
    await expect(ask(at('/loop'), { redirect: 'follow' }, guard)).rejects.toMatchObject({ code: 'EREDIRECTS' })
    expect(seen.length).toBe(OUTSIDE_REDIRECTS + 1)
  })

  it('shows no other site what is for this one, and asks again the way it is told to', async () => {
    seen = []
    const headers = { Authorization: 'Bearer x', 'X-Other': 'y' }
    const sent = { method: 'POST', body: 'b', headers, redirect: 'follow' as const }
    await (await ask(at('/elsewhere'), sent, guard)).text()
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(['POST b', 'POST b'])
    expect(seen.map(each => each.headers['authorization'])).toEqual(['Bearer x', undefined])
    expect(seen[1]!.headers['x-other']).toBe('y')
    seen = []
    await (await ask(at('/see'), sent, guard)).text()
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(['POST b', 'GET '])
    expect(seen[1]!.headers['content-length']).toBeUndefined()
  })

  it.each<[what: string, work: () => Promise<unknown>, code: string]>([
    [
      'too much, also when it is packed',
      async () => (await ask(at('/packed'), { maxBytes: 40_000 }, guard)).text(),
      'EMSGSIZE',
    ],
    ['no head in time', () => ask(at('/never'), { timeoutMs: 50 }, guard), 'ETIMEDOUT'],
    ['no end in time', async () => (await ask(at('/half'), { timeoutMs: 50 }, guard)).text(), 'ETIMEDOUT'],
    ['half an answer', async () => (await ask(at('/cut'), {}, guard)).text(), 'ECONNRESET'],
    ['nobody there', () => ask('http://shop.test:1/secret-path', {}, guard), 'ECONNREFUSED'],
  ])('fails with %s, and names the host alone', async (_, work, code) => {
    const error = (await work().catch((each: unknown) => each)) as Error & { retryAfterMs: number }
    expect(error).toMatchObject({ code, retryAfterMs: expect.any(Number) })
    expect(error.message).toMatch(/shop\.test/)
    expect(error.message).not.toMatch(/secret|never|half/)
  })

  it('ends when it is told to', async () => {
    const stop = new AbortController()
    const question = ask(at('/never'), { signal: stop.signal }, guard)
    stop.abort()
    await expect(question).rejects.toMatchObject({ code: 'ABORT_ERR' })
    await expect(ask(at('/'), { signal: stop.signal }, guard)).rejects.toMatchObject({ code: 'ABORT_ERR' })
  })

  it('may go on for as long as it likes where that is wanted', async () => {
    const answer = await ask(at('/half'), { stream: true, timeoutMs: 30, maxBytes: 1 }, guard)
    for await (const piece of answer.chunks()) {
      expect(Buffer.from(piece).toString()).toBe('half')
      break
    }
  })
})

describe('a connection', () => {
  it('is made to what was looked up, and says what the other side does', async () => {
    const echo = createTcp(socket => socket.pipe(socket))
    await new Promise<void>(done => echo.listen(0, '127.0.0.1', done))
    const { port: its } = echo.address() as AddressInfo
    {
      await using connection = await connect({ host: 'shop.test', port: its }, guard)
      expect(connection.address).toBe('127.0.0.1')
      expect(Object.keys(connection.phases).sort()).toEqual(['connect', 'lookup', 'total'])
      await connection.write('ping')
      for await (const piece of connection.chunks()) {
        expect(Buffer.from(piece).toString()).toBe('ping')
        break
      }
    }
    echo.close()
    await expect(connect({ host: 'shop.test', port: its }, guard)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(connect({ host: '127.0.0.1', port: its }, guard)).rejects.toMatchObject({ code: 'ENOTPUBLIC' })
    await expect(connect({ host: 'shop.test', port: 0 }, guard)).rejects.toThrow(PermanentError)
    await expect(connect({ host: 'shop.test', port, tls: true, timeoutMs: 2_000 }, guard)).rejects.toMatchObject({
      retryAfterMs: expect.any(Number),
    })
  })

  it('believes a certificate of one’s own where it is named, and it alone', async () => {
    const pem = readFileSync(new URL('fixtures/shop.test.pem', import.meta.url), 'utf8')
    const secure = createSecure({ key: pem, cert: pem }, (_, response) => response.end('hello')).listen(0, '127.0.0.1')
    await new Promise(done => secure.once('listening', done))
    const url = `https://shop.test:${(secure.address() as AddressInfo).port}/`
    await expect(ask(url, {}, guard)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(await (await ask(url, { ca: pem }, guard)).text()).toBe('hello')
    secure.close()
  })

  it('reads a file that is named, unless it is too large', async () => {
    const env = pluginEnv({ now: Date.now, log: () => {} })
    expect(await env.readText(import.meta.filename)).toContain('reads a file that is named')
    await expect(env.readText('/none')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
