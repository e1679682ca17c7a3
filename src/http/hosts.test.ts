import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { buildServer } from './server.js'

interface Open {
  app: App
  server: FastifyInstance
}

async function open(more: Parameters<typeof complete>[0]): Promise<Open> {
  const file = { title: 'Test', clock: 'signals' as const, services: [{ id: 'chat' }], ...more }
  const app = await App.open(complete(file), fakeEnv(), { run: 'memory' })
  const server = await buildServer(app, { inMemory: true })
  await server.listen({ port: 0, host: '127.0.0.1' })
  return { app, server }
}

async function close({ app, server }: Open): Promise<void> {
  await server.close()
  await app[Symbol.asyncDispose]()
}

interface Answer {
  status: number
  headers: Record<string, string>
  text: string
}

/** One request byte by byte over a real connection, so that the front reads it first. */
function ask({ server }: Open, path: string, lines: string[]): Promise<Answer> {
  const { port } = server.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    let all = ''
    // A plain question first: the second on the connection closes it.
    const last = 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    const socket = connect({ port, host: '127.0.0.1' }, () =>
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${last}`),
    )
    socket.on('data', piece => (all += piece))
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', ...rest] = all.split('\r\n\r\n')
      const [first = '', ...fields] = head.split('\r\n')
      const headers = Object.fromEntries(
        fields.map(each => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 1).trim()]),
      )
      resolve({ status: Number(first.split(' ')[1]), headers, text: rest.join('\r\n\r\n') })
    })
  })
}

/** What a stranger's words are in is for no shared cache. */
function expectNotForAll({ text, headers }: Answer, line: string): void {
  if (text.includes('evil.example') || line.startsWith('X-Forwarded-Host'))
    expect(headers['cache-control'], line).toMatch(/^private/)
}

const DOCUMENTS = [
  '/api/v2/summary.json',
  '/history.rss',
  '/history.atom',
  '/feed.json',
  '/status.ics',
  '/history.json',
]
const GOOD = 'Host: status.example'
const POISON = [
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Host: status.example, evil.example',
  'X-Forwarded-Host: evil.example:8443',
  'X-Forwarded-Prefix: /evil.example',
  'Forwarded: host=evil.example;proto=http',
]

describe('a name that a request brings, behind a proxy that passes on what strangers write', () => {
  let near: Open
  beforeAll(async () => {
    near = await open({ proxies: ['127.0.0.1'] })
  })
  afterAll(() => close(near))

  it.each(DOCUMENTS)('goes into no cache and into nobody else’s %s', async path => {
    for (const line of POISON) {
      const theirs = await ask(near, path, [GOOD, line])
      expectNotForAll(theirs, line)
      const ours = await ask(near, path, [GOOD])
      expect(ours.text).not.toContain('evil.example')
      expect(ours.status).toBe(200)
      expect(ours.headers['cache-control']).toMatch(/^public/)
      expect(ours.headers['vary']).toContain('x-forwarded-proto')
      const other = await ask(near, path, ['Host: other.example'])
      expect(other.text).not.toContain('evil.example')
    }
  })
  it.each(['/', '/status', '/s/chat', '/badge/chat.svg', '/embed/chat'])('does not reach others in %s', async path => {
    for (const line of POISON) {
      expectNotForAll(await ask(near, path, [GOOD, line]), line)
      const ours = await ask(near, path, [GOOD])
      expect(ours.text).not.toContain('evil.example')
      expect(ours.headers['cache-control']).toMatch(/^public/)
    }
  })
})

describe('a name that a request brings', () => {
  let alone: Open
  beforeAll(async () => {
    alone = await open({})
  })
  afterAll(() => close(alone))

  it.each(DOCUMENTS)('is in %s of those alone who asked by it', async path => {
    const wrong = await ask(alone, path, ['Host: evil.example'])
    expect(wrong.status).toBe(200)
    for (const line of POISON) {
      const ours = await ask(alone, path, [GOOD, line])
      expect(ours.text, line).not.toContain('evil.example')
      expect(ours.headers['cache-control']).toMatch(/^public/)
    }
  })
  it.each([
    ['two of them', ['Host: status.example', 'Host: evil.example']],
    ['two of them, in other letters', ['Host: status.example', 'hOST: evil.example']],
    ['the same twice', ['Host: status.example', 'Host: status.example']],
    ['one with a blank', ['Host: status example']],
    ['one with a path', ['Host: status.example/x']],
    ['one with a name before it', ['Host: user@status.example']],
    ['one with a list', ['Host: status.example, evil.example']],
    ['one with a port that is none', ['Host: status.example:http']],
  ])('is refused as 400: %s', async (_, lines) => {
    for (const path of ['/', '/status', '/history.rss', '/api/v1/services', '/healthz', '/nothing']) {
      const { status, text } = await ask(alone, path, lines)
      expect(status).toBe(400)
      expect(text).toContain('"rule":"host"')
    }
  })
})

describe('a configured address', () => {
  it('stands in everything, whatever a request brings, and everything stays for all', async () => {
    const fixed = await open({ proxies: ['127.0.0.1'], pages: [{ id: 'main', url: 'https://status.example' }] })
    for (const path of DOCUMENTS)
      for (const line of POISON) {
        const { text, headers } = await ask(fixed, path, ['Host: anything.example', line])
        expect(text).not.toMatch(/evil\.example|anything\.example/)
        expect(headers['cache-control']).toMatch(/^public/)
      }
    await close(fixed)
  })
})
