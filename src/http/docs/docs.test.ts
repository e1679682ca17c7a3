import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { streamOf } from '../../testing/stream.js'
import { readMarkup } from '../pages/fixtures/markup.js'
import { buildServer } from '../server.js'

const signals = streamOf({
  service: 'chat',
  minutes: 40,
  seed: 3,
  reports: 3,
  requests: 60,
  cells: ['a', 'b'],
  faults: [{ from: 20, until: 40, where: { cell: ['a'] }, bad: 0.7 }],
})

let app: App
let server: FastifyInstance
let ids: string[]
beforeAll(async () => {
  app = await App.open(complete({ clock: 'signals', challenge: 'off' }), fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  await app.ingestValues(signals)
  await app.caughtUp()
  const document = (await server.inject('/api/v1/openapi.json')).json() as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  ids = Object.values(document.paths).flatMap(each => Object.values(each).map(({ operationId }) => operationId))
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const page = async (url: string) => (await server.inject({ url, headers: { host: 'status.example:8081' } })).body
const plain = (text: string) =>
  text
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** What a shell would do with a command of the pages. */
function request(command: string) {
  const [, address = ''] = /'(http[^']*)'/.exec(command) ?? []
  const method = /-X (\w+)/.exec(command)?.[1] ?? 'GET'
  const headers = Object.fromEntries(
    [...command.matchAll(/-H "([^:]+): ([^"]*)"/g)].map(([, name, value]) => [
      name,
      value!.replace('$TOKEN', 'memory'),
    ]),
  )
  const payload = /--data-binary '(.*)'$/s.exec(command)?.[1]?.replaceAll("'\\''", "'")
  return {
    method: method as 'GET',
    url: address.replace('http://status.example:8081', ''),
    headers,
    ...(payload === undefined ? {} : { payload }),
  }
}

/** Examples that name what this server has not: an id of a rota, a proposal, a receiver or a notifier. */
const MADE_UP = /Put an id of yours/
/** What a browser or an agent alone can give, what has an end of its own, and what this server was not given. */
const ELSEWHERE: Record<string, number[]> = {
  postPush: [400],
  postOverrides: [400, 404],
  postReload: [409, 404, 503],
  postAgent: [404],
}

describe('the pages about the API', () => {
  it('list every operation and every type, each with a page that is well-formed and leads nowhere wrong', async () => {
    const index = await page('/docs')
    for (const id of ids) expect(index).toContain(`href="/docs/${id}"`)
    const links = new Set([...index.matchAll(/href="(\/docs\/[^"]+)"/g)].map(each => each[1]!))
    expect(links.size).toBeGreaterThan(ids.length + 10)
    for (const link of links) {
      const answer = await server.inject(link)
      expect(answer.statusCode, link).toBe(200)
      expect(() => readMarkup(answer.body), link).not.toThrow()
      expect(answer.body, link).not.toMatch(/undefined|\[object|<script/)
      for (const [, inner] of answer.body.matchAll(/href="(\/docs\/[^"]+)"/g)) expect(links, link).toContain(inner)
    }
    expect((await server.inject('/docs/nothing')).statusCode).toBe(404)
    expect((await server.inject('/docs/types/constructor')).statusCode).toBe(404)
  })

  it('have examples that run', async () => {
    const failed: string[] = []
    for (const id of ids) {
      const body = await page(`/docs/${id}`)
      const command = plain(/<pre[^>]*>(.*?)<\/pre>/s.exec(body)![1]!)
      if (command.startsWith('curl -N')) continue
      const asked = request(command)
      const { statusCode, payload } = await server.inject(asked)
      const known = MADE_UP.test(body) ? [404] : (ELSEWHERE[id] ?? [])
      if (statusCode >= 300 && !known.includes(statusCode))
        failed.push(`${id} ${statusCode} ${payload.slice(0, 160)} ${command}`)
    }
    expect(failed).toEqual([])
  })

  it('are reached from the foot of every page', async () => {
    for (const path of ['/', '/s/chat', '/status']) expect(await page(path)).toContain('<a href="/docs">')
  })
})
