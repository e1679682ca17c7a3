import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { buildServer } from '../../http/server.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'

const ROOT = join(import.meta.dirname, '../../..')
let app: App
let server: FastifyInstance
let url: string
beforeAll(async () => {
  app = await App.open(complete({ clock: 'signals', services: [{ id: 'shop' }] }), fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  await server.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

/** `epicenter mcp` as an assistant starts it. */
async function asked(token: string, tool: string, args: Record<string, unknown>) {
  const command = {
    command: join(ROOT, 'bin/epicenter'),
    args: ['mcp', '--url', url, '--token', token],
  }
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StdioClientTransport({ ...command, stderr: 'ignore' }))
  try {
    return await client.callTool({ name: tool, arguments: args })
  } finally {
    await client.close()
  }
}

describe('epicenter mcp', () => {
  it('reads and proposes at a running server as whoever has the token', async () => {
    const [open, wrong] = await Promise.all([
      asked('memory', 'open', { service: 'shop', title: 'Payments fail', why: 'people say so', notify: false }),
      asked('nobody', 'open', { service: 'shop', why: 'x', notify: false }),
    ])
    expect(open.structuredContent).toMatchObject({
      data: { state: 'waiting', command: { verb: 'open', service: 'shop' } },
    })
    expect([wrong.isError, wrong.structuredContent]).toEqual([true, expect.objectContaining({ status: 401 })])
    expect(await app.reader.incidents({ limit: 5 })).toEqual([])
  })
})
