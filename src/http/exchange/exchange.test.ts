import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import epicenter, { type EpicenterConfig } from '../../plugin/source/epicenter.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { spaceOf } from '../../shell/running/tasks.js'
import { fakeEnv } from '../../testing/env.js'
import { fakeOutside } from '../../testing/outside.js'
import { buildServer } from '../server.js'

// Three whole instances in memory, each a reader of the next: a ring. What one answers is what the other is given.

const AT = Date.parse('2026-02-03T12:00:00Z')
const tokens = {
  desk: 'a-token-of-twenty-characters',
  peer: 'another-of-twenty-characters',
  chat: 'a-third-of-twenty-characters',
}
const running = { aborted: false, addEventListener() {} }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

interface House {
  app: App
  server: FastifyInstance
  name: string
}
let homes = 0
async function house(name: string): Promise<House> {
  const text = `clock: signals
services: [{ id: chat }, { id: shop }, { id: secret }]
pages:
  - { id: open, title: Open, services: [chat, shop] }
  - { id: inside, title: Inside, services: [secret, shop], private: { password: correct-horse } }
tokens:
  - { name: desk, secret: ${tokens.desk}, scopes: [signals, read] }
  - { name: peer, secret: ${tokens.peer}, scopes: [exchange] }
  - { name: chat, secret: ${tokens.chat}, scopes: [exchange], services: [chat] }
`
  const { config, findings } = await parse(text, {}, '/')
  expect(findings).toEqual([])
  const env = fakeEnv()
  const own = ++homes
  const app = await App.open(config!, { ...env, random: n => new Uint8Array(n).fill(own) }, { run: 'memory' })
  return { app, server: await buildServer(app, { inMemory: true }), name }
}
const houses: House[] = []
beforeAll(async () => {
  houses.push(...(await Promise.all(['a', 'b', 'c'].map(house))))
})
afterAll(async () => {
  for (const { app, server } of houses) {
    await server.close()
    await app[Symbol.asyncDispose]()
  }
})

const check = (id: string, more: object = {}) => ({
  ...{ type: 'observation', via: 'check', service: 'chat', id, at: AT, labels: {}, total: 1, bad: 0 },
  ...more,
})
const send = async ({ server }: House, ...payload: object[]) => {
  const answer = await server.inject({ method: 'POST', url: '/api/v1/signals', headers: bearer(tokens.desk), payload })
  expect(answer.statusCode, answer.body).toBe(200)
}
const page = async ({ server }: House, query: string, token = tokens.peer) => {
  const answer = await server.inject({ url: `/api/v1/exchange?${query}`, headers: bearer(token) })
  const lines = answer.body.split('\n').filter(each => each !== '')
  return {
    status: answer.statusCode,
    body: answer.body,
    lines: lines.map(each => JSON.parse(each) as Record<string, unknown>),
  }
}

/** One reads the other as its source would, and takes what that hands over; gives how many it had not. */
async function reads(reader: House, other: House, states: Map<string, unknown>, relayed = true): Promise<number> {
  const answers = fakeOutside()
  const env = {
    ...answers.env,
    self: { instance: reader.app.tokens.instance, url: null },
    fetch: async (url: string, init: object = {}) => {
      const path = url.slice('https://other.example'.length)
      const { headers = {} } = init as { headers?: Record<string, string> }
      const { body, statusCode } = await other.server.inject({ url: path, headers })
      return (await fakeOutside(() => ({ body, status: statusCode })).env.fetch(url)) as never
    },
  }
  const config: EpicenterConfig = {
    ...{ url: 'https://other.example', token: tokens.peer, read: ['signals'], kinds: ['check', 'metric'] },
    ...{ relayed, everySeconds: 60 },
  }
  const source = await epicenter.open(config, env)
  const key = `${reader.name} ${other.name}`
  const { signals, state } = await source.poll!(states.get(key), running)
  states.set(key, state)
  const { accepted } = await reader.app.ingestFrom(signals, spaceOf('sources', 'epicenter'))
  return accepted
}
const logOf = async ({ app }: House) => {
  const rows = await app.readLog(0, 1_000)
  return rows
    .filter(each => each.kind === 'signals')
    .flatMap(each => Buffer.from(each.body).toString().trim().split('\n'))
    .map(each => JSON.parse(each) as { origin?: string; id: string })
}

