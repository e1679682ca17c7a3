import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ARRAY_BYTES } from '../../contract/limits.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { HOOK_SECRET, signedRequest } from '../../testing/webhooks.js'
import { buildServer } from '../server.js'

// A signed webhook over HTTP, through the door and onto the pages' facts.

let app: App
let server: FastifyInstance
const token = 'a-token-of-twenty-characters'
beforeAll(async () => {
  const { config, findings } = await parse(
    `services: [{ id: shop }]
receivers: [{ use: github, secret: ${HOOK_SECRET}, services: { acme/shop: shop } }]
tokens: [{ name: desk, secret: ${token}, scopes: [read] }]
`,
    {},
    '/',
  )
  expect(findings).toEqual([])
  app = await App.open(config!, fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  await vi.waitFor(() => expect(app.inputs.receiver('github')?.task.receiver).not.toBeNull())
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const release = {
  action: 'published',
  release: { id: 1, tag_name: 'v2', published_at: '2026-02-02T12:00:00Z', html_url: 'https://git.example/v2' },
  repository: { full_name: 'acme/shop' },
}
const post = (event: string, body: unknown, secret = HOOK_SECRET): Promise<LightMyRequestResponse> => {
  const signature = { header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=', secret } as const
  const { body: payload, headers } = signedRequest(body, { ...signature, headers: { 'x-github-event': event } })
  return server.inject({ method: 'POST', url: '/in/github', payload: Buffer.from(payload), headers })
}
const ignored = async () => {
  const answer = await server.inject({ url: '/api/v1/sources', headers: { authorization: `Bearer ${token}` } })
  return (answer.json() as { ignored: Record<string, number>; rejected: Record<string, number> }[])[0]
}

describe('a signed webhook', () => {
  it('is believed with the right signature alone', async () => {
    expect((await post('release', release, `${HOOK_SECRET}x`)).statusCode).toBe(401)
    expect((await server.inject({ method: 'POST', url: '/in/github', payload: release })).statusCode).toBe(401)
    expect((await post('release', release)).json()).toMatchObject({ accepted: 1 })
  })
  it('that is delivered again counts once, and is no error', async () => {
    const again = await post('release', release)
    expect([again.statusCode, again.json()]).toEqual([200, expect.objectContaining({ accepted: 0, duplicate: 1 })])
    await vi.waitFor(async () => {
      const facts = await app.reader.facts('shop', 0, Number.MAX_SAFE_INTEGER)
      expect(facts).toMatchObject([
        { kind: 'deploy', title: 'acme/shop v2 is released', href: 'https://git.example/v2' },
      ])
    })
  })
  it('that says nothing of use is taken, and counted with the reason', async () => {
    const ping = await post('ping', { zen: 'Design for failure.' })
    expect([ping.statusCode, ping.json()]).toEqual([202, { accepted: 0, ignored: { 'github.ping': 1 } }])
    expect((await post('star', { action: 'created' })).statusCode).toBe(202)
    expect((await post('release', { ...release, repository: { full_name: 'acme/other' } })).statusCode).toBe(202)
    expect(await ignored()).toMatchObject({
      ignored: { 'github.ping': 1, 'github.event': 1, 'github.service': 1 },
      rejected: {},
    })
  })
  it('that is no JSON, too large or of no kind is refused with the rule', async () => {
    expect((await post('release', '<html>502 Bad Gateway</html>')).statusCode).toBe(400)
    expect((await post('release', `"${'x'.repeat(ARRAY_BYTES)}"`)).statusCode).toBe(413)
    expect((await post('release', [])).json()).toMatchObject({ rule: 'github.body' })
    const late = { ...release, release: { ...release.release, tag_name: 'v3', published_at: '2026-03-01T00:00:00Z' } }
    expect((await post('release', late)).json()).toMatchObject({ rule: 'signal.ahead' })
    expect(await ignored()).toMatchObject({ rejected: { 'github.body': 1 } })
  })
})
