import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { buildServer } from '../http/server.js'
import { idOf } from '../http/statuspage/ids.js'
import { App } from '../shell/app.js'
import { parse } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { runImport } from './import/run.js'
import { subscribersCommand } from './subscribers.js'

describe('epicenter subscribers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-subscribers-'))
  let app: App
  let server: FastifyInstance
  let url = ''
  let said = ''
  beforeAll(async () => {
    const { config } = await parse(
      `services: [{ id: shop, title: Shop, components: [{ id: pay, name: Pay }] }]
notifiers: [{ use: email, id: letters, host: 127.0.0.1, port: 9, security: none, from: status@example.com, to: [] }]
subscribers: { mail: letters }
`,
      {},
    )
    app = await App.open(config!, fakeEnv(), { run: 'memory' })
    server = await buildServer(app, { inMemory: true })
    await server.listen({ port: 0, host: '127.0.0.1' })
    url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await server.close()
    await app[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })
  beforeEach(() => {
    said = ''
    for (const stream of [process.stderr, process.stdout])
      vi.spyOn(stream, 'write').mockImplementation(piece => Boolean((said += String(piece))))
  })
  afterEach(() => {
    vi.restoreAllMocks()
    process.exitCode = 0
  })
  const run = async (...args: string[]): Promise<string> => {
    said = ''
    await subscribersCommand().parseAsync([...args, '--url', url, '--token', 'memory'], { from: 'user' })
    return said
  }
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  it('adds, lists, exports, removes and takes in again what it exported', async () => {
    expect(await run('add', 'ana@example.com', 'ben@example.com', 'no', '--language', 'de')).toMatch(
      /no: nothing can be sent there by email\n2 added, 0 were there already, 1 refused/,
    )
    expect(process.exitCode).toBe(1)
    expect(await run('list', '--state', 'active')).toMatch(
      /active {2}main {2}email {2}(?:ana|ben)@example\.com {2}de\n/,
    )
    const exported = await run('export')
    expect(exported.trim().split('\n')).toHaveLength(2)
    expect(exported).not.toMatch(/secret|askedAt/)
    expect(await run('remove', 'ana@example.com', 'cleo@example.com')).toBe('1 removed\n')
    const kept = file('out.ndjson', `${exported}{"address":"dan@example.com","state":"asked"}\n`)
    expect(await run('import', kept)).toBe('1 left out: not confirmed, or ended\n1 added, 1 were there already\n')
    expect((await run('list')).trim().split('\n')).toHaveLength(2)
    await expect(run('import', file('bad.ndjson', '{"address":"a@example.com"}\n[1'))).rejects.toThrow('line 2')
    expect(await run('status')).toBe('main  email  active  2\n0 messages wait\n')
  })
  it('takes over those of another tool, with the components that they chose and the time of their consent, where it is asked to', async () => {
    const page = {
      page: { name: 'Shop' },
      components: [{ id: 'c1', name: 'Pay' }],
      subscribers: [
        { email: 'reader@example.com', components: ['c1'], created_at: '2025-01-01T00:00:00Z', quarantined_at: null },
        { email: 'late@example.com', quarantined_at: '2025-02-01T00:00:00Z' },
      ],
    }
    const options = {
      ...{ url, token: 'memory', data: folder, by: 'ana', incidents: false },
      out: join(folder, 'o.yaml'),
    }
    const from = file('page.json', JSON.stringify(page))
    expect(await runImport('statuspage', [from], options)).toBe(0)
    expect(said).toContain('taken over with --subscribers')
    expect((await run('list')).includes('reader@example.com')).toBe(false)
    expect(await runImport('statuspage', [from], { ...options, subscribers: true })).toBe(0)
    const rows = (await run('export'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { address: string })
    expect(rows.find(each => each.address === 'reader@example.com')).toMatchObject({
      components: [idOf('component', 'shop', 'pay')],
      confirmedAt: Date.UTC(2025, 0, 1),
    })
    expect(rows.some(each => each.address === 'late@example.com')).toBe(false)
  })
})