describe('what is lent', () => {
  it('asks for a token of its own scope, and needs no more of it', async () => {
    const [a] = houses as [House]
    expect((await a.server.inject({ url: '/api/v1/exchange' })).statusCode).toBe(401)
    expect((await page(a, '', tokens.desk)).status).toBe(403)
    expect((await page(a, '')).status).toBe(200)
    expect((await a.server.inject({ url: '/api/v1/sources', headers: bearer(tokens.peer) })).statusCode).toBe(403)
    for (const query of ['kinds=report', 'kinds=check,post', 'after=x'])
      expect((await page(a, query)).status, query).toBe(400)
  })

  it('tells nobody who somebody is, nothing of a private page, and none of what people say', async () => {
    const [a] = houses as [House]
    const from = (await page(a, '')).lines.at(-1)!['next'] as number
    const person = { reporter: 'r1', author: 'u1', prefix: 'p', network: 'n', allocation: 'l', text: 'ana@x.example' }
    await send(
      a,
      check('check-1', {
        ...person,
        labels: {
          region: 'eu',
          user: 'ana@x.example',
          ip: '192.0.2.7',
          peer: '192.0.2.7:443',
          v: '1.2.3',
          six: '[2001:db8::1]:443',
          port: 'web:80',
        },
      }),
      check('report-1', { ...person, text: undefined, via: 'report', bad: 1 }),
      check('post-1', { ...person, text: undefined, via: 'post' }),
      check('check-2', { service: 'secret' }),
      check('check-3', { service: 'shop' }),
      {
        type: 'fact',
        via: 'change',
        id: 'd1',
        service: 'chat',
        at: AT,
        kind: 'deploy',
        title: 'v2',
        text: 'by ana',
        href: 'https://ci.example/7',
        scope: {},
      },
      {
        type: 'fact',
        via: 'alert',
        id: 'al',
        thread: 't',
        status: 'firing',
        service: 'chat',
        at: AT,
        title: 'Full',
        text: 'db-7',
        scope: {},
      },
    )
    const all = await page(a, `after=${from}&kinds=check,metric,gauge,change,notice,alert&relayed=true`)
    expect(all.lines.map(each => each['via'] ?? each['type'])).toEqual(['check', 'check', 'change', 'alert', 'end'])
    for (const secret of [
      'ana',
      'r1',
      'u1',
      'prefix',
      'secret',
      '192.0.2',
      'ci.example',
      'db-7',
      'desk',
      'check-1',
      'report',
      'post',
    ])
      expect(all.body, secret).not.toContain(secret)
    expect(all.lines[0]).toEqual({
      ...{ origin: a.app.tokens.instance, id: expect.any(String), type: 'observation', via: 'check', service: 'chat' },
      ...{ at: AT, total: 1, bad: 0, labels: { region: 'eu', v: '1.2.3', port: 'web:80' } },
    })
    // Of a token that speaks of one service, that one.
    const some = await page(a, `after=${from}`, tokens.chat)
    expect(some.lines.slice(0, -1).map(each => each['service'])).toEqual(['chat', 'chat'])
  })

  it('begins now without a place to go on from, and where the log is another one', async () => {
    const [a] = houses as [House]
    const { lines } = await page(a, '')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ type: 'end', more: false, instance: a.app.tokens.instance })
    expect((await page(a, 'after=1000000')).lines[0]).toMatchObject({ next: lines[0]!['next'] })
  })
})

describe('a ring of three', () => {
  it('gives each signal to each once, with its origin, and none back', async () => {
    const [a, b, c] = houses as [House, House, House]
    const states = new Map<string, unknown>()
    const round = async () => {
      let taken = 0
      for (const [reader, other] of [
        [b, a],
        [c, b],
        [a, c],
        [c, a],
      ] as const)
        taken += await reads(reader, other, states)
      return taken
    }
    await round()
    const before = await Promise.all(houses.map(logOf))
    for (const each of houses) await send(each, check(`ring-${each.name}-1`), check(`ring-${each.name}-2`))
    // Six signals, two others each; a second way to one of them brings nothing new.
    let taken = 0
    for (let turn = 0; turn < 4; turn++) taken += await round()
    expect(taken).toBe(12)
    expect(await round()).toBe(0)
    for (const [i, each] of houses.entries()) {
      const lines = (await logOf(each)).slice(before[i]!.length)
      expect(lines).toHaveLength(6)
      const others = houses.filter(other => other !== each).map(other => other.app.tokens.instance)
      const origins = lines.map(line => line.origin)
      expect(origins.filter(origin => origin === undefined)).toHaveLength(2)
      for (const other of others) expect(origins.filter(origin => origin === other)).toHaveLength(2)
    }
  })

  it('passes on only what is its own where nobody asks for more', async () => {
    const [a, b, c] = houses as [House, House, House]
    const states = new Map<string, unknown>()
    for (const [reader, other] of [
      [b, a],
      [c, b],
    ] as const)
      await reads(reader, other, states, false)
    await send(a, check('own-1'))
    expect(await reads(b, a, states, false)).toBe(1)
    expect(await reads(c, b, states, false)).toBe(0)
  })
})
